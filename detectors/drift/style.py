"""All that is told of one answer's style."""

from __future__ import annotations

from detectors.drift.features import described
from detectors.drift.habits import habits


def style_of(answer: str) -> dict[str, float]:
    """The features and habits of one answer by signal, each in [0, 1].

    Raises `BrokenModel` when the file of the habits is not the one that was shipped.
    """
    features, distinct = described(answer)
    told = features | habits().of(distinct, features)
    return {f"drift.{name}": value for name, value in told.items()}
