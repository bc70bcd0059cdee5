"""The post-mortem as Markdown: what is known from the logs, and "unknown" where they don't say."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from streams.incidents.acts import REASONS, applied
from streams.incidents.clocks.running import Reading
from streams.incidents.clocks.told import brief_lines
from streams.incidents.ends import opened_by
from streams.incidents.follow_ups import ActionItem, action_items, postmortems
from streams.incidents.postmortem.factors import factors
from streams.incidents.postmortem.fix import fix, runbook
from streams.incidents.postmortem.people import Roles, acting
from streams.incidents.postmortem.proposals import UNKNOWN, due_date, meeting_by, one_change
from streams.incidents.postmortem.timeline import Row, timeline
from streams.incidents.postmortem.times import MEASURES, Time, Times, ended, lasted, times_of
from streams.incidents.postmortem.tried import Before, Case, Seen, Tried, TriedRule
from streams.incidents.states import OPEN
from streams.inert import line, markdown, markdown_block, markdown_code
from streams.records import Incident
from streams.words import between, clock, count, duration, group_words, moment, percent

_MOST_TRIED = 5
_MOST_ROWS = 200
_MOST_BEFORE = 10


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a post-mortem is made of.

    `members` are the incidents that were merged into it, and `clocks` how the clocks of the law
    stand. `others` are other incidents that are known, `pages` rows of other logs, and
    `likely_causes` and `fixes` the playbook's. `answers` are its deployment's records then, None
    where the verdicts aren't there. `made_at` is in seconds since the epoch.
    """

    incident: Incident
    made_at: float
    members: Sequence[Incident] = ()
    clocks: Sequence[Reading] = ()
    others: Sequence[Incident] = ()
    pages: Sequence[Row] = ()
    likely_causes: Sequence[str] = ()
    fixes: Sequence[str] = ()
    answers: int | None = None
    before: Before | None = None
    tried: Tried | None = None
    no_trial: str = "no stored verdicts were given"
    case: Case | None = None
    places: Sequence[str] = ()


def written(facts: Facts) -> str:
    """The page."""
    incident = facts.incident
    times = times_of(incident)
    # What people did about any of them was done about it.
    results = {one.act.act_id: one for part in (incident, *facts.members) for one in part.acts}
    acts = sorted(results.values(), key=lambda one: one.reached)
    acted = msgspec.structs.replace(incident, acts=acts)
    roles = Roles(acts)
    parts = (
        _head(facts, times),
        _impact(facts, roles, times),
        _merged(facts, roles),
        _times(times),
        _clocks(facts, roles),
        _timeline(facts, roles),
        _before(facts, times),
        _factors(facts),
        _change(facts),
        fix(acted, facts.fixes, roles),
        _rule(facts),
        _case(facts),
        runbook(acted, roles, times),
        _actions(facts, roles),
        _again(facts),
        _thanks(acted, times),
    )
    return "\n".join("\n".join(part) for part in parts).rstrip("\n") + "\n"


def _head(facts: Facts, times: Times) -> Iterator[str]:
    incident = facts.incident
    at = times.began.at if times.began.at is not None else incident.first_seen
    day = datetime.fromtimestamp(at, UTC)
    yield f"# Post-mortem, {day.day} {day:%B %Y}: {markdown(incident.title)}"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    state = incident.state.replace("_", " ")
    if incident.state == "false_alarm":
        reasons = [act.reason for act in acting(incident.acts) if act.reason]
        state += f" ({REASONS[reasons[-1]]})" if reasons else ""
    yield _cells("incident", markdown_code(incident.id))
    yield _cells("state", f"{state}, revision {incident.revision}")
    yield _cells("severity", incident.severity)
    yield _cells("kind", markdown(incident.playbook))
    yield _cells("where", markdown(group_words(incident.group)))
    yield _cells("written", f"{moment(facts.made_at)}, from the incident's log, by outwatch")
    yield _cells("status", "draft, in review, reviewed or closed: draft")
    yield _cells("meeting by", meeting_by(incident.severity, ended(incident).at))
    yield ""
    yield "All times are UTC. What isn't known is written as unknown. People are told by what they"
    yield "were in it; keep it so, and leave out whose fault it was."
    if incident.state in OPEN:
        yield ""
        yield f"**It isn't over**: it is {state}. What follows is as of now."
    yield ""


