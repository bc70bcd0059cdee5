"""Which incidents a receiver is told of."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import msgspec

from streams.records import Incident, Severity


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """What an incident must be for a receiver to hear of it; an empty list asks nothing.

    Severities are given by name; deployments, playbooks and tenants by patterns, in which
    `*` stands for anything. One match in each list is enough, but each list must have one.
    """

    severities: Sequence[Severity] = ()
    deployments: Sequence[str] = ()
    playbooks: Sequence[str] = ()
    tenants: Sequence[str] = ()

    def takes(self, incident: Incident) -> bool:
        """Whether an incident as it stands goes this way."""
        return (
            (not self.severities or incident.severity in self.severities)
            and _some(self.deployments, [incident.group.get("deployment", "")])
            and _some(self.playbooks, [incident.playbook])
            and _some(self.tenants, [incident.group.get("tenant", ""), *incident.tenants])
        )


def _some(patterns: Sequence[str], values: Sequence[str]) -> bool:
    return not patterns or any(
        fnmatchcase(value, pattern) for pattern in patterns for value in values
    )
