"""Verdicts as CloudEvents and OpenTelemetry events: shape, identity, and nothing quoted."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from prometheus_client import CollectorRegistry

from detectors import Finding
from streams.builtin_signals import TOPIC_PREFIX
from streams.config.settings import Results, Settings
from streams.intake import recognise
from streams.intake.telemetry import otlp
from streams.records import VerdictBatch, VerdictRow
from streams.results import cloudevents, otel
from streams.results.metrics import ResultsMetrics
from streams.results.publish import results
from streams.results.signals import Judging

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
EXCERPT = "masked-excerpt"
JUDGING = Judging({"pii.any": 0.5, "secrets.any": 0.5}, frozenset({"drift.length"}))


def row(**fields: Any) -> VerdictRow:
    given: dict[str, Any] = {
        "offset": 7,
        "record_id": "answer-1",
        "event_time": 1_764_000_000.0,
        "scores": {"pii.any": 0.9, "secrets.any": 0.2, "drift.length": 0.7},
        "findings": [
            Finding("pii.any", "email", 3, 9, "an address", 0.9),
            Finding("pii.any", "email", 13, 19, "an address", 0.8),
            Finding("secrets.any", "key", 0, 2, "looks like a key", 0.2),
        ],
        "excerpt": EXCERPT,
        "trace_id": TRACE,
        "span_id": SPAN,
        "response_id": "chatcmpl-1",
    }
    return VerdictRow(**{**given, **fields})


def batch(*rows: VerdictRow, **fields: Any) -> VerdictBatch:
    given: dict[str, Any] = {
        "deployment": "support bot",
        "topic": "otlp_spans",
        "partition": 2,
        "first_offset": 7,
        "last_offset": 7,
        "rows": list(rows) or [row()],
        "judged": [["pii.any", "secrets.any", "drift.length"]],
        "scored_at": 1_764_000_002.5,
    }
    return VerdictBatch(**{**given, **fields})


def event(given: VerdictBatch, judging: Judging = JUDGING) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(cloudevents.event(given, given.rows[0], judging))
    return decoded


def records(given: VerdictBatch, judging: Judging = JUDGING) -> list[dict[str, Any]]:
    """The log records of both encodings, which must say the same."""
    from tests.support.otlp_servers import as_otlp_json

    as_json = [json.loads(value) for value in otel.messages(given, judging, "otlp_json")]
    binary = otel.messages(given, judging, "otlp_proto")
    assert as_json == [json.loads(as_otlp_json(value, LogsData)) for value in binary]
    return [
        {
            **record,
            "attributes": {
                pair["key"]: next(iter(pair["value"].values())) for pair in record["attributes"]
            },
        }
        for message in as_json
        for record in message["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    ]


def test_a_cloudevent() -> None:
    found = event(batch())
    assert found["specversion"] == "1.0"
    assert found["id"] == "otlp_spans/2/7"
    assert found["type"] == "dev.outwatch.verdict.v1"
    assert found["source"] == "/outwatch/support%20bot"
    assert found["subject"] == "answer-1"
    assert found["time"] == "2025-11-24T16:00:02.500000+00:00"
    assert found["datacontenttype"] == "application/json"
    assert found["traceparent"] == f"00-{TRACE}-{SPAN}-01"
    assert found["data"]["scores"] == {"pii.any": 0.9, "secrets.any": 0.2}
    assert found["data"]["judged"] == ["pii.any", "secrets.any", "drift.length"]
    assert found["data"]["findings"][0]["reason"] == "an address"
    assert found["data"]["response_id"] == "chatcmpl-1"


def test_a_cloudevent_of_a_record_without_a_trace() -> None:
    found = event(batch(row(trace_id=None, span_id=None, record_id="", part=3)))
    assert "traceparent" not in found
    assert "subject" not in found
    assert found["id"] == "otlp_spans/2/7#3"


def test_evaluation_events() -> None:
    first, second = records(batch())
    assert first["eventName"] == "gen_ai.evaluation.result"
    assert (first["traceId"], first["spanId"]) == (TRACE, SPAN)
    assert first["timeUnixNano"] == first["observedTimeUnixNano"] == "1764000002500000000"
    assert first["attributes"] == {
        "gen_ai.evaluation.name": "pii.any",
        "gen_ai.evaluation.score.value": 0.9,
        "gen_ai.evaluation.score.label": "fail",
        "gen_ai.evaluation.explanation": "an address",
        "gen_ai.response.id": "chatcmpl-1",
        "log.record.uid": "otlp_spans/2/7/pii.any",
        "outwatch.record_id": "answer-1",
        "outwatch.deployment": "support bot",
    }
    assert second["attributes"]["gen_ai.evaluation.name"] == "secrets.any"
    assert second["attributes"]["gen_ai.evaluation.score.label"] == "pass"


def test_a_failed_detector_is_an_event_with_its_error() -> None:
    (record,) = records(batch(row(scores={}, findings=[], errors={"pii": "ValueError"})))
    assert record["attributes"]["gen_ai.evaluation.name"] == "pii"
    assert record["attributes"]["error.type"] == "ValueError"
    assert "gen_ai.evaluation.score.value" not in record["attributes"]


@pytest.mark.parametrize(
    ("trace", "span"),
    [("zz", "y"), ("", ""), (None, None), ("ab" * 3, "ab")],
    ids=["no-hex", "empty", "missing", "short"],
)
def test_ids_that_are_no_spans_parent_nothing(trace: str | None, span: str | None) -> None:
    for record in records(batch(row(trace_id=trace, span_id=span))):
        assert "traceId" not in record
        assert "spanId" not in record


def test_signals_unknown_here_have_no_label() -> None:
    (record,) = records(batch(row(scores={"own.signal": 0.3})))
    assert "gen_ai.evaluation.score.label" not in record["attributes"]


def test_many_events_are_several_messages_below_a_megabyte() -> None:
    long = [Finding("s0", "k", 0, 1, "reason " * 200, 1.0)]
    rows = [
        row(offset=n, record_id="i" * 200, scores={f"s{m}": 0.5 for m in range(20)}, findings=long)
        for n in range(100)
    ]
    for encoding in ("otlp_json", "otlp_proto"):
        made = otel.messages(batch(*rows), JUDGING, encoding)
        assert len(made) == 7
        assert max(map(len, made)) < 600_000
    uids = [record["attributes"]["log.record.uid"] for record in records(batch(*rows))]
    assert len(set(uids)) == 2000


def test_nothing_quoted_leaves() -> None:
    given = batch()
    everything = [cloudevents.event(given, given.rows[0], JUDGING)]
    everything += otel.messages(given, JUDGING, "otlp_json")
    assert not any(EXCERPT.encode() in value for value in everything)


def test_the_same_verdict_gives_the_same_bytes() -> None:
    given = batch()
    again = msgspec.json.decode(msgspec.json.encode(given), type=VerdictBatch)
    assert cloudevents.event(given, given.rows[0], JUDGING) == cloudevents.event(
        again, again.rows[0], JUDGING
    )
    for encoding in ("otlp_json", "otlp_proto"):
        assert otel.messages(given, JUDGING, encoding) == otel.messages(again, JUDGING, encoding)


def settings(**fields: Any) -> Settings:
    return Settings(results=Results(**fields))


def counted(metrics: ResultsMetrics) -> dict[str, float]:
    return {
        sample.labels["outcome"]: sample.value
        for metric in metrics.rows.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.value
    }


ABOVE = {
    "everything": (None, 3, 3, {"published": 3}),
    "above-zero": (0.0, 2, 3, {"published": 2, "below": 1}),
    "above-half": (0.5, 1, 1, {"published": 1, "below": 2}),
    "nothing": (0.95, 0, 0, {"below": 3}),
}


@pytest.mark.parametrize(
    ("above", "events", "scores", "outcomes"), ABOVE.values(), ids=ABOVE.keys()
)
def test_only_above(
    above: float | None, events: int, scores: int, outcomes: dict[str, float]
) -> None:
    judging = Judging({"pii.any": 0.5}, frozenset({"drift.length"}), above)
    given = batch(
        row(),
        row(offset=8, scores={"secrets.any": 0.2}),
        row(offset=9, scores={"drift.length": 0.9}),
    )
    metrics = ResultsMetrics(CollectorRegistry())
    made = results(settings(cloudevents_topic="ce"), given, judging, metrics)
    assert len(made) == events
    assert counted(metrics) == outcomes
    sent = results(settings(otel_topic="otel"), given, judging, ResultsMetrics(CollectorRegistry()))
    found = [json.loads(value) for _, _, value, _ in sent]
    logs = [r for m in found for r in m["resourceLogs"][0]["scopeLogs"][0]["logRecords"]]
    assert len(logs) == scores


def test_reports_of_people_are_no_results() -> None:
    metrics = ResultsMetrics(CollectorRegistry())
    given = batch(topic="llm.feedback")
    assert results(settings(cloudevents_topic="ce"), given, JUDGING, metrics) == []
    assert counted(metrics) == {"feedback": 1}


def test_what_is_told_of_a_silent_topic_is_no_result() -> None:
    metrics = ResultsMetrics(CollectorRegistry())
    given = msgspec.structs.replace(batch(), deployment=f"{TOPIC_PREFIX}llm.outputs")
    assert results(settings(cloudevents_topic="ce"), given, JUDGING, metrics) == []
    assert counted(metrics) == {"monitor": 1}


def test_results_are_no_outputs_when_read_back() -> None:
    for message in otel.messages(batch(), JUDGING, "otlp_json"):
        assert otlp.parse(json.loads(message)).outputs == []
    (part,) = recognise.read(otel.messages(batch(row(scores={"a": 0.5})), JUDGING, "otlp_proto")[0])
    assert part.what == "not_an_output"
