"""Score maps learned from labels: how often a signal is right about records that score so.

By isotonic regression, which assumes no shape but that a higher score never means less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from streams.errors import UsageError
from streams.installing import pip_install
from streams.labels.label import Scored, tally
from streams.rules.rule import Rule, RuleSet
from streams.rules.score_maps import MOST_POINTS, ScoreMap, mappable

AT_LEAST = 100
"""Labels of a signal in a deployment without which no map is proposed."""

AT_LEAST_EACH = 20
"""So many of them must say yes, and so many no."""

_FOLDS = 5
_ONE_IN_TWENTY = 1.6449
_ERRORS = ("error", "error_before")

_Floats = npt.NDArray[np.float64]


class MapProposal(msgspec.Struct, frozen=True):
    """A map for a signal in a deployment; None where `why_not` says why there is none.

    `error` is the mean square difference between what the map says and what people said, on labels
    that weren't learned from, and `error_before` that of the detector's own scores; in [0, 1], the
    lower the better (Brier 1950).
    """

    deployment: str
    signal: str
    labels: int
    positive: int
    map: ScoreMap | None = None
    error: float = 0.0
    error_before: float = 0.0
    why_not: str = ""
    tied: int = 0

    @property
    def tally(self) -> str:
        """The labels in words."""
        return tally(self.labels, self.positive, self.tied)


def score_maps(scored: Iterable[Scored], at_least: int = AT_LEAST) -> list[MapProposal]:
    """A map for each deployment and signal that labels are about.

    `scored` have the detectors' own scores, never mapped ones. There is none with fewer labels than
    `at_least`, or where it isn't surely better than the scores as they are, on labels held apart.
    Raises `UsageError` where scikit-learn is missing.
    """
    groups: dict[tuple[str, str], list[Scored]] = {}
    for one in scored:
        groups.setdefault((one.deployment, one.label.signal), []).append(one)
    return [_proposal(*key, groups[key], at_least) for key in sorted(groups)]


def heard(rules: RuleSet, proposal: MapProposal) -> list[Rule]:
    """The rules that a map changes something for, in its deployment alone."""
    return [
        msgspec.structs.replace(rule, deployments=(proposal.deployment,))
        for rule in rules.rules
        if rule.hears(proposal.signal)
        and rule.covers(proposal.deployment)
        and not type(rule.condition).baseline
    ]


def _proposal(deployment: str, signal: str, scored: Sequence[Scored], at_least: int) -> MapProposal:
    positive = sum(one.label.label > 0.5 for one in scored)
    tied = sum(one.label.tied for one in scored)
    said = MapProposal(deployment, signal, len(scored), positive, tied=tied)

    def none(why: str) -> MapProposal:
        return msgspec.structs.replace(said, why_not=why)

    if not mappable(signal):
        return none("it has no score that a map could be of")
    if len(scored) < at_least:
        return none(f"fewer than {at_least} labels")
    for kind, number in (("say yes", positive), ("say no", len(scored) - positive - tied)):
        if number < AT_LEAST_EACH:
            return none(f"fewer than {AT_LEAST_EACH} {kind}")
    scores = np.array([one.score for one in scored])
    labels = np.array([one.label.label for one in scored])
    weights = np.array([one.label.weight for one in scored])
    apart = _apart(scores, labels, weights)
    before, after = (scores - labels) ** 2, (apart - labels) ** 2
    if not _surely_less(after, before, weights):
        return none("on labels held apart it isn't surely better than the scores as they are")
    points = _points(scores, labels, weights)
    made = ScoreMap(signal, deployment, points, len(scored), positive)
    errors = (round(float(np.average(one, weights=weights)), 4) for one in (after, before))
    return msgspec.structs.replace(said, map=made, **dict(zip(_ERRORS, errors, strict=True)))


def _surely_less(one: _Floats, other: _Floats, weights: _Floats) -> bool:
    """Whether one is less on average than the other by more than chance would make it in one of
    twenty."""
    less = other - one
    mean = np.average(less, weights=weights)
    deviation = np.sqrt(np.sum((weights * (less - mean)) ** 2)) / np.sum(weights)
    return bool(mean > _ONE_IN_TWENTY * deviation)


def _apart(scores: _Floats, labels: _Floats, weights: _Floats) -> _Floats:
    """What maps say of each label that were learned from the others."""
    said = np.zeros_like(scores)
    fold = np.random.default_rng(1).permutation(len(scores)) % _FOLDS
    for number in range(_FOLDS):
        held = fold == number
        made = ScoreMap("", "", _points(scores[~held], labels[~held], weights[~held]))
        said[held] = [made.of(float(score)) for score in scores[held]]
    return said


def _points(scores: _Floats, labels: _Floats, weights: _Floats) -> tuple[tuple[float, float], ...]:
    try:
        from sklearn.isotonic import IsotonicRegression
    except ImportError as missing:
        raise UsageError(
            f"Score maps need scikit-learn. Install it with: {pip_install('outwatch[train]')}"
        ) from missing
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    fitted.fit(scores, labels, sample_weight=weights)
    found = {
        round(float(score), 4): round(float(meant), 4)
        for score, meant in zip(fitted.X_thresholds_, fitted.y_thresholds_, strict=True)
    }
    points = sorted(found.items())
    if len(points) > MOST_POINTS:
        kept = np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int)
        points = [points[place] for place in kept]
    return tuple(points)
