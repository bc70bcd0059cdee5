"""Which rules hear which signals, and how rows are counted for them in panes of event time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np

from streams.builtin_signals import DETECTOR_ERROR
from streams.incidents.episodes import Plan
from streams.records import VerdictBatch, VerdictRow
from streams.rules.panes import Aggregate
from streams.rules.rule import Rule
from streams.windows.folded import Place


class Totals(msgspec.Struct, array_like=True):
    """A rule's lifetime counts: records judged, records above, and records too late to count."""

    judged: int = 0
    above: int = 0
    late: int = 0


class Slot:
    """A rule as rows are counted for it; without `by` it has one aggregate.

    `touch` notes that the cause of a group must be judged.
    """

    __slots__ = ("aggregate", "bar", "grouped", "plan", "rule", "totals", "touch")

    def __init__(
        self,
        plan: Plan,
        rule: Rule,
        totals: Totals,
        touch: Callable[[Plan, tuple[str, ...]], None],
    ) -> None:
        self.plan = plan
        self.rule = rule
        self.bar = rule.record_above
        self.grouped = bool(rule.by)
        self.totals = totals
        self.touch = touch
        self.aggregate: Aggregate | None = None

    @property
    def counts_judged(self) -> bool:
        """Whether records that aren't above matter.

        Not for what is judged at once by user: nearly every user would become a group for nothing.
        """
        return not (self.rule.condition.at_once and "user" in self.rule.by)

    def single(self) -> Aggregate:
        """The aggregate of a rule without groups."""
        if self.aggregate is None:
            self.aggregate = self.plan.cause(()).aggregate(self.rule)
        self.touch(self.plan, ())
        return self.aggregate

    def of(self, row: VerdictRow) -> Aggregate:
        """The aggregate of a row's group."""
        values = tuple(getattr(row, field) or "" for field in self.rule.by)
        cause = self.plan.cause(values)
        cause.active = max(cause.active, row.event_time)
        self.touch(self.plan, values)
        return cause.aggregate(self.rule)


class Route:
    """Which rules hear a set of judged signals, and how."""

    def __init__(self, slots: Iterable[Slot], signals: Sequence[str]) -> None:
        self.heard: list[Slot] = []
        self.by_signal: dict[str, list[Slot]] = {}
        self.globs: list[tuple[Slot, tuple[str, ...]]] = []
        self.sketched: list[tuple[Slot, tuple[str, ...]]] = []
        self.levelled: list[tuple[Slot, str]] = []
        for slot in slots:
            heard = tuple(signal for signal in signals if slot.rule.hears(signal))
            if not heard:
                continue
            self.heard.append(slot)
            needs = slot.rule.condition.needs
            if needs == "values":
                self.sketched.append((slot, heard))
            elif needs == "positive":
                self.levelled.append((slot, heard[0]))
            elif len(heard) > 1 or needs == "scores":
                self.globs.append((slot, heard))
            else:
                self.by_signal.setdefault(heard[0], []).append(slot)
        self.keep = min((slot.plan.keep for slot in self.heard), default=float("inf"))
        self.panes = {slot.rule.pane for slot in self.heard}


