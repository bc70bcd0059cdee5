"""Windows over event time: verdicts in, incidents out. Plain values, no clock, no I/O.

The set of incidents is a function of what the panes finally hold: batches may come again,
in other sizes, and source partitions interleaved in any way; rows of one source partition
must come in order. The clock's reading is always an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from detectors.drift import Baseline
from streams.incidents.lifecycle import take_human
from streams.incidents.states import OPEN
from streams.records import Incident, VerdictBatch
from streams.rules.rule import RuleSet
from streams.windows.deployment import Deployment, FoldStats, Limits, Totals
from streams.windows.snapshots import read_snapshot, write_snapshot

__all__ = ["Counts", "FoldStats", "Limits", "RuleCounts", "Windows"]

_DEFAULT_LIMITS = Limits()


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

    `baselines` are frozen ones by deployment; without one, drift rules learn theirs.
    """

    def __init__(
        self,
        rules: RuleSet,
        baselines: Mapping[str, Baseline] | None = None,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> None:
        self._rules = rules
        self._baselines = dict(baselines or {})
        self._limits = limits
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
        self._changed[batch.deployment] = None
        return self._deployment(batch.deployment).fold(batch)

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
        self._deployments[deployment] = read_snapshot(data, self._new(deployment))
        self._changed.pop(deployment, None)

    def forget(self, deployments: Iterable[str]) -> None:
        """Drops deployments that another worker has now."""
        for name in deployments:
            self._deployments.pop(name, None)
            self._changed.pop(name, None)

    def replace_rules(self, rules: RuleSet) -> None:
        """Puts other rules in force.

        Rules that count the same keep what they counted, even if their limits changed; open
        incidents of rules that are gone are resolved at the next evaluation.
        """
        states = {name: write_snapshot(state) for name, state in self._deployments.items()}
        self._rules = rules
        for name, state in states.items():
            old, new = self._deployments[name], read_snapshot(state, self._new(name))
            new.active_at, new.folded, new.resend = old.active_at, old.folded, old.resend
            self._deployments[name] = new
            self._changed[name] = None

    def adopt(self, incident: Incident) -> bool:
        """Takes over what a person made of an incident; False if it isn't known here.

        An incident that a person acknowledged or contained keeps that state while it lasts;
        one called a false alarm, or resolved by a person, isn't published again.
        """
        name = incident.group.get("deployment", "")
        state = self._deployments.get(name)
        known = state.published().get(incident.id) if state else None
        if known is None:
            return False
        take_human(known, incident)
        self._changed[name] = None
        return True

    def offsets(self, deployment: str) -> dict[str, int]:
        """The last offset folded of each source partition."""
        sources = self._deployment(deployment).sources
        return {name: source.offset for name, source in sorted(sources.items())}

    def totals(self, deployment: str) -> Mapping[str, Totals]:
        """The lifetime counts of a deployment's rules, by rule id."""
        return self._deployment(deployment).totals

    def first_seen(self, deployment: str) -> Mapping[str, float]:
        """The event times at which a deployment's model versions began."""
        return self._deployment(deployment).versions

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
        return state

    def _new(self, name: str) -> Deployment:
        rules = self._rules.covering(name)
        return Deployment(name, rules, self._baselines.get(name), self._limits)


def _counts(state: Deployment) -> Counts:
    panes = {}
    for plan in state.plans.values():
        since = state.newest - plan.window - plan.hold
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
