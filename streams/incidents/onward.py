"""Under which id an incident goes on: after late records moved its beginning, or a merger."""

from __future__ import annotations

from streams.records import Incident


def followed(known: dict[str, Incident], incident: Incident) -> tuple[Incident, str]:
    """The incident as which one goes on, and words for it; "" where it is itself."""
    notes = []
    seen = {incident.id}
    while (further := incident.replaced_by or incident.merged_into) in known:
        how = "goes on as" if incident.replaced_by else "was merged into"
        notes.append(f"{incident.id} {how} {further}.")
        incident = known[further or ""]
        if incident.id in seen:
            break
        seen.add(incident.id)
    return incident, " ".join(notes)


def newest(known: dict[str, Incident], id_: str) -> Incident | None:
    """The incident by the id under which it goes on after late records moved its beginning."""
    seen: set[str] = set()
    while id_ in known and id_ not in seen:
        seen.add(id_)
        further = known[id_].replaced_by
        if further not in known:
            return known[id_]
        id_ = further
    return known.get(id_)
