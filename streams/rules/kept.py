"""What panes of event time keep, and the figures that are found in a window of them.

Everything that a pane keeps merges commutatively, so it never matters in which order rows came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from streams.records import VerdictRow

SCALE = 10_000
"""Scores are summed as whole ten-thousandths: exact, so the order of adding can't matter."""


class Figure(msgspec.Struct, array_like=True, frozen=True):
    """What a rule found in a window that fulfils its condition.

    `value` is what was compared with the limit: a count, or the lower confidence bound of a
    share or a mean, or the distance from the baseline. `notes` explain it in words. `at` is
    the event time of the record that fulfilled the condition, for what is judged at once; or
    None for what is found when the pane is complete. `first` is the pane with which the records
    begin that fulfil it, where those before it in the window have no part in it.
    """

    value: float
    judged: int
    above: int
    notes: tuple[str, ...] = ()
    at: float | None = None
    first: int | None = None


class Texts:
    """Texts by number, as a snapshot holds them: each only once."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.all = list(texts)
        self._numbers = {text: number for number, text in enumerate(self.all)}

    def number(self, text: str) -> int:
        """The number of a text, which is taken in if it is new."""
        number = self._numbers.setdefault(text, len(self.all))
        if number == len(self.all):
            self.all.append(text)
        return number


class Names(msgspec.Struct):
    """A set of names that keeps only the alphabetically smallest, and says so.

    Names such as hashes have no order that matters, so this is a fair sample; and merging
    in any order leaves the same ones.
    """

    limit: int
    kept: set[str] = msgspec.field(default_factory=set)
    capped: bool = False

    def add(self, name: str) -> None:
        """Adds a name."""
        kept = self.kept
        if name not in kept:
            kept.add(name)
            if len(kept) > self.limit:
                kept.remove(max(kept))
                self.capped = True

    def merge(self, other: Names) -> None:
        """Adds all names of another set."""
        together = self.kept | other.kept
        self.capped = self.capped or other.capped or len(together) > self.limit
        self.kept = set(sorted(together)[: self.limit]) if self.capped else together

    def write(self, texts: Texts) -> StoredNames:
        """The set as a snapshot holds it."""
        return self.limit, [texts.number(name) for name in sorted(self.kept)], self.capped

    @classmethod
    def read(cls, stored: StoredNames, texts: Texts) -> Names:
        """The set that was written."""
        limit, kept, capped = stored
        return cls(limit, {texts.all[number] for number in kept}, capped)


StoredNames = tuple[int, list[int], bool]


class Kept:
    """What a kind of condition keeps in panes besides the counts of records: here, nothing.

    A kind that needs more has a class of its own and says by `Condition.needs` which of the
    methods below are called. All of it must merge commutatively.
    """

    __slots__ = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is kept that outlives the panes."""
        return True

    def above(self, pane: int, row: VerdictRow) -> None:
        """Takes a record above."""

    def score(self, pane: int, score: float) -> None:
        """Takes the score of a record, above or not; in [0, 1]."""

    def values(self, pane: int, signals: tuple[str, ...], values: npt.NDArray[np.float64]) -> None:
        """Takes values in [0, 1]: one row per record, one column per signal."""

    def evict(self, panes: Sequence[int], judged: Mapping[int, int]) -> None:
        """Drops panes, which are given in order; `judged` still has their records."""

    def write(self, texts: Texts) -> dict[str, Any]:
        """Fields of the snapshot's `_Aggregate`; a kind that came later gives `kept`, any JSON.

        Must be the same for the same state, in whatever order it came about.
        """
        return {}

    def read(self, stored: Mapping[str, Any], texts: Texts) -> None:
        """Takes what was written."""


K = TypeVar("K", bound=Kept)


class Panes(Generic[K]):
    """Records judged and above by pane number (event time // pane), and what else is kept."""

    __slots__ = ("above", "judged", "kept")

    def __init__(self, kept: K) -> None:
        self.judged: dict[int, int] = {}
        self.above: dict[int, int] = {}
        self.kept = kept

    def counts(self, panes: range) -> tuple[int, int]:
        """Records judged and above in some panes."""
        return _sum(self.judged, panes), _sum(self.above, panes)


def _sum(counts: dict[int, int], panes: range) -> int:
    if len(counts) < len(panes):
        first, last = panes.start, panes.stop
        return sum(count for pane, count in counts.items() if first <= pane < last)
    get = counts.get
    return sum(get(pane, 0) for pane in panes)