def _impact(facts: Facts, roles: Roles, times: Times) -> Iterator[str]:
    incident = facts.incident
    yield "## Impact"
    yield ""
    yield "| | | from |"
    yield "| --- | --- | --- |"
    share = ""
    if facts.answers:
        # Late ones may not be stored yet, and no share is more than all.
        answers = max(facts.answers, incident.records_above)
        of = incident.records_above / answers
        least = "at least " if of < 1 else ""
        share = (
            f"{incident.records_above:,} of the {count(answers, 'answer')} of the deployment from"
            f" the first record affected to {_counted_to(incident)}: {least}{percent(of)}"
        )
    yield _cells(
        "answers affected",
        (share or count(incident.records_above, "answer")) if incident.records_above else UNKNOWN,
        markdown_code("records_above"),
    )
    least = "at least " if incident.users_capped else ""
    users = f"{least}{count(incident.users, 'user')}" if incident.users else UNKNOWN
    tenants = count(len(incident.tenants), "tenant") if incident.tenants else UNKNOWN
    yield _cells("users who met them", users, markdown_code("users"))
    yield _cells("tenants", tenants, markdown_code("tenants"))
    yield from _stretch(incident, times)
    yield ""
    yield markdown(roles.told(incident.summary)) or UNKNOWN
    yield ""


def _merged(facts: Facts, roles: Roles) -> Iterator[str]:
    """What was merged into it: the numbers above are those of the incident alone."""
    if not facts.members:
        return
    yield "Merged into it, and not among the numbers above:"
    yield ""
    yield "| incident | kind | severity | answers | users | what |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in facts.members:
        least = "at least " if one.users_capped else ""
        yield _cells(
            markdown_code(one.id),
            markdown(one.playbook),
            one.severity,
            f"{one.records_above:,}" if one.records_above else UNKNOWN,
            f"{least}{one.users:,}" if one.users else UNKNOWN,
            markdown(roles.told(one.title)),
        )
    yield ""
    for one in facts.members:
        if one.summary:
            yield f"- {markdown_code(one.id)}: {markdown(roles.told(one.summary))}"
    yield ""


def _counted_to(incident: Incident) -> str:
    """Until when the deployment's answers are counted, by event time."""
    if incident.resolved_at is None or incident.resolved_at <= incident.last_seen:
        return f"the last window with any ({clock(incident.last_seen)})"
    return f"what had come when it was over ({clock(incident.resolved_at)})"


def _stretch(incident: Incident, times: Times) -> Iterator[str]:
    end = ended(incident)
    if opened_by(incident) is not None:
        where = f"{markdown_code(times.found.field)}, {_field(end)}"
        yield _cells("from its opening by hand to the end", _span(times.found, end), where)
        return
    record = incident.last_record
    last = (
        Time(record, "last_record")
        if record is not None
        else Time(max(incident.last_seen, times.began.at or incident.last_seen), "last_seen")
    )
    yield _cells(
        f"from the first record affected to the last{' window with any' if record is None else ''}",
        f"{lasted(times.began, last)} ({times.began.words()} to {last.words()})",
        f"{markdown_code(times.began.field)}, {markdown_code(last.field)}",
    )
    yield _cells(
        "from the first record affected to the end",
        _span(times.began, end),
        f"{markdown_code(times.began.field)}, {_field(end)}",
    )


def _span(start: Time, end: Time) -> str:
    if end.at is None:
        return f"{UNKNOWN}: {markdown(end.field)}"
    return f"{lasted(start, end)} ({start.words()} to {end.words()})"


def _times(times: Times) -> Iterator[str]:
    yield "## How long it took"
    yield ""
    yield "| to | took | until | from |"
    yield "| --- | --- | --- | --- |"
    ends = (times.found, times.acknowledged, times.contained, times.resolved)
    for (name, measure), end in zip(MEASURES, ends, strict=True):
        took = measure(times)
        if took is not None:
            yield _cells(name, duration(took), end.words(), _field(end))
        elif end.at is None:
            yield _cells(name, UNKNOWN, UNKNOWN, markdown(end.field))
        else:
            start = times.began if name == "detect" else times.found
            disagree = "the stream's times and that clock disagree"
            why = markdown(start.field) if start.at is None else disagree
            yield _cells(name, UNKNOWN, end.words(), f"{_field(end)}; {why}")
    yield ""
    yield "To detect counts from the first record affected, the others from the incident's opening."
    yield "What people did, and the log, have the time of clocks (the log of a replay that of the"
    yield "answers). Records, the last window, an end by itself and the rules tried below have that"
    yield "of the answers. Where those came late, as in a story of the demo, the two are far apart."
    yield ""


