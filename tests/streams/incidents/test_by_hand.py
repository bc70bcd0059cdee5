"""Incidents that people open by hand live as any other."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.incidents.by_hand import MOST, fits, opening
from streams.incidents.render import render_text
from streams.records import Act, Incident
from streams.rules.rule import RuleSet
from streams.windows.deployment import Limits
from streams.windows.windows import Windows
from tests.support.acting import NOW, Desk


def act(act_id: str = "abc", deployment: str = "bot", **changes: Any) -> Act:
    made = opening(deployment, "threat", "critical", act_id, "ada", NOW, "it tells of a threat")
    return msgspec.structs.replace(made, **changes)


def opened(desk: Desk) -> Incident:
    assert desk.take(act()) == "applied"
    return desk.log.newest[act().incident]


def test_it_is_open_and_says_who_opened_it() -> None:
    one = opened(Desk())
    assert (one.state, one.severity, one.change, one.playbook) == (
        "open",
        "critical",
        "opened",
        "threat",
    )
    assert (one.page_key, one.revision) == (one.id, 1)
    shown = render_text(one)
    assert "ada opened it by hand: it tells of a threat" in shown
    assert "critical, as the report was judged so" in shown


def test_what_was_said_in_several_lines_is_one_sentence() -> None:
    desk = Desk()
    desk.take(act(text="it tells of a threat.\r\n\n from support \nticket 88."))
    one = desk.log.newest[act().incident]
    assert one.summary.endswith(": it tells of a threat; from support; ticket 88.")
    assert "\ufffd" not in render_text(one)


def test_the_same_act_opens_once_also_after_a_restart() -> None:
    desk = Desk()
    opened(desk)
    assert desk.take(act()) == "duplicate"
    desk.restart()
    assert desk.take(act()) == "duplicate"
    assert len(desk.log.newest) == 1
    # Another by the same id is no opening any more.
    assert desk.take(act(act_id="other", incident=act().incident)) == "refused"


@pytest.mark.parametrize("restart", [False, True])
def test_it_is_acknowledged_noted_and_resolved(restart: bool) -> None:
    desk = Desk()
    opened(desk)
    for kind, fields, state in (
        ("acknowledge", {}, "acknowledged"),
        ("note", {"text": "asked the customer"}, "acknowledged"),
        ("severity", {"severity": "low"}, "acknowledged"),
        ("contain", {}, "contained"),
        ("resolve", {}, "resolved"),
        ("reopen", {}, "open"),
        ("false_alarm", {"reason": "expected"}, "false_alarm"),
    ):
        if restart:
            desk.restart()
        assert desk.do(kind, **fields).state == state
    assert len(desk.only.acts) == 8
    assert desk.only.severity == "low"


def test_nothing_but_a_person_ends_it() -> None:
    desk = Desk()
    one = opened(desk)
    desk.calm(*(600.0 * n for n in range(20)))
    assert desk.log.newest[one.id].state == "open"


def test_it_opens_where_nothing_was_seen_yet() -> None:
    windows = Windows(RuleSet(()), limits=Limits(most_deployments=1))
    assert windows.act(act(deployment="new"), NOW) == "applied"
    (one,) = windows.evaluate(NOW)
    assert one.group == {"deployment": "new"}
    again = Windows(RuleSet(()))
    again.restore("new", windows.snapshot("new"))
    assert [one.id for one in again.open_incidents()] == [one.id]
    assert windows.act(act(deployment="newer"), NOW) == "no_room"


@pytest.mark.parametrize(
    "changes",
    [
        {"severity": None},
        {"playbook": " "},
        {"incident": "inc-1"},
        {"actor": ""},
        {"playbook": "x" * 201},
    ],
)
def test_what_says_too_little_opens_nothing(changes: dict[str, Any]) -> None:
    desk = Desk()
    assert desk.take(act(**changes)) == "unfit"
    assert not desk.log.newest


def test_there_is_room_for_so_many() -> None:
    desk = Desk()
    for number in range(MOST):
        assert desk.windows.act(act(f"a{number}"), NOW) == "applied"
    assert desk.windows.act(act("more"), NOW) == "no_room"


def test_what_is_private_in_its_text_is_masked() -> None:
    desk = Desk()
    assert desk.take(act(text="wrote to jo@corp.example")) == "applied"
    assert "jo@corp" not in msgspec.json.encode(desk.only).decode()


def test_one_that_was_over_for_long_leaves_the_state_and_can_still_be_reopened() -> None:
    desk = Desk()
    one = opened(desk)
    desk.do("resolve")
    desk.log.take(desk.windows.evaluate(NOW + 2 * 86_400.0))
    assert not desk.windows.knows("bot", one.id)
    assert desk.do("reopen").state == "open"


class TestMerged:
    """Of a report and what the rules found of the same."""

    def pair(self) -> tuple[Desk, str, str]:
        desk = Desk()
        by_hand = opened(desk).id
        desk.bad(1.0, 2.0)
        (found,) = set(desk.log.newest) - {by_hand}
        return desk, by_hand, found

    def test_into_what_the_rules_found(self) -> None:
        desk, by_hand, found = self.pair()
        assert desk.take(desk.draw("merge", incident=desk.log.newest[by_hand], into=found)) == (
            "applied"
        )
        assert desk.log.newest[by_hand].merged_into == found
        root = desk.log.newest[found]
        assert (root.merged, root.severity) == ([by_hand], "critical")
        assert "an incident merged into it is" in root.severity_why

    @pytest.mark.parametrize("restart", [False, True])
    def test_what_the_rules_found_into_it(self, restart: bool) -> None:
        desk, by_hand, found = self.pair()
        desk.take(desk.draw("merge", incident=desk.log.newest[found], into=by_hand))
        if restart:
            desk.restart()
        desk.take(desk.draw("resolve", incident=desk.log.newest[by_hand]))
        assert desk.log.newest[by_hand].state == "resolved"
        desk.bad(400.0, 401.0)
        again = desk.log.newest[by_hand]
        assert again.state == "open" or len(desk.log.newest) == 3

    def test_what_goes_on_takes_back_that_it_is_contained(self) -> None:
        desk, by_hand, found = self.pair()
        desk.take(desk.draw("merge", incident=desk.log.newest[found], into=by_hand))
        desk.take(desk.draw("contain", incident=desk.log.newest[by_hand]))
        times = [desk.newest + 30.0 * number for number in range(1, 5)]
        desk.bad(times[0])
        assert desk.log.newest[by_hand].state == "contained"
        desk.bad(*times[1:])
        assert desk.log.newest[by_hand].state == "open"

    def test_a_fresh_one_is_not_hidden_by_what_is_contained(self) -> None:
        desk, by_hand, found = self.pair()
        desk.take(desk.draw("contain", incident=desk.log.newest[found]))
        desk.take(desk.draw("merge", incident=desk.log.newest[by_hand], into=found))
        root = desk.log.newest[found]
        assert root.state == "open"
        assert f"{by_hand}, merged into it, was open" in root.acts[-1].act.text

    def test_a_false_alarm_is_one_for_what_was_merged_into_it(self) -> None:
        desk, by_hand, found = self.pair()
        desk.take(desk.draw("merge", incident=desk.log.newest[found], into=by_hand))
        desk.take(desk.draw("false_alarm", incident=desk.log.newest[by_hand], reason="expected"))
        desk.bad(200.0)
        assert {one.state for one in desk.log.newest.values()} == {"false_alarm", "resolved"}


@pytest.mark.parametrize("name", ["jo@corp.example", "card 4539542274725285"])
def test_no_incident_is_opened_under_a_private_name(name: str) -> None:
    assert fits(opening("support-bot", "threat", "high", "a", "ada", 100.0, "said so"))
    assert not fits(opening(name, "threat", "high", "a", "ada", 100.0, "said so"))


@pytest.mark.parametrize("field", ["at", "through"])
def test_no_time_that_no_calendar_has_opens_an_incident(field: str) -> None:
    act = opening("support-bot", "threat", "high", "a", "ada", 100.0, "said so")
    assert not fits(msgspec.structs.replace(act, **{field: -9.9e10}))
