"""What the shipped models were made with, so that no figure is taken for more than it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

_TABLE = Path(__file__).with_name("trained_on.yaml")


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a detector came about, in words, and the names of the sets it was made with."""

    how: str
    sets: list[str]


@cache
def training_table() -> dict[str, Training]:
    """By detector's name."""
    return msgspec.yaml.decode(_TABLE.read_bytes(), type=dict[str, Training])


def trained_on(detector: str, set_name: str) -> bool | None:
    """Whether a detector was made with a set; None for a detector that isn't recorded."""
    training = training_table().get(detector)
    return None if training is None else set_name in training.sets
