"""Rules on verdicts that were kept: which incidents they would have opened, and when.

By the same windows as a worker's, so what is found here is what would have been found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import msgspec

from detectors.drift import Baseline
from streams.errors import OutwatchError
from streams.incidents.states import OPEN
from streams.offline.gathered import Gathered
from streams.records import Incident, VerdictBatch
from streams.rules.lens import Lenses
from streams.rules.rule import Needs, Rule, RuleSet
from streams.windows.windows import Windows

_SELDOM_S = 5.0
_FEW_CAUSES = 6
_WEIGHTS: dict[Needs, float] = {"values": 28.0, "positive": 3.0, "scores": 2.0}


class Opened(msgspec.Struct, frozen=True):
    """An incident as it ended, and the newest event time when it was first opened."""

    incident: Incident
    found: float


class Trial:
    """One set of rules, and the incidents that they open.

    Many rules are tried in two halves, each of whole causes, so that two processes can share the
    work: nothing that one cause does depends on another. `half` is the one to try here, 0 or 1,
    where another process tries the other; None for both.
    """

    def __init__(
        self,
        rules: RuleSet,
        baselines: Mapping[str, Baseline] | None = None,
        half: int | None = None,
    ) -> None:
        self.rules = rules
        parts = halves(rules)
        chosen = parts if half is None else parts[half : half + 1]
        self._halves = [_Half(one, baselines) for one in chosen]
        self._elsewhere: list[Opened] = []

    def take(self, batch: VerdictBatch, newest: float) -> None:
        """Folds a batch; `newest` is the newest event time so far."""
        for half in self._halves:
            half.take(batch, newest)

    def end(self, newest: float) -> None:
        """No more comes: what waited is judged."""
        for half in self._halves:
            half.end(newest)

    def join(self, opened: Iterable[Opened]) -> None:
        """Adds what the other half opened in another process."""
        self._elsewhere += opened

    @property
    def opened(self) -> list[Opened]:
        """The incidents that stand, in the order in which they were found."""
        found = [one for half in self._halves for one in half.opened()]
        return sorted([*found, *self._elsewhere], key=lambda one: (one.found, one.incident.id))


class _Half:
    """Rules that are judged together, and when to look at them."""

    def __init__(self, rules: RuleSet, baselines: Mapping[str, Baseline] | None) -> None:
        self._windows = Windows(rules, baselines)
        self._lenses = Lenses(rules.exclusions, rules.maps)
        self._gathered = Gathered()
        self._looked = float("-inf")
        self._pane = min((rule.pane for rule in rules.rules), default=1.0)
        self._at_once = [rule for rule in rules.rules if not rule.condition.waits]
        self._bars: dict[str, float] = {}
        self._known: set[str] = set()
        self._stirred = False
        self._open: set[str] = set()
        self._since = 0.0
        self._found: dict[str, float] = {}
        self._standing: dict[str, Incident] = {}

    def take(self, batch: VerdictBatch, newest: float) -> None:
        """Folds a batch; `newest` is the newest event time so far."""
        for one in self._gathered.take(batch, newest):
            self._windows.fold(one)
        if self._due(batch, newest):
            self._looked = newest
            self._fold_all()
            self._hear(self._windows.evaluate(newest))

    def _due(self, batch: VerdictBatch, newest: float) -> bool:
        """Whether there may be something new: a pane is complete, or a record is above the limit of
        a rule that is judged at once."""
        if self._open:
            # While an incident goes on, to look costs by how long it has.
            return newest - self._looked >= max(_SELDOM_S, (newest - self._since) / 100)
        if newest - self._looked >= self._pane:
            return True
        if newest // self._pane > self._looked // self._pane:
            return True
        # What was seen then may wait a moment for other source partitions.
        waiting, self._stirred = self._stirred, self._stirs(batch)
        return waiting or self._stirred

    def _stirs(self, batch: VerdictBatch) -> bool:
        """Whether a record is above the limit of a rule that is judged at once."""
        for row in self._lenses.seen(batch).rows:
            scores = row.scores
            if not self._known.issuperset(scores):
                self._learn(scores)
            for name in self._bars.keys() & scores.keys():
                if scores[name] > self._bars[name]:
                    return True
        return False

    def _learn(self, signals: Iterable[str]) -> None:
        """The lowest limit of a rule on each signal that is judged at once."""
        for signal in signals:
            heard = [
                min([rule.record_above, *(limit for _, limit in rule.record_above_in)])
                for rule in self._at_once
                if rule.hears(signal)
            ]
            self._known.add(signal)
            if heard:
                self._bars[signal] = min(heard)

    def end(self, newest: float) -> None:
        """No more comes: what waited is judged."""
        self._fold_all()
        self._hear(self._windows.flush(newest))

    def _fold_all(self) -> None:
        for one in self._gathered.all():
            self._windows.fold(one)

    def opened(self) -> list[Opened]:
        """The incidents that stand."""
        standing = [one for one in self._standing.values() if one.state != "withdrawn"]
        return [Opened(one, self._found[one.page_key]) for one in standing]

    def _hear(self, changes: Iterable[Incident]) -> None:
        for one in changes:
            if not self._open:
                self._since = self._looked
            # The same key goes on where late records moved the beginning.
            self._found.setdefault(one.page_key, one.reached or one.last_seen)
            self._standing[one.id] = one
            (self._open.add if one.state in OPEN else self._open.discard)(one.id)


def run(
    batches: Iterable[VerdictBatch],
    rule_sets: Sequence[RuleSet],
    baselines: Mapping[str, Baseline] | None = None,
    look: Callable[[VerdictBatch], object] = lambda batch: None,
    half: int | None = None,
) -> list[Trial]:
    """Tries several sets of rules on the same batches, in one pass; `look` sees each batch too.

    `half` is as in `Trial`. Memory doesn't grow with the number of batches.
    """
    trials = [Trial(rules, baselines, half) for rules in rule_sets]
    newest = float("-inf")
    for batch in batches:
        newest = max(newest, *(row.event_time for row in batch.rows))
        look(batch)
        for trial in trials:
            trial.take(batch, newest)
    for trial in trials:
        trial.end(newest if newest > float("-inf") else 0.0)
    return trials


def run_in_two(
    batches: Iterable[VerdictBatch],
    again: Callable[[], Iterable[VerdictBatch]],
    rule_sets: Sequence[RuleSet],
    baselines: Mapping[str, Baseline] | None = None,
    look: Callable[[VerdictBatch], object] = lambda batch: None,
) -> list[Trial]:
    """The same in two processes, of which the other reads the same batches by `again`, which must
    be such that it can be pickled. What is found is the same."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        theirs = other.submit(_other_half, again, rule_sets, baselines)
        trials = run(batches, rule_sets, baselines, look, half=0)
        try:
            for trial, opened in zip(trials, theirs.result(), strict=True):
                trial.join(opened)
        except BrokenProcessPool:
            raise OutwatchError("The process that shares the work was ended") from None
    return trials


