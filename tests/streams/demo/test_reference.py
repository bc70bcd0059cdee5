"""How ordinary answers score: counted by deployment, and the highest of those taken."""

from __future__ import annotations

import msgspec
import pytest

from streams.demo.samples.reference import counted, highest, written
from streams.rules.levels import LEVELS, level_of
from streams.rules.reference import Reference
from tests.support.window_helpers import batch, row


def levels(**records: int) -> list[int]:
    """Records by level: `at_3=5` are five of level 3."""
    counts = [0] * LEVELS
    for name, number in records.items():
        counts[int(name.removeprefix("at_"))] = number
    return counts


def test_scores_are_counted_by_signal_and_deployment_and_absent_ones_are_0() -> None:
    rows = [row(0, 0, scores={"a.x": 0.3}), row(1, 1), row(2, 2, scores={"drift.one": 0.5})]
    judged = ["a.x", "drift.one", "monitor.lag", "feedback.complaint"]
    found = counted([batch(rows, judged=judged), batch(rows[:1], deployment="b", judged=["a.x"])])
    assert found.keys() == {"a.x"}
    expected = {"at_0": 2, f"at_{level_of(0.3)}": 1}
    assert found["a.x"]["bot"] == levels(**expected)
    assert sum(found["a.x"]["b"]) == 1


@pytest.mark.parametrize(
    ("deployments", "expected"),
    [
        ([levels(at_0=90, at_5=10)] * 2, levels(at_0=1800, at_5=200)),
        # At each level, the deployment of which most reach it.
        (
            [levels(at_0=90, at_9=10), levels(at_0=160, at_5=38, at_9=2)],
            levels(at_0=1600, at_5=200, at_9=200),
        ),
        # One of which too few are known says nothing.
        ([levels(at_0=100), levels(at_9=99)], levels(at_0=2000)),
        ([levels(at_9=99)], []),
        ([], []),
    ],
)
def test_at_each_level_the_highest_deployment_counts(
    deployments: list[list[int]], expected: list[int]
) -> None:
    assert highest(deployments, 2000) == expected


def test_the_file_reads_as_it_was_written() -> None:
    made = Reference(source='2 "answers"', signals={"a.x": levels(at_0=2000), "b": levels(at_1=1)})
    assert msgspec.json.decode(written(made), type=Reference) == made
