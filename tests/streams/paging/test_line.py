"""One receiver's line: what is told, when, and what may be committed. No Kafka, no waiting."""

from __future__ import annotations

import base64
import itertools
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from streams.clock import SteppedClock
from streams.paging.contact import Contact
from streams.paging.contract import Answer, Page
from streams.paging.grouping import Habits
from streams.paging.line import Line, Phase
from streams.paging.metrics import ACTIONS, ANSWERS, OUTCOMES, PagerMetrics
from streams.paging.retry import Patience
from streams.paging.routes import Route
from streams.place import Place
from streams.records import DeadLetter, Incident

Build = Callable[..., Incident]
GOOD, NEVER, LATER = Answer("delivered"), Answer("never", "HTTP 400"), Answer("retry", "HTTP 503")
OVER = {"state": "resolved", "change": "resolved"}
TAKEN = {"state": "acknowledged"}
WALL = 1_700_000_000.0


class Pager:
    """A line with a receiver that answers as `answer` says, and a clock that only `wait` moves."""

    def __init__(self, payload: int = 10_000, **contact: Any) -> None:
        self.name = "here"
        self.answer: Callable[[Page], Answer] = lambda _: GOOD
        self.tried: list[tuple[float, Page]] = []
        self.told: list[Page] = []
        self.dead: list[DeadLetter] = []
        self.now = 0.0
        self.offset = -1
        self.clock = SteppedClock(WALL)
        self.registry = CollectorRegistry()
        self.line = Line(
            Contact(self, **contact),
            PagerMetrics(self.registry, ["here"]),
            self.clock,
            self.dead.append,
            payload,
            timer=lambda: self.now,
            share=lambda: 1.0,
        )
        self.line.start(2, 0, "")

    def deliver(self, page: Page) -> Answer:
        self.tried.append((self.now, page))
        answer = self.answer(page)
        if answer.kind == "delivered":
            self.told.append(page)
        return answer

    def take(self, event: Incident | bytes | None, phase: Phase = "live") -> None:
        self.offset += 1
        value = msgspec.json.encode(event) if isinstance(event, Incident) else event
        self.line.take(Place("llm.incidents", 2, self.offset), value, phase)

    def work(self) -> None:
        while self.line.work():
            pass

    def wait(self, seconds: float) -> None:
        """Lets time go by as the reader does: working whenever something is due."""
        end = self.now + seconds
        self.work()
        while self.now < end:
            step = min(max(self.line.rest_s(), 0.01), end - self.now)
            self.now += step
            self.clock.advance(step)
            self.work()

    def actions(self) -> list[str]:
        return [page.action for page in self.told]

    def committed(self) -> int:
        return self.line.commits()[2][0]

    def value(self, name: str, **labels: str) -> float:
        found = self.registry.get_sample_value(f"outwatch_{name}", {"receiver": "here", **labels})
        assert found is not None
        return found

    def outcomes(self) -> dict[str, float]:
        counted = {
            outcome: sum(
                self.value("pages_total", action=action, outcome=outcome) for action in ACTIONS
            )
            for outcome in OUTCOMES
        }
        return {outcome: value for outcome, value in counted.items() if value}


def test_told_and_committed(incident: Build) -> None:
    pager = Pager()
    pager.take(incident(published_at=WALL - 10))
    assert pager.committed() == 0
    pager.work()
    assert pager.actions() == ["trigger"]
    assert pager.committed() == 1
    assert pager.outcomes() == {"delivered": 1}
    assert pager.value("page_seconds_sum") == 10.0
    assert pager.value("pager_open_incidents") == 1
    assert pager.value("pager_last_success_timestamp_seconds") == WALL


