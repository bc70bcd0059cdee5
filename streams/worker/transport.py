"""Faust's reading from Kafka, as this worker needs it.

Faust would read uncommitted records, end where a batch is broken, drop what stands before an
offset it had seen (a topic made anew), lose sight of what retention took, and fill the gaps of a
compacted topic one offset at a time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import aiokafka.consumer.fetcher
from aiokafka import TopicPartition
from aiokafka.errors import (
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    RecordTooLargeError,
)
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport

from streams.kafka.batches import GONE, Loss, Losses, SoundRecords, lean
from streams.kafka.lean import Most

log = logging.getLogger(__name__)

_SETTLED_S = 60.0
_FULL_S = 10.0

CALM_S = 8.0
"""A worker that leaves waits so many seconds at most for what it is processing."""

_LOOK_S = 0.1

MOST_HELD = 64 * 1024 * 1024
"""How many bytes of values are read before those before them are processed, and one batch more."""

_LEAST_OF_A_BATCH = 32 * 1024 * 1024


class Progress:
    """How far each assigned partition was read; written by the reading thread.

    `acked` is the offset after the last that was processed, None before the first.
    """

    def __init__(
        self, losses: Losses, topic_ids: Callable[[Iterable[str]], Mapping[str, str]]
    ) -> None:
        self.losses = losses
        self.read_topic_ids = topic_ids
        self.topic_ids: dict[str, str] = {}
        self.acked: dict[TopicPartition, int] = {}
        self._read: dict[TopicPartition, tuple[int, int]] = {}
        self._held: dict[TopicPartition, list[tuple[int, int]]] = {}
        self._wait_until: float | None = None

    def leave(self) -> None:
        """Bounds, from now on, how long is waited for what is being processed."""
        self._wait_until = time.monotonic() + CALM_S

    @property
    def patience(self) -> float | None:
        """How many seconds what is being processed may still take; None without a bound."""
        if self._wait_until is None:
            return None
        return max(0.0, self._wait_until - time.monotonic())

    def hold(self, place: TopicPartition, last: int, size: int) -> None:
        """Notes a batch that was unpacked: its last offset, and the bytes of its values."""
        self._held.setdefault(place, []).append((last, size))

    def full(self) -> bool:
        """Whether enough is unpacked that isn't processed yet. Called by the reading thread."""
        held = 0
        for place, batches in list(self._held.items()):
            done = self.acked.get(place, 0)
            waiting = [one for one in batches if one[0] >= done]
            self._held[place] = waiting
            held += sum(size for _, size in waiting)
        return held >= MOST_HELD

    def let_go(self) -> None:
        """Forgets what was unpacked of partitions of which nothing waits to be processed."""
        for place in list(self._held):
            if self.settled(place):
                self._held.pop(place, None)

    def topic_id(self, topic: str) -> str:
        """What tells a topic from one of the same name made later; "" where Kafka can't."""
        return self.topic_ids.get(topic, "")

    def reached(self, place: TopicPartition, processed: int) -> int:
        """The offset up to which nothing is left to do, of those from `processed` on.

        That is more than `processed` where only markers of transactions, aborted records or
        what compaction took away come after it.
        """
        handed, position = self._read.get(place, (processed, processed))
        return max(processed, position) if processed >= handed else processed

    def read(self, place: TopicPartition, handed: int | None, position: int) -> None:
        """Notes the position read next, and the offset after the last message handed on."""
        before = self._read.get(place, (0, 0))[0]
        self._read[place] = (before if handed is None else handed, position)

    def settled(self, place: TopicPartition) -> bool:
        """Whether all that was handed on of a partition is processed."""
        handed = self._read.get(place, (0, 0))[0]
        return handed == 0 or self.acked.get(place, 0) >= handed

    def forget(self, places: Iterable[TopicPartition]) -> None:
        """These partitions are read from another place from now on."""
        for place in places:
            self._read.pop(place, None)
            self.acked.pop(place, None)
            self._held.pop(place, None)


def use(
    app: Any,
    isolation: str,
    progress: Progress,
    most_bytes: Mapping[str, int] | None = None,
) -> None:
    """Makes a Faust application read from Kafka in this way. Call it before it starts.

    `most_bytes` says of topics how large a value may be: larger ones are cut (see
    `streams.kafka.large`). The application's `consumer_auto_offset_reset` is to be "none".
    """

    class ReadingThread(_Thread):
        isolation_level = isolation
        done = progress

    class ReadingConsumer(_Consumer):
        done = progress

        def _new_consumer_thread(self) -> Any:
            return ReadingThread(self, loop=self.loop, beacon=self.beacon)

    class ReadingTransport(Transport):
        Consumer = ReadingConsumer

    app.transport = ReadingTransport(app.conf.broker_consumer, app)
    _read_around(progress, most_bytes or {})


def _read_around(progress: Progress, most_bytes: Mapping[str, int]) -> None:
    # aiokafka has no other seam: its fetcher makes these by their name in its module.
    made = _PARTITION_RECORDS

    def sound(place: Any, records: Any, aborted: Any, fetch_offset: int, *more: Any) -> Any:
        bounds: dict[str, Any] = {}
        # Others, such as snapshots, are our own, and read by consumers that ack nothing.
        if place.topic in most_bytes:
            most = most_bytes[place.topic]
            records.most = Most(most, max(2 * most, _LEAST_OF_A_BATCH))
            bounds = {"full": progress.full, "opened": partial(progress.hold, place)}
        wrapped = SoundRecords(
            records, place.topic, place.partition, fetch_offset, progress.losses, **bounds
        )
        return made(place, wrapped, aborted, fetch_offset, *more)

    aiokafka.consumer.fetcher.PartitionRecords = sound
    aiokafka.consumer.fetcher.MemoryRecords = lean(_MEMORY_RECORDS)


