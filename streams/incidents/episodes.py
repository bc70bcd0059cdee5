"""Episodes: stretches of time in which the rules of one cause are broken for one group.

The panes that break any of the cause's rules are walked in the order in which a reader of
records in order finds them broken. One that is found up to the hold time after the end of all
before it belongs to their episode, any other begins a new one: just as that reader would have
seen it live. The hold time is the longest of the rules that the episode has by then: one that
nothing broke keeps nothing open. So episodes are a function of the panes alone, in whatever
order the rows came, and rows in order never move a beginning that was seen. What is too old to
change is folded into a `Past` and its panes are dropped.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Container, Iterable, Mapping

import msgspec

from streams.incidents.mute import Mute
from streams.incidents.states import OPEN
from streams.records import Incident, IncidentState
from streams.rules.kept import Figure
from streams.rules.panes import Aggregate, Details
from streams.rules.rule import Rule

TOP_EVIDENCE = 5


class Worst(msgspec.Struct, array_like=True, frozen=True):
    """A rule's figures in its worst window, and where that window lies."""

    figure: Figure
    start: float
    end: float


class RulePart(msgspec.Struct, array_like=True):
    """What one rule adds to an episode: rows above in windows that broke it, and the worst.

    `opening` is the worst of the first windows: those that end by `until`, which is the end of
    the first one and the length of a window more.
    """

    above: int = 0
    worst: Worst | None = None
    opening: Worst | None = None
    until: float | None = None

    def add(self, above: int, window: Worst | None = None, length: float = 0.0) -> None:
        """Adds rows and a window of a length in seconds, which is after those added before."""
        self.above += above
        if window is None:
            return
        if self.until is None:
            # Of what was kept before there were openings, the worst has to do.
            self.until, self.opening = window.end + length, self.worst
        if window.end <= self.until:
            self.opening = _worse(self.opening, window)
        self.worst = _worse(self.worst, window)

    def join(self, other: RulePart) -> None:
        """Adds another stretch of the same rule."""
        self.above += other.above
        self.worst = _worse(self.worst, other.worst)
        if other.until is not None and (self.until is None or other.until < self.until):
            self.opening, self.until = other.opening, other.until
        elif other.until == self.until:
            self.opening = _worse(self.opening, other.opening)


class Past(msgspec.Struct):
    """What an episode was, as far as its panes are no longer kept.

    `first` is when the whole episode was found, even if that pane is kept.
    """

    first: float
    start: float
    end: float
    rules: dict[str, RulePart] = msgspec.field(default_factory=dict)
    details: Details = msgspec.field(default_factory=Details)


class Episode(msgspec.Struct):
    """A cluster of broken panes: from the earliest start to the latest end.

    `first` is when the first of them was found. `broken` has the rules' broken panes that are
    still kept, in order.
    """

    first: float
    start: float
    end: float
    past: Past | None = None
    broken: dict[str, list[int]] = msgspec.field(default_factory=dict)

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules broken in it, sorted."""
        return tuple(sorted({*self.broken, *(self.past.rules if self.past else ())}))


class Published(msgspec.Struct, array_like=True):
    """An incident as last published.

    `human` is the state that a person gave it. Its contents were last compared with the episode's
    at the event time `read` and the clock's time `checked`; `stale` says that rows came or were
    judged since. `slot` is that of its episode (`Plan.slot`), or None
    from a snapshot in which episodes had none. `frozen` is set where rules were changed after
    it was over: it stays as it is.
    """

    incident: Incident
    start: float
    end: float
    human: IncidentState | None = None
    read: float = 0.0
    slot: float | None = None
    frozen: bool = False
    stale: bool = True
    checked: float = 0.0

    @property
    def behind(self) -> bool:
        """Whether its figures may be behind those of its episode."""
        return self.stale and self.standing and not self.frozen

    @property
    def standing(self) -> bool:
        """Whether it hasn't been withdrawn."""
        return self.incident.state != "withdrawn"


