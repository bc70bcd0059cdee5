"""What couldn't be told, for the dead-letter topic."""

from __future__ import annotations

import base64

import msgspec

from streams.place import Place
from streams.records import DeadLetter, Incident


def dead_letter(
    receiver: str, place: Place, value: bytes, reason: str, detail: str, at: float, most_bytes: int
) -> DeadLetter:
    """A message that couldn't be read or told, cut to `most_bytes`."""
    kept = value[:most_bytes]
    return DeadLetter(
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        reason=reason,
        detail=detail,
        failed_at=at,
        worker=f"pager-{receiver}",
        payload=base64.b64encode(kept).decode(),
        payload_bytes=len(value),
        truncated=len(kept) < len(value),
    )


def without_texts(incident: Incident) -> bytes:
    """The incident as JSON, all but its excerpts: those stand on the incidents topic alone."""
    bare = msgspec.structs.replace(
        incident,
        evidence=[msgspec.structs.replace(e, excerpt="", reason="") for e in incident.evidence],
        started_by=incident.started_by
        and msgspec.structs.replace(incident.started_by, excerpt="", reason=""),
    )
    return msgspec.json.encode(bare)
