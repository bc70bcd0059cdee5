"""A limit for a signal, from what people said of records; and what it would have changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from streams.labels.figures import Figures, figures
from streams.labels.label import Label, Scored, tally
from streams.offline.backtest import Opened
from streams.offline.measure import false_alarm, same
from streams.place import pointer
from streams.records import Incident
from streams.rules.rule import Rule, RuleSet

AT_LEAST = 50
"""Labels of a signal in a deployment without which no limit is proposed."""

AT_LEAST_EACH = 10
"""So many of them must say yes, and so many no."""

_DRAWS = 400
_WRONG = ("limit_too_sensitive", "detector_wrong")

_Floats = npt.NDArray[np.float64]


class Proposal(msgspec.Struct, frozen=True):
    """A limit for a signal in a deployment, in [0, 1], with a 95 % interval.

    `why_not` says why there is none; then `limit` is None. `figures` are those at the limit.
    """

    deployment: str
    signal: str
    labels: int
    positive: int
    limit: float | None = None
    low: float = 0.0
    high: float = 0.0
    figures: Figures | None = None
    why_not: str = ""
    tied: int = 0

    @property
    def tally(self) -> str:
        """The labels in words."""
        return tally(self.labels, self.positive, self.tied)


class Effect(msgspec.Struct, frozen=True):
    """What a limit would have done to past incidents.

    `spared` people called false alarms or labelled so, `missed` they confirmed, and of `unjudged`
    nobody said anything. `added` are those that it opens more.
    """

    spared: tuple[Opened, ...] = ()
    missed: tuple[Opened, ...] = ()
    unjudged: tuple[Opened, ...] = ()
    added: tuple[Opened, ...] = ()


def proposals(
    scored: Iterable[Scored], precision: float | None = None, at_least: int = AT_LEAST
) -> list[Proposal]:
    """A limit for each deployment and signal that labels are about: the one with the best balance
    of precision and recall (F1), or the lowest with a precision of at least so much."""
    groups: dict[tuple[str, str], list[Scored]] = {}
    for one in scored:
        groups.setdefault((one.deployment, one.label.signal), []).append(one)
    return [_proposal(*key, groups[key], precision, at_least) for key in sorted(groups)]


def changed(rules: RuleSet, proposal: Proposal) -> list[Rule]:
    """The rules that a limit is about, with it in its deployment."""
    if proposal.limit is None:
        return []
    name, limit = proposal.deployment, proposal.limit
    return [
        msgspec.structs.replace(
            rule,
            record_above_in=tuple(sorted((dict(rule.record_above_in) | {name: limit}).items())),
        )
        for rule in rules.rules
        if rule.signal == proposal.signal
        and rule.covers(name)
        and not (type(rule.condition).own_bar or type(rule.condition).baseline)
    ]


def effect(
    before: Sequence[Opened],
    after: Sequence[Opened],
    past: Sequence[Incident],
    scored: Sequence[Scored],
) -> Effect:
    """What came of a change, by what people said of incidents, or else of records in them."""
    gone = [one for one in before if not _still(one, after)]
    verdicts = {one.incident.id: _confirmed(one.incident, past, scored) for one in gone}
    return Effect(
        spared=tuple(one for one in gone if verdicts[one.incident.id] is False),
        missed=tuple(one for one in gone if verdicts[one.incident.id] is True),
        unjudged=tuple(one for one in gone if verdicts[one.incident.id] is None),
        added=tuple(one for one in after if not _still(one, before)),
    )


def from_false_alarms(incidents: Iterable[Incident]) -> list[Label]:
    """What people said of records by closing incidents as false alarms: those shown as evidence
    aren't what their signal says. One that was expected, or a duplicate, says nothing of them."""
    found: dict[tuple[str, str], Label] = {}
    for incident in incidents:
        if not false_alarm(incident):
            continue
        acts = [
            one.act
            for one in incident.acts
            if one.outcome == "applied" and one.act.kind == "false_alarm"
        ]
        if not acts or acts[-1].reason not in _WRONG:
            continue
        shown = [one for one in (incident.started_by, *incident.evidence) if one is not None]
        for one in shown:
            place = pointer(one)
            found[place, one.signal] = Label(
                signal=one.signal,
                label=0.0,
                place=place,
                reviewer=acts[-1].actor,
                deployment=incident.group.get("deployment", ""),
            )
    return list(found.values())


