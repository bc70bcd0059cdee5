"""What people do to incidents: which act makes sense when, and what the windows do after it."""

from __future__ import annotations

import msgspec
import pytest

from streams.incidents.acts import LONGEST_TEXT, MOST_ACTS, problem, severity_now
from streams.records import Act, ActResult, Severity
from tests.support.acting import RATE, START, Desk

FIELDS = {
    "assign": {"assignee": "bob"},
    "note": {"text": "the prompt team is looking"},
    "false_alarm": {"reason": "expected"},
    "severity": {"severity": "critical"},
    "aware": {"clock": "gdpr-33", "aware_at": START},
    "set_aside": {"clock": "gdpr-34", "text": "the risk is gone"},
    "statement_sent": {"text": "to support"},
    "action_item": {"text": "test it", "assignee": "release", "due": "2026-12-01"},
    "postmortem": {"text": "wiki/pm-1"},
}
WAY = {
    "open": [],
    "acknowledged": ["acknowledge"],
    "contained": ["acknowledge", "contain"],
    "resolved": ["resolve"],
    "false_alarm": ["false_alarm"],
    "open again": ["resolve", "reopen"],
}
EVER = {"assign", "note", "aware", "set_aside", "statement_sent", "action_item", "postmortem"}
MAKES_SENSE = {
    "open": {"acknowledge", "contain", "resolve", "false_alarm", "severity"} | EVER,
    "acknowledged": {"contain", "resolve", "false_alarm", "severity"} | EVER,
    "contained": {"resolve", "false_alarm", "severity"} | EVER,
    "resolved": {"reopen", "false_alarm"} | EVER,
    "false_alarm": {"reopen"} | EVER,
    "open again": {"acknowledge", "contain", "resolve", "false_alarm", "severity"} | EVER,
}
KINDS = sorted(MAKES_SENSE["open"] | {"reopen"})
LEADS_TO = {
    "acknowledge": "acknowledged",
    "contain": "contained",
    "resolve": "resolved",
    "false_alarm": "false_alarm",
    "reopen": "open",
}


def opened(text: str | None = None) -> Desk:
    desk = Desk(text) if text else Desk()
    desk.bad(0.0, 1.0)
    assert desk.only.state == "open"
    return desk


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", WAY)
def test_what_makes_sense_when(state: str, kind: str) -> None:
    desk = opened()
    for step in WAY[state]:
        desk.do(step, **FIELDS.get(step, {}))
    before = desk.only
    outcome = desk.take(desk.draw(kind, "eve", **FIELDS.get(kind, {})))
    after = desk.only
    result = after.acts[-1]
    assert outcome == ("applied" if kind in MAKES_SENSE[state] else "refused")
    assert (result.outcome, result.act.actor, result.revision) == (outcome, "eve", after.revision)
    assert len(after.acts) == len(before.acts) + 1
    if outcome == "refused":
        assert result.why
        assert (after.state, after.severity, after.log) == (
            before.state,
            before.severity,
            before.log,
        )
    else:
        assert after.state == LEADS_TO.get(kind, before.state)
        assert after.log[-1].who == "eve"


@pytest.mark.parametrize(
    ("kind", "fields", "wrong"),
    [
        ("false_alarm", {}, "reason"),
        ("severity", {}, "severity"),
        ("merge", {}, "into which"),
        ("merge", {"into": "inc-1"}, "itself"),
        ("assign", {}, "to whom"),
        ("note", {"text": " "}, "text"),
        ("aware", {"aware_at": START + 61}, "yet to come"),
        ("set_aside", {"text": "no risk"}, "which clock"),
        ("set_aside", {"clock": "gdpr-34", "text": " "}, "with a reason"),
        ("acknowledge", {"actor": " "}, "who acts"),
        ("acknowledge", {"text": "x" * (LONGEST_TEXT + 1)}, "2,001 characters"),
        ("acknowledge", {"assignee": "x" * 201}, "name"),
        ("acknowledge", {"actor": " Outwatch"}, "no person"),
        ("acknowledge", {"through": 1e300}, "time"),
        ("acknowledge", {"through": -9.9e10}, "time"),
        ("aware", {"at": 9.9e10, "aware_at": 9.9e10}, "time"),
    ],
)
def test_an_act_that_lacks_something(kind: str, fields: dict[str, object], wrong: str) -> None:
    whole = {
        "act_id": "a",
        "kind": kind,
        "deployment": "bot",
        "incident": "inc-1",
        "actor": "ada",
        "at": START,
        "revision": 1,
    }
    act = msgspec.convert({**whole, **fields}, Act)
    assert wrong in problem(act)