@pytest.mark.parametrize(
    ("events", "actions", "outcomes"),
    [
        pytest.param([{}, {"revision": 2}], ["trigger", "update"], {"delivered": 2}, id="changed"),
        pytest.param([{}, {}], ["trigger"], {"delivered": 1, "skipped": 1}, id="published twice"),
        pytest.param(
            [{"revision": 3}, {"revision": 2}],
            ["trigger"],
            {"delivered": 1, "skipped": 1},
            id="an older revision",
        ),
        pytest.param([{"revision": 5}], ["trigger"], {"delivered": 1}, id="opening compacted away"),
        pytest.param(
            [{}, {"revision": 2, **OVER}], ["trigger", "resolve"], {"delivered": 2}, id="over"
        ),
        pytest.param([{"revision": 2, **OVER}], [], {"skipped": 1}, id="over before it was told"),
        pytest.param(
            [{}, {"revision": 2, **TAKEN}], ["trigger", "acknowledge"], {"delivered": 2}, id="taken"
        ),
        pytest.param([TAKEN], ["trigger", "acknowledge"], {"delivered": 1}, id="new and taken"),
        pytest.param(
            [
                {},
                {"id": "inc-2", "page_key": "inc-1", "replaces": ["inc-1"]},
                {"revision": 2, "state": "withdrawn", "replaced_by": "inc-2"},
                {"id": "inc-2", "page_key": "inc-1", "revision": 2, **OVER},
            ],
            ["trigger", "update", "resolve"],
            {"delivered": 3, "skipped": 1},
            id="goes on under another id",
        ),
    ],
)
def test_events_told_as_they_come(
    incident: Build, events: list[dict[str, Any]], actions: list[str], outcomes: dict[str, float]
) -> None:
    pager = Pager()
    for event in events:
        pager.take(incident(**event))
        pager.work()
    assert pager.actions() == actions
    assert pager.outcomes() == outcomes
    assert pager.committed() == len(events)


@pytest.mark.parametrize(
    ("events", "actions", "outcomes"),
    [
        pytest.param(
            [{}, {"revision": 2}], ["trigger"], {"delivered": 1, "overtaken": 1}, id="changed"
        ),
        pytest.param(
            [{}, {"revision": 2, **OVER}], [], {"overtaken": 2}, id="opened and over meanwhile"
        ),
        pytest.param(
            [{"severity": "critical"}, {"revision": 2, "severity": "critical", **OVER}],
            ["trigger", "resolve"],
            {"delivered": 1, "overtaken": 1},
            id="critical, opened and over meanwhile",
        ),
        pytest.param(
            [
                {"severity": "critical"},
                {"revision": 2, "severity": "critical", "state": "withdrawn"},
            ],
            [],
            {"overtaken": 2},
            id="critical, but withdrawn",
        ),
        pytest.param(
            [{}, {"id": "inc-2", "page_key": "inc-1", "replaces": ["inc-1"]}],
            ["trigger"],
            {"delivered": 1, "overtaken": 1},
            id="moved meanwhile",
        ),
        pytest.param(
            [{"id": "inc-2", "page_key": "inc-1", "replaces": ["inc-1"]}, {}],
            ["update"],
            {"delivered": 1, "overtaken": 1},
            id="moved, read in the other order",
        ),
    ],
)
def test_what_changes_while_it_waits_is_told_as_it_then_stands(
    incident: Build, events: list[dict[str, Any]], actions: list[str], outcomes: dict[str, float]
) -> None:
    pager = Pager()
    for event in events:
        pager.take(incident(**event))
    assert pager.committed() == 0
    pager.work()
    assert pager.actions() == actions
    assert pager.outcomes() == outcomes
    assert pager.committed() == len(events)


def test_severity_raised_is_told_with_what_it_was(incident: Build) -> None:
    pager = Pager(updates=False)
    for revision, severity in ((1, "low"), (2, "low"), (3, "critical"), (4, "critical")):
        pager.take(incident(revision=revision, severity=severity))
        pager.work()
    assert [(p.action, p.raised) for p in pager.told] == [("trigger", False), ("update", True)]
    assert pager.told[1].was == "low"
    assert pager.outcomes() == {"delivered": 2, "skipped": 2}


