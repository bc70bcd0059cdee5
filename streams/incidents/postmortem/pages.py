"""Rows of a timeline from the pager's notes: who was told, by role."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from streams.incidents.postmortem.timeline import Row
from streams.records import Incident


class Note(msgspec.Struct, frozen=True):
    """One note of the pager, as far as a timeline needs it; `at` is in seconds since the epoch."""

    kind: str
    incident: str
    at: float
    page_key: str = ""
    number: int = 0
    roles: list[str] = []
    outcome: str = "delivered"
    action: str = "trigger"
    why: str = ""


_note = msgspec.json.Decoder(Note)


def pages(lines: Iterable[bytes], incident: Incident) -> list[Row]:
    """The notes about one incident, or one that it was before, as rows; lines that are none are
    left out. Receivers may be named after people, so only roles are told."""
    ids = {incident.id, *incident.replaces, *incident.merged}
    rows = []
    for number, line in enumerate(lines):
        try:
            note = _note.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        what = _told(note)
        if what and (note.incident in ids or note.page_key == incident.page_key):
            rows.append(Row(note.at, what, "pager", f"page {number + 1} of {note.incident}"))
    return rows


def _told(note: Note) -> str:
    whom = f" for {', '.join(note.roles)}" if note.roles else ""
    why = f": {note.why}" if note.why else ""
    if note.kind == "step":
        return f"step {note.number + 1} of the escalation{whom}"
    if note.kind == "told":
        return f"told a receiver of it ({note.action}): {note.outcome}{why}"
    if note.kind == "hidden":
        return f"told nobody: a silence hid it{why}"
    if note.kind == "shown":
        return "no silence hides it any more"
    return ""
