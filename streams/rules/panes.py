"""Panes of event time for one rule and one group, and which of them break the rule.

Everything a pane holds merges commutatively, so it never matters in which order rows came.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from detectors.drift import Baseline, Sketch, compare
from streams.records import Evidence, VerdictBatch, VerdictRow
from streams.rules.conditions import SCALE, Figure, Window, judge
from streams.rules.rule import Rule

TOP = 3
MOST_USERS = 64
MOST_NAMES = 32
_BUCKETS_PER_WINDOW = 5
_BINS = 20

SketchCounts = npt.NDArray[np.int64]


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


class Details(msgspec.Struct):
    """What an incident needs of the rows above: the worst few, the first, and whom they met."""

    top: list[Evidence] = msgspec.field(default_factory=list)
    first: Evidence | None = None
    users: Names = msgspec.field(default_factory=lambda: Names(MOST_USERS))
    tenants: Names = msgspec.field(default_factory=lambda: Names(MOST_NAMES))
    versions: Names = msgspec.field(default_factory=lambda: Names(MOST_NAMES))

    def add(self, batch: VerdictBatch, row: VerdictRow, signal: str, score: float) -> None:
        """Adds a row above, by the signal that put it there."""
        if row.user is not None:
            self.users.add(row.user)
        if row.tenant is not None:
            self.tenants.add(row.tenant)
        if row.model_version is not None:
            self.versions.add(row.model_version)
        first = self.first
        if (
            len(self.top) < TOP
            or first is None
            or score >= self.top[-1].score
            or row.event_time <= first.event_time
        ):
            self._add_evidence(_evidence(batch, row, signal, score))

    def _add_evidence(self, evidence: Evidence) -> None:
        if self.first is None or _earliness(evidence) < _earliness(self.first):
            self.first = evidence
        self.top = sorted({_place(one): one for one in (*self.top, evidence)}.values(), key=_rank)
        del self.top[TOP:]

    def merge(self, other: Details, top: int = TOP) -> None:
        """Adds all rows of other details, keeping the `top` worst."""
        merged = {_place(one): one for one in sorted((*self.top, *other.top), key=_rank)[::-1]}
        self.top = sorted(merged.values(), key=_rank)[:top]
        if other.first is not None and (
            self.first is None or _earliness(other.first) < _earliness(self.first)
        ):
            self.first = other.first
        self.users.merge(other.users)
        self.tenants.merge(other.tenants)
        self.versions.merge(other.versions)


def _place(evidence: Evidence) -> tuple[str, int, int, int]:
    return evidence.topic, evidence.partition, evidence.offset, evidence.part


def _rank(evidence: Evidence) -> tuple[object, ...]:
    return -evidence.score, evidence.record_id, *_place(evidence), evidence.signal


def _earliness(evidence: Evidence) -> tuple[object, ...]:
    return evidence.event_time, evidence.record_id, *_place(evidence), evidence.signal


def _evidence(batch: VerdictBatch, row: VerdictRow, signal: str, score: float) -> Evidence:
    findings = [finding for finding in row.findings if finding.signal == signal]
    worst = max(findings, key=lambda one: (one.score, one.kind, one.reason), default=None)
    return Evidence(
        topic=batch.topic,
        partition=batch.partition,
        offset=row.offset,
        part=row.part,
        record_id=row.record_id,
        event_time=row.event_time,
        signal=signal,
        score=score,
        kind=worst.kind if worst else "",
        reason=worst.reason if worst else "",
        excerpt=row.excerpt,
        user=row.user,
        tenant=row.tenant,
        model_version=row.model_version,
    )


class Aggregate:
    """The panes of one rule and one group.

    `judged` and `above` count records by pane number (event time // pane); `sums` holds sums
    and sums of squares of scores for mean rules, `users` the users for user rules and
    `sketches` the distributions of `signals` for drift rules. `details` are kept for coarser
    stretches than panes (`bucket` panes each). `broken` has the panes whose window, ending
    with them, fulfils the condition; `dirty` those to judge (again). Drift rules also
    learn a baseline: `learnt` sums the oldest panes that are no longer kept.
    """

    __slots__ = (
        "above",
        "broken",
        "bucket",
        "details",
        "dirty",
        "judged",
        "learnt",
        "learnt_end",
        "learnt_records",
        "newest",
        "rule",
        "signals",
        "sketches",
        "sums",
        "users",
    )

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.bucket = max(1, int(rule.window / rule.pane) // _BUCKETS_PER_WINDOW)
        self.judged: dict[int, int] = {}
        self.above: dict[int, int] = {}
        self.sums: dict[int, tuple[int, int]] = {}
        self.users: dict[int, Names] = {}
        self.sketches: dict[int, SketchCounts] = {}
        self.signals: dict[str, int] = {}
        self.details: dict[int, Details] = {}
        self.broken: dict[int, Figure] = {}
        self.dirty: set[int] = set()
        self.newest = -(10**15)
        self.learnt: SketchCounts = np.zeros((0, _BINS + 2), dtype=np.int64)
        self.learnt_records = 0
        self.learnt_end: int | None = None

    def start(self, pane: int) -> float:
        """When a pane begins, in seconds since the epoch."""
        return pane * self.rule.pane

    def end(self, pane: int) -> float:
        """When a pane ends, in seconds since the epoch."""
        return (pane + 1) * self.rule.pane

    def add_judged(self, pane: int, records: int) -> None:
        """Counts records judged."""
        self.judged[pane] = self.judged.get(pane, 0) + records
        self.newest = max(self.newest, pane)
        # Panes of monotone rules break by rows above alone; but once one is broken, its
        # figures tell of how many records that was.
        if not self.rule.condition.monotone or self.broken:
            self.dirty.add(pane)

    def add_above(
        self, pane: int, batch: VerdictBatch, row: VerdictRow, signal: str, score: float
    ) -> None:
        """Counts one record above."""
        self.above[pane] = self.above.get(pane, 0) + 1
        self.newest = max(self.newest, pane)
        self.dirty.add(pane)
        bucket = pane // self.bucket
        details = self.details.get(bucket)
        if details is None:
            details = self.details[bucket] = Details()
        details.add(batch, row, signal, score)
        if self.rule.condition.kind == "users" and row.user is not None:
            users = self.users.get(pane)
            if users is None:
                users = self.users[pane] = Names(int(self.rule.condition.threshold) + 1)
            users.add(row.user)

    def add_score(self, pane: int, score: float) -> None:
        """Sums a score."""
        total, squares = self.sums.get(pane, (0, 0))
        whole = round(score * SCALE)
        self.sums[pane] = total + whole, squares + whole * whole

    def add_values(self, pane: int, signals: tuple[str, ...], values: npt.NDArray[Any]) -> None:
        """Sketches values: one row per record, one column per signal."""
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

    def judge(self, reached: float, frontier: float, baseline: Baseline | None) -> bool:
        """Judges dirty panes, and those whose windows cover them; True if any verdict changed.

        Unless the condition is monotone, only panes that end by `reached` are judged; the
        others stay dirty. Panes that end by `frontier` are final.
        """
        if not self.dirty:
            return False
        rule = self.rule
        monotone, kind = rule.condition.monotone, rule.condition.kind
        if not self.above and not self.broken and kind not in ("mean", "drift"):
            self.dirty.clear()
            return False
        before = self._baseline(baseline) if kind == "drift" else None
        changed, waiting = False, set()
        for pane in self._to_judge(before.end if before else None):
            if self.end(pane) <= frontier:
                continue
            if not monotone and self.end(pane) > reached:
                waiting.add(pane)
                continue
            if kind == "drift":
                figure = self._judge_drift(pane, before)
            else:
                figure = judge(rule, self.window(pane))
            if figure != self.broken.get(pane):
                changed = True
                if figure is None:
                    del self.broken[pane]
                else:
                    self.broken[pane] = figure
        self.dirty = waiting
        return changed

    def _to_judge(self, baseline_end: int | None) -> list[int]:
        """Panes with rows whose windows cover a dirty pane, in order."""
        rows = self.above if self.rule.condition.monotone else self.judged
        width = self.rule.panes
        everything = baseline_end is not None and min(self.dirty) <= baseline_end
        if everything or len(self.dirty) * width > 4 * len(rows):
            return sorted(rows)
        return sorted(
            {
                pane
                for dirty in self.dirty
                for pane in range(dirty, min(dirty + width, self.newest + 1))
                if pane in rows
            }
        )

    def window(self, pane: int) -> Window:
        """What the window that ends with a pane holds."""
        panes = range(pane - self.rule.panes + 1, pane + 1)
        window = Window(
            judged=_sum(self.judged, panes),
            above=_sum(self.above, panes),
        )
        match self.rule.condition.kind:
            case "mean":
                sums = [self.sums[one] for one in panes if one in self.sums]
                window.total = sum(total for total, _ in sums)
                window.squares = sum(squares for _, squares in sums)
            case "users":
                sets = [self.users[one].kept for one in panes if one in self.users]
                window.users = len(set().union(*sets))
        return window

    def _judge_drift(self, pane: int, before: Learnt | None) -> Figure | None:
        if before is None:
            return None
        rule = self.rule
        first = max(pane - rule.panes + 1, before.end + 1)
        panes = [one for one in range(first, pane + 1) if one in self.judged]
        judged = sum(self.judged[one] for one in panes)
        if judged < rule.at_least:
            return None
        sketches = self._sketches([self.sketches[one] for one in panes if one in self.sketches])
        drift = compare(before.sketches, sketches)
        if not drift.score > rule.condition.threshold:
            return None
        notes = tuple(
            shift.words if shift.signal.startswith("drift.") else f"{shift.signal}: {shift.words}"
            for shift in drift.features[:TOP]
        )
        return Figure(round(drift.score, 6), judged, 0, notes)

    def _baseline(self, frozen: Baseline | None) -> Learnt | None:
        """What drift is measured against; None until enough records were seen."""
        if frozen is not None:
            return Learnt(frozen.sketches, -(10**15))
        needed = self.rule.baseline_records
        records, end = self.learnt_records, self.learnt_end
        parts = [self.learnt]
        for pane in sorted(self.judged):
            if records >= needed:
                break
            records += self.judged[pane]
            end = pane
            if pane in self.sketches:
                parts.append(self.sketches[pane])
        if records < needed or end is None:
            return None
        return Learnt(self._sketches(parts), end)

    def _sketches(self, parts: list[SketchCounts]) -> dict[str, Sketch]:
        merged = np.zeros((len(self.signals), _BINS + 2), dtype=np.int64)
        for part in parts:
            merged[: len(part)] += part
        sketches = {}
        for signal, number in self.signals.items():
            *counts, total, squares = merged[number].tolist()
            sketches[signal] = Sketch(sum(counts), total / SCALE, squares / SCALE**2, counts)
        return sketches

    def evict(self, end: float) -> None:
        """Drops the panes that end by `end`; a baseline not yet full learns from them."""
        panes = sorted(pane for pane in self.judged if self.end(pane) <= end)
        if self.rule.condition.kind == "drift":
            for pane in panes:
                if self.learnt_records >= self.rule.baseline_records:
                    break
                self.learnt_records += self.judged[pane]
                self.learnt_end = pane
                if pane in self.sketches:
                    grown = _grown(self.learnt, len(self.signals))
                    grown[: len(self.sketches[pane])] += self.sketches[pane]
                    self.learnt = grown
        for pane in panes:
            del self.judged[pane]
            self.sums.pop(pane, None)
            self.sketches.pop(pane, None)
        for pane in [pane for pane in self.above if self.end(pane) <= end]:
            del self.above[pane]
            self.users.pop(pane, None)
        for bucket in [one for one in self.details if self.bucket_end(one) <= end]:
            del self.details[bucket]
        for pane in [pane for pane in self.broken if self.end(pane) <= end]:
            del self.broken[pane]
        self.dirty = {pane for pane in self.dirty if self.end(pane) > end}

    def bucket_end(self, bucket: int) -> float:
        """When a bucket of details ends."""
        return (bucket + 1) * self.bucket * self.rule.pane

    @property
    def empty(self) -> bool:
        """Whether nothing is kept."""
        return not (self.judged or self.above or self.broken or self.learnt_records)


class Learnt(msgspec.Struct):
    """A baseline, and the last pane that went into it."""

    sketches: dict[str, Sketch]
    end: int


def _sum(counts: dict[int, int], panes: range) -> int:
    if len(counts) < len(panes):
        first, last = panes.start, panes.stop
        return sum(count for pane, count in counts.items() if first <= pane < last)
    get = counts.get
    return sum(get(pane, 0) for pane in panes)


def _grown(sketches: SketchCounts | None, signals: int) -> SketchCounts:
    """A copy with room for so many signals."""
    grown = np.zeros((signals, _BINS + 2), dtype=np.int64)
    if sketches is not None:
        grown[: len(sketches)] = sketches
    return grown
