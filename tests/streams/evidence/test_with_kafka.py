"""What only a real Kafka shows: records that retention took, how long the rest is kept, and what
came since a time."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator

import msgspec
import pyrage
import pytest
from kafka import KafkaProducer, TopicPartition

from streams.config.settings import Settings
from streams.containment.action import Scope
from streams.containment.verdicts_since import traffic, verdicts_since
from streams.evidence.archive import Unpacker
from streams.evidence.collect import Case
from streams.evidence.manifest import Manifest
from streams.evidence.seal import seal
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from streams.records import Incident, RuleFigures, VerdictRow
from tests.streams.paging.conftest import build
from tests.support.window_helpers import batch

pytestmark = pytest.mark.needs("kafka")


@pytest.fixture
def producer(kafka_settings: Settings) -> Iterator[KafkaProducer]:
    with admin_client(kafka_settings) as admin:
        create_topics(admin, kafka_settings)
    made = KafkaProducer(bootstrap_servers=kafka_settings.kafka.brokers)
    yield made
    made.close()


def incident(now: float) -> Incident:
    figures = RuleFigures(
        rule="gone", condition="x", signal="a.*", value=1.0, threshold=0.0, records=10,
        above=5, window_start=now - 60, window_end=now,
    )  # fmt: skip
    return build(
        group={"deployment": "bot"}, rules=[figures], records_above=10, first_seen=now - 60,
        last_seen=now + 60, window_seconds=60.0,
    )  # fmt: skip


def judged(offset: int, at: float, user: str = "u") -> VerdictRow:
    scores = {"a.x": 0.9}
    return VerdictRow(
        offset=offset, record_id=f"r{offset}", event_time=at, scores=scores, user=f"{user}{offset}"
    )


def test_what_retention_took_is_told_and_how_long_the_rest_is_kept(
    kafka_settings: Settings, producer: KafkaProducer
) -> None:
    topics, now = kafka_settings.kafka.topics, time.time()
    for number in range(10):
        record = {"record_id": f"r{number}", "output": f"text {number}"}
        producer.send(topics.outputs, json.dumps(record).encode(), partition=2).get(30)
    rows = [judged(number, now) for number in range(10)]
    verdicts = batch(rows, deployment="bot", topic=topics.outputs, partition=2, judged=["a.x"])
    producer.send(topics.verdicts, msgspec.json.encode(verdicts)).get(30)
    with admin_client(kafka_settings) as admin:
        admin.delete_records({TopicPartition(topics.outputs, 2): 4})
    key = pyrage.x25519.Identity.generate()
    out = io.BytesIO()
    sealed = seal(kafka_settings, Case(incident(now)), [str(key.to_public())], "ada", out)
    files: dict[str, bytes] = {}
    unpacker = Unpacker(files.__setitem__)
    pyrage.decrypt_io(io.BytesIO(out.getvalue()), unpacker, [key])
    manifest = msgspec.json.decode(files["manifest.json"], type=Manifest)
    by_type = {part.type: part for part in manifest.types}
    originals = by_type["originals"]
    assert (by_type["verdicts"].status, by_type["verdicts"].records_captured) == ("ok", 10)
    assert (originals.status, originals.records_captured) == ("partial", 6)
    assert originals.failure_reason == "4 records of 10 aren't kept any more"
    assert sealed.seal.status == "partial"
    kept = [json.loads(line)["offset"] for line in files["originals/00001.jsonl"].splitlines()]
    assert kept == [4, 5, 6, 7, 8, 9]
    assert set(sealed.kept) == {topics.outputs, topics.verdicts}
    assert re.search(r"\((2 d 23 h|3 d) from now\)", sealed.kept[topics.outputs])
    assert originals.kept_until is not None
    seen = traffic(kafka_settings, "bot", Scope(deployments=["*"]), now + 1)
    assert (seen.records, seen.users, seen.whole) == (10, 10, True)


def test_what_came_since_and_whether_the_workers_keep_up(
    kafka_settings: Settings, producer: KafkaProducer
) -> None:
    topics, now = kafka_settings.kafka.topics, time.time()

    def put(offset: int, at: float) -> None:
        rows = [judged(offset, at)]
        one = batch(rows, deployment="bot", topic=topics.outputs, partition=1, judged=["a.x"])
        producer.send(topics.verdicts, msgspec.json.encode(one)).get(30)

    producer.send(topics.outputs, b"{}", partition=1).get(30)
    put(0, now - 5)
    with verdicts_since(kafka_settings, incident(now), now) as look:
        first = look(now)
        assert (first.batches, first.current) == ((), True)
        producer.send(topics.outputs, b"{}", partition=1).get(30)
        assert look(now + 1).current
        assert not look(now + 12).current
        put(1, now + 1)
        last = look(now + 13)
    assert last.current
    assert [row.offset for one in last.batches for row in one.rows] == [1]
