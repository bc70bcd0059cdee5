"""Panes of event time for one rule and one group, and which of them break the rule."""

from __future__ import annotations

from typing import Any

import msgspec

from detectors.drift import Baseline
from streams.records import Evidence, VerdictBatch, VerdictRow
from streams.rules.kept import Figure, Kept, Names, Panes
from streams.rules.rule import Rule

TOP = 3
MOST_USERS = 512
MOST_NAMES = 32


class Details(msgspec.Struct):
    """What an incident needs of the rows above: the worst few, the first, and whom they met.

    `last` is the newest event time of them, None where that isn't known: snapshots of before have
    none.
    `rough` ones, from snapshots of before, may have rows of some panes more.
    """

    top: list[Evidence] = msgspec.field(default_factory=list)
    first: Evidence | None = None
    users: Names = msgspec.field(default_factory=lambda: Names(MOST_USERS))
    tenants: Names = msgspec.field(default_factory=lambda: Names(MOST_NAMES))
    versions: Names = msgspec.field(default_factory=lambda: Names(MOST_NAMES))
    rough: bool = False
    last: float | None = None

    def add(self, batch: VerdictBatch, row: VerdictRow, signal: str, score: float) -> None:
        """Adds a row above, by the signal that put it there."""
        self.last = row.event_time if self.last is None else max(self.last, row.event_time)
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
        self.rough = self.rough or other.rough
        self.last = max((one for one in (self.last, other.last) if one is not None), default=None)


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


class Aggregate(Panes[Any]):
    """The panes of one rule and one group.

    `kept` is what the kind of condition keeps besides the counts, and `details` what an
    incident needs of the rows above. `broken` has the panes whose window,
    ending with them, fulfils the condition; `dirty` those to judge (again).
    """

    __slots__ = ("broken", "details", "dirty", "newest", "rule")

    def __init__(self, rule: Rule) -> None:
        kept: Kept = rule.condition.keep(rule)
        super().__init__(kept)
        self.rule = rule
        self.details: dict[int, Details] = {}
        self.broken: dict[int, Figure] = {}
        self.dirty: set[int] = set()
        self.newest = -(10**15)

    def start(self, pane: int) -> float:
        """When a pane begins, in seconds since the epoch."""
        return pane * self.rule.pane

    def end(self, pane: int) -> float:
        """When a pane ends, in seconds since the epoch."""
        return (pane + 1) * self.rule.pane

    def first_of(self, broken: int) -> int:
        """The pane with which the records begin that break the rule in a broken pane's window."""
        first = self.broken[broken].first
        return broken - self.rule.panes + 1 if first is None else first

    def found(self, pane: int) -> float:
        """When a reader of records in order finds a broken pane to be broken, in event time."""
        at = self.broken[pane].at
        if at is not None:
            return at
        # Snapshots from before `at` was kept have none; those panes were found already.
        return self.end(pane) if self.rule.condition.waits else self.start(pane)

    def add_judged(self, pane: int, records: int) -> None:
        """Counts records judged."""
        self.judged[pane] = self.judged.get(pane, 0) + records
        self.newest = max(self.newest, pane)
        # Panes judged at once break by rows above alone; but once one is broken, its
        # figures tell of how many records that was.
        if not self.rule.condition.at_once or self.broken:
            self.dirty.add(pane)

    def add_above(
        self, pane: int, batch: VerdictBatch, row: VerdictRow, signal: str, score: float
    ) -> None:
        """Counts one record above."""
        self.above[pane] = self.above.get(pane, 0) + 1
        self.newest = max(self.newest, pane)
        self.dirty.add(pane)
        details = self.details.get(pane)
        if details is None:
            details = self.details[pane] = Details()
        details.add(batch, row, signal, score)
        self.kept.above(pane, row)

    def judge(self, reached: float, frontier: float, baseline: Baseline | None) -> bool:
        """Judges dirty panes, and those whose windows cover them; True if any verdict changed.

        Where the condition waits, only panes that end by `reached` are; the others stay
        dirty. Panes that end by `frontier` are final.
        """
        if not self.dirty:
            return False
        rule, condition = self.rule, self.rule.condition
        if not self.above and not self.broken and condition.needs == "above":
            self.dirty.clear()
            return False
        if condition.waits and self.end(min(self.dirty)) > reached:
            return False
        before = condition.before(rule, self, baseline)
        changed, waiting = False, set()
        for pane in self._to_judge(condition.reaches(before, min(self.dirty))):
            if self.end(pane) <= frontier:
                continue
            if condition.waits and self.end(pane) > reached:
                waiting.add(pane)
                continue
            figure = condition.judge(rule, self, pane, before)
            if figure != self.broken.get(pane):
                changed = True
                if figure is None:
                    del self.broken[pane]
                else:
                    self.broken[pane] = figure
        self.dirty = waiting
        return changed

    def _to_judge(self, everything: bool) -> list[int]:
        """Panes with rows whose windows cover a dirty pane, in order."""
        rows = self.above if self.rule.condition.at_once else self.judged
        width = self.rule.panes
        if everything:
            return sorted(rows)
        after = self.newest + 1
        if sum(min(width, after - dirty) for dirty in self.dirty) > 4 * len(rows):
            first = min(self.dirty)
            return sorted(pane for pane in rows if pane >= first)
        return sorted(
            {
                pane
                for dirty in self.dirty
                for pane in range(dirty, min(dirty + width, after))
                if pane in rows
            }
        )

    def evict(self, end: float) -> None:
        """Drops the panes that end by `end`."""
        old = sorted(one for one in self.judged.keys() | self.above.keys() if self.end(one) <= end)
        self.kept.evict(old, self.judged)
        for pane in old:
            self.judged.pop(pane, None)
            self.above.pop(pane, None)
            self.details.pop(pane, None)
        for pane in [pane for pane in self.broken if self.end(pane) <= end]:
            del self.broken[pane]
        self.dirty = {pane for pane in self.dirty if self.end(pane) > end}

    @property
    def empty(self) -> bool:
        """Whether nothing is kept."""
        return not (self.judged or self.above or self.broken) and self.kept.empty
