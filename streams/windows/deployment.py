"""One deployment's windows: folds verdicts into panes, judges them, keeps what can change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from detectors.drift import Baseline
from streams.builtin_signals import DETECTOR_ERROR, PREFIXES
from streams.incidents.build import Sight
from streams.incidents.episodes import Cause, Plan, Published
from streams.incidents.lifecycle import changes, close
from streams.records import Incident, VerdictBatch, VerdictRow
from streams.rules.panes import Aggregate
from streams.rules.rule import Rule

_FAR = 1e11
_MOST_ROUTES = 256
_MOST_VERSIONS = 200
_EVICT_EVERY = 30.0


Position = tuple[int, int]
"""A record's place in its source partition: the offset, and the part of the message."""

_FAR_BEHIND = 300.0
"""A source partition further behind the newest than this, in seconds, isn't waited for."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept, and for how long, in seconds.

    A row counts while it is at most window + hold + `keep_late` older than the newest of its
    own source partition. A source partition that is more than `keep_at_most` behind the
    newest of all no longer keeps panes alive. A deployment is idle when nothing came for
    `idle_after`: then the time that passes completes its panes and resolves its incidents.
    `most_groups` bounds the groups of each cause.
    """

    keep_late: float = 900.0
    keep_at_most: float = 86400.0
    idle_after: float = 10.0
    most_groups: int = 10_000


class FoldStats(msgspec.Struct, frozen=True):
    """What became of a batch's rows: folded, dropped as folded before, and of the folded ones
    those that came too late for at least one rule."""

    rows: int = 0
    duplicates: int = 0
    late: int = 0


class FoldedTo(msgspec.Struct, array_like=True):
    """How far a source partition was folded: the last offset and part of it, the newest event
    time, and the topic's id where it is known."""

    offset: int = -1
    newest: float = float("-inf")
    part: int = 0
    topic_id: str = ""

    @property
    def position(self) -> Position:
        """The last offset and part."""
        return self.offset, self.part


class Totals(msgspec.Struct, array_like=True):
    """A rule's lifetime counts: records judged, records above, and records too late to count."""

    judged: int = 0
    above: int = 0
    late: int = 0


class _Slot:
    """A rule as rows are counted for it; without `by` it has one aggregate."""

    __slots__ = ("aggregate", "bar", "deployment", "grouped", "plan", "rule", "totals")

    def __init__(self, deployment: Deployment, plan: Plan, rule: Rule) -> None:
        self.deployment = deployment
        self.plan = plan
        self.rule = rule
        self.bar = rule.record_above
        self.grouped = bool(rule.by)
        self.totals = deployment.totals.setdefault(rule.id, Totals())
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
            self.aggregate = self.deployment.cause(self.plan, ()).aggregate(self.rule)
        self.deployment.touch(self.plan, ())
        return self.aggregate

    def of(self, row: VerdictRow) -> Aggregate:
        """The aggregate of a row's group."""
        values = tuple(getattr(row, field) or "" for field in self.rule.by)
        cause = self.deployment.cause(self.plan, values)
        cause.active = max(cause.active, row.event_time)
        self.deployment.touch(self.plan, values)
        return cause.aggregate(self.rule)


class _Route:
    """Which rules hear a set of judged signals, and how."""

    def __init__(self, slots: Iterable[_Slot], signals: Sequence[str]) -> None:
        self.heard: list[_Slot] = []
        self.by_signal: dict[str, list[_Slot]] = {}
        self.globs: list[tuple[_Slot, tuple[str, ...]]] = []
        self.sketched: list[tuple[_Slot, tuple[str, ...]]] = []
        for slot in slots:
            heard = tuple(signal for signal in signals if slot.rule.hears(signal))
            if not heard:
                continue
            self.heard.append(slot)
            needs = slot.rule.condition.needs
            if needs == "values":
                self.sketched.append((slot, heard))
            elif len(heard) > 1 or needs == "scores":
                self.globs.append((slot, heard))
            else:
                self.by_signal.setdefault(heard[0], []).append(slot)
        self.keep = min((slot.plan.keep for slot in self.heard), default=float("inf"))
        self.panes = {slot.rule.pane for slot in self.heard}


