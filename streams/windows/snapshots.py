"""Snapshots: the whole state of one deployment as one compact JSON message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from streams.incidents.episodes import Cause, Past, Plan, Published, RulePart
from streams.incidents.lifecycle import edited, unwatched
from streams.incidents.mute import Mute
from streams.incidents.states import OPEN
from streams.records import Evidence, Incident
from streams.rules.edits import GONE, Definition, changes, definition_of
from streams.rules.kept import Figure, Names, StoredNames, Texts
from streams.rules.panes import Aggregate, Details
from streams.rules.rule import Rule
from streams.windows.counting import Totals
from streams.windows.deployment import Deployment
from streams.windows.folded import Folded, Stored
from streams.windows.sources import FoldedTo

FORMAT = 1

_NO_TEXT = -1


class _Details(msgspec.Struct, array_like=True):
    """`first` is left out where it is one of the `top`: the one at `first_in_top`."""

    top: list[list[Any]]
    first: list[Any] | None
    users: StoredNames
    tenants: StoredNames
    versions: StoredNames
    rough: bool = False
    first_in_top: int | None = None
    last: float | None = None


class _Past(msgspec.Struct, array_like=True):
    start: float
    end: float
    rules: dict[str, RulePart]
    details: _Details
    first: float | None = None


class _Aggregate(msgspec.Struct, array_like=True):
    """`judged` and `above` are runs: the first pane's number, then the counts in a row.

    `details` are by pane if `by_pane`; in older snapshots by stretches of several. `kept` is
    what a kind of condition keeps in a form of its own.
    """

    rule: str
    aggregate: str
    definition: str
    newest: int
    judged: list[list[int]]
    above: list[list[int]]
    sums: list[tuple[int, int, int]]
    users: list[tuple[int, StoredNames]]
    signals: list[str]
    sketches: list[tuple[int, list[list[int]]]]
    details: list[tuple[int, _Details]]
    broken: list[tuple[int, Figure]]
    dirty: list[int]
    learnt: list[list[int]]
    learnt_records: int
    learnt_end: int | None
    kept: Any = None
    by_pane: bool = False


_NOTHING_KEPT: dict[str, Any] = {
    "sums": [],
    "users": [],
    "signals": [],
    "sketches": [],
    "learnt": [],
    "learnt_records": 0,
    "learnt_end": None,
}
"""What the kinds of conditions keep in fields of their own."""


class _Cause(msgspec.Struct, array_like=True):
    values: tuple[str, ...]
    active: float | None
    aggregates: list[_Aggregate]
    past: list[_Past]
    published: list[Published]
    since: float | None = None
    edits: dict[str, str] = {}
    muted: Mute | None = None


class _Plan(msgspec.Struct, array_like=True):
    key: str
    frontier: float | None
    topics: list[str]
    causes: list[_Cause]


class _Snapshot(msgspec.Struct, omit_defaults=True):
    """`offsets` and `parts` are the last folded of each source partition; no part means 0.
    `ahead` are times that its clock doesn't follow yet, and how many witnesses they have;
    `agreeing` how many rows agree with them, where the clock hasn't started.

    `rules` are those in force when it was written. `folded` are the places counted of each
    source partition, of deployments that share windows. `by_hand` are incidents that people
    opened.
    """

    format: int
    deployment: str
    rows: int
    late: int
    dropped_groups: int
    offsets: dict[str, int]
    newest: dict[str, float]
    versions: dict[str, float]
    totals: dict[str, Totals]
    texts: list[str]
    plans: list[_Plan]
    closing: list[tuple[Published, str]]
    outbox: list[Incident]
    evicted_at: float | None
    parts: dict[str, int] = {}
    topic_ids: dict[str, str] = {}
    ahead: dict[str, tuple[float, int]] = {}
    agreeing: dict[str, int] = {}
    rules: list[Definition] = []
    folded: dict[str, Stored] = {}
    by_hand: list[Published] = []


class _Writer:
    """Writes state, with each text only once."""

    def __init__(self) -> None:
        self.texts = Texts()

    def text(self, text: str | None) -> int:
        return _NO_TEXT if text is None else self.texts.number(text)

    def evidence(self, one: Evidence) -> list[Any]:
        return [
            self.text(one.topic),
            one.partition,
            one.offset,
            self.text(one.record_id),
            one.event_time,
            self.text(one.signal),
            one.score,
            self.text(one.kind),
            self.text(one.reason),
            self.text(one.excerpt),
            self.text(one.user),
            self.text(one.tenant),
            self.text(one.model_version),
            *([one.part] if one.part else ()),
        ]

    def details(self, details: Details) -> _Details:
        first, top = details.first, details.top
        place = top.index(first) if first in top else None
        return _Details(
            [self.evidence(one) for one in top],
            self.evidence(first) if first is not None and place is None else None,
            details.users.write(self.texts),
            details.tenants.write(self.texts),
            details.versions.write(self.texts),
            details.rough,
            place,
            details.last,
        )

    def aggregate(self, one: Aggregate) -> _Aggregate:
        kept = one.kept.write(self.texts)
        return _Aggregate(
            rule=one.rule.id,
            aggregate=one.rule.aggregate,
            definition=one.rule.definition,
            newest=one.newest,
            judged=_runs(one.judged),
            above=_runs(one.above),
            details=[(number, self.details(one.details[number])) for number in sorted(one.details)],
            broken=sorted(one.broken.items()),
            dirty=sorted(one.dirty),
            by_pane=True,
            **{**_NOTHING_KEPT, **kept},
        )

    def past(self, past: Past) -> _Past:
        rules = {rule_id: past.rules[rule_id] for rule_id in sorted(past.rules)}
        return _Past(past.start, past.end, rules, self.details(past.details), past.first)

    def cause(self, cause: Cause) -> _Cause:
        return _Cause(
            cause.values,
            _finite(cause.active),
            [self.aggregate(cause.aggregates[rule_id]) for rule_id in sorted(cause.aggregates)],
            [self.past(past) for past in sorted(cause.past, key=lambda past: past.first)],
            [cause.published[id_] for id_ in sorted(cause.published)],
            _finite(cause.since),
            cause.edits,
            cause.muted,
        )


def write_snapshot(state: Deployment) -> bytes:
    """A deployment's state: the same bytes for the same state."""
    writer = _Writer()
    plans = [
        _Plan(
            plan.key,
            _finite(plan.frontier),
            sorted(plan.topics),
            [writer.cause(plan.causes[values]) for values in sorted(plan.causes)],
        )
        for plan in sorted(state.plans.values(), key=lambda plan: plan.key)
    ]
    sources = sorted(state.sources.items())
    return msgspec.json.encode(
        _Snapshot(
            format=FORMAT,
            deployment=state.name,
            rows=state.rows,
            late=state.late,
            dropped_groups=state.dropped_groups,
            offsets={name: source.offset for name, source in sources},
            parts={name: source.part for name, source in sources if source.part},
            topic_ids={name: source.topic_id for name, source in sources if source.topic_id},
            ahead={
                name: (source.ahead, source.witnesses)
                for name, source in sources
                if source.witnesses or source.agreeing
            },
            agreeing={name: source.agreeing for name, source in sources if source.agreeing},
            newest={name: source.newest for name, source in sources if _finite(source.newest)},
            versions=dict(sorted(state.versions.items())),
            totals=dict(sorted(state.totals.items())),
            texts=writer.texts.all,
            plans=plans,
            closing=state.closing,
            outbox=state.outbox,
            evicted_at=_finite(state.evicted_at),
            rules=[definition_of(rule) for rule in _rules(state).values()],
            folded={name: one.write() for name, one in sorted((state.shared or {}).items())},
            by_hand=[state.by_hand[id_] for id_ in sorted(state.by_hand)],
        )
    )


