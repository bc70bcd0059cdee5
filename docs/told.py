"""The pages on what people are told and by when, made of what the code says."""

from __future__ import annotations

from streams.incidents.acts import answer, drawn_up
from streams.incidents.clocks.clock import CHECKLIST, EARLIEST, period_words
from streams.incidents.clocks.reader import shipped
from streams.incidents.clocks.running import readings
from streams.incidents.statements.glossary import glossary
from streams.incidents.statements.kinds import OTHER, kinds
from streams.incidents.statements.phase import AUDIENCES, Audience
from streams.incidents.statements.statement import holding, statement
from streams.records import Evidence, Incident, LogEntry, RuleFigures

_AT = 1_796_007_600.0

_AUDIENCES: dict[Audience, tuple[str, str]] = {
    "executive": (
        "Executives",
        "What happened, how big it is, why it matters, what is done, what only they can decide, and"
        " the earliest duty of the law that may apply. Two words that are likely to come up are"
        " explained. No name of a system, model, rule or person, no id, no excerpt.",
    ),
    "press": (
        "Press",
        "A statement with its date in the title. Wording says how sure each thing is, so it"
        " can be sent as it stands, once legal has approved it; communications sends it. What is"
        " kept from executives is kept out of it too. `outwatch incident statement-sent ID` says"
        " that it was sent.",
    ),
    "support": (
        "Support",
        "What to say if a user asks, what never to say, and what to pass on at once.",
    ),
    "legal": (
        "Legal",
        "Facts with their grades, both times (detected and aware), [the clocks](clocks.md), what a"
        " first report needs, what to find out, and all that people did.",
    ),
    "engineer": (
        "Engineers",
        "Figures against limits, the first record, model versions, and the commands that come"
        " next.",
    ),
}


def clocks() -> str:
    """Every clock with its source, and how they run."""
    known = shipped()
    parts = [
        f"{CHECKLIST} {EARLIEST}\n",
        "<!-- not run: it needs an open incident -->\n```sh\noutwatch incident clocks 698a\n"
        'outwatch incident aware 698a --clock gdpr-33 -m "two addresses are real"\n'
        'outwatch incident set-aside 698a --clock gdpr-34 -m "the keys were changed"\n'
        'outwatch incident statement-sent 698a --clock gdpr-33 -m "first report"\n```\n',
        "- **Detected and aware are two times.** The first is when outwatch opened the incident."
        " The second is since when somebody is reasonably certain that it is real. Only a person"
        " says so, with `aware`: `--at` gives the time, `--clock` the clock. Without `--clock` all"
        " begin that may apply to this kind. Said again for the same clock, it corrects what was"
        " said before.\n"
        "- Those that begin with discovery begin with the alert. Awareness can only make that"
        " earlier.\n"
        "- Of those that stand for one another (the paragraphs of Article 73), exactly one runs:"
        " the one that is due first of those that were named. Set it aside, with the reason, and"
        " the next one runs.\n"
        "- **Nothing is deleted.** What doesn't apply is set aside with a reason and stays listed."
        " Naming it in `aware` begins it again.\n"
        "- `statement-sent --clock` says that it was told, and when. What follows it begins then.\n"
        "- A false alarm begins none. What somebody named before, with `--clock` or without, goes"
        " on until it is set aside.\n",
        "## Those that come with outwatch\n\n| clock | paragraph | period | begins | who tells"
        " whom, if what is so |\n| --- | --- | --- | --- | --- |",
    ]
    parts += [
        f"| `{one.id}` | [{one.regime}, {one.paragraph}]({one.url}) | {period_words(one, known)} |"
        f" {one.starts} | {one.who} tells {one.to}, if {one.when} |"
        for one in known.values()
    ]
    parts.append("")
    regimes = dict.fromkeys((one.regime, one.law, one.read, one.read_in) for one in known.values())
    parts += [f"- {name} ({law}): read {read}, in {where}." for name, law, read, where in regimes]
    parts.append(
        "\n`outwatch clocks show gdpr-33` prints the law's own words, from which the period is"
        " taken; a period that its quote doesn't name is refused.\n"
    )
    parts += [
        "## Your own\n",
        "`incidents.clocks` names a folder of YAML files. A clock with an id of those above"
        " replaces it, another is added, and `aside` sets one aside for all incidents, with the"
        " reason.\n",
        "<!-- file: our-clocks/ours.yaml -->\n```yaml\nregime: Contract\n"
        "law: General terms, edition 7\nurl: https://intranet.example/terms\nread: 2026-11-29\n"
        "read_in: the edition that was signed\n\nclocks:\n  - id: contract-customers\n"
        "    paragraph: clause 12\n"
        "    quote: The provider tells the customer within 24 hours of learning of it.\n"
        "    period: 24h              # or 15d, 1mo; leave it out where there is no number\n"
        "    starts: aware            # or detected\n    who: customer care\n    to: the customer\n"
        "    when: data of a customer were shown to others\n"
        "    playbooks: [personal-data-leak]\n\naside:\n"
        "  hipaa-404: We are no covered entity (legal, 2026-11-02).\n```\n",
        "```sh\noutwatch clocks check our-clocks\n```\n",
        "<!-- output -->\n```text\nadded      contract-customers\nset aside  hipaa-404\n"
        f"our-clocks: {len(known) + 1} clocks, good\n```\n",
        "More keys: `after` (it begins when another was told), `same_as` (due with another),"
        " `one_of` (of one name only the one that is due first runs), `counted_from: year_end`,"
        " `notes`. A file with a mistake is refused with its line; `outwatch incident` then goes by"
        " the clocks above, and says so.\n",
    ]
    return "\n".join(parts)


