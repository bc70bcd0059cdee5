"""Silences as they stand among people's acts, and new ones sent there.

Reads as a member of no group, so nobody's progress changes.
"""

from __future__ import annotations

import msgspec

from streams.config.settings import Settings
from streams.incidents.silences import problem, read_silence
from streams.kafka.acts import check_topics
from streams.kafka.read import free_reader, partitions_of, read_until, stand_at
from streams.kafka.send import Sender
from streams.records import Silence


def silences_now(settings: Settings, timeout_s: float) -> dict[str, Silence]:
    """All silences as they stand, by id, also those that are over; none that can't be.

    Raises `TimeoutError` where nothing comes for so long, and kafka-python's `KafkaError`.
    """
    found: dict[str, Silence] = {}
    with free_reader(settings) as consumer:
        partitions = partitions_of(consumer, settings.kafka.topics.acts)
        if not partitions:
            return found
        ends = stand_at(consumer, partitions)
        for messages in read_until(consumer, ends, timeout_s):
            for message in messages:
                silence = read_silence(message.value)
                if silence is not None and not problem(silence):
                    found[silence.silence_id] = silence
    return found


def send_silence(settings: Settings, silence: Silence) -> None:
    """Puts a silence, or its newer state, where the pager finds it.

    Raises `NotSent` with the remedy, and kafka-python's `KafkaError`.
    """
    topic = settings.kafka.topics.acts
    with free_reader(settings) as consumer:
        check_topics(consumer, settings)
    with Sender(settings, [topic]) as sender:
        key = silence.silence_id.encode("utf-8", "replace")
        sender.send(topic, key, msgspec.json.encode(silence))
