"""The kinds of conditions that a rule may have, each with all that belongs to it.

To add one, write a subclass of `streams.rules.rule.Condition` in a file here, and name it in
`KINDS`.
"""

from __future__ import annotations

from typing import Any

from streams.rules.conditions.counts import Count, Immediate
from streams.rules.conditions.drift import Drift
from streams.rules.conditions.mean import Mean
from streams.rules.conditions.shares import Quantile, Rate
from streams.rules.conditions.shift import Shift
from streams.rules.conditions.users import Users
from streams.rules.rule import Condition

__all__ = [
    "KINDS",
    "Condition",
    "Count",
    "Drift",
    "Immediate",
    "Mean",
    "Quantile",
    "Rate",
    "Shift",
    "Users",
    "kind_named",
    "name_of",
]

KINDS: tuple[type[Condition[Any]], ...] = (
    *(Immediate, Count, Rate, Mean, Quantile, Users),
    *(Shift, Drift),
)
"""All kinds, in the order in which errors name them."""


def name_of(kind: type[Condition[Any]]) -> str:
    """The name of a kind, as `Condition.kind` has it."""
    return str(kind.__struct_config__.tag)


def kind_named(name: str) -> type[Condition[Any]]:
    """The kind of a name; `Condition` itself for one that isn't known here."""
    return next((kind for kind in KINDS if name_of(kind) == name), Condition)
