"""Acts before they are sent, whoever sends them: drawn up, checked as far as that can be done
without a worker, and known again where they were sent before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from streams.errors import OutwatchError, UsageError
from streams.incidents.acts import drawn_up, problem, refusal
from streams.incidents.acts_text import private_text
from streams.incidents.clocks.clock import Clocks
from streams.incidents.clocks.running import Reading, readings
from streams.incidents.ends import not_known_over, over_at, unattended
from streams.incidents.onward import followed, newest
from streams.incidents.render import began
from streams.inert import line
from streams.records import Act, ActKind, ActResult, Incident
from streams.words import duration, moment

# People may hear of it before outwatch does; a year is a slip of the pen.
_KNOWN_BEFORE = 90 * 86_400.0


def counted(
    known: dict[str, Incident], act_id: str | None, incident: str, kind: ActKind
) -> tuple[Incident, ActResult] | None:
    """The incident that has an act of this id, and what came of it; None where none has.

    `incident` and `kind` are those of the act to be sent. Raises `UsageError` where the id belongs
    to another act: sent under it, this one would never count.
    """
    if not act_id:
        return None
    for one in known.values():
        result = _result(one, act_id)
        if result is None:
            continue
        asked, holder = newest(known, incident), newest(known, one.id) or one
        about = newest(known, result.act.incident)
        ids = {incident, asked.id if asked is not None else incident}
        if result.act.kind != kind or ids.isdisjoint({about.id if about else "", holder.id}):
            raise UsageError(
                f"Nothing was sent: an act of {line(holder.id)} has this id already, and it is"
                " another one. Leave --id out, or give the act that it belongs to"
            )
        return holder, _result(holder, act_id) or result
    return None


def _result(incident: Incident, act_id: str) -> ActResult | None:
    return next((one for one in incident.acts if one.act.act_id == act_id), None)


def drafted(
    incident: Incident,
    kind: ActKind,
    act_id: str,
    actor: str,
    at: float,
    revision: int | None = None,
    **fields: Any,
) -> tuple[Act, str]:
    """An act of somebody who saw an incident at a revision (None: as it is), and why it would be
    refused; "" where it wouldn't. `fields` are further ones of the act.

    Raises `UsageError` for what its author can put right: a revision that isn't there yet, what an
    act of its kind lacks, and texts that hold what looks private.
    """
    act = _as_seen(incident, drawn_up(incident, kind, act_id, actor, at, **fields), revision)
    wrong = problem(act) or private_text(act)
    if wrong:
        raise UsageError(f"Nothing was sent: {wrong}")
    return act, refusal(incident, act) or _late(incident, kind) or _early(incident, act)


class Ready(msgspec.Struct, frozen=True):
    """An act as it would be sent: the incident that it is about, as which that goes on (`note` says
    so, "" where it is itself), and why it would be refused, "" where it wouldn't."""

    act: Act
    incident: Incident
    why: str = ""
    note: str = ""


def ready(
    known: dict[str, Incident],
    incident: Incident,
    kind: ActKind,
    act_id: str,
    actor: str,
    at: float,
    revision: int | None = None,
    *,
    clocks: Callable[[], Clocks],
    **fields: Any,
) -> Ready:
    """What `drafted` says, of the incident as which the one that was meant goes on.

    `known` are incidents by id, at least those that these two lead to. Raises what `drafted`
    raises, and `OutwatchError` for a merger across deployments.
    """
    note = ""
    if kind != "reopen" or not incident.merged_into:
        incident, note = followed(known, incident)
    if kind == "merge":
        fields["into"] = _same_deployment(known, incident, fields["into"])
    act, why = drafted(incident, kind, act_id, actor, at, revision, **fields)
    if not why and kind == "statement_sent":
        members = [one for id_ in incident.merged if (one := newest(known, id_)) is not None]
        why = _aside(readings(incident, clocks(), at, members), incident, act.clock)
    return Ready(act, incident, why, note)


def _same_deployment(known: dict[str, Incident], incident: Incident, into: str) -> str:
    """The id as which the incident goes on that another is to be merged into."""
    if into not in known:
        return into
    target = followed(known, known[into])[0]
    if target.group.get("deployment") != incident.group.get("deployment"):
        raise OutwatchError(
            f"Nothing was sent: {target.id} is of another deployment, and incidents of two"
            " can't be merged"
        )
    return target.id


def _aside(found: Sequence[Reading], incident: Incident, clock: str) -> str:
    """Why nobody is told of an incident for a clock, as it is set aside; "" where it isn't."""
    if not any(one.clock == clock and one.state == "set_aside" for one in found):
        return ""
    id_ = line(incident.id)
    return (
        f"{line(clock)} is set aside. If it applies after all, say so first:"
        f" outwatch incident aware {id_} --clock {line(clock)} -m WHY. Else leave --clock out"
    )


def _as_seen(incident: Incident, act: Act, revision: int | None) -> Act:
    """The act as of somebody who saw an earlier revision."""
    if revision is None:
        return act
    if revision > incident.revision:
        raise UsageError(
            f"{incident.id} has no revision {revision} yet: the newest is {incident.revision}"
        )
    seen = [one.act.act_id for one in incident.acts if one.revision <= revision]
    return msgspec.structs.replace(act, revision=revision, seen=seen[-1] if seen else "")


def _late(incident: Incident, kind: ActKind) -> str:
    """Why an act comes too late, that would change nothing; "" where it doesn't."""
    if incident.state != "resolved" or kind not in ("acknowledge", "contain", "resolve"):
        return ""
    if (unattended(incident) or not_known_over(incident)) and kind != "contain":
        return ""
    over = over_at(incident)
    at = f" since {moment(over)}" if over is not None else ""
    return f"it is over{at}; open it again first, or add a note"


def _early(incident: Incident, act: Act) -> str:
    """Why nobody can have known so long before it began; "" where they can."""
    if act.aware_at is None or act.aware_at > began(incident) - _KNOWN_BEFORE:
        return ""
    return (
        f"it began at {moment(began(incident))}, and {moment(act.aware_at)} is more than"
        f" {duration(_KNOWN_BEFORE)} before; give the time with --at"
    )
