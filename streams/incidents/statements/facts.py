"""What a statement may be made of: numbers and times of the incident, and nothing else of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from streams.incidents.acts import REASONS, applied, last_state, standing
from streams.incidents.clocks.running import Reading
from streams.incidents.ends import over_at, unattended
from streams.incidents.render import began, one_record
from streams.incidents.statements.deadlines import deadlines
from streams.incidents.statements.phase import (
    Audience,
    Phase,
    Status,
    last_act,
    made_by_people,
    next_update,
    phase_of,
)
from streams.incidents.statements.whole import Whole, taken_at
from streams.incidents.steps import contains, lifts
from streams.records import Act, FalseAlarmReason, Incident, Severity, Unwatched
from streams.words import count


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of an incident that anybody may be told; no name, id or text is among them.

    Numbers are 0 where they aren't known, and times, in words, "". `aware` alone is in seconds
    since the epoch, and None where nobody said it. `happened` is how sure it is, and `reported`
    says that people alone told of it. `counted` is what was flagged, `met` who met it and `known`
    who met what is confirmed, in words. `contained` is when people did what holds, and `acted` when
    they did what doesn't, or held until it was over; `in_vain` says that it went on after that,
    `partly` that it was about a part, before others were joined, and `rest_open` that nobody took
    on those. `taken` is since when people are at work on it, and `took` when they were, where the
    stream ended it. `reopened_by` is who opened it again. `by_people` says whether a person ended
    it, `unwatched` what monitoring no longer watches of it since rules were changed, `unseen` that
    it is over though nobody took it on, `spoken_of` that people did anything to it all the same,
    and `noted` whether people wrote down how they stopped it, or what they found. `alarm` is the
    reason for which it was called a false alarm, and `reason` that in words. `deadlines` are
    sentences on the duties of the law that may be due first.
    """

    date: str
    phase: Phase
    severity: Severity
    happened: Status
    began: str
    one_record: bool
    reported: bool
    counted: str
    met: str
    known: str
    tenants: int
    joined: int
    fresh_version: bool
    taken: str
    took: str
    aware: float | None
    contained: str
    acted: str
    in_vain: bool
    partly: bool
    rest_open: bool
    reopened: str
    reopened_by: Literal["person", "stream"]
    resolved: str
    by_people: bool
    unwatched: Unwatched
    unseen: bool
    spoken_of: bool
    noted: bool
    sent: str
    alarm: FalseAlarmReason | None
    reason: str
    deadlines: tuple[str, ...]
    next_update: str


def facts(
    all_of_it: Whole,
    counted: str,
    audience: Audience,
    now: float,
    clocks: Sequence[Reading] = (),
) -> Facts:
    """The facts at a time; `counted` is the noun of its records, "" for none that count."""
    incident, members = all_of_it.incident, all_of_it.all[1:]
    acts = made_by_people(incident, members)
    flagged = incident.records_above if counted else 0
    at_least = "at least " if all_of_it.least else ""
    stopped = standing(incident.acts)
    reopen = incident.acts[-1] if incident.acts else None
    last = next((one for one in reversed(incident.acts) if one.outcome != "refused"), reopen)
    # Where it is open for what was merged into it, nothing of it came up again.
    opened = last is not None and last.act.kind == "reopen" and not last.act.into
    again = last.act.at if last is not None and opened else None
    end = over_at(incident) if incident.state == "resolved" else None
    update = next_update(incident, audience, now)
    alarm = last_act(acts, "false_alarm")
    given = last_state(incident.acts)
    done, outcome = _done_before(incident)

    def at(time: float | None) -> str:
        return "" if time is None else spoken(time, now)

    def when(*kinds: str) -> str:
        act = last_act(acts, *kinds)  # type: ignore[arg-type]
        return at(act.at if act is not None else None)

    return Facts(
        date=dated(now),
        phase=phase_of(incident, all_of_it.confirmed),
        severity=incident.severity,
        happened=all_of_it.happened,
        began=at(began(incident)),
        one_record=one_record(incident),
        reported=all(part.reported for part in all_of_it.parts),
        counted=at_least + count(flagged, counted, _plural(counted)) if flagged else "",
        met=_met(incident),
        known=_met(all_of_it.known) if all_of_it.confirmed else "",
        tenants=len(incident.tenants),
        joined=len(members),
        fresh_version=bool(incident.started_note),
        taken=at(_taken(incident, members)),
        took=at(taken_at(incident) if incident.state == "resolved" else None),
        aware=_aware(incident, members),
        contained=at(given.act.at) if given and incident.state == "contained" else "",
        acted=at(done),
        in_vain=outcome == "in vain",
        partly=outcome == "partly",
        rest_open=given is not None and given.act.kind == "reopen" and given.act.into != "",
        reopened=at(again),
        reopened_by="person" if last is not None and last.outcome == "applied" else "stream",
        resolved=at(end),
        by_people=stopped == "resolved",
        unwatched=incident.unwatched,
        unseen=unattended(incident),
        spoken_of=bool(acts),
        noted=any(
            result.act.text
            for one in all_of_it.all
            for result in applied(one.acts)
            if result.act.kind in ("contain", "resolve", "note")
        ),
        sent=when("statement_sent"),
        alarm=alarm.reason if alarm is not None else None,
        reason=REASONS[alarm.reason] if alarm is not None and alarm.reason else "",
        deadlines=deadlines(clocks, lambda due: spoken(due, now)),
        next_update=at(update),
    )


