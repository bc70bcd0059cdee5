"""In which phase an incident is, what of it is confirmed, and when people hear of it next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from streams.incidents.acts import OUTWATCH, applied
from streams.records import Act, ActKind, Incident, Severity

Audience = Literal["executive", "engineer", "legal", "support", "press"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
"""Who a statement is for."""

Phase = Literal["investigating", "identified", "contained", "resolved", "false_alarm", "withdrawn"]
Status = Literal["confirmed", "suspected", "checking"]

_MINUTE, _HOUR = 60.0, 3600.0
# After the first word, in seconds: often enough that nobody has to ask.
_NEXT: dict[Severity, dict[Audience, float]] = {
    "critical": {
        "engineer": 20 * _MINUTE,
        "support": 20 * _MINUTE,
        "executive": 30 * _MINUTE,
        "legal": _HOUR,
        "press": _HOUR,
    },
    "high": {
        "engineer": 30 * _MINUTE,
        "support": 30 * _MINUTE,
        "executive": _HOUR,
        "legal": 4 * _HOUR,
        "press": 4 * _HOUR,
    },
    "low": dict.fromkeys(AUDIENCES, 24 * _HOUR),
}
_CONTAINED = 4 * _HOUR


def made_by_people(incident: Incident, members: Sequence[Incident] = ()) -> list[Act]:
    """What people did, in order; of incidents that were merged into it too, but for that."""
    own = [one.act for one in applied(incident.acts) if one.act.actor != OUTWATCH]
    theirs = [
        result.act
        for one in members
        for result in applied(one.acts)
        if result.act.kind in ("aware", "statement_sent")
    ]
    return [*theirs, *own]


def last_act(acts: Sequence[Act], *kinds: ActKind) -> Act | None:
    """The newest of some kinds; None where there is none."""
    return next((act for act in reversed(acts) if act.kind in kinds), None)


def phase_of(incident: Incident, confirmed: bool) -> Phase:
    """The phase, from its state and from whether a person said that it is real."""
    if incident.state in ("open", "acknowledged"):
        return "identified" if confirmed else "investigating"
    return incident.state  # type: ignore[return-value]


def next_update(incident: Incident, audience: Audience, now: float) -> float | None:
    """When people hear of it again at the latest, in seconds since the epoch; None once it is
    over."""
    if incident.state in ("resolved", "false_alarm", "withdrawn"):
        return None
    wait = _NEXT[incident.severity][audience]
    if incident.state == "contained":
        wait = max(wait, _CONTAINED)
    return now + wait
