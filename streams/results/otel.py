"""Verdicts as OpenTelemetry log events `gen_ai.evaluation.result`, parented to the span judged.

One event for each signal with a score, as the GenAI conventions define it: name, score, label,
explanation and the id of the model's response, and the trace and span id on the log record. A
detector that failed on a record is an event with `error.type` and no score. The attribute
`log.record.uid` is the same each time an event is sent, so that doubles can be told.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from google.protobuf import json_format
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import SEVERITY_NUMBER_INFO, LogRecord, LogsData

import detectors
from streams.place import row_place
from streams.records import VerdictBatch, VerdictRow
from streams.results.signals import Judging

EVENT = "gen_ai.evaluation.result"
Encoding = Literal["otlp_json", "otlp_proto"]

_EVENTS_PER_MESSAGE = 300
_MOST_REASONS = 3
_LONGEST_EXPLANATION = 500


def messages(batch: VerdictBatch, judging: Judging, encoding: Encoding) -> list[bytes]:
    """The events of a batch's rows as OTLP messages, each well below Kafka's 1 MB."""
    events = [
        event for row in batch.rows if judging.wanted(row) for event in _of(batch, row, judging)
    ]
    return [
        _encoded(events[start : start + _EVENTS_PER_MESSAGE], encoding)
        for start in range(0, len(events), _EVENTS_PER_MESSAGE)
    ]


def _of(batch: VerdictBatch, row: VerdictRow, judging: Judging) -> Iterator[LogRecord]:
    for signal, score in judging.scores(row).items():
        yield _record(
            batch,
            row,
            signal,
            {
                "gen_ai.evaluation.score.value": float(score),
                "gen_ai.evaluation.score.label": judging.label(signal, score),
                "gen_ai.evaluation.explanation": _explanation(row, signal),
            },
        )
    for detector, kind in row.errors.items():
        yield _record(batch, row, detector, {"error.type": kind})
    for detector in row.unfinished:
        yield _record(batch, row, detector, {"error.type": "timeout"})


def _record(
    batch: VerdictBatch, row: VerdictRow, name: str, about: dict[str, str | float | None]
) -> LogRecord:
    attributes: dict[str, str | float | None] = {
        "gen_ai.evaluation.name": name,
        **about,
        "gen_ai.response.id": row.response_id,
        "gen_ai.response.model": row.model_version or row.model,
        "gen_ai.conversation.id": row.conversation_id,
        "log.record.uid": f"{row_place(batch, row)}/{name}",
        "outwatch.record_id": row.record_id,
        "outwatch.deployment": batch.deployment,
    }
    nanoseconds = round((batch.scored_at or row.event_time) * 1e9)
    return LogRecord(
        time_unix_nano=nanoseconds,
        observed_time_unix_nano=nanoseconds,
        severity_number=SEVERITY_NUMBER_INFO,
        event_name=EVENT,
        attributes=[
            KeyValue(key=key, value=_value(value))
            for key, value in attributes.items()
            if value is not None
        ],
        trace_id=_id(row.trace_id, 16),
        span_id=_id(row.span_id, 8),
    )


def _value(value: str | float) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    return AnyValue(double_value=value)


def _id(text: str | None, size: int) -> bytes:
    """Ids of other formats may be anything; only a span's own parents an event."""
    try:
        found = bytes.fromhex(text or "")
    except ValueError:
        return b""
    return found if len(found) == size else b""


def _explanation(row: VerdictRow, signal: str) -> str | None:
    """Why, in the findings' words, which never quote what was matched."""
    reasons = dict.fromkeys(f.reason for f in row.findings if f.signal == signal and f.reason)
    return "; ".join(list(reasons)[:_MOST_REASONS])[:_LONGEST_EXPLANATION] or None


def _encoded(events: list[LogRecord], encoding: Encoding) -> bytes:
    data = LogsData()
    group = data.resource_logs.add()
    group.resource.attributes.append(KeyValue(key="service.name", value=_value("outwatch")))
    scope = group.scope_logs.add()
    scope.scope.name = "outwatch"
    scope.scope.version = detectors.__version__
    scope.log_records.extend(events)
    if encoding == "otlp_proto":
        return bytes(data.SerializeToString())
    as_json: dict[str, Any] = json_format.MessageToDict(data, use_integers_for_enums=True)
    # protobuf's JSON writes bytes in base64, OTLP's writes ids in hexadecimal.
    for record in as_json["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
        for name in ("traceId", "spanId"):
            if name in record:
                record[name] = base64.b64decode(record[name]).hex()
    return msgspec.json.encode(as_json)
