"""Sending from somebody's request path: bounded, counted, quiet, and never in the way."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from streams.clients.background import BackgroundSender
from streams.config.settings import Kafka, Settings
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics

SECRET = "kolibri"


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    ours = [r for r in caplog.records if r.name.startswith("streams")]
    return [record.getMessage() for record in ours]


def consumed(settings: Settings, topic: str, count: int) -> Iterator[Any]:
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka.brokers, consumer_timeout_ms=240_000)
    try:
        parts = [TopicPartition(topic, n) for n in range(settings.kafka.topics.partitions)]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        for _, message in zip(range(count), consumer, strict=False):
            yield message
    finally:
        consumer.close()


def test_without_a_broker_everything_is_dropped_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "streams")
    before = threading.enumerate()
    settings = Settings(kafka=Kafka(brokers="127.0.0.1:1"))
    sender = BackgroundSender(settings, "outputs", lambda record: None, max_queued=5)
    for number in range(50):
        sender.put({"id": number, "messages": SECRET})
    assert sender.dropped >= 50 - 5 - 1
    sender.close(timeout=0.1)
    sender._thread.join(240)
    assert not [t for t in threading.enumerate() if t not in before]
    assert (sender.sent, sender.dropped) == (0, 50)
    logged = messages(caplog)
    assert len(logged) == 2
    assert any("Dropping records for topic outputs on 127.0.0.1:1" in line for line in logged)
    assert any("OUTWATCH_KAFKA_BROKERS" in line for line in logged)
    assert SECRET not in caplog.text


def test_nothing_is_started_before_the_first_record() -> None:
    sender = BackgroundSender(Settings(), "outputs", lambda record: None)
    assert not sender._started
    sender.close()


@pytest.mark.needs("kafka")
def test_records_arrive_in_order_and_are_counted(
    kafka_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "streams")
    with admin_client(kafka_settings) as admin:
        create_topics(admin, kafka_settings)
    topic = kafka_settings.kafka.topics.outputs
    circular: dict[str, Any] = {"user": SECRET}
    circular["self"] = circular
    sender = BackgroundSender(kafka_settings, topic, lambda record: record["user"])
    sender.put(circular)
    sent = [{"id": number, "user": f"u{number % 3}", "at": {1, 2}} for number in range(200)]
    for record in sent:
        sender.put(record)
    sender.close(timeout=240)
    assert (sender.sent, sender.dropped) == (200, 1)
    found = list(consumed(kafka_settings, topic, 200))
    for user in ("u0", "u1", "u2"):
        numbers = [json.loads(m.value)["id"] for m in found if m.key == user.encode()]
        assert numbers == [record["id"] for record in sent if record["user"] == user]
    logged = messages(caplog)
    assert [line.split()[0] for line in logged] == ["Dropping", "Records"]
    assert "1 were dropped meanwhile" in logged[1]
    assert SECRET not in caplog.text
