"""What a sentence of a report is like, by its meaning: the reports in `exemplars.txt`.

A linear head over the shipped encoder's vectors, made by `streams.triage.fit`. It finds what the
patterns have no words for, and is asked beside them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._encoder.session import NoEncoder
from detectors._encoder.vectors import shared_vectors

HEAD: Final = Path(__file__).with_name("likeness.npz")
VERDICTS: Final = ("critical", "high", "low", "false_alarm")

_Floats = npt.NDArray[np.float64]


class Likeness(NamedTuple):
    """Probabilities that a text is a report of each kind."""

    critical: float
    high: float
    low: float
    false_alarm: float


UNKNOWN: Final = Likeness(0.0, 0.0, 0.0, 0.0)
"""Where the encoder can't be loaded: it says nothing."""


class Head(NamedTuple):
    """Weights by verdict, over vectors of mean 0 and spread 1."""

    mean: _Floats
    spread: _Floats
    weights: _Floats
    bias: _Floats

    def of(self, vector: npt.NDArray[np.float32]) -> Likeness:
        """What a vector is like."""
        scores = ((vector - self.mean) / self.spread) @ self.weights + self.bias
        odds = np.exp(scores - scores.max())
        return Likeness(*(float(one) for one in odds / odds.sum()))


def likeness(text: str) -> Likeness:
    """What a text in plain English is like; `UNKNOWN` where the encoder can't be loaded."""
    try:
        vectors = shared_vectors()
    except NoEncoder:
        return UNKNOWN
    return _head().of(vectors.of(text))


@cache
def _head() -> Head:
    with np.load(HEAD, allow_pickle=False) as stored:
        return Head(*(stored[name].astype(np.float64) for name in Head._fields))
