"""From a traced call to an incident, and the verdict back to the trace, on a real Kafka."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from prometheus_client import CollectorRegistry

from streams.config.settings import Intake, IntakeSource, Pool, Results, Settings
from streams.errors import UsageError
from streams.export.verdicts import Chosen, from_kafka
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from streams.records import VerdictBatch, VerdictRow
from streams.results.publish import create_result_topics, run
from tests.faults.cluster import (
    WorkerProcess,
    standing_incidents,
    verdict_batches,
    wait_for,
    waiting,
)
from tests.streams.intake.telemetry.test_otlp_clients import traced
from tests.support.kafka_broker import make_topic, read_all, send
from tests.support.otlp_servers import Received, as_otlp_json, openai_stand_in, serving

LEAKED = "AKIA" + "Q3EXW5RT7PLM2VKD"
KEYS = """
- id: keys
  signal: secrets.any
  immediate: true
  window: 1m
  severity: critical
  playbook: secret-leak
"""


@contextmanager
def publishing(settings: Settings, **options: Any) -> Iterator[CollectorRegistry]:
    """`outwatch results` on a thread, which must end without an error."""
    create_result_topics(settings)
    stop, registry, ended = threading.Event(), CollectorRegistry(), []

    def work() -> None:
        run(settings, stop, registry=registry, **options)
        ended.append(True)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        stop.set()
        thread.join(240)
        assert ended == [True]


def with_results(settings: Settings, **fields: Any) -> Settings:
    prefix = settings.kafka.group
    given = {"otel_topic": f"{prefix}.otel", "cloudevents_topic": f"{prefix}.ce", **fields}
    return msgspec.structs.replace(
        settings, results=Results(group=f"{prefix}-results", port=0, **given)
    )


def evaluations(settings: Settings) -> list[dict[str, Any]]:
    return [
        record
        for message in read_all(settings.kafka.brokers, settings.results.otel_topic)
        for record in json.loads(message.value)["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    ]


@pytest.mark.needs("kafka")
@pytest.mark.timeout(600)
def test_a_leaked_key_in_a_traced_call(kafka_settings: Settings, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(KEYS)
    spans_topic = f"{kafka_settings.kafka.group}.otlp_spans"
    settings = msgspec.structs.replace(
        with_results(kafka_settings),
        intake=Intake(sources={spans_topic: IntakeSource(format="otlp")}),
        pool=Pool(processes=1),
        detectors=["secrets"],
        rules=str(rules),
        hash_key="k" * 32,
        state_dir=str(tmp_path),
    )
    brokers = settings.kafka.brokers
    with admin_client(settings) as admin:
        create_topics(admin, settings)
    make_topic(brokers, spans_topic, 2)
    received = Received()
    answering = openai_stand_in(f"Log in with {LEAKED}.")
    with serving(answering) as api, serving(received.handler()) as collector:
        traced("openinference", api, collector)
    assert received.spans
    with WorkerProcess(settings, tmp_path) as worker:
        wait_for("a ready worker", worker.ready)
        # The exporter's two encodings; the same calls twice are other offsets, so other records.
        send(brokers, spans_topic, received.spans)
        send(brokers, spans_topic, [as_otlp_json(value, TracesData) for value in received.spans])
        wait_for("the incident", lambda: len(standing_incidents(settings)) == 1)
        wait_for("all spans read", lambda: waiting(settings, spans_topic) == 0)
        assert worker.metric("outwatch_skipped_total", why="not_an_output") == 2
        assert worker.metric("outwatch_skipped_total", why="error") == 2
        assert worker.metric("outwatch_outputs_total", format="otlp") == 6
        assert worker.stop() == 0
    (incident,) = standing_incidents(settings).values()
    assert incident.playbook == "secret-leak"
    assert incident.group == {"deployment": "support-bot"}

    rows = [row for batch in verdict_batches(settings) for row in batch.rows]
    assert len(rows) == 6
    with publishing(settings):
        wait_for("the results", lambda: len(evaluations(settings)) >= 12)
        wait_for(
            "the events",
            lambda: len(read_all(brokers, settings.results.cloudevents_topic)) == 6,
        )
    spans = {(row.trace_id, row.span_id) for row in rows}
    found = evaluations(settings)
    assert {(record["traceId"], record["spanId"]) for record in found} == spans
    assert len(spans) == 3
    events = [json.loads(m.value) for m in read_all(brokers, settings.results.cloudevents_topic)]
    assert {event["subject"] for event in events} == {f"{trace}-{span}" for trace, span in spans}
    chosen = Chosen()
    exported = list(chosen.rows(from_kafka(settings, None, lambda done, total: None)))
    assert {(row["trace_id"], row["span_id"]) for row in exported} == spans
    assert (len(exported), chosen.unreadable) == (6, 0)
    everything = [incident, *rows, *found, *events, *exported]
    assert not any(LEAKED[4:] in str(one) for one in everything)


def verdict(offset: int) -> bytes:
    row = VerdictRow(offset=offset, record_id=f"r{offset}", event_time=1.0, scores={"a": 0.5})
    return msgspec.json.encode(
        VerdictBatch(
            deployment="bot",
            topic="t",
            partition=0,
            first_offset=offset,
            last_offset=offset,
            rows=[row],
            scored_at=2.0,
        )
    )


class FailingOnce:
    """A producer that stops working after some messages, the first time it is made."""

    made = 0

    def __init__(self, after: int, **options: Any) -> None:
        FailingOnce.made += 1
        self._left = after if FailingOnce.made == 1 else -1
        self._real = KafkaProducer(**options)

    def send(self, *arguments: Any, **options: Any) -> Any:
        if self._left == 0:
            raise KafkaTimeoutError
        self._left -= 1
        return self._real.send(*arguments, **options)

    def close(self, timeout: float) -> None:
        self._real.close(timeout=timeout)


@pytest.mark.needs("kafka")
def test_a_failure_half_way_loses_nothing(kafka_settings: Settings) -> None:
    settings = with_results(kafka_settings, otel_topic="")
    with admin_client(settings) as admin:
        create_topics(admin, settings)
    brokers, topics = settings.kafka.brokers, settings.kafka.topics
    send(
        brokers,
        topics.verdicts,
        [*map(verdict, range(20)), b"broken", *map(verdict, range(20, 30))],
    )

    def ids() -> list[str]:
        return [
            json.loads(m.value)["id"] for m in read_all(brokers, settings.results.cloudevents_topic)
        ]

    FailingOnce.made = 0
    with publishing(
        settings, make_producer=lambda **options: FailingOnce(7, **options)
    ) as registry:
        wait_for("all results", lambda: len(set(ids())) == 30)
        wait_for("a second producer", lambda: FailingOnce.made == 2)
    assert registry.get_sample_value("outwatch_results_reconnects_total") == 1
    assert set(ids()) == {f"t/0/{n}" for n in range(30)}
    assert len(ids()) > 30
    letters = [json.loads(m.value) for m in read_all(brokers, topics.dead)]
    assert {letter["reason"] for letter in letters} == {"invalid_json"}
    assert not any(letter.get("payload") for letter in letters)

    before = len(ids())
    send(brokers, topics.verdicts, [verdict(30)])
    with publishing(settings):
        wait_for("the new result", lambda: "t/0/30" in ids())
    assert len(ids()) == before + 1


def test_nowhere_to_publish_is_said() -> None:
    with pytest.raises(UsageError, match="OUTWATCH_RESULTS_OTEL_TOPIC"):
        run(Settings(), threading.Event())


@pytest.mark.needs("kafka")
def test_topics_that_are_missing_are_made_as_designed(kafka_settings: Settings) -> None:
    settings = with_results(kafka_settings)
    create_result_topics(settings)
    create_result_topics(settings)
    with admin_client(settings) as admin:
        made = {one.name: one for one in create_topics(admin, settings)}
    for name in (settings.results.otel_topic, settings.results.cloudevents_topic):
        assert (made[name].result, made[name].differences) == ("present", [])
    assert made[settings.kafka.topics.verdicts].result == "created"


@pytest.mark.needs("kafka")
def test_topics_that_kafka_refuses_are_an_error_with_its_remedy(kafka_settings: Settings) -> None:
    topics = msgspec.structs.replace(kafka_settings.kafka.topics, replication=3)
    kafka = msgspec.structs.replace(kafka_settings.kafka, topics=topics)
    settings = with_results(msgspec.structs.replace(kafka_settings, kafka=kafka))
    with pytest.raises(UsageError, match=r"can't be made: .*Set `kafka.topics.replication`"):
        create_result_topics(settings)