def statements() -> str:
    """What each audience is told, with an example, the kinds, and the words that are explained."""
    parts = [
        "`outwatch incident show ID --for executive|press|support|legal|engineer` says what an"
        " audience may be told of an incident now. The sentences are fixed; numbers and times come"
        " from the incident, and what isn't known is said to be unknown, or not said. No language"
        " model writes any of it. `--json` gives the claims one by one.\n",
        "| mark | when |\n| --- | --- |\n"
        "| suspected | the monitoring found it, and nobody has looked |\n"
        "| being checked | somebody [acknowledged](acts.md) it, or contained it to be safe, also"
        " once it is over by itself |\n"
        "| confirmed | somebody said `aware`, or resolved it; and all that was counted |\n",
        "An incident that others were merged into is told with all that they have: people, records,"
        " times and acts. Each kind is as sure as what somebody said of it; once they are merged,"
        " `aware` and `resolve` speak of all, and `aware --clock` of what that clock is about. A"
        " record can be in two of them, so there are at least as many as it says.\n",
        "| phase | when |\n| --- | --- |\n"
        "| investigating | it is open, or somebody is at it |\n"
        "| identified | somebody said `aware`: it is real |\n"
        "| contained, resolved | it is in that state; what [goes on](acts.md#when-it-opens-again) "
        "after it was contained is open again; where a [change of rules]"
        "(rules.md#when-rules-change) ended it, it says so, and that nobody knows whether it goes"
        " on |\n"
        "| false alarm | somebody called it one; where it was expected, or a duplicate, it says"
        " that |\n",
        "Each names when the next one comes. Counted from now, for a critical one: 20 minutes for"
        " engineers and support, 30 for executives, an hour for legal and press; for a high one: 30"
        " minutes, an hour, 4 hours; 4 hours at least once it is contained; a day for a low one.\n",
    ]
    for audience in sorted(AUDIENCES, key=list(_AUDIENCES).index):
        title, what = _AUDIENCES[audience]
        shown = _example(audience)
        parts.append(
            f"## {title}\n\n{what}\n\n<!-- not run: an example -->\n```text\n{shown}\n```\n"
        )
    parts += [
        "## The first word\n",
        "What can be said to the press before anything is known, by what people call it."
        " `outwatch explain 'falls in love'` prints one, with what must never be said.\n",
        "| kind | also called | to the press |\n| --- | --- | --- |",
    ]
    parts += [
        f"| `{name}` | {', '.join(kind.known_as)} | {holding(name)} |"
        for name, kind in kinds().items()
        if name != OTHER
    ]
    parts += [
        "\nA kind is told by the playbook of an incident, and by what its rules are about. None of"
        " these texts may blame the machine, calm without grounds or say nothing: the phrases are"
        " in [banned.py](../streams/incidents/statements/banned.py), and the tests look for them in"
        " every kind, phase and audience.\n",
        "## Words of the trade\n",
        "For those who have to decide. `outwatch explain temperature` adds what to ask.\n",
        "| word | it means | for us | say |\n| --- | --- | --- | --- |",
    ]
    parts += [
        f"| {one.term} | {one.means} | {one.for_us} | {one.say} |" for one in glossary().values()
    ]
    parts.append("")
    return "\n".join(parts)


def _example(audience: Audience) -> str:
    incident = _incident()
    now = _AT + 1_500
    found = readings(incident, shipped(), now)
    return statement(incident, audience, now, clocks=found).text


def _incident() -> Incident:
    """A leak that somebody has looked at."""
    first = Evidence(
        topic="llm.outputs",
        partition=3,
        offset=1842,
        record_id="r-1842",
        event_time=_AT + 12,
        signal="pii.credit_card",
        score=0.97,
        kind="CREDIT_CARD",
        model_version="v42",
    )
    figures = RuleFigures(
        rule="personal-data-card",
        condition="immediate",
        signal="pii.credit_card",
        value=1.0,
        threshold=0.8,
        records=9,
        above=9,
        window_start=_AT,
        window_end=_AT + 60,
    )
    incident = Incident(
        id="inc-698a708909e76a94",
        page_key="inc-698a708909e76a94",
        revision=4,
        change="updated",
        state="open",
        severity="critical",
        playbook="personal-data-leak",
        title="Card number in an answer on support-bot: 9 records",
        summary="",
        group={"deployment": "support-bot"},
        first_seen=_AT,
        last_seen=_AT + 600,
        last_record=_AT + 588,
        window_seconds=60.0,
        rules=[figures],
        started_by=first,
        started_note="Model version v42 was first seen 4 min before (until then: v41).",
        evidence=[first],
        records_above=9,
        users=7,
        tenants=["acme", "bolt"],
        model_versions=["v42"],
        next_steps=["Ask who released the new model version, and consider rolling it back."],
        published_at=_AT + 600,
        reached=_AT + 600,
        log=[LogEntry(at=_AT + 14, what="opened")],
    )
    ack = drawn_up(incident, "acknowledge", "a-1", "ada", _AT + 700, text="looking at v42")
    incident = answer(incident, ack, _AT + 700, _AT + 700)
    aware = drawn_up(
        incident, "aware", "a-2", "ada", _AT + 1_400, text="two are real", aware_at=_AT + 1_300
    )
    return answer(incident, aware, _AT + 1_400, _AT + 1_400)
