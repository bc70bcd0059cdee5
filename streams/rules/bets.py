"""Bets that records score higher than those of a baseline: how much each level of score pays.

A bet pays each record by its rank among the baseline's records. It is fair: on records that are
like the baseline's, it pays 1 on average or less, so what a series of bets makes of 1 exceeds A
with a chance of 1 / A at most, however often one looks (Ville 1939). Bets begin anew at each record
and all run on: while records are ordinary, what all have made together grows by 1 a record on
average at most, so it exceeds A once in A records at most. This is the procedure of Shiryaev (1963)
and Roberts (1966), as Shin, Ramdas & Rinaldo, "E-detectors" (2022), have it for any fair bets; bets
on ranks are those of Vovk, Nouretdinov & Gammerman, "Testing exchangeability on-line" (2003).

Scores have ties (most are 0). A record is paid what its level pays on average over all the ranks
that it may have among its equals, which is as fair, and needs no random number.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import msgspec
import numpy as np
import numpy.typing as npt

from streams.rules.kept import SCALE
from streams.rules.levels import LEVELS

_RARE = 0.01
_SHARE = 0.3
_MOVED = (2.3, 1.4)
"""The bets are on this: of records, `_SHARE` are moved by so many standard deviations, on the scale
on which ordinary scores are normal. That is an AUROC of 0.95 and of 0.84."""

_NORMAL = NormalDist()

LogPays = npt.NDArray[np.int64]


class Bets(msgspec.Struct, frozen=True):
    """What records pay: a row for each bet, by level, as logarithms in 1 / SCALE; all bets have
    the same stake. `rare` is the lowest level that at most 1 in 100 ordinary records reach."""

    pays: LogPays
    rare: int


@lru_cache(maxsize=512)
def bets_on(counts: tuple[int, ...], *, own: bool = True) -> Bets:
    """The bets against a baseline, given as its records by level, of which there must be some.

    The next record's rank is equally likely to be any: among its equals, it lies between those
    above and those above with its equals and itself. As one baseline serves many records, it is
    taken to have `more` records than it has that score highest, and the bets are fair on all
    records that reach no level more often than those together. How many more keeps the rate of
    false alarms on average over baselines is shown by `tests/benchmarks/bench_shift.py`. What
    isn't a deployment's `own` says little about what is rare there, so nothing is taken to be
    rarer than 1 in 100.
    """
    records = sum(counts)
    more = 1 + 200 / records if own else records * _RARE
    whole = records + more
    pays = np.zeros((len(_MOVED), LEVELS))
    rare, higher = LEVELS - 1, 0
    for level in reversed(range(LEVELS)):
        if level and higher + counts[level] <= _RARE * records:
            rare = level
        reach = min(1.0, (higher + counts[level] + more) / whole)
        beyond = higher / whole
        for number, by in enumerate(_MOVED):
            moved = (_moved(reach, by) - _moved(beyond, by)) / (reach - beyond)
            pays[number, level] = 1 - _SHARE + _SHARE * moved
        higher += counts[level]
    average = (pays @ np.array(counts) + more * pays[:, -1]) / whole
    fair = pays / np.maximum(1.0, average)[:, None]
    # Down, so that rounding never makes a bet better than fair.
    return Bets(np.floor(np.log(fair) * SCALE).astype(np.int64), rare)


def lower(one: Bets, other: Bets) -> Bets:
    """Bets that pay what the worse of two pays: as fair as both, whichever is right."""
    return Bets(np.minimum(one.pays, other.pays), max(one.rare, other.rare))


def _moved(share: float, by: float) -> float:
    """How many records that are moved reach what a share of ordinary ones reach."""
    if not 0.0 < share < 1.0:
        return share
    return _NORMAL.cdf(_NORMAL.inv_cdf(share) + by)


def made(pays: LogPays, records: npt.NDArray[np.int64]) -> tuple[float, int]:
    """The decimal logarithm of what the bets together have made, and where the best of them began.

    `pays` has by pane what its records pay, a column for each bet, and `records` how many there
    are, the newest pane first: for each record of a pane, bets begin with that pane.
    """
    logs = np.cumsum(pays, axis=0) / SCALE + np.log(records)[:, None] - math.log(pays.shape[1])
    highest = float(logs.max())
    by_start = np.exp(logs - highest).sum(axis=1)
    return (highest + math.log(float(by_start.sum()))) / math.log(10), int(by_start.argmax())
