"""A contacts file as values: people, roles, and the steps by which they are told."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from streams.paging.duty.quiet import Quiet
from streams.paging.duty.schedule import Schedule
from streams.records import Severity


class Person(msgspec.Struct, frozen=True):
    """Somebody with receivers and hours of their own; a receiver on call stands for itself."""

    name: str
    receivers: tuple[str, ...]
    quiet: Quiet | None = None


class Step(msgspec.Struct, frozen=True):
    """The roles that a step tells, and how many seconds it leaves them to acknowledge."""

    tell: tuple[str, ...]
    wait: float


class Policy(msgspec.Struct, frozen=True):
    """What happens with incidents of one severity.

    An acknowledgement holds for `acknowledged_for` seconds if nobody does anything more; 0 is
    for ever. After the last step all are gone through `repeat` times more.
    """

    steps: tuple[Step, ...] = ()
    acknowledged_for: float = 0.0
    repeat: int = 0


class Reached(msgspec.Struct, frozen=True):
    """Whom some roles reach at a time: receivers with the person or receiver on call.

    `held` are those who have quiet hours, with their end; `empty` the roles that nobody has.
    """

    receivers: dict[str, str]
    held: dict[str, float]
    empty: tuple[str, ...]


class Contacts(msgspec.Struct, frozen=True):
    """Who is told of what. `made_of` is what the files said, so that a change is noticed."""

    people: dict[str, Person]
    roles: dict[str, Schedule]
    policies: dict[Severity, Policy]
    made_of: bytes = b""

    @property
    def receivers(self) -> frozenset[str]:
        """All receivers that it may tell."""
        return frozenset(name for one in self.people.values() for name in one.receivers)

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Those for which it has steps."""
        return tuple(name for name, policy in self.policies.items() if policy.steps)

    def policy(self, severity: Severity) -> Policy:
        """The steps for a severity; without any where the file has none."""
        return self.policies.get(severity, Policy())

    def reached(self, roles: Iterable[str], severity: Severity, now: float) -> Reached:
        """Whom to tell of an incident of a severity, for some roles, as of a time."""
        receivers: dict[str, str] = {}
        held: dict[str, float] = {}
        empty = []
        for role in roles:
            schedule = self.roles.get(role)
            on_call = schedule.on_call(now) if schedule is not None else ()
            if not on_call:
                empty.append(role)
            for who in on_call:
                person = self.people[who]
                until = _quiet_until(person, severity, now)
                if until is not None:
                    held[who] = until
                else:
                    receivers |= {name: who for name in person.receivers if name not in receivers}
        return Reached(receivers, held, tuple(empty))


def _quiet_until(person: Person, severity: Severity, now: float) -> float | None:
    if person.quiet is None or severity not in person.quiet.holds:
        return None
    return person.quiet.until(now)
