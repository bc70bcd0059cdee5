"""Confluent's wire format: a prefix that names the schema by which a value was written.

- ``00`` and the schema's id in four bytes, or ``01`` and its GUID in sixteen, then the value;
- or the same in the header `__value_schema_id`, and the value alone;
- in Protocol Buffers, the message's place among those of its file follows the id.

JSON is read without the schema. Avro and Protocol Buffers need it: whoever calls fetches it from
the registry (`streams.kafka.schema_registry`), and `decode` reads the value by it.

Format: docs.confluent.io, "Formats, Serializers, and Deserializers", "Wire format".
"""

from __future__ import annotations

import base64
import io
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import msgspec

from streams.errors import BadRecord
from streams.intake.decode import parse_json
from streams.intake.packed import MOST_BYTES, unpacked

HEADER = "__value_schema_id"

Kind = Literal["AVRO", "JSON", "PROTOBUF"]

_ID, _GUID = b"\x00", b"\x01"
_MARKS = (_ID, _GUID, b"\x1f")  # the last is gzip's
_MOST_INDEXES = 100
_JSON = {b"{": b"}", b"[": b"]", b'"': b'"'}
_OTLP = "opentelemetry.proto.collector."


class Schema(msgspec.Struct, frozen=True):
    """A schema as the registry has it, with all that it refers to.

    `text` is Avro's, and `references` those it needs, each after what it needs itself.
    `descriptors` is a `google.protobuf.FileDescriptorSet`, in which the schema's own file stands
    last. `problem` says why there is none.
    """

    id: str
    kind: Kind = "JSON"
    text: str = ""
    references: tuple[str, ...] = ()
    descriptors: bytes = b""
    problem: str = ""


class Framed(msgspec.Struct, frozen=True):
    """A value and the id of its schema: a number, or a GUID. `indexes` are those that a header
    gives."""

    id: str
    value: bytes
    indexes: bytes | None = None


def framed(value: bytes, header: bytes | None = None) -> Framed | None:
    """A value with the id that its header or its prefix gives; None where neither does."""
    if header is not None:
        named = _split(header)
        if named is not None:
            return Framed(named[0], value, named[1])
    named = _split(value)
    return None if named is None else Framed(*named)


def _split(data: bytes) -> tuple[str, bytes] | None:
    if data[:1] == _ID and len(data) >= 5:
        return str(int.from_bytes(data[1:5], "big")), data[5:]
    if data[:1] == _GUID and len(data) >= 17:
        return str(uuid.UUID(bytes=data[1:17])), data[17:]
    return None


def needed(value: bytes | None, headers: Iterable[tuple[str, bytes]] = ()) -> str | None:
    """The id of the schema without which a message can't be read; None where it needs none."""
    header = next((given for name, given in headers if name == HEADER), None)
    if not value or (header is None and value[:1] not in _MARKS):
        return None
    try:
        found = framed(unpacked(value, MOST_BYTES), header)
    except BadRecord:
        return None
    return None if found is None or is_json(found.value) else found.id


def is_json(value: bytes) -> bool:
    """Whether a value is JSON, so that it can be read without its schema."""
    bare = value.strip()
    if not bare or _JSON.get(bare[:1]) != bare[-1:]:
        return False
    try:
        parse_json(bare)
    except BadRecord:
        return False
    return True


def begins_as_json(value: bytes) -> bool:
    """Whether a value begins as JSON does."""
    return value.lstrip()[:1] in _JSON


def unreadable(one: Framed) -> BadRecord:
    """The error for a value that its schema alone could read, where there is none."""
    return BadRecord(
        "invalid_json",
        f"not JSON, and written by schema {one.id}. Set `intake.registry.url`, so that it is read",
    )


def decode(schema: Schema, one: Framed) -> Any:
    """A value by its schema: parsed JSON, or the bytes of OpenTelemetry's own messages.

    Raises `BadRecord` where the schema can't be used or the value isn't written by it.
    """
    if schema.problem:
        raise BadRecord("unknown_schema", schema.problem)
    if schema.kind == "JSON":
        return one.value
    read = _decoder(schema)
    try:
        return read(one)
    except BadRecord:
        raise
    except RecursionError:
        raise BadRecord("too_deep", f"{_what(schema)}: nested too deeply") from None
    except Exception as failure:
        # The type alone: a message could quote the value.
        raise BadRecord(
            "invalid_field",
            f"{_what(schema)}: the value isn't written by it ({type(failure).__name__})",
        ) from None


