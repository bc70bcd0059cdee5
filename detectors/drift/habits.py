"""Habits of wording: a few numbers that tell one model's answers from another's.

Which common words an answer uses, and its style features, are weighed along directions in which
the answers of named models differ most for how much one model's own answers vary (linear
discriminants; Fisher 1936, Rao 1948). `detectors.training.habits` finds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._linear.model_file import MODELS, BrokenModel, check, write_checksum
from detectors.drift.features import FEATURES

COUNT: Final = 8
NAMES: Final = tuple(f"wording_{number}" for number in range(1, COUNT + 1))
FILE: Final = MODELS / "drift_habits.npz"
# Values of 1 deviation from what is usual lie this far from the middle.
_DEVIATION: Final = 0.125

_Floats = npt.NDArray[np.float64]


class Habits(NamedTuple):
    """Which words are looked for, by row of their weights; those of style features; the middle."""

    rows: dict[str, int]
    known: frozenset[str]
    words: _Floats
    style: _Floats
    middle: _Floats

    def of(self, distinct: frozenset[str], style: Mapping[str, float]) -> dict[str, float]:
        """Every habit of one answer, by name, each in [0, 1].

        `distinct` are its words in lower case, each once; without any all habits are 0.5, the
        middle. Four deviations either way fit; what lies beyond counts as the end.
        """
        if not distinct:
            return dict.fromkeys(NAMES, 0.5)
        used = [self.rows[word] for word in self.known & distinct]
        total = self.words[used].sum(axis=0) - self.middle
        total += np.fromiter((style[name] for name in FEATURES), np.float64) @ self.style
        scaled = np.clip(0.5 + _DEVIATION * total, 0.0, 1.0)
        return dict(zip(NAMES, scaled.tolist(), strict=True))


@cache
def habits() -> Habits:
    """The habits that ship. Raises `BrokenModel` when their file is not the one that shipped."""
    return load(FILE)


def save(model: Habits, path: Path) -> None:
    """Writes the weights in single precision, and their SHA-256 to `<path>.sha256`."""
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            rows=np.array(list(model.rows)),
            words=model.words.astype(np.float32),
            style=model.style.astype(np.float32),
            middle=model.middle.astype(np.float32),
        )
    write_checksum(path)


def load(path: Path) -> Habits:
    """Reads a model. Raises `BrokenModel` when it isn't what `<path>.sha256` says."""
    check(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            rows = {word: row for row, word in enumerate(file["rows"].tolist())}
            words, style, middle = (
                file[name].astype(np.float64) for name in ("words", "style", "middle")
            )
    except (KeyError, ValueError, OSError) as error:
        raise BrokenModel(f"{path.name} holds no model; reinstall outwatch") from error
    expected = ((len(rows), COUNT), (len(FEATURES), COUNT), (COUNT,))
    if (words.shape, style.shape, middle.shape) != expected:
        raise BrokenModel(f"{path.name} is of another version; reinstall outwatch")
    return Habits(rows, frozenset(rows), words, style, middle)
