"""One limit tried on the past: what it adds and drops, how often it is right, and a sweep."""

from __future__ import annotations

import msgspec

from streams.console.desk import Desk
from streams.console.past import labels, past_incidents, tried
from streams.console.sources import Sources
from streams.console.tasks import Task
from streams.offline.backtest import Opened
from streams.offline.measure import Measured, compared, measured
from streams.offline.one_limit import Change, changed, of_its_cause, value_now
from streams.offline.sweep import swept
from streams.rules.conditions import Count, Rate, Users
from streams.rules.rule import Rule, RuleSet

STEPS = 9
"""Values of a sweep."""


class Tried(msgspec.Struct, frozen=True):
    """What came of a change of one limit. `before` and `after` are the rule as it is and as it
    would be; `adds` and `drops` are incidents of all rules of its cause. `sweep` are values of the
    limit and what the rule alone does with them. `digest` stands for the rules it was tried
    against, `seconds` for how much event time, from `first` to `last`."""

    change: Change
    now: float
    before: Measured
    after: Measured
    adds: tuple[Opened, ...]
    drops: tuple[Opened, ...]
    sweep: list[tuple[float, Measured]]
    records: int
    first: float
    last: float
    digest: str
    labels: int


def try_change(
    desk: Desk,
    sources: Sources,
    task: Task,
    rules: RuleSet,
    change: Change,
    since: float | None,
) -> Tried:
    """Tries it on the verdicts since a time. Raises `OutwatchError`."""
    past = past_incidents(desk, since)
    said = labels(desk, sources, past)
    sets = [of_its_cause(rules, change.rule), of_its_cause(changed(rules, change), change.rule)]
    steps = _steps(rules, change)
    found = tried(
        desk,
        sources,
        task,
        [*sets, *(one for _, one in steps)],
        rules,
        said,
        since,
        change.deployment or None,
    )
    past = [one for one in past if one.first_seen <= found.last and one.last_seen >= found.first]
    before, after, *rest = found.trials
    rows = [
        next(
            row
            for row in measured(trial.rules, trial.opened, found.seconds, past, found.scored)
            if row.rule == change.rule
        )
        for trial in (before, after, *rest)
    ]
    difference = compared(before.opened, after.opened)
    return Tried(
        change=change,
        now=value_now(rules, change),
        before=rows[0],
        after=rows[1],
        adds=difference.adds,
        drops=difference.drops,
        sweep=[(value, row) for (value, _), row in zip(steps, rows[2:], strict=True)],
        records=found.records,
        first=found.first,
        last=found.last,
        digest=rules.digest,
        labels=len(found.scored),
    )


def _steps(rules: RuleSet, change: Change) -> list[tuple[float, RuleSet]]:
    """The rule alone at values from below the lower one to above the higher."""
    rule = next(one for one in rules.rules if one.id == change.rule)
    if change.deployment:
        rule = msgspec.structs.replace(
            rule.within(change.deployment), deployments=(change.deployment,)
        )
    now = value_now(rules, change)
    low, high = sorted((now, change.value))
    low, high = _around(rule, change, low, high)
    return swept(rules.only([rule]), rule.id, low, high, STEPS, change.which)[1]


def _around(rule: Rule, change: Change, low: float, high: float) -> tuple[float, float]:
    room = max((high - low) / 2, high / 4)
    low, high = max(0.0, low - room), high + room
    if change.which == "record_above" or isinstance(rule.condition, Rate):
        # At the very ends a limit holds for all or for nothing.
        return max(low, 0.001), min(high, 0.999)
    if isinstance(rule.condition, Count | Users):
        return max(1.0, round(low)), max(2.0, round(high))
    return low, high
