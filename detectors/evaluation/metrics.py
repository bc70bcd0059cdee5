"""Figures of merit, in plain numpy. Higher scores mean "more likely positive" throughout."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from detectors.base import Finding
from detectors.evaluation.rows import Span

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

RESAMPLES = 1_000
_DRAWS_AT_ONCE = 2_000_000


class Interval(NamedTuple):
    """A figure in [0, 1] and the ends of its 95 % interval; None for what can't be had."""

    value: float | None
    ends: tuple[float, float] | None


class AtThreshold(NamedTuple):
    """Figures of yes-or-no answers.

    Precision is None where nothing fired, recall and F1 where nothing is positive.
    """

    precision: Interval
    recall: Interval
    f1: Interval


class Bin(msgspec.Struct, frozen=True):
    """One tenth of the score's range: how many records fell there and what share is positive."""

    low: float
    high: float
    records: int
    mean_score: float | None
    positive: float | None


class SpanScore(msgspec.Struct, frozen=True):
    """Agreement of found and gold spans, each figure in [0, 1]."""

    precision: float
    recall: float
    f1: float


def auroc(scores: Floats, labels: Flags) -> float | None:
    """The chance that a positive outscores a negative, ties counting half (Mann-Whitney).

    None where one of the classes is missing.
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return None
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    above = ranks[places][labels].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def average_precision(scores: Floats, labels: Flags) -> float | None:
    """The mean of precision over recall's steps, without interpolation; None without positives."""
    if not labels.any():
        return None
    hits, alarms = _cumulative(scores, labels)
    gained = np.diff(hits, prepend=0.0) / labels.sum()
    return float((gained * hits / (hits + alarms)).sum())


def recall_at_fpr(scores: Floats, labels: Flags, rate: float) -> float | None:
    """The best recall of any threshold whose false-positive rate is at most `rate` (in [0, 1]).

    None where one of the classes is missing.
    """
    if not labels.any() or labels.all():
        return None
    hits, alarms = _cumulative(scores, labels)
    allowed = alarms <= rate * (~labels).sum() + 1e-9
    return float(hits[allowed].max(initial=0.0) / labels.sum())


def _cumulative(scores: Floats, labels: Flags) -> tuple[Floats, Floats]:
    """True and false positives at each distinct score as threshold, the highest first."""
    distinct, places = np.unique(-scores, return_inverse=True)
    hits = np.bincount(places, weights=labels, minlength=len(distinct))
    alarms = np.bincount(places, weights=~labels, minlength=len(distinct))
    return np.cumsum(hits), np.cumsum(alarms)


def at_threshold(
    fired: Flags, labels: Flags, groups: Sequence[Hashable], seed: int = 0
) -> AtThreshold:
    """Precision, recall and F1 of yes-or-no answers.

    The intervals are percentiles of a seeded bootstrap that draws whole groups, as rows of one
    group (answers to one question) don't err independently.
    """
    names = {name: place for place, name in enumerate(dict.fromkeys(groups))}
    places = np.array([names[name] for name in groups], dtype=np.intp)
    counted: Floats = np.stack(
        [
            np.bincount(places, weights=flags, minlength=len(names)).astype(np.float64)
            for flags in (fired & labels, fired & ~labels, ~fired & labels)
        ]
    )
    whole = counted.sum(axis=1)[:, None]
    drawn = _resampled(counted, np.random.default_rng(seed))
    return AtThreshold(
        _interval(lambda hit, wrong, _: _ratio(hit, hit + wrong), whole, drawn),
        _interval(lambda hit, _, missed: _ratio(hit, hit + missed), whole, drawn),
        _interval(
            lambda hit, wrong, missed: (
                _ratio(2 * hit, 2 * hit + wrong + missed)
                # F1 says nothing of a set without positives.
                + np.where(hit + missed > 0, 0.0, np.nan)
            ),
            whole,
            drawn,
        ),
    )


def _resampled(counted: Floats, source: np.random.Generator) -> Floats:
    """Sums over groups (columns), drawn with replacement, a column for each resample."""
    groups = counted.shape[1]
    if groups < 2:
        return np.empty((len(counted), 0))
    shares = np.full(groups, 1 / groups)
    # In parts, as a draw for every resample of a large set would take gigabytes.
    parts = max(1, RESAMPLES * groups // _DRAWS_AT_ONCE)
    sizes = [len(part) for part in np.array_split(np.arange(RESAMPLES), parts)]
    return np.hstack([counted @ source.multinomial(groups, shares, size).T for size in sizes])


def _ratio(part: Floats, whole: Floats) -> Floats:
    ratio: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return ratio


def _interval(
    figure: Callable[[Floats, Floats, Floats], Floats], whole: Floats, drawn: Floats
) -> Interval:
    value = figure(*whole)[0]
    if np.isnan(value):
        return Interval(None, None)
    values = figure(*drawn)
    values = values[~np.isnan(values)]
    if not len(values):
        return Interval(float(value), None)
    low, high = np.percentile(values, (2.5, 97.5))
    return Interval(float(value), (float(low), float(high)))


def reliability(scores: Floats, labels: Flags, bins: int = 10) -> list[Bin]:
    """How often scores are right: equal parts of [0, 1], the upper end within the last one."""
    places = np.minimum((scores * bins).astype(int), bins - 1)
    table = []
    for place in range(bins):
        inside = places == place
        count = int(inside.sum())
        table.append(
            Bin(
                low=place / bins,
                high=(place + 1) / bins,
                records=count,
                mean_score=float(scores[inside].mean()) if count else None,
                positive=float(labels[inside].mean()) if count else None,
            )
        )
    return table


def span_overlap(
    gold: Sequence[Sequence[Span]],
    found: Sequence[Sequence[Span | Finding]],
    matches: Callable[[Span, Span | Finding], bool] = lambda _gold, _found: True,
) -> SpanScore | None:
    """Span by span: a gold span is hit, a found one right, where they overlap and `matches` holds.

    Span precision is the share of found spans that are right, recall that of gold spans that are
    hit. None where there is no gold span.
    """
    hit = right = golds = founds = 0
    for gold_here, found_here in zip(gold, found, strict=True):
        golds += len(gold_here)
        founds += len(found_here)
        hit += sum(any(_meet(g, f) and matches(g, f) for f in found_here) for g in gold_here)
        right += sum(any(_meet(g, f) and matches(g, f) for g in gold_here) for f in found_here)
    return _span_score(right, founds, hit, golds) if golds else None


def span_characters(
    gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span | Finding]]
) -> SpanScore | None:
    """Character by character, so that where a span begins and ends counts too.

    None where there is no gold span.
    """
    both = golds = founds = 0
    for gold_here, found_here in zip(gold, found, strict=True):
        gold_covered, found_covered = _covered(gold_here), _covered(found_here)
        golds += len(gold_covered)
        founds += len(found_covered)
        both += len(gold_covered & found_covered)
    return _span_score(both, founds, both, golds) if golds else None


def _meet(gold: Span, found: Span | Finding) -> bool:
    return gold.start < found.end and found.start < gold.end


def _covered(spans: Sequence[Span | Finding]) -> set[int]:
    return {place for span in spans for place in range(span.start, span.end)}


def _span_score(right: int, founds: int, hit: int, golds: int) -> SpanScore:
    precision = right / founds if founds else 0.0
    recall = hit / golds
    both = precision + recall
    return SpanScore(precision, recall, 2 * precision * recall / both if both else 0.0)
