"""One limit of one rule, tried at several values in one pass."""

from __future__ import annotations

from typing import Literal

import msgspec

from streams.errors import UsageError
from streams.rules.conditions import Count, Immediate, Quantile, Rate, Users
from streams.rules.rule import Rule, RuleSet
from streams.suggest import suggestion

Which = Literal["condition", "record_above"]

MOST_STEPS = 100


def swept(
    rules: RuleSet, id_: str, low: float, high: float, steps: int, which: Which | None = None
) -> tuple[Which, list[tuple[float, RuleSet]]]:
    """The rule alone, at each of `steps` values of a limit from `low` to `high`, both included.

    The limit is that of its condition, or `record_above` where that is all the rule has. Raises
    `UsageError`.
    """
    rule = next((one for one in rules.rules if one.id == id_), None)
    if rule is None:
        known = [one.id for one in rules.rules]
        raise UsageError(f"--sweep: there is no such rule. {suggestion(id_, known)}")
    if not low < high:
        raise UsageError("--from and --to: the first must be less than the second")
    bare = isinstance(rule.condition, Immediate | Quantile)
    chosen: Which = which or ("record_above" if bare else "condition")
    if chosen == "condition" and bare:
        raise UsageError("--limit: this rule has no limit but record_above")
    shares = chosen == "record_above" or isinstance(rule.condition, Rate)
    if low < 0 or (shares and high > 1):
        raise UsageError("--from and --to: this limit lies between 0 and 1")
    width = (high - low) / (steps - 1) if steps > 1 else 0.0
    values = [round(low + width * number, 6) for number in range(steps)]
    if chosen == "condition" and isinstance(rule.condition, Count | Users):
        values = [float(round(value)) for value in values]
    return chosen, [
        (value, rules.only([_with(rule, chosen, value)])) for value in dict.fromkeys(values)
    ]


def _with(rule: Rule, which: Which, value: float) -> Rule:
    if which == "record_above":
        return msgspec.structs.replace(rule, record_above=value)
    condition = msgspec.structs.replace(rule.condition, threshold=value)
    return msgspec.structs.replace(rule, condition=condition)
