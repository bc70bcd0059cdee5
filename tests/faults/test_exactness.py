"""Nothing lost, nothing counted twice: after kills and a restart, as if nothing had happened.

Taking the acks out of their order (acking a batch before its verdicts are with the broker, in
`streams/worker/detect.py`) makes this test fail: records between the commit and the kill are missing.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer

from streams.config.settings import Kafka, Pool, Settings, Topics
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from streams.offline.replay import replay
from streams.rules.load import default_rules
from streams.windows.windows import Windows
from tests.faults.cluster import (
    WorkerProcess,
    committed,
    dead_letters,
    final_snapshots,
    standing_incidents,
    verdict_batches,
    wait_for,
    waiting,
)
from tests.faults.stream import stream
from tests.support.kafka_broker import Broker

MESSAGES = 20_000


@pytest.mark.needs("kafka")
@pytest.mark.timeout(1800)
def test_kills_and_a_broker_restart_leave_the_same_counts_and_incidents(tmp_path: Path) -> None:
    messages = list(stream(MESSAGES))
    with Broker(tmp_path / "kafka") as broker:
        settings = Settings(
            kafka=Kafka(
                brokers=broker.address,
                topics=Topics(partitions=4),
                session_timeout_s=6.0,
            ),
            pool=Pool(processes=1),
            hash_key="the same key for all",
            state_dir=str(tmp_path / "state"),
        )
        with admin_client(settings) as admin:
            create_topics(admin, settings)
        _produce(broker.address, settings.kafka.topics.outputs, messages)

        def done() -> int:
            return committed(settings, settings.kafka.topics.outputs)

        with (
            WorkerProcess(settings, tmp_path) as first,
            WorkerProcess(settings, tmp_path) as second,
        ):
            wait_for("a quarter", lambda: done() > MESSAGES * 0.25, 300)
            first.kill()
            with WorkerProcess(settings, tmp_path) as third:
                wait_for("half", lambda: done() > MESSAGES * 0.5 and third.ready(), 300)
                broker.restart()
                topics = settings.kafka.topics
                wait_for(
                    "the end",
                    lambda: waiting(settings, topics.outputs, topics.verdicts) == 0,
                    600,
                )
                for worker in (second, third):
                    read = worker.metric("outwatch_records_read_total")
                    assert read == worker.metric("outwatch_records_total")
                    assert read > 0
                    assert worker.stop() == 0
        _check(settings, messages)


def _produce(address: str, topic: str, messages: list[tuple[bytes, bytes]]) -> None:
    producer = KafkaProducer(bootstrap_servers=address)
    for key, value in messages:
        producer.send(topic, key=key, value=value)
    producer.flush()
    producer.close()


def _check(settings: Settings, messages: list[tuple[bytes, bytes]]) -> None:
    # A blank line isn't a record in a file, while an empty message is one on a topic.
    lines = [value or b"{" for _, value in messages]
    expected = replay(lines, settings, default_rules(), processes=2)
    assert sum(expected.dead.values()) + expected.scored == expected.read
    assert expected.read > 1.5 * MESSAGES
    assert len(expected.incidents) > 5

    seen = Counter(
        (batch.partition, row.offset, row.part)
        for batch in verdict_batches(settings)
        for row in batch.rows
    )
    dead = {
        (letter["partition"], letter["offset"], letter.get("part", 0))
        for letter in dead_letters(settings)
    }
    assert len(seen) == expected.scored
    assert len(dead) == sum(expected.dead.values())
    assert not dead & seen.keys()

    windows = Windows(default_rules(), {})
    for deployment, snapshot in final_snapshots(settings).items():
        windows.restore(deployment, bytes(snapshot.state))
    assert msgspec.to_builtins(windows.counts()) == msgspec.to_builtins(expected.counts)

    wanted = {i.id for i in expected.incidents if i.state != "withdrawn"}
    assert set(standing_incidents(settings)) == wanted
