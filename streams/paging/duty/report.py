"""What a contacts file comes to: who is on call now and next, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from streams.incidents.playbooks.playbook import ROLES
from streams.incidents.states import SEVERITIES
from streams.paging.duty.contacts import Contacts
from streams.paging.duty.schedule import Shift
from streams.words import listing, moment

DAYS = 14
_DAY_S = 86_400.0


class Duty(msgspec.Struct, frozen=True):
    """One role: who has it at the time asked for, with the receivers that reach them, the shifts
    and the gaps of the days after it. Times are in seconds since the epoch."""

    role: str
    on_call: list[str]
    receivers: list[str]
    shifts: list[Shift]
    gaps: list[tuple[float, float]]


class Report(msgspec.Struct, frozen=True):
    """All roles as of a time, and what somebody should look at, in words."""

    at: float
    until: float
    roles: list[Duty]
    warnings: list[str]


def report(contacts: Contacts, at: float, days: int = DAYS) -> Report:
    """Who is on call at a time and for some days after it, and what is missing."""
    until = at + days * _DAY_S
    roles = [_duty(contacts, name, at, until) for name in contacts.roles]
    return Report(at, until, roles, _warnings(contacts, roles))


def _duty(contacts: Contacts, role: str, at: float, until: float) -> Duty:
    schedule = contacts.roles[role]
    on_call = schedule.on_call(at)
    receivers = [name for who in on_call for name in contacts.people[who].receivers]
    return Duty(
        role,
        list(on_call),
        list(dict.fromkeys(receivers)),
        _joined(schedule.shifts(at, until)),
        schedule.gaps(at, until),
    )


def _joined(shifts: Sequence[Shift]) -> list[Shift]:
    """The shifts, where one follows another of the same people as one."""
    found: list[Shift] = []
    for shift in shifts:
        if found and found[-1].who == shift.who and found[-1].end >= shift.start:
            last = found.pop()
            shift = Shift(last.start, max(last.end, shift.end), shift.who)
        found.append(shift)
    return found


def _warnings(contacts: Contacts, roles: Sequence[Duty]) -> list[str]:
    told = {
        role: [
            severity
            for severity, policy in contacts.policies.items()
            if any(role in step.tell for step in policy.steps)
        ]
        for role in contacts.roles
    }
    found = []
    for duty in roles:
        if duty.gaps and told[duty.role]:
            begin, end = duty.gaps[0]
            more = f", and {len(duty.gaps) - 1} more times" if len(duty.gaps) > 1 else ""
            found.append(
                f"nobody is on call for {duty.role} from {moment(begin)} to {moment(end)}{more}"
            )
        if not told[duty.role]:
            found.append(f"no step tells {duty.role}")
    for severity in SEVERITIES:
        if not contacts.policy(severity).steps:
            found.append(f"incidents of severity {severity} have no steps, so it tells nobody")
    for person in contacts.people.values():
        holds = person.quiet.holds if person.quiet is not None else frozenset()
        urgent = sorted(
            role
            for role, severities in told.items()
            if "high" in holds and "high" in severities and _may_have(contacts, role, person.name)
        )
        if urgent:
            found.append(
                f"{person.name} hears of nothing high in quiet hours, and has {listing(urgent)}"
            )
    idle = sorted(
        name
        for name in contacts.people
        if not any(_may_have(contacts, role, name) for role in contacts.roles)
    )
    if idle:
        found.append(f"no role is ever had by {listing(idle)}")
    missing = [role for role in ROLES if role not in contacts.roles]
    if missing:
        found.append(f"there is nobody for {listing(missing, len(missing))}")
    return found


def _may_have(contacts: Contacts, role: str, person: str) -> bool:
    return person in contacts.roles[role].everybody
