"""What couldn't be read, scored or told, for the dead-letter topic."""

from __future__ import annotations

import base64

import msgspec

from streams.place import Place
from streams.records import DeadLetter, Incident


def dead_letter(
    place: Place,
    value: bytes,
    reason: str,
    detail: str,
    *,
    failed_at: float,
    most_bytes: int,
    worker: str = "",
    complete: bool = True,
) -> DeadLetter:
    """The letter on one message or part of it, which carries at most `most_bytes` of `value`.

    `failed_at` is in seconds since the epoch. `complete` is False where `value` isn't all that
    there was to carry.
    """
    kept = value[:most_bytes]
    return DeadLetter(
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        part=place.part,
        reason=reason,
        detail=detail,
        failed_at=failed_at,
        worker=worker,
        payload=base64.b64encode(kept).decode(),
        payload_bytes=len(value),
        truncated=not complete or len(kept) < len(value),
    )


def letter_key(letter: DeadLetter) -> str:
    """The key under which letters on one message stand, such as `llm.outputs-3-1842`."""
    return f"{letter.topic}-{letter.partition}-{letter.offset}"


def without_texts(incident: Incident) -> bytes:
    """The incident as JSON, all but its excerpts: those stand on the incidents topic alone."""
    bare = msgspec.structs.replace(
        incident,
        evidence=[msgspec.structs.replace(e, excerpt="", reason="") for e in incident.evidence],
        started_by=incident.started_by
        and msgspec.structs.replace(incident.started_by, excerpt="", reason=""),
    )
    return msgspec.json.encode(bare)
