"""One deployment's windows: folds verdicts into panes, judges them, keeps what can change."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

import msgspec

from detectors.drift import Baseline
from streams.builtin_signals import DETECTOR_ERROR, PREFIXES
from streams.incidents.build import Joined, Sight
from streams.incidents.by_hand import go_on
from streams.incidents.episodes import Cause, Plan, Published
from streams.incidents.lifecycle import changes, close
from streams.incidents.merged import joined
from streams.incidents.playbooks.playbook import Playbooks
from streams.incidents.states import OPEN
from streams.records import Incident, VerdictBatch, VerdictRow
from streams.rules.lens import Lenses, Seen
from streams.rules.rule import Rule
from streams.windows.counting import Route, Slot, Totals, count, position_of
from streams.windows.folded import Folded, Place
from streams.windows.sources import IMPOSSIBLE_S, FoldedTo

_FAR = 1e11
_MOST_ROUTES = 256
_MOST_VERSIONS = 200
_EVICT_EVERY = 30.0

_FAR_BEHIND = 300.0
"""A source partition further behind the newest than this, in seconds, isn't waited for."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept, and for how long, in seconds.

    A row counts while it is at most window + hold + `keep_late` older than the newest of its
    own source partition. A source partition that is more than `keep_at_most` behind the
    newest of all no longer keeps panes alive. A deployment is idle when nothing came for
    `idle_after`: then the time that passes completes its panes and resolves its incidents.
    `most_groups` bounds the groups of each cause, `most_groups_in_all` those of all causes of all
    deployments together, and `most_deployments` how many deployments have windows of their own. A
    false alarm keeps its group quiet for `mute_for`, of event time, unless the figures double.
    """

    keep_late: float = 900.0
    keep_at_most: float = 86400.0
    idle_after: float = 10.0
    most_groups: int = 10_000
    most_groups_in_all: int = 20_000
    most_deployments: int = 250
    mute_for: float = 7 * 86400.0


class FoldStats(msgspec.Struct, frozen=True):
    """What became of a batch's rows: folded, dropped as folded before, and of the folded ones
    those that came too late for at least one rule, and those whose times were ahead of Kafka's;
    and by exclusion how many scores it left out."""

    rows: int = 0
    duplicates: int = 0
    late: int = 0
    ahead: int = 0
    excluded: Mapping[str, int] = {}


class Deployment:
    """The state of one deployment. Pure: the clock's reading is an argument.

    With `shared`, that of several which are watched together, for which there are no score maps.
    `playbooks` are those in force; None for those that come with outwatch. By `lenses` its rules
    see rows.
    """

    playbooks: Playbooks | None = None
    lenses: Lenses = Lenses()

    def __init__(
        self,
        name: str,
        rules: Sequence[Rule],
        baseline: Baseline | None,
        limits: Limits,
        *,
        shared: bool = False,
    ) -> None:
        self.shared: dict[str, Folded] | None = {} if shared else None
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
        self.acted: list[Incident] = []
        self.by_hand: dict[str, Published] = {}
        self.merged = False
        self.resend = False
        self.plans: dict[str, Plan] = {}
        self.dirty: dict[tuple[str, tuple[str, ...]], None] = {}
        self.active_at: float | None = None
        self.folded = False
        self._routes: dict[tuple[str, ...], Route] = {}
        self.evicted_at = float("-inf")
        self._slots: list[Slot] = []
        groups: dict[tuple[str, tuple[str, ...]], list[Rule]] = {}
        for rule in rules:
            groups.setdefault((rule.cause, rule.by), []).append(rule)
        for (cause, _), members in groups.items():
            plan = Plan(cause, tuple(members), limits.keep_late)
            self.plans[plan.key] = plan
            self._slots += [
                Slot(plan, rule, self.totals.setdefault(rule.id, Totals()), self.touch)
                for rule in members
            ]
        self._grouped = [plan for plan in self.plans.values() if plan.by]

    @property
    def newest(self) -> float:
        """The clock: that of the source partition furthest ahead; -inf where none has started."""
        return max((source.newest for source in self.sources.values()), default=float("-inf"))

    @property
    def dated(self) -> float:
        """The clock, or where none has started, the newest time that rows gave: a date to show."""
        if (newest := self.newest) > float("-inf"):
            return newest
        return max((source.ahead for source in self.sources.values()), default=newest)

    def touch(self, plan: Plan, values: tuple[str, ...]) -> None:
        """Notes that a cause must be judged."""
        self.dirty[plan.key, values] = None

    def fold(self, batch: VerdictBatch, elsewhere: Folded | None = None) -> FoldStats:
        """Counts a batch's rows that weren't counted before, nor `elsewhere`.

        Never raises for content.
        """
        if batch.scored_at:
            self._turn_back(batch)
        rows, lags, duplicates, unreadable = self._fresh(batch, elsewhere)
        late = set(unreadable)
        seen = self._seen(batch.deployment, rows)
        routed: dict[tuple[int, bool], list[int]] = {}
        for position, row in enumerate(rows):
            routed.setdefault((row.judged, bool(row.errors or row.unfinished)), []).append(position)
        for (number, failed), positions in routed.items():
            signals = batch.judged[number] if 0 <= number < len(batch.judged) else []
            route = self._route(tuple(signals), failed)
            if route.heard:
                chosen = [seen.rows[position] for position in positions]
                own = chosen
                if seen.own is not seen.rows:
                    own = [seen.own[position] for position in positions]
                behind = [lags[position] for position in positions]
                late |= count(route, batch, chosen, own, behind)
        for row in rows:
            version = row.model_version
            if version is not None and row.event_time < self.versions.get(version, _FAR):
                self._first_seen(version, row.event_time)
        for plan in self.plans.values():
            if len(plan.causes) > self.limits.most_groups:
                self._drop_groups(plan, self.limits.most_groups)
        folded = len(rows) + len(unreadable)
        self.rows += folded
        self.late += len(late)
        self.folded = self.folded or folded > 0
        ahead = sum(row.ahead > 0 for row in rows)
        return FoldStats(folded, duplicates, len(late), ahead, seen.excluded)

    def _seen(self, deployment: str, rows: list[VerdictRow]) -> Seen:
        lens = self.lenses.of(deployment, mapped=self.shared is None)
        return lens.look(rows) if lens is not None else Seen(rows, rows, {})

    def _turn_back(self, batch: VerdictBatch) -> None:
        """Mends a clock that was moved ahead before event times were bounded.

        Such a clock is ahead of the time at which rows are scored now, and of the rows too.
        """
        limit = batch.scored_at + IMPOSSIBLE_S
        bad = [source for source in self.sources.values() if limit < source.newest < _FAR]
        times = [row.event_time for row in batch.rows if row.event_time < _FAR]
        if not bad or not times or max(times) > limit:
            return
        for source in bad:
            source.newest = max(batch.scored_at, *times)
            source.ahead, source.witnesses = float("-inf"), 0
        newest = self.newest
        self.evicted_at = min(self.evicted_at, newest)
        for plan in self.plans.values():
            plan.frontier = min(plan.frontier, newest - plan.keep)
            for cause in plan.causes.values():
                cause.since = min(cause.since, newest)
                for known in cause.published.values():
                    known.read = min(known.read, newest)

    def _fresh(
        self, batch: VerdictBatch, elsewhere: Folded | None
    ) -> tuple[list[VerdictRow], list[float], int, list[Place]]:
        """Rows not folded before, how far each is behind its source, duplicates, unreadable."""
        source = self.sources.setdefault(batch.source, FoldedTo())
        if batch.topic_id and batch.topic_id != source.topic_id:
            if source.topic_id:
                source.offset, source.part = FoldedTo().position
                if self.shared is not None:
                    self.shared.pop(batch.source, None)
            source.topic_id = batch.topic_id
        rows: list[VerdictRow] = []
        lags: list[float] = []
        unreadable: list[Place] = []
        duplicates = 0
        position = source.position
        folded = None
        if self.shared is not None:
            folded = self.shared.setdefault(batch.source, Folded(position))
        for row in sorted(batch.rows, key=position_of):
            place = (row.offset, row.part)
            if (
                (place <= position if folded is None else not folded.add(place))
                or (elsewhere is not None and elsewhere.holds(place))
            ):  # fmt: skip
                duplicates += 1
                continue
            position = max(position, place)
            at = row.event_time
            if not -_FAR < at < _FAR:
                unreadable.append(place)
                continue
            source.advance(at, loose=batch.loose)
            rows.append(row)
            lags.append(source.newest - at)
        if folded is None:
            position = max(position, (batch.last_offset, batch.last_part))
        source.offset, source.part = position
        return rows, lags, duplicates, unreadable

    def _route(self, signals: tuple[str, ...], failed: bool) -> Route:
        """The rules that hear these signals, and detectors' errors where detectors ran."""
        if failed or any(not signal.startswith(PREFIXES) for signal in signals):
            signals = (*signals, DETECTOR_ERROR)
        route = self._routes.get(signals)
        if route is None:
            if len(self._routes) >= _MOST_ROUTES:
                self._routes.clear()
            route = self._routes[signals] = Route(self._slots, signals)
        return route

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
        reached = newest
        if final or idle >= self.limits.idle_after:
            # Nothing came that contradicts what is ahead.
            reached = max((newest, *(source.ahead for source in self.sources.values())))
            reached += 0.0 if final else idle
        judged = self._judge(float("inf") if final else reached, every=final)
        merged = self._joined()
        dated = self.dated
        # Before any clock has started, nothing is waited for.
        agreed = self._agreed(newest) if newest > float("-inf") else dated
        sight = Sight(self.name, self.versions, dated, reached, agreed, now, merged, self.playbooks)
        events = list(self.outbox) if self.resend else []
        self.resend = False
        events += self.acted
        self.acted.clear()
        for published, note in self.closing:
            lost = published.incident.unwatched
            event = close(published, note, sight, lost if lost == "changed" else "all")
            if event is not None:
                events.append(event)
        self.closing.clear()
        waiting: dict[tuple[str, tuple[str, ...]], None] = {}
        for id_, one in merged.items():
            known = self.by_hand.get(id_)
            cause_of = self.cause_with(id_)
            if known is not None and (event := go_on(known, one, sight)) is not None:
                events.append(event)
            elif cause_of is not None:
                judged.append(cause_of)
        self._forget_by_hand(now)
        for cause in _in_order(judged):
            key, values = cause.plan.key, cause.values
            if cause.published or any(one.broken for one in cause.aggregates.values()):
                events += changes(cause, sight, final=final)
            else:
                cause.edits = {}
            if cause.watched:
                waiting[key, values] = None
        self.dirty = waiting
        if newest - self.evicted_at >= _EVICT_EVERY:
            self.evicted_at = newest
            self._evict(newest, merged)
        self.outbox = list(events)
        return events

    def _forget_by_hand(self, now: float) -> None:
        """Drops those opened by hand that have been over for long: they stand on their topic."""
        for id_, known in list(self.by_hand.items()):
            quiet = now - known.incident.published_at > self.limits.keep_at_most
            if quiet and known.incident.state not in OPEN:
                del self.by_hand[id_]

    def _joined(self) -> dict[str, Joined]:
        if not self.merged:
            return {}
        causes = [one for plan in self.plans.values() for one in plan.causes.values()]
        return joined(causes, self.versions, self.by_hand)

    def cause_with(self, id_: str) -> Cause | None:
        """The cause that an incident is of; None for one that a person opened."""
        causes = (cause for plan in self.plans.values() for cause in plan.causes.values())
        return next((cause for cause in causes if id_ in cause.published), None)

    def _agreed(self, newest: float) -> float:
        times = (source.newest for source in self.sources.values())
        return min((at for at in times if newest - at <= _FAR_BEHIND), default=newest)

    def _judge(self, until: float, *, every: bool) -> list[Cause]:
        """Judges the panes of the causes that may have changed, or of all; gives those causes."""
        if every:
            for plan in self.plans.values():
                self.dirty.update(dict.fromkeys((plan.key, values) for values in plan.causes))
        judged = []
        for key, values in self.dirty:
            plan = self.plans[key]
            cause = plan.causes.get(values)
            if cause is None:
                continue
            if any(aggregate.dirty for aggregate in cause.aggregates.values()):
                for known in cause.published.values():
                    known.stale = True
            for aggregate in cause.aggregates.values():
                aggregate.judge(until, max(plan.frontier, cause.since), self.baseline)
            judged.append(cause)
        return judged

    def _evict(self, newest: float, held: Container[str]) -> None:
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
                if cause.muted is not None and cause.muted.until < frontier:
                    cause.muted = None
                cause.evict(frontier - plan.window)
                cause.forget(frontier - plan.window, held)
                if cause.empty and (plan.key, values) not in self.dirty:
                    del plan.causes[values]
                    for slot in self._slots:
                        if slot.plan is plan:
                            slot.aggregate = None

    @property
    def groups(self) -> int:
        """How many groups the causes have that are judged by group."""
        return sum(len(plan.causes) for plan in self._grouped)

    def drop_groups(self, surplus: int) -> None:
        """Drops so many groups of the cause that has most, those that were quiet for longest."""
        plan = max(self._grouped, key=lambda one: len(one.causes))
        self._drop_groups(plan, max(0, len(plan.causes) - surplus))

    def _drop_groups(self, plan: Plan, most: int) -> None:
        """Drops the groups that were quiet for longest."""
        order = sorted(plan.causes.values(), key=lambda cause: (cause.active, cause.values))
        for cause in order[: len(plan.causes) - most]:
            note = "No longer watched: too many groups are active, and this one was quiet"
            self.closing += [(known, note) for known in cause.published.values()]
            del plan.causes[cause.values]
            self.dropped_groups += 1

    @property
    def has_news(self) -> bool:
        """Whether something is open, or still to be told."""
        open_ = any(known.incident.state in OPEN for known in self.published().values())
        return open_ or bool(self.outbox or self.closing or self.resend)

    def published(self) -> dict[str, Published]:
        """All incidents that can still change, by id."""
        found = dict(self.by_hand)
        for plan in self.plans.values():
            for cause in plan.causes.values():
                found |= cause.published
        return found


def _in_order(causes: Iterable[Cause]) -> list[Cause]:
    """Each cause once, in an order that doesn't depend on how they came."""
    return sorted(
        {id(one): one for one in causes}.values(), key=lambda one: (one.plan.key, one.values)
    )
