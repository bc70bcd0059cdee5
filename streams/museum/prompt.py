"""The prompt of a record on Kafka, which a person confirms to be an attack."""

from __future__ import annotations

import msgspec

from streams.config.settings import Settings, read_hash_key
from streams.errors import OutwatchError, UsageError
from streams.inert import line
from streams.intake.ids import output_ids
from streams.kafka.lookup import Lookup, native_record
from streams.museum.entry import Sighting
from streams.place import parse_place
from streams.records import Output


def prompt_of(
    settings: Settings, place: str, sighting: Sighting
) -> tuple[str, str | None, Sighting]:
    """The prompt of a record, its system prompt, and the sighting of it.

    Raises `OutwatchError`, quoting nothing, and kafka-python's `KafkaError`.
    """
    where = parse_place(place)
    try:
        original = Lookup(settings, 60.0).original(where)
    except TimeoutError:
        raise OutwatchError(f"{line(place)} wasn't found within a minute") from None
    if original is None:
        raise OutwatchError(f"{line(place)} isn't kept any more, or never was; give its --text")
    native = native_record(original, where, settings)
    if native is None:
        raise UsageError(f"{line(place)} is no output that can be read")
    wire = msgspec.json.decode(native, type=Output)
    asked = [one.content for one in wire.messages if one.role == "user"]
    prompt = wire.prompt or next((one for one in reversed(asked) if one), None)
    if not isinstance(prompt, str) or not prompt.strip():
        raise UsageError(f"{line(place)} has no prompt; give the attack with --text")
    shown = output_ids(wire, read_hash_key(settings), every=settings.ids == "hash")
    sighting = msgspec.structs.replace(
        sighting,
        place=str(where),
        record_id=line(shown.record_id),
        deployment=line(shown.deployment),
    )
    return prompt, wire.system_prompt, sighting
