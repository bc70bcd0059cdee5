"""Levels of scores: fixed steps, finer where scores are low, in which distributions are counted.

What few ordinary records reach may be a score of 0.02 or of 0.8: so steps grow with the score.
"""

from __future__ import annotations

from bisect import bisect_right

from streams.rules.kept import SCALE

EDGES = (
    *(1, 5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 400, 500, 650, 800, 1000, 1250, 1500, 1750),
    *(2000, 2500, 3000, 3500, 4000, 4500, 5000, 5500, 6000, 6500, 7000, 7500, 8000, 8500, 9000),
    *(9500, 9800, 9900),
)
"""Where levels above 0 begin, in 1 / SCALE. Counts by level in baselines and in the shipped
reference are of these: who changes them makes both anew."""

LEVELS = len(EDGES) + 1
"""Level 0 has what is below all edges: scores that are 0."""


def level_of(score: float) -> int:
    """The level of a score in [0, 1].

    >>> level_of(0.0), level_of(0.0004), level_of(0.5), level_of(1.0)
    (0, 1, 26, 37)
    """
    return bisect_right(EDGES, round(score * SCALE))


def least_of(level: int) -> float:
    """The lowest score of a level; 0 for level 0."""
    return EDGES[level - 1] / SCALE if level else 0.0
