"""The control's stream: all of it, each deployment in order, and what is bad in it opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.offline.backtest import run
from streams.records import VerdictRow
from streams.rules.load import default_rules
from tests.benchmarks import control
from tests.benchmarks.control import START, Scored, Spread, above, report, scored, stream

CALM = [{"record_id": f"control-{n:05d}", "output": f"We open at {n}.", "origin": "sample"}
        for n in range(12)]  # fmt: skip


def known(count: int, **scores: float) -> list[Scored]:
    return [
        Scored(
            VerdictRow(offset=n, record_id=f"control-{n:05d}", event_time=START, scores=scores),
            ["threat.any"],
            "sample",
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("deployments", [1, 5])
def test_each_record_comes_once_and_each_answer_as_often_as_any_other(deployments: int) -> None:
    batches = list(stream(known(70), Spread(700, 10.0, deployments, 1)))
    rows = [row for batch in batches for row in batch.rows]
    assert sorted(row.offset for row in rows) == list(range(700))
    counts = [sum(row.record_id == f"control-{n:05d}" for row in rows) for n in range(70)]
    assert set(counts) == {10}
    assert len({batch.deployment for batch in batches}) == deployments
    by_offset = sorted(rows, key=lambda row: row.offset)
    assert [row.event_time for row in by_offset] == sorted(row.event_time for row in rows)
    assert 50 < by_offset[-1].event_time - START < 90
    assert [batch.rows[0].user for batch in batches] == [
        batch.rows[0].user for batch in stream(known(70), Spread(700, 10.0, deployments, 1))
    ]


def test_what_is_bad_opens_and_is_told_without_a_text() -> None:
    bad = known(20, **{"threat.any": 0.99})
    spread = Spread(400, 10.0, 1, 1)
    (trial,) = run(stream(bad, spread), [default_rules()])
    opened = [one.incident for one in trial.opened]
    assert "threat" in {one.playbook for one in opened}
    lines = report(bad, opened, spread)
    assert "incident(s)" in lines[0]
    assert any("threat.any 0.99" in line and "of sample" in line for line in lines)
    assert any("threat" in line and "20" in line for line in above(bad, default_rules()))


def test_scores_are_kept_until_something_of_them_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scored(CALM, tmp_path, 0)
    assert [one.row.record_id for one in first] == [one["record_id"] for one in CALM]

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("scored again")

    monkeypatch.setattr(control, "score_lines", never)
    assert msgspec.to_builtins(scored(CALM, tmp_path, 0)) == msgspec.to_builtins(first)
    with pytest.raises(AssertionError, match="scored again"):
        scored(CALM[:-1], tmp_path, 0)


def test_ordinary_answers_are_each_one_text() -> None:
    sample_only = control.SETS.copy()
    try:
        control.SETS.clear()
        found = control.answers(Path("nowhere"))
    finally:
        control.SETS.update(sample_only)
    assert len(found) == len({one["output"] for one in found}) > 2_000
    assert {one["origin"] for one in found} == {"sample"}
