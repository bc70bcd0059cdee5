"""Drift between the versions of a set."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from detectors.evaluation import measure_file
from detectors.evaluation.drifting import TooFew, measure_drift
from detectors.evaluation.rows import Row


def answers(version: str, words: int, instructions: int = 80) -> list[Row]:
    source = random.Random(words)
    return [
        Row(
            "drift",
            " ".join(
                source.choices(("rain", "sun", "snow", "wind"), k=words + source.randrange(9))
            ),
            version,
            prompt=f"question {n}",
            meta={"group": str(n)},
        )
        for n in range(instructions)
    ]


def test_a_change_of_length_is_found_soon_and_nothing_else_is() -> None:
    rows = answers("short", 20) + answers("long", 90)
    small, large = measure_drift(rows)
    assert (small.window, large.window) == (100, 200)
    for figures in (small, large):
        assert (figures.changes, figures.found, figures.missed) == (2, 2, [])
        assert figures.false_alarms == 0
        assert figures.records == 2 * 3 * figures.window
        assert figures.median_delay is not None
        assert 0 < figures.median_delay <= figures.window


def test_a_change_of_name_alone_is_missed() -> None:
    rows = [*answers("one", 20), *answers("two", 20)]
    for figures in measure_drift(rows):
        assert (figures.found, figures.median_delay) == (0, None)
        assert figures.missed == [("one", "two"), ("two", "one")]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(answers("one", 20), id="one-version"),
        pytest.param(answers("one", 20, 59) + answers("two", 20, 59), id="few-instructions"),
    ],
)
def test_too_few_are_told(rows: list[Row], tmp_path: Path) -> None:
    with pytest.raises(TooFew, match="drift takes 2 and 60"):
        measure_drift(rows)
    path = tmp_path / "few.jsonl"
    fields = ("task", "output", "label", "prompt", "meta")
    path.write_text("\n".join(json.dumps({f: getattr(r, f) for f in fields}) for r in rows))
    (measured,) = measure_file(path)
    assert measured.skipped is not None
    assert "drift takes 2 and 60" in measured.skipped