def _proposal(
    deployment: str,
    signal: str,
    scored: Sequence[Scored],
    precision: float | None,
    at_least: int,
) -> Proposal:
    positive = sum(one.label.label > 0.5 for one in scored)
    tied = sum(one.label.tied for one in scored)
    said = Proposal(deployment, signal, len(scored), positive, tied=tied)
    if len(scored) < at_least:
        return msgspec.structs.replace(said, why_not=f"fewer than {at_least} labels")
    for kind, number in (("say yes", positive), ("say no", len(scored) - positive - tied)):
        if number < AT_LEAST_EACH:
            return msgspec.structs.replace(said, why_not=f"fewer than {AT_LEAST_EACH} {kind}")
    scores = np.array([one.score for one in scored])
    labels = np.array([one.label.label for one in scored])
    weights = np.array([one.label.weight for one in scored])
    limit = _limit(scores, labels, weights, precision)
    if limit is None:
        why = f"no limit has a precision of {precision:g}"
        return msgspec.structs.replace(said, why_not=why)
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(_DRAWS):
        chosen = rng.integers(0, len(scores), len(scores))
        one = _limit(scores[chosen], labels[chosen], weights[chosen], precision)
        # Where a draw has no such limit, only a higher one than all would do.
        drawn.append(1.0 if one is None else one)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return msgspec.structs.replace(
        said,
        limit=limit,
        low=min(round(float(low), 4), limit),
        high=max(round(float(high), 4), limit),
        figures=figures(scored, limit),
    )


def _limit(
    scores: _Floats, labels: _Floats, weights: _Floats, precision: float | None
) -> float | None:
    """The best limit, half way between two scores; None where none will do."""
    order = np.argsort(-scores, kind="stable")
    scores, labels, weights = scores[order], labels[order], weights[order]
    found, all_ = np.cumsum(weights * labels), np.cumsum(weights)
    last = np.flatnonzero(np.append(scores[:-1] > scores[1:], True))
    hits, above = found[last], all_[last]
    if found[-1] <= 0:
        return None
    if precision is None:
        chosen = int(last[np.argmax(2 * hits / (above + found[-1]))])
    else:
        enough = np.flatnonzero(hits / above >= precision)
        if not len(enough):
            return None
        chosen = int(last[enough[-1]])
    # A record counts where its score exceeds the limit.
    below = scores[chosen + 1] if chosen + 1 < len(scores) else 0.0
    return round(float(scores[chosen] + below) / 2, 4)


def _still(one: Opened, others: Sequence[Opened]) -> bool:
    return any(
        one.incident.group == other.incident.group and same(one.incident, other.incident)
        for other in others
    )


def _confirmed(
    incident: Incident, past: Sequence[Incident], scored: Sequence[Scored]
) -> bool | None:
    """Whether people said that an incident was one; None where nobody did."""
    known = [one for one in past if one.state != "withdrawn" and same(incident, one)]
    if known:
        return any(not false_alarm(one) for one in known)
    signals = {figures.signal for figures in incident.rules}
    inside = [
        one.label.label
        for one in scored
        if one.label.signal in signals
        and one.deployment == incident.group.get("deployment")
        and incident.first_seen <= one.event_time <= incident.last_seen
    ]
    if any(label > 0.5 for label in inside):
        return True
    # A tie says nothing.
    return None if not inside or any(label == 0.5 for label in inside) else False
