"""A condition on how far the distributions of signals have moved from their baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
import numpy as np
import numpy.typing as npt

from detectors.drift import Baseline, Sketch, compare
from streams.records import RuleFigures
from streams.rules.kept import SCALE, Figure, Kept, Panes, Texts
from streams.rules.rule import Condition, Needs, Rule
from streams.rules.values import Values
from streams.words import count, duration, score

_NOTES = 3
_BINS = len(Sketch().counts)
_WIDTH = _BINS + 2
"""A sketch is a row of counts, and the sums of values and of squares as whole numbers."""

SketchCounts = npt.NDArray[np.int64]


class Learnt(msgspec.Struct):
    """A baseline, and the last pane that went into it."""

    sketches: dict[str, Sketch]
    end: int


class Sketches(Kept):
    """By pane, a sketch of each signal; and of the baseline the panes that are kept no longer.

    `signals` has the signals' places in the sketches. `learnt` sums the oldest panes, up to
    `learnt_end`, with so many records, until `needed` are learnt.
    """

    __slots__ = ("learnt", "learnt_end", "learnt_records", "needed", "signals", "sketches")

    def __init__(self, needed: int) -> None:
        self.needed = needed
        self.sketches: dict[int, SketchCounts] = {}
        self.signals: dict[str, int] = {}
        self.learnt: SketchCounts = np.zeros((0, _WIDTH), dtype=np.int64)
        self.learnt_records = 0
        self.learnt_end: int | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing of a baseline was learnt."""
        return not self.learnt_records

    def values(self, pane: int, signals: tuple[str, ...], values: npt.NDArray[np.float64]) -> None:
        """Sketches values."""
        whole = np.rint(values * SCALE).astype(np.int64)
        bins = np.minimum(_BINS - 1, (values * _BINS).astype(np.int64))
        columns = len(signals)
        cells = np.bincount((bins + _BINS * np.arange(columns)).ravel(), minlength=_BINS * columns)
        known = self.signals
        numbers = [known.setdefault(signal, len(known)) for signal in signals]
        sketches = _grown(self.sketches.get(pane), len(known))
        sketches[numbers, :_BINS] += cells.reshape(columns, _BINS)
        sketches[numbers, _BINS] += whole.sum(axis=0)
        sketches[numbers, _BINS + 1] += (whole * whole).sum(axis=0)
        self.sketches[pane] = sketches

    def baseline(self, judged: Mapping[int, int]) -> Learnt | None:
        """The baseline of the oldest records; None until there are enough."""
        records, end = self.learnt_records, self.learnt_end
        parts = [self.learnt]
        for pane in sorted(judged):
            if records >= self.needed:
                break
            records += judged[pane]
            end = pane
            if pane in self.sketches:
                parts.append(self.sketches[pane])
        if records < self.needed or end is None:
            return None
        return Learnt(self._merged(parts), end)

    def of(self, panes: Sequence[int]) -> dict[str, Sketch]:
        """The sketches of some panes together."""
        return self._merged([self.sketches[pane] for pane in panes if pane in self.sketches])

    def _merged(self, parts: list[SketchCounts]) -> dict[str, Sketch]:
        merged = np.zeros((len(self.signals), _WIDTH), dtype=np.int64)
        for part in parts:
            merged[: len(part)] += part
        sketches = {}
        for signal, number in self.signals.items():
            *counts, total, squares = merged[number].tolist()
            sketches[signal] = Sketch(sum(counts), total / SCALE, squares / SCALE**2, counts)
        return sketches

    def evict(self, panes: Sequence[int], judged: Mapping[int, int]) -> None:
        """Drops panes; a baseline not yet full learns from them."""
        for pane in panes:
            if self.learnt_records < self.needed and pane in judged:
                self.learnt_records += judged[pane]
                self.learnt_end = pane
                if pane in self.sketches:
                    grown = _grown(self.learnt, len(self.signals))
                    grown[: len(self.sketches[pane])] += self.sketches[pane]
                    self.learnt = grown
            self.sketches.pop(pane, None)

    def write(self, texts: Texts) -> dict[str, Any]:
        """The sketches, and what was learnt, with the signals in order."""
        signals = sorted(self.signals)
        order = [self.signals[signal] for signal in signals]
        sketches = [(pane, _sparse(self.sketches[pane], order)) for pane in sorted(self.sketches)]
        return {
            "signals": signals,
            "sketches": sketches,
            "learnt": _sparse(self.learnt, order),
            "learnt_records": self.learnt_records,
            "learnt_end": self.learnt_end,
        }

    def read(self, stored: Mapping[str, Any], texts: Texts) -> None:
        """Takes them."""
        self.signals = {signal: number for number, signal in enumerate(stored["signals"])}
        self.sketches = {pane: _dense(rows) for pane, rows in stored["sketches"]}
        self.learnt = _dense(stored["learnt"])
        self.learnt_records = stored["learnt_records"]
        self.learnt_end = stored["learnt_end"]


