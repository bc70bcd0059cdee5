"""The signal of an incident's first rule over time, with its limit and what happened meanwhile."""

from __future__ import annotations

import msgspec

from streams.console.desk import Desk
from streams.console.trends import by_minute
from streams.incidents.acts import OUTWATCH, applied
from streams.incidents.render import began
from streams.incidents.states import CLOSED
from streams.records import ActKind, Incident
from streams.words import percent

_BEFORE_MIN = 30
_AFTER_MIN = 10
_LONGEST_MIN = 24 * 60
_MOST_MARKS = 12
_MARKED: dict[ActKind, str] = {
    "acknowledge": "acknowledged",
    "contain": "contained",
    "resolve": "resolved",
    "reopen": "opened again",
    "false_alarm": "called a false alarm",
    "action_ordered": "action ordered",
    "action_undone": "action taken back",
}


class Mark(msgspec.Struct, frozen=True):
    """Something that happened at a time (seconds since the epoch), in words; `kind` is "version",
    "act" or "began"."""

    at: float
    kind: str
    what: str


class Course(msgspec.Struct, frozen=True):
    """What a chart shows: points of time (seconds since the epoch) and value, the limit to compare
    them with (None where the rule's can't be compared), and what it means. `share`: values are
    shares of 1."""

    points: list[tuple[float, float]]
    limit: float | None
    caption: str
    marks: list[Mark]
    share: bool = False


def course(desk: Desk, incident: Incident) -> Course | None:
    """The course of an incident's first rule; None where the store has no verdicts of it."""
    if not incident.rules:
        return None
    lead = incident.rules[0]
    deployment = incident.group.get("deployment", "")
    above_what = desk.rules.limit(lead.rule, deployment)
    wide = max(1, round(incident.window_seconds / 60))
    first, last = _span(desk, incident)
    found = by_minute(desk.store, deployment, lead.signal, above_what, first - wide, last)
    if not found:
        return None
    judged = {one.minute: one.judged for one in found}
    above = {one.minute: one.above for one in found}
    share = lead.condition == "rate"
    points = []
    for minute in range(first, last + 1):
        window = range(minute - wide + 1, minute + 1)
        records = sum(judged.get(one, 0) for one in window)
        met = sum(above.get(one, 0) for one in window)
        if share:
            points += [((minute + 1) * 60.0, met / records)] if records else []
        else:
            points.append(((minute + 1) * 60.0, float(met)))
    comparable = lead.condition in ("rate", "count", "immediate")
    limit = lead.threshold if comparable else None
    what = "Share of answers" if share else "Answers"
    over = f"{wide} min" if wide > 1 else "a minute"
    caption = f"{what} with {lead.signal} above {above_what:g}, over {over}"
    if limit is not None:
        caption += f"; the limit is {percent(limit) if share else f'{limit:g}'}"
    return Course(points, limit, caption, _marks(desk, incident, first, last), share)


def _span(desk: Desk, incident: Incident) -> tuple[int, int]:
    """The minutes that are shown, from before it began to after it was seen last."""
    end = incident.last_seen + _AFTER_MIN * 60
    acted = [one.act.at for one in applied(incident.acts) if one.act.kind in _MARKED]
    end = max([end, *(at for at in acted if at < incident.last_seen + 4 * 3600)])
    if incident.state not in CLOSED:
        end = max(end, min(desk.clock(), incident.last_seen + 3600))
    last = int(min(end, desk.clock()) // 60)
    first = int(began(incident) // 60) - _BEFORE_MIN
    return max(first, last - _LONGEST_MIN), max(last, first + 1)


def _marks(desk: Desk, incident: Incident, first: int, last: int) -> list[Mark]:
    marks = [Mark(began(incident), "began", "it began")]
    rows = desk.store.rows(
        "SELECT version, min(minute) AS since FROM traffic WHERE deployment = ? AND version != ''"
        " GROUP BY version ORDER BY since",
        incident.group.get("deployment", ""),
    )
    marks += [
        # The first version that the store knows of didn't come then: the store begins there.
        Mark(row["since"] * 60.0, "version", f"model version {row['version']}")
        for row in rows[1:]
    ]
    marks += [
        Mark(one.act.at, "act", f"{_MARKED[one.act.kind]} by {one.act.actor}")
        for one in applied(incident.acts)
        if one.act.kind in _MARKED and one.act.actor != OUTWATCH
    ]
    shown = [one for one in marks if first * 60 <= one.at <= (last + 1) * 60]
    return sorted(shown, key=lambda one: one.at)[-_MOST_MARKS:]
