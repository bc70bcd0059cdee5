"""Each time stands in a field that is named, or it is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from streams.incidents.postmortem.proposals import UNKNOWN, due_date, meeting_by, one_change
from streams.incidents.postmortem.times import MEASURES, Time, ended, lasted, times_of
from streams.records import Act, ActResult, Evidence, Incident, LogEntry
from tests.streams.paging.conftest import build

FIRST = Evidence(
    topic="llm.outputs", partition=0, offset=1, record_id="a", event_time=90.0, signal="x", score=1
)
OPENED = [LogEntry(at=150.0, what="opened")]
FRIDAY = 1_793_318_400.0  # 2026-10-30


def did(kind: Any, at: float, outcome: Any = "applied") -> ActResult:
    act = Act(
        act_id=f"{kind}-{at:g}",
        kind=kind,
        deployment="bot",
        incident="inc-1",
        actor="ada",
        at=at,
        revision=1,
    )
    return ActResult(act=act, outcome=outcome, revision=2)


def measured(incident: Incident) -> dict[str, float | None]:
    times = times_of(incident)
    return {name: measure(times) for name, measure in MEASURES}


NOTHING = dict.fromkeys(("detect", "acknowledge", "contain", "resolve"))


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, {}),
        ({"log": OPENED}, {"detect": 50.0}),
        ({"log": OPENED, "started_by": FIRST}, {"detect": 60.0}),
        ({"log": [LogEntry(at=150.0, what="noted", who="ada")]}, {}),
        (
            {"log": OPENED, "acts": [did("acknowledge", 170.0), did("acknowledge", 160.0)]},
            {"detect": 50.0, "acknowledge": 20.0},
        ),
        ({"log": OPENED, "acts": [did("acknowledge", 170.0, "refused")]}, {"detect": 50.0}),
        # As both times are shown: 02:30 to 03:04, whatever the fractions add up to.
        (
            {
                "log": [LogEntry(at=150.1, what="opened")],
                "state": "resolved",
                "resolved_at": 184.9,
            },
            {"detect": 50.0, "resolve": 34.0},
        ),
        ({"log": OPENED, "acts": [did("contain", 300.0)]}, {"detect": 50.0, "contain": 150.0}),
        (
            {"log": OPENED, "state": "resolved", "resolved_at": 400.0},
            {"detect": 50.0, "resolve": 250.0},
        ),
        (
            {
                "log": OPENED,
                "state": "resolved",
                "resolved_at": 400.0,
                "acts": [did("resolve", 500.0), did("reopen", 510.0), did("resolve", 700.0)],
            },
            {"detect": 50.0, "resolve": 550.0},
        ),
        # Open again: that it was resolved once says nothing.
        ({"log": OPENED, "acts": [did("resolve", 500.0), did("reopen", 600.0)]}, {"detect": 50.0}),
        # Old records that were replayed: people's clocks and the stream's are years apart.
        ({"log": OPENED, "acts": [did("acknowledge", 10.0)]}, {"detect": 50.0}),
    ],
)
def test_how_long_it_took(changes: dict[str, Any], known: dict[str, float]) -> None:
    assert measured(build(**changes)) == NOTHING | known


def test_fields_are_named() -> None:
    times = times_of(build(log=OPENED, started_by=FIRST, acts=[did("contain", 300.0)]))
    assert (times.began.field, times.found.field) == ("started_by.event_time", "log[0].at")
    assert times.contained.field == "acts: contain-300, at"
    assert (times.acknowledged.at, times.acknowledged.field) == (None, "nobody acknowledged it")
    assert (times.resolved.words(), times.resolved.field) == ("unknown", "it is open")


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({}, None),
        ({"state": "resolved", "resolved_at": 400.0}, 400.0),
        ({"state": "false_alarm"}, 160.0),
    ],
)
def test_until_when_it_lasted(changes: dict[str, Any], at: float | None) -> None:
    assert ended(build(**changes)).at == at


def test_what_isnt_known_lasts_an_unknown_time() -> None:
    assert lasted(Time(1.0, "a"), Time(61.0, "b")) == "1 min"
    assert lasted(Time(1.0, "a"), Time(None, "b")) == "unknown"
    assert lasted(Time(2.0, "a"), Time(1.0, "b")) == "unknown"


@pytest.mark.parametrize(
    ("days", "due"), [(0, "2026-11-06"), (1, "2026-11-06"), (3, "2026-11-09"), (4, "2026-11-10")]
)
def test_five_business_days(days: int, due: str) -> None:
    assert due_date(FRIDAY + days * 86_400) == due


@pytest.mark.parametrize(
    ("severity", "at", "by"),
    [
        ("critical", FRIDAY, "2026-11-02"),
        ("high", FRIDAY, "2026-11-06"),
        ("low", FRIDAY, "no meeting needed"),
        ("critical", None, UNKNOWN),
    ],
)
def test_when_to_meet(severity: Any, at: float | None, by: str) -> None:
    assert meeting_by(severity, at) == by


@pytest.mark.parametrize(
    ("changes", "change"),
    [
        ({}, UNKNOWN),
        ({"started_note": "Model version v2 was first seen 5 min before."}, UNKNOWN),
        (
            {"started_note": "Model version v2 came.", "model_versions": ["v2"]},
            "no model version takes traffic",
        ),
        ({"users": 1, "records_above": 9}, "a limit for each user"),
        ({"users": 1, "records_above": 1}, UNKNOWN),
        ({"users": 1, "records_above": 9, "users_capped": True}, UNKNOWN),
        ({"playbook": "monitoring-blind"}, "outwatch replay"),
    ],
)
def test_a_change_is_proposed_only_where_the_data_says_so(
    changes: dict[str, Any], change: str
) -> None:
    found = one_change(build(**changes))
    assert change in found.change
    assert (found.why == UNKNOWN) == (change == UNKNOWN)
