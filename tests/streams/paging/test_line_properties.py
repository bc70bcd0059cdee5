"""Whatever fails, crashes or is compacted away: in the end a receiver knows what is open."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from streams.clock import SteppedClock
from streams.incidents.states import CLOSED
from streams.paging.contact import Contact
from streams.paging.contract import Answer, Page
from streams.paging.grouping import Habits
from streams.paging.line import Line
from streams.paging.metrics import PagerMetrics
from streams.place import Place
from streams.records import Incident, Severity
from tests.streams.paging.conftest import build

GOOD = Answer("delivered")
PARTITIONS = 2
EVENT = st.tuples(
    st.just("event"),
    st.integers(0, 5),
    st.sampled_from(["open", "acknowledged", "resolved", "false_alarm"]),
    st.sampled_from(["low", "high", "critical"]),
)
STEP = st.one_of(
    EVENT,
    EVENT,
    st.tuples(st.just("work"), st.sampled_from(["delivered", "retry", "lost answer"])),
    st.tuples(st.just("crash"), st.booleans()),
)


class Service:
    """Keeps what is open under each page key, as PagerDuty does."""

    name = "here"

    def __init__(self) -> None:
        self.open: dict[str, Severity] = {}
        self.how = "delivered"

    def deliver(self, page: Page) -> Answer:
        if self.how == "retry":
            return Answer("retry")
        if page.action == "resolve":
            self.open.pop(page.incident.page_key, None)
        elif page.action != "acknowledge":
            self.open[page.incident.page_key] = page.incident.severity
        # The page arrived, and its answer did not.
        return Answer("retry") if self.how == "lost answer" else GOOD


class World:
    """A topic, the committed offsets, and a pager that may be killed at any time."""

    def __init__(self, habits: Habits) -> None:
        self.service = Service()
        self.habits = habits
        self.logs: dict[int, list[tuple[int, Incident]]] = defaultdict(list)
        self.ends = dict.fromkeys(range(PARTITIONS), 0)
        self.committed: dict[int, tuple[int, str]] = {}
        self.newest: dict[int, Incident] = {}
        self.now = 0.0
        self.start()

    def start(self) -> None:
        self.line = Line(
            Contact(self.service, habits=self.habits, stateful=True),
            PagerMetrics(CollectorRegistry(), ["here"]),
            SteppedClock(1000.0),
            send_dead=_none,
            payload_bytes=100,
            timer=lambda: self.now,
            share=lambda: 1.0,
        )
        for partition in range(PARTITIONS):
            offset, notes = self.committed.get(partition, (0, ""))
            self.line.start(partition, offset, notes)
            for at, event in self.logs[partition]:
                if at < offset:
                    self.line.recall(partition, msgspec.json.encode(event))
        for partition in range(PARTITIONS):
            offset = self.committed.get(partition, (0, ""))[0]
            for at, event in self.logs[partition]:
                if at >= offset:
                    place = Place("t", partition, at)
                    self.line.take(place, msgspec.json.encode(event), "catch-up")

    def publish(self, number: int, state: str, severity: str) -> None:
        before = self.newest.get(number)
        changes: dict[str, Any] = {"state": state, "severity": severity, "published_at": 999.0}
        event = build(id=f"inc-{number}", revision=before.revision + 1 if before else 1, **changes)
        self.newest[number] = event
        partition = number % PARTITIONS
        self.logs[partition].append((self.ends[partition], event))
        place = Place("t", partition, self.ends[partition])
        self.ends[partition] += 1
        self.line.take(place, msgspec.json.encode(event))

    def work(self, how: str) -> None:
        self.service.how = how
        self.now += 400
        while self.line.work():
            self.committed = self.line.commits()
        self.committed = self.line.commits()

    def compact(self) -> None:
        for log in self.logs.values():
            newest = {event.id: at for at, event in log}
            log[:] = [(at, event) for at, event in log if newest[event.id] == at]

    def run(self, steps: list[Any]) -> None:
        for kind, *arguments in steps:
            if kind == "event":
                self.publish(*arguments)
            elif kind == "work":
                self.work(*arguments)
            else:
                if arguments[0]:
                    self.compact()
                self.start()
        for _ in range(5):
            self.work("delivered")
        assert {p: offset for p, (offset, _) in self.committed.items()} == self.ends


def _none(letter: object) -> None:
    raise AssertionError(letter)


@settings(max_examples=300)
@given(steps=st.lists(STEP, max_size=40))
@example([("event", 0, "open", "high"), ("work", "delivered"), ("event", 0, "acknowledged", "low")])
def test_in_the_end_each_open_incident_is_told_with_its_severity(steps: list[Any]) -> None:
    world = World(Habits())
    world.run(steps)
    still = [event for event in world.newest.values() if event.state not in CLOSED]
    assert world.service.open.keys() == {event.page_key for event in still}
    for event in still:
        # A lower severity is told, too: every change is.
        assert world.service.open[event.page_key] == event.severity


@settings(max_examples=300)
@given(steps=st.lists(STEP, max_size=40))
def test_in_the_end_grouped_or_alone_everything_open_is_told(steps: list[Any]) -> None:
    world = World(Habits(group_above=2))
    world.run(steps)
    still = {e.page_key: e.severity for e in world.newest.values() if e.state not in CLOSED}
    told = world.service.open
    groups = {key: told[key] for key in told if key.startswith("group-")}
    assert told.keys() - groups.keys() <= still.keys()
    assert groups or told.keys() == still.keys()
    assert still or not groups
    # Nothing critical is ever told by a group alone.
    assert {key for key, severity in still.items() if severity == "critical"} <= told.keys()
    assert "critical" not in groups.values()