def test_an_hour_of_outage_loses_nothing_and_floods_nobody(incident: Build) -> None:
    pager = Pager()
    pager.take(incident(id="before"))
    pager.work()
    pager.answer = lambda _: LATER
    pager.take(incident(id="before", revision=2, **OVER))
    for minute in range(60):
        pager.take(incident(id=f"gone-{minute}"))
        pager.take(incident(id=f"stays-{minute % 5}", revision=minute + 1))
        pager.wait(60)
        pager.take(incident(id=f"gone-{minute}", revision=2, **OVER))
    pager.take(incident(id="worst", severity="critical"))
    assert 10 < len(pager.tried) < 30
    assert pager.value("pager_receiver_up") == 0
    assert pager.committed() == 1
    assert pager.dead == []
    pager.answer = lambda _: GOOD
    pager.wait(600)
    told = {(page.incident.id, page.action) for page in pager.told[1:]}
    stays = {(f"stays-{n}", "trigger") for n in range(5)}
    # What was tried may have arrived; of all the others that came and went, not a word.
    gone = {(p.incident.id, "resolve") for _, p in pager.tried if p.incident.id[:4] == "gone"}
    assert len(gone) < 20
    assert told == {("before", "resolve"), ("worst", "trigger"), *stays, *gone}
    assert len(pager.told) == 1 + len(told)
    assert all(
        p.incident.revision == 56 + int(p.incident.id[-1])
        for p in pager.told
        if "stays" in p.incident.id
    )
    assert pager.committed() == pager.offset + 1
    assert pager.value("pager_receiver_up") == 1
    assert sum(pager.outcomes().values()) == pager.offset + 1


def test_tries_come_less_often_while_a_receiver_is_down(incident: Build) -> None:
    pager = Pager()
    pager.answer = lambda _: LATER
    pager.take(incident())
    pager.wait(1000)
    times = [at for at, _ in pager.tried]
    gaps = [round(b - a) for a, b in itertools.pairwise(times)]
    assert gaps == [2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert pager.value("page_retries_total") == len(times)


def test_a_page_that_only_fails_itself_holds_up_nothing(incident: Build) -> None:
    pager = Pager()
    pager.answer = lambda page: LATER if page.incident.id == "poison" else GOOD
    pager.take(incident(id="poison", severity="critical"))
    for number in range(20):
        pager.take(incident(id=f"inc-{number}"))
    pager.wait(300)
    assert len(pager.told) == 20
    assert pager.committed() == 0
    pager.answer = lambda _: GOOD
    pager.wait(600)
    assert len(pager.told) == 21
    assert pager.committed() == 21


@pytest.mark.parametrize(
    ("answer", "patience", "attempts"),
    [
        pytest.param(NEVER, Patience(), 1, id="never"),
        pytest.param(LATER, Patience(3), 3, id="attempts spent"),
        pytest.param(LATER, Patience(0, 60.0), 6, id="too old"),
    ],
)
def test_undeliverable_is_a_dead_letter_and_goes_on(
    incident: Build, answer: Answer, patience: Patience, attempts: int
) -> None:
    pager = Pager(patience=patience)
    pager.answer = lambda _: answer
    event = incident()
    pager.take(event)
    pager.wait(200)
    assert pager.outcomes() == {"undeliverable": 1}
    (letter,) = pager.dead
    assert letter.reason == "page_undeliverable"
    assert (letter.topic, letter.partition, letter.offset) == ("llm.incidents", 2, 0)
    assert letter.detail == f"here: {answer.why} (trigger, attempts: {attempts})"
    assert msgspec.json.decode(base64.b64decode(letter.payload), type=Incident) == event
    pager.answer = lambda _: GOOD
    pager.take(incident(revision=2))
    pager.wait(400)
    assert pager.actions() == ["trigger"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00\xff\xfe", id="bytes"),
        pytest.param(b"[]", id="another shape"),
        pytest.param(b'{"id": "inc-1"}', id="fields missing"),
        pytest.param(b'{"a":' * 5000, id="deep"),
    ],
)
def test_poison_is_a_dead_letter_and_goes_on(incident: Build, value: bytes) -> None:
    pager = Pager(payload=100)
    pager.take(value)
    assert pager.outcomes() == {"unreadable": 1}
    (letter,) = pager.dead
    assert letter.reason == "page_unreadable"
    assert letter.payload_bytes == len(value)
    assert letter.truncated == (len(value) > 100)
    assert pager.committed() == 1


