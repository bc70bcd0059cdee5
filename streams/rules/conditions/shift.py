"""A condition on scores being higher than a deployment's own were, though none proves anything."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
import numpy as np
import numpy.typing as npt

from detectors.drift import Baseline
from streams.records import RuleFigures
from streams.rules.bets import Bets, bets_on, lower, made
from streams.rules.kept import SCALE, Figure, Kept, Panes, Texts
from streams.rules.levels import EDGES, LEVELS, level_of
from streams.rules.reference import floor_level, ordinary, rare_score
from streams.rules.rule import Condition, Needs, Rule, in_all
from streams.rules.values import Values, is_number
from streams.words import count, score

_LAST = 500
"""So many of the newest records a shift is looked for in: it is found by then or too small, and
no longer than that does it take for one that is over to be forgotten."""
_FIRST = 30
"""A deployment without a baseline is known by so many of its oldest records before it is judged:
what it says all the time is no shift there, however it scores elsewhere."""
_FEWEST_AFFECTED = 3
"""So many records above, all with different scores, are the least that a shift is made of."""
_MOST_DIGITS = 9.0
_FEWEST, _MOST = 1_000, 100_000_000
_ALWAYS = -(10**15)
_ELSEWHERE = "ordinary traffic"

Counts = npt.NDArray[np.int64]
_NOTHING: Counts = np.zeros(LEVELS, dtype=np.int64)


class Past(msgspec.Struct, frozen=True):
    """What panes after `end` are measured against, with the counts that say what was ordinary.

    `own` is the deployment's own baseline; `others` what serves up to its end: the ordinary records
    of others, and the deployment's oldest, up to `first_end`.
    """

    own: Bets | None
    own_counts: tuple[int, ...]
    end: int
    others: Bets | None
    others_counts: tuple[int, ...]
    first_end: int


class Oldest:
    """The oldest records of panes that are kept no longer, by level, until there are enough."""

    __slots__ = ("counts", "end", "needed")

    def __init__(self, needed: int) -> None:
        self.needed = needed
        self.counts: Counts = np.zeros(LEVELS, dtype=np.int64)
        self.end: int | None = None

    @property
    def full(self) -> bool:
        """Whether there are enough."""
        return int(self.counts.sum()) >= self.needed

    def learn(self, pane: int, counts: Counts) -> None:
        """Takes the records of the next pane that is dropped."""
        if not self.full:
            self.counts = self.counts + counts
            self.end = pane


class Levels(Kept):
    """By pane, how many records had which level of score above 0, and which scores the high ones
    had, each once; and of panes that are kept no longer the oldest records."""

    __slots__ = ("first", "floor", "learnt", "panes", "scores")

    def __init__(self, needed: int, floor: int) -> None:
        self.floor = floor
        self.panes: dict[int, Counts] = {}
        self.scores: dict[int, set[int]] = {}
        self.learnt = Oldest(needed)
        self.first = Oldest(_FIRST)

    @property
    def empty(self) -> bool:
        """Whether nothing of a baseline was learnt."""
        return self.learnt.end is None

    def score(self, pane: int, score: float) -> None:
        """Counts a score."""
        counts = self.panes.get(pane)
        if counts is None:
            counts = self.panes[pane] = np.zeros(LEVELS, dtype=np.int64)
        level = level_of(score)
        counts[level] += 1
        if level >= self.floor:
            self.scores.setdefault(pane, set()).add(round(score * SCALE))

    def of(self, panes: Sequence[int], judged: Mapping[int, int]) -> Counts:
        """A row of counts for each pane; what had no score above 0 has level 0."""
        if not panes:
            return np.zeros((0, LEVELS), dtype=np.int64)
        counts = np.stack([self.panes.get(pane, _NOTHING) for pane in panes])
        counts[:, 0] += np.array([judged[pane] for pane in panes]) - counts.sum(axis=1)
        return counts

    def fresh(self, panes: Sequence[int]) -> Counts:
        """By pane and level, how many high scores there are that no pane named before has."""
        counts = np.zeros((len(panes), LEVELS), dtype=np.int64)
        seen = set[int]()
        for row, pane in enumerate(panes):
            new = self.scores.get(pane, set()) - seen
            seen |= new
            for one in new:
                counts[row, level_of(one / SCALE)] += 1
        return counts

    def different(self, panes: Sequence[int], bar: float) -> int:
        """How many different scores exceed a bar that is no lower than the floor."""
        scores = set[int]().union(*(self.scores.get(pane, ()) for pane in panes))
        return sum(one > round(bar * SCALE) for one in scores)

    def oldest(self, of: Oldest, judged: Mapping[int, int]) -> tuple[tuple[int, ...], int] | None:
        """The oldest records by level, and their last pane; None until there are enough."""
        records, end, chosen = int(of.counts.sum()), of.end, list[int]()
        if records < of.needed:
            if records + sum(judged.values()) < of.needed:
                return None
            for pane in sorted(judged):
                chosen.append(pane)
                records, end = records + judged[pane], pane
                if records >= of.needed:
                    break
        if end is None:
            return None
        counts = of.counts + self.of(chosen, judged).sum(axis=0)
        return tuple(counts.tolist()), end

    def evict(self, panes: Sequence[int], judged: Mapping[int, int]) -> None:
        """Drops panes; what isn't yet full learns from them."""
        for pane in panes:
            if pane in judged and not (self.learnt.full and self.first.full):
                counts = self.of([pane], judged)[0]
                self.first.learn(pane, counts)
                self.learnt.learn(pane, counts)
            self.panes.pop(pane, None)
            self.scores.pop(pane, None)

    def write(self, texts: Texts) -> dict[str, Any]:
        """What was learnt; by pane the first level in use, and the counts from there on; by pane
        the high scores; and the first records."""
        panes = []
        for pane in sorted(self.panes):
            used = np.flatnonzero(self.panes[pane])
            first, last = int(used[0]), int(used[-1])
            panes.append([pane, first, *self.panes[pane][first : last + 1].tolist()])
        scores = [[pane, *sorted(self.scores[pane])] for pane in sorted(self.scores)]
        learnt, early = self.learnt, self.first
        return {
            "kept": [
                *(learnt.counts.tolist(), learnt.end, panes),
                *(scores, early.counts.tolist(), early.end),
            ]
        }

    def read(self, stored: Mapping[str, Any], texts: Texts) -> None:
        """Takes them. Of snapshots from before scores were kept, all high ones count as different,
        and what was learnt are the first records."""
        learnt, end, panes, *since = stored["kept"]
        self.learnt.counts, self.learnt.end = np.array(learnt, dtype=np.int64), end
        for pane, first, *kept in panes:
            counts = self.panes[pane] = np.zeros(LEVELS, dtype=np.int64)
            counts[first : first + len(kept)] = kept
        if since:
            scores, early, early_end = since
            self.scores = {pane: set(kept) for pane, *kept in scores}
            self.first.counts, self.first.end = np.array(early, dtype=np.int64), early_end
            return
        self.first.counts, self.first.end = self.learnt.counts, end
        for pane, counts in self.panes.items():
            for level in range(self.floor, LEVELS):
                if counts[level]:
                    begin = EDGES[level - 1]
                    self.scores.setdefault(pane, set()).update(
                        range(begin, begin + int(counts[level]))
                    )


