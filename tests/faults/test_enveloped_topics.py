"""One worker beside topics whose values stand in envelopes: every kind, on a real broker.

The registry is a stub of the real one's interface; it goes away and comes back in between.
"""

from __future__ import annotations

import gzip
import io
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest
from kafka import KafkaAdminClient

from streams.config.registry import Registry
from streams.config.settings import Intake, IntakeSource, Kafka, Pool, Settings
from streams.intake.confluent import HEADER
from streams.kafka.lookup import Lookup, native_record
from streams.kafka.topics import create_topics
from streams.place import Place
from tests.faults.cluster import (
    WorkerProcess,
    dead_letters,
    standing_incidents,
    verdict_batches,
    wait_for,
    waiting,
)
from tests.support.kafka_broker import Broker, make_topic, send
from tests.support.registry_stub import RegistryStub

TOPICS = ("values", "events", "changes", "avro", "protobuf", "headers", "away", "blind")
WITHIN = 120
TEXT = "A plain answer."
AVRO = {
    "type": "record",
    "name": "Answer",
    "fields": [{"name": "record_id", "type": "string"}, {"name": "output", "type": "string"}],
}
PROTO = """syntax = "proto3";
message Unused { string what = 1; }
message Answer { string record_id = 1; string output = 2; }
"""
BLIND = 12

pytestmark = [pytest.mark.needs("kafka"), pytest.mark.timeout(400)]


class Rig:
    """A broker, a registry and a worker that reads all topics."""

    def __init__(self, settings: Settings, worker: WorkerProcess, stub: RegistryStub) -> None:
        self.settings, self.worker, self.stub = settings, worker, stub
        self.address = settings.kafka.brokers

    def done(self, topic: str, messages: int) -> None:
        read = "outwatch_messages_read_total"
        what = f"{messages} messages of {topic}"
        wait_for(what, lambda: self.worker.metric(read, topic=topic) >= messages, WITHIN)
        wait_for(f"commits of {topic}", lambda: waiting(self.settings, topic) == 0, WITHIN)
        assert self.worker.metric(read, topic=topic) == messages

    def ids(self, topic: str) -> list[str]:
        batches = [b for b in verdict_batches(self.settings) if b.deployment == topic]
        return [row.record_id for batch in batches for row in batch.rows]

    def dead(self, topic: str) -> list[str]:
        return [
            letter["reason"] for letter in dead_letters(self.settings) if letter["topic"] == topic
        ]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("enveloped")
    with Broker(folder / "kafka") as broker, RegistryStub() as stub:
        settings = _settings(broker.address, stub.url, folder)
        admin = KafkaAdminClient(bootstrap_servers=broker.address)
        create_topics(admin, settings)
        admin.close()
        for topic in TOPICS:
            make_topic(broker.address, topic)
        stub.add(1, json.dumps(AVRO))
        stub.add(2, PROTO, "PROTOBUF")
        with WorkerProcess(settings, folder) as worker:
            wait_for("a ready worker", worker.ready, 120)
            # Early, as it takes minutes until a topic counts as silent.
            send(broker.address, "blind", [b'{"neither": "nor"}'] * BLIND)
            yield Rig(settings, worker, stub)
            assert worker.stop() == 0


def _settings(address: str, url: str, folder: Path) -> Settings:
    sources = {topic: IntakeSource(deployment=topic) for topic in TOPICS}
    return Settings(
        kafka=Kafka(brokers=address, group="enveloped", session_timeout_s=6.0),
        intake=Intake(sources=sources, registry=Registry(url=url, timeout_s=2.0)),
        pool=Pool(processes=1),
        detectors=["secrets"],
        hash_key="k" * 32,
        state_dir=str(folder),
    )


def record(name: str) -> dict[str, Any]:
    return {"record_id": name, "output": TEXT, "event_time": time.time()}


def encoded(name: str) -> bytes:
    return json.dumps(record(name)).encode()


def prefixed(id: int, value: bytes) -> bytes:
    return b"\x00" + id.to_bytes(4, "big") + value


def avro(name: str) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(
        out, fastavro.parse_schema(AVRO), {"record_id": name, "output": TEXT}
    )
    return out.getvalue()


def protobuf(name: str) -> bytes:
    fields = ((b"\x0a", name.encode()), (b"\x12", TEXT.encode()))
    return b"".join(tag + bytes([len(value)]) + value for tag, value in fields)


def connect(payload: Any) -> bytes:
    return json.dumps({"schema": {"type": "struct"}, "payload": payload}).encode()


def test_values_in_other_values(rig: Rig) -> None:
    values = [
        gzip.compress(encoded("v-0")),
        prefixed(7, encoded("v-1")),
        b"\x01" + uuid.uuid4().bytes + encoded("v-2"),
        connect(record("v-3")),
        connect(encoded("v-4").decode()),
        gzip.compress(prefixed(7, connect(record("v-5")))),
    ]
    send(rig.address, "values", values)
    rig.done("values", len(values))
    assert rig.ids("values") == [f"v-{number}" for number in range(len(values))]
    assert rig.dead("values") == []


