"""Which states of an incident are open, taken and over, and which severity is worse."""

from __future__ import annotations

import re
from typing import get_args

from streams.records import ActKind, Change, Incident, IncidentState, Severity

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


_DONE_BY: dict[str, ActKind] = {
    "evidence seal": "evidence_sealed",
    "incident ack": "acknowledge",
    "incident assign": "assign",
    "incident aware": "aware",
    "incident contain": "contain",
    "incident false-alarm": "false_alarm",
    "incident resolve": "resolve",
    "incident statement-sent": "statement_sent",
}


def steps_left(incident: Incident) -> list[str]:
    """The next steps of an incident that still make sense: nobody takes what is taken or over, and
    what was done since it was opened, or opened again, is done."""
    done = _done(incident)
    if incident.state != "open":
        done.add("incident ack")
    if incident.state == "contained":
        done.add("incident contain")
    lines = [re.compile(rf"outwatch {one} {re.escape(incident.id)}(?!\S)") for one in done]
    return [step for step in incident.next_steps if not any(one.search(step) for one in lines)]


def _done(incident: Incident) -> set[str]:
    made: set[ActKind] = set()
    for one in incident.acts:
        if one.outcome == "refused":
            continue
        if one.act.kind == "reopen":
            made.clear()
        elif one.act.seal is None or one.act.seal.status != "failed":
            made.add(one.act.kind)
    return {command for command, kind in _DONE_BY.items() if kind in made}