def test_tombstone_is_skipped() -> None:
    pager = Pager()
    pager.take(None)
    assert pager.outcomes() == {"skipped": 1}
    assert pager.committed() == 1


def test_dead_letter_that_isnt_taken_is_an_error_and_holds_back_its_offset(incident: Build) -> None:
    pager = Pager()
    pager.answer = lambda _: NEVER

    def refuse(_: DeadLetter) -> None:
        raise ConnectionError

    pager.line._send_dead = refuse
    pager.take(incident())
    with pytest.raises(ConnectionError):
        pager.line.work()
    with pytest.raises(ConnectionError):
        pager.take(b"poison")
    assert pager.committed() == 0
    assert pager.outcomes() == {}


@pytest.mark.parametrize(
    ("phase", "event", "actions"),
    [
        pytest.param("history", {}, ["trigger"], id="open since before the first start"),
        pytest.param("history", OVER, [], id="over before the first start"),
        pytest.param("history", {"severity": "critical", **OVER}, [], id="even if critical"),
        pytest.param("history", TAKEN, ["trigger"], id="taken before the first start"),
        pytest.param("history", {"replaces": ["x"]}, ["trigger"], id="new to it, whatever it was"),
        pytest.param("catch-up", OVER, ["resolve"], id="over while away, perhaps told before"),
        pytest.param(
            "catch-up",
            {"severity": "critical", **OVER},
            ["trigger", "resolve"],
            id="critical and over while away",
        ),
        pytest.param(
            "catch-up",
            {"severity": "critical", "published_at": WALL - 90_000, **OVER},
            [],
            id="critical, but days ago",
        ),
        pytest.param("live", OVER, [], id="over, never heard of"),
    ],
)
def test_what_was_published_before_the_start(
    incident: Build, phase: Phase, event: dict[str, Any], actions: list[str]
) -> None:
    pager = Pager()
    pager.take(incident(**({"revision": 4, "published_at": WALL - 60} | event)), phase)
    pager.work()
    assert pager.actions() == actions
    assert pager.committed() == 1


@pytest.mark.parametrize("severity", ["critical", "high", "low"])
@pytest.mark.parametrize("stateful", [False, True], ids=["chat", "stateful"])
@pytest.mark.parametrize(
    ("events", "live", "actions"),
    [
        pytest.param([{}, OVER], [], [], id="over"),
        pytest.param([{}, {}, TAKEN, OVER], [], [], id="taken and over"),
        pytest.param([{}, {"state": "withdrawn", "change": "withdrawn"}], [], [], id="withdrawn"),
        pytest.param([{}, {"state": "false_alarm", "change": "resolved"}], [], [], id="no alarm"),
        pytest.param([OVER], [], [], id="opening compacted away"),
        pytest.param([{}, {}], [], ["trigger"], id="open"),
        pytest.param([{}, OVER, {}], [], ["trigger"], id="opened anew"),
        pytest.param([{}], [OVER], ["trigger", "resolve"], id="over after the start"),
        pytest.param([{}, OVER], [{}], ["trigger"], id="opened anew after the start"),
    ],
)
def test_a_new_receiver_hears_of_what_is_open_and_of_nothing_that_is_over(
    incident: Build,
    events: list[dict[str, Any]],
    live: list[dict[str, Any]],
    actions: list[str],
    severity: str,
    stateful: bool,
) -> None:
    pager = Pager(stateful=stateful)
    revisions = itertools.count(1)
    for changes in events:
        pager.take(incident(revision=next(revisions), severity=severity, **changes), "history")
    pager.work()
    for changes in live:
        pager.take(incident(revision=next(revisions), severity=severity, **changes))
        pager.work()
    assert pager.actions() == actions
    assert [page.brief for page in pager.told] == [
        page.action == "trigger" and not (live and "state" not in live[0]) for page in pager.told
    ]
    assert pager.committed() == len(events) + len(live)


