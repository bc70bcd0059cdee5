"""Which states of an incident are open, taken and over, and which severity is worse."""

from __future__ import annotations

from typing import get_args

from streams.records import Change, IncidentState, Severity

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
