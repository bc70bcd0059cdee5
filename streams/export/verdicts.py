"""Where an export's verdicts come from: the topic as it is now, or files of its messages."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from kafka import TopicPartition

from streams.config.settings import Settings
from streams.errors import BadRecord, UsageError
from streams.export.columns import rows
from streams.intake.decode import decode_json
from streams.kafka.read import (
    free_reader,
    partitions_of,
    position_of,
    read_merged,
    read_until,
    stand_at,
)
from streams.records import VerdictBatch

_decoder = msgspec.json.Decoder(VerdictBatch)
_SILENT_S = 60.0


class Chosen(msgspec.Struct, kw_only=True):
    """Which rows to export, and what was seen while reading.

    `since` (included) and `until` (excluded) are event times in seconds. Counted are rows read,
    rows that came again, and messages that can't be read.
    """

    since: float | None = None
    until: float | None = None
    deployments: frozenset[str] = frozenset()
    read: int = 0
    repeated: int = 0
    unreadable: int = 0
    _done: dict[tuple[str, str, str], tuple[int, int]] = {}

    def rows(self, values: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        """The rows wanted of verdict messages, each once, in order."""
        for value in values:
            try:
                batch = decode_json(value, _decoder, VerdictBatch)
            except BadRecord:
                self.unreadable += 1
                continue
            yield from self._of(batch)

    def _of(self, batch: VerdictBatch) -> Iterator[dict[str, Any]]:
        if self.deployments and batch.deployment not in self.deployments:
            return
        key = batch.deployment, batch.source, batch.topic_id
        done = self._done.get(key, (-1, -1))
        for row, flat in zip(batch.rows, rows(batch), strict=True):
            self.read += 1
            # A worker that was killed publishes again what it hadn't committed.
            if (row.offset, row.part) <= done:
                self.repeated += 1
            elif self._within(row.event_time):
                yield flat
        self._done[key] = max(done, (batch.last_offset, batch.last_part))

    def _within(self, moment: float) -> bool:
        return (self.since is None or moment >= self.since) and (
            self.until is None or moment < self.until
        )


def from_kafka(
    settings: Settings,
    since: float | None,
    moved: Callable[[int, int], None],
    *,
    by_time: bool = False,
) -> Generator[bytes, None, None]:
    """The messages on the verdicts topic now; `moved` hears how many of how many were read.

    Verdicts on records since a time (in seconds since the epoch) are among those published
    since then, unless clocks differ. `by_time`: partitions are merged by the event time of what
    comes next in each, not read as they come.

    Raises `UsageError` where there is no such topic, or it stops answering, and kafka-python's
    `KafkaError`.
    """
    topic = settings.kafka.topics.verdicts
    with free_reader(settings) as consumer:
        partitions = partitions_of(consumer, topic)
        if not partitions:
            raise UsageError(f"there is no topic {topic}. Make it with: outwatch topics create")
        ends = stand_at(consumer, partitions, int((since or 0.0) * 1000))
        total = _left(consumer, ends)
        try:
            read = (
                read_merged(consumer, ends, _first_time, _SILENT_S)
                if by_time
                else read_until(consumer, ends, _SILENT_S)
            )
            for messages in read:
                yield from (message.value for message in messages if message.value is not None)
                moved(total - _left(consumer, ends), total)
        except TimeoutError:
            raise UsageError(
                f"{topic} gave nothing for {_SILENT_S:g} s. Try again, or look with: "
                "outwatch doctor"
            ) from None


class _Timed(msgspec.Struct):
    event_time: float


class _TimedRows(msgspec.Struct):
    rows: list[_Timed] = []


_timed = msgspec.json.Decoder(_TimedRows)


def _first_time(message: Any) -> float:
    """The event time with which a message begins; lowest for what can't be read."""
    try:
        rows_ = _timed.decode(message.value or b"").rows
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return float("-inf")
    return rows_[0].event_time if rows_ else float("-inf")


def _left(consumer: Any, ends: Mapping[TopicPartition, int]) -> int:
    return sum(max(0, end - position_of(consumer, one)) for one, end in ends.items())
