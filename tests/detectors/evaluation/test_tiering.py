"""Measuring tiers: what is seen, settled and lost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from detectors import Batch, Scores, Signal
from detectors._tiers import Cascade, Tier
from detectors.evaluation import SetOptions, measure
from detectors.evaluation.measure import measure_rows
from detectors.evaluation.rows import Row
from detectors.evaluation.tasks import TASKS
from detectors.evaluation.tiering import TierFigures, TierUse, by_detector, compared


class TwoTierDetector:
    """The first tier takes what is `short` for nothing; the second sees `bad` in anything."""

    name = "told"
    signals = (Signal("told.a", "a"),)

    def __init__(self) -> None:
        cheap: Tier[str, float] = Tier(
            "cheap", lambda texts: [0.4 * ("short" not in t) for t in texts], lambda s: s == 0.0
        )
        dear: Tier[str, float] = Tier(
            "dear", lambda texts: [float("bad" in t) for t in texts], lambda _: True
        )
        self.cascades = (Cascade("told", [cheap, dear], bool),)

    def load(self) -> None:
        """Nothing to load."""

    def score(self, batch: Batch) -> list[Scores]:
        ids = [record.record_id for record in batch.records]
        return [Scores({"told.a": score}) for score in self.cascades[0].run(ids, batch.texts)]


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(measure, "create", lambda name, options=None: TwoTierDetector())
    monkeypatch.setattr(measure, "available", lambda: ("told",))
    monkeypatch.setitem(
        TASKS, "one", TASKS["toxicity"]._replace(detector="told", signals=("told.a",))
    )
    measure._loaded.cache_clear()
    yield
    measure._loaded.cache_clear()


ROWS = [
    Row("one", "short bad", 1), Row("one", "short", 0), Row("one", "long bad", 1),
    Row("one", "long", 0), Row("one", "short bad", 0),
]  # fmt: skip


def test_figures_come_from_the_tiers_and_losses_from_the_last_one_on_everything() -> None:
    (found,) = measure_rows("set", "one", ROWS, SetOptions(baselines=False))
    tiers = found.tiers
    assert tiers is not None
    assert found.recall == 0.5
    assert [(tier.name, tier.seen, tier.settled) for tier in tiers.tiers] == [
        ("cheap", 5, 3), ("dear", 2, 2),
    ]  # fmt: skip
    assert (tiers.audited, tiers.positives, tiers.found_by_tiers, tiers.found_by_all) == (
        5,
        2,
        1,
        2,
    )
    assert (tiers.lost, tiers.fired_by_all) == (2, 3)
    assert tiers.recall_lost == 0.5


@pytest.mark.parametrize("audit_rows", [0, 2])
def test_only_a_sample_is_judged_twice(audit_rows: int) -> None:
    options = SetOptions(baselines=False, audit_rows=audit_rows)
    (found,) = measure_rows("set", "one", ROWS, options)
    assert found.tiers is not None
    assert (found.rows, found.tiers.rows, found.tiers.audited) == (5, 5, audit_rows)
    assert found.recall == 0.5


def test_without_positives_there_is_no_recall_to_lose() -> None:
    nothing = np.zeros(3, dtype=np.bool_)
    figures = TierFigures(
        detector="a", set="b", task="c", rows=3, tiers=[], **compared(nothing, nothing, nothing)
    )
    assert figures.recall_lost is None


def test_sets_of_a_detector_are_added_up() -> None:
    one = TierFigures(
        detector="a", set="x", task="t", rows=10, tiers=[TierUse("cheap", 10, 9, 0.5)],
        audited=4, seconds_all=1.0, positives=2, found_by_tiers=1, found_by_all=2, fired_by_all=3,
        lost=1,
    )  # fmt: skip
    other = TierFigures(detector="b", set="x", task="t", rows=1, tiers=[])
    (both, alone) = by_detector([one, other, one])
    assert both == TierFigures(
        detector="a", set="2 sets", task="t", rows=20, tiers=[TierUse("cheap", 20, 18, 1.0)],
        audited=8, seconds_all=2.0, positives=4, found_by_tiers=2, found_by_all=4, fired_by_all=6,
        lost=2,
    )  # fmt: skip
    assert alone == other
