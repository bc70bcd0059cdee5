"""What a receiver is given, what it answers, and what of an incident is worth a page at all."""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal, Protocol, TypeVar

import msgspec

from streams.records import Incident

V = TypeVar("V")

Action = Literal["trigger", "update", "resolve"]

_CLOSED = frozenset({"resolved", "withdrawn", "false_alarm"})
_KEPT = 20_000


class Page(msgspec.Struct, frozen=True):
    """One thing to tell: a new incident, a change of one that was told, or its end.

    `idempotency_key` is the same whenever the same change is delivered again.
    """

    action: Action
    incident: Incident

    @property
    def idempotency_key(self) -> str:
        """Page key and revision; with the id where the incident goes on under a new one."""
        incident = self.incident
        moved = f"-{incident.id}" if incident.id != incident.page_key else ""
        return f"{incident.page_key}{moved}-{incident.revision}"


class Answer(msgspec.Struct, frozen=True):
    """How a delivery went: done, worth another try (after `retry_after_s`, if told), or never.

    `why` is for logs and dead letters: it never holds an address, a key or a text.
    """

    kind: Literal["delivered", "retry", "never"]
    why: str = ""
    retry_after_s: float = 0.0


class Receiver(Protocol):
    """Somebody to tell. Delivers once and classifies; trying again is not its business.

    `name` becomes a metric label and part of a consumer group's name. `deliver` blocks for
    seconds at most and doesn't raise for what a network or a server does.
    """

    name: str

    def deliver(self, page: Page) -> Answer:
        """Delivers one page, once."""


class Ledger:
    """What one receiver has been told, so that nothing is told twice or told as new twice.

    Keeps the 20,000 incidents and page keys changed last. It can be made again from the
    incidents topic: `remember` each incident that has been committed.
    """

    def __init__(self) -> None:
        self._told: OrderedDict[str, None] = OrderedDict()
        self._revisions: OrderedDict[str, int] = OrderedDict()

    def decide(self, incident: Incident) -> Page | None:
        """The page for an incident as it now stands; None when there is nothing to tell.

        Nothing is told of a revision that was told before, of an incident that goes on under
        another id, or of the end of one that nobody was told of.
        """
        if incident.revision <= self._revisions.get(incident.id, -1) or incident.replaced_by:
            return None
        told = incident.page_key in self._told
        if incident.state in _CLOSED:
            return Page("resolve", incident) if told else None
        return Page("update" if told or incident.replaces else "trigger", incident)

    def remember(self, incident: Incident) -> None:
        """Takes note that this state of an incident was told, or needed no telling."""
        newest = max(incident.revision, self._revisions.get(incident.id, -1))
        _put(self._revisions, incident.id, newest)
        if incident.replaced_by:
            return
        if incident.state in _CLOSED:
            self._told.pop(incident.page_key, None)
        else:
            _put(self._told, incident.page_key, None)


def _put(kept: OrderedDict[str, V], key: str, value: V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _KEPT:
        kept.popitem(last=False)
