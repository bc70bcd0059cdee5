"""When an incident was over, as people are told it, and who opened it."""

from __future__ import annotations

from streams.incidents.acts import OUTWATCH, applied, last_state, standing
from streams.incidents.states import CLOSED
from streams.records import Act, ActKind, Incident

TAKES_ON: frozenset[ActKind] = frozenset(
    {
        "open",
        "acknowledge",
        "contain",
        "resolve",
        "reopen",
        "false_alarm",
        "merge",
        "assign",
        "severity",
        "action_asked",
        "action_approved",
        "action_ordered",
        "action_undone",
    }
)
"""Acts by which a person sees to an incident, or decides what it is. What is kept or told of it
(evidence, notes, statements, clocks, a post-mortem) may come from whoever never looks at it again.
"""


def ending(incident: Incident) -> Act | None:
    """The act by which a person ended it; None where it isn't over, or the windows ended it."""
    last = last_state(incident.acts)
    if last is None or incident.state not in CLOSED:
        return None
    return last.act if standing(incident.acts) == incident.state else None


def over_at(incident: Incident) -> float | None:
    """When it was over, in seconds since the epoch: by the clock of the person who ended it, and
    by event time where the windows did. None where it isn't over, or that isn't known.

    Event time stands still where no records come, so it says nothing of what people did.
    """
    act = ending(incident)
    return act.at if act is not None else incident.resolved_at


def unattended(incident: Incident) -> bool:
    """Whether the windows ended it without anybody's having taken it on, though it was bad
    enough to wake people."""
    ended = incident.state == "resolved" and incident.resolved_at is not None
    if not ended or incident.merged_into or incident.severity == "low":
        return False
    made = [one.act for one in applied(incident.acts) if one.act.actor != OUTWATCH]
    return not any(act.kind in TAKES_ON for act in made)


def not_known_over(incident: Incident) -> bool:
    """Whether it ended though nothing and nobody found that it is over: rules were changed."""
    ended = incident.state == "resolved" and not incident.merged_into
    return ended and bool(incident.unwatched) and standing(incident.acts) != "resolved"


def opened_by(incident: Incident) -> Act | None:
    """The act by which a person opened it by hand; None where monitoring did."""
    first = incident.acts[0] if incident.acts else None
    return first.act if first is not None and first.act.kind == "open" else None
