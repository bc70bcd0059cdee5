"""Trying again: how often, when, and when no more."""

from __future__ import annotations

import pytest

from streams.paging.contract import Answer
from streams.paging.retry import LONGEST_DELAY_S, Patience, delay_s, verdict

GOOD = Answer("delivered")
LATER = Answer("retry", "HTTP 503")
NEVER = Answer("never", "HTTP 400")
DAY = 86_400.0


@pytest.mark.parametrize(
    ("answer", "attempts", "age", "patience", "expected"),
    [
        pytest.param(GOOD, 1, 0.0, Patience(), "done", id="at once"),
        pytest.param(GOOD, 99, 2 * DAY, Patience(5), "done", id="late, but done"),
        pytest.param(NEVER, 1, 0.0, Patience(), "bury", id="never"),
        pytest.param(LATER, 1, 0.0, Patience(), "again", id="first"),
        pytest.param(LATER, 5000, DAY - 1, Patience(), "again", id="no limit of attempts"),
        pytest.param(LATER, 2, DAY, Patience(), "bury", id="after a day"),
        pytest.param(LATER, 2, 60.0, Patience(0, 60.0), "bury", id="after a minute"),
        pytest.param(LATER, 5, 1.0, Patience(6), "again", id="one left"),
        pytest.param(LATER, 6, 1.0, Patience(6), "bury", id="none left"),
    ],
)
def test_verdict(
    answer: Answer, attempts: int, age: float, patience: Patience, expected: str
) -> None:
    assert verdict(answer, attempts, age, patience) == expected


@pytest.mark.parametrize(
    ("failures", "asked", "share", "expected"),
    [
        pytest.param(1, 0.0, 1.0, 2.0, id="first"),
        pytest.param(2, 0.0, 1.0, 4.0, id="second"),
        pytest.param(5, 0.0, 1.0, 32.0, id="fifth"),
        pytest.param(3, 0.0, 0.0, 4.0, id="jitter halves at most"),
        pytest.param(10_000, 0.0, 1.0, LONGEST_DELAY_S, id="longest"),
        pytest.param(1, 40.0, 1.0, 40.0, id="told when"),
        pytest.param(3, 1.0, 1.0, 8.0, id="told too soon"),
        pytest.param(1, DAY, 1.0, LONGEST_DELAY_S, id="told tomorrow"),
    ],
)
def test_delay(failures: int, asked: float, share: float, expected: float) -> None:
    assert delay_s(failures, asked, share) == expected