def count(
    route: Route,
    batch: VerdictBatch,
    rows: list[VerdictRow],
    own: list[VerdictRow],
    lags: list[float],
) -> set[Place]:
    """Counts rows for the rules of a route; gives the places of those late for any. `own` are
    the same rows with the detectors' own scores."""
    numbers = {pane: [int(row.event_time // pane) for row in rows] for pane in route.panes}
    whole = {pane: Counter(column) for pane, column in numbers.items()}
    oldest = min(row.event_time for row in rows)
    frontier = max(slot.plan.frontier for slot in route.heard)
    kept: dict[Slot, set[int]] = {
        slot: {position for position, row in enumerate(rows) if slot.rule.takes(row)}
        for slot in route.heard
        if slot.rule.limited
    }
    late: set[Place] = set()
    if max(lags) > route.keep or oldest < frontier:
        for slot in route.heard:
            meant = kept.get(slot, range(len(rows)))
            positions = {
                position
                for position in meant
                if lags[position] <= slot.plan.keep
                and rows[position].event_time >= slot.plan.frontier
            }
            if len(positions) < len(meant):
                kept[slot] = positions
                slot.totals.late += len(meant) - len(positions)
                late |= {
                    position_of(rows[position]) for position in meant if position not in positions
                }
    for slot in route.heard:
        slot.plan.topics.add(batch.topic)
        column = numbers[slot.rule.pane]
        chosen = sorted(kept[slot]) if slot in kept else range(len(rows))
        slot.totals.judged += len(chosen)
        if slot.grouped:
            if slot.counts_judged:
                for position in chosen:
                    slot.of(rows[position]).add_judged(column[position], 1)
            continue
        if slot in kept:
            counted = Counter(column[position] for position in chosen)
        else:
            counted = whole[slot.rule.pane]
        if counted:
            aggregate = slot.single()
            for pane, records in counted.items():
                aggregate.add_judged(pane, records)
    _count_above(route, batch, rows, numbers, kept)
    for slot, heard in route.globs:
        _count_best(slot, heard, batch, rows, numbers[slot.rule.pane], kept.get(slot))
    for slot, signal in route.levelled:
        _count_positive(slot, signal, batch, own, numbers[slot.rule.pane], kept.get(slot))
    for slot, heard in route.sketched:
        _sketch(slot, heard, own, numbers[slot.rule.pane], kept.get(slot))
    return late


def _count_above(
    route: Route,
    batch: VerdictBatch,
    rows: list[VerdictRow],
    numbers: dict[float, list[int]],
    kept: dict[Slot, set[int]],
) -> None:
    by_signal = route.by_signal
    heard = by_signal.keys()
    failing = by_signal.get(DETECTOR_ERROR, [])
    for position, row in enumerate(rows):
        scores = row.scores
        for signal in scores.keys() & heard:
            score = scores[signal]
            for slot in by_signal[signal]:
                if score > slot.bar and (slot not in kept or position in kept[slot]):
                    pane = numbers[slot.rule.pane][position]
                    _above(slot, pane, batch, row, signal, min(score, 1.0))
        if (row.errors or row.unfinished) and DETECTOR_ERROR not in row.scores:
            for slot in failing:
                if slot.bar < 1.0 and (slot not in kept or position in kept[slot]):
                    pane = numbers[slot.rule.pane][position]
                    _above(slot, pane, batch, row, DETECTOR_ERROR, 1.0)


def _above(
    slot: Slot,
    pane: int,
    batch: VerdictBatch,
    row: VerdictRow,
    signal: str,
    score: float,
) -> None:
    aggregate = slot.of(row) if slot.grouped else slot.single()
    aggregate.add_above(pane, batch, row, signal, score)
    slot.totals.above += 1


def _count_best(
    slot: Slot,
    heard: tuple[str, ...],
    batch: VerdictBatch,
    rows: list[VerdictRow],
    column: list[int],
    positions: set[int] | None,
) -> None:
    """Counts the highest score of several signals, and keeps it where it is needed."""
    needed = slot.rule.condition.needs == "scores"
    for position, row in enumerate(rows):
        if positions is not None and position not in positions:
            continue
        failed = 1.0 if row.errors or row.unfinished else 0.0
        scores = [
            (row.scores.get(signal, failed if signal == DETECTOR_ERROR else 0.0), signal)
            for signal in heard
        ]
        score, signal = max(scores)
        # Written so that a score that is no number counts as 0.
        score = min(score, 1.0) if score > 0.0 else 0.0
        if needed:
            aggregate = slot.of(row) if slot.grouped else slot.single()
            aggregate.kept.score(column[position], score)
        if score > slot.bar:
            _above(slot, column[position], batch, row, signal, score)


def _count_positive(
    slot: Slot,
    signal: str,
    batch: VerdictBatch,
    rows: list[VerdictRow],
    column: list[int],
    positions: set[int] | None,
) -> None:
    """Keeps a signal's scores above 0, and counts the records above."""
    for position, row in enumerate(rows):
        score = row.scores.get(signal, 0.0)
        # Also not a score that is no number.
        if not score > 0.0 or (positions is not None and position not in positions):
            continue
        score = min(score, 1.0)
        slot.single().kept.score(column[position], score)
        if score > slot.bar:
            _above(slot, column[position], batch, row, signal, score)


def _sketch(
    slot: Slot,
    heard: tuple[str, ...],
    rows: list[VerdictRow],
    column: list[int],
    positions: set[int] | None,
) -> None:
    by_pane: dict[int, list[list[float]]] = {}
    for position, row in enumerate(rows):
        if positions is None or position in positions:
            get = row.scores.get
            values = [get(signal, 0.0) for signal in heard]
            by_pane.setdefault(column[position], []).append(values)
    for pane, matrix in by_pane.items():
        scores = np.clip(np.nan_to_num(np.array(matrix, dtype=np.float64)), 0.0, 1.0)
        slot.single().kept.values(pane, heard, scores)


def position_of(row: VerdictRow) -> Place:
    """Where a row stands in its source partition."""
    return row.offset, row.part
