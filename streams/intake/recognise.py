"""From a message's bytes to its parts, whatever format it is in.

The native format is tried first and straight from the bytes. What isn't native is parsed once
and shown to each format in turn; a top-level array is a batch of messages, and a CloudEvent, Kafka
Connect's and Debezium's are envelopes around one, also in one another. Lines of JSON and
server-sent events are read as an array of them; the pieces of a streamed answer are one message.
Text in which there is JSON once more is read as that. Bytes that are no JSON are shown to the
binary formats. A value that the application compressed with gzip is unpacked first, and Confluent's
prefix is taken off; bytes that stand in base64 in an envelope are unpacked too. Reasoning inside
the text of an answer is taken out of it at the end, whatever the format.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake import cloudevents, confluent, envelopes, native, registry
from streams.intake.cloudevents import Envelope, Headers
from streams.intake.confluent import Schema
from streams.intake.decode import parse_json
from streams.intake.envelopes import Opened
from streams.intake.exchange import without_answer
from streams.intake.formats import Parsed, Skip
from streams.intake.lines import is_json_text, several
from streams.intake.packed import MOST_BYTES, Packed, unpacked
from streams.intake.pieces import together
from streams.intake.reasoning import apart
from streams.intake.registry import AUTO, NATIVE
from streams.intake.values import joined
from streams.records import Output
from streams.words import count

MOST_PARTS = 50_000
"""How many parts a message may have."""

_MOST_ENVELOPES = 8

THOUGHT = "#reasoning"
"""What follows a record's id in that of its reasoning."""


class Part(msgspec.Struct, frozen=True):
    """One part of a message: an output, what keeps it from being one, or why it is none.

    `format` is "" where none was recognised. `thought_for` is the number of the part whose
    reasoning this is.
    """

    what: Output | BadRecord | Skip
    format: str = ""
    thought_for: int | None = None


def read(
    value: bytes | None,
    headers: Headers = (),
    form: str = AUTO,
    *,
    reasoning: bool = False,
    schema: Schema | None = None,
    most_bytes: int = MOST_BYTES,
) -> list[Part]:
    """The parts of a message, at least one, in the same order every time.

    `form` names the format, `auto` where the content tells. An output's `record_id` is empty
    where neither the message nor an envelope has one. With `reasoning`, what was thought before
    an answer is a part of its own, after all others, so that those keep their numbers. `schema` is
    the one that the message names (`streams.intake.confluent`), where it could be had. A value that
    its application compressed may unpack to `most_bytes`. Raises `BadRecord` where the message as a
    whole can't be read, and nothing else.
    """
    envelope = cloudevents.from_headers(headers) if headers else None
    if not value:
        raise BadRecord("empty_message", "the message has no value")
    inside = _unframed(unpacked(value, most_bytes), headers, form, schema)
    packed = Packed(most_bytes)
    if envelope is not None:
        parts = _in_envelope(envelope, inside, form, packed)
    elif isinstance(inside, bytes):
        parts = _from_bytes(inside, form, packed)
    else:
        parts = _from_parsed(inside, form, packed)
    parts = [_with_reasoning_apart(part) for part in parts]
    if reasoning:
        parts += [
            Part(_thoughts(part.what), part.format, number)
            for number, part in enumerate(parts)
            if isinstance(part.what, Output) and part.what.reasoning
        ]
    if len(parts) > MOST_PARTS:
        raise _too_many(len(parts))
    return parts


def _unframed(value: bytes, headers: Headers, form: str, schema: Schema | None) -> Any:
    """The value without what names its schema, or, where that is needed, read by it: bytes, or
    parsed JSON."""
    if not headers and value[0] > 1:
        return value
    named = next((given for name, given in headers if name == confluent.HEADER), None)
    framed = confluent.framed(value, named)
    if framed is None or (framed.value is not value and _is_binary(value, form)):
        return value
    if schema is not None:
        return confluent.decode(schema, framed)
    if framed.value is value or confluent.begins_as_json(framed.value):
        return framed.value
    return value


