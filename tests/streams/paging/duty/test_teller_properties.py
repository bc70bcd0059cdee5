"""Whatever is killed, acted on, silenced or reloaded, and whenever: who is told, and how often."""

from __future__ import annotations

import tempfile
from collections import Counter
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from streams.clock import SteppedClock
from streams.incidents.acts import answer, drawn_up
from streams.incidents.silences import hidden_by, last_end
from streams.paging.contact import Contact
from streams.paging.contract import Answer, Page
from streams.paging.duty.book import Book
from streams.paging.duty.contacts import Contacts
from streams.paging.duty.teller import Teller
from streams.paging.grouping import Habits
from streams.paging.metrics import PagerMetrics
from streams.place import Place
from streams.records import Incident, Matcher, PageNote, Silence
from tests.streams.paging.conftest import build
from tests.support.on_duty import PLAIN, RECEIVERS, made

START = 1_790_000_000.0
HABITS = Habits()
ACKNOWLEDGED_FOR = {"critical": 1800.0, "high": 3600.0}


class Killed(BaseException):
    """The process is no more."""


class Phone:
    """A receiver that counts what reaches it."""

    def __init__(self, name: str, world: World) -> None:
        self.name = name
        self._world = world

    def deliver(self, page: Page) -> Answer:
        self._world.point()
        self._world.reached(self.name, page)
        # It arrived, and perhaps its answer did not.
        self._world.point()
        return Answer("delivered")


class World:
    """Topics, receivers, and a pager that dies where it is told to."""

    def __init__(self, contacts: Contacts, habits: Habits = HABITS) -> None:
        self.contacts = contacts
        self.habits = habits
        self.clock = SteppedClock(START)
        self.events: list[Incident] = []
        self.log: list[bytes] = []
        self.newest: dict[str, Incident] = {}
        self.silences: list[Silence] = []
        self.pages: list[tuple[float, str, Page]] = []
        self.lost: set[tuple[str, str]] = set()
        self.wrong: list[str] = []
        self.points_left = -1
        self.in_hand: tuple[str, str] | None = None
        self.start()

    def start(self) -> None:
        book = Book()
        for value in self.log:
            book.take_note(value)
        for one in self.silences:
            book.take_act(msgspec.json.encode(one))
        self.book = book
        self.teller = Teller(
            self.contacts,
            {
                name: Contact(Phone(name, self), habits=self.habits, stateful=True)
                for name in RECEIVERS
            },
            book,
            PagerMetrics(CollectorRegistry(), RECEIVERS),
            self.clock,
            self.write,
            lambda seconds: None,
            send_dead=_none,
            payload_bytes=100,
            submit=_at_once,
            timer=self.clock.now,
            share=lambda: 0.5,
        )
        for offset, event in enumerate(self.events):
            self.teller.take(Place("t", 0, offset), event)

    def point(self) -> None:
        """Somewhere a process may end."""
        if self.points_left == 0:
            self.points_left = -1
            raise Killed
        self.points_left -= 1

    def write(self, note: PageNote) -> None:
        self.point()
        self.log.append(msgspec.json.encode(note))
        self.book.fold(note)
        # What was told of several is noted of each, and last under its own key.
        if self.in_hand is None or "group-" not in self.in_hand[1] or note.group:
            self.in_hand = None
        self.point()

    def reached(self, receiver: str, page: Page) -> None:
        self.in_hand = (receiver, page.idempotency_key)
        self.pages.append((self.clock.now(), receiver, page))
        if page.action == "trigger":
            self.wrong += self.mistakes(page)

    def mistakes(self, page: Page) -> list[str]:
        """By other means than the chain's: why somebody is paged who mustn't be."""
        now = self.clock.now()
        if page.incident.id.startswith("group-"):
            return []
        incident = self.newest[page.incident.id]
        if incident.state not in ("open", "acknowledged"):
            return [f"paged for what is {incident.state}"]
        if hidden_by(self.silences, incident, now) is not None:
            return ["paged for what is silenced"]
        if incident.state == "acknowledged":
            acts = [one.act for one in incident.acts if one.outcome == "applied"]
            ack = max(n for n, act in enumerate(acts) if act.kind == "acknowledge")
            idle = now - max(one.at for one in acts[ack:])
            seen = {one.was for one in acts[ack:] if one.kind != "severity"}
            worse = incident.severity == "critical" and "critical" not in seen
            if not worse and idle < ACKNOWLEDGED_FOR[incident.severity]:
                return [f"paged {idle:g} s after an acknowledgement"]
        return []

    def work(self) -> None:
        """Works until nothing is left to do, restarting after a kill."""
        for _ in range(50):
            try:
                if not self.teller.work():
                    return
            except Killed:
                if self.in_hand is not None:
                    self.lost.add(self.in_hand)
                    self.in_hand = None
                self.start()
        raise AssertionError("it goes on for ever")

    def publish(self, incident: Incident) -> None:
        incident = msgspec.structs.replace(incident, published_at=self.clock.now())
        self.newest[incident.id] = incident
        self.events.append(incident)
        self.teller.take(Place("t", 0, len(self.events) - 1), incident)

    def open(self, number: int, severity: Any) -> None:
        id_ = f"inc-{number}"
        if id_ not in self.newest:
            self.publish(build(id=id_, severity=severity))

    def act(self, number: int, kind: Any, stale: bool = False) -> None:
        incident = self.newest.get(f"inc-{number}")
        if incident is None:
            return
        who = f"who-{len(self.events)}"
        act = drawn_up(incident, kind, who, who, self.clock.now(), severity="critical", text="x")
        if stale:
            act = msgspec.structs.replace(act, seen="", revision=1)
        self.publish(answer(incident, act, 0.0, self.clock.now()))

    def silence(self, seconds: float, critical: bool) -> None:
        now = self.clock.now()
        one = Silence(
            silence_id=f"s{len(self.silences)}",
            matchers=[Matcher("incident", "=", "inc-0")],
            author="ada",
            reason="a release",
            at=now,
            starts_at=now,
            ends_at=now + seconds,
            critical=critical,
        )
        self.silences.append(one)
        self.book.take_act(msgspec.json.encode(one))

    def reload(self, contacts: Contacts) -> None:
        self.contacts = self.teller.contacts = contacts


