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
    With `besides`, the routes of all others, it is a fallback: it takes what none of them takes,
    and of the rest only what its own lists say, if it has any.
    """

    severities: Sequence[Severity] = ()
    deployments: Sequence[str] = ()
    playbooks: Sequence[str] = ()
    tenants: Sequence[str] = ()
    besides: tuple[Route, ...] | None = None

    def takes(self, incident: Incident) -> bool:
        """Whether an incident as it stands goes this way."""
        if self.besides is None:
            return self._matches(incident)
        if not any(route.takes(incident) for route in self.besides):
            return True
        lists = (self.severities, self.deployments, self.playbooks, self.tenants)
        return any(lists) and self._matches(incident)

    def _matches(self, incident: Incident) -> bool:
        return (
            (not self.severities or incident.severity in self.severities)
            and some(self.deployments, [incident.group.get("deployment", "")])
            and some(self.playbooks, [incident.playbook])
            and some(self.tenants, [incident.group.get("tenant", ""), *incident.tenants])
        )


def some(patterns: Sequence[str], values: Sequence[str]) -> bool:
    """Whether a value matches a pattern, or nothing is asked."""
    return not patterns or any(
        fnmatchcase(value, pattern) for pattern in patterns for value in values
    )