class Plan:
    """The rules of one cause and one way of grouping, for one deployment.

    A row counts for them while it is at most `keep` seconds older than the newest of its own
    source partition; `frontier` is the time before which nothing can change any more.
    `causes` are by the group's values, in the order of the rules' `by`. `grain` is the
    smallest pane: episodes lie further apart than that. `holds` are the rules' hold times by their
    ids, in seconds, and `longest` is the longest.
    """

    def __init__(self, name: str, rules: tuple[Rule, ...], keep_late: float) -> None:
        self.name = name
        self.rules = {rule.id: rule for rule in rules}
        self.by = rules[0].by
        self.grain = min(rule.pane for rule in rules)
        self.holds = {rule.id: max(self.grain, rule.hold) for rule in rules}
        self.longest = max(self.holds.values())
        self.window = max(-(-rule.window // rule.pane) * rule.pane for rule in rules)
        self.keep = self.window + self.longest + keep_late
        self.frontier = float("-inf")
        self.topics: set[str] = set()
        self.causes: dict[tuple[str, ...], Cause] = {}
        self.dropped = 0

    def hold(self, rules: Iterable[str]) -> float:
        """How long the condition must be gone of what broke these rules, in seconds; of rules that
        are all no longer in force, the longest."""
        return max((self.holds[id_] for id_ in rules if id_ in self.holds), default=self.longest)

    @property
    def key(self) -> str:
        """Names the plan within its deployment."""
        return "|".join((self.name, *self.by))

    def cause(self, values: tuple[str, ...]) -> Cause:
        """The cause of a group, made where there is none yet."""
        cause = self.causes.get(values)
        if cause is None:
            cause = self.causes[values] = Cause(self, values)
        return cause

    def slot(self, first: float) -> float:
        """What stands for an episode by when it was found: no two have the same.

        In steps, so that a record a moment late doesn't change it.
        """
        return first // self.grain * self.grain


class Cause:
    """One cause in one group: the panes of its rules, its episodes and its incidents.

    `pending` has, by incident id, when an episode was first seen that isn't published yet.
    `edits` has, by rule id, what was changed about the rules since they were last judged; and
    panes that end by `since` belong to incidents that were over then. `muted` is the false alarm
    that was called last.
    """

    __slots__ = (
        "active",
        "aggregates",
        "edits",
        "muted",
        "past",
        "pending",
        "plan",
        "published",
        "since",
        "values",
    )

    def __init__(self, plan: Plan, values: tuple[str, ...]) -> None:
        self.plan = plan
        self.values = values
        self.aggregates: dict[str, Aggregate] = {}
        self.past: list[Past] = []
        self.published: dict[str, Published] = {}
        self.pending: dict[str, float] = {}
        self.active = float("-inf")
        self.edits: dict[str, str] = {}
        self.since = float("-inf")
        self.muted: Mute | None = None

    def aggregate(self, rule: Rule) -> Aggregate:
        """The panes of a rule."""
        aggregate = self.aggregates.get(rule.id)
        if aggregate is None:
            aggregate = self.aggregates[rule.id] = Aggregate(rule)
        return aggregate

    def group(self, deployment: str) -> dict[str, str]:
        """The group as an incident names it."""
        return {"deployment": deployment, **dict(zip(self.plan.by, self.values, strict=True))}

    def episodes(self) -> list[Episode]:
        """All episodes that aren't forgotten yet, in order of time."""
        found: list[tuple[float, float, float, str, int]] = [
            (past.first, past.start, past.end, "", number) for number, past in enumerate(self.past)
        ]
        for rule_id, aggregate in self.aggregates.items():
            found += (
                (aggregate.found(pane), aggregate.start(pane), aggregate.end(pane), rule_id, pane)
                for pane in aggregate.broken
            )
        # What an episode was comes before what is kept of it.
        found.sort(key=lambda one: (one[0], one[3] != "", one))
        episodes: list[Episode] = []
        until, hold, holds = 0.0, 0.0, self.plan.holds
        for first, start, end, rule_id, number in found:
            if not episodes or first > until:
                episodes.append(Episode(first, start, end))
                hold = 0.0
            episode = episodes[-1]
            episode.start, episode.end = min(episode.start, start), max(episode.end, end)
            if rule_id:
                episode.broken.setdefault(rule_id, []).append(number)
            elif episode.past is None:
                episode.past = self.past[number]
            else:
                # Only a longer hold time, from a change of rules, joins what was apart.
                episode.past = joined(episode.past, self.past[number])
            own = holds[rule_id] if rule_id else self.plan.hold(self.past[number].rules)
            hold = max(hold, own)
            until = episode.end + hold
        for episode in episodes:
            for panes in episode.broken.values():
                panes.sort()
        return episodes

    def whole(self, episode: Episode) -> Past:
        """Everything known of an episode, its past included."""
        whole = Past(episode.first, episode.start, episode.end)
        if episode.past is not None:
            whole.details.merge(episode.past.details, TOP_EVIDENCE)
            for rule_id, part in episode.past.rules.items():
                whole.rules[rule_id] = msgspec.structs.replace(part)
        for rule_id, panes in episode.broken.items():
            aggregate = self.aggregates[rule_id]
            part = whole.rules.setdefault(rule_id, RulePart())
            for pane in panes:
                part.add(0, _window_of(aggregate, pane), aggregate.rule.window)
            owned, details = _share(aggregate, episode, panes, float("inf"))
            part.add(sum(above for above, _ in owned))
            whole.details.merge(details, TOP_EVIDENCE)
        return whole

    def evict(self, end: float) -> None:
        """Drops panes that end by `end`; the episodes that they belong to remember them."""
        episodes = self.episodes()
        for episode in episodes:
            for rule_id, panes in episode.broken.items():
                _remember(episode, self.aggregates[rule_id], panes, end)
        for aggregate in self.aggregates.values():
            aggregate.evict(end)
        self.past = [episode.past for episode in episodes if episode.past is not None]

    def settle(self, until: float) -> None:
        """Leaves panes that end by `until` out of all episodes to come."""
        self.since = max(self.since, until)
        for aggregate in self.aggregates.values():
            old = [pane for pane in aggregate.broken if aggregate.end(pane) <= self.since]
            for pane in old:
                del aggregate.broken[pane]
        self.past = [past for past in self.past if past.end > self.since]

    def forget(self, end: float, held: Container[str] = ()) -> None:
        """Drops episodes, and their incidents, that lie wholly before `end` and the hold time.

        Incidents that are `held`, by id, stay.
        """
        before = end - self.plan.longest
        stay = {one.slot for id_, one in self.published.items() if id_ in held}
        kept = [
            episode
            for episode in self.episodes()
            if episode.end >= before or self.plan.slot(episode.first) in stay
        ]
        self.past = [episode.past for episode in kept if episode.past is not None]
        slots = {self.plan.slot(episode.first) for episode in kept}
        self.published = {
            incident_id: published
            for incident_id, published in self.published.items()
            if published.slot in slots or published.end >= before
        }

    @property
    def watched(self) -> bool:
        """Whether it must be judged again even if no row comes."""
        waiting = any(aggregate.dirty for aggregate in self.aggregates.values())
        return (
            waiting
            or bool(self.pending)
            or any(
                known.behind or known.incident.state in OPEN for known in self.published.values()
            )
        )

    @property
    def empty(self) -> bool:
        """Whether nothing is kept."""
        kept = self.past or self.published or self.muted
        return not kept and all(aggregate.empty for aggregate in self.aggregates.values())


def incident_id(cause: str, group: Mapping[str, str], slot: float, again: int = 0) -> str:
    """The id of the incident of an episode: from its cause, group and slot.

    `again` counts incidents that had the slot before the rules were changed.

    >>> incident_id("drift", {"deployment": "support-bot"}, 0.0)
    'inc-698a708909e76a94'
    """
    text = json.dumps([cause, sorted(group.items()), float(slot), *([again] if again else [])])
    return f"inc-{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def joined(one: Past, other: Past) -> Past:
    """Two stretches as one."""
    first, start = min(one.first, other.first), min(one.start, other.start)
    both = Past(first, start, max(one.end, other.end))
    for past in (one, other):
        both.details.merge(past.details, TOP_EVIDENCE)
        for rule_id, part in past.rules.items():
            both.rules.setdefault(rule_id, RulePart()).join(part)
    return both


def _remember(episode: Episode, aggregate: Aggregate, panes: list[int], end: float) -> None:
    """Folds a rule's panes that end by `end` into the episode's past."""
    owned, details = _share(aggregate, episode, panes, end)
    old = [pane for pane in panes if aggregate.end(pane) <= end]
    touched = old + [owner for _, owner in owned]
    if not touched:
        return
    start, last = aggregate.start(min(touched)), aggregate.end(max(touched))
    past = Past(episode.first, start, last)
    past.details = details
    past = joined(episode.past, past) if episode.past else past
    part = past.rules.setdefault(aggregate.rule.id, RulePart())
    part.add(sum(above for above, _ in owned))
    for pane in old:
        part.add(0, _window_of(aggregate, pane), aggregate.rule.window)
    episode.past = past


def _share(
    aggregate: Aggregate, episode: Episode, panes: list[int], end: float
) -> tuple[list[tuple[int, int]], Details]:
    """A rule's rows that belong to an episode, from what ends by `end`.

    They are those in windows that broke the rule; a row in windows of two episodes belongs
    to the earlier one. Gives (rows above, the broken pane that owns them) by pane, and the
    details of the same rows.
    """
    broken, members = sorted(aggregate.broken), set(panes)
    owned, details = [], Details()
    for pane, above in aggregate.above.items():
        if aggregate.end(pane) <= end:
            place = bisect_left(broken, pane)
            if place < len(broken) and aggregate.first_of(broken[place]) <= pane:
                owner = broken[place]
                if owner in members:
                    owned.append((above, owner))
                    if pane in aggregate.details:
                        details.merge(aggregate.details[pane], TOP_EVIDENCE)
    return owned, details


def _window_of(aggregate: Aggregate, pane: int) -> Worst:
    start = aggregate.start(aggregate.first_of(pane))
    return Worst(aggregate.broken[pane], start, aggregate.end(pane))


def _worse(one: Worst | None, other: Worst | None) -> Worst | None:
    if one is None or other is None:
        return one or other
    # The earlier of two equally bad ones, so that the order of merging can't matter.
    return min(one, other, key=_badness)


def _badness(worst: Worst) -> tuple[float, ...]:
    figure = worst.figure
    return -figure.value, worst.end, -figure.above, figure.judged
