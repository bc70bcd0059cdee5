"""Trying again: how often, when, and never past the end of the process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streams.paging.pages import Answer, Page
from streams.paging.retry import LONGEST_DELAY_S, deliver
from streams.records import Incident

GOOD = Answer("delivered")
LATER = Answer("retry", "HTTP 503")
NEVER = Answer("never", "HTTP 400")


class Scripted:
    name = "scripted"

    def __init__(self, answers: list[Answer | Exception]) -> None:
        self.answers = answers
        self.asked = 0

    def deliver(self, page: Page) -> Answer:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


class Waits:
    def __init__(self, stop_after: int = 1000) -> None:
        self.delays: list[float] = []
        self._stop_after = stop_after

    def __call__(self, seconds: float) -> bool:
        self.delays.append(seconds)
        return len(self.delays) >= self._stop_after


@pytest.mark.parametrize(
    ("answers", "kind", "asked", "delays"),
    [
        pytest.param([GOOD], "delivered", 1, [], id="at once"),
        pytest.param([LATER, LATER, GOOD], "delivered", 3, [2.0, 4.0], id="third time"),
        pytest.param([LATER], "retry", 6, [2.0, 4.0, 8.0, 16.0, 32.0], id="given up"),
        pytest.param([NEVER], "never", 1, [], id="never"),
        pytest.param([LATER, NEVER], "never", 2, [2.0], id="never after all"),
        pytest.param(
            [Answer("retry", "HTTP 429", 40.0), GOOD], "delivered", 2, [40.0], id="told when"
        ),
        pytest.param(
            [Answer("retry", "HTTP 429", 1.0), GOOD], "delivered", 2, [2.0], id="told too soon"
        ),
        pytest.param(
            [Answer("retry", "HTTP 503", 86400.0), GOOD],
            "delivered",
            2,
            [LONGEST_DELAY_S],
            id="told tomorrow",
        ),
    ],
)
def test_tries(
    incident: Callable[..., Incident],
    answers: list[Answer | Exception],
    kind: str,
    asked: int,
    delays: list[float],
) -> None:
    receiver, waits = Scripted(answers), Waits()
    done = deliver(receiver, Page("trigger", incident()), 6, waits, lambda: 1.0)
    assert (done.answer.kind, done.attempts, receiver.asked) == (kind, asked, asked)
    assert waits.delays == delays


def test_jitter_halves_a_delay_at_most(incident: Callable[..., Incident]) -> None:
    waits = Waits()
    deliver(Scripted([LATER]), Page("trigger", incident()), 4, waits, lambda: 0.0)
    assert waits.delays == [1.0, 2.0, 4.0]


def test_end_of_the_process_ends_the_waiting(incident: Callable[..., Incident]) -> None:
    receiver = Scripted([LATER])
    done = deliver(receiver, Page("trigger", incident()), 6, Waits(stop_after=2), lambda: 1.0)
    assert done.stopped
    assert receiver.asked == 2


def test_error_is_tried_again_and_only_its_type_is_kept(
    incident: Callable[..., Incident],
) -> None:
    receiver = Scripted([RuntimeError("https://host/s3cr3t")])
    done = deliver(receiver, Page("trigger", incident()), 3, Waits(), lambda: 1.0)
    assert done.answer == Answer("retry", "RuntimeError")
    assert receiver.asked == 3
