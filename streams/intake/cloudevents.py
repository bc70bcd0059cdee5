"""CloudEvents: an envelope around a message of any format.

Structured mode has the envelope in the JSON, binary mode in the Kafka headers `ce_…` with the
message as the value (CloudEvents 1.0, Kafka protocol binding). A batch is a JSON array of
structured ones. What the envelope knows fills in what the message leaves open.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake import confluent
from streams.intake.values import id_in
from streams.records import Output

HEADER_PREFIX = "ce_"

Headers = tuple[tuple[str, bytes], ...]


class Envelope(msgspec.Struct, frozen=True):
    """What is used of what stands around a message. `key` is an event's source and id, which
    together are unique, or "" where one is missing; `time` is RFC 3339 or in seconds since the
    epoch. `event` is false where no CloudEvent is among the `depth` envelopes."""

    key: str
    time: float | str | None
    event: bool = True
    depth: int = 1


def envelope_headers(headers: Iterable[tuple[Any, Any]]) -> Headers:
    """Those of a message's headers that make it an event in binary mode, or name its schema."""
    return tuple(
        (name.lower(), value)
        for name, value in headers
        if isinstance(name, str)
        and isinstance(value, bytes)
        and (name[: len(HEADER_PREFIX)].lower() == HEADER_PREFIX or name == confluent.HEADER)
    )


def from_headers(headers: Headers) -> Envelope | None:
    """The envelope of a message in binary mode; None where there is none."""
    known = {
        name.removeprefix(HEADER_PREFIX): value
        for name, value in headers
        if name.startswith(HEADER_PREFIX)
    }
    if "specversion" not in known:
        return None
    attributes = {name: value.decode("utf-8", "replace") for name, value in known.items()}
    return _envelope(attributes)


def is_structured(data: Any) -> bool:
    """Whether parsed JSON is an event in structured mode. One with a message in it may lack its
    id or source: the message deserves its look, under an id from its place."""
    if not isinstance(data, dict) or not isinstance(data.get("specversion"), str):
        return False
    named = [name for name in ("id", "source", "type") if isinstance(data.get(name), str)]
    holds = data.get("data") is not None or data.get("data_base64") is not None
    return {"id", "source"} <= set(named) or (holds and bool(named))


def from_structured(data: dict[str, Any]) -> tuple[Envelope, Any]:
    """The envelope, and the message inside: bytes, or parsed JSON. Raises `BadRecord`."""
    # Version 0.3 says of `data` itself that it is base64.
    old = data.get("datacontentencoding") == "base64"
    name = "data" if old and isinstance(data.get("data"), str) else "data_base64"
    if isinstance(data.get(name), str):
        try:
            inside: Any = base64.b64decode(data[name], validate=True)
        except (binascii.Error, ValueError):
            raise BadRecord("invalid_field", f"cloudevents: {name} is not base64") from None
    else:
        inside = data.get("data")
        if inside is None:
            raise BadRecord("missing_field", "cloudevents: there is no data")
        if isinstance(inside, str):
            # JSON under another content type comes as text.
            inside = inside.encode("utf-8", "replace")
    return _envelope(data), inside


def _envelope(attributes: dict[str, Any]) -> Envelope:
    source, time = attributes.get("source"), attributes.get("time")
    id_ = id_in(attributes, "id")
    named = isinstance(source, str) and source and id_
    return Envelope(f"{source}/{id_}" if named else "", time if isinstance(time, str) else None)


def filled(output: Output, envelope: Envelope, number: int, several: bool) -> Output:
    """The output with what the envelope knows, where it has no id or time of its own.

    `number` tells several outputs of one event apart.
    """
    missing: dict[str, Any] = {}
    if not output.record_id and envelope.key:
        missing["record_id"] = f"{envelope.key}#{number}" if several else envelope.key
    if output.event_time in (None, "") and envelope.time:
        missing["event_time"] = envelope.time
    return msgspec.structs.replace(output, **missing) if missing else output
