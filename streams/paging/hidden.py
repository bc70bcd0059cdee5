"""What silences hide from one receiver: it waits for their end, and outlives a restart.

What is hidden counts as dealt with, so that it holds back nothing that comes after it. That it was
hidden, and not told, is noted in Kafka before; a pager that starts finds it there.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from streams.clock import Clock
from streams.incidents.silences import hidden_by
from streams.incidents.states import CLOSED, TAKEN
from streams.paging.duty.book import Book
from streams.records import Incident, PageNote

_FLUSH_S = 5.0


class Notes(Protocol):
    """What is used of the pager's notebook."""

    @property
    def book(self) -> Book:
        """What was noted, and the silences."""

    def write(self, note: PageNote) -> None:
        """Notes something."""

    def flush(self, timeout_s: float) -> bool:
        """Waits until Kafka has all notes."""


class _Waits(msgspec.Struct, frozen=True):
    incident: Incident
    partition: int


class Hidden:
    """The incidents that a receiver wasn't told of, by page key."""

    def __init__(self, receiver: str, notes: Notes, clock: Clock) -> None:
        self._receiver = receiver
        self._notes = notes
        self._clock = clock
        self._waits: dict[str, _Waits] = {}

    def __len__(self) -> int:
        """How many it wasn't told of."""
        return len(self._waits)

    def clear(self) -> None:
        """Forgets what can be read again."""
        self._waits.clear()

    def forget(self, partition: int) -> None:
        """Leaves a partition to the pager that has taken it over."""
        for key in [key for key, one in self._waits.items() if one.partition == partition]:
            del self._waits[key]

    def cover(self, incident: Incident, partition: int) -> bool:
        """Whether a silence hides an incident that the receiver doesn't know; if so, it waits."""
        now = self._clock.now()
        silence = hidden_by(self._notes.book.silences, incident, now)
        if silence is None:
            return False
        if incident.page_key not in self._waits and not self._noted(incident.page_key):
            self._note(incident, "hidden", silence.silence_id)
            self._notes.flush(_FLUSH_S)
        self._waits[incident.page_key] = _Waits(incident, partition)
        return True

    def take(self, incident: Incident, partition: int) -> bool:
        """Takes over the newer state of what waits; False for what doesn't, or is to be told."""
        if incident.page_key not in self._waits:
            return False
        if incident.state in CLOSED:
            del self._waits[incident.page_key]
            # Nobody was told, so nobody hears of the end; if it opens again, it is new.
            self.told(incident)
            return True
        self._waits[incident.page_key] = _Waits(incident, partition)
        return True

    def recall(self, incident: Incident, partition: int) -> bool:
        """Whether an event that was dealt with before was hidden, rather than told."""
        if not self._noted(incident.page_key):
            return False
        if incident.state in CLOSED or incident.replaced_by:
            self._waits.pop(incident.page_key, None)
            return True
        self._waits[incident.page_key] = _Waits(incident, partition)
        return True

    def over(self) -> list[tuple[Incident, int]]:
        """Takes out what no silence hides any more and nobody is at, each with its partition."""
        now = self._clock.now()
        silences = self._notes.book.silences
        found = [
            (one.incident, one.partition)
            for one in self._waits.values()
            if one.incident.state not in TAKEN and hidden_by(silences, one.incident, now) is None
        ]
        for incident, _ in found:
            del self._waits[incident.page_key]
        return found

    def told(self, incident: Incident) -> None:
        """Takes note that the receiver knows of an incident now, or need not any more."""
        if self._noted(incident.page_key):
            self._note(incident, "shown", "")

    def _noted(self, page_key: str) -> bool:
        """Whether the last that was noted of it for this receiver is that it was hidden."""
        mine = [
            one
            for one in self._notes.book.notes(page_key)
            if one.receiver == self._receiver and one.kind in ("hidden", "shown")
        ]
        return bool(mine) and mine[-1].kind == "hidden"

    def _note(self, incident: Incident, kind: Literal["hidden", "shown"], why: str) -> None:
        self._notes.write(
            PageNote(
                kind=kind,
                page_key=incident.page_key,
                incident=incident.id,
                at=self._clock.now(),
                severity=incident.severity,
                receiver=self._receiver,
                why=why,
            )
        )
