"""The page: whole, without names or blame, inert whatever texts hold, and honest about gaps."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from streams.incidents.acts import answer, drawn_up
from streams.incidents.by_hand import opened, opening
from streams.incidents.clocks.reader import shipped
from streams.incidents.clocks.running import readings
from streams.incidents.postmortem.page import Facts, ago, same_kind, written
from streams.incidents.postmortem.people import LEFT_OUT, Roles, blames
from streams.incidents.postmortem.timeline import Row, timeline
from streams.incidents.postmortem.tried import Before, Case, Seen, Tried, TriedRule
from streams.records import Act, ActionStep, ActKind, ActResult, Evidence, Incident
from tests.streams.paging.conftest import build
from tests.support.hostile_texts import TEXTS, filled, problems
from tests.support.worsening import refusing

NOW = 1_795_000_000.0
SECTIONS = (
    "Impact",
    "How long it took",
    "Timeline",
    "What monitoring saw before anybody noticed",
    "What contributed",
    "The one change that would have prevented it",
    "The fix",
    "A rule that is sooner",
    "Regression case",
    "Lines to add to the runbook",
    "Actions",
    "Before",
    "Thanks",
)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = {
    *("heading", "paragraph", "table", "thead", "tbody", "tr", "th", "td", "bullet_list"),
    *("list_item", "strong"),
}
ACTED = refusing(acts=True)
TRIED = Tried(
    start=1.0,
    end=7.0 * 86_400 + 1,
    records=1000,
    plain=TriedRule(id="plain", words="plainly", found=500.0, others=1, unknown=0),
    drafts=(
        TriedRule(id="keen", words="keenly", found=260.0, others=3, unknown=2),
        TriedRule(id="late", words="late", found=560.0, others=0, unknown=0),
        TriedRule(id="never", words="never", found=None, others=0, unknown=0),
    ),
    chosen=True,
    yaml="extends: default\n",
)


def page(incident: Incident = ACTED, **more: Any) -> str:
    return written(Facts(incident=incident, made_at=NOW, **more))


def applied_act(
    incident: str, kind: ActKind, actor: str, at: float, act_id: str, **fields: Any
) -> ActResult:
    act = Act(
        act_id=act_id,
        kind=kind,
        deployment="support-bot",
        incident=incident,
        actor=actor,
        at=at,
        revision=1,
        **fields,
    )
    return ActResult(act=act, outcome="applied", revision=2, reached=at)


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def kinds(text: str) -> set[str]:
    def walk(tokens: list[Token]) -> set[str]:
        found = set()
        for one in tokens:
            found.add(one.type)
            found |= walk(one.children or [])
        return found

    return walk(MARKDOWN.parse(text))


def test_all_sections_in_their_order() -> None:
    titles = re.findall(r"^## (.+)$", page(), re.MULTILINE)
    assert tuple(titles) == SECTIONS
    assert page().startswith("# Post-mortem, 2 November 2026: Refusals on support-bot")


def test_the_impact_in_counts_and_minutes() -> None:
    impact = section(page(answers=400), "Impact")
    assert f"| {ACTED.records_above} of the 400 answers of the deployment from the first" in impact
    assert ": at least 39 % |" in impact
    assert f"{ACTED.users} users" in impact
    assert "2 tenants" in impact
    assert re.search(r"\d+ min.* \(2026-11-02 .* to 2026-11-02 .*\) \| `started_by", impact)


@pytest.mark.parametrize(
    ("answers", "changes", "cell"),
    [
        (None, {}, "157 answers |"),
        (67, {"records_above": 5, "resolved_at": ACTED.last_seen + 60}, "it was over ("),
        (67, {"records_above": 5, "resolved_at": None}, "the last window with any ("),
        # What is stored lags behind what the incident knows.
        (3, {"records_above": 5}, "5 of the 5 answers of"),
        (67, {"records_above": 0}, "unknown |"),
    ],
)
def test_the_share_says_of_which_answers(
    answers: int | None, changes: dict[str, Any], cell: str
) -> None:
    text = page(msgspec.structs.replace(ACTED, **changes), answers=answers)
    (row,) = re.findall(r"^\| answers affected .*$", text, re.MULTILINE)
    assert cell in row


def test_thanks_go_to_those_who_acted() -> None:
    act = msgspec.structs.replace(ACTED.acts[0].act, actor="ada", kind="assign", assignee="bob")
    acts = [ActResult(act=act, outcome="applied", revision=9)]
    assert "1 person saw to it" in section(
        page(msgspec.structs.replace(ACTED, acts=acts)), "Thanks"
    )
    acts = [ActResult(act=act, outcome="refused", revision=9)]
    thanks = section(page(msgspec.structs.replace(ACTED, acts=acts)), "Thanks")
    assert "Nobody acted on it" in thanks


def test_every_row_of_the_timeline_names_where_it_is_written() -> None:
    rows = re.findall(r"^\| 2026.*$", section(page(), "Timeline"), re.MULTILINE)
    links = [row.rsplit("|", 2)[1].strip() for row in rows]
    assert len(rows) >= len(ACTED.acts) + 3
    for link in links:
        assert re.fullmatch(
            rf"`(llm\.outputs/0/\d+|act act-\d \(revision \d+\)|{ACTED.id} log\[\d+\])`", link
        ), link
    times = [row[2:21] for row in rows]
    assert times == sorted(times)
    assert {f"act act-{n}" for n in range(len(ACTED.acts))} == {
        link[1:].split(" (")[0] for link in links if link.startswith("`act ")
    }


def test_pages_stand_in_the_timeline_where_their_log_is_given() -> None:
    assert "Which pages were sent is unknown" in page()
    sent = Row(ACTED.log[0].at + 1, "paged duty", "outwatch", "page 7")
    told = section(page(pages=[sent]), "Timeline")
    assert "| paged duty | outwatch | `page 7` |" in told
    assert "unknown" not in told


def test_nobody_is_named_and_nobody_blamed() -> None:
    text = page()
    for name in ("ada", "lovelace", "bob", "carol"):
        assert not re.search(rf"\b{name}\b", text, re.IGNORECASE), name
    assert not blames(text)
    assert LEFT_OUT.strip("[]") in text
    assert "responder 1" in text
    assert "acknowledged it: responder 2 and responder 1 look." in text


def test_the_runbook_has_what_was_done_and_commands_stay_commands() -> None:
    told = section(page(), "Lines to add to the runbook")
    assert "- contain: rolled back: `make rollback VERSION=v1` (done 14 min after" in told
    assert "- know: the prompt of v2 \\| told it to refuse returns" in told
    assert "unknown" not in told
    fix = section(page(), "The fix")
    assert "- contained at 2026-11-02" in fix
    assert "unknown" not in fix


def test_actions_that_were_run_are_lines_to_type_again() -> None:
    def step(kind: Any, number: int, **more: Any) -> ActResult:
        act = msgspec.structs.replace(
            ACTED.acts[0].act,
            act_id=f"step-{number}",
            kind=kind,
            text="",
            step=ActionStep(action="bot-off", approved_by="carla", seconds=4.0, **more),
        )
        return ActResult(act=act, outcome="applied", revision=9)

    steps = [
        step("action_ordered", 1),
        step("action_done", 2, outcome="ok", order="step-1"),
        step("action_probed", 3, held=True, fallen=True, order="step-1"),
        step("action_ordered", 4),
        step("action_done", 5, outcome="failed", order="step-4"),
    ]
    undo = [
        step("action_ordered", 6, undo=True),
        step("action_undone", 7, undo=True, outcome="ok", order="step-6"),
    ]
    text = page(msgspec.structs.replace(ACTED, acts=[*ACTED.acts, *steps]))
    told = section(text, "Lines to add to the runbook")
    typed = "- contain: `outwatch incident contain ID --action bot-off --run`, `act step-1`"
    assert typed in told
    assert "step-4" not in told
    assert "carla" not in text
    assert "ordered bot-off, approved by responder 4" in text
    fix = section(text, "The fix")
    assert "bot-off (`act step-1`); its probe passed 4 s after the order, and the signal" in fix
    assert "bot-off (`act step-4`); it failed" in fix
    assert "undone" not in fix
    text = page(msgspec.structs.replace(ACTED, acts=[*ACTED.acts, *steps, *undo]))
    assert "--action bot-off" not in section(text, "Lines to add to the runbook")
    fix = section(text, "The fix")
    assert re.search(r"act step-1`\); its probe passed .*; undone at 2026.* \(`act step-6`\)", fix)


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        (None, "no probe says whether it worked"),
        ({"held": False}, "its probe failed 4 s after the order, and the signal hadn't fallen"),
        (
            {"held": True, "fallen": True},
            "its probe passed 4 s after the order, and the signal had",
        ),
        ({"held": True, "unsure": True}, "and whether the signal had fallen isn't known"),
        (
            {"held": True, "fallen": True, "unprobed": True},
            "it has no probe of its own, and the signal had fallen 4 s after the order",
        ),
    ],
)
def test_no_probe_is_claimed_where_there_is_none(probe: dict[str, Any] | None, said: str) -> None:
    kinds_: list[tuple[str, dict[str, Any]]] = [
        ("action_ordered", {}),
        ("action_done", {"outcome": "ok", "order": "step-0", "seconds": 1.0}),
    ]
    if probe is not None:
        kinds_.append(("action_probed", {"order": "step-0", "seconds": 4.0, **probe}))
    steps = [
        ActResult(
            act=msgspec.structs.replace(
                ACTED.acts[0].act,
                act_id=f"step-{number}",
                kind=kind,
                text="",
                step=ActionStep(action="two-keys", **more),
            ),
            outcome="applied",
            revision=9,
        )
        for number, (kind, more) in enumerate(kinds_)
    ]
    fix = section(page(msgspec.structs.replace(ACTED, acts=steps)), "The fix")
    assert said in fix, fix


def test_the_runbook_has_few_lines_and_only_of_what_helps() -> None:
    def act(kind: Any, number: int, text: str) -> ActResult:
        one = msgspec.structs.replace(
            ACTED.acts[0].act, act_id=f"a-{number}", kind=kind, text=text, at=NOW + number
        )
        return ActResult(act=one, outcome="applied", revision=9)

    acts = [
        act("acknowledge", 0, "look at the dashboard"),
        *[act("note", number, f"fact {number}") for number in range(1, 15)],
        act("statement_sent", 15, "told the press"),
        act("reopen", 16, "a mistake"),
        act("resolve", 17, "rolled back"),
    ]
    told = section(page(msgspec.structs.replace(ACTED, acts=acts)), "Lines to add to the runbook")
    lines = [line for line in told.splitlines() if line.startswith("- ")]
    assert len(lines) == 10
    assert lines[0].startswith("- look first: look at the dashboard")
    assert lines[1].startswith("- know: fact 7")
    assert lines[-1].startswith("- end it: rolled back")
    assert "press" not in told
    assert "mistake" not in told


def test_what_isnt_known_is_written_as_unknown() -> None:
    text = page(build(summary=""))
    for title in (
        "Impact",
        "How long it took",
        "Timeline",
        "What monitoring saw before anybody noticed",
        "The one change that would have prevented it",
        "The fix",
        "A rule that is sooner",
        "Regression case",
        "Lines to add to the runbook",
    ):
        assert "unknown" in section(text, title).lower(), title
    assert "**It isn't over**: it is open." in text
    assert "Nobody acted on it" in text


def test_the_drafted_rule_with_the_plain_one_beside_it() -> None:
    told = section(page(tried=TRIED), "A rule that is sooner")
    assert "**4 min sooner, 3 other incidents a week; the rule in force has 1.**" in told
    assert "```yaml\nextends: default\n```" in told
    rows = re.findall(r"^\| `.*$", told, re.MULTILINE)
    assert [re.split(r" \| ", row)[0] for row in rows] == [
        "| `plain` (in force)",
        "| `keen` (draft)",
        "| `late` (draft)",
        "| `never` (draft)",
    ]
    assert "| 4 min | 3 (3 a week) | 2 |" in rows[1]
    assert "| 1 min later |" in rows[2]
    assert "| never | never opened it |" in rows[3]


def test_too_little_data_gives_no_number_a_week() -> None:
    short = msgspec.structs.replace(TRIED, end=7_201.0)
    told = section(page(tried=short), "A rule that is sooner")
    assert "4 min sooner, 3 other incidents in the same data; the rule in force has 1." in told
    assert "2 h of data are too little for a number a week." in told
    assert "a week)" not in told


def test_no_rule_is_drafted_where_none_is_worth_it() -> None:
    none = msgspec.structs.replace(TRIED, chosen=False, yaml="")
    told = section(page(tried=none), "A rule that is sooner")
    assert "None. 3 drafts were tried" in told
    assert "yaml" not in told
    assert "a known file" not in told
    added = msgspec.structs.replace(TRIED, added_to="ours.yaml")
    assert "Add it to `ours.yaml`:" in page(tried=added)


def test_the_case_with_its_tests() -> None:
    case = Case(
        folder="pm-case",
        records=9,
        places=1,
        by="2026-11-02T03:10:24Z",
        checked="opened late by one, soon by the other",
        shown=True,
        fetch="outwatch show llm.outputs/0/1 --raw",
    )
    told = section(page(tried=TRIED, case=case, places=["llm.outputs/0/1"]), "Regression case")
    assert "outwatch backtest pm-case/verdicts.jsonl --opens-by 2026-11-02T03:10:24Z" in told
    assert "Tried: opened late by one, soon by the other." in told
    assert "--opens-none over-refusal" in told
    assert "- `llm.outputs/0/1`" in told
    without = msgspec.structs.replace(case, by="")
    assert "--opens-by" not in page(tried=TRIED, case=without)
    blind = page(tried=TRIED, case=msgspec.structs.replace(case, shown=False))
    assert "There is no test of the fix" in section(blind, "Regression case")
    assert "outwatch backtest after" not in blind
    assert "| acceptance test | unknown |" in blind
    many = [f"llm.outputs/0/{n}" for n in range(12)]
    assert "- and 2 more" in page(places=many)


def test_what_monitoring_saw() -> None:
    seen = Seen(
        rule="one",
        signal="x",
        record_above=0.5,
        judged=20,
        above=7,
        first_at=1_793_590_000.0,
        first_place="llm.outputs/0/5",
        earlier=90,
        earlier_above=2,
        broke=True,
    )
    before = Before(start=1_793_590_000.0, noticed=1_793_590_060.0, records=20, seen=(seen,))
    told = section(page(before=before), "What monitoring saw before anybody noticed")
    assert "| `one` | 7 of 20 | 2 of 90 | 03:26:40 | `llm.outputs/0/5` | yes |" in told
    assert "20 records, 1 min." in told
    silent = msgspec.structs.replace(before, seen=())
    assert "No record was above the limit of any rule in force." in page(before=silent)
    near = build(
        id="inc-9",
        group={"deployment": "support-bot"},
        first_seen=ACTED.first_seen - 3000,
        title="Odd *answers*",
    )
    assert r"Odd \*answers\* (open, `inc-9`)" in page(others=[near, ACTED])


def test_the_same_before_says_so() -> None:
    half_a_year = 182.6 * 86_400
    earlier = msgspec.structs.replace(
        ACTED, id="inc-old", first_seen=ACTED.first_seen - half_a_year
    )
    told = section(page(others=[earlier, ACTED]), "Before")
    assert "- The same 6 months before: `inc-old` of 2026-05-0" in told
    assert ", 1 action of it still open" in told
    false = msgspec.structs.replace(earlier, state="false_alarm")
    assert not same_kind(false, ACTED)
    assert not same_kind(ACTED, ACTED)
    assert not same_kind(ACTED, earlier)


@pytest.mark.parametrize(
    ("days", "said"),
    [(0.5, "12 h"), (1, "1 day"), (44, "44 days"), (45, "1 month"), (183, "6 months")],
)
def test_how_long_ago(days: float, said: str) -> None:
    assert ago(days * 86_400) == said


def test_actions_and_factors_to_tick() -> None:
    text = page(likely_causes=["the retriever was down"], fixes=["pin the version"])
    assert "- [ ] the retriever was down" in section(text, "What contributed")
    assert "- [ ] usual for this kind, not shown by the data: pin the version" in text
    assert "(seen: Model version v2 was first seen" in section(text, "What contributed")
    assert "| 1 | put the case to new versions | release | 2026-11-09 | open, 9 days late |" in text


def hostile(text: str) -> Facts:
    """Facts in which every text is hostile, acts of every kind among them."""
    incident: Incident = filled(Incident, text)
    acts = [
        msgspec.structs.replace(
            incident.acts[0],
            outcome=outcome,
            act=msgspec.structs.replace(incident.acts[0].act, kind=kind, act_id=f"{n}{text}"),
        )
        for n, kind in enumerate(ActKind.__args__)  # type: ignore[attr-defined]
        for outcome in ("applied", "refused")
    ]
    incident = msgspec.structs.replace(incident, acts=acts, first_seen=5.0)
    tried = filled(Tried, text)
    # That text is made here, of rules.
    tried = msgspec.structs.replace(tried, chosen=True, yaml="extends: default")
    return Facts(
        incident=incident,
        made_at=NOW,
        others=[msgspec.structs.replace(incident, id="x", first_seen=1.0), incident],
        pages=[Row(1.0, text, text, text)],
        likely_causes=[text],
        fixes=[text],
        answers=3,
        before=filled(Before, text),
        tried=tried,
        case=filled(Case, text),
        places=[text] * 3,
    )


@pytest.mark.parametrize("text", list(TEXTS.values())[:-1], ids=list(TEXTS)[:-1])
def test_hostile_text_is_inert_in_all_of_it(text: str) -> None:
    made = written(hostile(text))
    assert problems(made, breaks="\n") == []
    assert_plain(made)


@settings(max_examples=25)
@given(st.text("#*_`[]()<>!|~$&\\:/w.@ -1a\n\x1b", max_size=30))
def test_any_text_is_inert_in_all_of_it(text: str) -> None:
    assert_plain(written(hostile(text)))


def assert_plain(made: str) -> None:
    found = kinds(made) - {"inline", "text", "text_special", "softbreak", "code_inline", "fence"}
    assert {one.rsplit("_", 1)[0] for one in found} <= OURS
    titles = re.findall(r"^## (.+)$", made, re.MULTILINE)
    assert [one for one in titles if one != "Clocks of the law"] == list(SECTIONS)
    # Every row of a table has as many cells as its head.
    parsed = MARKDOWN.parse(made)
    assert sum(one.type == "table_open" for one in parsed) >= 7


@pytest.mark.parametrize(
    ("score", "reason", "said"),
    [
        (0.45, "a number (asked for: sample data)", ", asked for: sample data"),
        (0.9, "a number (asked for: sample data)", ""),
        (0.45, "a number", ""),
    ],
)
def test_a_record_that_was_asked_for_is_marked(score: float, reason: str, said: str) -> None:
    one = Evidence(
        topic="o",
        partition=0,
        offset=1,
        record_id="a",
        event_time=90.0,
        signal="pii.card",
        score=score,
        reason=reason,
    )
    (row,) = timeline(build(evidence=[one], log=[]), Roles([]))
    assert row.what == f"Record affected: pii.card {score:.2f}{said}"


def test_the_same_facts_make_the_same_page() -> None:
    assert page(tried=TRIED) == page(tried=TRIED)
    rows = timeline(ACTED, Roles([]))
    assert rows == sorted(rows, key=lambda one: one.at)


class TestMerged:
    LEAK = build(
        id="inc-leak",
        severity="critical",
        playbook="personal-data-leak",
        title="Personal data on support-bot",
        summary="Ada saw 7 answers with personal data.",
        state="resolved",
        merged_into="inc-root",
        records_above=7,
        users=3,
        acts=[
            applied_act("inc-leak", "acknowledge", "ada", 100.0, act_id="k1"),
            applied_act("inc-leak", "aware", "ada", 130.0, act_id="k2", aware_at=120.0),
            applied_act(
                "inc-leak", "contain", "ada", 140.0, act_id="k3", text="took v2 off with bob"
            ),
            applied_act("inc-leak", "merge", "bob", 150.0, act_id="k4", into="inc-root"),
        ],
    )
    ROOT = build(id="inc-root", playbook="threat", merged=["inc-leak"])

    def text(self, **more: Any) -> str:
        clocks = readings(self.ROOT, shipped(), NOW, [self.LEAK])
        return page(self.ROOT, members=[self.LEAK], clocks=clocks, **more)

    def test_the_merged_one_is_told_with_its_kind_severity_and_numbers(self) -> None:
        impact = section(self.text(), "Impact")
        assert "| `inc-leak` | personal-data-leak | critical | 7 | 3 |" in impact

    def test_what_was_done_about_it_is_told(self) -> None:
        text = self.text()
        rows = section(text, "Timeline")
        for id_ in ("k1", "k2", "k3", "k4"):
            assert f"`act {id_} " in rows
        assert "contained at" in section(text, "The fix")
        assert "2 people" in section(text, "Thanks")
        assert not re.search(r"\b(ada|bob)\b", text, re.IGNORECASE)

    def test_its_clocks_run(self) -> None:
        told = section(self.text(), "Clocks of the law")
        assert "- known since 1970-01-01 00:02:00 UTC (`act k2`)" in told
        assert "gdpr-33" in told
        assert "overdue" in told

    def test_it_isnt_called_another_incident_of_the_day_before(self) -> None:
        text = self.text(others=[self.LEAK, self.ROOT])
        assert "No other incident of this deployment" in text


def test_nobody_is_named_in_one_opened_by_hand() -> None:
    act = opening("ferry-desk", "threat", "high", "a1", "ada", 100.0, "Bob.Jones told ada of it")
    one = opened(act, 90.0, 101.0).incident
    made: tuple[tuple[ActKind, dict[str, Any]], ...] = (
        ("assign", {"assignee": "bob.jones@corp.example"}),
        ("action_item", {"text": "ada tests it", "assignee": "ada", "due": "2026-12-01"}),
        ("severity", {"severity": "critical"}),
    )
    for kind, fields in made:
        one = answer(one, drawn_up(one, kind, f"x-{kind}", "ada", 110.0, **fields), 95.0, 111.0)
    text = page(one)
    assert "opened it by hand" in section(text, "Impact")
    assert not re.search(r"\b(ada|bob|jones)\b", text, re.IGNORECASE)