def _other_half(
    again: Callable[[], Iterable[VerdictBatch]],
    rule_sets: Sequence[RuleSet],
    baselines: Mapping[str, Baseline] | None,
) -> list[list[Opened]]:
    return [trial.opened for trial in run(again(), rule_sets, baselines, half=1)]


def halves(rules: RuleSet) -> list[RuleSet]:
    """The rules in two halves of about the same work, or whole where they are of few causes."""
    causes: dict[str, list[Rule]] = {}
    for rule in rules.rules:
        causes.setdefault(rule.cause, []).append(rule)
    if len(causes) < _FEW_CAUSES:
        return [rules]
    weights = {name: sum(map(_weight, some)) for name, some in causes.items()}
    parts: list[list[Rule]] = [[], []]
    loads = [0.0, 0.0]
    for name in sorted(causes, key=lambda one: (-weights[one], one)):
        lighter = loads.index(min(loads))
        parts[lighter] += causes[name]
        loads[lighter] += weights[name]
    order = {rule.id: number for number, rule in enumerate(rules.rules)}
    return [rules.only(sorted(part, key=lambda rule: order[rule.id])) for part in parts]


def _weight(rule: Rule) -> float:
    """About how much a rule costs, in those of the simplest kind."""
    needs = rule.condition.needs
    return _WEIGHTS.get(needs, 1.0) + (2.0 if rule.by else 0.0)


def overlaps(one: Incident, start: float, end: float) -> bool:
    """Whether an incident and a stretch of event time have any of it in common."""
    return one.first_seen <= end and one.last_seen >= start
