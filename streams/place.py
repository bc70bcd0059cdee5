"""Where a record stands on Kafka, as text: `topic/partition/offset`, with `#part` after it where
its message holds several. One that stands in a file is told as `file:line`.

It stands in evidence, results and exemplars, `outwatch show` takes it, and it identifies a
result: it is the same for the same record however often that is scored or sent.
"""

from __future__ import annotations

import re

import msgspec

from streams.errors import UsageError
from streams.records import DeadLetter, Evidence, VerdictBatch, VerdictRow

_PLACE = re.compile(r"([A-Za-z0-9._-]{1,249})/([0-9]{1,9})/([0-9]{1,18})(?:#([0-9]{1,9}))?")


IN_A_FILE = -1
"""The partition of what stands in a file: the file is its topic, its offset the line less one."""

_LINE = re.compile(r".+:[1-9][0-9]*(#[0-9]+)?")


class Place(msgspec.Struct, frozen=True):
    """Where a record stands; `part` is its number, from 0, in a message that holds several.

    >>> str(Place("llm.outputs", 3, 1842)), str(Place("llm.outputs", 3, 1842, 2))
    ('llm.outputs/3/1842', 'llm.outputs/3/1842#2')
    >>> str(Place("answers.jsonl", IN_A_FILE, 0, 2))
    'answers.jsonl:1#2'
    """

    topic: str
    partition: int
    offset: int
    part: int = 0

    def __str__(self) -> str:
        part = f"#{self.part}" if self.part else ""
        if self.partition == IN_A_FILE:
            return f"{self.topic}:{self.offset + 1}{part}"
        return f"{self.topic}/{self.partition}/{self.offset}{part}"


def parse_place(text: str) -> Place:
    """Reads TOPIC/PARTITION/OFFSET, or that with #PART. Raises `UsageError`."""
    found = _PLACE.fullmatch(text.strip())
    if found is None and _LINE.fullmatch(text.strip()):
        raise UsageError(
            "that is a line of a file, as a replay names it, and no place on Kafka. Look at the "
            "line there"
        )
    if found is None:
        raise UsageError(
            "that is no TOPIC/PARTITION/OFFSET. Copy one from an incident's evidence, such as "
            "llm.outputs/3/1842, or llm.outputs/3/1842#2 for a part of a message"
        )
    return Place(found[1], int(found[2]), int(found[3]), int(found[4] or 0))


def place_of(letter: DeadLetter) -> Place:
    """Where that stands, or stood, which a dead letter is about."""
    return Place(letter.topic, letter.partition, letter.offset, letter.part)


def pointer(evidence: Evidence) -> str:
    """The place of the record that evidence points to."""
    return str(Place(evidence.topic, evidence.partition, evidence.offset, evidence.part))


def row_place(batch: VerdictBatch, row: VerdictRow) -> str:
    """The place of the record that a row is about."""
    return str(Place(batch.topic, batch.partition, row.offset, row.part))
