"""Shares of records that were drawn with known probabilities, with 95 % intervals.

A record that was drawn with probability p stands for 1/p (Horvitz and Thompson 1952). A total of
such records has the gamma interval of Fay and Feuer (1997), which also holds where few or none were
found; the quotient of two totals has the interval of Donner and Zou (2012). Both rather hold too
often than too seldom.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

Z95 = 1.959963984540054
"""Half the width of a 95 % interval, in standard deviations."""


class Share(msgspec.Struct, frozen=True):
    """A share in [0, 1] with its 95 % interval, and the number of records that it rests on."""

    value: float
    low: float
    high: float
    records: int


class Total(msgspec.Struct, frozen=True):
    """How many records there are of a kind, with a 95 % interval."""

    value: float
    low: float
    high: float


def total(weights: Iterable[float], heaviest: float) -> Total:
    """The number of records for which those found stand; `heaviest` is the most that one of the
    kind could have stood for, whether one was found or not.

    >>> shown = total([1.0, 1.0], 1.0)
    >>> shown.value, round(shown.low, 1), round(shown.high, 1)
    (2.0, 0.2, 7.2)
    """
    found = list(weights)
    value = math.fsum(found)
    spread = math.fsum(one * one for one in found)
    most = max(heaviest, max(found, default=0.0))
    low = spread / (2 * value) * _chi2(2 * value * value / spread, -Z95) if value else 0.0
    upper, wide = value + most, spread + most * most
    high = wide / (2 * upper) * _chi2(2 * upper * upper / wide, Z95) if upper else 0.0
    return Total(value, low, high)


def share(yes: Total, no: Total, records: int) -> Share | None:
    """The share of those that are, of two kinds that were counted apart; None where neither was
    found."""
    if not yes.value and not no.value:
        return None
    value = yes.value / (yes.value + no.value)
    low = 1 / (1 + _most(no, yes)) if yes.value else 0.0
    high = 1 - 1 / (1 + _most(yes, no)) if no.value else 1.0
    return Share(value, min(low, value), max(high, value), records)


def counted(yes: int, no: int) -> Share | None:
    """The share of records that were all looked at, with its score interval (Wilson 1927).

    >>> shown = counted(8, 2)
    >>> round(shown.low, 2), shown.value, round(shown.high, 2)
    (0.49, 0.8, 0.94)
    """
    n = yes + no
    if not n:
        return None
    value, z2 = yes / n, Z95 * Z95
    centre = value + z2 / (2 * n)
    spread = Z95 * math.sqrt(value * (1 - value) / n + z2 / (4 * n * n))
    scale = 1 + z2 / n
    return Share(value, max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale), n)


def _most(one: Total, other: Total) -> float:
    """The upper end of the interval of `one` / `other`, which isn't 0."""
    product = one.value * other.value
    below = other.low * (2 * other.value - other.low)
    inside = product * product - one.high * (2 * one.value - one.high) * below
    return (product + math.sqrt(max(0.0, inside))) / below


def _chi2(freedom: float, z: float) -> float:
    """A quantile of the chi-square distribution (Wilson and Hilferty 1931)."""
    part = 2 / (9 * freedom)
    return float(freedom * max(0.0, 1 - part + z * math.sqrt(part)) ** 3)