class Drift(Condition[Sketches], frozen=True):
    """A distance from the baseline that exceeds `threshold`."""

    key: ClassVar[str] = "drift_above"
    needs: ClassVar[Needs] = "values"
    own_bar: ClassVar[bool] = True
    baseline: ClassVar[bool] = True
    window: ClassVar[float] = 600.0
    # Sketches are dear to keep and to merge, so drift is judged in coarser steps.
    steps: ClassVar[int] = 10
    at_least: ClassVar[int] = 100
    ask: ClassVar[str] = "Ask what changed: prompts, model, retrieval or the mix of users."

    @classmethod
    def read(cls, values: Values) -> Drift:
        """From a distance."""
        return cls(values.share(cls.key, 0.5))

    @classmethod
    def bar(cls, values: Values) -> float:
        """No record by itself is above."""
        return 1.0

    def keep(self, rule: Rule) -> Sketches:
        """Sketches of signals."""
        return Sketches(rule.baseline_records)

    def keeps(self, rule: Rule) -> tuple[object, ...]:
        """What the baseline is learnt from."""
        return rule.baseline_records, None

    def before(self, rule: Rule, panes: Panes[Sketches], frozen: Baseline | None) -> Learnt | None:
        """The frozen baseline, or the one learnt; None until enough records were seen."""
        if frozen is not None:
            return Learnt(frozen.sketches, -(10**15))
        return panes.kept.baseline(panes.judged)

    def reaches(self, before: Learnt | None, pane: int) -> bool:
        """Whether the baseline is made of the pane."""
        return before is not None and pane <= before.end

    def judge(
        self, rule: Rule, panes: Panes[Sketches], pane: int, before: Learnt | None
    ) -> Figure | None:
        """The distance of enough records after the baseline, and which signals moved."""
        if before is None:
            return None
        first = max(pane - rule.panes + 1, before.end + 1)
        window = [one for one in range(first, pane + 1) if one in panes.judged]
        judged = sum(panes.judged[one] for one in window)
        if judged < rule.at_least:
            return None
        drift = compare(before.sketches, panes.kept.of(window))
        if not drift.score > self.threshold:
            return None
        notes = tuple(
            shift.words if shift.signal.startswith("drift.") else f"{shift.signal}: {shift.words}"
            for shift in drift.features[:_NOTES]
        )
        return Figure(round(drift.score, 6), judged, 0, notes)

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """What moved most, and the distance."""
        of, window = count(figures.records, rule.noun), duration(rule.window)
        what = f"{figures.notes[0]}; " if figures.notes else ""
        value, limit = score(figures.value), score(figures.threshold)
        return f"{what}drift {value} over {of} in {window}, limit {limit}"

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        return f"drift above {self.threshold:g} on {rule.signal} in {rule.window:g} s"


def _grown(sketches: SketchCounts | None, signals: int) -> SketchCounts:
    """A copy with room for so many signals."""
    grown = np.zeros((signals, _WIDTH), dtype=np.int64)
    if sketches is not None:
        grown[: len(sketches)] = sketches
    return grown


def _sparse(sketches: SketchCounts, order: list[int]) -> list[list[int]]:
    """Sketches in an order; each as its two sums, its first bin in use, and the bins' counts."""
    rows: list[list[int]] = []
    for number in order:
        *counts, total, squares = sketches[number].tolist() if number < len(sketches) else [0, 0]
        used = [place for place, count in enumerate(counts) if count]
        rows.append([total, squares, used[0], *counts[used[0] : used[-1] + 1]] if used else [])
    return rows


def _dense(rows: list[list[int]]) -> SketchCounts:
    dense: SketchCounts = np.zeros((len(rows), _WIDTH), dtype=np.int64)
    for number, row in enumerate(rows):
        if row:
            total, squares, first, *counts = row
            dense[number, first : first + len(counts)] = counts
            dense[number, _BINS:] = total, squares
    return dense
