"""Conditions on how many records are above: one at all, or more than so many in a window."""

from __future__ import annotations

from typing import ClassVar

from streams.records import RuleFigures
from streams.rules.kept import Figure, Kept, Panes
from streams.rules.rule import Condition, Rule
from streams.rules.values import Values
from streams.words import count, duration


class Count(Condition[Kept], frozen=True):
    """More than `threshold` records above in a window."""

    key: ClassVar[str] = "count_above"
    at_once: ClassVar[bool] = True

    @classmethod
    def read(cls, values: Values) -> Count:
        """From a whole number."""
        return cls(float(values.whole(cls.key, 0, 1_000_000, 0)))

    def judge(
        self, rule: Rule, panes: Panes[Kept], pane: int, before: object = None
    ) -> Figure | None:
        """The number of records above."""
        judged, above = panes.counts(range(pane - rule.panes + 1, pane + 1))
        return Figure(float(above), judged, above) if above > self.threshold else None

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """How many of how many."""
        window = duration(rule.window)
        return f"{_of(figures, rule)} in {window}, limit {int(figures.threshold)}"

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        what = f"more than {self.threshold:g} records above {rule.record_above:g}"
        return f"{what} on {rule.signal} in {rule.window:g} s"

    @classmethod
    def number(cls, value: float) -> str:
        """A number of records."""
        return f"{value:,.0f}"


class Immediate(Count, frozen=True):
    """One record above, whenever it comes."""

    key: ClassVar[str] = "immediate"

    @classmethod
    def read(cls, values: Values) -> Immediate:
        """From true."""
        if not values.flag(cls.key, True):
            values.fail(cls.key, "immediate can only be true", "Choose another condition.")
        return cls(0.0)

    def panes(self, window: float, pane: float) -> int:
        """One: a record is enough to judge."""
        return 1

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """How many of how many."""
        return _of(figures, rule)

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        return f"one record above {rule.record_above:g} on {rule.signal}"

    @classmethod
    def figures(cls, figures: RuleFigures) -> str:
        """That there is no limit."""
        return f"any record of {figures.signal}"


def _of(figures: RuleFigures, rule: Rule) -> str:
    above, judged = figures.above, figures.records
    if judged > above:
        return f"{above:,} of {count(judged, rule.noun)}"
    return count(above, rule.noun)
