"""Verdicts that were kept: messages of `llm.verdicts`, or rows that `outwatch export` wrote."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from streams.offline.parquet import excluded_of, is_parquet, parquet_lines
from streams.records import VerdictBatch, VerdictRow

__all__ = ["Stored", "is_parquet", "parquet_lines"]

_ROWS = 64
_SLICE_S = 1.0
_MOST_WAITING = 1_000


class _Flat(msgspec.Struct):
    """A row of an export, as far as windows need it."""

    event_time: datetime
    deployment: str
    record_id: str
    topic: str
    partition: int
    offset: int
    part: int = 0
    scored_at: datetime | None = None
    conversation_id: str | None = None
    tenant: str | None = None
    user_hash: str | None = None
    model: str | None = None
    model_version: str | None = None
    scores: dict[str, float] = {}
    judged: list[str] = []
    errors: dict[str, str] = {}
    unfinished: list[str] = []
    excluded: list[str] = []


_messages = msgspec.json.Decoder(VerdictBatch)
_flat = msgspec.json.Decoder(_Flat)


class Stored:
    """Verdicts out of lines, one deployment's and a stretch of event time where that is said.

    `since` is included and `until` is not; both in seconds since the epoch. `read` counts the
    rows that were given out, `unreadable` the lines that are neither message nor row.
    """

    def __init__(
        self,
        deployment: str | None = None,
        since: float | None = None,
        until: float | None = None,
    ) -> None:
        self.deployment = deployment
        self.since = since
        self.until = until
        self.read = 0
        self.unreadable = 0
        self.first: float | None = None
        self.last: float | None = None

    def batches(self, lines: Iterable[bytes | VerdictBatch]) -> Iterator[VerdictBatch]:
        """The batches of lines, or of messages that were read otherwise, each of at most a second
        of event time, in order: of several sources of
        records whose batches overlap, by event time.

        So how many records a worker took at once doesn't decide when a rule would have seen them.
        """
        return _by_time(self._in_turn(lines))

    def _in_turn(self, lines: Iterable[bytes | VerdictBatch]) -> Iterator[Iterable[VerdictBatch]]:
        """The slices of each message, or of rows that belong together."""
        waiting: list[_Flat] = []
        for line in lines:
            if isinstance(line, VerdictBatch):
                yield self._flush(waiting)
                yield list(self._sliced(line))
                continue
            if not line.strip():
                continue
            try:
                batch = _messages.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass
            else:
                yield self._flush(waiting)
                yield list(self._sliced(batch))
                continue
            try:
                row = _flat.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self.unreadable += 1
                continue
            if waiting and (len(waiting) >= _ROWS or _source(waiting[0]) != _source(row)):
                yield self._flush(waiting)
            waiting.append(row)
        yield self._flush(waiting)

    def _flush(self, waiting: list[_Flat]) -> list[VerdictBatch]:
        found = list(self._sliced(_batch(waiting))) if waiting else []
        waiting.clear()
        return found

    def _sliced(self, batch: VerdictBatch) -> Iterator[VerdictBatch]:
        if self.deployment is not None and batch.deployment != self.deployment:
            return
        rows = [row for row in batch.rows if self._within(row.event_time)]
        begin = 0
        for number in range(1, len(rows) + 1):
            if number < len(rows) and rows[number].event_time < rows[begin].event_time + _SLICE_S:
                continue
            part = rows[begin:number]
            begin = number
            self.read += len(part)
            times = [row.event_time for row in part]
            self.first = min(times) if self.first is None else min(self.first, *times)
            self.last = max(times) if self.last is None else max(self.last, *times)
            yield msgspec.structs.replace(
                batch,
                rows=part,
                first_offset=part[0].offset,
                last_offset=part[-1].offset,
                last_part=part[-1].part,
            )

    def _within(self, at: float) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


def _by_time(messages: Iterable[Iterable[VerdictBatch]]) -> Iterator[VerdictBatch]:
    """The slices of messages by event time, where those overlap; those of one source of records
    keep their order."""
    heap: list[tuple[float, int, VerdictBatch]] = []
    last: dict[tuple[str, str, int], float] = {}
    number = 0
    for slices in messages:
        for index, one in enumerate(slices):
            at = one.rows[0].event_time
            if index == 0:
                while heap and (heap[0][0] < at or len(heap) > _MOST_WAITING):
                    yield heapq.heappop(heap)[2]
            source = (one.deployment, one.topic, one.partition)
            last[source] = max(at, last.get(source, at))
            heapq.heappush(heap, (last[source], number, one))
            number += 1
    while heap:
        yield heapq.heappop(heap)[2]


def _source(row: _Flat) -> tuple[object, ...]:
    return row.deployment, row.topic, row.partition, row.scored_at


def _batch(rows: list[_Flat]) -> VerdictBatch:
    judged = [list(one) for one in dict.fromkeys(tuple(row.judged) for row in rows)]
    first = rows[0]
    return VerdictBatch(
        deployment=first.deployment,
        topic=first.topic,
        partition=first.partition,
        first_offset=first.offset,
        last_offset=rows[-1].offset,
        last_part=rows[-1].part,
        rows=[_row(row, judged.index(row.judged)) for row in rows],
        judged=judged,
        scored_at=_seconds(first.scored_at) if first.scored_at else 0.0,
    )


def _row(row: _Flat, judged: int) -> VerdictRow:
    return VerdictRow(
        offset=row.offset,
        part=row.part,
        record_id=row.record_id,
        event_time=_seconds(row.event_time),
        judged=judged,
        scores=row.scores,
        conversation_id=row.conversation_id,
        tenant=row.tenant,
        user=row.user_hash,
        model=row.model,
        model_version=row.model_version,
        errors=row.errors,
        unfinished=row.unfinished,
        excluded=excluded_of(row.excluded),
    )


def _seconds(at: datetime) -> float:
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()
