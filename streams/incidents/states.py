"""Which states of an incident are open, taken and over, and which severity is worse."""

from __future__ import annotations

from typing import get_args

from streams.records import Change, Incident, IncidentState, Severity

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""All severities, the worst first."""

RANK: dict[Severity, int] = {name: rank for rank, name in enumerate(reversed(SEVERITIES))}
"""By severity, a number that is greater for a worse one; the mildest first."""

CHANGES: tuple[Change, ...] = get_args(Change)
"""All that can happen to an incident."""

TAKEN: frozenset[IncidentState] = frozenset({"acknowledged", "contained"})
"""Somebody is at it: only people give these states."""

OPEN: frozenset[IncidentState] = TAKEN | {"open"}
"""It isn't over, whether somebody is at it or not."""

CLOSED: frozenset[IncidentState] = frozenset({"resolved", "withdrawn", "false_alarm"})
"""It is over: the limits hold again, late records disproved it, or a person said so."""


def only_figures_since(incident: Incident, revision: int) -> bool:
    """Whether nothing but figures was brought up to date since a revision of an incident."""
    since, until = incident.only_figures
    return until == incident.revision and since <= revision


def state_words(state: IncidentState) -> str:
    """A state as it follows "it is".

    >>> state_words("open"), state_words("false_alarm")
    ('open', 'a false alarm')
    """
    return "a false alarm" if state == "false_alarm" else state


def steps_left(incident: Incident) -> list[str]:
    """The next steps of an incident that still make sense: nobody takes what is taken or over."""
    taken = f"outwatch incident ack {incident.id}"
    return [one for one in incident.next_steps if incident.state == "open" or taken not in one]
