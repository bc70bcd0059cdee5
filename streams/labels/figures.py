"""Precision and recall of a limit on a signal, from labelled records with known scores."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from streams.labels.estimate import Share, share, total
from streams.labels.label import Scored


class Figures(msgspec.Struct, frozen=True):
    """What a limit finds: precision and recall, None where no label says; and the labels."""

    precision: Share | None
    recall: Share | None
    labels: int


def figures(scored: Sequence[Scored], limit: float) -> Figures:
    """Of records scored above a limit, the share that is so; and of those that are so, the share
    above it."""
    hits, false, missed = [], [], []
    heaviest_above = heaviest_below = 1.0
    above = 0
    for one in scored:
        weight, label = one.label.weight, one.label.label
        if one.score > limit:
            above += 1
            heaviest_above = max(heaviest_above, weight)
            hits.append(weight * label)
            false.append(weight * (1 - label))
        else:
            heaviest_below = max(heaviest_below, weight)
            missed.append(weight * label)
    found = total(filter(None, hits), heaviest_above)
    wrong = total(filter(None, false), heaviest_above)
    lost = total(filter(None, missed), heaviest_below)
    positives = sum(one.label.label > 0 for one in scored)
    return Figures(
        precision=share(found, wrong, above) if above else None,
        recall=share(found, lost, positives) if positives else None,
        labels=len(scored),
    )
