"""What happened when, from logs alone: each row names the line that it comes from."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from streams.incidents.acts import said
from streams.incidents.postmortem.asked import QUIET, asked
from streams.incidents.postmortem.people import OUTWATCH, Roles
from streams.place import pointer
from streams.records import Act, ActResult, Evidence, Incident
from streams.words import score


class Row(msgspec.Struct, frozen=True):
    """One thing that happened: when (seconds since the epoch), what, who by role, and where it
    is written: a record's place, an act's id, or the incident and a revision of it."""

    at: float
    what: str
    who: str
    link: str


def timeline(incident: Incident, roles: Roles, others: Iterable[Row] = ()) -> list[Row]:
    """All rows in order of time; `others` come from other logs, such as of pages sent."""
    rows = [*_records(incident), *_log(incident, roles), *_acts(incident, roles), *others]
    return [row for _, row in sorted(enumerate(rows), key=lambda one: (one[1].at, one[0]))]


def _records(incident: Incident) -> Iterable[Row]:
    first = incident.started_by
    if first is not None:
        yield _record(first, "First record affected")
    shown = {pointer(first)} if first is not None else set()
    for one in sorted(incident.evidence, key=lambda one: (one.event_time, pointer(one))):
        if pointer(one) not in shown:
            shown.add(pointer(one))
            yield _record(one, "Record affected")


def _record(one: Evidence, what: str) -> Row:
    kind = f" ({one.kind})" if one.kind else ""
    version = f", model version {one.model_version}" if one.model_version else ""
    quiet = asked(one.reason) if one.score <= QUIET else ""
    text = f"{what}: {one.signal} {score(one.score)}{kind}{version}{f', {quiet}' if quiet else ''}"
    return Row(one.event_time, text, "record", pointer(one))


def _log(incident: Incident, roles: Roles) -> Iterable[Row]:
    for number, entry in enumerate(incident.log):
        if entry.who == OUTWATCH:
            yield Row(entry.at, roles.told(entry.what), OUTWATCH, f"{incident.id} log[{number}]")
    if incident.replaces:
        yield Row(
            incident.first_seen,
            f"Known before as {', '.join(incident.replaces)}",
            OUTWATCH,
            f"{incident.id} revision {incident.revision}",
        )


def _acts(incident: Incident, roles: Roles) -> Iterable[Row]:
    for result in incident.acts:
        if result.outcome == "automatic":
            continue
        link = f"act {result.act.act_id} (revision {result.revision})"
        yield Row(result.act.at, _told(result, roles), roles.of(result.act.actor), link)


def _told(result: ActResult, roles: Roles) -> str:
    act = result.act
    if result.outcome == "refused":
        return f"wasn't heard ({act.kind.replace('_', ' ')}): {roles.told(result.why)}"
    return done(act, roles)


def done(act: Act, roles: Roles) -> str:
    """What was done, in words that name nobody."""
    who = "its owner" if act.kind == "action_item" else roles.of(act.assignee)
    # Who approved a step is named in it, too.
    plain = roles.told(said(msgspec.structs.replace(act, assignee=who, text="")))
    text = roles.told(act.text)
    return f"{plain}: {text}" if text else plain