def test_it_counts_once_however_often_it_is_sent() -> None:
    desk = opened()
    act = desk.draw("acknowledge")
    assert desk.take(act) == "applied"
    revision = desk.only.revision
    assert desk.take(act) == "duplicate"
    desk.restart()
    assert desk.take(act) == "duplicate"
    assert desk.only.revision == revision
    assert [one.act.act_id for one in desk.only.acts] == [act.act_id]


def test_a_stale_act_is_refused_with_who_did_what_since() -> None:
    desk = opened()
    late = desk.draw("resolve", "bob")
    desk.do("acknowledge", "ada")
    assert desk.take(late) == "refused"
    why = desk.only.acts[-1].why
    assert f"since revision {late.revision}, ada acknowledged it at" in why
    assert desk.only.state == "acknowledged"
    assert desk.take(desk.draw("resolve", "bob")) == "applied"


def test_without_the_newest_act_the_revision_tells_what_was_seen() -> None:
    desk = opened()
    late = msgspec.structs.replace(desk.draw("resolve", "bob"), seen=None)
    desk.do("acknowledge", "ada")
    assert desk.take(late) == "refused"
    again = msgspec.structs.replace(desk.draw("resolve", "bob"), seen=None)
    assert desk.take(again) == "applied"


def test_what_the_stream_changed_since_makes_no_act_stale() -> None:
    desk = opened()
    act = desk.draw("acknowledge")
    desk.bad(*(2.0 + n for n in range(40)))
    assert desk.only.revision > act.revision
    assert desk.take(act) == "applied"


def test_notes_of_two_at_once_are_both_kept() -> None:
    desk = opened()
    acts = [desk.draw("note", who, text=f"{who} looks") for who in ("ada", "bob")]
    assert [desk.take(act) for act in acts] == ["applied", "applied"]
    assert [one.act.actor for one in desk.only.acts] == ["ada", "bob"]


def test_acts_are_never_cut_where_the_log_is() -> None:
    desk = opened()
    for number in range(60):
        desk.do("note", text=f"note {number}")
    assert len(desk.only.log) == 40
    assert [one.act.text for one in desk.only.acts] == [f"note {n}" for n in range(60)]


def test_an_incident_takes_only_so_many_acts() -> None:
    desk = opened()
    act = desk.draw("note", text="x")
    result = ActResult(act=act, outcome="applied", revision=1)
    many = [
        msgspec.structs.replace(result, act=msgspec.structs.replace(act, act_id=f"n{n}"))
        for n in range(MOST_ACTS)
    ]
    full = msgspec.structs.replace(desk.only, id="inc-old", acts=many)
    late = msgspec.structs.replace(act, act_id="late", incident="inc-old")
    assert desk.windows.act(late, START, {"inc-old": full}) == "full"


def test_what_a_person_said_stays_while_it_lasts() -> None:
    desk = opened()
    desk.do("acknowledge")
    desk.bad(*(2.0 + n for n in range(40)))
    desk.restart()
    assert desk.only.state == "acknowledged"
    desk.calm(500.0)
    assert desk.only.state == "resolved"
    assert [one.act.kind for one in desk.only.acts] == ["acknowledge"]


