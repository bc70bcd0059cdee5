"""Conditions on how many records are above: one at all, or more than so many in a window."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from streams.records import RuleFigures, VerdictRow
from streams.rules.kept import Figure, Kept, Panes, Texts
from streams.rules.rule import Condition, Rule, in_all
from streams.rules.values import Values
from streams.words import count, duration

MOST_TIMES = 512
"""So many event times are kept of a pane: whoever needs more waits for it to be complete."""


class Times(Kept):
    """By pane, the event times of the first records above, in order: as many as it takes."""

    __slots__ = ("most", "times")

    def __init__(self, most: int) -> None:
        self.most = most
        self.times: dict[int, list[float]] = {}

    def above(self, pane: int, row: VerdictRow) -> None:
        """Takes a record's time."""
        if not self.most:
            return
        times = self.times.setdefault(pane, [])
        if len(times) < self.most or times[-1] > row.event_time:
            insort(times, row.event_time)
            del times[self.most :]

    def reached(self, number: int, before: int, pane: int, records: int, start: float) -> float:
        """When so many records were above and one of them in a pane.

        `before` it there were some already, and in it are `records`, from `start`.
        """
        times = self.times.get(pane, [])
        # Of records from snapshots in which there are no times, only the pane is known.
        unknown = min(records, self.most) - len(times)
        place = max(0, number - 1 - before)
        return times[place - unknown] if place >= unknown else start

    def evict(self, panes: Sequence[int], judged: Mapping[int, int]) -> None:
        """Drops panes."""
        for pane in panes:
            self.times.pop(pane, None)

    def write(self, texts: Texts) -> dict[str, Any]:
        """The times by pane."""
        return {"kept": sorted(self.times.items())}

    def read(self, stored: Mapping[str, Any], texts: Texts) -> None:
        """Takes the times."""
        self.times = {pane: list(times) for pane, times in stored["kept"] or ()}


class Count(Condition[Times], frozen=True):
    """More than `threshold` records above in a window."""

    key: ClassVar[str] = "count_above"
    at_once: ClassVar[bool] = True

    @classmethod
    def read(cls, values: Values) -> Count:
        """From a whole number."""
        return cls(float(values.whole(cls.key, 0, 1_000_000, 0)))

    @property
    def waits(self) -> bool:
        """Whether it needs more records than times are kept of."""
        return self.threshold >= MOST_TIMES

    def keep(self, rule: Rule) -> Times:
        """The times of the first records above."""
        return Times(0 if self.waits else int(self.threshold) + 1)

    def judge(
        self, rule: Rule, panes: Panes[Times], pane: int, before: object = None
    ) -> Figure | None:
        """The number of records above."""
        judged, above = panes.counts(range(pane - rule.panes + 1, pane + 1))
        if not above > self.threshold:
            return None
        at = None
        if not self.waits:
            needed, last = int(self.threshold) + 1, panes.above[pane]
            at = panes.kept.reached(needed, above - last, pane, last, pane * rule.pane)
        return Figure(float(above), judged, above, at=at)

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """How many of how many."""
        window = duration(rule.window)
        limit = f"in {window}, limit {int(figures.threshold)}"
        return f"{_of(figures, rule)} {limit}{in_all(rule, figures)}"

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        what = f"more than {count(int(self.threshold), 'record')} above {rule.record_above:g}"
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

    def written(self, rule: Rule) -> object:
        """True."""
        return True

    def panes(self, window: float, pane: float) -> int:
        """One: a record is enough to judge."""
        return 1

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """How many since the incident began: its window is a moment, which says little."""
        return count(_total(figures), rule.noun)

    def times(self, figures: RuleFigures) -> None:
        """Those of the whole incident."""
        return None

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        return f"one record above {rule.record_above:g} on {rule.signal}"

    @classmethod
    def figures(cls, figures: RuleFigures) -> str:
        """That there is no limit."""
        return f"any record of {figures.signal}"

    @classmethod
    def counted(cls, figures: RuleFigures) -> str:
        """How many since the incident began."""
        return count(_total(figures), "record")


def _total(figures: RuleFigures) -> int:
    # Incidents from before totals were kept have none.
    return max(figures.total, figures.above)


def _of(figures: RuleFigures, rule: Rule) -> str:
    above, judged = figures.above, figures.records
    if judged > above:
        return f"{above:,} of {count(judged, rule.noun)}"
    return count(above, rule.noun)