def dated(at: float) -> str:
    """A time in UTC with its day.

    >>> dated(1700000000)
    '14 November 2023, 22:13 UTC'
    """
    return f"{_utc(at).day} {_utc(at):%B %Y, %H:%M} UTC"


def spoken(at: float, now: float) -> str:
    """A time in UTC to the minute, with its day where that isn't today's.

    >>> spoken(1700000000, 1700000060), spoken(1700000000, 1700100000)
    ('22:13 UTC', '22:13 UTC on 14 November')
    """
    time, today = _utc(at), _utc(now)
    if time.date() == today.date():
        return f"{time:%H:%M} UTC"
    year = f" {time.year}" if time.year != today.year else ""
    return f"{time:%H:%M} UTC on {time.day} {time:%B}{year}"


def _aware(incident: Incident, members: Sequence[Incident]) -> float | None:
    since = [
        act.at if act.aware_at is None else act.aware_at
        for act in made_by_people(incident, members)
        if act.kind == "aware"
    ]
    return min(since) if since else None


def _met(incident: Incident) -> str:
    least = "at least " if incident.users_capped else ""
    return least + count(incident.users, "user") if incident.users else ""


def _taken(incident: Incident, members: Sequence[Incident]) -> float | None:
    """Since when people are at work on it, that isn't contained or over."""
    if incident.state not in ("open", "acknowledged"):
        return None
    again = last_state(incident.acts)
    if again is not None and again.act.kind == "reopen":
        return None
    acts = [one.act for one in applied(incident.acts) if one.act.kind == "acknowledge"]
    own = acts[-1].at if incident.state == "acknowledged" and acts else None
    times = [own, *map(taken_at, members)]
    return min((one for one in times if one is not None), default=None)


def _done_before(incident: Incident) -> tuple[float | None, Literal["", "in vain", "partly"]]:
    """When people last contained it, where it isn't contained now, and whether it went on after
    that, or others of which less was done were merged into it since. None where nobody did."""
    done: Act | None = None
    outcome: Literal["", "in vain", "partly"] = ""
    for number, one in enumerate(results := applied(incident.acts)):
        again = one.outcome == "automatic" and one.act.kind in ("acknowledge", "reopen")
        if one.act.kind == "contain" or contains(one.act):
            done, outcome = one.act, ""
        elif again and standing(results[:number]) == "contained":
            outcome = "partly" if one.act.into else "in vain"
        elif done is not None and lifts(one.act, done):
            done, outcome = None, ""
    if done is None or incident.state == "contained":
        return None, ""
    return done.at, outcome


def _plural(noun: str) -> str:
    return f"{noun}s"


def _utc(at: float) -> datetime:
    try:
        return datetime.fromtimestamp(at, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)
