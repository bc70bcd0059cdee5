"""Everything that can be wrong with a record, through the real agent on a real Kafka."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer

from streams.config.settings import Intake, IntakeSource, Pool, Settings
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from tests.faults.cluster import (
    WorkerProcess,
    dead_letters,
    verdict_batches,
    wait_for,
    waiting,
)
from tests.support.kafka_broker import make_topic


def record(name: str, output: str = "an ordinary answer", **fields: object) -> bytes:
    return json.dumps({"record_id": name, "output": output, **fields}).encode()


def event(**fields: object) -> bytes:
    envelope = {"specversion": "1.0", "source": "s", "id": "e", "type": "t"}
    return json.dumps({**envelope, **fields}).encode()


def array(*records: bytes) -> bytes:
    return b"[" + b",".join(records) + b"]"


def shipment(*items: object) -> bytes:
    return json.dumps({"shipment": items}).encode()


GATEWAY = "a.gateway-s.own-topic"
SCORED = "scored"
SKIPPED = "skipped"
CASES: dict[str, tuple[bytes | None, str | list[str]]] = {
    "ordinary": (record("ordinary"), SCORED),
    "tombstone": (None, "empty_message"),
    "empty": (b"", "empty_message"),
    "not-json": (b"\x00\x01\x02 hello", "invalid_json"),
    "wrong-type": (record("wrong-type", labels=[1, 2]), "invalid_field"),
    "output-is-a-number": (record("n", output=5), "invalid_field"),  # type: ignore[arg-type]
    "no-output": (b'{"record_id": "x"}', "missing_field"),
    "invalid-utf8": (b'{"record_id": "x", "output": "\xff"}', "invalid_utf8"),
    "ten-megabytes": (record("ten-megabytes", "word " * 2_000_000), "too_large"),
    "seven-megabytes": (record("seven-megabytes", "word " * 1_400_000), SCORED),
    "one-long-word": (record("one-long-word", "x" * 7_000_000), SCORED),
    "many-lines": (record("many-lines", "line\n" * 200_000), SCORED),
    "deep": (
        b'{"record_id":"d","output":"t","x":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
        "too_deep",
    ),
    "lone-surrogate": (rb'{"record_id": "lone-surrogate", "output": "a \ud83d b"}', SCORED),
    "nul": (rb'{"record_id": "nul", "output": "a \u0000 b"}', SCORED),
    "year-1970": (record("old", event_time=3600), "event_time"),
    "year-2100": (record("far", event_time="2100-01-01T00:00:00Z"), "event_time"),
    "duplicate-id": (record("ordinary"), SCORED),
    "raises": (record("raises", "RAISE now"), SCORED),
    "crashes": (record("crashes", "CRASH now"), "crashed_worker"),
    # By those detectors that judge every record: the one that hangs is left out.
    "hangs": (record("hangs", "HANG now"), SCORED),
    "emoji-and-rtl": (record("emoji-and-rtl", "🙂" * 500 + "שלום" * 500), SCORED),
    "of-no-format": (b'{"neither": "nor"}', "unknown_format"),
    "another-format": (shipment({"id": "a", "text": "an answer"}), SCORED),
    "binary-format": (b"\x00SHIP" + shipment({"id": "b", "text": "an answer"}), SCORED),
    "nothing-to-score": (shipment({"skip": "not_an_output"}, {"skip": "error"}), [SKIPPED] * 2),
    "some-to-skip": (
        shipment({"skip": "no_output"}, {"text": "an answer"}, {}, {"text": "another"}),
        [SCORED, SCORED, "missing_field", SKIPPED],
    ),
    "cloud-event": (event(data={"output": "an answer"}), SCORED),
    "cloud-event-in-headers": (b'{"output": "an answer"}', SCORED),
    "cloud-event-of-nothing": (event(), "missing_field"),
    "ten-one-broken": (
        array(*[record(f"t{n}") for n in range(9)], b'{"record_id": "t9"}'),
        [SCORED] * 9 + ["missing_field"],
    ),
    "ten-one-crashes": (
        array(*[record(f"u{n}", "CRASH now" if n == 4 else "an answer") for n in range(10)]),
        [SCORED] * 4 + ["crashed_worker"] + [SCORED] * 5,
    ),
    "two-thousand": (array(*[record(f"v{n}") for n in range(2_000)]), [SCORED] * 2_000),
    "last": (record("last"), SCORED),
}


def expected() -> dict[tuple[str, int], str]:
    """What is to become of each part of each message."""
    return {
        (name, part): outcome
        for name, (_, outcomes) in CASES.items()
        for part, outcome in enumerate([outcomes] if isinstance(outcomes, str) else outcomes)
    }


@pytest.mark.needs("kafka")
@pytest.mark.timeout(600)
def test_each_is_scored_or_dead_lettered_and_the_stream_goes_on(
    kafka_settings: Settings, tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(
        kafka_settings,
        pool=Pool(processes=1, chunk_timeout_s=20.0),
        detectors=["poison", "drift", "hallucination", "pii", "secrets", "toxicity"],
        hash_key="k" * 32,
        state_dir=str(tmp_path),
        intake=Intake(sources={GATEWAY: IntakeSource(format="shipment", deployment="gateway")}),
    )
    topics = settings.kafka.topics
    with admin_client(settings) as admin:
        create_topics(admin, settings)
    make_topic(settings.kafka.brokers, GATEWAY, partitions=2)
    producer = KafkaProducer(
        bootstrap_servers=settings.kafka.brokers, max_request_size=20 * 1024 * 1024
    )
    offsets = {}
    headers = [(f"ce_{name}", b"h") for name in ("specversion", "id", "source")]
    for name, (value, _) in CASES.items():
        sent = producer.send(
            topics.outputs,
            key=b"one conversation",
            value=value,
            partition=0,
            headers=headers if name == "cloud-event-in-headers" else None,
        )
        offsets[sent.get(120).offset] = name
    producer.send(GATEWAY, value=shipment({"text": "one"}, {"text": "two"})).get(120)
    producer.close()
    with WorkerProcess(settings, tmp_path, plugins=True) as worker:
        wait_for(
            "the end", lambda: waiting(settings, topics.outputs, GATEWAY, topics.verdicts) == 0, 400
        )
        wanted = list(expected().values())
        for outcome in (SCORED, SKIPPED):
            counted = worker.metric("outwatch_records_total", outcome=outcome)
            assert counted == wanted.count(outcome) + 2 * (outcome == SCORED)
        topic = topics.outputs
        assert worker.metric("outwatch_records_read_total", topic=topic) == len(wanted)
        assert worker.metric("outwatch_messages_read_total", topic=topic) == len(CASES)
        assert worker.metric("outwatch_messages_read_total", topic=GATEWAY) == 1
        assert worker.metric("outwatch_skipped_total", why="error") == 1
        assert worker.metric("outwatch_outputs_total", format="shipment") == 6
        assert worker.metric("outwatch_dead_letters_total", reason="timed_out") == 0
        assert worker.metric("outwatch_detector_unfinished_total", detector="poison") >= 1
        assert worker.metric("outwatch_detector_errors_total", detector="poison") >= 1
        assert worker.stop() == 0
        log = worker.log.read_text()
    batches = verdict_batches(settings)
    gateway = [(batch.deployment, len(batch.rows)) for batch in batches if batch.topic == GATEWAY]
    assert gateway == [("gateway", 2)]
    outcomes = {
        (offsets[row.offset], row.part): SCORED
        for batch in batches
        if batch.topic == topics.outputs
        for row in batch.rows
    }
    for letter in dead_letters(settings):
        outcomes[offsets[letter["offset"]], letter.get("part", 0)] = letter["reason"]
    assert outcomes == {place: what for place, what in expected().items() if what != SKIPPED}
    assert "CRASH now" not in log
    assert "RAISE now" not in log
