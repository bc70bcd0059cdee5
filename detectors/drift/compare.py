"""Whether a window's distributions differ from a baseline's, and in what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from detectors.drift.features import FEATURES, LENGTH_RATIO
from detectors.drift.habits import COUNT, NAMES
from detectors.drift.joint import evenly_spread, joint, unevenly_spread
from detectors.drift.permutation import permutation_p
from detectors.drift.sketch import BINS, Sketch

MIN_RECORDS = 30
# One false alarm in 50,000 records where a window is judged every 20 records.
ALPHA = 4e-4
# In standard deviations. A large window makes trifles certain; these keep them quiet.
EFFECT_FLOOR = 0.25
JOINT_EFFECT_FLOOR = 0.12
HABITS_EFFECT_FLOOR = 0.15
# Three ways to alarm share the error allowed: a single signal, the features together, the habits.
ERROR_SHARES = (0.25, 0.1, 0.65)

_STYLE_PREFIX = "drift."
_HABITS = {f"{_STYLE_PREFIX}{name}": number for number, name in enumerate(NAMES, start=1)}

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
    could be compared, the strongest change first, habits of wording after all others, since
    they say little to a reader.
    """

    score: float
    p_value: float
    features: list[Shift]


def compare(baseline: Mapping[str, Sketch], window: Mapping[str, Sketch]) -> Drift:
    """Compares distributions signal by signal; style features and habits also each together.

    Signals with fewer than 30 values on either side are left out. Each signal has a
    permutation test of the mean over the bins, so its p-value holds for rare, skewed and
    two-valued signals too; the style features' normal scores are summed as squares and
    judged by a scaled chi-square that allows for their correlation (Brown 1975), which finds
    many small changes at once. So are the habits of wording, by a chi-square with three moments
    (Liu, Tang & Zhang 2009) for a few directions that may hold much of their variance: they find
    what no feature names. A change within one twentieth of the scale isn't seen.

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
    p_values = permutation_p(before, after)
    corrected = _holm(p_values)
    habits = [i for i, name in enumerate(names) if name in _HABITS]
    style = [
        i for i, name in enumerate(names) if name.startswith(_STYLE_PREFIX) and name not in _HABITS
    ]
    groups = [
        (joint(p_values[of], effects[of], before[of], after[of], tail), floor)
        for of, tail, floor in (
            (style, evenly_spread, JOINT_EFFECT_FLOOR),
            (habits, unevenly_spread, HABITS_EFFECT_FLOOR),
        )
    ]

    single, *shares = ERROR_SHARES
    strengths = [
        _strength(p, abs(effect) / EFFECT_FLOOR, ALPHA * single)
        for p, effect in zip(corrected, effects, strict=True)
    ]
    together = [
        _strength(p, effect / floor, ALPHA * share)
        for ((p, effect), floor), share in zip(groups, shares, strict=True)
    ]
    strength = max(*strengths, *together)
    least = [min(corrected) / single]
    least += [p / share for ((p, _), _), share in zip(groups, shares, strict=True)]
    order = sorted(
        range(len(names)),
        key=lambda i: (names[i] in _HABITS, -strengths[i], -abs(effects[i]), names[i]),
    )
    return Drift(
        score=1.0 - 0.5**strength,
        p_value=min(1.0, *least),
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
    if signal in _HABITS:
        return f"habits of wording ({_HABITS[signal]} of {COUNT}): {change} of 1"
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


def _holm(p_values: _Floats) -> list[float]:
    """P-values corrected for their number (Holm 1979), in the order given."""
    corrected = [0.0] * len(p_values)
    running = 0.0
    for rank, i in enumerate(np.argsort(p_values)):
        running = max(running, float(p_values[i]) * (len(p_values) - rank))
        corrected[int(i)] = min(1.0, running)
    return corrected


def sketches_of(values: Sequence[Mapping[str, Any]]) -> dict[str, Sketch]:
    """Sketches by signal of many records' scores."""
    sketches: dict[str, Sketch] = {}
    for scores in values:
        for signal, value in scores.items():
            sketches.setdefault(signal, Sketch()).add(float(value))
    return sketches
