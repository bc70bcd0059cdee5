"""Whether a window's distributions differ from a baseline's, and in what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from detectors._drift.features import FEATURES, LENGTH_RATIO
from detectors._drift.sketch import BINS, Sketch

MIN_RECORDS = 30
# One false alarm in 50,000 records where a window is judged every 20 records.
ALPHA = 4e-4
# In standard deviations. A large window makes trifles certain; these keep them quiet.
EFFECT_FLOOR = 0.25
JOINT_EFFECT_FLOOR = 0.12
# Mean squared correlation between two style features, over one model's answers. It is what
# the joint test must allow for; other detectors' signals aren't known, and stay out of it.
STYLE_CORRELATION = 0.05

_STYLE_PREFIX = "drift."
_NORMAL = NormalDist()

_Floats = npt.NDArray[np.float64]


class Shift(msgspec.Struct, frozen=True):
    """One signal's change from the baseline to the window.

    `effect` is the change of the mean in pooled standard deviations (Cohen's d), above 0
    where the window's values are higher; `p_value` is corrected for the number of signals
    (Holm); `words` says it for a person ("answers 2.3 times longer").
    """

    signal: str
    effect: float
    p_value: float
    words: str


class Drift(msgspec.Struct, frozen=True):
    """The answer of `compare`.

    `score` is in [0, 1], and above 0.5 where the change is both certain and large enough to
    matter; `p_value` is that of the whole comparison; `features` has every signal that
    could be compared, the strongest change first.
    """

    score: float
    p_value: float
    features: list[Shift]


def compare(baseline: Mapping[str, Sketch], window: Mapping[str, Sketch]) -> Drift:
    """Compares distributions signal by signal, and the style features also together.

    Signals with fewer than 30 values on either side are left out. Each signal has a
    permutation test of the mean over the bins, so its p-value holds for rare, skewed and
    two-valued signals too; the style features' normal scores are summed as squares and
    judged by a scaled chi-square that allows for their correlation (Brown 1975), which finds
    many small changes at once. A change within one twentieth of the scale isn't seen.

    The test takes records to be independent: a window filled by one conversation looks more
    certain than it is.
    """
    names = [
        name
        for name in sorted(baseline.keys() & window.keys())
        if min(baseline[name].n, window[name].n) >= MIN_RECORDS
    ]
    if not names:
        return Drift(0.0, 1.0, [])
    before = np.array([baseline[name].counts for name in names], dtype=np.float64)
    after = np.array([window[name].counts for name in names], dtype=np.float64)
    effects = _effects(before, after)
    p_values = _permutation_p(before, after)
    corrected = _holm(p_values)
    style = [i for i, name in enumerate(names) if name.startswith(_STYLE_PREFIX)]
    joint_p, joint_effect = _joint(p_values[style], effects[style], before[style], after[style])

    # Two ways to alarm, so each gets half of the error allowed.
    alpha = ALPHA / 2
    strengths = [
        _strength(p, abs(effect) / EFFECT_FLOOR, alpha)
        for p, effect in zip(corrected, effects, strict=True)
    ]
    strength = max([*strengths, _strength(joint_p, joint_effect / JOINT_EFFECT_FLOOR, alpha)])
    order = sorted(range(len(names)), key=lambda i: (-strengths[i], -abs(effects[i]), names[i]))
    return Drift(
        score=1.0 - 0.5**strength,
        p_value=min(1.0, 2.0 * min(joint_p, *corrected)),
        features=[
            Shift(
                names[i],
                float(effects[i]),
                corrected[i],
                words_for(names[i], baseline[names[i]].mean, window[names[i]].mean),
            )
            for i in order
        ],
    )


def words_for(signal: str, before: float, after: float) -> str:
    """The change of a signal's mean in words, as for an incident's evidence."""
    if signal == "drift.length":
        ratio = math.exp((after - before) * math.log(LENGTH_RATIO))
        if ratio >= 1.0:
            return f"answers {ratio:.1f} times longer"
        return f"answers {1.0 / ratio:.1f} times shorter"
    direction = "up" if after >= before else "down"
    change = f"{direction} from {before:.2f} to {after:.2f}"
    feature = FEATURES.get(signal.removeprefix(_STYLE_PREFIX))
    if signal.startswith(_STYLE_PREFIX) and feature is not None:
        return f"{feature[0]}: {change} of 1"
    return f"mean score {change}"


def _strength(p_value: float, effect_ratio: float, alpha: float) -> float:
    """1 where a change is just certain enough and just large enough; more is stronger."""
    certainty = math.log(max(p_value, 1e-300)) / math.log(alpha)
    return max(0.0, min(certainty, float(effect_ratio)))


def _effects(before: _Floats, after: _Floats) -> _Floats:
    """Cohen's d for each signal, over bin numbers."""
    bins = np.arange(BINS)

    def moments(counts: _Floats) -> tuple[_Floats, _Floats]:
        n = counts.sum(axis=1)
        mean = counts @ bins / n
        return mean, counts @ bins**2 / n - mean**2

    mean_before, variance_before = moments(before)
    mean_after, variance_after = moments(after)
    # Where neither side varies, one bin of difference is the smallest thing to be seen.
    deviation = np.sqrt(np.maximum((variance_before + variance_after) / 2, 1 / 12))
    effects: _Floats = (mean_after - mean_before) / deviation
    return effects


def _permutation_p(before: _Floats, after: _Floats) -> _Floats:
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


def _holm(p_values: _Floats) -> list[float]:
    """P-values corrected for their number (Holm 1979), in the order given."""
    corrected = [0.0] * len(p_values)
    running = 0.0
    for rank, i in enumerate(np.argsort(p_values)):
        running = max(running, float(p_values[i]) * (len(p_values) - rank))
        corrected[int(i)] = min(1.0, running)
    return corrected


def _joint(
    p_values: _Floats, effects: _Floats, before: _Floats, after: _Floats
) -> tuple[float, float]:
    """P-value and size of the common change of the style features; (1, 0) for fewer than two.

    The size is the root mean square of their effects, less what chance alone gives.
    """
    varied = ((before + after) > 0).sum(axis=1) > 1
    p_values, effects, before, after = (x[varied] for x in (p_values, effects, before, after))
    count = len(p_values)
    if count < 2:
        return 1.0, 0.0
    squares = sum(_NORMAL.inv_cdf(min(0.75, max(p, 1e-15)) / 2) ** 2 for p in p_values)
    scale = 1.0 + (count - 1) * STYLE_CORRELATION
    chance = float(np.mean(1.0 / before.sum(axis=1) + 1.0 / after.sum(axis=1)))
    size = math.sqrt(max(0.0, float(np.mean(effects**2)) - chance))
    return _chi_square_tail(float(squares) / scale, count / scale), size


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


def sketches_of(values: Sequence[Mapping[str, Any]]) -> dict[str, Sketch]:
    """Sketches by signal of many records' scores."""
    sketches: dict[str, Sketch] = {}
    for scores in values:
        for signal, value in scores.items():
            sketches.setdefault(signal, Sketch()).add(float(value))
    return sketches
