"""Style features of every answer, and how to tell that their distributions have changed.

No single record drifts: the detector only describes each answer, and `compare` judges a
window of many against a frozen `Baseline`. `compare` takes the sketches of any signals, so
the score distributions of the other detectors are judged in the same way.
"""

from __future__ import annotations

from detectors._drift.baseline import Baseline, baseline_from_json, baseline_to_json
from detectors._drift.compare import Drift, Shift, compare, sketches_of
from detectors._drift.features import FEATURES, features_of
from detectors._drift.habits import COUNT, NAMES, habits
from detectors._drift.sketch import Sketch
from detectors._drift.style import style_of
from detectors.base import Batch, Scores, Signal

__all__ = [
    "Baseline",
    "Drift",
    "DriftDetector",
    "Shift",
    "Sketch",
    "baseline_from_json",
    "baseline_to_json",
    "compare",
    "features_of",
    "sketches_of",
]


class DriftDetector:
    """Describes an answer's style; the first 12,000 characters and the last 400 count."""

    name = "drift"
    signals = tuple(
        Signal(f"drift.{feature}", meaning, threshold=1.0, feature=True)
        for feature, (meaning, _) in FEATURES.items()
    ) + tuple(
        Signal(
            f"drift.{habit}",
            f"habits of wording by which models differ, {number} of {COUNT}",
            threshold=1.0,
            feature=True,
        )
        for number, habit in enumerate(NAMES, start=1)
    )

    def load(self) -> None:
        """Reads the model. Raises `BrokenModel` when its file is not the one that was shipped."""
        habits()

    def score(self, batch: Batch) -> list[Scores]:
        """Every feature and habit of every record, never a finding."""
        return [Scores(style_of(text)) for text in batch.texts]
