"""The rules in force, and their limits, for charts and lists."""

from __future__ import annotations

from streams.config.settings import Settings
from streams.console.kept import Kept
from streams.rules.load import configured_rules, default_rules
from streams.rules.rule import Rule


class RulesInForce:
    """The configured rules; where their file is wrong, the ones before, or the default ones."""

    def __init__(self, settings: Settings) -> None:
        self._rules = Kept(lambda: configured_rules(settings), default_rules)

    def by_id(self) -> dict[str, Rule]:
        """The rules by their ids."""
        return {one.id: one for one in self._rules.get().rules}

    def limit(self, rule: str, deployment: str) -> float:
        """Above which score a record counts for a rule in a deployment; 0.5 for a rule that isn't
        in force any more."""
        found = self.by_id().get(rule)
        return 0.5 if found is None else found.within(deployment).record_above