class TestAfterAPersonResolvedIt:
    def test_a_late_record_of_that_stretch_opens_nothing(self) -> None:
        desk = opened()
        desk.calm(40.0)
        desk.do("resolve")
        desk.bad(20.0, 39.0)
        assert desk.only.state == "resolved"
        assert desk.log.events[-1].acts[-1].act.kind == "resolve"

    @pytest.mark.parametrize("restart", [False, True])
    def test_a_record_after_it_opens_it_and_says_so(self, restart: bool) -> None:
        desk = opened()
        desk.calm(40.0)
        desk.do("resolve")
        if restart:
            desk.restart()
        desk.bad(42.0)
        again = desk.only
        assert (again.state, again.resolved_at) == ("open", None)
        assert "came after ada resolved it" in again.log[-1].what
        assert (again.acts[-1].outcome, again.acts[-1].act.actor) == ("automatic", "outwatch")
        revision = again.revision
        desk.calm(43.0)
        assert desk.only.revision == revision

    def test_a_window_that_reaches_back_into_it_does_not(self) -> None:
        desk = Desk(RATE)
        desk.bad(*(float(n) for n in range(20)))
        desk.calm(26.0)
        desk.do("resolve")
        # Still broken, by the records that were there before.
        desk.calm(31.0, 36.0)
        assert desk.only.state == "resolved"
        desk.bad(*(27.0 + n for n in range(0, 120, 2)))
        assert desk.only.state == "open"

    def test_another_model_version_does_at_once(self) -> None:
        desk = Desk(RATE)
        desk.bad(*(float(n) for n in range(20)), model_version="v1")
        desk.calm(26.0)
        desk.do("resolve")
        desk.bad(*(27.0 + n / 4 for n in range(20)), model_version="v2")
        desk.calm(36.0)
        assert desk.only.state == "open"
        assert (
            "model version v2, which came after ada resolved it, meets it" in desk.only.log[-1].what
        )

    def test_nobody_speaks_for_what_has_not_come_yet(self) -> None:
        desk = opened()
        act = msgspec.structs.replace(desk.draw("resolve"), through=START + 1e8)
        assert desk.take(act) == "applied"
        desk.bad(10.0)
        assert desk.only.state == "open"

    def test_it_ends_once(self) -> None:
        desk = opened()
        desk.do("resolve")
        desk.calm(500.0)
        assert [one.change for one in desk.log.events].count("resolved") == 1


class TestAfterAPersonContainedIt:
    @pytest.mark.parametrize("restart", [False, True])
    def test_what_comes_after_a_fair_while_takes_it_back(self, restart: bool) -> None:
        desk = opened()
        desk.calm(40.0)
        desk.do("contain")
        # These were under way.
        desk.bad(42.0, 90.0)
        assert desk.only.state == "contained"
        if restart:
            desk.restart()
        desk.bad(130.0)
        again = desk.only
        assert again.state == "open"
        assert "came after ada contained it" in again.log[-1].what
        assert (again.acts[-1].outcome, again.acts[-1].act.kind) == ("automatic", "reopen")
        assert desk.do("contain", "bob").state == "contained"

    def test_a_window_that_reaches_back_into_it_does_not(self) -> None:
        desk = Desk(RATE)
        desk.bad(*(float(n) for n in range(20)))
        desk.calm(26.0)
        desk.do("contain")
        desk.calm(31.0, 36.0, 75.0)
        assert desk.only.state == "contained"
        desk.bad(*(80.0 + n for n in range(0, 120, 2)))
        assert desk.only.state == "open"

    def test_another_model_version_does_at_once_after_that_while(self) -> None:
        desk = Desk(RATE)
        desk.bad(*(float(n) for n in range(20)), model_version="v1")
        desk.calm(26.0)
        desk.do("contain")
        desk.bad(*(27.0 + n for n in range(0, 60, 2)), model_version="v1")
        assert desk.only.state == "contained"
        desk.bad(*(90.0 + n / 4 for n in range(20)), model_version="v2")
        desk.calm(100.0)
        assert desk.only.state == "open"
        assert "v2, which came after ada contained it" in desk.only.log[-1].what

    def test_a_late_record_does_not(self) -> None:
        desk = opened()
        desk.calm(50.0)
        desk.do("contain")
        desk.calm(55.0)
        desk.bad(20.0, 49.0)
        assert desk.only.state == "contained"

    def test_what_a_person_opened_again_before_still_ends_by_a_person_alone(self) -> None:
        desk = opened()
        for kind in ("resolve", "reopen", "contain"):
            desk.do(kind)
        desk.bad(50.0, 100.0)
        assert desk.only.acts[-1].outcome == "automatic"
        desk.calm(400.0)
        assert desk.only.state == "open"


