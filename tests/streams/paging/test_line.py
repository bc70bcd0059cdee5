"""One receiver's line: every incident read ends in one outcome, dead letters say why."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from streams.clock import SteppedClock
from streams.paging.line import Line, Place
from streams.paging.metrics import ACTIONS, OUTCOMES, PagerMetrics
from streams.paging.pages import Answer, Page
from streams.records import DeadLetter, Incident

Build = Callable[..., Incident]
PLACE = Place("llm.incidents", 2, 7)


class Setup:
    def __init__(self, answers: list[Answer], stops: bool = False, payload: int = 1000) -> None:
        self.name = "here"
        self.answers = answers
        self.pages: list[Page] = []
        self.dead: list[DeadLetter] = []
        self.registry = CollectorRegistry()
        self.line = Line(
            self,
            attempts=3,
            metrics=PagerMetrics(self.registry, ["here"]),
            clock=SteppedClock(1000.0),
            wait=lambda _: stops,
            send_dead=self.dead.append,
            payload_bytes=payload,
        )

    def deliver(self, page: Page) -> Answer:
        self.pages.append(page)
        return self.answers[min(len(self.pages), len(self.answers)) - 1]

    def outcomes(self) -> dict[str, float]:
        counted = {
            outcome: sum(
                self.registry.get_sample_value(
                    "outwatch_pages_total",
                    {"receiver": "here", "action": action, "outcome": outcome},
                )
                or 0
                for action in ACTIONS
            )
            for outcome in OUTCOMES
        }
        return {outcome: value for outcome, value in counted.items() if value}


def encoded(incident: Incident) -> bytes:
    return msgspec.json.encode(incident)


def test_delivered(incident: Build) -> None:
    setup = Setup([Answer("delivered")])
    assert setup.line.handle(PLACE, encoded(incident(published_at=990.0)))
    assert setup.outcomes() == {"delivered": 1}
    assert setup.dead == []
    seconds = setup.registry.get_sample_value("outwatch_page_seconds_sum", {"receiver": "here"})
    assert seconds == 10.0


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        pytest.param(Answer("never", "HTTP 400"), 1, id="never"),
        pytest.param(Answer("retry", "HTTP 500"), 3, id="given up"),
    ],
)
def test_undeliverable_is_a_dead_letter_and_goes_on(
    incident: Build, answer: Answer, attempts: int
) -> None:
    setup = Setup([answer])
    value = encoded(incident())
    assert setup.line.handle(PLACE, value)
    assert setup.outcomes() == {"undeliverable": 1}
    (letter,) = setup.dead
    assert (letter.reason, letter.topic, letter.partition, letter.offset) == (
        "page_undeliverable",
        "llm.incidents",
        2,
        7,
    )
    assert letter.detail == f"here: {answer.why} (attempts: {attempts})"
    assert base64.b64decode(letter.payload) == value
    assert letter.failed_at == 1000.0
    setup.answers = [Answer("delivered")]
    assert setup.line.handle(PLACE, encoded(incident(id="inc-2")))
    assert setup.outcomes() == {"undeliverable": 1, "delivered": 1}


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
    setup = Setup([Answer("delivered")], payload=100)
    assert setup.line.handle(PLACE, value)
    assert setup.outcomes() == {"unreadable": 1}
    (letter,) = setup.dead
    assert letter.reason == "page_unreadable"
    assert letter.payload_bytes == len(value)
    assert letter.truncated == (len(value) > 100)
    assert setup.pages == []


def test_tombstone_is_skipped() -> None:
    setup = Setup([Answer("delivered")])
    assert setup.line.handle(PLACE, None)
    assert setup.outcomes() == {"skipped": 1}
    assert setup.dead == []


def test_update_is_told_as_an_update(incident: Build) -> None:
    setup = Setup([Answer("delivered")])
    for revision in (1, 2, 2):
        assert setup.line.handle(PLACE, encoded(incident(revision=revision)))
    assert [page.action for page in setup.pages] == ["trigger", "update"]
    assert setup.outcomes() == {"delivered": 2, "skipped": 1}


def test_what_was_told_before_the_start_isnt_new(incident: Build) -> None:
    setup = Setup([Answer("delivered")])
    for value in (b"poison", None, encoded(incident())):
        setup.line.remember(value)
    setup.line.handle(PLACE, encoded(incident(revision=2)))
    assert [page.action for page in setup.pages] == ["update"]


def test_end_of_the_process_leaves_the_page_for_the_next(incident: Build) -> None:
    setup = Setup([Answer("retry", "HTTP 500")], stops=True)
    assert not setup.line.handle(PLACE, encoded(incident()))
    assert setup.dead == []
    assert setup.outcomes() == {}


def test_retries_are_counted(incident: Build) -> None:
    setup = Setup([Answer("retry"), Answer("retry"), Answer("delivered")])
    setup.line.handle(PLACE, encoded(incident()))
    retries = setup.registry.get_sample_value("outwatch_page_retries_total", {"receiver": "here"})
    assert retries == 2


def test_dead_letter_that_isnt_taken_is_an_error(incident: Build) -> None:
    setup = Setup([Answer("never")])

    def refuse(_: Any) -> None:
        raise ConnectionError

    setup.line._send_dead = refuse
    with pytest.raises(ConnectionError):
        setup.line.handle(PLACE, encoded(incident()))
    assert setup.outcomes() == {}


def test_every_series_is_there_from_the_start() -> None:
    registry = CollectorRegistry()
    PagerMetrics(registry, ["a", "b"])
    for receiver in ("a", "b"):
        for action, outcome in itertools.product(ACTIONS, OUTCOMES):
            labels = {"receiver": receiver, "action": action, "outcome": outcome}
            assert registry.get_sample_value("outwatch_pages_total", labels) == 0
        for name in ("pager_lag_records", "page_seconds_count", "page_retries_total"):
            assert registry.get_sample_value(f"outwatch_{name}", {"receiver": receiver}) == 0
