"""The native format, `streams.records.Output` as JSON, and the record that detectors get.

Every format is parsed to an `Output`, and `to_record` is the one way on from there.
"""

from __future__ import annotations

import msgspec

from detectors import Message, Record
from streams.errors import BadRecord
from streams.intake.decode import MOST_ID_CHARS, event_seconds, from_json, hash_user, shortened
from streams.intake.mended import mended
from streams.records import Output, WireDocument

_decoder = msgspec.json.Decoder(Output)


def fast(value: bytes) -> Output | None:
    """A native record straight from its bytes; None for anything else, broken ones too.

    Raises `BadRecord` where it is native and its id is empty.
    """
    try:
        output = _decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return _identified(output)


def from_parsed(data: object, *, needs_id: bool = True) -> Output:
    """A native record from parsed JSON. Raises `BadRecord`, naming the field.

    A record's small departures from the schema are mended (`mended`): the answer in it deserves
    its look. Its id is open ("") where it has none and `needs_id` is false, as in an envelope.
    """
    data = mended(data)
    if not needs_id and isinstance(data, dict):
        data = {"record_id": "", **data}
    output = from_json(data, Output)
    return _identified(output) if needs_id else output


def _identified(output: Output) -> Output:
    if not output.record_id:
        raise BadRecord("invalid_field", "record_id is empty")
    return output


def to_record(
    wire: Output,
    *,
    received: float,
    now: float,
    hash_key: bytes,
    max_chars: int,
    deployment: str = "default",
    tenant: str | None = None,
) -> tuple[Record, bool]:
    """The record, and whether its output was cut to `max_chars`. Raises `BadRecord`.

    `received` is when Kafka got the message and `now` the clock, in seconds since the epoch.
    `deployment` and `tenant` are those of records that name none.
    """
    text = answer(wire) if wire.tool_calls else wire.output
    named = wire.deployment if wire.deployment not in ("", "default") else deployment
    record = Record(
        record_id=wire.record_id[:MOST_ID_CHARS],
        output=text[:max_chars],
        deployment=named[:MOST_ID_CHARS],
        event_time=event_seconds(wire.event_time, received, now),
        conversation_id=shortened(wire.conversation_id),
        turn=wire.turn,
        model=shortened(wire.model),
        model_version=shortened(wire.model_version),
        tenant=shortened(tenant if wire.tenant is None else wire.tenant),
        user=hash_user(wire.user, hash_key),
        prompt=wire.prompt[:max_chars] if wire.prompt else wire.prompt,
        messages=tuple(Message(m.role, m.content[:max_chars]) for m in wire.messages),
        context=tuple(_text(document)[:max_chars] for document in wire.context),
        system_prompt=wire.system_prompt,
        latency_ms=wire.latency_ms,
        labels=_labels(wire),
    )
    return record, len(text) > max_chars


def answer(wire: Output) -> str:
    """What the model wrote: its text, and its tool calls, each a line ``name(arguments)``.

    >>> from streams.records import WireToolCall
    >>> call = WireToolCall("search", '{"q": "cats"}')
    >>> answer(Output(record_id="1", output="Let me see.", tool_calls=(call,)))
    'Let me see.\\nsearch({"q": "cats"})'
    """
    calls = (f"{call.name}({call.arguments})" for call in wire.tool_calls)
    return "\n".join([wire.output, *calls] if wire.output else calls)


def _labels(wire: Output) -> dict[str, str]:
    labels = {name: str(value) for name, value in wire.labels.items()} if wire.labels else {}
    if wire.kinds:
        labels["kinds"] = ",".join(wire.kinds)
    if wire.finish_reason is not None:
        labels["finish_reason"] = wire.finish_reason[:MOST_ID_CHARS]
    if wire.trace_id is not None:
        labels["trace_id"] = wire.trace_id[:MOST_ID_CHARS]
    if wire.span_id is not None:
        labels["span_id"] = wire.span_id[:MOST_ID_CHARS]
    if wire.response_id is not None:
        labels["response_id"] = wire.response_id[:MOST_ID_CHARS]
    return labels


def _text(document: str | WireDocument) -> str:
    return document if isinstance(document, str) else document.text