def test_cloudevents(rig: Rig) -> None:
    bare = json.dumps({"output": TEXT}).encode()
    headers = [("ce_specversion", b"1.0"), ("ce_id", b"0"), ("ce_source", b"/s"), ("ce_type", b"t")]
    send(rig.address, "events", [bare], headers=headers)
    structured = {
        "specversion": "1.0",
        "id": "1",
        "source": "/s",
        "type": "t",
        "data": {"output": TEXT},
    }
    old = {**structured, "specversion": "0.3", "id": "2", "datacontentencoding": "base64"}
    old["data"] = "eyJvdXRwdXQiOiAiQW4gYW5zd2VyLiJ9"
    send(rig.address, "events", [json.dumps(one).encode() for one in (structured, old)])
    rig.done("events", 3)
    assert rig.ids("events") == ["/s/0", "/s/1", "/s/2"]


def test_changes_of_rows(rig: Rig) -> None:
    skipped = {why: _skipped(rig, why) for why in ("deleted", "repeated")}
    row = record("c-0")

    def change(op: str, before: Any, after: Any) -> bytes:
        source = {"connector": "postgresql", "ts_ms": int(time.time() * 1000)}
        return connect({"op": op, "before": before, "after": after, "source": source})

    values: list[Any] = [
        change("r", None, row),
        change("c", None, record("c-1")),
        change("u", {**row, "seen": False}, {**row, "seen": True}),
        change("d", row, None),
        None,
    ]
    send(rig.address, "changes", values, key=b'{"id": 1}')
    rig.done("changes", len(values))
    assert rig.ids("changes") == ["c-0", "c-1"]
    assert rig.dead("changes") == []
    assert _skipped(rig, "deleted") - skipped["deleted"] == 2
    assert _skipped(rig, "repeated") - skipped["repeated"] == 1


def _skipped(rig: Rig, why: str) -> float:
    return rig.worker.metric("outwatch_skipped_total", why=why)


def test_values_by_schemas(rig: Rig) -> None:
    send(rig.address, "avro", [prefixed(1, avro(f"a-{number}")) for number in range(3)])
    send(rig.address, "protobuf", [prefixed(2, b"\x02\x02" + protobuf("p-0"))])
    guid = rig.stub.add(3, json.dumps(AVRO))
    send(
        rig.address,
        "headers",
        [avro("h-0")],
        headers=[(HEADER, b"\x01" + uuid.UUID(guid).bytes)],
    )
    for topic, messages in (("avro", 3), ("protobuf", 1), ("headers", 1)):
        rig.done(topic, messages)
    assert rig.ids("avro") == ["a-0", "a-1", "a-2"]
    assert rig.ids("protobuf") == ["p-0"]
    assert rig.ids("headers") == ["h-0"]
    place = Place("avro", 0, 1)
    original = Lookup(rig.settings, 30).original(place)
    assert original is not None
    shown = native_record(original, place, rig.settings)
    assert shown is not None
    assert json.loads(shown)["record_id"] == "a-1"


def test_what_a_registry_that_is_away_has_is_waited_for(rig: Rig) -> None:
    before = rig.worker.metric("outwatch_messages_read_total", topic="away")
    rig.stub.add(4, json.dumps(AVRO))
    rig.stub.broken = 503
    send(rig.address, "away", [prefixed(4, avro(f"w-{number}")) for number in range(3)])
    failed = "outwatch_registry_errors_total"
    wait_for("some failed tries", lambda: rig.worker.metric(failed) >= 4, WITHIN)
    assert rig.worker.metric("outwatch_messages_read_total", topic="away") == before
    assert rig.worker.metric("outwatch_registry_waiting") == 1
    status, page = rig.worker.page("/ready")
    assert status == 503
    assert "wait for schema 4" in page
    assert rig.worker.page("/live")[0] == 200
    rig.stub.broken = 0
    rig.done("away", 3)
    assert rig.ids("away") == ["w-0", "w-1", "w-2"]
    assert rig.dead("away") == []
    assert rig.worker.metric("outwatch_registry_waiting") == 0
    assert "HTTP 503" in rig.worker.log.read_text()
    wait_for("a ready worker", rig.worker.ready, WITHIN)


def test_a_schema_that_is_nowhere_is_a_dead_letter(rig: Rig) -> None:
    send(rig.address, "away", [prefixed(99, avro("nowhere"))])
    rig.done("away", 4)
    assert rig.dead("away") == ["unknown_schema"]


def test_a_blind_topic_raises_an_incident_and_the_others_none(rig: Rig) -> None:
    def blind() -> list[str]:
        found = standing_incidents(rig.settings).values()
        return [one.group["deployment"] for one in found if one.playbook == "monitoring-blind"]

    wait_for("the incident", lambda: bool(blind()), 240)
    assert blind() == ["topic blind"]
    seen = "outwatch_topic_messages_total"
    assert rig.worker.metric(seen, topic="blind", outcome="unread") == BLIND
    assert rig.worker.metric(seen, topic="avro", outcome="judged") == 3
