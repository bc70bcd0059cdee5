"""Puts batches together that may be folded at once, so that each rule counts them once.

What windows hold doesn't depend on how rows are parted into batches; what it costs does. Only
batches of one source partition come together, in their order.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from streams.records import VerdictBatch, VerdictRow
from streams.windows.sources import IMPOSSIBLE_S

MOST_ROWS = 5_000


class _Gathering(msgspec.Struct):
    first: VerdictBatch
    last: VerdictBatch
    rows: list[VerdictRow]
    judged: list[list[str]]
    index: dict[tuple[str, ...], int]


class Gathered:
    """Batches that wait to be folded; `take` gives those that can't wait any longer."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str, int], _Gathering] = {}
        self._rows = 0

    def take(self, batch: VerdictBatch, newest: float) -> Iterator[VerdictBatch]:
        """Adds a batch; `newest` is the newest event time so far."""
        key = batch.deployment, batch.topic, batch.partition
        there = self._waiting.get(key)
        if there is not None and not _follows(there.last, batch, newest):
            yield from self.all()
            there = None
        if there is None:
            there = self._waiting[key] = _Gathering(batch, batch, [], [], {})
        there.last = batch
        there.rows += _renumbered(there, batch)
        self._rows += len(batch.rows)
        if self._rows >= MOST_ROWS:
            yield from self.all()

    def all(self) -> Iterator[VerdictBatch]:
        """All that wait, each source's as one batch, in the order in which they first came."""
        waiting, self._waiting, self._rows = self._waiting, {}, 0
        for one in waiting.values():
            if one.first is one.last:
                yield one.first
                continue
            yield msgspec.structs.replace(
                one.first,
                rows=one.rows,
                judged=one.judged,
                last_offset=one.last.last_offset,
                last_part=one.last.last_part,
            )


def _follows(last: VerdictBatch, batch: VerdictBatch, newest: float) -> bool:
    """Whether a batch can stand in one with those before it, and nothing is folded otherwise."""
    if not batch.rows or batch.topic_id != last.topic_id or batch.loose != last.loose:
        return False
    first = batch.rows[0]
    if (first.offset, first.part) <= (last.last_offset, last.last_part):
        # What came before counts as folded, and what comes again is dropped.
        return False
    # A clock that is ahead of when rows were scored is turned back batch by batch.
    at = min(last.scored_at, batch.scored_at)
    return at == batch.scored_at == last.scored_at or newest <= at + IMPOSSIBLE_S


def _renumbered(there: _Gathering, batch: VerdictBatch) -> list[VerdictRow]:
    """The rows of a batch, with the numbers that their judged signals have among all."""
    numbers = []
    for signals in batch.judged:
        key = tuple(signals)
        if key not in there.index:
            there.index[key] = len(there.judged)
            there.judged.append(signals)
        numbers.append(there.index[key])
    same = numbers == list(range(len(numbers)))
    if same and all(0 <= row.judged < len(numbers) for row in batch.rows):
        return batch.rows
    outside = len(there.judged) + 1_000_000
    return [
        msgspec.structs.replace(
            row, judged=numbers[row.judged] if 0 <= row.judged < len(numbers) else outside
        )
        for row in batch.rows
    ]