class Shift(Condition[Levels], frozen=True):
    """Scores that are surely higher than before: bets on that made more than 10 ** `threshold`.

    The newest panes are judged, up to 500 records of them. On ordinary records this opens once in
    10 ** `threshold` records at most, though every pane is judged: see `streams.rules.bets`. What
    is ordinary are the deployment's oldest records, or its frozen baseline; and while it has none,
    records of others that come with outwatch, and the deployment's first. Bets are won by scores
    that are suspicious by themselves, and by each score once: the same answer again is no new
    evidence. Nothing that comes later moves it, so what grows
    slowly is found too. Records count one by one: several of one conversation look more certain
    than they are.
    """

    key: ClassVar[str] = "shift"
    needs: ClassVar[Needs] = "positive"
    baseline: ClassVar[bool] = True
    baseline_records: ClassVar[int] = 2000
    fewest_records: ClassVar[int] = 100
    window: ClassVar[float] = 3600.0
    # Finer than others, as it may be found within a few records; not so fine that they are many.
    steps: ClassVar[int] = 120
    at_least: ClassVar[int] = 10
    ask: ClassVar[str] = "Read the highest scored answers, and ask what changed before the first."

    @classmethod
    def read(cls, values: Values) -> Shift:
        """From a number of ordinary records for one false alarm."""
        given, remedy = values.given[cls.key], "Write it like {once_in: 50000}."
        if not isinstance(given, dict) or set(given) != {"once_in"}:
            values.fail(cls.key, f"{cls.key} must have exactly once_in", remedy)
        number = given["once_in"]
        if not is_number(number) or number != int(number) or not _FEWEST <= number <= _MOST:
            problem = f"once_in must be a whole number from {_FEWEST} to {_MOST}"
            values.fail(cls.key, problem, remedy)
        signal = values.given.get("signal")
        if isinstance(signal, str) and {"*", "?"} & set(signal):
            remedy = "Write a rule for each signal."
            values.fail("signal", "a shift rule is on one signal", remedy)
        return cls(math.log10(number))

    @classmethod
    def bar(cls, values: Values) -> float:
        """Where a record counts as affected: what 1 in 100 ordinary records of others exceed."""
        return values.share("record_above", rare_score(str(values.given.get("signal"))))

    def written(self, rule: Rule) -> object:
        """The number of records."""
        return {"once_in": round(10**self.threshold)}

    def keep(self, rule: Rule) -> Levels:
        """Records by level."""
        return Levels(rule.baseline_records, floor_level(rule.signal, rule.record_above))

    def keeps(self, rule: Rule) -> tuple[object, ...]:
        """What the baseline is learnt from, and the levels."""
        return rule.baseline_records, EDGES

    def before(self, rule: Rule, panes: Panes[Levels], frozen: Baseline | None) -> Past:
        """The bets against what is ordinary."""
        counts = ordinary(rule.signal)
        kept = panes.kept
        others, first_end = None, _ALWAYS
        first = kept.oldest(kept.first, panes.judged)
        if counts and first is not None:
            others = lower(bets_on(counts, own=False), bets_on(first[0], own=False))
            first_end = first[1]
        known = frozen.levels.get(rule.signal) if frozen is not None else None
        if known is not None and len(known) == LEVELS and any(known):
            own = tuple(known)
            return Past(bets_on(own), own, _ALWAYS, others, counts, first_end)
        learnt = kept.oldest(kept.learnt, panes.judged)
        if learnt is None:
            return Past(None, (), _ALWAYS, others, counts, first_end)
        return Past(bets_on(learnt[0]), learnt[0], learnt[1], others, counts, first_end)

    def reaches(self, before: Past, pane: int) -> bool:
        """Whether what is ordinary is made of the pane."""
        return pane <= max(before.end, before.first_end)

    def judge(self, rule: Rule, panes: Panes[Levels], pane: int, before: Past) -> Figure | None:
        """What the bets have made, since when, and how many of the records are above."""
        own = before.own is not None and pane > before.end
        bets, ordinary_ones = (
            (before.own, before.own_counts) if own else (before.others, before.others_counts)
        )
        end = before.end if own else before.first_end
        if bets is None or pane <= end:
            return None
        kept = panes.kept
        chosen = _newest(panes.judged, pane, max(pane - rule.panes + 1, end + 1))
        counts = kept.of(chosen, panes.judged)
        # The same score again is no new evidence: what was won by it is won once.
        paid = counts @ np.minimum(bets.pays, 0).T
        paid += kept.fresh(chosen) @ np.maximum(bets.pays, 0).T
        value, start = made(paid, counts.sum(axis=1))
        judged = int(counts[: start + 1].sum())
        value = round(value, 3)
        if judged < rule.at_least or not value > self.threshold:
            return None
        since = chosen[: start + 1]
        if kept.different(since, rule.record_above) < _FEWEST_AFFECTED:
            return None
        above = sum(panes.above.get(one, 0) for one in since)
        where = "did before" if own else f"do in {_ELSEWHERE}"
        note = (
            f"{above:,} of {count(judged, rule.noun)} score {_more_than(rule.record_above)},"
            f" where {_in_a_hundred(ordinary_ones, rule.record_above)} {where}"
        )
        return Figure(value, judged, above, (note,), first=since[-1])

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """How many are high, and how seldom luck does that."""
        what = f"{figures.notes[0]}; " if figures.notes else ""
        limit = f"limit {_odds(figures.threshold)}{in_all(rule, figures)}"
        return f"{what}luck shows that {_odds(figures.value)}, {limit}"

    def title(self, rule: Rule, figures: RuleFigures) -> str:
        """The rule's, in which nothing is said of a past that the deployment doesn't have."""
        if any(note.endswith(_ELSEWHERE) for note in figures.notes):
            return rule.title.replace("than before", f"than {_ELSEWHERE}")
        return rule.title

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        often = f"{10**self.threshold:,.0f} ordinary records"
        return (
            f"scores on {rule.signal} higher than ordinary ones, a false alarm in {often} at most"
        )

    @classmethod
    def number(cls, value: float) -> str:
        """How seldom."""
        return _odds(value)


def _more_than(limit: float) -> str:
    """What scores beyond a limit do.

    >>> _more_than(0.2), _more_than(0.001)
    ('more than 0.20', 'above 0')
    """
    shown = score(limit)
    return f"more than {shown}" if float(shown) else "above 0"


def _newest(judged: Mapping[int, int], pane: int, first: int) -> list[int]:
    """A pane and those before it, newest first, while they have no more than `_LAST` records."""
    chosen, records = [pane], judged[pane]
    for one in range(pane - 1, first - 1, -1):
        if one in judged:
            records += judged[one]
            if records > _LAST:
                break
            chosen.append(one)
    return chosen


def _in_a_hundred(counts: tuple[int, ...], bar: float) -> str:
    """How many ordinary records exceed a bar; at least 1."""
    share = sum(counts[level_of(bar + 1 / SCALE) :]) / sum(counts)
    return f"{max(1, round(100 * share))} in 100"


def _odds(digits: float) -> str:
    """A decimal logarithm as a number of records, in two digits."""
    if digits > _MOST_DIGITS:
        return "less than once in a billion"
    unit = 10 ** max(0, math.floor(digits) - 1)
    return f"once in {round(10**digits / unit) * unit:,}"
