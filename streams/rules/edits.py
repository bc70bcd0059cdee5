"""What was changed about a rule, in words."""

from __future__ import annotations

import msgspec

from streams.rules.rule import EVERY, Rule
from streams.words import duration

_SECONDS = ("window", "pane", "hold")
GONE = "no longer in force"


class Definition(msgspec.Struct, array_like=True, frozen=True):
    """A rule as snapshots remember it, to tell later what was changed."""

    id: str
    signal: str
    condition: str
    limit: float
    quantile: float
    record_above: float
    window: float
    pane: float
    hold: float
    at_least: int
    severity: str
    title: str
    by: tuple[str, ...]
    playbook: str
    deployments: tuple[str, ...]
    baseline_records: int
    tenants: tuple[str, ...] = EVERY
    models: tuple[str, ...] = EVERY
    versions: tuple[str, ...] = EVERY
    fixed_severity: bool = False


def definition_of(rule: Rule) -> Definition:
    """A rule's definition."""
    return Definition(
        id=rule.id,
        signal=rule.signal,
        condition=rule.condition.kind,
        limit=rule.condition.threshold,
        quantile=rule.condition.quantile,
        record_above=rule.record_above,
        window=rule.window,
        pane=rule.pane,
        hold=rule.hold,
        at_least=rule.at_least,
        severity=rule.severity,
        title=rule.title,
        by=rule.by,
        playbook=rule.cause,
        deployments=rule.deployments,
        baseline_records=rule.baseline_records,
        tenants=rule.tenants,
        models=rule.models,
        versions=rule.versions,
        fixed_severity=rule.fixed_severity,
    )


def changes(old: Definition, new: Definition) -> str:
    """What became of a rule, such as "limit 3 became 50, hold 10 min became 1 h"; "" if nothing.

    >>> one = Definition("a", "x.y", "count", 3, 0, 0.5, 300, 5, 600, 1, "low", "A", (), "", (), 1)
    >>> changes(one, msgspec.structs.replace(one, limit=50, window=3600))
    'limit 3 became 50, window 5 min became 1 h'
    """
    # Rules without a playbook of their own had none, before it was their id.
    old = msgspec.structs.replace(old, playbook=old.playbook or old.id)
    new = msgspec.structs.replace(new, playbook=new.playbook or new.id)
    return ", ".join(
        f"{name.replace('_', ' ')} {_shown(name, old)} became {_shown(name, new)}"
        for name in Definition.__struct_fields__
        if getattr(old, name) != getattr(new, name)
    )


def _shown(name: str, definition: Definition) -> str:
    value = getattr(definition, name)
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if name in _SECONDS:
        return duration(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float | int) else value or "none"
