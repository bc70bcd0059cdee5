"""A broker inside this process, for the demo and for quick tests.

It is librdkafka's own mock cluster, which comes with the confluent-kafka wheel. It keeps
nothing on disk and only the newest 5 MB of each partition: a reader that falls further behind
loses records without a word. So it is no place for records that matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from streams.errors import UsageError
from streams.installing import pip_install

# kafka-python can't decode the broker's answer when it asks for the version itself.
API_VERSION = (2, 0)
KEPT_BYTES = 5_000_000
LIMITS = "The embedded broker keeps only the newest 5 MB of each partition, on no disk."

_TIMEOUT_SECONDS = 10.0


@contextmanager
def embedded_broker(topics: Sequence[str] = ()) -> Iterator[str]:
    """Runs a broker on a free local port until the block ends; gives its `host:port`.

    The topics are made with four partitions each; others come into being when first used.
    kafka-python needs `api_version=API_VERSION` with it. Raises `UsageError` where
    confluent-kafka isn't installed, or the broker doesn't come up within ten seconds.
    """
    try:
        from confluent_kafka import KafkaException, Producer
    except ImportError as missing:
        raise UsageError(
            "The embedded broker needs confluent-kafka, which isn't installed. Run"
            f" `{pip_install('outwatch[demo]')}`, or name a real broker with OUTWATCH_KAFKA_BROKERS"
        ) from missing
    # The cluster lives as long as this handle; the address given here is replaced by its own.
    cluster = Producer(
        {
            "test.mock.num.brokers": 1,
            "bootstrap.servers": "replaced",
            "log_level": 2,
            "allow.auto.create.topics": True,
        }
    )
    try:
        address = _address(cluster)
        for topic in topics:
            cluster.list_topics(topic, timeout=_TIMEOUT_SECONDS)
    except KafkaException as failure:
        raise UsageError(
            "The embedded broker didn't come up within ten seconds. Try again, or name a real"
            " broker with OUTWATCH_KAFKA_BROKERS"
        ) from failure
    try:
        yield address
    finally:
        cluster.flush(0)
        del cluster


def _address(cluster: Any) -> str:
    (broker,) = cluster.list_topics(timeout=_TIMEOUT_SECONDS).brokers.values()
    return f"{broker.host}:{broker.port}"
