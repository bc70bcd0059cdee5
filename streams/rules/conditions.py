"""Whether a window fulfils a rule's condition, and by which figures."""

from __future__ import annotations

import math

import msgspec

from streams.rules.rule import Rule

SCALE = 10_000
"""Scores are summed as whole ten-thousandths: exact, so the order of adding can't matter."""

_Z95 = 1.959963984540054


class Window(msgspec.Struct):
    """What a window holds: merged panes.

    `judged` records judged, `above` those above `record_above`, `total` and `squares` the
    sums of the scores (in 1 / SCALE) and of their squares (in 1 / SCALE²), `users` the
    distinct users with a record above.
    """

    judged: int = 0
    above: int = 0
    total: int = 0
    squares: int = 0
    users: int = 0


class Figure(msgspec.Struct, array_like=True, frozen=True):
    """What a rule found in a window that fulfils its condition.

    `value` is what was compared with the limit: a count, or the lower confidence bound of a
    share or a mean, or the distance from the baseline. `notes` explain it in words.
    """

    value: float
    judged: int
    above: int
    notes: tuple[str, ...] = ()


def judge(rule: Rule, window: Window) -> Figure | None:
    """The window's figures if it fulfils the rule's condition, else None. Not for drift rules."""
    value = _value(rule, window)
    if value is None or not value > rule.condition.threshold:
        return None
    return Figure(value, window.judged, window.above)


def _value(rule: Rule, window: Window) -> float | None:
    kind = rule.condition.kind
    if kind in ("immediate", "count"):
        return float(window.above)
    if kind == "users":
        return float(window.users)
    if window.judged < rule.at_least:
        return None
    if kind == "mean":
        return mean_lower_bound(window)
    # The q-quantile lies above a value exactly if more than 1 - q of the scores do.
    return wilson_lower_bound(window.above, window.judged)


def wilson_lower_bound(successes: int, n: int) -> float:
    """Lower end of the 95 % score interval of a share (Wilson 1927); 0 for no trials.

    >>> round(wilson_lower_bound(30, 100), 4)
    0.2189
    """
    if n <= 0 or successes <= 0:
        return 0.0
    share, z2 = successes / n, _Z95 * _Z95
    centre = share + z2 / (2 * n)
    spread = _Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + z2 / n))


def mean_lower_bound(window: Window) -> float:
    """Lower end of the 95 % normal interval of the mean score; 0 for fewer than 2 scores."""
    n = window.judged
    if n < 2:
        return 0.0
    mean = window.total / n
    # In whole numbers, because the difference of two large floats would lose the variance.
    variance = (window.squares * n - window.total * window.total) / (n * (n - 1))
    return (mean - _Z95 * math.sqrt(max(0.0, variance) / n)) / SCALE