def _none(letter: object) -> None:
    raise AssertionError(letter)


def _at_once(work: Any) -> Future[Answer]:
    done: Future[Answer] = Future()
    done.set_result(work())
    return done


@pytest.fixture(scope="module")
def files() -> list[Contacts]:
    with tempfile.TemporaryDirectory() as folder:
        more = PLAIN.replace("{always: [ada]}", "{always: [ada, carol-phone]}")
        fewer = PLAIN.replace("      - {tell: [executives], wait: 10m}\n", "")
        return [made(Path(folder), text) for text in (PLAIN, more, fewer)]


LATER, SOON = ("later", 700.0), ("later", 300.0)
NUMBER = st.integers(0, 1)
STEP = st.one_of(
    st.tuples(st.just("open"), NUMBER, st.sampled_from(["critical", "high"])),
    st.tuples(
        st.just("act"),
        NUMBER,
        st.sampled_from(["acknowledge", "resolve", "reopen", "note", "severity"]),
        st.booleans(),
    ),
    st.tuples(st.just("later"), st.sampled_from([1.0, 61.0, 300.0, 700.0, 1900.0, 4000.0])),
    st.tuples(st.just("later"), st.sampled_from([61.0, 300.0, 700.0])),
    st.tuples(st.just("die"), st.integers(0, 6)),
    st.tuples(st.just("restart")),
    st.tuples(st.just("silence"), st.sampled_from([100.0, 1000.0]), st.booleans()),
    st.tuples(st.just("reload"), st.integers(0, 2)),
)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(STEP, max_size=30))
@example(steps=[("open", 0, "high"), *[LATER] * 5, ("silence", 1000.0, False), *[LATER] * 3])
@example(steps=[("open", 1, "critical"), ("act", 1, "acknowledge", False), LATER, LATER, SOON])
@example(steps=[("open", 0, "high"), ("act", 0, "resolve", False), ("act", 0, "reopen", False)])
def test_each_page_once_and_none_that_must_not_be(files: list[Contacts], steps: list[Any]) -> None:
    world = World(files[0])
    for kind, *arguments in steps:
        if kind == "open":
            world.open(*arguments)
        elif kind == "act":
            world.act(*arguments)
        elif kind == "later":
            world.clock.advance(arguments[0])
        elif kind == "die":
            world.points_left = arguments[0]
        elif kind == "restart":
            world.start()
        elif kind == "silence":
            world.silence(*arguments)
        else:
            world.reload(files[arguments[0]])
        world.work()
    counted = Counter((receiver, page.idempotency_key) for _, receiver, page in world.pages)
    for key, times in counted.items():
        # Only what was killed after it had arrived, and before that was noted, comes again: with
        # the same key.
        assert times == 1 or key in world.lost, key
    world.clock.advance(10_000)
    world.work()
    assert not world.wrong
    for incident in world.newest.values():
        mine = [(who, page) for _, who, page in world.pages if page.incident.id == incident.id]
        told = {who for who, page in mine if page.action == "trigger"}
        ended = {who for who, page in mine if page.action == "resolve"}
        if incident.state == "open":
            assert told, "an open incident that nobody was told of"
            silenced = last_end(world.silences, incident, world.clock.now())
            last = max(when for when, _, page in world.pages if page.incident.id == incident.id)
            assert last >= silenced, "nobody was told of it once a silence was over"
        if incident.state == "resolved":
            assert ended == told


@settings(max_examples=40, deadline=None)
@given(
    deaths=st.lists(st.tuples(st.integers(0, 25), st.integers(0, 5)), max_size=6),
    ticks=st.lists(st.floats(1.0, 59.0), min_size=45, max_size=45),
)
def test_unacknowledged_every_step_is_told_once_and_at_most_a_minute_late(
    files: list[Contacts], deaths: list[tuple[int, int]], ticks: list[float]
) -> None:
    world = World(files[0])
    world.open(0, "critical")
    kills = dict(deaths)
    for number, tick in enumerate([0.0, *ticks]):
        world.clock.advance(tick)
        if number in kills:
            world.points_left = kills[number]
        world.work()
    keys: dict[tuple[str, str], float] = {}
    for when, receiver, page in world.pages:
        keys.setdefault((receiver, page.tag), when)
    began: dict[int, float] = {}
    for (_, tag), when in keys.items():
        began.setdefault(int(tag.rpartition(".")[2]), when)
    elapsed = world.clock.now() - START
    told = sorted((tag.rpartition(".")[2], receiver) for receiver, tag in keys)
    expected = [("0", "ada-phone")]
    if elapsed > 300 + 60:
        assert 300 <= began[1] - began[0] <= 360
        expected += [("1", "ada-phone"), ("1", "bob-phone")]
    if elapsed > 900 + 120:
        assert 600 <= began[2] - began[1] <= 660
        expected += [("2", "boss-phone")]
    assert told[: len(expected)] == expected
    assert len(told) <= 4