class TestWhatAPersonOpenedAgain:
    def test_only_a_person_ends(self) -> None:
        desk = opened()
        desk.do("resolve")
        desk.do("reopen")
        desk.calm(70.0, 200.0)
        assert desk.only.state == "open"
        assert desk.do("resolve").state == "resolved"

    def test_it_can_be_what_the_windows_held_for_over(self) -> None:
        desk = opened()
        desk.calm(100.0)
        assert desk.only.state == "resolved"
        assert desk.take(desk.draw("reopen")) == "applied"
        desk.calm(110.0)
        assert desk.only.state == "open"


class TestAFalseAlarm:
    def test_keeps_its_group_quiet(self) -> None:
        desk = opened()
        desk.do("false_alarm", reason="limit_too_sensitive")
        desk.bad(10.0, 200.0, 201.0)
        desk.restart()
        desk.bad(400.0, 401.0)
        assert desk.only.state == "false_alarm"

    def test_not_once_the_figures_doubled(self) -> None:
        desk = opened()
        desk.do("false_alarm", reason="expected")
        desk.bad(200.0, 201.0, 202.0)
        assert desk.only.state == "false_alarm"
        desk.bad(203.0)
        first, second = sorted(desk.log.newest.values(), key=lambda one: one.first_seen)
        assert (first.state, second.state) == ("false_alarm", "open")
        assert "4 records in a window, 2 before" in second.log[0].what
        assert first.id in second.log[0].what

    def test_not_itself_either(self) -> None:
        desk = opened()
        desk.do("false_alarm", reason="expected")
        desk.bad(2.0, 3.0)
        assert desk.only.state == "open"
        assert "figures doubled" in desk.only.log[-1].what

    def test_not_for_ever(self) -> None:
        desk = opened()
        desk.do("false_alarm", reason="expected")
        week = 7 * 86_400.0
        for day in range(1, 7):
            desk.bad(day * 86_400.0)
        assert len(desk.log.newest) == 1
        desk.bad(week + 100.0)
        newest = max(desk.log.newest.values(), key=lambda one: one.first_seen)
        assert (len(desk.log.newest), newest.state) == (2, "open")

    def test_not_for_another_group(self) -> None:
        desk = Desk(
            "- {id: one, signal: a.x, immediate: true, window: 5s, pane: 5s, hold: 60s,"
            " by: [tenant]}"
        )
        desk.bad(0.0, tenant="a")
        desk.do("false_alarm", reason="detector_wrong")
        desk.bad(200.0, tenant="b")
        assert sorted(one.state for one in desk.log.newest.values()) == ["false_alarm", "open"]

    def test_ends_where_a_person_opens_it_again(self) -> None:
        desk = opened()
        desk.do("false_alarm", reason="expected")
        desk.do("reopen")
        desk.do("resolve")
        desk.bad(300.0)
        assert sorted(one.state for one in desk.log.newest.values()) == ["open", "resolved"]

    def test_can_be_called_when_its_windows_are_long_forgotten(self) -> None:
        desk = opened()
        desk.calm(*(100.0 * n for n in range(1, 30)))
        assert not desk.windows.knows("bot", desk.only.id)
        assert desk.do("false_alarm", reason="expected").state == "false_alarm"
        desk.bad(3000.0)
        assert desk.only.state == "false_alarm"
        desk.bad(*(3000.5 + n / 10 for n in range(4)))
        assert len(desk.log.newest) == 2