def _rules(state: Deployment) -> dict[str, Rule]:
    return {id_: rule for plan in state.plans.values() for id_, rule in plan.rules.items()}


def read_snapshot(data: bytes, state: Deployment) -> Deployment:
    """Fills a new deployment from a snapshot, as far as its rules are those of the snapshot.

    What a rule counted stays if the rule counts the same; if only its limits changed, its
    panes are judged again, except those of incidents that are over: these stay as they are.
    What became of the rules is noted, for the next evaluation to tell. Raises
    `msgspec.DecodeError` if the bytes aren't a snapshot.
    """
    snapshot = msgspec.json.decode(data, type=_Snapshot)
    if snapshot.format != FORMAT:
        raise msgspec.ValidationError(f"a snapshot of format {snapshot.format}, not {FORMAT}")
    state.rows = snapshot.rows
    state.late = snapshot.late
    state.dropped_groups = snapshot.dropped_groups
    state.versions = dict(snapshot.versions)
    state.closing = list(snapshot.closing)
    state.outbox = list(snapshot.outbox)
    state.resend = bool(snapshot.outbox)
    state.by_hand = {one.incident.id: one for one in snapshot.by_hand}
    state.evicted_at = float("-inf") if snapshot.evicted_at is None else snapshot.evicted_at
    for name, offset in snapshot.offsets.items():
        newest = snapshot.newest.get(name, float("-inf"))
        ahead, witnesses = snapshot.ahead.get(name, (float("-inf"), 0))
        state.sources[name] = FoldedTo(
            offset,
            newest,
            snapshot.parts.get(name, 0),
            snapshot.topic_ids.get(name, ""),
            ahead,
            witnesses,
            snapshot.agreeing.get(name, 0),
        )
    if state.shared is not None:
        state.shared = {name: Folded.read(one) for name, one in snapshot.folded.items()}
    reader = _Reader(snapshot, state)
    for stored in snapshot.plans:
        reader.plan(stored)
    for rule_id, totals in snapshot.totals.items():
        if rule_id in reader.kept_rules:
            kept = state.totals[rule_id]
            kept.judged, kept.above, kept.late = totals.judged, totals.above, totals.late
    return state