def test_what_was_over_before_holds_no_place_on_the_desk(incident: Build) -> None:
    pager = Pager()
    for number in range(50):
        pager.take(incident(id=f"inc-{number}"), "history")
        pager.take(incident(id=f"inc-{number}", revision=2, **OVER), "history")
        assert len(pager.line.desk) == 0
    pager.work()
    assert pager.told == []
    assert pager.outcomes() == {"skipped": 50, "overtaken": 50}


def test_one_that_ends_while_its_first_page_is_tried_is_not_told_as_new(incident: Build) -> None:
    pager = Pager(stateful=True)
    pager.answer = lambda _: LATER
    pager.take(incident(severity="critical"), "history")
    pager.work()
    pager.answer = lambda _: GOOD
    pager.take(incident(revision=2, severity="critical", **OVER))
    pager.wait(60)
    assert pager.actions() == ["resolve"]


def test_one_that_was_taken_is_told_as_taken_where_that_is_kept(incident: Build) -> None:
    pager = Pager(stateful=True)
    pager.take(incident(**TAKEN), "history")
    pager.work()
    assert pager.actions() == ["trigger", "acknowledge"]


@pytest.mark.parametrize(
    ("route", "event", "told"),
    [
        pytest.param({}, {}, True, id="no route"),
        pytest.param({"severities": ["critical"]}, {}, False, id="another severity"),
        pytest.param({"severities": ["critical", "high"]}, {}, True, id="severity"),
        pytest.param({"deployments": ["support-*"]}, {}, True, id="deployment"),
        pytest.param({"deployments": ["*-helper"]}, {}, False, id="another deployment"),
        pytest.param({"playbooks": ["*-leak", "x"]}, {}, True, id="playbook"),
        pytest.param({"playbooks": ["threat"]}, {}, False, id="another playbook"),
        pytest.param({"tenants": ["acme"]}, {"tenants": ["b", "acme"]}, True, id="tenant"),
        pytest.param(
            {"tenants": ["acme"]}, {"group": {"tenant": "acme"}}, True, id="tenant of the group"
        ),
        pytest.param({"tenants": ["acme"]}, {}, False, id="no tenant"),
        pytest.param(
            {"severities": ["high"], "playbooks": ["threat"]}, {}, False, id="all must match"
        ),
    ],
)
def test_route(incident: Build, route: dict[str, Any], event: dict[str, Any], told: bool) -> None:
    pager = Pager(route=Route(**route))
    pager.take(incident(**event))
    pager.work()
    assert bool(pager.told) == told
    assert pager.committed() == 1


def test_who_was_told_hears_of_the_end_whatever_the_severity_then(incident: Build) -> None:
    pager = Pager(route=Route(severities=["high", "critical"]))
    events = [{"severity": "low"}, {"severity": "high"}, {"severity": "low"}, OVER]
    for revision, event in enumerate(events, 1):
        pager.take(incident(**{"revision": revision, "severity": "low", **event}))
        pager.work()
    assert pager.actions() == ["trigger", "update", "resolve"]


