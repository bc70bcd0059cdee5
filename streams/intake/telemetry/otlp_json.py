"""OTLP in JSON, as the Collector writes it (`otlp_json`), to spans and log events.

Ids are hexadecimal and 64-bit numbers may be text, unlike in protobuf's own JSON mapping
(OpenTelemetry protocol specification, "JSON Protobuf Encoding").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from streams.errors import BadRecord
from streams.intake.telemetry.spans import (
    Attributes,
    Span,
    Telemetry,
    TracedEvent,
    as_text,
    invalid,
    take,
    without_surrogates,
)

_CLIENT = (3, "SPAN_KIND_CLIENT")
_FAILED = (2, "STATUS_CODE_ERROR")
_MOST_NESTED = 100
_HEX = re.compile(r"[0-9a-f]*")
_INTEGER = re.compile(r"-?[0-9]{1,20}")

_VALUES = frozenset(
    {
        "stringValue",
        "boolValue",
        "intValue",
        "doubleValue",
        "bytesValue",
        "arrayValue",
        "kvlistValue",
    }
)


def from_json(data: dict[str, Any]) -> Telemetry:
    """A parsed OTLP JSON message. Raises `BadRecord` where its frame is none."""
    found = Telemetry()
    for where, resource, item in _items(data, "resourceSpans", "scopeSpans", "spans"):
        take(found, found.spans, _span, where, resource, item)
    for where, resource, item in _items(data, "resourceLogs", "scopeLogs", "logRecords"):
        take(found, found.events, _log, where, resource, item)
    metrics = data.get("resourceMetrics")
    found.metrics = len(metrics) if isinstance(metrics, list) else 0
    return found


def _items(
    data: dict[str, Any], outer: str, middle: str, inner: str
) -> Iterator[tuple[str, Attributes, Any]]:
    for i, item in enumerate(_list(data, outer, "")):
        where = f"{outer}[{i}]"
        group = _dict(item, where)
        resource = _dict(group.get("resource"), f"{where}.resource")
        attributes = _attributes(resource.get("attributes"), f"{where}.resource.attributes")
        for j, scope in enumerate(_list(group, middle, f"{where}.")):
            place = f"{where}.{middle}[{j}]"
            for k, inside in enumerate(_list(_dict(scope, place), inner, f"{place}.")):
                yield f"{place}.{inner}[{k}]", attributes, inside


def _list(data: dict[str, Any], name: str, where: str) -> list[Any]:
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(f"{where}{name}", value, "a list")
    return value


def _dict(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid(where, value, "an object")
    return value


def _span(where: str, resource: Attributes, item: Any) -> Span:
    span = _dict(item, where)
    status = _dict(span.get("status"), f"{where}.status")
    return Span(
        trace_id=_id(span, "traceId", 32, where, required=True),
        span_id=_id(span, "spanId", 16, where, required=True),
        parent_id=_id(span, "parentSpanId", 16, where),
        start=_time(span, "startTimeUnixNano", where),
        end=_time(span, "endTimeUnixNano", where),
        client=span.get("kind") in _CLIENT,
        failed=status.get("code") in _FAILED,
        attributes=_attributes(span.get("attributes"), f"{where}.attributes"),
        events=[
            _span_event(f"{where}.events[{i}]", event)
            for i, event in enumerate(_list(span, "events", f"{where}."))
        ],
        resource=resource,
    )


def _span_event(where: str, item: Any) -> TracedEvent:
    event = _dict(item, where)
    return TracedEvent(
        name=as_text(event.get("name")),
        time=_time(event, "timeUnixNano", where),
        attributes=_attributes(event.get("attributes"), f"{where}.attributes"),
    )


def _log(where: str, resource: Attributes, item: Any) -> TracedEvent:
    log = _dict(item, where)
    attributes = _attributes(log.get("attributes"), f"{where}.attributes")
    time = _time(log, "timeUnixNano", where)
    return TracedEvent(
        name=as_text(log.get("eventName")) or as_text(attributes.get("event.name")),
        time=time or _time(log, "observedTimeUnixNano", where),
        trace_id=_id(log, "traceId", 32, where),
        span_id=_id(log, "spanId", 16, where),
        attributes=attributes,
        body=_value(log.get("body"), f"{where}.body", 0),
        resource=resource,
    )


def _id(item: dict[str, Any], name: str, digits: int, where: str, *, required: bool = False) -> str:
    value = item.get(name)
    if value in (None, "") and not required:
        return ""
    if not isinstance(value, str):
        raise invalid(f"{where}.{name}", value, f"{digits} hexadecimal digits")
    value = value.lower()
    if len(value) != digits or not _HEX.fullmatch(value):
        raise BadRecord("invalid_field", f"otlp: {where}.{name} is not {digits} hexadecimal digits")
    return value


def _time(item: dict[str, Any], name: str, where: str) -> int:
    value = item.get(name)
    if value is None:
        return 0
    number = _integer(value)
    if number is None or number < 0:
        raise invalid(f"{where}.{name}", value, "nanoseconds since the epoch")
    return number


def _integer(value: Any) -> int | None:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 2**64 else None
    return None


def _attributes(value: Any, where: str, depth: int = 0) -> Attributes:
    if value is None:
        return {}
    if not isinstance(value, list):
        raise invalid(where, value, "a list of attributes")
    found: Attributes = {}
    for index, item in enumerate(value):
        pair = _dict(item, f"{where}[{index}]")
        name = pair.get("key")
        if not isinstance(name, str):
            raise invalid(f"{where}[{index}].key", name, "text")
        found[_clean(name)] = _value(pair.get("value"), f"{where}[{index}].value", depth)
    return found


def _value(value: Any, where: str, depth: int) -> Any:
    if depth > _MOST_NESTED:
        raise BadRecord("too_deep", f"otlp: {where[:200]} is nested too deeply")
    wrapped = _dict(value, where)
    for kind, inner in wrapped.items():
        if kind == "stringValue" and isinstance(inner, str):
            return _clean(inner)
        if kind == "boolValue" and isinstance(inner, bool):
            return inner
        if kind == "intValue" and (number := _integer(inner)) is not None:
            return number
        if kind == "doubleValue":
            return _double(inner, where)
        if kind == "bytesValue" and isinstance(inner, str):
            return inner
        if kind == "arrayValue":
            items = _list(_dict(inner, where), "values", f"{where}.")
            return [_value(item, where, depth + 1) for item in items]
        if kind == "kvlistValue":
            return _attributes(_dict(inner, where).get("values"), where, depth + 1)
        if kind in _VALUES:
            raise invalid(f"{where}.{kind}", inner, "such a value")
        if kind.endswith("Value"):
            raise invalid(where, inner, "such a value")
    return None


def _double(value: Any, where: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) < 2**1000 else float("inf")
    if value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    raise invalid(where, value, "a number")


def _clean(text: str) -> str:
    return text if text.isascii() else without_surrogates(text)
