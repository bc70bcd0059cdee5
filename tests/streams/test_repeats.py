"""What goes wrong again and again is logged once, and then how often."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from streams.repeats import EVERY_S, SummingHandler


class Rig:
    def __init__(self) -> None:
        self.now = 0.0
        self.stream = io.StringIO()
        self.handler = SummingHandler(self.stream, lambda: self.now)

    def log(self, level: int, message: str, *args: object, name: str = "aiokafka") -> None:
        self.handler.handle(logging.LogRecord(name, level, "", 0, message, args, None))

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.handler.close()


def test_a_repeated_error_is_one_line_and_then_a_sum(rig: Rig) -> None:
    for number in range(500):
        rig.now = number / 10
        rig.log(logging.ERROR, "Unable to connect to node %d", number)
    assert rig.lines == ["Unable to connect to node 0"]
    rig.now = EVERY_S + 1
    rig.log(logging.INFO, "something else")
    assert rig.lines[1:] == [
        "Unable to connect to node 499 (499 more like it in 60 s)",
        "something else",
    ]


def test_what_was_counted_is_said_at_the_end(rig: Rig) -> None:
    rig.log(logging.WARNING, "away")
    rig.log(logging.WARNING, "away")
    rig.handler.close()
    assert rig.lines == ["away", "away (1 more like it in 60 s)"]


@pytest.mark.parametrize("level", [logging.INFO, logging.CRITICAL])
def test_news_and_the_last_word_are_always_written(rig: Rig, level: int) -> None:
    for _ in range(3):
        rig.log(level, "an incident")
    assert len(rig.lines) == 3


def test_different_errors_are_all_written(rig: Rig) -> None:
    rig.log(logging.ERROR, "one thing")
    rig.log(logging.ERROR, "another thing")
    rig.log(logging.WARNING, "one thing")
    assert len(rig.lines) == 3


def test_places_of_our_own_warnings_are_all_written(rig: Rig) -> None:
    for offset in (1, 2, 2):
        rig.log(logging.WARNING, "offset %d is broken", offset, name="streams.kafka.batches")
    assert len(rig.lines) == 2


def test_after_a_quiet_while_it_is_written_anew(rig: Rig) -> None:
    rig.log(logging.ERROR, "away")
    rig.now = EVERY_S + 1
    rig.log(logging.ERROR, "away")
    assert rig.lines == ["away", "away"]
