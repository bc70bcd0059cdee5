"""The dead-letter topic, read back: what is on it, and what of it can be sent again."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Iterator

import msgspec

from streams.config.settings import IntakeSource, Settings, output_topics
from streams.errors import BadRecord
from streams.intake.cloudevents import Headers
from streams.intake.recognise import read
from streams.intake.registry import AUTO
from streams.kafka.lookup import Original
from streams.kafka.read import free_reader, partitions_of, read_until, stand_at
from streams.place import Place, place_of
from streams.records import DeadLetter, Output

_decoder = msgspec.json.Decoder(DeadLetter)


class Found(msgspec.Struct, frozen=True):
    """A dead letter, the place of what died, and the letter's own on the dead-letter topic."""

    place: Place
    letter_place: Place
    letter: DeadLetter


class Again(msgspec.Struct, frozen=True):
    """A message to be sent: as it once was, or the part of it that died as a native record."""

    topic: str
    value: bytes
    headers: Headers = ()


class CantBeSent(Exception):
    """Why a dead letter can't be sent again, in words that quote nothing of it."""


def letters(settings: Settings, since_ms: int, timeout_s: float) -> Iterator[Found]:
    """All dead letters that were written since a time (0: all), oldest first in each partition.

    What isn't a dead letter is left out. Raises kafka-python's `KafkaError` where no broker
    answers, and `TimeoutError` where reading takes longer.
    """
    topic = settings.kafka.topics.dead
    deadline = time.monotonic() + timeout_s
    with free_reader(settings) as consumer:
        partitions = partitions_of(consumer, topic)
        if not partitions:
            return
        ends = stand_at(consumer, partitions, since_ms)
        for messages in read_until(consumer, ends):
            for message in messages:
                letter = read_letter(message.value)
                if letter is not None and letter.failed_at * 1000 >= since_ms:
                    own = Place(message.topic, message.partition, message.offset)
                    yield Found(place_of(letter), own, letter)
            if time.monotonic() > deadline:
                raise TimeoutError


def read_letter(value: bytes | None) -> DeadLetter | None:
    """A dead letter; None for anything else."""
    try:
        return _decoder.decode(value or b"")
    except (msgspec.DecodeError, RecursionError):
        return None


def payload(letter: DeadLetter) -> bytes | None:
    """What a letter carries; None where that isn't all there was."""
    if letter.truncated or not letter.payload:
        return None
    try:
        return base64.b64decode(letter.payload, validate=True)
    except (binascii.Error, ValueError):
        return None


def again(
    letter: DeadLetter, original: Callable[[Place], Original | None], settings: Settings
) -> Again:
    """What to send of a dead letter, and where.

    A message of one part is sent as it was, to the topic that it came from. Of one with several
    parts the others were judged: only the part that died is sent, as a native record, to the
    outputs topic. `original` finds the message itself, for what a letter doesn't carry whole.
    Raises `CantBeSent`.
    """
    topics, place = settings.kafka.topics, place_of(letter)
    if place.topic not in (*output_topics(settings), topics.feedback):
        raise CantBeSent(
            f"{place.topic} is no topic of records: mend the receiver, which is told when the "
            "incident changes, or look at the incident yourself"
        )
    first = payload(letter)
    # With its headers, which a letter doesn't carry.
    found = original(place)
    if found is None and first is None:
        raise CantBeSent("the letter doesn't hold all of it, and it isn't kept on its topic")
    if place.topic == topics.feedback:
        return Again(place.topic, first if first is not None else _value(found))
    source = settings.intake.sources.get(place.topic, IntakeSource())
    if found is not None:
        parts = read(found.value, found.headers, source.format, reasoning=True)
        if len(parts) == 1:
            return Again(place.topic, found.value, found.headers)
        what = parts[place.part].what if place.part < len(parts) else None
    else:
        value = first or b""
        try:
            parts = read(value, (), source.format, reasoning=True)
        except BadRecord:
            # A part that could be read comes as a native record, whatever the topic's format.
            parts = read(value, (), AUTO, reasoning=True)
        if len(parts) == 1 and not place.part:
            return Again(place.topic, value)
        what = parts[0 if len(parts) == 1 else place.part].what if parts else None
    if isinstance(what, BadRecord):
        raise what
    if not isinstance(what, Output):
        raise CantBeSent("there is no output in that part of the message")
    return Again(topics.outputs, msgspec.json.encode(_at_home(what, source)))


def _value(found: Original | None) -> bytes:
    return found.value if found is not None else b""


def _at_home(output: Output, source: IntakeSource) -> Output:
    """The output with what the settings say of the topic that it came from."""
    named = output.deployment != Output(record_id="", output="").deployment
    return msgspec.structs.replace(
        output,
        deployment=output.deployment if named else source.deployment,
        tenant=output.tenant if output.tenant is not None else source.tenant,
    )