def test_the_rate_limit_holds_and_the_worst_goes_first(incident: Build) -> None:
    pager = Pager(habits=Habits(per_minute=60, burst=3))
    for number in range(10):
        pager.take(incident(id=f"inc-{number}"))
    pager.take(incident(id="worst", severity="critical"))
    pager.work()
    assert [page.incident.id for page in pager.told] == ["worst", "inc-0", "inc-1"]
    pager.wait(4)
    assert len(pager.told) == 7
    pager.wait(60)
    assert len(pager.told) == 11
    assert pager.value("page_rate_limited_total") == 8


def test_a_storm_is_one_page(incident: Build) -> None:
    pager = Pager(habits=Habits(group_above=5))
    for number in range(3):
        pager.take(incident(id=f"early-{number}"))
        pager.work()
    for number in range(30):
        severity = "high" if number < 4 else "low"
        pager.take(incident(id=f"inc-{number}", severity=severity))
    pager.take(incident(id="worst", severity="critical"))
    pager.work()
    assert [page.incident.id for page in pager.told[3:]] == ["worst"]
    pager.wait(6)
    group = pager.told[4]
    assert group.action == "trigger"
    assert group.incident.severity == "high"
    assert group.incident.title == "30 incidents at once on support-bot: 4 high, 26 low"
    assert len(pager.told) == 5
    assert pager.value("page_groups_total") == 1
    assert pager.outcomes() == {"delivered": 4, "grouped": 30}
    assert pager.committed() == 34

    for number in range(30):
        pager.take(incident(id=f"inc-{number}", revision=2, severity="low", **OVER))
    pager.take(incident(id="inc-30"))
    pager.wait(60)
    assert [(p.action, p.incident.id) for p in pager.told[5:]] == [("update", group.incident.id)]
    assert "1 incident still open" in pager.told[5].incident.summary
    pager.take(incident(id="inc-30", revision=2, **OVER))
    pager.wait(60)
    assert pager.told[6].action == "resolve"
    assert pager.told[6].incident.page_key == group.incident.page_key
    assert pager.value("pager_open_incidents") == 4


def test_a_member_that_becomes_critical_is_told_on_its_own(incident: Build) -> None:
    pager = Pager(habits=Habits(group_above=2))
    for number in range(5):
        pager.take(incident(id=f"inc-{number}"))
    pager.wait(6)
    pager.take(incident(id="inc-0", revision=2, severity="critical"))
    pager.take(incident(id="inc-0", revision=3, severity="critical", **TAKEN))
    pager.work()
    assert [(p.action, p.incident.id) for p in pager.told[1:]] == [
        ("trigger", "inc-0"),
        ("acknowledge", "inc-0"),
    ]
    pager.take(incident(id="inc-0", revision=4, severity="critical", **OVER))
    pager.work()
    assert pager.told[-1].action == "resolve"


def test_after_a_storm_incidents_are_told_on_their_own_again(incident: Build) -> None:
    pager = Pager(habits=Habits(group_above=2, group_window_s=100))
    for number in range(5):
        pager.take(incident(id=f"inc-{number}"))
    pager.wait(200)
    pager.take(incident(id="calm"))
    pager.work()
    assert pager.told[-1].incident.id == "calm"


def test_groups_outlive_a_restart(incident: Build) -> None:
    first = Pager(habits=Habits(group_above=2))
    events = [incident(id=f"inc-{number}") for number in range(5)]
    for event in events:
        first.take(event)
    first.wait(6)
    key = first.told[0].incident.page_key
    offset, notes = first.line.commits()[2]
    assert len(notes.encode()) < 4096

    second = Pager(habits=Habits(group_above=2))
    second.line.start(2, offset, notes)
    for event in events:
        second.line.recall(2, msgspec.json.encode(event))
    second.offset = offset - 1
    for event in events:
        second.take(msgspec.structs.replace(event, revision=2, **OVER), "catch-up")
    second.wait(61)
    assert [(page.action, page.incident.page_key) for page in second.told] == [("resolve", key)]
    assert second.line.commits()[2] == (10, "")


