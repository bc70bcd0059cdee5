"""Whether many signals changed together, though none of them enough to tell alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

# Mean squared correlation between two style features, over one model's answers. It is what
# the joint test must allow for; other detectors' signals aren't known, and stay out of it.
STYLE_CORRELATION = 0.05
# The habits hardly correlate over what they were learned from; over one deployment's answers, all
# to one kind of prompt, one direction holds up to this share of their variance, and a second this.
HABITS_SHARES = (0.22, 0.16)

_NORMAL = NormalDist()

_Floats = npt.NDArray[np.float64]


def joint(
    p_values: _Floats,
    effects: _Floats,
    before: _Floats,
    after: _Floats,
    tail: Callable[[float, int], float],
) -> tuple[float, float]:
    """P-value and size of the common change of signals; (1, 0) for fewer than two.

    `tail` tells how likely chance gives that sum of squares, or more, for so many signals. The
    size is the root mean square of their effects, less what chance alone gives.
    """
    varied = ((before + after) > 0).sum(axis=1) > 1
    p_values, effects, before, after = (x[varied] for x in (p_values, effects, before, after))
    count = len(p_values)
    if count < 2:
        return 1.0, 0.0
    squares = sum(_NORMAL.inv_cdf(min(0.75, max(p, 1e-15)) / 2) ** 2 for p in p_values)
    chance = float(np.mean(1.0 / before.sum(axis=1) + 1.0 / after.sum(axis=1)))
    size = math.sqrt(max(0.0, float(np.mean(effects**2)) - chance))
    return tail(float(squares), count), size


def evenly_spread(squares: float, count: int) -> float:
    """P(sum of squares of `count` normal scores > squares), correlated as style features are."""
    scale = 1.0 + (count - 1) * STYLE_CORRELATION
    return _chi_square_tail(squares / scale, count / scale)


def unevenly_spread(squares: float, count: int) -> float:
    """P(sum of squares of `count` normal scores > squares), correlated as habits may be."""
    first, second = (max(1.0, share * count) for share in HABITS_SHARES)
    rest = max(0, count - 2)
    others = max(0.0, count - first - second) / max(1, rest)
    two, three = (first**n + second**n + rest * others**n for n in (2, 3))
    freedom = two**3 / three**2
    deviations = (squares - count) / math.sqrt(2.0 * two)
    return _chi_square_tail(freedom + deviations * math.sqrt(2.0 * freedom), freedom)


def _chi_square_tail(value: float, freedom: float) -> float:
    """P(chi-square with `freedom` degrees, not necessarily whole, > value)."""
    half, shape = value / 2.0, freedom / 2.0
    if half <= 0.0:
        return 1.0
    scale = math.exp(shape * math.log(half) - half - math.lgamma(shape))
    if half < shape + 1.0:
        term = total = 1.0 / shape
        for k in range(1, 500):
            term *= half / (shape + k)
            total += term
        return max(0.0, 1.0 - scale * total)
    # Lentz's continued fraction for the upper incomplete gamma function.
    b = half + 1.0 - shape
    c, d = 1e300, 1.0 / b
    fraction = d
    for k in range(1, 500):
        a = -k * (k - shape)
        b += 2.0
        d = 1.0 / (a * d + b)
        c = b + a / c
        fraction *= c * d
        if abs(c * d - 1.0) < 1e-12:
            break
    return min(1.0, scale * fraction)