def _what(schema: Schema) -> str:
    return f"schema {schema.id} ({schema.kind.title()})"


@lru_cache(maxsize=256)
def _decoder(schema: Schema) -> Callable[[Framed], Any]:
    try:
        return _avro(schema) if schema.kind == "AVRO" else _Messages(schema).read
    except ImportError:
        raise BadRecord(
            "unknown_schema",
            f"{_what(schema)}: fastavro is missing. pip install 'outwatch[registry]'",
        ) from None
    except Exception as failure:
        raise BadRecord(
            "unknown_schema", f"{_what(schema)} can't be used ({type(failure).__name__})"
        ) from None


def _avro(schema: Schema) -> Callable[[Framed], Any]:
    import fastavro

    known: dict[str, Any] = {}
    for text in schema.references:
        fastavro.parse_schema(msgspec.json.decode(text), named_schemas=known)
    parsed = fastavro.parse_schema(_avro_json(schema.text), named_schemas=known)

    def read(one: Framed) -> Any:
        stream = io.BytesIO(one.value)
        value = _plain(fastavro.schemaless_reader(stream, parsed, None))
        if stream.read(1):
            raise ValueError
        return value

    return read


def _avro_json(text: str) -> Any:
    # A primitive schema may be registered as its bare name.
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text.strip()


def _plain(value: Any) -> Any:
    """An Avro value as JSON has it: times in seconds since the epoch."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _text(value: bytes) -> str:
    """Bytes as JSON has them: text where they are, else base64."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


class _Messages:
    """The messages of a file of Protocol Buffers."""

    def __init__(self, schema: Schema) -> None:
        from google.protobuf import descriptor_pb2, descriptor_pool

        files = descriptor_pb2.FileDescriptorSet.FromString(schema.descriptors).file
        self._pool = descriptor_pool.DescriptorPool()
        for file in files:
            self._pool.Add(file)
        self._file = self._pool.FindFileByName(files[-1].name)
        self._own = files[-1]

    def read(self, one: Framed) -> Any:
        from google.protobuf import message_factory

        data = one.value
        if one.indexes:
            indexes, _ = _indexes(one.indexes)
        elif one.indexes is None:
            indexes, data = _indexes(data)
        else:
            indexes = [0]
        kind = self._message(indexes)
        if kind.full_name.startswith(_OTLP):
            return data
        return _fields(message_factory.GetMessageClass(kind).FromString(data))

    def _message(self, indexes: list[int]) -> Any:
        messages = [self._file.message_types_by_name[one.name] for one in self._own.message_type]
        for position in indexes:
            if not 0 <= position < len(messages):
                raise BadRecord("invalid_field", "the schema has no message of that number")
            found = messages[position]
            messages = list(found.nested_types)
        return found


def _indexes(data: bytes) -> tuple[list[int], bytes]:
    """The place of a message: a count and numbers, as zigzag varints; a lone 0 is the first."""
    count, at = _varint(data, 0)
    if count == 0:
        return [0], data[at:]
    if not 0 < count <= _MOST_INDEXES:
        raise BadRecord("invalid_field", "there is no message's place before the value")
    indexes = []
    for _ in range(count):
        number, at = _varint(data, at)
        indexes.append(number)
    return indexes, data[at:]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data) and shift < 35:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return (number >> 1) ^ -(number & 1), at
    raise BadRecord("invalid_field", "the message's place before the value is cut short")


def _fields(message: Any) -> Any:
    """A message as JSON has it, by the names in its schema; well-known types as JSON's mapping
    has them. Fields that aren't set are left out, but for `output`: an empty answer is one."""
    from google.protobuf import json_format

    if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
        return message.seconds + message.nanos / 1e9
    if message.DESCRIPTOR.full_name.startswith("google.protobuf."):
        return json_format.MessageToDict(message)
    found = {field.name: _field(field, value) for field, value in message.ListFields()}
    output = message.DESCRIPTOR.fields_by_name.get("output")
    if output is not None and output.type == output.TYPE_STRING and not output.has_presence:
        found.setdefault("output", "")
    return found


def _field(field: Any, value: Any) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        inner = field.message_type.fields_by_name["value"]
        return {str(key): _single(inner, item) for key, item in value.items()}
    if field.is_repeated:
        return [_single(field, item) for item in value]
    return _single(field, value)


def _single(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        return _fields(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known is not None else value
    return _text(value) if isinstance(value, bytes) else value