def test_notes_of_a_huge_storm_stay_within_what_kafka_keeps(incident: Build) -> None:
    pager = Pager(habits=Habits(group_above=2))
    for number in range(2_000):
        pager.take(incident(id=f"inc-{number}"))
    pager.wait(6)
    assert len(pager.told) == 1
    assert 1000 < len(pager.line.commits()[2][1].encode()) < 4096


def test_a_group_that_is_refused_is_a_dead_letter(incident: Build) -> None:
    pager = Pager(habits=Habits(group_above=2))
    pager.answer = lambda _: NEVER
    for number in range(5):
        pager.take(incident(id=f"inc-{number}"))
    pager.wait(30)
    assert pager.outcomes() == {"undeliverable": 5}
    assert len(pager.dead) == 1
    assert pager.committed() == 5


def test_a_partition_taken_over_by_another_pager_is_left_to_it(incident: Build) -> None:
    pager = Pager()
    pager.answer = lambda _: LATER
    pager.take(incident())
    pager.work()
    pager.line.forget(2)
    pager.answer = lambda _: GOOD
    pager.wait(60)
    assert pager.told == []
    assert pager.line.commits() == {}


@pytest.mark.parametrize("waits", [False, True], ids=["told", "still waiting"])
def test_incident_that_moved_to_another_pagers_partition_is_let_go(
    incident: Build, waits: bool
) -> None:
    pager = Pager()
    pager.take(incident())
    if not waits:
        pager.work()
    pager.take(incident(revision=2, state="withdrawn", replaced_by="inc-2"))
    pager.work()
    assert pager.actions() == ["trigger"]
    assert pager.value("pager_open_incidents") == 0
    pager.take(incident(id="inc-2", page_key="inc-1", replaces=["inc-1"]))
    pager.work()
    assert pager.actions() == ["trigger", "update"]
    assert pager.value("pager_open_incidents") == 1


@pytest.mark.parametrize("first", [0, 1], ids=["old id first", "new id first"])
def test_incident_that_moved_is_recalled_under_its_new_id(incident: Build, first: int) -> None:
    old = [incident(), incident(revision=2, state="withdrawn", replaced_by="inc-2")]
    new = [incident(id="inc-2", page_key="inc-1", replaces=["inc-1"])]
    pager = Pager()
    for events in (new, old) if first else (old, new):
        for event in events:
            pager.line.recall(2, msgspec.json.encode(event))
    told = pager.line.ledger.told("inc-1")
    assert told is not None
    assert told.id == "inc-2"


def test_member_of_a_group_that_moves_stays_in_it(incident: Build) -> None:
    pager = Pager(habits=Habits(group_above=2))
    for number in range(5):
        pager.take(incident(id=f"inc-{number}"))
    pager.wait(6)
    pager.take(incident(id="new", page_key="inc-0", replaces=["inc-0"]))
    pager.take(incident(id="inc-0", revision=2, state="withdrawn", replaced_by="new"))
    for number in range(1, 5):
        pager.take(incident(id=f"inc-{number}", revision=2, **OVER))
    pager.wait(61)
    assert pager.actions() == ["trigger", "update"]
    pager.take(incident(id="new", page_key="inc-0", revision=2, **OVER))
    pager.wait(61)
    assert pager.actions() == ["trigger", "update", "resolve"]


def test_open_incidents_are_told_again_and_after_a_restart(incident: Build) -> None:
    class Forgetful(Pager):
        resend_s = 30.0
        rounds: list[list[str]]

        def keep_alive(self, incidents: list[Incident]) -> Answer:
            self.rounds.append([one.id for one in incidents])
            return GOOD

    pager = Forgetful()
    pager.rounds = []
    pager.take(incident())
    pager.take(incident(id="inc-2"))
    pager.work()
    for _ in range(7):
        pager.line.keep_alive()
        pager.wait(10)
    assert pager.rounds == [["inc-1", "inc-2"]] * 3
    assert pager.value("page_keep_alives_total", answer="delivered") == 3

    again = Forgetful()
    again.rounds = []
    for event in (incident(), incident(id="inc-2"), incident(revision=2, **OVER)):
        again.line.recall(2, msgspec.json.encode(event))
    again.line.keep_alive()
    assert again.rounds == [["inc-2"]]