class TestMerging:
    def pair(self) -> tuple[Desk, str, str]:
        desk = Desk(
            "- {id: one, signal: a.x, immediate: true, window: 5s, pane: 5s, hold: 60s,"
            " by: [tenant]}"
        )
        desk.bad(0.0, tenant="a")
        desk.bad(1.0, tenant="b")
        a, b = sorted(
            desk.log.newest.values(),
            key=lambda one: one.first_seen * 2 + (one.group["tenant"] == "b"),
        )
        return desk, a.id, b.id

    def test_one_goes_on_as_the_other(self) -> None:
        desk, a, b = self.pair()
        assert desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b)) == "applied"
        gone, root = desk.log.newest[a], desk.log.newest[b]
        assert (gone.state, gone.merged_into) == ("resolved", b)
        assert (root.state, root.merged) == ("open", [a])
        desk.bad(30.0, tenant="a")
        desk.restart()
        desk.bad(50.0, tenant="a")
        assert desk.log.newest[a].state == "resolved"

    @pytest.mark.parametrize(
        ("root", "other", "state"),
        [
            ([], [], "open"),
            ([], ["acknowledge"], "open"),
            ([], ["contain"], "open"),
            (["acknowledge"], [], "open"),
            (["acknowledge"], ["acknowledge"], "acknowledged"),
            (["acknowledge"], ["contain"], "acknowledged"),
            (["contain"], [], "open"),
            (["contain"], ["acknowledge"], "acknowledged"),
            (["contain"], ["contain"], "contained"),
            (["contain"], ["contain", "resolve"], None),
        ],
    )
    def test_the_whole_is_as_open_as_the_one_of_which_less_was_done(
        self, root: list[str], other: list[str], state: str | None
    ) -> None:
        desk, a, b = self.pair()
        for id_, kinds in ((b, root), (a, other)):
            for kind in kinds:
                desk.take(desk.draw(kind, incident=desk.log.newest[id_]))
        before = desk.log.newest[b]
        outcome = desk.take(desk.draw("merge", "bob", incident=desk.log.newest[a], into=b))
        desk.restart()
        after = desk.log.newest[b]
        if state is None:
            assert (outcome, after.state) == ("refused", "contained")
            return
        assert after.state == state
        own = after.acts[len(before.acts) :]
        assert [one.outcome for one in own] == ["automatic"] * (state != before.state)
        # More of it changes nothing about that.
        desk.bad(2.0, tenant="b")
        assert desk.log.newest[b].state == state
        desk.take(desk.draw("contain", incident=desk.log.newest[b]))
        assert desk.log.newest[b].state == "contained"

    def test_one_that_goes_on_takes_back_that_the_other_is_contained(self) -> None:
        desk, a, b = self.pair()
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        desk.take(desk.draw("contain", incident=desk.log.newest[b]))
        desk.bad(40.0, tenant="a")
        assert desk.log.newest[b].state == "contained"
        desk.bad(80.0, tenant="a")
        assert desk.log.newest[b].state == "open"
        assert f"{a}, merged into it, goes on" in desk.log.newest[b].log[-1].what

    def test_an_act_on_the_old_one_is_told_where_it_goes_on(self) -> None:
        desk, a, b = self.pair()
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        assert desk.take(desk.draw("contain", incident=desk.log.newest[a])) == "refused"
        assert f"merged into {b}" in desk.log.newest[a].acts[-1].why

    def test_one_that_is_opened_again_stands_apart(self) -> None:
        desk, a, b = self.pair()
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        desk.take(desk.draw("reopen", incident=desk.log.newest[a]))
        gone, root = desk.log.newest[a], desk.log.newest[b]
        assert (gone.state, gone.merged_into) == ("open", None)
        assert (root.state, root.merged) == ("open", [])
        assert f"{a} was opened again" in root.log[-1].what
        desk.restart()
        desk.bad(30.0, tenant="b")
        assert desk.log.newest[b].merged == []
        # Each is ended by itself now.
        desk.take(desk.draw("resolve", incident=desk.log.newest[b]))
        assert desk.log.newest[a].state == "open"

    def test_one_that_stands_apart_takes_its_severity_along(self) -> None:
        desk, a, b = self.pair()
        before = desk.log.newest[b].severity
        desk.take(desk.draw("severity", incident=desk.log.newest[a], severity="critical"))
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        assert (before, desk.log.newest[b].severity) == ("high", "critical")
        desk.take(desk.draw("reopen", incident=desk.log.newest[a]))
        assert desk.log.newest[b].severity == before
        assert "merged" not in desk.log.newest[b].severity_why
        desk.bad(30.0, tenant="b")
        assert desk.log.newest[b].severity == before

    @pytest.mark.parametrize(
        ("chosen", "other", "after", "apart"),
        [
            ("high", "critical", "critical", "high"),
            ("low", "high", "high", "low"),
            ("low", "critical", "critical", "low"),
            ("critical", "high", "critical", "critical"),
            ("high", "high", "high", "high"),
            ("high", "low", "high", "high"),
        ],
    )
    def test_a_chosen_severity_hides_no_worse_one_that_is_merged(
        self, chosen: Severity, other: Severity, after: Severity, apart: Severity
    ) -> None:
        desk, a, b = self.pair()
        desk.take(desk.draw("severity", incident=desk.log.newest[b], severity=chosen))
        desk.take(desk.draw("severity", incident=desk.log.newest[a], severity=other))
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        root = desk.log.newest[b]
        assert root.severity == after
        assert root.severity_why.startswith(after)
        assert (f"{a}, merged into it, is {after}" in root.severity_why) == (after != chosen)
        # The figures don't take it back.
        desk.bad(30.0, tenant="b")
        assert desk.log.newest[b].severity == after
        desk.take(desk.draw("reopen", incident=desk.log.newest[a]))
        assert desk.log.newest[b].severity == apart

    def test_a_person_may_choose_again_after_a_merge(self) -> None:
        desk, a, b = self.pair()
        desk.take(desk.draw("severity", incident=desk.log.newest[b], severity="low"))
        desk.take(desk.draw("severity", incident=desk.log.newest[a], severity="critical"))
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        desk.take(desk.draw("severity", incident=desk.log.newest[b], severity="high"))
        assert desk.log.newest[b].severity == "high"
        desk.take(desk.draw("reopen", incident=desk.log.newest[a]))
        assert desk.log.newest[b].severity == "high"

    def test_of_several_that_were_merged_the_worst_that_is_left_holds(self) -> None:
        desk, a, b = self.pair()
        desk.bad(2.0, tenant="c")
        (c,) = desk.log.newest.keys() - {a, b}
        desk.take(desk.draw("severity", incident=desk.log.newest[b], severity="low"))
        desk.take(desk.draw("severity", incident=desk.log.newest[a], severity="critical"))
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        desk.take(desk.draw("merge", incident=desk.log.newest[c], into=b))
        desk.take(desk.draw("reopen", incident=desk.log.newest[a]))
        assert desk.log.newest[b].severity == desk.log.newest[c].severity == "high"
        desk.take(desk.draw("reopen", incident=desk.log.newest[c]))
        assert desk.log.newest[b].severity == "low"

    def test_it_takes_along_what_was_merged_into_it(self) -> None:
        desk, a, b = self.pair()
        desk.bad(1.5, tenant="c")
        (c,) = desk.log.newest.keys() - {a, b}
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        desk.take(desk.draw("merge", incident=desk.log.newest[b], into=c))
        assert desk.log.newest[c].merged == sorted([a, b])
        desk.take(desk.draw("reopen", incident=desk.log.newest[b]))
        merged = {id_: one.merged for id_, one in desk.log.newest.items()}
        assert merged == {a: [], b: [a], c: []}
        desk.take(desk.draw("reopen", incident=desk.log.newest[a]))
        assert desk.log.newest[b].merged == []

    def test_the_other_opens_again_where_it_goes_on(self) -> None:
        desk, a, b = self.pair()
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        desk.bad(30.0, tenant="a")
        desk.take(desk.draw("resolve", incident=desk.log.newest[b]))
        assert desk.log.newest[b].state == "resolved"
        desk.bad(31.0, tenant="a")
        root = desk.log.newest[b]
        assert (root.state, desk.log.newest[a].state) == ("open", "resolved")
        assert f"{a}, merged into it, goes on" in root.log[-1].what

    def test_the_other_is_over_when_both_are(self) -> None:
        desk, a, b = self.pair()
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        for at in range(50, 3000, 50):
            desk.bad(float(at), tenant="a")
        desk.restart()
        assert desk.log.newest[b].state == "open"
        desk.calm(3100.0)
        assert desk.log.newest[b].state == "resolved"

    def test_a_false_alarm_is_one_for_both(self) -> None:
        desk, a, b = self.pair()
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        desk.take(desk.draw("false_alarm", incident=desk.log.newest[b], reason="expected"))
        desk.bad(200.0, tenant="a")
        desk.bad(201.0, tenant="b")
        assert {one.state for one in desk.log.newest.values()} == {"resolved", "false_alarm"}
        assert len(desk.log.newest) == 2

    def test_the_other_takes_the_worse_severity(self) -> None:
        desk, a, b = self.pair()
        desk.take(desk.draw("severity", incident=desk.log.newest[a], severity="critical"))
        desk.take(desk.draw("merge", incident=desk.log.newest[a], into=b))
        desk.bad(*(2.0 + n for n in range(45)), tenant="b")
        assert desk.log.newest[b].severity == "critical"

    def test_it_tells_of_itself_where_the_other_is_gone(self) -> None:
        desk, a, b = self.pair()
        root = msgspec.structs.replace(desk.log.newest[b], id="inc-long-ago")
        desk.log.newest[root.id] = root
        act = desk.draw("merge", incident=desk.log.newest[a], into=root.id)
        assert desk.take(act) == "applied"
        assert desk.log.newest[root.id].merged == [a]
        desk.bad(30.0, tenant="a")
        again = desk.log.newest[a]
        assert (again.state, again.merged_into) == ("open", None)
        assert "inc-long-ago is gone" in again.log[-1].what

    @pytest.mark.parametrize("into", ["inc-nowhere", "self", "over"])
    def test_not_into_what_is_not_there(self, into: str) -> None:
        desk, a, b = self.pair()
        if into == "over":
            desk.take(desk.draw("resolve", incident=desk.log.newest[b]))
        target = {"self": a, "over": b}.get(into, into)
        assert desk.take(desk.draw("merge", incident=desk.log.newest[a], into=target)) == "refused"
        assert desk.log.newest[a].state == "open"