_PARTITION_RECORDS = aiokafka.consumer.fetcher.PartitionRecords
_MEMORY_RECORDS = aiokafka.consumer.fetcher.MemoryRecords


class _Thread(AIOKafkaConsumerThread):
    isolation_level: str
    done: Progress

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Faust ties it to transactions of its own, which this worker has none of.
        consumer._isolation_level = self.isolation_level
        return consumer

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: Any,
        timeout: Any = None,  # noqa: ASYNC109 - Faust's name
        max_records: Any = None,
    ) -> Any:
        await self._room()
        try:
            await self._learn_topic_ids(consumer.assignment())
            records = await super()._fetch_records(
                consumer, active_partitions, timeout=timeout, max_records=max_records
            )
        except NoOffsetForPartitionError as none:
            await self._begin(consumer, none.args[0], None)
            return {}
        except OffsetOutOfRangeError as gone:
            for place, offset in gone.args[0].items():
                await self._begin(consumer, place, offset)
            return {}
        except RecordTooLargeError as cut:
            # The client has moved on by one offset already.
            place, offset = cut.args[1], cut.args[2]
            self.done.losses.lose(Loss(place.topic, place.partition, offset, offset, "cut off"))
            return {}
        self._note(consumer, records)
        return records

    async def _room(self) -> None:
        """Waits while what was read before is being processed, if that is much."""
        self.done.let_go()
        until = time.monotonic() + _FULL_S
        while self.done.full() and time.monotonic() < until:
            await asyncio.sleep(0.02)
            self.done.let_go()

    def _note(self, consumer: Any, records: Mapping[Any, list[Any]]) -> None:
        subscription = consumer._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        if assignment is None:
            return
        for place in assignment.tps:
            state = assignment.state_value(place)
            if state.has_valid_position:
                found = records.get(place)
                self.done.read(place, found[-1].offset + 1 if found else None, state.position)

    async def _learn_topic_ids(self, places: Iterable[TopicPartition]) -> None:
        unknown = {place.topic for place in places} - self.done.topic_ids.keys()
        if unknown:
            await self._ask_topic_ids(unknown)

    async def _ask_topic_ids(self, topics: set[str]) -> None:
        try:
            found = await asyncio.to_thread(self.done.read_topic_ids, topics)
        except Exception as failure:
            # Without ids, only a topic that is made anew can't be told from the one before.
            log.warning("the ids of topics can't be read (%s)", type(failure).__name__)
            found = {}
        for topic in topics:
            self.done.topic_ids[topic] = found.get(topic, self.done.topic_ids.get(topic, ""))

    async def _begin(self, consumer: Any, place: TopicPartition, offset: int | None) -> None:
        """Goes to a partition's first message: there is no progress, or it is gone."""
        end = offset
        try:
            first = (await consumer.beginning_offsets([place]))[place]
            if offset is not None:
                end = (await consumer.end_offsets([place]))[place]
        except KafkaError as failure:
            log.warning(
                "%s-%d: its beginning can't be found yet (%s)",
                place.topic,
                place.partition,
                type(failure).__name__,
            )
            await asyncio.sleep(0.5)
            return
        if offset is not None and first > offset:
            lost = Loss(place.topic, place.partition, offset, first - 1, GONE)
            self.done.losses.lose(lost)
        elif offset is not None and end is not None and end < offset:
            log.warning(
                "%s-%d ends at offset %d, before %d, which was to be read next: the topic was made"
                " anew, or its end was cut off; it is read from its beginning",
                place.topic,
                place.partition,
                end,
                offset,
            )
            await self._settle(place)
            await self._ask_topic_ids({place.topic})
            self.done.losses.forget(place.topic, place.partition)
            self.consumer.begin_anew(place)
        elif offset is not None:
            first = offset
        if place in consumer.assignment():
            consumer.seek(place, first)

    async def _settle(self, place: TopicPartition) -> None:
        """Waits until what was read is processed: it belongs to the topic that was."""
        until = time.monotonic() + _SETTLED_S
        while not self.done.settled(place) and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


class _Consumer(Consumer):
    done: Progress

    def begin_anew(self, place: TopicPartition) -> None:
        """Forgets how far a partition was read and committed."""
        self.done.forget([place])
        for known in (self._acked, self._acked_index, self._read_offset, self._committed_offset):
            known.pop(place, None)

    def ack(self, message: Any) -> bool:
        acked: bool = super().ack(message)
        if acked:
            self.done.acked[message.tp] = message.offset + 1
        return acked

    async def wait_empty(self) -> None:
        """Waits for what is being processed, and commits. What a worker that leaves doesn't get
        done in time is read again by the next."""
        if self.done.patience is None:
            await super().wait_empty()
            return
        while self._unacked_messages and self.done.patience:
            await asyncio.sleep(min(_LOOK_S, self.done.patience))
            self._clean_unacked_messages()
        await self.commit_and_end_transactions()

    async def on_partitions_revoked(self, revoked: Any) -> None:
        await super().on_partitions_revoked(revoked)
        self.done.forget(revoked)
        for topic in {place.topic for place in revoked}:
            self.done.topic_ids.pop(topic, None)

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Nothing is kept of gaps: acks come in order, so the last one says it all."""

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterable[Any]:
        return [
            tp
            for tp in {*self._acked, *self.assignment()}
            if topics is None or tp in topics or tp.topic in topics
        ]

    def _new_offset(self, tp: Any) -> int | None:
        """The offset to commit: also past what is no message, so that nobody sees lag there."""
        acked = self._acked[tp]
        processed = max(acked) + 1 if acked else self._committed_offset[tp]
        acked.clear()
        self._acked_index[tp].clear()
        if processed is None:
            return None
        return self.done.reached(tp, processed)
