"""Style features of every answer, and how to tell that their distributions have changed.

No single record drifts: the detector only describes each answer, and `compare` judges a
window of many against a frozen `Baseline`. `compare` takes the sketches of any signals, so
the score distributions of the other detectors are judged in the same way.
"""

from __future__ import annotations

from detectors.base import Batch, Scores, Signal
from detectors.drift.features import FEATURES
from detectors.drift.habits import COUNT, NAMES, habits
from detectors.drift.style import style_of


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
