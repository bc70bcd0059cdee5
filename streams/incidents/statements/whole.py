"""An incident and those that were merged into it, told as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from streams.incidents.acts import applied, last_state, standing
from streams.incidents.clocks.running import Reading
from streams.incidents.ends import opened_by
from streams.incidents.render import began
from streams.incidents.statements.kinds import Kind, kind_of, kinds
from streams.incidents.statements.phase import Status
from streams.incidents.states import TAKEN
from streams.place import pointer
from streams.records import Act, Evidence, Incident


class Part(msgspec.Struct, frozen=True):
    """One kind of what happened, and how sure that is. `reported` says that people alone told of
    it, and no monitoring did."""

    status: Status
    kind: Kind
    reported: bool


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """All of it.

    `incident` is the one that was merged into, with the records, people, rules and times of all
    others, and its own state and acts. `least` says that its `records_above` may be more, since
    two of them can have a record in common. `parts` are the kinds, its own first; `known` is the
    incident with the people of those kinds alone that are confirmed.
    """

    incident: Incident
    all: tuple[Incident, ...]
    least: bool
    parts: tuple[Part, ...]
    known: Incident

    @property
    def confirmed(self) -> bool:
        """Whether a person said of any kind of it that it is real."""
        return any(part.status == "confirmed" for part in self.parts)

    @property
    def happened(self) -> Status:
        """How sure all of it is: as sure as what is the least so."""
        found = [part.status for part in self.parts]
        if "suspected" in found:
            return "suspected"
        return "checking" if "checking" in found else "confirmed"


def whole(
    incident: Incident, members: Sequence[Incident] = (), clocks: Sequence[Reading] = ()
) -> Whole:
    """The incident with its members: those that stand merged. One that was opened again is an
    incident of its own."""
    every = (incident, *(one for one in members if one.merged_into))
    named = {one.id: kind_of(one) for one in every}
    sure = _confirmed(every, named, clocks)
    parts = []
    for name in dict.fromkeys(named.values()):
        of_it = [one for one in every if named[one.id] == name]
        status: Status = "suspected"
        if name in sure:
            status = "confirmed"
        elif incident.state in TAKEN or any(taken_at(one) is not None for one in of_it):
            status = "checking"
        reported = all(opened_by(one) is not None for one in of_it)
        parts.append(Part(status, kinds()[name], reported))
    counted = [one for one in every if kinds()[named[one.id]].counted]
    together, least = _together(incident, every, counted)
    known = [one for one in every if named[one.id] in sure]
    return Whole(
        incident=together,
        all=every,
        least=least,
        parts=tuple(parts),
        known=_together(known[0], known, known)[0] if known else incident,
    )


def taken_at(incident: Incident) -> float | None:
    """When a person took an incident on that they acknowledged or contained, and that was then
    merged, is still so, or was so until the stream ended it; None where nobody did."""
    ended = [one for one in applied(incident.acts) if one.act.kind == "merge"]
    results = incident.acts
    if incident.merged_into and ended:
        results = results[: results.index(ended[-1])]
    if standing(results) not in TAKEN:
        return None
    begun: Act | None = None
    for one in applied(results):
        if one.act.kind == "reopen":
            begun = None
        elif one.act.kind == "acknowledge":
            begun = one.act
    last = last_state(results)
    act = begun or (last.act if last is not None else None)
    return act.at if act is not None else None


def _confirmed(
    every: Sequence[Incident], named: dict[str, str], clocks: Sequence[Reading]
) -> set[str]:
    """The kinds of which a person said that they are real, by what an incident was made of then.

    To contain is a precaution too, and says nothing of that; nor does it to merge.
    """
    about = {one.clock: set(one.playbooks) for one in clocks}
    found: set[str] = set()
    for one in every:
        own = [(one, float("-inf"))]
        own += [(other, _merged_at(other)) for other in every if other.id in one.merged]
        for result in applied(one.acts):
            act = result.act
            last = last_state(one.acts)
            ended = act.kind == "resolve" and last is result and standing(one.acts) == "resolved"
            if act.kind != "aware" and not (ended and not one.merged_into):
                continue
            meant = [other for other, since in own if since <= act.at]
            of_clock = [other for other in meant if other.playbook in about.get(act.clock, ())]
            if act.clock:
                meant = of_clock or [one]
            found.update(named[other.id] for other in meant)
    return found


def _merged_at(incident: Incident) -> float:
    merged = [one.act.at for one in applied(incident.acts) if one.act.kind == "merge"]
    return merged[-1] if merged else float("inf")


def _together(
    incident: Incident, every: Sequence[Incident], counted: Iterable[Incident]
) -> tuple[Incident, bool]:
    """An incident with what all have, and whether there may be more records than it says."""
    counted = list(counted)
    if len(every) == 1:
        return incident, False
    users = sorted({user for one in every for user in one.user_hashes})
    first = min(every, key=began)
    places = {pointer(found) for one in counted for found in one.evidence}
    of_counted = {user for one in counted for user in one.user_hashes}
    numbers = [one.records_above for one in counted]
    records = max([*numbers, len(places), len(of_counted)]) if any(numbers) else 0
    capped = any(one.users_capped or one.users > len(one.user_hashes) for one in every)
    together = msgspec.structs.replace(
        incident,
        rules=[rule for one in every for rule in one.rules],
        evidence=_once(found for one in every for found in one.evidence),
        started_by=first.started_by,
        started_note=incident.started_note or first.started_note,
        first_seen=min(one.first_seen for one in every),
        last_seen=max(one.last_seen for one in every),
        last_record=_last_record(every),
        records_above=records,
        users=max([len(users), *(one.users for one in every)]),
        users_capped=capped,
        user_hashes=users,
        tenants=sorted({tenant for one in every for tenant in one.tenants}),
        model_versions=list(
            dict.fromkeys(version for one in every for version in one.model_versions)
        ),
    )
    return together, records < sum(numbers)


def _last_record(every: Sequence[Incident]) -> float | None:
    """When the last record of all was; None where one has records and doesn't say."""
    times = [one.last_record for one in every if one.records_above or one.last_record is not None]
    known = [at for at in times if at is not None]
    return max(known) if known and len(known) == len(times) else None


def _once(found: Iterable[Evidence]) -> list[Evidence]:
    return list({pointer(one): one for one in found}.values())
