"""Reviewers' labels on the topic of feedback."""

from __future__ import annotations

from streams.config.settings import Settings
from streams.kafka.read import free_reader, partitions_of, read_until, stand_at

_STALLED_S = 60.0
_KIND = b'"label"'


def label_messages(settings: Settings) -> list[bytes]:
    """The messages that may be labels, in order; none where there is no such topic.

    Raises `TimeoutError` where nothing comes for a minute, and kafka-python's `KafkaError`.
    """
    found: list[bytes] = []
    with free_reader(settings) as consumer:
        partitions = partitions_of(consumer, settings.kafka.topics.feedback)
        if not partitions:
            return found
        for messages in read_until(consumer, stand_at(consumer, partitions), _STALLED_S):
            values = [message.value or b"" for message in messages]
            found += [value for value in values if _KIND in value]
    return found