def _clocks(facts: Facts, roles: Roles) -> Iterator[str]:
    """How the clocks of the law stand, where any may apply or people spoke of one."""
    parts = (facts.incident, *facts.members)
    known = [one.act for part in parts for one in applied(part.acts) if one.act.kind == "aware"]
    told = brief_lines(facts.clocks, facts.made_at)
    if not told and not known:
        return
    yield "## Clocks of the law"
    yield ""
    if known:
        since = min(act.at if act.aware_at is None else act.aware_at for act in known)
        yield f"- known since {moment(since)} ({markdown_code(f'act {known[0].act_id}')})"
    else:
        yield "- known since: unknown, nobody said since when they knew"
    for text in told:
        yield f"- {markdown(roles.told(text))}"
    yield ""


def _timeline(facts: Facts, roles: Roles) -> Iterator[str]:
    members = [row for one in facts.members for row in timeline(one, roles)]
    rows = timeline(facts.incident, roles, [*members, *facts.pages])
    yield "## Timeline"
    yield ""
    yield "| when | what | who | where it is written |"
    yield "| --- | --- | --- | --- |"
    for row in rows[:_MOST_ROWS]:
        yield _cells(moment(row.at), markdown(row.what), markdown(row.who), markdown_code(row.link))
    yield ""
    if len(rows) > _MOST_ROWS:
        yield f"{count(len(rows) - _MOST_ROWS, 'row')} more: `outwatch incident show` has all."
        yield ""
    if not facts.pages:
        yield "Which pages were sent is unknown: no log of them was given."
        yield ""


def _before(facts: Facts, times: Times) -> Iterator[str]:
    yield "## What monitoring saw before anybody noticed"
    yield ""
    incident = facts.incident
    before = facts.before
    if before is None:
        yield f"Unknown: {facts.no_trial}."
    else:
        first = f"From the first record affected ({moment(before.start)}) until"
        yield f"{first} somebody acted, or else the incident opened ({moment(before.noticed)}):"
        span = duration(between(before.start, before.noticed))
        yield f"{count(before.records, 'record')}, {span}."
        yield ""
        if before.seen:
            yield "| rule | above its limit | in the hour before | the first | record | opened it |"
            yield "| --- | --- | --- | --- | --- | --- |"
            yield from map(_seen, before.seen[:_MOST_BEFORE])
        else:
            yield "No record was above the limit of any rule in force."
    yield ""
    start = times.began.at if times.began.at is not None else incident.first_seen
    near = [
        one
        for one in facts.others
        if one.id not in {incident.id, *incident.merged}
        and one.state != "withdrawn"
        and one.group.get("deployment") == incident.group.get("deployment")
        and start - 86_400 <= one.first_seen <= start
    ]
    for one in sorted(near, key=lambda one: (one.first_seen, one.id)):
        state = one.state.replace("_", " ")
        yield (
            f"- {moment(one.first_seen)}: {markdown(one.title)} ({state}, {markdown_code(one.id)})"
        )
    if not near:
        yield "No other incident of this deployment is known from the day before."
    yield ""


def _seen(one: Seen) -> str:
    return _cells(
        markdown_code(one.rule),
        f"{one.above:,} of {one.judged:,}",
        f"{one.earlier_above:,} of {one.earlier:,}",
        clock(one.first_at),
        markdown_code(one.first_place),
        "yes" if one.broke else "no",
    )


def _factors(facts: Facts) -> Iterator[str]:
    yield "## What contributed"
    yield ""
    yield "Tick what is so. There is seldom one cause."
    yield ""
    for title, found in factors(facts.incident, facts.likely_causes):
        yield f"{title}:"
        yield ""
        for one in found:
            seen = f" (seen: {markdown(one.seen)})" if one.seen else ""
            yield f"- [ ] {markdown(one.text)}{seen}"
        yield ""


def _change(facts: Facts) -> Iterator[str]:
    proposed = one_change(facts.incident)
    yield "## The one change that would have prevented it"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    known = proposed.change != UNKNOWN
    yield _cells("change", f"proposed: {markdown(proposed.change)}" if known else UNKNOWN)
    yield _cells("why", markdown(proposed.why) if known else UNKNOWN)
    yield _cells("owner (a role)", UNKNOWN)
    yield _cells("until", f"proposed: {due_date(facts.made_at)}")
    shown = facts.case is not None and facts.case.shown
    test = "proposed: the test of the fix below passes on the changed model or prompt"
    yield _cells("acceptance test", test if shown else UNKNOWN)
    yield ""
    yield "A change of words in a prompt alone isn't it: nothing holds it. Take it on with"
    yield ""
    yield markdown_block(
        f"outwatch postmortem {_word(facts.incident.id)} --action 'CHANGE' --owner ROLE"
        f" --due {due_date(facts.made_at)}",
        "sh",
    )
    yield ""


