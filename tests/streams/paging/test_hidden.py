"""A receiver outside the contacts file: what a silence hides waits for its end, also across a kill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from streams.clock import SteppedClock
from streams.paging.contact import Contact
from streams.paging.contract import Answer, Page
from streams.paging.duty.book import Book
from streams.paging.line import Line
from streams.paging.metrics import PagerMetrics
from streams.place import Place
from streams.records import Incident, Matcher, PageNote, Silence
from tests.streams.paging.conftest import build

NOW = 1000.0


class Notes:
    """The pager's notes, kept on a topic."""

    def __init__(self, log: list[bytes], silences: Sequence[Silence]) -> None:
        self.log = log
        self.book = Book()
        for value in log:
            self.book.take_note(value)
        for one in silences:
            self.book.take_act(msgspec.json.encode(one))

    def write(self, note: PageNote) -> None:
        self.log.append(msgspec.json.encode(note))
        self.book.fold(note)

    def flush(self, timeout_s: float) -> bool:
        return True


class World:
    """A topic, one receiver, and its pager."""

    name = "room"

    def __init__(self) -> None:
        self.events: list[Incident] = []
        self.log: list[bytes] = []
        self.silences: list[Silence] = []
        self.told: list[tuple[str, str]] = []
        self.committed = 0
        self.clock = SteppedClock(NOW)
        self.start()

    def deliver(self, page: Page) -> Answer:
        self.told.append((page.incident.id, page.action))
        return Answer("delivered")

    def start(self) -> None:
        self.notes = Notes(self.log, self.silences)
        self.metrics = PagerMetrics(CollectorRegistry(), ["room"])
        self.line = Line(
            Contact(self, stateful=True),
            self.metrics,
            self.clock,
            send_dead=_none,
            payload_bytes=100,
            timer=self.clock.now,
            share=lambda: 1.0,
            notebook=self.notes,
        )
        self.line.start(0, self.committed, "")
        for offset, event in enumerate(self.events):
            value = msgspec.json.encode(event)
            if offset < self.committed:
                self.line.recall(0, value)
            else:
                self.line.take(Place("t", 0, offset), value, "catch-up")

    def publish(self, **changes: Any) -> None:
        self.events.append(build(published_at=self.clock.now(), **changes))
        place = Place("t", 0, len(self.events) - 1)
        self.line.take(place, msgspec.json.encode(self.events[-1]))

    def work(self) -> list[tuple[str, str]]:
        """What was told now."""
        before = len(self.told)
        while self.line.work():
            pass
        self.committed = self.line.commits()[0][0]
        return self.told[before:]

    def silence(self, seconds: float, **changes: Any) -> Silence:
        one = Silence(
            silence_id="s",
            matchers=[Matcher("kind", "=", "secret-leak")],
            author="ada",
            reason="a release",
            at=self.clock.now(),
            starts_at=self.clock.now(),
            ends_at=self.clock.now() + seconds,
        )
        one = msgspec.structs.replace(one, **changes)
        self.silences.append(one)
        self.notes.book.take_act(msgspec.json.encode(one))
        return one


def _none(letter: object) -> None:
    raise AssertionError(letter)


@pytest.mark.parametrize("killed", [False, True])
def test_what_is_hidden_holds_nothing_back_and_is_told_at_the_end(killed: bool) -> None:
    world = World()
    world.silence(600)
    world.publish(id="inc-1")
    world.publish(id="inc-2", playbook="drift")
    assert world.work() == [("inc-2", "trigger")]
    assert world.committed == 2
    if killed:
        world.start()
    assert world.work() == []
    world.clock.advance(600)
    assert world.work() == [("inc-1", "trigger")]
    world.start()
    assert world.work() == []
    world.publish(id="inc-1", revision=2, state="resolved")
    assert world.work() == [("inc-1", "resolve")]


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("state", ["resolved", "acknowledged"])
def test_what_is_over_or_taken_meanwhile_is_not_told(state: str, killed: bool) -> None:
    world = World()
    world.silence(600)
    world.publish(id="inc-1")
    assert world.work() == []
    world.publish(id="inc-1", revision=2, state=state)
    assert world.work() == []
    if killed:
        world.start()
    world.clock.advance(600)
    assert world.work() == []
    # What opens again after that is news.
    world.publish(id="inc-1", revision=3, state="open")
    assert world.work() == [("inc-1", "trigger")]


def test_ended_early_and_critical_are_told_at_once() -> None:
    world = World()
    one = world.silence(600)
    world.publish(id="inc-1")
    world.publish(id="inc-2", severity="critical")
    assert world.work() == [("inc-2", "trigger")]
    world.publish(id="inc-1", revision=2, severity="critical")
    assert world.work() == [("inc-1", "trigger")]
    world.publish(id="inc-3")
    assert world.work() == []
    world.silence(0, ends_at=world.clock.now(), ended_by="bob", starts_at=one.starts_at)
    assert world.work() == [("inc-3", "trigger")]


def test_who_was_told_before_hears_of_the_end() -> None:
    world = World()
    world.publish(id="inc-1")
    assert world.work() == [("inc-1", "trigger")]
    world.silence(600)
    world.publish(id="inc-1", revision=2, state="resolved")
    assert world.work() == [("inc-1", "resolve")]


def test_how_many_are_hidden_is_counted() -> None:
    world = World()
    world.silence(600)
    for number in range(3):
        world.publish(id=f"inc-{number}")
    world.work()
    registry = world.metrics.registry
    labels = {"receiver": "room"}
    assert registry.get_sample_value("outwatch_pager_silenced_incidents", labels) == 3.0
