"""Whether the values of a window are a random draw from those of a baseline and window together."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from detectors.drift.sketch import BINS

_Floats = npt.NDArray[np.float64]


def permutation_p(before: _Floats, after: _Floats) -> _Floats:
    """Two-sided p-values: the window is a draw without replacement from both together.

    Double saddlepoint approximation for the sum of the drawn bin numbers (Robinson 1982;
    tail by Skovgaard 1987, with a continuity correction for the lattice), which keeps its
    relative accuracy far into the tails, where rare signals break a t-test.
    """
    pooled = before + after
    drawn = after.sum(axis=1)
    scores = np.tile(np.arange(BINS, dtype=np.float64), (len(pooled), 1))
    observed = (after * scores).sum(axis=1)
    expected = (pooled * scores).sum(axis=1) * drawn / pooled.sum(axis=1)
    falling = observed < expected
    scores[falling] = BINS - 1 - scores[falling]
    for row, counts in zip(scores, pooled, strict=True):
        used = row[counts > 0]
        row -= used.min()
        row /= max(1.0, float(np.gcd.reduce((used - used.min()).astype(int))))
    observed = (after * scores).sum(axis=1)
    expected = (pooled * scores).sum(axis=1) * drawn / pooled.sum(axis=1)
    tails = np.array(
        [
            _upper_tail(*row)
            for row in zip(pooled, scores, drawn, observed - 0.5, expected, strict=True)
        ]
    )
    p_values: _Floats = np.minimum(1.0, 2.0 * tails)
    return p_values


def _upper_tail(
    counts: _Floats, scores: _Floats, drawn: float, target: float, expected: float
) -> float:
    """P(sum of `drawn` scores > target), drawn without replacement from `counts`."""
    used = counts > 0
    counts, scores = counts[used], scores[used]
    share = drawn / counts.sum()
    if target - expected <= 1e-9:
        return 0.5

    def state(u: float, t: float) -> tuple[float, _Floats, float, float, float]:
        exponents = u + t * scores
        chosen = share * np.exp(np.minimum(exponents, 500.0))
        odds = chosen / (1.0 - share)
        log_mgf = float(counts @ np.log1p(odds)) + counts.sum() * math.log1p(-share)
        probability = odds / (1.0 + odds)
        weight = counts * probability * (1.0 - probability)
        gradient = np.array(
            [counts @ probability - drawn, (counts * scores) @ probability - target]
        )
        return (
            log_mgf - u * drawn - t * target,
            gradient,
            float(weight.sum()),
            float(weight @ scores),
            float(weight @ scores**2),
        )

    u = t = 0.0
    value, gradient, a, b, c = state(u, t)
    flat = a
    for _ in range(60):
        determinant = a * c - b * b
        if determinant <= 1e-12 * max(1.0, a * c):
            break
        step_u = (c * gradient[0] - b * gradient[1]) / determinant
        step_t = (a * gradient[1] - b * gradient[0]) / determinant
        size = 1.0
        while size > 1e-6:
            candidate = state(u - size * step_u, t - size * step_t)
            if candidate[0] <= value + 1e-12:
                break
            size /= 2
        improved = value - candidate[0]
        u, t = u - size * step_u, t - size * step_t
        value, gradient, a, b, c = candidate
        if improved < 1e-9:
            break
    deviance = max(0.0, -2.0 * value)
    w = math.sqrt(deviance)
    determinant = a * c - b * b
    if w < 1e-3 or determinant <= 0.0:
        return 0.5 if w < 1e-3 else math.exp(-deviance / 2)
    v = 2.0 * math.sinh(min(t, 300.0) / 2.0) * math.sqrt(determinant / flat)
    density = math.exp(-deviance / 2) / math.sqrt(2.0 * math.pi)
    tail = 0.5 * math.erfc(w / math.sqrt(2.0)) + density * (1.0 / v - 1.0 / w)
    # Chernoff's bound holds whatever the approximation does.
    return float(min(max(tail, 0.0), math.exp(-deviance / 2), 0.5))
