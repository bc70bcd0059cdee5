"""OTLP in protocol buffers, as the Collector writes it (`otlp_proto`), to spans and log events."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, Literal

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from streams.errors import BadRecord
from streams.intake.telemetry.spans import Attributes, Span, Telemetry, TracedEvent, as_text, take

_CLIENT = 3
_FAILED = 2
_LENGTH_DELIMITED = 2
_FIXED64 = 1


def kind_of(value: bytes) -> Literal["spans", "logs"] | None:
    """What protocol buffers hold, by the fields of the first span or log record in them.

    Spans and logs share their outer frame, so a topic's messages can't be told apart by
    decoding alone: a decoder takes fields of the other kind for unknown ones.
    """
    first = next(_inner_items(memoryview(value)), None)
    if first is None:
        return None
    fields = {(number, wire): content for number, wire, content in _fields(first)}
    trace_id = fields.get((1, _LENGTH_DELIMITED), b"")
    if len(trace_id) == 16 and (7, _FIXED64) in fields:
        return "spans"
    if (1, _FIXED64) in fields or (11, _FIXED64) in fields:
        return "logs"
    return None


class _Malformed(Exception):
    """These bytes are no protocol buffers."""


def _inner_items(value: memoryview) -> Iterator[memoryview]:
    try:
        for number, wire, resource in list(_fields(value)):
            if (number, wire) != (1, _LENGTH_DELIMITED):
                return
            for _, _, scope in _only(resource, 2):
                for _, _, item in _only(scope, 2):
                    list(_fields(item))
                    yield item
    except _Malformed:
        return


def _only(value: memoryview, wanted: int) -> Iterator[tuple[int, int, memoryview]]:
    for field in list(_fields(value)):
        if field[0] not in (1, 2, 3) or field[1] != _LENGTH_DELIMITED:
            raise _Malformed
        if field[0] == wanted:
            yield field


def _fields(value: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    at = 0
    while at < len(value):
        tag, at = _varint(value, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            start = at
            _, at = _varint(value, at)
            content = value[start:at]
        else:
            if wire == _LENGTH_DELIMITED:
                size, at = _varint(value, at)
            elif wire in (_FIXED64, 5):
                size = 8 if wire == _FIXED64 else 4
            else:
                raise _Malformed
            if number == 0 or at + size > len(value):
                raise _Malformed
            content = value[at : at + size]
            at += size
        yield number, wire, content


def _varint(value: memoryview, at: int) -> tuple[int, int]:
    result = 0
    for shift in range(0, 70, 7):
        if at >= len(value):
            raise _Malformed
        byte = value[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
    raise _Malformed


def from_bytes(value: bytes) -> Telemetry:
    """Protocol buffers, of spans or of log records. Raises `BadRecord` where they are neither."""
    kind = kind_of(value)
    found = Telemetry()
    try:
        if kind == "spans":
            traces = TracesData.FromString(value)
            for group in traces.resource_spans:
                resource = _attributes(group.resource.attributes)
                for scope in group.scope_spans:
                    for span in scope.spans:
                        take(found, found.spans, _span, resource, span)
        elif kind == "logs":
            logs = LogsData.FromString(value)
            for log_group in logs.resource_logs:
                resource = _attributes(log_group.resource.attributes)
                for log_scope in log_group.scope_logs:
                    for record in log_scope.log_records:
                        take(found, found.events, _log, resource, record)
        else:
            raise BadRecord("invalid_field", "otlp: the bytes hold neither spans nor log records")
    except DecodeError:
        raise BadRecord("invalid_field", f"otlp: the {kind} can't be decoded") from None
    return found


def _span(resource: Attributes, span: Any) -> Span:
    for name, size in (("trace_id", 16), ("span_id", 8)):
        if len(getattr(span, name)) != size:
            raise BadRecord("invalid_field", f"otlp: a span's {name} is not {size} bytes long")
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        client=span.kind == _CLIENT,
        failed=span.status.code == _FAILED,
        attributes=_attributes(span.attributes),
        events=[
            TracedEvent(name=e.name, time=e.time_unix_nano, attributes=_attributes(e.attributes))
            for e in span.events
        ],
        resource=resource,
    )


def _log(resource: Attributes, record: Any) -> TracedEvent:
    attributes = _attributes(record.attributes)
    return TracedEvent(
        name=record.event_name or as_text(attributes.get("event.name")),
        time=record.time_unix_nano or record.observed_time_unix_nano,
        trace_id=record.trace_id.hex(),
        span_id=record.span_id.hex(),
        attributes=attributes,
        body=_value(record.body),
        resource=resource,
    )


def _attributes(pairs: Any) -> Attributes:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    inner = getattr(value, kind)
    return base64.b64encode(inner).decode() if kind == "bytes_value" else inner
