"""Windows over event time: verdicts in, incidents out. Plain values, no clock, no I/O.

The set of incidents is a function of what the panes finally hold: batches may come again,
in other sizes, and source partitions interleaved in any way; rows of one source partition
must come in order. The clock's reading is always an argument.

Deployments are named by producers, so only so many have windows of their own; the others share
those of `OTHER`. Which ones is a function of the rows, in the order in which they come, and of
nothing but what snapshots hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from detectors.drift import Baseline
from streams.incidents.playbooks.playbook import Playbooks
from streams.incidents.states import OPEN
from streams.records import Act, Incident, VerdictBatch
from streams.rules.lens import Lenses
from streams.rules.rule import RuleSet
from streams.windows.acts import ActOutcome, take
from streams.windows.counting import Totals
from streams.windows.deployment import Deployment, FoldStats, Limits
from streams.windows.folded import Folded
from streams.windows.snapshots import read_snapshot, write_snapshot

__all__ = ["ActOutcome", "Counts", "FoldStats", "Limits", "RuleCounts", "Windows"]

_DEFAULT_LIMITS = Limits()

OTHER = "other"
"""Where deployments without windows of their own are watched together."""

KNOWN_ROWS = 100
"""A deployment with so many rows is no stranger any more."""

_NO_ROOM = "No longer watched: too many deployments are active, and this one was quiet"


class RuleCounts(msgspec.Struct, frozen=True):
    """A rule's lifetime counts: records judged, above `record_above`, and too late to count."""

    judged: int
    above: int
    late: int


class Counts(msgspec.Struct, frozen=True):
    """One deployment's counts, which depend on its rows alone, however they came.

    `rows` were folded and `late` of them came too late for at least one rule. `rules` are by
    rule id. `panes` has (records judged, records above) by pane number (event time // pane),
    for each rule and group that had rows within window and hold time of the newest row; the
    keys are the rule's id and the group's values joined by "|".
    """

    rows: int
    late: int
    rules: dict[str, RuleCounts]
    panes: dict[str, dict[int, tuple[int, int]]]


