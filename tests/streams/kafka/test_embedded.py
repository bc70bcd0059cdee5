"""The broker inside the process: it serves Kafka's clients, and is gone afterwards."""

from __future__ import annotations

import socket
import sys

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.errors import UsageError
from streams.kafka.embedded import API_VERSION, KEPT_BYTES, LIMITS, embedded_broker


@pytest.mark.needs("embedded")
def test_what_is_produced_can_be_read() -> None:
    with embedded_broker(["some.topic"]) as address:
        producer = KafkaProducer(bootstrap_servers=address, api_version=API_VERSION, acks="all")
        assert producer.partitions_for("some.topic") == {0, 1, 2, 3}
        for number in range(20):
            producer.send("some.topic", b"%d" % number, key=b"k", partition=number % 4).get(240)
        producer.close()
        consumer = KafkaConsumer(
            bootstrap_servers=address,
            api_version=API_VERSION,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            consumer_timeout_ms=240_000,
        )
        consumer.assign([TopicPartition("some.topic", number) for number in range(4)])
        values = [next(consumer).value for _ in range(20)]
        consumer.close()
    assert sorted(int(value) for value in values) == list(range(20))


@pytest.mark.needs("embedded")
def test_the_broker_ends_with_the_block() -> None:
    with embedded_broker() as address:
        host, port = address.rsplit(":", 1)
        socket.create_connection((host, int(port)), 60).close()
        assert host == "127.0.0.1"
    with pytest.raises(OSError):
        socket.create_connection((host, int(port)), 1)


@pytest.mark.needs("embedded")
def test_two_brokers_are_apart() -> None:
    with embedded_broker() as one, embedded_broker() as other:
        assert one != other


@pytest.mark.needs("embedded")
def test_only_the_newest_megabytes_are_kept() -> None:
    with embedded_broker(["full"]) as address:
        producer = KafkaProducer(bootstrap_servers=address, api_version=API_VERSION)
        for _ in range(3 * KEPT_BYTES // 100_000):
            producer.send("full", b"x" * 100_000, partition=0)
        producer.flush()
        producer.close()
        consumer = KafkaConsumer(bootstrap_servers=address, api_version=API_VERSION)
        place = TopicPartition("full", 0)
        first = consumer.beginning_offsets([place])[place]
        end = consumer.end_offsets([place])[place]
        consumer.close()
    assert end == 150
    assert 0 < (end - first) * 100_000 <= KEPT_BYTES * 1.1


def test_its_limits_are_said() -> None:
    assert "5 MB" in LIMITS


def test_without_its_package_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(UsageError, match=r"outwatch\[demo\]"), embedded_broker():
        pass
