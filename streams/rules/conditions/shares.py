"""Conditions on the share of records above, by the lower end of its confidence interval."""

from __future__ import annotations

import math
from typing import ClassVar

from streams.records import RuleFigures
from streams.rules.kept import Figure, Kept, Panes
from streams.rules.rule import Condition, Rule, in_all
from streams.rules.values import Values, is_number
from streams.words import count, duration, percent, rounded, score

Z95 = 1.959963984540054
"""Half the width of a 95 % interval, in standard deviations."""


class Rate(Condition[Kept], frozen=True):
    """A share of records above `record_above` that surely exceeds `threshold`."""

    key: ClassVar[str] = "rate_above"

    @classmethod
    def read(cls, values: Values) -> Rate:
        """From a share."""
        return cls(values.share(cls.key, 0.0))

    def judge(
        self, rule: Rule, panes: Panes[Kept], pane: int, before: object = None
    ) -> Figure | None:
        """The lower bound of the share, of enough records."""
        judged, above = panes.counts(range(pane - rule.panes + 1, pane + 1))
        if judged < rule.at_least:
            return None
        value = wilson_lower_bound(above, judged)
        return Figure(value, judged, above) if value > self.threshold else None

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """The share, and what it surely is."""
        window, limit = duration(rule.window), percent(figures.threshold)
        return f"{_share(rule, figures)} in {window}, limit {limit}{in_all(rule, figures)}"

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        what = f"more than {self.threshold:.0%} of records above {rule.record_above:g}"
        return f"{what} on {rule.signal} in {rule.window:g} s"


class Quantile(Condition[Kept], frozen=True):
    """A `quantile` of the scores that surely lies above the rule's `record_above`.

    It does exactly if a share of more than 1 - `quantile`, which is the `threshold`, does.
    """

    key: ClassVar[str] = "quantile_above"
    own_bar: ClassVar[bool] = True

    @classmethod
    def read(cls, values: Values) -> Quantile:
        """From q, and the value that `bar` takes."""
        quantile, _ = _quantile(values, cls.key)
        return cls(round(1 - quantile, 9), quantile)

    @classmethod
    def bar(cls, values: Values) -> float:
        """The value above which the quantile lies."""
        return _quantile(values, cls.key)[1]

    def written(self, rule: Rule) -> object:
        """q and value."""
        return {"q": self.quantile, "value": rule.record_above}

    judge = Rate.judge

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """The share above the value, and what it surely is."""
        above = f"above {score(rule.record_above)} in {duration(rule.window)}"
        limit = percent(figures.threshold)
        return f"{_share(rule, figures)} {above}, limit {limit}{in_all(rule, figures)}"

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        what = f"{self.quantile:g} quantile above {rule.record_above:g}"
        return f"{what} on {rule.signal} in {rule.window:g} s"


def _quantile(values: Values, key: str) -> tuple[float, float]:
    given, remedy = values.given[key], "Write it like {q: 0.95, value: 0.8}."
    if not isinstance(given, dict) or set(given) != {"q", "value"}:
        values.fail(key, f"{key} must have exactly q and value", remedy)
    if not is_number(given["q"]) or not 0.0 < given["q"] < 1.0:
        values.fail(key, "q must be a number between 0 and 1", remedy)
    if not is_number(given["value"]) or not 0.0 <= given["value"] <= 1.0:
        values.fail(key, "value must be a number in [0, 1]", remedy)
    return float(given["q"]), float(given["value"])


def _share(rule: Rule, figures: RuleFigures) -> str:
    n = figures.records
    share, sure = rounded(figures.above / n if n else 0.0), percent(figures.value)
    return f"{share} (at least {sure}) of {count(n, rule.noun)}"


def wilson_lower_bound(successes: int, n: int) -> float:
    """Lower end of the 95 % score interval of a share (Wilson 1927); 0 for no trials.

    >>> round(wilson_lower_bound(30, 100), 4)
    0.2189
    """
    if n <= 0 or successes <= 0:
        return 0.0
    share, z2 = successes / n, Z95 * Z95
    centre = share + z2 / (2 * n)
    spread = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + z2 / n))