class Windows:
    """The windows of all deployments of the verdict partitions at hand.

    `baselines` are frozen ones by deployment; without one, drift rules learn theirs. They and those
    of `configured` always have windows of their own, beside the `Limits.most_deployments` of
    all others. Of these, the ones with many rows are kept before strangers, where there are more.
    A new one then has the place of the one that was quiet for longest, if that has had time for
    late rows (a stranger) or was quiet for a day and more; until there is such a place, it is
    watched as part of `OTHER`.
    """

    def __init__(
        self,
        rules: RuleSet,
        baselines: Mapping[str, Baseline] | None = None,
        limits: Limits = _DEFAULT_LIMITS,
        configured: Collection[str] = (),
    ) -> None:
        self._configured = frozenset(configured) | frozenset(baselines or {})
        self._gone: dict[str, None] = {}
        self._newest = float("-inf")
        # No deployment was quiet since before this time: so nobody need be looked for.
        self._quiet_since = float("-inf")
        self.given_up = 0
        self.groups_dropped = 0
        self._rules = rules
        self._lenses = Lenses(rules.exclusions, rules.maps)
        self._baselines = dict(baselines or {})
        self._limits = limits
        self._playbooks: Playbooks | None = None
        self._deployments: dict[str, Deployment] = {}
        self._changed: dict[str, None] = {}

    @property
    def rules(self) -> RuleSet:
        """The rules in force."""
        return self._rules

    @property
    def deployments(self) -> tuple[str, ...]:
        """The deployments at hand, sorted."""
        return tuple(sorted(self._deployments))

    def fold(self, batch: VerdictBatch) -> FoldStats:
        """Counts the batch's rows that weren't counted before. Never raises for content."""
        self._make_room(batch.deployment)
        home = self.home(batch.deployment)
        self._changed[home] = None
        state = self._deployment(home)
        dropped = state.dropped_groups
        stats = state.fold(batch, None if home == OTHER else self._shared(batch.source))
        self.groups_dropped += state.dropped_groups - dropped
        self._newest = max(self._newest, state.newest)
        return stats

    def _bound_groups(self) -> None:
        """Drops groups of whoever has most, where all have too many together."""
        while True:
            groups = {name: state.groups for name, state in self._deployments.items()}
            surplus = sum(groups.values()) - self._limits.most_groups_in_all
            if surplus <= 0:
                return
            name = max(groups, key=lambda one: (groups[one], one))
            state = self._deployments[name]
            dropped = state.dropped_groups
            state.drop_groups(surplus)
            self.groups_dropped += state.dropped_groups - dropped
            self._changed[name] = None

    def home(self, deployment: str) -> str:
        """Whose windows a deployment's rows are counted in: its own, or those of `OTHER`."""
        if deployment in self._deployments or deployment in self._configured:
            return deployment
        if len(self._own()) < self._limits.most_deployments:
            return deployment
        return OTHER

    def known(self, deployment: str) -> bool:
        """Whether a deployment with windows of its own is no stranger."""
        state = self._deployments.get(deployment)
        if state is None or deployment == OTHER:
            return False
        return deployment in self._configured or state.rows >= KNOWN_ROWS

    def take_gone(self) -> tuple[str, ...]:
        """Deployments that lost their windows since this was last called."""
        gone, self._gone = tuple(self._gone), {}
        return gone

    def trim(self) -> None:
        """Gives up deployments until there are no more than there may be, strangers first.

        What is open of them is resolved with a note.
        """
        while len(own := self._own()) > self._limits.most_deployments:
            name = min(own, key=lambda one: (own[one].has_news, *self._standing(one)))
            open_ = [one for one in own[name].published().values() if one.incident.state in OPEN]
            if open_:
                other = self._deployments.setdefault(OTHER, self._new(OTHER))
                other.closing += [(published, _NO_ROOM) for published in open_]
                self._changed[OTHER] = None
            self._give_up(name)

    def _own(self) -> dict[str, Deployment]:
        """Those that take a place: `OTHER` and the configured ones have theirs beside."""
        beside = {OTHER, *self._configured} & self._deployments.keys()
        if not beside:
            return self._deployments
        return {name: state for name, state in self._deployments.items() if name not in beside}

    def _standing(self, name: str) -> tuple[bool, float, str]:
        """What is given up first: strangers, and of those who was quiet for longest."""
        return self.known(name), self._deployments[name].dated, name

    def _make_room(self, deployment: str) -> None:
        own = self._own()
        if deployment in self._deployments or deployment in {OTHER, *self._configured}:
            return
        if len(own) < self._limits.most_deployments:
            return
        if self._newest - self._quiet_since <= self._limits.keep_late:
            return
        self._quiet_since = min(state.dated for state in own.values())
        if self._newest - self._quiet_since <= self._limits.keep_late:
            return
        for name in sorted(own, key=self._standing):
            limits, state = self._limits, own[name]
            quiet = limits.keep_at_most if self.known(name) else limits.keep_late
            if self._newest - state.dated <= quiet:
                continue
            if not state.has_news:
                self._give_up(name)
                return

    def _give_up(self, name: str) -> None:
        del self._deployments[name]
        self._changed.pop(name, None)
        self._gone[name] = None
        self.given_up += 1

    def _shared(self, source: str) -> Folded | None:
        other = self._deployments.get(OTHER)
        return other.shared.get(source) if other is not None and other.shared else None

    def evaluate(self, now: float) -> list[Incident]:
        """Events for all that changed since the last time; `now` in seconds since the epoch.

        To lose none in a crash, write the snapshots of `changed` before sending the events:
        a restored snapshot gives the events of the evaluation before it once more.

        While rows come, event time alone completes panes and resolves incidents. Of a
        deployment from which nothing came for `idle_after`, time goes on with `now`.
        """
        return self._evaluate(now, final=False)

    def flush(self, now: float = 0.0) -> list[Incident]:
        """The same at the end of a replay: all panes count as complete.

        Incidents are resolved only as far as event time says, so one that lasts to the end
        stays open. `now` only dates the events.
        """
        return self._evaluate(now, final=True)

    def _evaluate(self, now: float, *, final: bool) -> list[Incident]:
        self._bound_groups()
        events = []
        for name in self.deployments:
            state = self._deployments[name]
            before = bool(state.outbox)
            found = state.evaluate(now, final=final)
            if found or before:
                self._changed[name] = None
                events += found
        return events

    def changed(self) -> tuple[str, ...]:
        """Deployments whose state changed since their last snapshot, sorted."""
        return tuple(sorted(self._changed))

    def snapshot(self, deployment: str) -> bytes:
        """The whole state of a deployment as one JSON message."""
        self._changed.pop(deployment, None)
        return write_snapshot(self._deployment(deployment))

    def restore(self, deployment: str, data: bytes) -> None:
        """Takes a snapshot as the state of a deployment, replacing what is there.

        Rules that are new or count something else than in the snapshot start empty. Raises
        `msgspec.DecodeError` if the bytes aren't a snapshot.
        """
        state = read_snapshot(data, self._new(deployment))
        self._deployments[deployment] = state
        self._quiet_since = float("-inf")
        self._newest = max(self._newest, state.newest)
        self._changed.pop(deployment, None)

    def forget(self, deployments: Iterable[str]) -> None:
        """Drops deployments that another worker has now."""
        for name in deployments:
            self._deployments.pop(name, None)
            self._changed.pop(name, None)

    def replace_rules(self, rules: RuleSet) -> None:
        """Puts other rules in force.

        Rules that count the same keep what they counted, even if their limits changed; open
        incidents of rules that are gone are resolved at the next evaluation. A rule on a signal
        whose score map changed counts anew in that deployment: scores of two scales never stand
        in one window. An exclusion holds for rows that come from now on.
        """
        states = {name: write_snapshot(state) for name, state in self._deployments.items()}
        self._rules = rules
        self._lenses = Lenses(rules.exclusions, rules.maps)
        for name, state in states.items():
            old, new = self._deployments[name], read_snapshot(state, self._new(name))
            new.active_at, new.folded, new.resend = old.active_at, old.folded, old.resend
            new.acted = old.acted
            self._deployments[name] = new
            self._changed[name] = None

    def replace_playbooks(self, playbooks: Playbooks) -> None:
        """Puts other playbooks in force; incidents have their first steps at the next change."""
        self._playbooks = playbooks
        for state in self._deployments.values():
            state.playbooks = playbooks

    def act(
        self,
        act: Act,
        now: float,
        kept: Mapping[str, Incident] | None = None,
        reached: float | None = None,
    ) -> ActOutcome:
        """Lets a person's act change an incident; the next evaluation gives the event.

        Evaluate before, so that the act meets the incident as it stands. An incident that is no
        longer kept is found in `kept`. `reached` is the newest event time at which the act was
        folded, where that is known; else it is folded now. Never raises for content.
        """
        state = self._deployments.get(act.deployment)
        if state is None and act.kind == "open":
            # Somebody may report what was never seen here.
            self._make_room(act.deployment)
            if self.home(act.deployment) != act.deployment:
                return "no_room"
            state = self._deployment(act.deployment)
        if state is None:
            return "unknown"
        outcome = take(state, act, now, kept or {}, reached)
        if outcome in ("applied", "refused"):
            self._changed[act.deployment] = None
        return outcome

    def knows(self, deployment: str, incident: str) -> bool:
        """Whether an incident can still be changed by what is kept here."""
        state = self._deployments.get(deployment)
        return state is not None and incident in state.published()

    def offsets(self, deployment: str) -> dict[str, int]:
        """The last offset folded of each source partition."""
        sources = self._deployment(deployment).sources
        return {name: source.offset for name, source in sorted(sources.items())}

    def totals(self, deployment: str) -> Mapping[str, Totals]:
        """The lifetime counts of a deployment's rules, by rule id."""
        return self._deployment(self.home(deployment)).totals

    def first_seen(self, deployment: str) -> Mapping[str, float]:
        """The event times at which a deployment's model versions began."""
        return self._deployment(self.home(deployment)).versions

    def dropped_groups(self) -> int:
        """Groups given up so far because too many were active."""
        return sum(state.dropped_groups for state in self._deployments.values())

    def open_incidents(self) -> list[Incident]:
        """Incidents as last published that are open, acknowledged or contained."""
        return [
            known.incident
            for name in self.deployments
            for known in self._deployments[name].published().values()
            if known.incident.state in OPEN
        ]

    def counts(self) -> dict[str, Counts]:
        """Counts by deployment."""
        return {name: _counts(self._deployments[name]) for name in self.deployments}

    def _deployment(self, name: str) -> Deployment:
        state = self._deployments.get(name)
        if state is None:
            state = self._deployments[name] = self._new(name)
            self._quiet_since = float("-inf")
        return state

    def _new(self, name: str) -> Deployment:
        rules = self._rules.covering(name)
        baseline = self._baselines.get(name)
        state = Deployment(name, rules, baseline, self._limits, shared=name == OTHER)
        state.playbooks, state.lenses = self._playbooks, self._lenses
        return state


def _counts(state: Deployment) -> Counts:
    panes = {}
    for plan in state.plans.values():
        since = state.newest - plan.window - plan.longest
        for cause in plan.causes.values():
            for rule_id, one in cause.aggregates.items():
                kept = {
                    pane: (one.judged.get(pane, 0), one.above.get(pane, 0))
                    for pane in sorted(one.judged.keys() | one.above.keys())
                    if one.end(pane) > since
                }
                if kept:
                    panes["|".join((rule_id, *cause.values))] = kept
    return Counts(
        rows=state.rows,
        late=state.late,
        rules={
            rule_id: RuleCounts(totals.judged, totals.above, totals.late)
            for rule_id, totals in sorted(state.totals.items())
        },
        panes=dict(sorted(panes.items())),
    )
