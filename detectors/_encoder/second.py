"""What detectors share that ask the encoder about what their linear model leaves uncertain."""

from __future__ import annotations

import math
from typing import Final

from detectors._encoder.gate import SHORT, Gate, shared_gate
from detectors._encoder.session import Encoder, NoEncoder, shared_encoder

LINEAR: Final = "linear"
ENCODER: Final = "encoder"
WINDOW: Final = SHORT
_HAN_WINDOW: Final = 140


def open_encoder(wanted: bool) -> tuple[Encoder | None, Gate | None, str]:
    """The encoder and its gate, or twice None, and in words why.

    Raises `BrokenModel` for files that were changed.
    """
    if not wanted:
        return None, None, "the option encoder switches the encoder off"
    try:
        return shared_encoder(), shared_gate(), "what it leaves uncertain goes to the encoder"
    except NoEncoder as error:
        return None, None, f"nothing goes to the encoder: {error}"


def logit(probability: float) -> float:
    """The logit of a probability, within 12 of zero.

    >>> logit(0.5)
    0.0
    """
    bounded = min(max(probability, 6.2e-6), 1 - 6.2e-6)
    return math.log(bounded / (1 - bounded))


def gloss_window(language: str) -> int:
    """Characters of a text in a language that one pass reads whole once it is glossed."""
    return _HAN_WINDOW if language == "zh" else WINDOW


def around(text: str, start: int, end: int, most: int = WINDOW) -> tuple[int, int]:
    """All of a short text; of a longer one the part with this span, cut at white space.

    >>> around("one two three four", 8, 13, most=12)
    (8, 13)
    """
    if len(text) <= most:
        return 0, len(text)
    spare = max(0, most - (end - start)) // 2
    first = max(0, min(start - spare, len(text) - most))
    last = min(len(text), first + most)
    if first > 0:
        cut = text.find(" ", first, first + 60)
        first = cut + 1 if 0 <= cut < start else first
    if last < len(text):
        cut = text.rfind(" ", max(first, last - 60), last)
        last = cut if cut > first else last
    return first, last
