"""How long it took: each time from one named field, or unknown."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from streams.incidents.ends import ending, opened_by
from streams.incidents.render import began
from streams.incidents.states import CLOSED
from streams.incidents.steps import contains
from streams.records import Act, ActKind, Incident
from streams.words import between, duration, moment


class Time(msgspec.Struct, frozen=True):
    """A moment in seconds since the epoch and the field that it stands in, or why it is unknown."""

    at: float | None
    field: str

    @property
    def known(self) -> bool:
        """Whether there is one."""
        return self.at is not None

    def words(self) -> str:
        """The moment in UTC, or "unknown"."""
        return "unknown" if self.at is None else moment(self.at)


class Times(msgspec.Struct, frozen=True):
    """When it began, was found, taken, contained and over."""

    began: Time
    found: Time
    acknowledged: Time
    contained: Time
    resolved: Time

    def detect(self) -> float | None:
        """Seconds from the first record affected to the incident."""
        return _between(self.began, self.found)

    def acknowledge(self) -> float | None:
        """Seconds from the incident to somebody's taking it."""
        return _between(self.found, self.acknowledged)

    def contain(self) -> float | None:
        """Seconds from the incident to its being contained."""
        return _between(self.found, self.contained)

    def resolve(self) -> float | None:
        """Seconds from the incident to its end."""
        return _between(self.found, self.resolved)


MEASURES: tuple[tuple[str, Callable[[Times], float | None]], ...] = (
    ("detect", Times.detect),
    ("acknowledge", Times.acknowledge),
    ("contain", Times.contain),
    ("resolve", Times.resolve),
)
"""What is measured, by the name under which it is told."""


def times_of(incident: Incident) -> Times:
    """The times of an incident, each from the field that says it best."""
    by_hand = opened_by(incident)
    if by_hand is not None:
        opened = Time(by_hand.at, f"acts: {by_hand.act_id}, at")
        return Times(
            began=Time(None, "a person opened it, and no record says when it began"),
            found=opened,
            **_taken(incident),
        )
    first, at = incident.started_by, began(incident)
    of_record = first is not None and first.event_time == at
    start = Time(at, "started_by.event_time" if of_record else "first_seen")
    found = (
        Time(incident.log[0].at, "log[0].at")
        if incident.log and incident.log[0].who == "outwatch"
        else Time(None, "the log has no line on its opening")
    )
    return Times(began=start, found=found, **_taken(incident))


def _taken(incident: Incident) -> dict[str, Time]:
    return {
        "acknowledged": _act(incident, "acknowledge", "nobody acknowledged it"),
        "contained": _contained(incident),
        "resolved": ended(incident),
    }


def ended(incident: Incident) -> Time:
    """Until when it lasted: by the clock of the person who ended it, else by event time."""
    act = ending(incident)
    if act is not None:
        return Time(act.at, f"acts: {act.act_id}, at")
    if incident.resolved_at is not None:
        return Time(incident.resolved_at, "resolved_at")
    if incident.state in CLOSED:
        return Time(incident.last_seen, "last_seen")
    return Time(None, f"it is {incident.state.replace('_', ' ')}")


def lasted(start: Time, end: Time) -> str:
    """How long something took, or that it isn't known."""
    between = _between(start, end)
    return "unknown" if between is None else duration(between)


def _act(incident: Incident, kind: ActKind, why_not: str) -> Time:
    acts = _applied(incident, kind)
    return Time(acts[0].at, f"acts: {acts[0].act_id}, at") if acts else Time(None, why_not)


def _contained(incident: Incident) -> Time:
    made = [
        one.act
        for one in incident.acts
        if one.outcome == "applied" and (one.act.kind == "contain" or contains(one.act))
    ]
    if made:
        return Time(made[0].at, f"acts: {made[0].act_id}, at")
    return Time(None, "nobody said that it was contained, and no probe of an action showed it")


def _applied(incident: Incident, kind: ActKind) -> list[Act]:
    return [one.act for one in incident.acts if one.outcome == "applied" and one.act.kind == kind]


def _between(start: Time, end: Time) -> float | None:
    """Seconds from one to the other, as both are shown; None where one isn't known, or people's
    clocks and the stream's disagree so far that the end is before the start."""
    if start.at is None or end.at is None or end.at < start.at:
        return None
    return between(start.at, end.at)
