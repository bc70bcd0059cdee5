"""The native format: `streams.records.Output` as JSON."""

from __future__ import annotations

import msgspec

from detectors import Message, Record
from streams.errors import BadRecord
from streams.intake.decode import decode_json, event_seconds, hash_user
from streams.records import Output, WireDocument

_decoder = msgspec.json.Decoder(Output)


def decode_output(
    value: bytes | None, *, received: float, now: float, hash_key: bytes, max_chars: int
) -> tuple[Record, bool]:
    """The record, and whether its output was cut to `max_chars`. Raises `BadRecord`.

    `received` is when Kafka got the message and `now` the clock, in seconds since the epoch.
    """
    wire = decode_json(value, _decoder, Output)
    if not wire.record_id:
        raise BadRecord("invalid_field", "record_id is empty")
    record = Record(
        record_id=wire.record_id,
        output=wire.output[:max_chars],
        deployment=wire.deployment or "default",
        event_time=event_seconds(wire.event_time, received, now),
        conversation_id=wire.conversation_id,
        turn=wire.turn,
        model=wire.model,
        model_version=wire.model_version,
        tenant=wire.tenant,
        user=hash_user(wire.user, hash_key),
        prompt=wire.prompt[:max_chars] if wire.prompt else wire.prompt,
        messages=tuple(Message(m.role, m.content[:max_chars]) for m in wire.messages),
        context=tuple(_text(document)[:max_chars] for document in wire.context),
        system_prompt=wire.system_prompt,
        latency_ms=wire.latency_ms,
        labels={name: str(value) for name, value in wire.labels.items()},
    )
    return record, len(wire.output) > max_chars


def _text(document: str | WireDocument) -> str:
    return document if isinstance(document, str) else document.text
