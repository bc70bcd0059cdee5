"""OTLP messages for tests: JSON from plain values, and the same in protocol buffers."""

from __future__ import annotations

import base64
import copy
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from streams.intake.formats import Parsed
from streams.intake.telemetry import otlp

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
START = 1_764_000_000_000_000_000
END = START + 1_500_000_000


def any_value(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    return {"kvlistValue": {"values": attributes(value)}}


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": any_value(value)} for name, value in values.items()]


def event(name: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "timeUnixNano": str(END), "attributes": attributes(values or {})}


def span(values: dict[str, Any], *events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "traceId": TRACE,
        "spanId": SPAN,
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(END),
        "attributes": attributes(values),
        "events": list(events),
        "status": {},
        **fields,
    }


def log(
    name: str, values: dict[str, Any] | None = None, body: Any = None, **fields: Any
) -> dict[str, Any]:
    return {
        "timeUnixNano": str(END),
        "eventName": name,
        "traceId": TRACE,
        "spanId": SPAN,
        "attributes": attributes(values or {}),
        "body": any_value(body),
        **fields,
    }


def spans(*items: dict[str, Any], **resource: Any) -> dict[str, Any]:
    return {"resourceSpans": [_group("scopeSpans", "spans", list(items), resource)]}


def logs(*items: dict[str, Any], **resource: Any) -> dict[str, Any]:
    return {"resourceLogs": [_group("scopeLogs", "logRecords", list(items), resource)]}


def _group(middle: str, inner: str, items: list[Any], resource: dict[str, Any]) -> dict[str, Any]:
    named = {name.replace("__", "."): value for name, value in resource.items()}
    return {
        "resource": {"attributes": attributes({"service.name": "support-bot", **named})},
        middle: [{"scope": {"name": "test"}, inner: items}],
    }


def protobuf(message: dict[str, Any]) -> bytes:
    """The same message in protocol buffers. protobuf's JSON has ids in base64, OTLP's in hex."""
    data = _with_base64_ids(copy.deepcopy(message))
    kind = TracesData if "resourceSpans" in data else LogsData
    return json_format.ParseDict(data, kind()).SerializeToString()


def _with_base64_ids(data: Any) -> Any:
    if isinstance(data, list):
        return [_with_base64_ids(item) for item in data]
    if isinstance(data, dict):
        return {
            name: base64.b64encode(bytes.fromhex(value)).decode()
            if name in ("traceId", "spanId", "parentSpanId")
            else _with_base64_ids(value)
            for name, value in data.items()
        }
    return data


def read_both(message: dict[str, Any]) -> Parsed:
    """What the format makes of a message; JSON and protocol buffers must give the same."""
    from_json = otlp.parse(message)
    binary = protobuf(message)
    assert otlp.recognises(message)
    assert otlp.recognises_bytes(binary)
    from_bytes = otlp.parse_bytes(binary)
    assert from_bytes.outputs == from_json.outputs
    assert from_bytes.skipped == from_json.skipped
    assert [bad.reason for bad in from_bytes.bad] == [bad.reason for bad in from_json.bad]
    return from_json
