"""Whether a record is one of an incident's group."""

from __future__ import annotations

from collections.abc import Mapping

from streams.records import Incident, VerdictRow


def belongs(incident: Incident, row: VerdictRow) -> bool:
    """Whether a record of the incident's deployment is of its group, by all that it is told by."""
    fields: Mapping[str, str | None] = {
        "tenant": row.tenant,
        "user": row.user,
        "model_version": row.model_version,
    }
    return all(
        (fields[name] or "") == value for name, value in incident.group.items() if name in fields
    )
