"""Incidents that were merged, and what they add to the ones as which they go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from streams.incidents.build import Joined
from streams.incidents.episodes import Cause, Published
from streams.incidents.lifecycle import stirs
from streams.incidents.states import RANK
from streams.records import Incident


def followed(
    standing: Mapping[str, Incident], id_: str, *, merged: bool = False
) -> Incident | None:
    """The incident as which one goes on, by its id or one that it had before.

    With `merged` also where it was merged, and None where it wasn't, or into what is gone.
    """
    seen: set[str] = set()
    incident = standing.get(id_)
    while incident is not None and incident.id not in seen:
        seen.add(incident.id)
        further = incident.replaced_by or (incident.merged_into if merged else None)
        if not further:
            break
        # Where it went on is no longer kept: what is known of it has to do.
        incident = standing.get(further, None if merged else incident)
    return None if merged and incident is not None and incident.id == id_ else incident


def holders(standing: Mapping[str, Incident], member: Incident) -> list[Incident]:
    """The incidents that have a merged one among theirs, but for those that it takes with it."""
    return [
        one
        for one in standing.values()
        if member.id in one.merged
        and one.state != "withdrawn"
        and one.id not in {member.id, *member.merged}
    ]


def joined(
    causes: Iterable[Cause], versions: Mapping[str, float], by_hand: Mapping[str, Published]
) -> dict[str, Joined]:
    """What merged incidents add to those into which they were merged, by the ids of these.

    One whose other is gone stands under its own id: it is to tell of itself. `versions` has the
    first event time of each model version, and `by_hand` the incidents that people opened.
    """
    causes = list(causes)
    standing = {id_: one.incident for id_, one in by_hand.items()}
    standing |= {id_: one.incident for cause in causes for id_, one in cause.published.items()}
    found: dict[str, Joined] = {}
    for cause in causes:
        members = [one for one in cause.published.values() if one.incident.merged_into]
        slots = {cause.plan.slot(one.first): one for one in cause.episodes()} if members else {}
        for member in members:
            episode = slots.get(member.slot) if member.slot is not None else None
            if episode is None:
                continue
            root = followed(standing, member.incident.id, merged=True)
            what = f"{member.incident.id}, merged into it, goes on:"
            if root is None or root.state == "withdrawn":
                root, what = member.incident, f"{member.incident.merged_into} is gone, and"
            why = stirs(cause, member, episode, root.acts, versions)
            until, severity = episode.end + cause.plan.hold(episode.rules), member.incident.severity
            one = Joined(until, severity, f"{what} {why}" if why else "")
            found[root.id] = _both(found.get(root.id, one), one)
    return found


def _both(one: Joined, other: Joined) -> Joined:
    return Joined(
        max(one.until, other.until),
        max(one.severity, other.severity, key=RANK.__getitem__),
        min(filter(None, (one.why, other.why)), default=""),
    )
