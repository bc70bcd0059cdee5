"""Counts by minute out of the store, for charts and tables."""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec

from streams.console.fill import BINS, bin_of
from streams.console.store import Store


class Minute(msgspec.Struct, frozen=True):
    """One minute of event time: `minute` since the epoch, the records judged for a signal in it,
    and those above a limit."""

    minute: int
    judged: int
    above: int


def first_bin_above(limit: float) -> int:
    """The first bin that counts as above a limit; exact for multiples of 0.05, else the bin that
    the limit lies in counts.

    >>> first_bin_above(0.5), first_bin_above(0.0), first_bin_above(0.72)
    (10, 0, 14)
    """
    on_an_edge = math.isclose(limit * BINS, round(limit * BINS), abs_tol=1e-6)
    return bin_of(limit) + (1 if on_an_edge and limit > 0 else 0)


def above_by_minute(
    store: Store, deployment: str, signal: str, limit: float, first: int, last: int
) -> dict[int, int]:
    """By minute, from `first` to `last`, the records whose score of a signal is above a limit;
    minutes without any are left out."""
    rows = store.rows(
        "SELECT minute, sum(records) AS records FROM scores"
        " WHERE deployment = ? AND signal = ? AND minute BETWEEN ? AND ? AND bin >= ?"
        " GROUP BY minute",
        deployment,
        signal,
        first,
        last,
        first_bin_above(limit),
    )
    return {row["minute"]: row["records"] for row in rows}


def by_minute(
    store: Store, deployment: str, signal: str, limit: float, first: int, last: int
) -> list[Minute]:
    """The minutes in which records were judged for a signal, in order."""
    judging = judging_sets(store, signal)
    above = above_by_minute(store, deployment, signal, limit, first, last)
    rows = store.rows(
        "SELECT minute, sum(records) AS records FROM traffic"
        " WHERE deployment = ? AND minute BETWEEN ? AND ?"
        " AND judged IN (SELECT value FROM json_each(?)) GROUP BY minute ORDER BY minute",
        deployment,
        first,
        last,
        msgspec.json.encode(judging).decode(),
    )
    return [Minute(row["minute"], row["records"], above.get(row["minute"], 0)) for row in rows]


def judging_sets(store: Store, signal: str) -> list[int]:
    """The numbers of the sets of signals judged together that hold this one."""
    return [
        row["number"]
        for row in store.rows("SELECT number, signals FROM judged")
        if signal in _signals(row["signals"])
    ]


@lru_cache(maxsize=4_096)
def _signals(text: str) -> frozenset[str]:
    return frozenset(msgspec.json.decode(text, type=list[str]))
