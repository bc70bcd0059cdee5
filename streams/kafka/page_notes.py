"""The pager's notes about some incidents, as they stand on their topic."""

from __future__ import annotations

from collections.abc import Collection

from streams.config.settings import Settings
from streams.kafka.read import free_reader, partitions_of, read_until, stand_at

_STALLED_S = 60.0


def page_notes(settings: Settings, names: Collection[str]) -> list[bytes]:
    """The notes that hold one of these ids, in order; none where there is no such topic.

    Raises `TimeoutError` where nothing comes for a minute, and kafka-python's `KafkaError`.
    """
    wanted = [name.encode("utf-8", "replace") for name in names if name]
    found: list[bytes] = []
    with free_reader(settings) as consumer:
        partitions = partitions_of(consumer, settings.kafka.topics.pages)
        if not partitions:
            return found
        for messages in read_until(consumer, stand_at(consumer, partitions), _STALLED_S):
            values = [message.value or b"" for message in messages]
            found += [value for value in values if any(name in value for name in wanted)]
    return found
