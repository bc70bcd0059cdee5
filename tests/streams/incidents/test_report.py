"""What came again, false alarms, medians, and what is still to be done."""

from __future__ import annotations

from typing import Any

import pytest

from streams.cli._report import told
from streams.incidents.report import Report, report
from streams.records import Act, ActResult, Incident, LogEntry, RuleFigures
from tests.streams.paging.conftest import build
from tests.support.hostile_texts import TEXTS, filled, problems

DAY = 86_400.0
NOW = 1_795_000_000.0  # 2026-11-18


def did(kind: Any, at: float, **fields: Any) -> ActResult:
    act = Act(
        act_id=fields.pop("act_id", f"{kind}-{at:.0f}"),
        kind=kind,
        deployment="bot",
        incident="inc-1",
        actor="ada",
        at=at,
        revision=1,
        **fields,
    )
    return ActResult(act=act, outcome="applied", revision=2)


def one(id_: str, days_ago: float, *acts: ActResult, **changes: Any) -> Incident:
    at = NOW - days_ago * DAY
    given = {"playbook": "jailbreak", "group": {"deployment": "bot"}, "state": "resolved"}
    rule = RuleFigures(
        rule="jailbreak-success",
        condition="rate",
        signal="jailbreak.success",
        value=0.2,
        threshold=0.1,
        records=100,
        above=30,
        window_start=at,
        window_end=at,
    )
    return build(
        id=id_,
        first_seen=at,
        last_seen=at + 600,
        acts=list(acts),
        **(
            given
            | {"rules": [rule], "resolved_at": at + 900}
            | {"log": [LogEntry(at=at + 60, what="opened")]}
            | changes
        ),
    )


def made(*incidents: Incident, days: float = 30) -> Report:
    return report({one.id: one for one in incidents}, NOW - days * DAY, NOW)


def item(id_: str, due: str) -> ActResult:
    return did("action_item", NOW, act_id=id_, text=f"do {id_}", assignee="release", due=due)


def test_the_same_after_half_a_year_says_so() -> None:
    old = one("inc-old", 190, did("postmortem", NOW, text="wiki/pm-7"), item("i", "2026-06-01"))
    (again,) = made(old, one("inc-new", 7)).again
    assert again.earlier is not None
    assert (again.ids, again.earlier.id, again.earlier.after) == (
        ("inc-new",),
        "inc-old",
        "6 months",
    )
    lines = "\n".join(told(made(old, one("inc-new", 7))))
    assert "jailbreak on bot, 1 time: inc-new (jailbreak-success)" in lines
    assert "the same after 6 months: inc-old of 2026-05-12" in lines
    assert "post-mortem at wiki/pm-7, 1 action still open" in lines
    assert "inc-old action 1, due 2026-06-01, 170 days late, release: do i" in lines


@pytest.mark.parametrize(
    "other",
    [
        {"playbook": "drift"},
        {"group": {"deployment": "other"}},
        {"state": "false_alarm"},
        {"state": "withdrawn"},
        {"merged_into": "inc-new"},
    ],
)
def test_another_kind_place_or_no_incident_is_not_the_same(other: dict[str, Any]) -> None:
    assert made(one("inc-old", 100, **other), one("inc-new", 7)).again == []


def test_twice_within_the_time_came_again() -> None:
    (again,) = made(one("a", 20), one("b", 10), one("c", 5, playbook="drift")).again
    assert (again.ids, again.earlier) == (("b", "a"), None)


def test_numbers() -> None:
    found = made(
        one("a", 1, did("acknowledge", NOW - DAY + 120)),
        one("b", 2, did("acknowledge", NOW - 2 * DAY + 360), severity="critical"),
        one("c", 3, did("false_alarm", NOW, reason="expected"), state="false_alarm"),
        one("d", 4, state="open", resolved_at=None),
        one("e", 60),
        one("f", 5, state="withdrawn"),
        one("g", 6, merged_into="a"),
    )
    assert (found.incidents, found.open, found.false_alarms) == (4, 1, 1)
    assert found.false_alarm_share == pytest.approx(1 / 3)
    assert found.false_alarm_reasons == {"expected": 1}
    assert found.by_severity == {"critical": 1, "high": 3}
    assert (found.medians["detect"].seconds, found.medians["detect"].of) == (60.0, 3)
    assert (found.medians["acknowledge"].seconds, found.medians["acknowledge"].of) == (180.0, 2)
    assert (found.medians["contain"].seconds, found.medians["contain"].of) == (None, 0)
    assert found.not_counted == {"withdrawn": 1, "merged into others": 1}
    lines = list(told(found))
    assert lines[0].startswith("4 incidents since 2026-10-1")
    assert lines[0].endswith(": 1 critical and 3 high; 1 of them not over")
    assert "false alarms: 1, 33 % of those that are over (expected 1)" in lines
    assert "not counted: 1 withdrawn and 1 merged into others" in lines
    left = "1 (nobody acknowledged it) and 1 (false alarms)"
    assert f"time to acknowledge: 3 min (median of 2; 2 left out: {left})" in lines
    why = "nobody said that it was contained, and no probe of an action showed it"
    assert f"time to contain: unknown; 4 left out: 3 ({why}) and 1 (false alarms)" in lines


@pytest.mark.parametrize(
    ("changes", "took", "left_out"),
    [
        ({}, 60.0, {}),
        ({"log": []}, None, {"the log has no line on its opening": 1}),
        (
            {"log": [LogEntry(at=NOW, what="opened")]},
            None,
            {"it ended before it began, as clocks differ": 1},
        ),
    ],
)
def test_what_is_left_out_of_a_median_is_said(
    changes: dict[str, Any], took: float | None, left_out: dict[str, int]
) -> None:
    found = made(one("a", 1, did("acknowledge", NOW - DAY + 120), **changes))
    median = found.medians["acknowledge"]
    assert (median.seconds, median.left_out) == (took, left_out)


def test_open_actions_whatever_their_age_the_first_due_first() -> None:
    done = did("action_item_done", NOW, item="b")
    found = made(
        one("inc-old", 300, item("a", "2026-12-01"), item("b", "2026-01-01"), done),
        one("inc-new", 3, item("c", "2026-11-10")),
    )
    assert [(o.incident, o.action.number, o.days_late) for o in found.open_actions] == [
        ("inc-new", 1, 8),
        ("inc-old", 1, 0),
    ]


def test_nothing_is_told_as_nothing() -> None:
    lines = list(told(made()))
    assert "Nothing came again." in lines
    assert "No action is open." in lines
    assert made().false_alarm_share is None


@pytest.mark.parametrize("text", list(TEXTS.values())[:-1], ids=list(TEXTS)[:-1])
def test_hostile_text_stays_on_its_line(text: str) -> None:
    for shown in told(filled(Report, text)):
        assert problems(shown, breaks="") == []
