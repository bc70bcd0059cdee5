"""Everything that can be wrong with a record, through the real agent on a real Kafka."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer

from streams.brokers import admin_client
from streams.settings import Pool, Settings
from streams.topics import create_topics
from tests.faults.cluster import (
    WorkerProcess,
    dead_letters,
    verdict_batches,
    wait_for,
    waiting,
)


def record(name: str, output: str = "an ordinary answer", **fields: object) -> bytes:
    return json.dumps({"record_id": name, "output": output, **fields}).encode()


SCORED = "scored"
CASES: dict[str, tuple[bytes | None, str]] = {
    "ordinary": (record("ordinary"), SCORED),
    "tombstone": (None, "empty_message"),
    "empty": (b"", "empty_message"),
    "not-json": (b"\x00\x01\x02 hello", "invalid_json"),
    "wrong-type": (record("wrong-type", labels=[1, 2]), "invalid_field"),
    "output-is-a-number": (record("n", output=5), "invalid_field"),  # type: ignore[arg-type]
    "no-output": (b'{"record_id": "x"}', "missing_field"),
    "invalid-utf8": (b'{"record_id": "x", "output": "\xff"}', "invalid_utf8"),
    "ten-megabytes": (record("ten-megabytes", "word " * 2_000_000), SCORED),
    "one-long-word": (record("one-long-word", "x" * 10_000_000), SCORED),
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
    "hangs": (record("hangs", "HANG now"), "timed_out"),
    "emoji-and-rtl": (record("emoji-and-rtl", "🙂" * 500 + "שלום" * 500), SCORED),
    "last": (record("last"), SCORED),
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
        hash_key="k",
        state_dir=str(tmp_path),
    )
    topics = settings.kafka.topics
    with admin_client(settings) as admin:
        create_topics(admin, settings)
    producer = KafkaProducer(
        bootstrap_servers=settings.kafka.brokers, max_request_size=20 * 1024 * 1024
    )
    offsets = {}
    for name, (value, _) in CASES.items():
        sent = producer.send(topics.outputs, key=b"one conversation", value=value, partition=0)
        offsets[sent.get(30).offset] = name
    producer.close()
    with WorkerProcess(settings, tmp_path, plugins=True) as worker:
        wait_for("the end", lambda: waiting(settings, topics.outputs, topics.verdicts) == 0, 400)
        assert worker.metric("outwatch_records_total", outcome="scored") == sum(
            outcome == SCORED for _, outcome in CASES.values()
        )
        assert worker.metric("outwatch_dead_letters_total", reason="timed_out") == 1
        assert worker.metric("outwatch_detector_errors_total", detector="poison") >= 1
        assert worker.stop() == 0
        log = worker.log.read_text()
    outcomes = {
        offsets[row.offset]: SCORED for batch in verdict_batches(settings) for row in batch.rows
    }
    for letter in dead_letters(settings):
        outcomes[offsets[letter["offset"]]] = letter["reason"]
    assert outcomes == {name: outcome for name, (_, outcome) in CASES.items()}
    assert "CRASH now" not in log
    assert "RAISE now" not in log