def _rule(facts: Facts) -> Iterator[str]:
    yield "## A rule that is sooner"
    yield ""
    tried = facts.tried
    if tried is None:
        yield f"Unknown: {facts.no_trial}."
        yield ""
        return
    best = tried.best
    if best is None:
        yield (
            f"None. {count(len(tried.drafts), 'draft was', 'drafts were')} tried, and none was a"
            " minute sooner for at most one more incident a week."
        )
    else:
        yield f"**{_gain(tried, best)}**"
        yield ""
        where = (
            f"Add it to {markdown_code(tried.added_to)}:"
            if tried.added_to
            else "On top of the rules that come with outwatch:"
        )
        yield where
        yield ""
        yield markdown_block(tried.yaml, "yaml")
    yield ""
    names = ("rule", "says", "opened it (time of the answers)", "sooner by", "other incidents")
    yield _cells(*names, "unknown to the rest")
    yield "| --- | --- | --- | --- | --- | --- |"
    yield _tried(tried, tried.plain, "in force")
    for one in tried.drafts[:_MOST_TRIED]:
        yield _tried(tried, one, "draft")
    yield ""
    span = duration(between(tried.start, tried.end))
    yield (
        f"Tried on the {count(tried.records, 'stored verdict')} from {moment(tried.start)} to"
        f" {moment(tried.end)} ({span}), folded as a worker does it. Drafts were chosen on this"
        " data: watch the first weeks of one, or try it on others with `outwatch backtest`."
    )
    yield ""


def _gain(tried: Tried, best: TriedRule) -> str:
    sooner = tried.sooner(best)
    by = duration(sooner) if sooner is not None else UNKNOWN
    mine, plain = tried.per_week(best.others), tried.per_week(tried.plain.others)
    if mine is None or plain is None:
        span = duration(between(tried.start, tried.end))
        return (
            f"{by} sooner, {count(best.others, 'other incident')} in the same data; the rule in"
            f" force has {tried.plain.others:,}. {span} of data are too little for a number a week."
        )
    return f"{by} sooner, {mine:.2g} other incidents a week; the rule in force has {plain:.2g}."


def _tried(tried: Tried, one: TriedRule, what: str) -> str:
    sooner = tried.sooner(one)
    if one.found is None:
        gain = "never opened it"
    elif sooner is None:
        gain = UNKNOWN
    elif sooner < 0:
        gain = f"{duration(-sooner)} later"
    else:
        gain = duration(sooner)
    weekly = tried.per_week(one.others)
    rate = f" ({weekly:.2g} a week)" if weekly is not None else ""
    return _cells(
        f"{markdown_code(one.id)} ({what})",
        markdown(one.words),
        moment(one.found) if one.found is not None else "never",
        gain,
        f"{one.others:,}{rate}",
        f"{one.unknown:,}",
    )


def _case(facts: Facts) -> Iterator[str]:
    yield "## Regression case"
    yield ""
    case = facts.case
    if case is None:
        yield "Not written as a file. The originals stand at:"
    else:
        yield (
            f"{markdown_code(case.folder)} holds {count(case.records, 'masked record')} (when they"
            " came, and their scores), and the places of"
            f" {count(case.places, 'original')}:"
        )
    yield ""
    for place in facts.places[:_MOST_BEFORE]:
        yield f"- {markdown_code(place)}"
    if not facts.places:
        yield "- unknown: nothing points to one"
    if len(facts.places) > _MOST_BEFORE:
        yield f"- and {len(facts.places) - _MOST_BEFORE:,} more"
    yield ""
    if case is not None:
        yield from _tests(facts, case)


