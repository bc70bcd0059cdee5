"""What sealed evidence says of itself: what was captured, from where, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from streams.records import SealStatus

MANIFEST = "manifest.json"
"""The name of the manifest in the archive; it is the last file there."""

PartStatus = Literal["ok", "partial", "failed"]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One file in the archive."""

    path: str
    bytes: int
    sha256: str


class Part(msgspec.Struct, kw_only=True):
    """One kind of evidence. `sha256_hash` is that of its files, one after the other, and
    `kept_until` the time up to which the source keeps the oldest of it, where that is known."""

    type: str
    status: PartStatus
    source_system: str
    output_path: str
    records_captured: int = 0
    records_missing: int = 0
    started_at: str = ""
    completed_at: str = ""
    failure_reason: str = ""
    sha256_hash: str = ""
    kept_until: str | None = None
    files: list[Member] = []


class Manifest(msgspec.Struct, kw_only=True):
    """The whole. Times are in UTC, as RFC 3339; the window is in event time. `sealed_for` are the
    public keys that open it."""

    incident_id: str
    script_version: str
    requested_at: str
    completed_at: str
    actor: str
    window_start: str
    window_end: str
    overall_status: SealStatus
    sealed_for: list[str] = []
    types: list[Part] = []


def overall(parts: Sequence[Part]) -> SealStatus:
    """What came of the whole: failed without the incident itself, or where nothing was captured.

    >>> part = lambda type, status: Part(type=type, status=status, source_system="", output_path="")
    >>> overall([part("incident", "ok"), part("originals", "partial")])
    'partial'
    """
    if all(one.status == "ok" for one in parts):
        return "success"
    lost = all(one.status == "failed" for one in parts)
    incident = any(one.type == "incident" and one.status == "failed" for one in parts)
    return "failed" if lost or incident else "partial"


def instant(at: float) -> str:
    """A time as RFC 3339.

    >>> instant(1700000000.25)
    '2023-11-14T22:13:20.250Z'
    """
    try:
        written = datetime.fromtimestamp(at, UTC)
    except (OverflowError, ValueError, OSError):
        written = datetime.fromtimestamp(0, UTC)
    return written.isoformat(timespec="milliseconds").replace("+00:00", "Z")
