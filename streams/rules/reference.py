"""How ordinary answers score, by signal: what a deployment is measured against at first.

`python -m streams.demo.samples.reference` writes the file, `reference.json`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from streams.rules.kept import SCALE
from streams.rules.levels import LEVELS, least_of, level_of

FILE = "reference.json"
RECORDS = 2000
"""The counts of each signal are as of so many answers."""

_UNKNOWN = 0.5
_RARE = 0.01
_SELDOM = 0.03
_LOWEST = 0.05


class Reference(msgspec.Struct):
    """Of each signal, how many of `RECORDS` ordinary answers have each level of score; and what
    the answers were."""

    source: str
    signals: dict[str, list[int]]


@cache
def reference() -> Reference:
    """What comes with outwatch."""
    return msgspec.json.decode((files("streams.rules") / FILE).read_bytes(), type=Reference)


@cache
def ordinary(signal: str) -> tuple[int, ...]:
    """Ordinary answers by the level of a signal's score; () where none were judged for it."""
    counts = reference().signals.get(signal, ())
    return tuple(counts) if len(counts) == LEVELS else ()


def rare_score(signal: str) -> float:
    """A score that no more than 1 in 100 ordinary answers exceed; 0.5 for an unknown signal."""
    counts = ordinary(signal)
    return round(least_of(_reached(counts, _RARE)) - 1 / SCALE, 4) if counts else _UNKNOWN


def floor_level(signal: str, record_above: float) -> int:
    """The level from which a score is suspicious by itself: one that 3 in 100 ordinary answers
    reach at most; of an unknown signal 0.05. No higher than where a record counts as above."""
    counts = ordinary(signal)
    found = _reached(counts, _SELDOM) if counts else level_of(_LOWEST)
    return max(1, min(found, level_of(record_above)))


def _reached(counts: tuple[int, ...], share: float) -> int:
    """The lowest level above 0 that no more than a share of the records reach."""
    level, higher = LEVELS - 1, counts[-1]
    while level > 1 and higher + counts[level - 1] <= share * sum(counts):
        level -= 1
        higher += counts[level]
    return level
