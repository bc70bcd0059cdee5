"""Deployments by signal out of the store: shares above the limit, means, volumes, and samples."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from streams.builtin_signals import FEEDBACK
from streams.console.fill import BINS
from streams.console.store import Store
from streams.console.trends import first_bin_above
from streams.place import Place
from streams.records import VerdictRow
from streams.rules.rule import Rule
from streams.words import rounded

NEAR = 0.1
"""A score no further from the limit is near it."""

MOST_LOOKED_AT = 20_000
"""Records among which samples are looked for: the newest."""

_DEFAULT = 0.5
_FEEDBACK = frozenset(signal.name for signal in FEEDBACK.values())
_LEVELS = (0.0, 0.005, 0.02, 0.05, 0.15, 0.4)

_rows = msgspec.json.Decoder(VerdictRow)


class _Scores(msgspec.Struct):
    scores: dict[str, float] = {}


_scores = msgspec.json.Decoder(_Scores)


class Cell(msgspec.Struct, frozen=True):
    """A signal in a deployment: records judged and above `limit`, and their mean score, about (to
    half a bin)."""

    judged: int
    above: int
    mean: float
    limit: float

    @property
    def share(self) -> float:
        """The share above the limit."""
        return self.above / self.judged if self.judged else 0.0

    @property
    def shown(self) -> str:
        """The share in words: one that is there is never none."""
        return "< 0.1 %" if 0 < self.share < 0.001 else rounded(self.share)

    @property
    def level(self) -> int:
        """How hot it is: 0 to 6."""
        return sum(self.share > one for one in _LEVELS)


class Sample(msgspec.Struct, frozen=True):
    """A record near the limit: its place, id, score, event time and masked excerpt."""

    place: str
    record_id: str
    score: float
    event_time: float
    version: str
    excerpt: str


def limit_of(rules: Sequence[Rule], deployment: str, signal: str) -> float:
    """The lowest score above which a record counts for any rule on a signal in a deployment; 0.5
    where none is."""
    found = [
        rule.within(deployment).record_above
        for rule in rules
        if rule.hears(signal) and rule.covers(deployment) and not type(rule.condition).baseline
    ]
    return min(found, default=_DEFAULT)


def deployments(store: Store, first: int) -> list[tuple[str, int]]:
    """The deployments of which anything was judged since a minute, the busiest first, and how many
    records; what people said of them is none."""
    of_feedback = {number for number, signals in _sets(store).items() if _said_by_people(signals)}
    found: dict[str, int] = {}
    for row in store.rows(
        "SELECT deployment, judged, sum(records) AS records FROM traffic WHERE minute >= ?"
        " GROUP BY deployment, judged",
        first,
    ):
        records = 0 if row["judged"] in of_feedback else row["records"]
        found[row["deployment"]] = found.get(row["deployment"], 0) + records
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))


def _said_by_people(signals: Sequence[str]) -> bool:
    return bool(signals) and all(signal in _FEEDBACK for signal in signals)


def heat(
    store: Store, names: Sequence[str], first: int, rules: Sequence[Rule]
) -> dict[str, dict[str, Cell]]:
    """By deployment and signal, the cells since a minute. Signals that weren't judged are left
    out."""
    found: dict[str, dict[str, Cell]] = {}
    sets = _sets(store)
    for name in names:
        bins: dict[str, list[int]] = {}
        for row in store.rows(
            "SELECT signal, bin, sum(records) AS records FROM scores"
            " WHERE deployment = ? AND minute >= ? GROUP BY signal, bin",
            name,
            first,
        ):
            bins.setdefault(row["signal"], [0] * BINS)[row["bin"]] = row["records"]
        found[name] = {
            signal: _cell(bins.get(signal, [0] * BINS), records, limit_of(rules, name, signal))
            for signal, records in _judged(store, sets, name, first).items()
        }
    return found


def distribution(
    store: Store, deployment: str, signal: str, first: int, rules: Sequence[Rule]
) -> tuple[list[int], Cell]:
    """How many records since a minute have which score, in bins; and the cell."""
    counts = [0] * BINS
    for row in store.rows(
        "SELECT bin, sum(records) AS records FROM scores"
        " WHERE deployment = ? AND signal = ? AND minute >= ? GROUP BY bin",
        deployment,
        signal,
        first,
    ):
        counts[row["bin"]] = row["records"]
    records = _judged(store, _sets(store), deployment, first).get(signal, 0)
    return counts, _cell(counts, records, limit_of(rules, deployment, signal))


def samples(
    store: Store,
    deployment: str,
    signal: str,
    limit: float,
    since: float,
    most: int,
    within: tuple[float, float] | None = None,
) -> list[Sample]:
    """Records since a time whose score is nearest to a limit, of the newest ones; those `within`
    two scores where that is asked."""
    near: list[tuple[float, int, int]] = []
    low, high = within or (max(0.0, limit - NEAR), limit + NEAR)
    with store.reading() as connection:
        for row in connection.execute(
            "SELECT number, message FROM records WHERE deployment = ? AND event_time >= ?"
            " ORDER BY event_time DESC LIMIT ?",
            (deployment, since, MOST_LOOKED_AT),
        ):
            score = _scores.decode(row["message"]).scores.get(signal)
            if score is not None and low < score <= high:
                near.append((abs(score - limit), -row["number"], row["number"]))
    numbers = [number for _, _, number in heapq.nsmallest(most, near)]
    rows = {row["number"]: row for row in _records(store, numbers)}
    return [_sample(rows[number], signal) for number in numbers if number in rows]


def excerpt_of(store: Store, record_id: str, place: str) -> str:
    """The masked excerpt of the record of an id at a place; "" where the store has none."""
    for row in store.rows("SELECT * FROM records WHERE record_id = ? LIMIT 100", record_id):
        if str(Place(row["topic"], row["partition"], row["offset"], row["part"])) == place:
            return _rows.decode(row["message"]).excerpt
    return ""


def _sets(store: Store) -> dict[int, list[str]]:
    """The signals that were judged together, by number."""
    return {
        row["number"]: msgspec.json.decode(row["signals"], type=list[str])
        for row in store.rows("SELECT number, signals FROM judged")
    }


def _judged(
    store: Store, sets: Mapping[int, Sequence[str]], deployment: str, first: int
) -> dict[str, int]:
    """How many records since a minute were judged for each signal."""
    found: dict[str, int] = {}
    for row in store.rows(
        "SELECT judged, sum(records) AS records FROM traffic"
        " WHERE deployment = ? AND minute >= ? GROUP BY judged",
        deployment,
        first,
    ):
        for signal in sets.get(row["judged"], ()):
            found[signal] = found.get(signal, 0) + row["records"]
    return found


def _cell(counts: Sequence[int], records: int, limit: float) -> Cell:
    above = sum(counts[first_bin_above(limit) :]) if limit < 1 else 0
    total = sum(number * (bin_ + 0.5) / BINS for bin_, number in enumerate(counts))
    return Cell(records, above, total / records if records else 0.0, limit)


def _records(store: Store, numbers: Sequence[int]) -> list[Any]:
    return store.rows(
        "SELECT * FROM records WHERE number IN (SELECT value FROM json_each(?))",
        msgspec.json.encode(list(numbers)).decode(),
    )


def _sample(row: Any, signal: str) -> Sample:
    one = _rows.decode(row["message"])
    return Sample(
        place=str(Place(row["topic"], row["partition"], row["offset"], row["part"])),
        record_id=one.record_id,
        score=one.scores[signal],
        event_time=one.event_time,
        version=one.model_version or "",
        excerpt=one.excerpt,
    )
