"""Limits that follow from what people said, and what they would have changed."""

from __future__ import annotations

import msgspec

from streams.console.desk import Desk
from streams.console.past import labels, past_incidents, tried
from streams.console.sources import Sources
from streams.console.tasks import Task
from streams.errors import UsageError
from streams.offline.calibrate import AT_LEAST, Effect, Proposal, changed, effect, proposals
from streams.rules.rule import Rule, RuleSet


class Row(msgspec.Struct, frozen=True):
    """A proposal, the rules that it is about with their limits now, and what it would have done.
    Without a limit the rules and the effect are empty."""

    proposal: Proposal
    rules: list[tuple[str, float]]
    effect: Effect


class Proposed(msgspec.Struct, frozen=True):
    """Proposals, those with a limit first, and how many labels they rest on; `missing` have no
    verdict among those read."""

    rows: list[Row]
    labels: int
    missing: int
    at_least: int


def propose(
    desk: Desk, sources: Sources, task: Task, rules: RuleSet, since: float | None
) -> Proposed:
    """Proposals from all labels and false alarms. Raises `OutwatchError`."""
    past = past_incidents(desk, since)
    said = labels(desk, sources, past)
    if not said:
        raise UsageError(
            "nobody said anything of a record yet. Review some, or call an incident a false alarm"
        )
    first = tried(desk, sources, task, [], rules, said, since)
    found = proposals(first.scored)
    made = [one for one in found if one.limit is not None and changed(rules, one)]
    sets: list[RuleSet] = []
    for one in made:
        fresh = changed(rules, one)
        names = {rule.id for rule in fresh}
        old = [rule for rule in rules.rules if rule.id in names]
        sets += [_alone(rules, old, one), _alone(rules, fresh, one)]
    trials = tried(desk, sources, task, sets, rules, [], since).trials if sets else []
    effects = {
        (one.deployment, one.signal): effect(before.opened, after.opened, past, first.scored)
        for one, before, after in zip(made, trials[::2], trials[1::2], strict=True)
    }
    rows = [
        Row(
            one,
            [(rule.id, _now(rules, rule.id, one.deployment)) for rule in changed(rules, one)],
            effects.get((one.deployment, one.signal), Effect()),
        )
        for one in found
    ]
    rows.sort(key=lambda row: row.proposal.limit is None)
    return Proposed(rows, len(first.scored), first.missing, AT_LEAST)


def _alone(rules: RuleSet, some: list[Rule], proposal: Proposal) -> RuleSet:
    name = proposal.deployment
    return rules.only(msgspec.structs.replace(one, deployments=(name,)) for one in some)


def _now(rules: RuleSet, id_: str, deployment: str) -> float:
    rule = next(one for one in rules.rules if one.id == id_)
    return rule.within(deployment).record_above
