"""Finds one record by where it stands: the original, what was made of it, or its dead letter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, TypeVar

import msgspec
from kafka import TopicPartition

from streams.config.settings import Settings
from streams.errors import BadRecord, OutwatchError
from streams.intake import confluent
from streams.intake.cloudevents import Headers, envelope_headers
from streams.intake.recognise import read
from streams.intake.registry import AUTO
from streams.kafka.read import free_reader, partitions_of, read_until, stand_at
from streams.kafka.schema_registry import SchemaRegistry
from streams.place import Place
from streams.records import DeadLetter, Output, VerdictBatch, VerdictRow

T = TypeVar("T")

_FETCH_BYTES = 4 * 1024 * 1024


class Original(msgspec.Struct, frozen=True):
    """A message as it was sent, and when Kafka got it (milliseconds since the epoch)."""

    value: bytes
    timestamp_ms: int
    headers: Headers = ()


class Scored(msgspec.Struct, frozen=True):
    """A record's row, and the batch's deployment."""

    deployment: str
    row: VerdictRow


class _Span(msgspec.Struct):
    topic: str
    partition: int
    first_offset: int
    last_offset: int


_spans = msgspec.json.Decoder(_Span)
_batches = msgspec.json.Decoder(VerdictBatch)
_letters = msgspec.json.Decoder(DeadLetter)


def native_record(original: Original, place: Place, settings: Settings) -> bytes | None:
    """A part of a message as a record in the native format; None where it isn't an output."""
    source = settings.intake.sources.get(place.topic)
    form = source.format if source else AUTO
    try:
        # Reasoning too, whatever the setting says now: it comes after all else, and may have
        # been judged before.
        schema = _schema(original, settings)
        parts = read(original.value, original.headers, form, reasoning=True, schema=schema)
    except (BadRecord, OutwatchError):
        return None
    what = parts[place.part].what if place.part < len(parts) else None
    return msgspec.json.encode(what) if isinstance(what, Output) else None


def _schema(original: Original, settings: Settings) -> confluent.Schema | None:
    """The schema that a message needs. Raises `OutwatchError` where it can't be had now."""
    id = confluent.needed(original.value, original.headers)
    registry = None if id is None else SchemaRegistry.of(settings)
    if id is None or registry is None:
        return None
    with closing(registry):
        return registry.get(id)


class Lookup:
    """Reads topics without a consumer group, so that nobody's progress changes.

    `timeout_s` bounds one search. Methods raise kafka-python's `KafkaError` where no broker
    answers, and `TimeoutError` where the search takes longer.
    """

    def __init__(self, settings: Settings, timeout_s: float) -> None:
        self._settings = settings
        self._timeout_s = timeout_s

    def original(self, place: Place) -> Original | None:
        """The message itself; None when the topic keeps it no more, or never had it."""
        with self.originals() as find:
            return find(place)

    @contextmanager
    def originals(self) -> Iterator[Callable[[Place], Original | None]]:
        """`original` for many places, over one connection."""
        with self._consumer() as consumer:
            yield lambda place: self._original(consumer, place)

    def _original(self, consumer: Any, place: Place) -> Original | None:
        where = TopicPartition(place.topic, place.partition)
        if place.partition not in (consumer.partitions_for_topic(place.topic) or ()):
            return None
        first = consumer.beginning_offsets([where])[where]
        end = consumer.end_offsets([where])[where]
        if not first <= place.offset < end:
            return None
        consumer.assign([where])
        consumer.seek(where, place.offset)
        deadline = time.monotonic() + self._timeout_s
        for messages in read_until(consumer, {where: place.offset + 1}):
            for message in messages:
                if message.offset == place.offset:
                    headers = envelope_headers(message.headers or ())
                    return Original(message.value or b"", message.timestamp, headers)
            _check(deadline)
        return None

    def absent(self, place: Place) -> str:
        """What there isn't of a place's topic and partition, in words; "" where both are there."""
        with self._consumer() as consumer:
            numbers = sorted(consumer.partitions_for_topic(place.topic) or ())
        if not numbers:
            return f"there is no topic {place.topic}. `outwatch topics list` shows ours"
        if place.partition in numbers:
            return ""
        return (
            f"{place.topic} has no partition {place.partition}: its partitions are"
            f" {numbers[0]} to {numbers[-1]}"
        )

    def scored(self, place: Place, since_ms: int) -> Scored | None:
        """The record's newest verdict, among those written since a time (0: all)."""

        def read(value: bytes) -> Scored | None:
            span = _spans.decode(value)
            here = (span.topic, span.partition) == (place.topic, place.partition)
            if not here or not span.first_offset <= place.offset <= span.last_offset:
                return None
            batch = _batches.decode(value)
            wanted = (place.offset, place.part)
            rows = [row for row in batch.rows if (row.offset, row.part) == wanted]
            return Scored(batch.deployment, rows[0]) if rows else None

        return self._last(self._settings.kafka.topics.verdicts, since_ms, read)

    def dead(self, place: Place, since_ms: int) -> list[DeadLetter]:
        """The dead letters of the record, or where it has none, of all records of its message;
        among those written since a time (0: all), the newest of each, in order of their part."""
        found: dict[int, DeadLetter] = {}

        def read(value: bytes) -> None:
            letter = _letters.decode(value)
            there = (letter.topic, letter.partition, letter.offset)
            if there == (place.topic, place.partition, place.offset):
                found[letter.part] = letter

        self._last(self._settings.kafka.topics.dead, since_ms, read)
        if place.part in found:
            return [found[place.part]]
        return [letter for _, letter in sorted(found.items())]

    def _last(self, topic: str, since_ms: int, read: Callable[[bytes], T | None]) -> T | None:
        found: T | None = None
        deadline = time.monotonic() + self._timeout_s
        with self._consumer() as consumer:
            partitions = partitions_of(consumer, topic)
            if not partitions:
                return None
            ends = stand_at(consumer, partitions, since_ms)
            for messages in read_until(consumer, ends):
                for message in messages:
                    try:
                        found = read(message.value or b"") or found
                    except msgspec.DecodeError:
                        continue
                _check(deadline)
        return found

    def _consumer(self) -> AbstractContextManager[Any]:
        return free_reader(self._settings, max_partition_fetch_bytes=_FETCH_BYTES)


def _check(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError
