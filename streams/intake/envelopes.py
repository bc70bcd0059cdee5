"""Envelopes that Kafka Connect and Debezium put around a message of any format.

- Kafka Connect's JSON converter with schemas: ``{"schema": …, "payload": …}``, where the payload
  may be an object, an array, JSON as text (Debezium's outbox router) or bytes in base64, which may
  be gzip;
- Debezium's change events: ``{"op", "before", "after", "source", "ts_ms"}``. What a row holds now
  is read: of inserts (`c`), of a snapshot's rows (`r`) and of updates (`u`), unless the answer is
  as it was before. Deletes (`d`) and truncations (`t`) are skipped as `deleted`. MongoDB's `after`
  is JSON as text, a logical message's (`m`) content base64;
- rows that `ExtractNewRecordState` has unwrapped, told by the fields that it adds (`__deleted`,
  `__op`, `__source_ts_ms`, …);
- rows of an outbox table that no router has unwrapped, and events of one with further fields: their
  `payload` is read.

Rows come from columns, so that a time may be milli-, micro- or nanoseconds since the epoch, and
lists and objects text. `source.ts_ms` is the event time of rows that have none.

Shapes: Kafka's `JsonConverter`; debezium.io, "Data change events", "Outbox Event Router" and "New
Record State Extraction".
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake.formats import Skip
from streams.intake.values import (
    JsonObject,
    from_json,
    id_in,
    object_in,
    seconds_in,
    text_in,
)

_READ = ("c", "r", "u")
_GONE = ("d", "t")
_CHANGE = frozenset({"before", "after", "source", "op", "transaction", "updateDescription"})
_CHANGE_TIMES = frozenset({"ts_ms", "ts_us", "ts_ns"})
_ADDED = (
    *("__deleted", "__op", "__table", "__db", "__schema", "__lsn", "__ts_ms", "__source_ts_ms"),
    *("__source_ts_us", "__source_ts_ns", "__source_table", "__source_db", "__source_connector"),
)
_ADDED_TIMES = ("__source_ts_ms", "__ts_ms")
_OUTBOX = ("aggregatetype", "aggregate_type", "aggregateid", "aggregate_id")
_STRUCTURED = ("messages", "tool_calls", "context", "kinds", "usage", "labels")
_GZIP = "H4sI"  # as gzip begins, in base64; bytes may come without the schema that says so
_MICROSECONDS, _NANOSECONDS = 1e14, 1e17
_NUMBERS = {"$numberLong": int, "$numberInt": int, "$numberDouble": float, "$numberDecimal": float}

FLATTENED = b'"__'
"""What bytes hold that may be an unwrapped row."""


class Opened(msgspec.Struct, frozen=True):
    """What an envelope holds: bytes, or parsed JSON. `seconds` is when its row was written, since
    the epoch. `before` is what an updated row held before."""

    inside: Any
    seconds: float | None = None
    before: Any = None


def opened(data: Any) -> Opened | Skip | None:
    """What is in an envelope, or why nothing is; None for what is none. Raises `BadRecord`."""
    if not isinstance(data, dict):
        return None
    if data.keys() == {"schema", "payload"} and isinstance(data["schema"], dict | None):
        return _payload(data["payload"], text_in(data["schema"], "type"))
    if _is_change(data):
        return _change(data)
    if any(name in data for name in _ADDED):
        return _unwrapped(data)
    if isinstance(data.get("payload"), str | dict) and any(name in data for name in _OUTBOX):
        return _payload(data["payload"], None)
    return "not_an_output" if _is_about_changes(data) else None


def guessed(data: Any) -> Opened | None:
    """What stands under `payload` in a message that is in no format, such as an event of an outbox
    with further fields; None where that is neither an object, JSON nor gzip in
    base64."""
    value = data.get("payload") if isinstance(data, dict) else None
    if isinstance(value, dict):
        return Opened(_row(value))
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return Opened(value.encode())
    if isinstance(value, str) and value.startswith(_GZIP):
        return Opened(_decoded(value, "payload"))
    return None


def _payload(value: Any, kind: str | None) -> Opened | Skip:
    if value is None:
        return "deleted"
    if isinstance(value, dict):
        # What is an envelope itself is opened next.
        return Opened(value if _is_change(value) else _row(value))
    if isinstance(value, list):
        return Opened(value)
    if isinstance(value, str):
        in_base64 = kind == "bytes" or value.startswith(_GZIP)
        return Opened(_decoded(value, "payload") if in_base64 else value.encode())
    raise BadRecord("invalid_field", "connect: payload is neither an object, a list nor text")


def _decoded(text: str, place: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadRecord("invalid_field", f"connect: {place} is not base64") from None


def _is_change(data: JsonObject) -> bool:
    if "op" in data:
        known = isinstance(data["op"], str) and data["op"] in (*_READ, *_GONE, "m")
        return known and ("before" in data or "after" in data or "message" in data)
    # Inside a CloudEvent, `op` and `source` are attributes of that.
    return {"before", "after"} <= data.keys() and data.keys() <= _CHANGE | _CHANGE_TIMES


def _change(data: JsonObject) -> Opened | Skip:
    op, after = data.get("op"), data.get("after")
    seconds = seconds_in(object_in(data, "source"), "ts_ms") or seconds_in(data, "ts_ms")
    if op == "m":
        content = text_in(object_in(data, "message"), "content")
        return "no_output" if content is None else Opened(_decoded(content, "content"), seconds)
    if op in _GONE or (op is None and after is None):
        return "deleted"
    if after is None:
        # An update of MongoDB's without the whole document.
        return "no_output"
    before = data.get("before")
    return Opened(_row(_document(after, "after")), seconds, _row(_document(before, "before")))


def _document(value: Any, place: str) -> Any:
    """A row as it is, or MongoDB's as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return _relaxed(from_json(value, f"debezium: {place}"))
    except RecursionError:
        raise BadRecord("too_deep", f"debezium: {place} is nested too deeply") from None


