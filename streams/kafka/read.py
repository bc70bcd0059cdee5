"""Reads topics from some point to their present end, as a member of no group.

Nobody's progress changes by that, and what is written meanwhile is left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka import TopicPartition

from streams.config.settings import Settings
from streams.kafka.consumer import make_consumer

_POLL_MS = 500
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
