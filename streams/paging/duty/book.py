"""What the pager has noted on its own topic, and the silences: folded, to be asked.

Folding a message again changes nothing, so what a pager writes is folded when it is written and
once more when it comes back from Kafka.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from streams.incidents.silences import problem, read_silence
from streams.records import PageNote, Silence

log = logging.getLogger(__name__)

_notes = msgspec.json.Decoder(PageNote)


class Book:
    """All notes by page key in their order, and the newest of each silence.

    Its methods may be called from several threads.
    """

    def __init__(self) -> None:
        self._notes: dict[str, dict[tuple[object, ...], PageNote]] = {}
        self._joined: dict[tuple[str, str], list[PageNote]] = {}
        self._silences: dict[str, Silence] = {}

    def take_note(self, value: bytes | None) -> None:
        """Folds a message of `llm.pages`; one that can't be read is left out."""
        try:
            self.fold(_notes.decode(value or b""))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            log.warning("a message on the topic of pages can't be read; it is left out")

    def take_act(self, value: bytes | None) -> None:
        """Folds a message of `llm.acts`, where it is a silence that can be."""
        silence = read_silence(value)
        if silence is None:
            return
        if wrong := problem(silence):
            log.warning("a silence is left out: %s", wrong)
            return
        self._silences = {**self._silences, silence.silence_id: silence}

    def fold(self, note: PageNote) -> None:
        """Takes up a note, once."""
        notes, identity = self._notes.setdefault(note.page_key, {}), _identity(note)
        if identity in notes:
            return
        notes[identity] = note
        if note.kind == "grouped":
            key = (note.receiver, note.group)
            # Anew, since others may be reading it.
            self._joined[key] = [*self._joined.get(key, []), note]

    def notes(self, page_key: str) -> Sequence[PageNote]:
        """What is noted of an incident, in order."""
        return list(self._notes.get(page_key, {}).values())

    def joined(self, receiver: str, group: str) -> Sequence[PageNote]:
        """Which steps of which incidents a group has, in order."""
        return self._joined.get((receiver, group), [])

    @property
    def silences(self) -> Sequence[Silence]:
        """All silences, also those that are over."""
        return list(self._silences.values())


def _identity(note: PageNote) -> tuple[object, ...]:
    """What makes two notes one: a page that went out twice was one page."""
    if note.kind == "step":
        return ("step", note.cycle, note.number)
    if note.kind == "grouped":
        return ("grouped", note.cycle, note.number, note.receiver)
    if note.kind == "told":
        return ("told", note.cycle, note.number, note.receiver, note.action)
    return (note.kind, note.receiver, note.cycle, note.at)