class Deployment:
    """The state of one deployment. Pure: the clock's reading is an argument."""

    def __init__(
        self, name: str, rules: Sequence[Rule], baseline: Baseline | None, limits: Limits
    ) -> None:
        self.name = name
        self.limits = limits
        self.baseline = baseline
        self.rows = 0
        self.late = 0
        self.dropped_groups = 0
        self.sources: dict[str, FoldedTo] = {}
        self.versions: dict[str, float] = {}
        self.totals: dict[str, Totals] = {}
        self.closing: list[tuple[Published, str]] = []
        self.outbox: list[Incident] = []
        self.resend = False
        self.plans: dict[str, Plan] = {}
        self.dirty: dict[tuple[str, tuple[str, ...]], None] = {}
        self.active_at: float | None = None
        self.folded = False
        self._routes: dict[tuple[str, ...], _Route] = {}
        self.evicted_at = float("-inf")
        self._slots: list[_Slot] = []
        groups: dict[tuple[str, tuple[str, ...]], list[Rule]] = {}
        for rule in rules:
            groups.setdefault((rule.cause, rule.by), []).append(rule)
        for (cause, _), members in groups.items():
            plan = Plan(cause, tuple(members), limits.keep_late)
            self.plans[plan.key] = plan
            self._slots += [_Slot(self, plan, rule) for rule in members]

    @property
    def newest(self) -> float:
        """The newest event time of all source partitions."""
        return max((source.newest for source in self.sources.values()), default=float("-inf"))

    def cause(self, plan: Plan, values: tuple[str, ...]) -> Cause:
        """The cause of a group."""
        cause = plan.causes.get(values)
        if cause is None:
            cause = plan.causes[values] = Cause(plan, values)
        return cause

    def touch(self, plan: Plan, values: tuple[str, ...]) -> None:
        """Notes that a cause must be judged."""
        self.dirty[plan.key, values] = None

    def fold(self, batch: VerdictBatch) -> FoldStats:
        """Counts a batch's rows that weren't counted before. Never raises for content."""
        rows, lags, duplicates, unreadable = self._fresh(batch)
        late = set(unreadable)
        routed: dict[tuple[int, bool], list[int]] = {}
        for position, row in enumerate(rows):
            routed.setdefault((row.judged, bool(row.errors)), []).append(position)
        for (number, failed), positions in routed.items():
            signals = batch.judged[number] if 0 <= number < len(batch.judged) else []
            route = self._route(tuple(signals), failed)
            if route.heard:
                chosen = [rows[position] for position in positions]
                behind = [lags[position] for position in positions]
                late |= self._count(route, batch, chosen, behind)
        for row in rows:
            version = row.model_version
            if version is not None and row.event_time < self.versions.get(version, _FAR):
                self._first_seen(version, row.event_time)
        for plan in self.plans.values():
            if len(plan.causes) > self.limits.most_groups:
                self._drop_groups(plan)
        folded = len(rows) + len(unreadable)
        self.rows += folded
        self.late += len(late)
        self.folded = self.folded or folded > 0
        return FoldStats(folded, duplicates, len(late))

    def _fresh(
        self, batch: VerdictBatch
    ) -> tuple[list[VerdictRow], list[float], int, list[Position]]:
        """Rows not folded before, how far each is behind its source, duplicates, unreadable."""
        source = self.sources.setdefault(batch.source, FoldedTo())
        if batch.topic_id and batch.topic_id != source.topic_id:
            if source.topic_id:
                source.offset, source.part = FoldedTo().position
            source.topic_id = batch.topic_id
        rows: list[VerdictRow] = []
        lags: list[float] = []
        unreadable: list[Position] = []
        duplicates = 0
        position, newest = source.position, source.newest
        for row in sorted(batch.rows, key=_position):
            place = (row.offset, row.part)
            if place <= position:
                duplicates += 1
                continue
            position = place
            at = row.event_time
            if not -_FAR < at < _FAR:
                unreadable.append(place)
                continue
            newest = max(newest, at)
            rows.append(row)
            lags.append(newest - at)
        position = max(position, (batch.last_offset, batch.last_part))
        source.offset, source.part = position
        source.newest = newest
        return rows, lags, duplicates, unreadable

    def _route(self, signals: tuple[str, ...], failed: bool) -> _Route:
        """The rules that hear these signals, and detectors' errors where detectors ran."""
        if failed or any(not signal.startswith(PREFIXES) for signal in signals):
            signals = (*signals, DETECTOR_ERROR)
        route = self._routes.get(signals)
        if route is None:
            if len(self._routes) >= _MOST_ROUTES:
                self._routes.clear()
            route = self._routes[signals] = _Route(self._slots, signals)
        return route

    def _count(
        self, route: _Route, batch: VerdictBatch, rows: list[VerdictRow], lags: list[float]
    ) -> set[Position]:
        """Counts rows for the rules of a route; gives the places of those late for any."""
        numbers = {pane: [int(row.event_time // pane) for row in rows] for pane in route.panes}
        whole = {pane: Counter(column) for pane, column in numbers.items()}
        oldest = min(row.event_time for row in rows)
        frontier = max(slot.plan.frontier for slot in route.heard)
        kept: dict[_Slot, set[int]] = {}
        late: set[Position] = set()
        if max(lags) > route.keep or oldest < frontier:
            for slot in route.heard:
                positions = {
                    position
                    for position, row in enumerate(rows)
                    if lags[position] <= slot.plan.keep and row.event_time >= slot.plan.frontier
                }
                if len(positions) < len(rows):
                    kept[slot] = positions
                    slot.totals.late += len(rows) - len(positions)
                    late |= {
                        _position(row)
                        for position, row in enumerate(rows)
                        if position not in positions
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
        self._count_above(route, batch, rows, numbers, kept)
        for slot, heard in route.globs:
            self._count_best(slot, heard, batch, rows, numbers[slot.rule.pane], kept.get(slot))
        for slot, heard in route.sketched:
            self._sketch(slot, heard, rows, numbers[slot.rule.pane], kept.get(slot))
        return late

    def _count_above(
        self,
        route: _Route,
        batch: VerdictBatch,
        rows: list[VerdictRow],
        numbers: dict[float, list[int]],
        kept: dict[_Slot, set[int]],
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
                        self._above(slot, pane, batch, row, signal, min(score, 1.0))
            if row.errors and DETECTOR_ERROR not in row.scores:
                for slot in failing:
                    if slot.bar < 1.0 and (slot not in kept or position in kept[slot]):
                        pane = numbers[slot.rule.pane][position]
                        self._above(slot, pane, batch, row, DETECTOR_ERROR, 1.0)

    def _above(
        self,
        slot: _Slot,
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
        self,
        slot: _Slot,
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
            failed = 1.0 if row.errors else 0.0
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
                self._above(slot, column[position], batch, row, signal, score)

    def _sketch(
        self,
        slot: _Slot,
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

    def _first_seen(self, version: str, at: float) -> None:
        self.versions[version] = at
        if len(self.versions) > _MOST_VERSIONS:
            del self.versions[min(self.versions, key=lambda name: (self.versions[name], name))]

    def evaluate(self, now: float, *, final: bool = False) -> list[Incident]:
        """What changed since the last time, in an order that depends only on the panes.

        The events stay in the outbox until the next evaluation, and so in snapshots: one
        that is restored gives them again, in case the writer died before they were sent.
        With `final` all panes count as complete, and nothing more than event time resolves.
        """
        newest = self.newest
        if self.folded or self.active_at is None:
            self.active_at = now
            self.folded = False
        idle = max(0.0, now - self.active_at)
        reached = newest + idle if idle >= self.limits.idle_after and not final else newest
        sight = Sight(self.name, self.versions, newest, reached, self._agreed(newest), now)
        events = list(self.outbox) if self.resend else []
        self.resend = False
        for published, note in self.closing:
            event = close(published, note, sight)
            if event is not None:
                events.append(event)
        self.closing.clear()
        waiting: dict[tuple[str, tuple[str, ...]], None] = {}
        if final:
            for plan in self.plans.values():
                self.dirty.update(dict.fromkeys((plan.key, values) for values in plan.causes))
        for key, values in sorted(self.dirty):
            plan = self.plans[key]
            cause = plan.causes.get(values)
            if cause is None:
                continue
            until = float("inf") if final else reached
            for aggregate in cause.aggregates.values():
                aggregate.judge(until, max(plan.frontier, cause.since), self.baseline)
            if cause.published or any(one.broken for one in cause.aggregates.values()):
                events += changes(cause, sight, final=final)
            else:
                cause.edits = {}
            if cause.watched:
                waiting[key, values] = None
        self.dirty = waiting
        if newest - self.evicted_at >= _EVICT_EVERY:
            self.evicted_at = newest
            self._evict(newest)
        self.outbox = list(events)
        return events

    def _agreed(self, newest: float) -> float:
        times = (source.newest for source in self.sources.values())
        return min((at for at in times if newest - at <= _FAR_BEHIND), default=newest)

    def _evict(self, newest: float) -> None:
        for plan in self.plans.values():
            ages = [
                source.newest
                for name, source in self.sources.items()
                if name.rpartition("-")[0] in plan.topics and source.newest > float("-inf")
            ]
            if not ages:
                continue
            frontier = max(min(ages), newest - self.limits.keep_at_most) - plan.keep
            if frontier <= plan.frontier:
                continue
            plan.frontier = frontier
            for values, cause in list(plan.causes.items()):
                cause.evict(frontier - plan.window)
                cause.forget(frontier - plan.window)
                if cause.empty and (plan.key, values) not in self.dirty:
                    del plan.causes[values]
                    for slot in self._slots:
                        if slot.plan is plan:
                            slot.aggregate = None

    def _drop_groups(self, plan: Plan) -> None:
        """Drops the groups that were quiet for longest."""
        order = sorted(plan.causes.values(), key=lambda cause: (cause.active, cause.values))
        for cause in order[: len(plan.causes) - self.limits.most_groups]:
            note = "No longer watched: too many groups are active, and this one was quiet"
            self.closing += [(known, note) for known in cause.published.values()]
            del plan.causes[cause.values]
            self.dropped_groups += 1

    def published(self) -> dict[str, Published]:
        """All incidents that can still change, by id."""
        return {
            id_: known
            for plan in self.plans.values()
            for cause in plan.causes.values()
            for id_, known in cause.published.items()
        }


def _position(row: VerdictRow) -> Position:
    return row.offset, row.part