def _is_binary(value: bytes, form: str) -> bool:
    """Whether a format that reads bytes takes these: they may begin as a prefix does."""
    if form not in (AUTO, NATIVE):
        return registry.json_format(form) is None
    known = (registry.binary_format(name) for name in registry.names()[1:])
    try:
        return any(one is not None and one.recognises_bytes(value) for one in known)
    except Exception:
        # Asked again, and told, where it is read.
        return True


def _with_reasoning_apart(part: Part) -> Part:
    output = part.what
    if not isinstance(output, Output):
        return part
    said, thought = apart(output.output)
    if said == output.output:
        return part
    kinds = tuple(dict.fromkeys((*output.kinds, "reasoning")))
    whole = joined([output.reasoning or "", thought]) or None
    return Part(
        msgspec.structs.replace(output, output=said, kinds=kinds, reasoning=whole), part.format
    )


def _thoughts(output: Output) -> Output:
    return msgspec.structs.replace(
        output,
        record_id=f"{output.record_id}{THOUGHT}" if output.record_id else "",
        output=output.reasoning or "",
        tool_calls=(),
        kinds=("reasoning",),
        reasoning=None,
        finish_reason=None,
        usage=None,
    )


def _from_bytes(
    value: bytes, form: str, packed: Packed, envelope: Envelope | None = None
) -> list[Part]:
    if form in (AUTO, NATIVE) and envelope is None and envelopes.FLATTENED not in value:
        output = native.fast(value)
        if output is not None:
            return [Part(output, NATIVE)]
    try:
        data = parse_json(value)
    except BadRecord as bad:
        lines = several(value)
        if lines is None:
            framed = confluent.framed(value)
            no_json = bad if framed is None else confluent.unreadable(framed)
            return _from_binary(value, form, no_json)
        data = [found for line in lines for found in (line if isinstance(line, list) else [line])]
    return _from_parsed(data, form, packed, envelope)


def _from_parsed(
    data: Any, form: str, packed: Packed, envelope: Envelope | None = None
) -> list[Part]:
    if isinstance(data, list):
        return _from_batch(data, form, packed, envelope)
    return _from_one(data, form, packed, envelope)


def _from_binary(value: bytes, form: str, no_json: BadRecord) -> list[Part]:
    for name in registry.names() if form == AUTO else (form,):
        known = registry.binary_format(name) if name != NATIVE else None
        if known is None:
            continue
        try:
            # A declared format that also reads JSON is asked: this may be JSON cut short.
            asked = form == AUTO or registry.json_format(name) is not None
            if asked and not known.recognises_bytes(value):
                continue
            parsed = known.parse_bytes(value)
        except Exception as failure:
            raise _as_bad(name, failure) from None
        return _parts(name, parsed)
    raise no_json


def _from_batch(
    data: list[Any], form: str, packed: Packed, envelope: Envelope | None
) -> list[Part]:
    if not data:
        raise BadRecord("unknown_format", "an empty array: there is nothing to read in it")
    if len(data) > MOST_PARTS:
        raise _too_many(len(data))
    parts: list[Part] = []
    for element in together(data, form):
        try:
            # Pieces of one answer are in a format that is known already.
            parts += _from_one(element.data, element.format or form, packed, envelope)
        except BadRecord as bad:
            parts.append(Part(BadRecord(bad.reason, f"[{element.number}]: {bad.detail}")))
    unknown = parts[0].what
    if all(
        isinstance(part.what, BadRecord) and part.what.reason == "unknown_format" for part in parts
    ) and isinstance(unknown, BadRecord):
        raise BadRecord(unknown.reason, f"an array of {len(parts)}, all unknown: {unknown.detail}")
    return parts


def _too_many(parts: int) -> BadRecord:
    return BadRecord(
        "too_many_parts",
        f"{parts:,} parts in one message, and {MOST_PARTS:,} may be. Send smaller batches",
    )