def _relaxed(value: Any) -> Any:
    """MongoDB's extended JSON as plain JSON."""
    if isinstance(value, list):
        return [_relaxed(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (name, given), *_ = value.items()
        if name == "$oid":
            return given
        if name == "$date":
            given = _relaxed(given)
            return given / 1000 if isinstance(given, int | float) else given
        if name in _NUMBERS and isinstance(given, str):
            try:
                return _NUMBERS[name](given)
            except ValueError:
                return given
    return {name: _relaxed(item) for name, item in value.items()}


def _unwrapped(data: JsonObject) -> Opened | Skip:
    if data.get("__deleted") in (True, "true") or data.get("__op") in _GONE:
        return "deleted"
    row = {name: value for name, value in data.items() if name not in _ADDED}
    return Opened(_row(row), seconds_in(data, *_ADDED_TIMES))


def _row(row: Any) -> Any:
    """A row as what it stands for: columns of lists and objects are text, times are numbers of
    smaller units, and some databases shout the names."""
    if not isinstance(row, dict):
        return row
    if "OUTPUT" in row or "RECORD_ID" in row:
        row = {name.lower(): value for name, value in row.items()}
    row = dict(row)
    for name in _STRUCTURED:
        text = row.get(name)
        if isinstance(text, str) and text.lstrip()[:1] in ("[", "{"):
            # Text that is no JSON is refused later, with the name of the field.
            with contextlib.suppress(BadRecord):
                row[name] = from_json(text, f"connect: {name}")
    at = row.get("event_time")
    if isinstance(at, int | float) and not isinstance(at, bool):
        row["event_time"] = _seconds(at)
    if "record_id" not in row and isinstance(row.get("output"), str):
        own = id_in(row, "id", "_id")
        if own is not None:
            row["record_id"] = own
    return row


def _seconds(at: float) -> float:
    """A time since the epoch in seconds, whatever its unit, which its size tells."""
    if abs(at) >= _NANOSECONDS:
        return at / 1e9
    if abs(at) >= _MICROSECONDS:
        return at / 1e6
    return at / 1e3 if abs(at) >= 1e11 else at


def _is_about_changes(data: JsonObject) -> bool:
    """Whether it is a heartbeat of Debezium's, a change of tables, or a transaction's border."""
    if data.keys() <= _CHANGE_TIMES and data:
        return True
    if isinstance(data.get("ddl"), str) and isinstance(data.get("source"), dict):
        return True
    return data.get("status") in ("BEGIN", "END") and "event_count" in data
