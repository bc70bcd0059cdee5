"""What waits to be told, the newest state of each incident, and how far that is committed.

An incident that changes while it waits is told once, as it then stands. An offset counts as
dealt with when nothing before it waits any more, so that whatever is lost in a crash is read
again.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from streams.incidents.states import CLOSED, RANK
from streams.place import Place
from streams.records import Incident


class Entry(msgspec.Struct):
    """An incident that waits. `since` has the first offset it holds back, by partition.

    `opened`: it was new when it began to wait. `grouped`: a group's page will tell of it.
    `early`: it was published before this process began, so that an earlier one may have told
    it. `history`: it was open before this receiver was first started. `moved`: it is known to
    go on under another id. `step`: the last thing told while it waited.
    """

    incident: Incident
    place: Place
    since: dict[int, int]
    order: int
    opened: bool
    grouped: bool = False
    early: bool = False
    history: bool = False
    moved: bool = False
    step: str = "none"
    attempts: int = 0
    first_try: float = 0.0
    due: float = 0.0

    @property
    def new(self) -> bool:
        """Whether telling it would wake somebody for something that wasn't told before."""
        return self.opened and self.incident.state not in CLOSED


class Desk:
    """The incidents that wait for one receiver, by page key; at most about `most` of them."""

    def __init__(self, most: int = 5_000) -> None:
        self._most = most
        self._entries: dict[str, Entry] = {}
        self._next: dict[int, int] = {}
        self._orders = 0

    def __len__(self) -> int:
        """How many incidents wait."""
        return len(self._entries)

    @property
    def full(self) -> bool:
        """Whether to stop reading: what waits, waits in Kafka."""
        return len(self._entries) >= self._most

    def get(self, page_key: str) -> Entry | None:
        """What waits under a page key."""
        return self._entries.get(page_key)

    def read(self, place: Place) -> None:
        """Takes note that a message was read."""
        self._next[place.partition] = place.offset + 1

    def put(
        self,
        place: Place,
        incident: Incident,
        opened: bool,
        grouped: bool = False,
        early: bool = False,
        history: bool = False,
    ) -> Literal["first", "overtakes", "again"]:
        """Lets an incident wait, in the place of an older state of it.

        An event that is older than what waits is overtaken by it; one that waits already
        ("again") changes nothing.
        """
        entry = self._entries.get(incident.page_key)
        if entry is None:
            self._orders += 1
            since = {place.partition: place.offset}
            self._entries[incident.page_key] = Entry(
                incident, place, since, self._orders, opened, grouped, early, history
            )
            return "first"
        first = entry.since.get(place.partition, place.offset)
        entry.since[place.partition] = min(first, place.offset)
        waits = entry.incident
        if waits.id == incident.id and waits.revision == incident.revision:
            return "again"
        if not _older(incident, waits):
            entry.incident, entry.place, entry.moved = incident, place, False
        entry.grouped = grouped
        return "overtakes"

    def done(self, page_key: str) -> None:
        """Takes an incident off the desk: it is dealt with."""
        self._entries.pop(page_key, None)

    def waiting(self) -> list[Entry]:
        """What is to be told on its own: what is open before what is over, the worst first,
        and then in order of arrival."""
        alone = [entry for entry in self._entries.values() if not entry.grouped]
        return sorted(alone, key=_urgency)

    def grouped(self) -> list[Entry]:
        """What a group's page will tell of."""
        return [entry for entry in self._entries.values() if entry.grouped]

    def offsets(self) -> dict[int, int]:
        """By partition, the offset before which everything is dealt with."""
        done = dict(self._next)
        for entry in self._entries.values():
            for partition, first in entry.since.items():
                if partition in done:
                    done[partition] = min(done[partition], first)
        return done

    def next(self, partition: int) -> int:
        """The offset of a partition that is read next."""
        return self._next.get(partition, 0)

    def start(self, partition: int, offset: int) -> None:
        """Takes up a partition at the offset read next."""
        self._next[partition] = offset

    def pass_to(self, partition: int, offset: int) -> None:
        """There is nothing to deal with before this offset, of what wasn't read yet."""
        if offset > self._next.get(partition, offset):
            self._next[partition] = offset

    def forget(self, partition: int) -> None:
        """Leaves a partition to whoever reads it now."""
        self._next.pop(partition, None)
        for key, entry in list(self._entries.items()):
            entry.since.pop(partition, None)
            if not entry.since:
                del self._entries[key]


def _urgency(entry: Entry) -> tuple[bool, int, int]:
    incident = entry.incident
    return (incident.state in CLOSED, -RANK[incident.severity], entry.order)


def _older(incident: Incident, waits: Incident) -> bool:
    if incident.id == waits.id:
        return incident.revision < waits.revision
    if waits.id in incident.replaces:
        # Each may have taken over from the other, when late records moved the beginning twice.
        return incident.id in waits.replaces and incident.published_at < waits.published_at
    return incident.id in waits.replaces
