"""A condition on the mean score, by the lower end of its confidence interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from streams.records import RuleFigures
from streams.rules.conditions.shares import Z95
from streams.rules.kept import SCALE, Figure, Kept, Panes, Texts
from streams.rules.rule import Condition, Needs, Rule
from streams.rules.values import Values
from streams.words import count, duration, score


class Sums(Kept):
    """By pane, the sum of the scores (in 1 / SCALE) and of their squares (in 1 / SCALE²)."""

    __slots__ = ("sums",)

    def __init__(self) -> None:
        self.sums: dict[int, tuple[int, int]] = {}

    def score(self, pane: int, score: float) -> None:
        """Sums a score."""
        total, squares = self.sums.get(pane, (0, 0))
        whole = round(score * SCALE)
        self.sums[pane] = total + whole, squares + whole * whole

    def evict(self, panes: Sequence[int], judged: Mapping[int, int]) -> None:
        """Drops panes."""
        for pane in panes:
            self.sums.pop(pane, None)

    def write(self, texts: Texts) -> dict[str, Any]:
        """The sums by pane."""
        return {"sums": [(pane, *self.sums[pane]) for pane in sorted(self.sums)]}

    def read(self, stored: Mapping[str, Any], texts: Texts) -> None:
        """Takes the sums."""
        self.sums = {pane: (total, squares) for pane, total, squares in stored["sums"]}


class Mean(Condition[Sums], frozen=True):
    """A mean score that surely exceeds `threshold`."""

    key: ClassVar[str] = "mean_above"
    needs: ClassVar[Needs] = "scores"

    @classmethod
    def read(cls, values: Values) -> Mean:
        """From a score."""
        return cls(values.share(cls.key, 0.0))

    def keep(self, rule: Rule) -> Sums:
        """Sums of scores."""
        return Sums()

    def judge(
        self, rule: Rule, panes: Panes[Sums], pane: int, before: object = None
    ) -> Figure | None:
        """The lower bound of the mean, of enough records."""
        window = range(pane - rule.panes + 1, pane + 1)
        judged, above = panes.counts(window)
        if judged < rule.at_least:
            return None
        kept = panes.kept.sums
        sums = [kept[one] for one in window if one in kept]
        total, squares = sum(one for one, _ in sums), sum(one for _, one in sums)
        value = mean_lower_bound(judged, total, squares)
        return Figure(value, judged, above) if value > self.threshold else None

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """What the mean surely is."""
        of, window = count(figures.records, rule.noun), duration(rule.window)
        value, limit = score(figures.value), score(figures.threshold)
        return f"mean at least {value} over {of} in {window}, limit {limit}"

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        return f"mean above {self.threshold:g} on {rule.signal} in {rule.window:g} s"


def mean_lower_bound(n: int, total: int, squares: int) -> float:
    """Lower end of the 95 % normal interval of the mean of `n` scores; 0 for fewer than 2.

    `total` is their sum in 1 / SCALE, and `squares` that of their squares in 1 / SCALE².
    """
    if n < 2:
        return 0.0
    mean = total / n
    # In whole numbers, because the difference of two large floats would lose the variance.
    variance = (squares * n - total * total) / (n * (n - 1))
    return (mean - Z95 * math.sqrt(max(0.0, variance) / n)) / SCALE