class _Reader:
    def __init__(self, snapshot: _Snapshot, state: Deployment) -> None:
        self.texts = Texts(snapshot.texts)
        self.state = state
        self.kept_rules = set(state.totals)
        self.rules = {id_: definition_of(rule) for id_, rule in _rules(state).items()}
        self.before = {rule.id: rule for rule in snapshot.rules}

    def text(self, number: int) -> str | None:
        return None if number == _NO_TEXT else self.texts.all[number]

    def evidence(self, stored: list[Any]) -> Evidence:
        texts = self.texts.all
        return Evidence(
            topic=texts[stored[0]],
            partition=stored[1],
            offset=stored[2],
            record_id=texts[stored[3]],
            event_time=float(stored[4]),
            signal=texts[stored[5]],
            score=float(stored[6]),
            kind=texts[stored[7]],
            reason=texts[stored[8]],
            excerpt=texts[stored[9]],
            user=self.text(stored[10]),
            tenant=self.text(stored[11]),
            model_version=self.text(stored[12]),
            part=stored[13] if len(stored) > 13 else 0,
        )

    def details(self, stored: _Details) -> Details:
        top = [self.evidence(one) for one in stored.top]
        first = None if stored.first is None else self.evidence(stored.first)
        return Details(
            top,
            first if stored.first_in_top is None else top[stored.first_in_top],
            Names.read(stored.users, self.texts),
            Names.read(stored.tenants, self.texts),
            Names.read(stored.versions, self.texts),
            stored.rough,
            stored.last,
        )

    def plan(self, stored: _Plan) -> None:
        plan = self.state.plans.get(stored.key)
        if plan is None:
            for cause in stored.causes:
                for known in cause.published:
                    rules = [figures.rule for figures in known.incident.rules]
                    edits = {id_: self.moved(id_) for id_ in rules}
                    if known.incident.state in OPEN:
                        lost = unwatched(edits, rules)
                        known.incident = msgspec.structs.replace(known.incident, unwatched=lost)
                    self.state.closing.append((known, edited(edits, rules)))
            return
        plan.frontier = float("-inf") if stored.frontier is None else stored.frontier
        plan.topics = set(stored.topics)
        edits = {id_: self.edit(id_) for id_ in plan.rules}
        for cause in stored.causes:
            self.cause(plan, cause, edits)

    def edit(self, rule_id: str) -> str:
        """What became of a rule that is in force."""
        if not self.before:
            return ""
        before = self.before.get(rule_id)
        return "new" if before is None else changes(before, self.rules[rule_id])

    def moved(self, rule_id: str) -> str:
        """What became of a rule that is no longer where it was."""
        if rule_id not in self.rules:
            return GONE
        return self.edit(rule_id) or "another group or playbook"

    def cause(self, plan: Plan, stored: _Cause, edits: Mapping[str, str]) -> None:
        cause = plan.cause(stored.values)
        cause.active = float("-inf") if stored.active is None else stored.active
        cause.since = float("-inf") if stored.since is None else stored.since
        cause.muted = stored.muted
        found = {id_: words for id_, words in edits.items() if words}
        stale = set()
        for one in stored.aggregates:
            rule = plan.rules.get(one.rule)
            if rule is None:
                found[one.rule] = self.moved(one.rule)
                self.kept_rules.discard(one.rule)
            elif rule.aggregate != one.aggregate:
                found.setdefault(one.rule, "another definition")
                self.kept_rules.discard(one.rule)
                stale.add(one.rule)
            else:
                aggregate = cause.aggregate(rule)
                self.fill(aggregate, one)
                if rule.definition != one.definition:
                    found.setdefault(one.rule, "another definition")
                    aggregate.dirty |= aggregate.judged.keys() | aggregate.above.keys()
        for past in stored.past:
            rules = {
                id_: part
                for id_, part in past.rules.items()
                if id_ in plan.rules and id_ not in stale and _stands(part, plan.rules[id_])
            }
            if rules:
                details = self.details(past.details)
                first = past.start if past.first is None else past.first
                cause.past.append(Past(first, past.start, past.end, rules, details))
        cause.published = {known.incident.id: known for known in stored.published}
        if any(known.incident.merged_into for known in stored.published):
            self.state.merged = True
        cause.edits = {**stored.edits, **found}
        if found:
            over = [one for one in stored.published if one.incident.state not in OPEN]
            for known in over:
                known.frozen = True
            # Panes of one withdrawn may belong to another, that took over from it.
            ends = [known.end for known in over if known.standing]
            cause.settle(max(ends, default=cause.since))
        self.state.touch(plan, stored.values)

    def fill(self, one: Aggregate, stored: _Aggregate) -> None:
        one.newest = stored.newest
        one.judged = _counts(stored.judged)
        one.above = _counts(stored.above)
        for number, details in stored.details:
            read = self.details(details)
            if not stored.by_pane and read.first is not None:
                # Stretches of several panes stand by the first row that is known of them.
                number, read.rough = int(read.first.event_time // one.rule.pane), True
            one.details[number] = read
        one.broken = dict(stored.broken)
        one.dirty = set(stored.dirty)
        one.kept.read(msgspec.structs.asdict(stored), self.texts)


def _stands(part: RulePart, rule: Rule) -> bool:
    """Whether what is remembered of a rule's windows exceeds the limit that it has now."""
    return part.worst is None or part.worst.figure.value > rule.condition.threshold


def _finite(value: float) -> float | None:
    return value if value > float("-inf") else None


def _runs(counts: Mapping[int, int]) -> list[list[int]]:
    """Counts by pane as runs of neighbours, short gaps filled with 0."""
    runs: list[list[int]] = []
    last = None
    for pane in sorted(counts):
        if last is None or pane - last > 4:
            runs.append([pane])
        else:
            runs[-1] += [0] * (pane - last - 1)
        runs[-1].append(counts[pane])
        last = pane
    return runs


def _counts(runs: Iterable[list[int]]) -> dict[int, int]:
    return {
        first + place: count
        for first, *counts in runs
        for place, count in enumerate(counts)
        if count
    }
