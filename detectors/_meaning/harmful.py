"""Whether a request attacks the model's rules or asks for something harmful, by what it means.

An answer gives in only where there was something to give in to: a love letter that was asked for is
no attack that worked, however willingly it was written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._encoder.gate import readable
from detectors._linear.model_file import MODELS, BrokenModel, check, write_checksum
from detectors._meaning.encoder import WIDTH, SentenceEncoder, Vectors
from detectors._text.asked_for import attacks
from detectors._text.gloss import language_of

Floats = npt.NDArray[np.float64]

FILE: Final = "meaning_harmful.npz"
FEATURES: Final = 3 + WIDTH

_STEEP: Final = 3.0
_FARTHEST: Final = 30.0


class HarmfulHead(NamedTuple):
    """A linear head: `weights` (`FEATURES`), and the logits of requests in English and in other
    languages that few harmful ones stay below."""

    weights: npt.NDArray[np.float32]
    limits: tuple[float, float]

    def beyond(self, rows: Floats) -> Floats:
        """By how much requests' logits are above their language's limit, for rows of `features`."""
        logits = rows @ self.weights.astype(np.float64)
        found: Floats = logits - np.where(rows[:, 1] > 0, self.limits[1], self.limits[0])
        return found


def features(requests: Sequence[str], vectors: Vectors) -> Floats:
    """(requests, `FEATURES`): a one, whether it is in another language than English, whether its
    wording is an attack's, and its vector."""
    numbers = [[1.0, not in_english(text), attacks(text)] for text in requests]
    return np.concatenate([np.array(numbers, np.float64).reshape(-1, 3), vectors], axis=1)


def harmful(requests: Sequence[str], encoder: SentenceEncoder) -> list[float]:
    """How surely each request is harmful or an attack: a logit, 0 where it may well be one.

    Raises `BrokenModel`.
    """
    head = shared_harmful()
    found: list[float] = head.beyond(features(requests, encoder.vectors(requests))).tolist()
    return found


def bound(harm: float, threshold: float) -> float:
    """The logit that an answer to a request gives in stays below, `threshold` being the default one
    and `harm` what `harmful` says of the request."""
    return threshold + _STEEP * harm


def within(logit: float, most: float) -> float:
    """A logit above 0 under a bound, smoothly: nearly itself far below, nearly the bound far above.

    What is doubtful anyway, at 0 or less, stays as it is, and nothing falls below that.

    >>> within(-2.0, -5.0), within(3.0, -5.0), round(within(3.0, 9.0), 2)
    (-2.0, 0.0, 3.0)
    """
    if logit <= 0:
        return logit
    low, high = sorted((logit, most))
    return max(0.0, low - math.log1p(math.exp(-min(high - low, _FARTHEST))))


def in_english(text: str) -> bool:
    """Whether a text is one that the English encoder can read as it is written."""
    return readable(text) and not language_of(text)


@cache
def shared_harmful() -> HarmfulHead:
    """The shipped head, once per process. Raises `BrokenModel`."""
    return read_harmful(MODELS / FILE)


def read_harmful(path: Path) -> HarmfulHead:
    """The head of a file. Raises `BrokenModel`."""
    check(path)
    try:
        with np.load(path, allow_pickle=False) as held:
            english, foreign = held["limits"].tolist()
            return HarmfulHead(held["weights"].astype(np.float32), (english, foreign))
    except (KeyError, ValueError, OSError) as error:
        raise BrokenModel(f"{path.name} holds no head; reinstall outwatch") from error


def write_harmful(head: HarmfulHead, path: Path) -> str:
    """Writes a head and its checksum, which it returns; the same give the same bytes."""
    with path.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            weights=head.weights.astype(np.float16),
            limits=np.array(head.limits),
        )
    return write_checksum(path)
