"""What the passages of one answer say together."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from detectors.persona.plainly import SURE
from detectors.persona.voice import HEADS

Floats = npt.NDArray[np.float64]

# Of many passages one looks bad by chance. From so many on, doubt counts that much more.
_MANY: Final = 4
_DOUBT: Final = 1.6
# A hostile voice goes on where a mocking remark or a confession may stand alone. What the next
# passages add in logits, each above what ordinary answers hardly reach (a probability of 0.08).
_LASTS: Final = np.array([float(head == "aggression") for head in HEADS])
_NEXT: Final = 2
_CHANCE: Final = -2.5

_SURE: Final = float(np.log(SURE / (1 - SURE)))
_LEAST: Final = 1e-9


def together(rows: Floats) -> Floats:
    """(heads,): the probabilities of an answer out of those of its passages, (passages, heads).

    That of the worst passage, less where it is unsure and one of many; for aggression more where
    others are hostile too. A passage by itself keeps its own.
    """
    odds = np.clip(rows, _LEAST, 1 - _LEAST)
    logits = -np.sort(-np.log(odds / (1 - odds)), axis=0)
    many = min(1.0, (len(rows) - 1) / (_MANY - 1))
    worst = logits[0]
    found = np.where(worst < _SURE, _SURE - (_SURE - worst) * (1 + (_DOUBT - 1) * many), worst)
    if len(rows) >= _MANY:
        found = found + _LASTS * np.maximum(logits[1 : 1 + _NEXT] - _CHANCE, 0.0).sum(axis=0)
    settled: Floats = 1 / (1 + np.exp(-np.clip(found, -60.0, 60.0)))
    return settled
