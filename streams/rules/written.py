"""Rules as a rules file has them, with every default filled in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from streams.rules.rule import EVERY, Rule

_SPANS = ((86_400, "d"), (3_600, "h"), (60, "m"))


def written(rule: Rule) -> dict[str, Any]:
    """The mapping of one rule, which reads as that rule."""
    condition = rule.condition
    kind = type(condition)
    fields: dict[str, Any] = {"id": rule.id, "title": rule.title, "signal": rule.signal}
    if not kind.own_bar:
        fields["record_above"] = rule.record_above
    if rule.record_above_in:
        fields["record_above_in"] = dict(rule.record_above_in)
    fields[kind.key] = condition.written(rule)
    fields |= {name: span(getattr(rule, name)) for name in ("window", "pane", "hold")}
    if not kind.at_once:
        fields["at_least"] = rule.at_least
    if kind.baseline:
        fields["baseline_records"] = rule.baseline_records
    if rule.by:
        fields["by"] = list(rule.by)
    fields["severity"] = rule.severity
    if rule.fixed_severity:
        fields["fixed_severity"] = True
    fields["playbook"] = rule.cause
    for name in ("deployments", "tenants", "models", "versions"):
        globs = getattr(rule, name)
        if globs != EVERY:
            fields[name] = list(globs)
    return fields


def written_yaml(rules: Iterable[Rule]) -> str:
    """A rules file that holds these rules."""
    listed = [written(rule) for rule in rules]
    return str(yaml.safe_dump(listed, sort_keys=False, allow_unicode=True, width=100))


def span(seconds: float) -> str:
    """A duration as a rules file has it.

    >>> span(300.0), span(5400.0), span(0.5), span(86400.0)
    ('5m', '90m', '0.5s', '1d')
    """
    for size, unit in _SPANS:
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{round(seconds, 3):g}s"