def test_what_a_receiver_raises_is_tried_again_and_only_its_type_told(
    incident: Build, caplog: pytest.LogCaptureFixture
) -> None:
    pager = Pager(patience=Patience(2))

    def broken(_: Page) -> Answer:
        raise RuntimeError("https://host/s3cr3t")

    pager.answer = broken
    with caplog.at_level(logging.DEBUG):
        pager.take(incident())
        pager.wait(30)
    assert "RuntimeError" in pager.dead[0].detail
    assert "s3cr3t" not in caplog.text + pager.dead[0].detail


def test_every_series_is_there_from_the_start() -> None:
    registry = CollectorRegistry()
    PagerMetrics(registry, ["a", "b"])
    for receiver in ("a", "b"):
        for action, outcome in itertools.product(ACTIONS, OUTCOMES):
            labels = {"receiver": receiver, "action": action, "outcome": outcome}
            assert registry.get_sample_value("outwatch_pages_total", labels) == 0
        for answer in ANSWERS:
            labels = {"receiver": receiver, "answer": answer}
            assert registry.get_sample_value("outwatch_page_tries_total", labels) == 0
            assert registry.get_sample_value("outwatch_page_keep_alives_total", labels) == 0
        for name in (
            "pager_lag_records",
            "pager_waiting_pages",
            "pager_open_incidents",
            "page_seconds_count",
            "page_retries_total",
            "page_rate_limited_total",
            "page_groups_total",
            "pager_reconnects_total",
        ):
            assert registry.get_sample_value(f"outwatch_{name}", {"receiver": receiver}) == 0
        up = registry.get_sample_value("outwatch_pager_receiver_up", {"receiver": receiver})
        assert up == 1


def test_nobody_is_told_of_figures_alone_and_what_is_told_again_has_them(incident: Build) -> None:
    pager = Pager()
    pager.take(incident(revision=1))
    pager.work()
    for revision in (2, 3, 4):
        pager.take(incident(revision=revision, only_figures=(1, revision), records_above=revision))
        pager.work()
    assert pager.actions() == ["trigger"]
    pager.take(incident(revision=5, only_figures=(1, 4)))
    pager.take(incident(revision=6, only_figures=(5, 6)))
    pager.work()
    assert pager.actions() == ["trigger", "update"], "revision 5 told more"
    pager.take(incident(revision=7, only_figures=(5, 6), **OVER))
    pager.work()
    assert pager.actions() == ["trigger", "update", "resolve"]


@pytest.mark.parametrize("phase", ["live", "catch-up", "history"])
def test_what_is_over_isnt_told_anew_for_its_figures(incident: Build, phase: Phase) -> None:
    pager = Pager()
    pager.take(incident(revision=1, severity="critical", published_at=WALL))
    pager.work()
    pager.take(incident(revision=2, severity="critical", published_at=WALL, **OVER))
    pager.work()
    last = incident(revision=3, severity="critical", published_at=WALL, only_figures=(2, 3), **OVER)
    pager.take(last, phase)
    pager.work()
    assert pager.actions() == ["trigger", "resolve"]


def test_a_storm_is_told_again_for_no_figures(incident: Build) -> None:
    pager = Pager(habits=Habits(group_above=2))
    for number in range(5):
        pager.take(incident(id=f"inc-{number}", page_key=f"inc-{number}", revision=1))
    pager.wait(10)
    told = len(pager.told)
    for number in range(5):
        pager.take(
            incident(id=f"inc-{number}", page_key=f"inc-{number}", revision=2, only_figures=(1, 2))
        )
    pager.wait(300)
    assert len(pager.told) == told
