"""kafka-python's consumers, as all of ours are made."""

from __future__ import annotations

from typing import Any

from kafka import KafkaConsumer

from streams.config.settings import Settings
from streams.kafka.batches import Losses, read_around
from streams.kafka.connect import client_options


def make_consumer(
    settings: Settings, *topics: str, losses: Losses | None = None, **options: Any
) -> Any:
    """A consumer that commits nothing by itself and begins where a topic does.

    It reads what `kafka.isolation` says, and its ends of partitions are those of what can be
    read. A broken batch is skipped, logged and told to `losses`; where retention takes what it
    stands on, it goes on with what is left. `options` are kafka-python's.

    Raises kafka-python's `KafkaError` where nobody answers.
    """
    kafka = settings.kafka
    chosen: dict[str, Any] = {
        **client_options(settings),
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "isolation_level": kafka.isolation,
        "metadata_max_age_ms": int(kafka.metadata_max_age_s * 1000),
        **options,
    }
    consumer = KafkaConsumer(*topics, **chosen)
    read_around(consumer, losses or Losses())
    return consumer