def _from_one(data: Any, form: str, packed: Packed, envelope: Envelope | None) -> list[Part]:
    if isinstance(data, BadRecord):
        raise data
    if isinstance(data, str) and is_json_text(data):
        return _from_bytes(data.encode("utf-8", "replace"), form, packed, envelope)
    if (envelope is None or not envelope.event) and cloudevents.is_structured(data):
        return _in_envelope(*cloudevents.from_structured(data), form, packed)
    opened = envelopes.opened(data)
    if isinstance(opened, str):
        return [Part(opened)]
    if opened is not None:
        return _opened(opened, form, packed, envelope)
    if form == NATIVE or (form == AUTO and isinstance(data, dict) and "record_id" in data):
        return [Part(native.from_parsed(data, needs_id=envelope is None), NATIVE)]
    for name in registry.names()[1:] if form == AUTO else (form,):
        try:
            known = registry.json_format(name)
            if known is None or (form == AUTO and not known.recognises(data)):
                continue
            parsed = known.parse(data)
        except Exception as failure:
            raise _as_bad(name, failure) from None
        return _parts(name, parsed)
    if form == AUTO and (skip := without_answer(data)):
        return [Part(skip)]
    if form == AUTO and isinstance(data, dict) and isinstance(data.get("output"), str):
        # An envelope has an id for it; without one, the error says what is missing.
        return [Part(native.from_parsed(data, needs_id=envelope is None), NATIVE)]
    inside = envelopes.guessed(data) if form == AUTO else None
    if inside is not None:
        return _opened(inside, form, packed, envelope)
    tried = ", ".join(registry.names()) if form == AUTO else form
    raise BadRecord("unknown_format", f"{_shape(data)}, in no format tried ({tried})")


def _in_envelope(envelope: Envelope, inside: Any, form: str, packed: Packed) -> list[Part]:
    if isinstance(inside, bytes):
        parts = _from_bytes(packed.unpacked(inside), form, packed, envelope)
    else:
        parts = _from_parsed(inside, form, packed, envelope)
    return [
        Part(cloudevents.filled(part.what, envelope, number, len(parts) > 1), part.format)
        if isinstance(part.what, Output)
        else part
        for number, part in enumerate(parts)
    ]


def _opened(opened: Opened, form: str, packed: Packed, around: Envelope | None) -> list[Part]:
    depth, event = (around.depth + 1, around.event) if around is not None else (1, False)
    if depth > _MOST_ENVELOPES:
        raise BadRecord("too_deep", f"over {_MOST_ENVELOPES} envelopes in one another")
    envelope = Envelope("", opened.seconds, event=event, depth=depth)
    parts = _in_envelope(envelope, opened.inside, form, packed)
    if opened.before is None:
        return parts
    try:
        before = _in_envelope(envelope, opened.before, form, packed)
    except BadRecord:
        return parts
    known = [_said(part) for part in before]
    # A row of which something else was updated: its answer was read when it came.
    return [
        Part("repeated", part.format)
        if (said := _said(part)) is not None and said in known
        else part
        for part in parts
    ]


def _said(part: Part) -> tuple[object, ...] | None:
    what = part.what
    return (what.output, what.tool_calls) if isinstance(what, Output) else None


def _parts(name: str, parsed: Parsed) -> list[Part]:
    whats = (*parsed.outputs, *parsed.bad, *parsed.skipped)
    # A message that holds nothing is accounted for too.
    return [Part(what, name) for what in whats or ("not_an_output",)]


def _as_bad(name: str, failure: Exception) -> BadRecord:
    if isinstance(failure, BadRecord):
        return failure
    if isinstance(failure, RecursionError):
        return BadRecord("too_deep", f"{name}: nested too deeply")
    # The type alone: a message could quote the content.
    return BadRecord("unexpected", f"{name}: reading it failed ({type(failure).__name__})")


_KINDS = ((bool, "boolean"), (str, "text"), (int | float, "number"), (list, "array"))


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "object")


def _shape(data: object) -> str:
    """What a value looks like, without anything it says: names of fields could be content."""
    kind = _kind(data)
    if not isinstance(data, dict):
        return kind
    counts = Counter(_kind(value) for value in data.values())
    kinds = ", ".join(count(number, name) for name, number in sorted(counts.items()))
    return f"an object of {count(len(data), 'field')} ({kinds})" if data else "an empty object"
