"""How far an event time counts, by whose clock Kafka's time is."""

from __future__ import annotations

import json
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import Suite
from streams.clock import SteppedClock
from streams.intake.skew import MOST_AHEAD_S, Dated, taken_back
from streams.records import VerdictBatch
from streams.scoring.scorer import Scorer, ScoringOptions, Source
from streams.worker.detect import _dated

NOW = 1_790_000_000.0
HOUR = 3600.0


@pytest.mark.parametrize(
    ("event", "arrival", "dated", "counts", "ahead"),
    [
        pytest.param(0, 0, "appended", 0, 0, id="in-time"),
        pytest.param(60, 0, "appended", 60, 0, id="a-minute-is-allowed"),
        pytest.param(61, 0, "appended", 0, 61, id="more-is-not"),
        pytest.param(20 * HOUR, 0, "appended", 0, 20 * HOUR, id="hours-ahead"),
        pytest.param(-24 * HOUR, 0, "appended", -24 * HOUR, 0, id="old-ones-stay"),
        pytest.param(-48 * HOUR, -50 * HOUR, "appended", -50 * HOUR, 2 * HOUR, id="in-a-backlog"),
        pytest.param(120, 130, "appended", 120, 0, id="the-broker-is-believed"),
        pytest.param(2 * HOUR, 2 * HOUR, "created", 0, 2 * HOUR, id="a-producer-only-up-to-now"),
        pytest.param(0, -HOUR, "created", -HOUR, HOUR, id="a-producer-that-is-right"),
        pytest.param(0, -HOUR, "", 0, 0, id="a-file"),
        pytest.param(HOUR, -HOUR, "", 0, HOUR, id="a-file-of-tomorrow"),
    ],
)
def test_what_counts(
    event: float, arrival: float, dated: Dated, counts: float, ahead: float
) -> None:
    found = taken_back(NOW + event, NOW + arrival, NOW, dated)
    assert found == (NOW + counts, ahead)


times = st.floats(-1e6, 1e6)


@given(times, times, st.sampled_from(["appended", "created", ""]))
def test_nothing_counts_ahead_of_its_bound_and_nothing_old_is_moved(
    event: float, arrival: float, dated: Dated
) -> None:
    at, ahead = taken_back(event, arrival, 0.0, dated)
    bound = arrival if dated == "appended" else min(arrival, 0.0) if dated else 0.0
    assert at <= bound + MOST_AHEAD_S
    assert at <= event
    assert (ahead > 0) == (at != event)
    if event <= bound:
        assert at == event


@pytest.mark.parametrize(
    ("timestamp", "kind", "dated"),
    [
        pytest.param(NOW, 1, "appended", id="LogAppendTime"),
        pytest.param(NOW, 0, "created", id="CreateTime"),
        pytest.param(NOW, None, "created", id="unknown"),
        pytest.param(-1, 0, "", id="none"),
        pytest.param(None, None, "", id="old-messages"),
    ],
)
def test_whose_clock_a_message_has(timestamp: float | None, kind: int | None, dated: str) -> None:
    message = SimpleNamespace(timestamp=timestamp, timestamp_type=kind)
    assert _dated(SimpleNamespace(message=message, ack=lambda: True)) == dated


def test_feedback_is_taken_back_too() -> None:
    options = ScoringOptions(hash_key=b"k", feedback_topic="llm.feedback")
    scorer = Scorer(options, Suite([]), SteppedClock(NOW))
    value = {"feedback_id": "f1", "kind": "complaint", "event_time": NOW + HOUR}
    source = Source("llm.feedback", 0, 0, NOW - 5, json.dumps(value).encode(), dated="appended")
    ((_, message),) = scorer.score([source]).messages
    batch = msgspec.json.decode(message, type=VerdictBatch)
    assert [(row.event_time, row.ahead) for row in batch.rows] == [(NOW - 5, HOUR + 5)]
    assert batch.loose is False
