"""Reads topics from some point to their present end, as a member of no group.

Nobody's progress changes by that, and what is written meanwhile is left out.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka import TopicPartition

from streams.config.settings import Settings
from streams.kafka.consumer import make_consumer

_POLL_MS = 500
# Offsets that are read on the way to the next one rather than skipped.
_NEAR = 500
# Messages of one partition that wait for those of others.
_MOST_WAITING = 2_000
# How far the clocks of those who write may lie apart.
_SLACK_MS = 10 * 60 * 1000


@contextmanager
def free_reader(settings: Settings, **options: Any) -> Iterator[Any]:
    """A consumer in no group, which commits nothing; `options` are kafka-python's.

    Where retention takes what it stands on, it goes on with what is left.
    """
    consumer = make_consumer(settings, group_id=None, **options)
    try:
        yield consumer
    finally:
        consumer.close(autocommit=False)


def partitions_of(consumer: Any, topic: str) -> list[TopicPartition]:
    """A topic's partitions, in order; none where there is no such topic."""
    numbers = sorted(consumer.partitions_for_topic(topic) or ())
    return [TopicPartition(topic, number) for number in numbers]


def stand_at(
    consumer: Any, partitions: list[TopicPartition], since_ms: int = 0
) -> dict[TopicPartition, int]:
    """Puts a consumer where what was written since a time begins, and gives the present ends.

    `since_ms` is in milliseconds since the epoch, 0 for everything; ten minutes are added for
    clocks that differ.
    """
    consumer.assign(partitions)
    ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
    consumer.seek_to_beginning(*partitions)
    if since_ms > _SLACK_MS:
        times = dict.fromkeys(partitions, since_ms - _SLACK_MS)
        for partition, first in consumer.offsets_for_times(times).items():
            # None: nothing as new as that is there, so nothing is to be read.
            consumer.seek(partition, ends[partition] if first is None else first.offset)
    return ends


def position_of(consumer: Any, partition: TopicPartition) -> int:
    """The offset read next; -1 while it isn't known yet."""
    position = consumer.position(partition)
    return -1 if position is None else int(position)


def read_until(
    consumer: Any, ends: Mapping[TopicPartition, int], stalled_after_s: float = float("inf")
) -> Iterator[list[Any]]:
    """The messages from where a consumer stands to before `ends`, as they come.

    A list is empty where half a second brought nothing, so that a caller can look at the time.
    Raises `TimeoutError` where no partition moves for longer than `stalled_after_s`, and
    kafka-python's `KafkaError`.
    """
    before = -1
    moved_at = time.monotonic()
    while True:
        reached = {partition: position_of(consumer, partition) for partition in ends}
        if all(reached[partition] >= end for partition, end in ends.items()):
            return
        if sum(reached.values()) != before:
            before, moved_at = sum(reached.values()), time.monotonic()
        elif time.monotonic() - moved_at > stalled_after_s:
            raise TimeoutError
        polled = consumer.poll(timeout_ms=_POLL_MS)
        yield [
            message
            for partition, messages in polled.items()
            for message in messages
            if message.offset < ends[partition]
        ]


def read_merged(
    consumer: Any,
    ends: Mapping[TopicPartition, int],
    key: Callable[[Any], float],
    stalled_after_s: float = float("inf"),
) -> Iterator[list[Any]]:
    """The same, with the partitions merged: of the next message of each, that with the least key
    comes first. Holds a few thousand messages of each partition at most. Raises as above.
    """
    waiting: dict[TopicPartition, deque[tuple[float, Any]]] = {one: deque() for one in ends}
    for messages in read_until(consumer, ends, stalled_after_s):
        for message in messages:
            place = TopicPartition(message.topic, message.partition)
            waiting[place].append((key(message), message))
        coming = {one for one, end in ends.items() if position_of(consumer, one) < end}
        yield list(_least_first(waiting, coming))
        full = {one for one in ends if len(waiting[one]) >= _MOST_WAITING}
        paused = set(consumer.paused())
        if full - paused:
            consumer.pause(*(full - paused))
        if paused - full:
            consumer.resume(*(paused - full))
    yield list(_least_first(waiting, set()))


def _least_first(
    waiting: Mapping[TopicPartition, deque[tuple[float, Any]]], coming: set[TopicPartition]
) -> Iterator[Any]:
    """Takes what waits, the least key first, while it is known of each partition that is still
    `coming` what comes next."""
    while any(waiting.values()) and all(waiting[one] for one in coming):
        least = min((queue[0][0], one) for one, queue in waiting.items() if queue)[1]
        yield waiting[least].popleft()[1]


def messages_at(
    consumer: Any, partition: TopicPartition, offsets: Iterable[int], stalled_after_s: float
) -> Iterator[tuple[int, Any | None]]:
    """Some messages of one partition by their offsets, in order; None for one that isn't there.

    Raises `TimeoutError` where nothing comes for so long, and kafka-python's `KafkaError`.
    """
    if partition.partition not in (consumer.partitions_for_topic(partition.topic) or ()):
        yield from ((offset, None) for offset in sorted(set(offsets)))
        return
    begin = consumer.beginning_offsets([partition])[partition]
    end = consumer.end_offsets([partition])[partition]
    consumer.assign([partition])
    wanted = deque(sorted(set(offsets)))
    moved_at = time.monotonic()
    at = -2 * _NEAR
    while wanted:
        if not begin <= wanted[0] < end:
            yield wanted.popleft(), None
            continue
        if not 0 <= wanted[0] - at <= _NEAR:
            at = wanted[0]
            consumer.seek(partition, at)
        polled = consumer.poll(timeout_ms=_POLL_MS).get(partition, [])
        reached = position_of(consumer, partition)
        if reached > at:
            moved_at, at = time.monotonic(), reached
        elif time.monotonic() - moved_at > stalled_after_s:
            raise TimeoutError
        there = {message.offset: message for message in polled}
        while wanted and wanted[0] < at:
            offset = wanted.popleft()
            yield offset, there.get(offset)
