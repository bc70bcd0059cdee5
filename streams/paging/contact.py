"""A receiver, and what it is told how often."""

from __future__ import annotations

import msgspec

from streams.paging.contract import Receiver
from streams.paging.grouping import Habits
from streams.paging.retry import Patience
from streams.paging.routes import Route


class Contact(msgspec.Struct, frozen=True):
    """A receiver with its route and limits. `updates`: whether it is also told of changes
    that neither raise the severity, nor mean that somebody took the incident, nor end it.
    `stateful`: it keeps what is open under a key, and ignores the end of what it doesn't know,
    so that it is told of every end that it might be waiting for. `fallback`: it also hears of
    what no other receiver takes. `on_duty`: the contacts file says when it is told, and what."""

    receiver: Receiver
    route: Route = Route()
    habits: Habits = Habits()
    patience: Patience = Patience()
    updates: bool = True
    stateful: bool = False
    fallback: bool = False
    on_duty: bool = False

    @property
    def name(self) -> str:
        """The receiver's name."""
        return self.receiver.name