def _tests(facts: Facts, case: Case) -> Iterator[str]:
    verdicts = _word(f"{case.folder}/verdicts.jsonl")
    tried = facts.tried
    if tried is not None and tried.best is not None and case.by:
        yield "Test of the monitoring: it fails with the rules of today, and passes once the"
        yield "drafted rule is in force."
        yield ""
        yield markdown_block(f"outwatch backtest {verdicts} --opens-by {_word(case.by)}", "sh")
        yield ""
        if case.checked:
            yield f"Tried: {markdown(case.checked)}."
            yield ""
    playbook = _word(facts.incident.playbook)
    if case.shown:
        yield "Test of the fix: it fails on what was answered then. It passes on a changed model or"
        yield "prompt when the same questions, put to it, open no incident."
        yield ""
        yield markdown_block(
            f"outwatch backtest {verdicts} --opens-none {playbook}\n"
            f"outwatch replay after.jsonl --verdicts after-verdicts.jsonl"
            f" && outwatch backtest after-verdicts.jsonl --opens-none {playbook}",
            "sh",
        )
    else:
        yield "There is no test of the fix: on what was answered then, the rules of today open no"
        kind = markdown(facts.incident.playbook)
        yield f"incident of the kind {kind}, so `--opens-none` would pass whatever is changed."
        yield "Put the same questions to the changed model or prompt, and let a"
        yield "person judge the answers."
    yield ""
    yield f"The questions are in the originals: {markdown_code(case.fetch)} (it shows what was"
    yield "said; keep that where such things may be kept)."
    yield ""


def _actions(facts: Facts, roles: Roles) -> Iterator[str]:
    incident = facts.incident
    yield "## Actions"
    yield ""
    items = action_items(incident.acts)
    if items:
        yield "| | what | owner | due | state |"
        yield "| --- | --- | --- | --- | --- |"
        for item in items:
            yield _cells(
                str(item.number),
                markdown(roles.told(item.text)),
                markdown(roles.told(item.owner)),
                markdown(item.due),
                _item_state(item, facts.made_at),
            )
        yield ""
    else:
        yield "None are set yet. At least one is to prevent it; of the others, say whether they"
        yield "investigate, mitigate, repair, or detect sooner next time."
        yield ""
    for place in postmortems(incident.acts):
        yield f"An earlier version stands at {markdown(place)}."
        yield ""


def _item_state(item: ActionItem, now: float) -> str:
    if item.done_at is not None:
        return f"done {moment(item.done_at)}"
    late = item.days_late(now)
    return f"open, {count(late, 'day')} late" if late else "open"


def _again(facts: Facts) -> Iterator[str]:
    incident = facts.incident
    before = [one for one in facts.others if same_kind(one, incident)]
    yield "## Before"
    yield ""
    for one in sorted(before, key=lambda one: one.first_seen):
        left = sum(item.open for item in action_items(one.acts))
        actions = f", {count(left, 'action')} of it still open" if left else ""
        where = [f", post-mortem at {markdown(place)}" for place in postmortems(one.acts)[-1:]]
        yield (
            f"- The same {ago(incident.first_seen - one.first_seen)} before:"
            f" {markdown_code(one.id)} of {moment(one.first_seen)}{''.join(where)}{actions}"
        )
    if not before:
        yield "No earlier incident of this kind and deployment is among those given."
    yield ""


def same_kind(earlier: Incident, incident: Incident) -> bool:
    """Whether one came before another of the same kind and deployment, and was real."""
    return (
        earlier.id != incident.id
        and earlier.playbook == incident.playbook
        and earlier.group.get("deployment") == incident.group.get("deployment")
        and earlier.first_seen < incident.first_seen
        and earlier.state not in ("withdrawn", "false_alarm")
        and not earlier.merged_into
    )


def ago(seconds: float) -> str:
    """A distance in months or days, as people tell it.

    >>> ago(180 * 86400), ago(86400), ago(3600)
    ('6 months', '1 day', '1 h')
    """
    days = seconds / 86_400
    if days >= 45:
        return count(round(days / 30.44), "month")
    if days >= 1:
        return count(int(days), "day")
    return duration(seconds)


def _thanks(whole: Incident, times: Times) -> Iterator[str]:
    yield "## Thanks"
    yield ""
    if not acting(whole.acts):
        yield "Nobody acted on it, as far as the logs say: it was over by itself, or is still open."
        return
    took = times.acknowledge()
    at = f", who took it after {duration(took)}" if took is not None else ""
    done_by = acting(whole.acts)
    acted = {act.actor for act in done_by}
    acted |= {act.step.approved_by for act in done_by if act.step and act.step.approved_by}
    night = times.acknowledged.at
    hour = f", at {clock(night)}" if night is not None else ""
    yield f"Thanks to the on-call{at}{hour}: {count(len(acted), 'person', 'people')} saw to it, in"
    yield f"{count(len(done_by), 'act')}."


def _word(text: str) -> str:
    """One word of a command, whatever it holds."""
    return shlex.quote(line(text))


def _field(time: Time) -> str:
    return markdown_code(time.field) if time.at is not None else markdown(time.field)


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