def severity(to: str) -> ActResult:
    """A chosen severity, or ("") that it is left to the figures again."""
    act = Act(
        act_id="a",
        kind="severity",
        deployment="bot",
        incident="i",
        actor="ada",
        at=0.0,
        revision=1,
        severity=to or None,
        computed=not to,
    )
    return ActResult(act=act, outcome="applied", revision=2)


@pytest.mark.parametrize(
    ("acts", "found", "holds"),
    [
        ([], "high", "high"),
        (["low"], "high", "low"),
        (["low"], "critical", "low"),
        (["critical"], "low", "critical"),
        (["low", "high"], "critical", "high"),
        (["low", ""], "critical", "critical"),
        (["critical", ""], "low", "low"),
        (["critical", "", "low"], "high", "low"),
    ],
)
def test_a_chosen_severity_holds_until_it_is_withdrawn(
    acts: list[str], found: str, holds: str
) -> None:
    assert severity_now([severity(one) for one in acts], found) == holds


def test_a_chosen_severity_stays_when_more_records_come() -> None:
    desk = opened()
    desk.do("severity", severity="low")
    desk.bad(*(2.0 + n for n in range(40)))
    assert desk.only.severity == "low"


def test_acts_of_an_incident_whose_beginning_moves_go_along() -> None:
    desk = opened()
    desk.do("acknowledge")
    desk.do("assign", assignee="bob")
    old = desk.only
    desk.bad(-30.0)
    new = desk.only
    assert (new.replaces, new.state, new.assignee) == ([old.id], "acknowledged", "bob")
    assert [one.act.act_id for one in new.acts] == [one.act.act_id for one in old.acts]
    assert new.revision > max(one.revision for one in new.acts)
    late = desk.draw("contain", incident=msgspec.structs.replace(new, id=old.id))
    assert desk.take(late) == "applied"
    assert desk.only.state == "contained"


def test_an_unknown_incident() -> None:
    desk = opened()
    act = msgspec.structs.replace(desk.draw("acknowledge"), incident="inc-nowhere")
    assert desk.take(act) == "unknown"
    elsewhere = msgspec.structs.replace(act, deployment="another")
    assert desk.windows.act(elsewhere, START) == "unknown"
    assert desk.windows.deployments == ("bot",)
