"""What a backtest says of rules: how often each opens, how soon, and how often rightly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from statistics import median

import msgspec

from streams.errors import UsageError
from streams.labels.estimate import Share, counted
from streams.labels.figures import Figures, figures
from streams.labels.label import Scored
from streams.offline.backtest import Opened, overlaps
from streams.records import Incident
from streams.rules.rule import Rule, RuleSet

_DAY_S = 86_400.0
_UNITS = {"hour": 3_600.0, "day": _DAY_S, "week": 7 * _DAY_S}
_RATE = re.compile(r"(\d{1,6})\s*/\s*(hour|day|week)")


class Measured(msgspec.Struct, frozen=True):
    """One rule on stored verdicts.

    `incidents` are those that it broke in. Of past incidents of its kind that people confirmed,
    `found` are those that it opens one in, of `past`; `false` are its own that were false alarms
    then. `right` is the share of its incidents on which people decided that they confirmed.
    `minutes` is the median time from the first record affected until it was found, where a past
    incident or a label says when that was. `limit` is how its `record_above` does on labels.
    """

    rule: str
    incidents: int
    per_day: float
    found: int = 0
    past: int = 0
    false: int = 0
    right: Share | None = None
    recall: Share | None = None
    minutes: float | None = None
    limit: Figures | None = None


class Against(msgspec.Struct, frozen=True):
    """The incidents that a change of rules adds, and those that it drops."""

    adds: tuple[Opened, ...]
    drops: tuple[Opened, ...]


def measured(
    rules: RuleSet,
    opened: Sequence[Opened],
    seconds: float,
    past: Iterable[Incident] = (),
    scored: Sequence[Scored] = (),
) -> list[Measured]:
    """Each rule of a set, in its order, by what was opened in so many seconds of event time.

    `past` are incidents of that time as people left them, and `scored` labelled records.
    """
    known = [one for one in past if one.state != "withdrawn" and not one.merged_into]
    return [_measured(rule, opened, seconds, known, scored) for rule in rules.rules]


def per_day(incidents: int, seconds: float) -> float:
    """Incidents a day; less than a day counts as one, as it says nothing of a day."""
    return incidents * _DAY_S / max(seconds, _DAY_S)


def compared(before: Sequence[Opened], after: Sequence[Opened]) -> Against:
    """What changed between two sets of rules. Incidents of one kind and group that have any time in
    common are the same."""
    return Against(
        adds=tuple(one for one in after if not _among(one, before)),
        drops=tuple(one for one in before if not _among(one, after)),
    )


def most_allowed(text: str) -> tuple[int, float]:
    """How many, and in how many seconds, of a text such as `3/day`. Raises `UsageError`.

    >>> most_allowed("3/day")
    (3, 86400.0)
    """
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise UsageError("--at-most: write a number and a time, such as 3/day, 1/week or 0/hour")
    return int(match[1]), _UNITS[match[2]]


def rate(incidents: int, seconds: float, unit: float) -> float:
    """Incidents in so long a time; a shorter stretch counts as one such time."""
    return incidents * unit / max(seconds, unit)


def false_alarm(incident: Incident) -> bool:
    """Whether people said that nothing was wrong; one that was as expected is no mistake."""
    return incident.state == "false_alarm"


def same(one: Incident, other: Incident) -> bool:
    """Whether two incidents are of one kind, deployment and time."""
    return (
        one.playbook == other.playbook
        and one.group.get("deployment") == other.group.get("deployment")
        and overlaps(one, other.first_seen, other.last_seen)
    )


def _among(one: Opened, others: Sequence[Opened]) -> bool:
    return any(
        one.incident.group == other.incident.group and same(one.incident, other.incident)
        for other in others
    )


def _measured(
    rule: Rule,
    opened: Sequence[Opened],
    seconds: float,
    past: Sequence[Incident],
    scored: Sequence[Scored],
) -> Measured:
    mine = [one for one in opened if any(it.rule == rule.id for it in one.incident.rules)]
    theirs = [
        one
        for one in past
        if one.playbook == rule.cause and rule.covers(one.group.get("deployment", ""))
    ]
    real = [one for one in theirs if not false_alarm(one)]
    found = [one for one in real if any(same(it.incident, one) for it in mine)]
    right = [one for one in mine if any(same(one.incident, it) for it in real)]
    false = [
        one for one in mine if one not in right and any(same(one.incident, it) for it in theirs)
    ]
    heard = [one for one in scored if rule.hears(one.label.signal) and rule.covers(one.deployment)]
    waits = list(_waits(mine, real, heard))
    return Measured(
        rule=rule.id,
        incidents=len(mine),
        per_day=per_day(len(mine), seconds),
        found=len(found),
        past=len(real),
        false=len(false),
        right=counted(len(right), len(false)),
        recall=counted(len(found), len(real) - len(found)),
        minutes=median(waits) / 60 if waits else None,
        limit=figures(heard, rule.record_above) if heard else None,
    )


def _waits(
    mine: Sequence[Opened], real: Sequence[Incident], heard: Sequence[Scored]
) -> Iterable[float]:
    """Seconds from the first record affected until an incident was found, where that is known."""
    for one in mine:
        began = [_began(it) for it in real if same(one.incident, it)]
        began += [
            it.event_time
            for it in heard
            if it.label.label > 0.5
            and it.deployment == one.incident.group.get("deployment")
            and one.incident.first_seen <= it.event_time <= one.incident.last_seen
        ]
        if began:
            # A keener rule may have been broken by records that came before those.
            yield max(0.0, one.found - min(*began, _began(one.incident)))


def _began(incident: Incident) -> float:
    first = incident.started_by
    return first.event_time if first is not None else incident.first_seen
