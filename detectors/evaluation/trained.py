"""What the shipped models were made with, so that no figure is taken for more than it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from detectors._linear.model_file import MODELS

_CARDS = MODELS
_TABLE = Path(__file__).with_name("trained_on.yaml")


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a detector came about, in words, and by name the sets it was made with.

    The number of a set is the AUROC of models that had not seen the rows they judged.
    """

    how: str
    sets: dict[str, float | None]


@cache
def training_table() -> dict[str, Training]:
    """By detector's name."""
    return msgspec.yaml.decode(_TABLE.read_bytes(), type=dict[str, Training])


def trained_on(detector: str, set_name: str) -> bool | None:
    """Whether a detector was made with a set; None for a detector that isn't recorded."""
    training = training_table().get(detector)
    return None if training is None else set_name in training.sets


def held_out(detector: str, set_name: str) -> float | None:
    """The AUROC on a set of models that had not seen the rows they judged, if a card gives it.

    None also where the detector's cards hold no such number any more: models are made anew, and
    a figure of an older one would be wrong.
    """
    training = training_table().get(detector)
    value = training.sets.get(set_name) if training else None
    if value is None:
        return None
    return value if any(f"{value:.3f}" in card for card in _cards(detector)) else None


@cache
def _cards(detector: str) -> list[str]:
    names = (f"{detector}*.md", "encoder.md")
    return [path.read_text("utf-8") for name in names for path in sorted(_CARDS.glob(name))]
