"""What a receiver is given, and what it answers. The contract for receivers of your own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

from streams.incidents.states import RANK
from streams.records import Incident, Severity

Action = Literal["trigger", "update", "acknowledge", "resolve"]


class Page(msgspec.Struct, frozen=True):
    """One thing to tell: a new incident, a change, that somebody has taken it, or its end.

    `was` is the severity that this receiver was last told, None for a trigger. `brief`: it was
    open before this receiver was first started, so that a line is enough. `tag` names the step of
    an escalation that it belongs to, "" where it belongs to none.
    """

    action: Action
    incident: Incident
    was: Severity | None = None
    brief: bool = False
    tag: str = ""

    @property
    def raised(self) -> bool:
        """Whether the incident is now more severe than the receiver was told."""
        return self.was is not None and RANK[self.incident.severity] > RANK[self.was]

    @property
    def idempotency_key(self) -> str:
        """The same whenever the same change is delivered again, and for nothing else.

        Page key and revision; with the id where the incident goes on under a new one, and
        with the action where one revision may be told in two steps. A step of an escalation is
        told once, whatever the incident's revision is by then.
        """
        incident = self.incident
        if self.tag:
            return f"{incident.page_key}-step-{self.tag}-{self.action}"
        moved = f"-{incident.id}" if incident.id != incident.page_key else ""
        step = f"-{self.action}" if self.action in ("acknowledge", "resolve") else ""
        return f"{incident.page_key}{moved}-{incident.revision}{step}"


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
    seconds at most (each receiver has a thread of its own) and doesn't raise for what a
    network or a server does. Pages of one incident come in order; the same page may come
    twice, with the same `idempotency_key`. A receiver that holds connections may have a
    method `close()`.

    To be named in the settings, a receiver is a class made with `(name, options)`, where
    its attribute `Options` is a msgspec struct of what can be set; see `configured.py`.
    """

    name: str

    def deliver(self, page: Page) -> Answer:
        """Delivers one page, once."""


@runtime_checkable
class KeepsAlive(Protocol):
    """A receiver that forgets what it isn't told again, such as Alertmanager.

    Every `resend_s` seconds `keep_alive` gets all incidents that are open there. What it
    answers is counted; nothing is tried again before the next round.
    """

    resend_s: float

    def keep_alive(self, incidents: Sequence[Incident]) -> Answer:
        """Tells again that these incidents are still open."""
