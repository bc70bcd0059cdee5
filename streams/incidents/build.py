"""The contents of an incident, from an episode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath

import msgspec

from streams.incidents.episodes import Past, Plan, RulePart
from streams.incidents.limits import limits_of
from streams.incidents.playbooks.fields import first_steps
from streams.incidents.playbooks.playbook import Playbooks
from streams.incidents.playbooks.reader import shipped
from streams.incidents.severity import explained, figures_of_windows, reckoned, share_of_few
from streams.incidents.states import RANK
from streams.records import Evidence, Incident, RuleFigures, Severity
from streams.rules.rule import Rule
from streams.words import clock, count, duration, group_words, listing, moment, shown_id

_FRESH_VERSION = 3600.0


class Joined(msgspec.Struct, frozen=True):
    """What the incidents that were merged into one add to it: the event time until which the
    last of them holds, the worst severity, and why it isn't over though people said so."""

    until: float
    severity: Severity
    why: str = ""


class Sight(msgspec.Struct, frozen=True):
    """What is known of a deployment when an incident is written.

    `versions` has the first event time of each model version; `newest` is the newest event
    time of all, and `reached` the time up to which event time counts as complete. `agreed` is
    the time that all source partitions have reached which aren't far behind. `playbooks` are those
    in force; None for those that come with outwatch.
    """

    deployment: str
    versions: Mapping[str, float]
    newest: float
    reached: float
    agreed: float
    published_at: float
    joined: Mapping[str, Joined] = {}
    playbooks: Playbooks | None = None

    @property
    def told_at(self) -> float:
        """When what is told now is known: by the clock, which is later than event time where
        records came late. A replay of what is past has event time alone."""
        return max(self.newest, self.published_at)


def build(
    incident_id: str, plan: Plan, group: dict[str, str], whole: Past, sight: Sight
) -> Incident:
    """An open incident as an episode stands: the same for the same panes."""
    parts = {id_: part for id_, part in whole.rules.items() if id_ in plan.rules}
    rules = [rule for rule in plan.rules.values() if rule.id in parts]
    lead = max(rules, key=lambda rule: RANK[rule.severity])
    figures = [_figures(rule, parts[rule.id]) for rule in rules]
    lead_figures = figures[rules.index(lead)]
    first = whole.details.first
    seen = set(whole.details.versions.kept)
    if first is not None:
        note = _started_note(first, sight.versions)
    else:
        arrived = _arrival(sight.versions, whole.start - plan.window, whole.end)
        note = _arrival_note(arrived, sight.versions) if arrived else ""
        seen |= {arrived} if arrived else set()
    users = whole.details.users
    # Rules may have counted the same records, so the most of one rule are surely different;
    # and no record is of two users.
    records = max(len(users.kept), *(part.above for part in parts.values()))
    tenants = sorted(whole.details.tenants.kept)
    last_seen = min(whole.end, max(sight.newest, whole.start))
    what = lead.condition.headline(lead, lead_figures)
    title = lead.condition.title(lead, lead_figures)
    own = sight.playbooks.severity(plan.name, sight.deployment) if sight.playbooks else None
    reckoning = reckoned(
        plan.name,
        rules,
        {
            "users": len(users.kept),
            "tenants": len(tenants),
            "records": records,
            "score": max((one.score for one in whole.details.top), default=0.0),
            **_spread(parts.values()),
        },
        users.capped,
        limits_of(plan.name, own.severity) if own is not None else None,
        PurePath(own.source).name if own is not None else "",
        _few(rules, parts),
    )
    incident = Incident(
        id=incident_id,
        page_key=incident_id,
        revision=1,
        change="opened",
        state="open",
        severity=reckoning.found,
        playbook=plan.name,
        title=f"{title} on {group_words(group)}: {what}",
        summary="",
        group=group,
        first_seen=first.event_time if first is not None else whole.start,
        last_seen=last_seen,
        last_record=whole.details.last,
        window_seconds=lead.window,
        rules=figures,
        started_by=first,
        started_note=note,
        evidence=whole.details.top,
        records_above=records,
        users=len(users.kept),
        users_capped=users.capped,
        user_hashes=sorted(users.kept),
        tenants=tenants,
        model_versions=sorted(seen),
        published_at=sight.published_at,
        severity_why=explained(reckoning, []),
        reckoning=reckoning,
    )
    summary = _summary(incident, rules, rough=whole.details.rough)
    steps = _next_steps(incident, lead, sight.playbooks)
    return msgspec.structs.replace(incident, summary=summary, next_steps=steps)


def _spread(parts: Iterable[RulePart]) -> dict[str, float]:
    """How far the rules' windows show that it reached, and how it grew."""
    windows = [(part.opening, part.worst) for part in parts]
    return figures_of_windows(
        [worst.figure for _, worst in windows if worst is not None],
        [(first.figure, last.figure) for first, last in windows if first and last],
    )


def _few(rules: Iterable[Rule], parts: Mapping[str, RulePart]) -> tuple[int, int]:
    """The share of a window that has too few answers for its share to count."""
    # A rule that one record breaks has windows in which there is hardly another.
    windows = [parts[rule.id].worst for rule in rules if not rule.condition.at_once]
    return share_of_few([one.figure for one in windows if one is not None])


def _figures(rule: Rule, part: RulePart) -> RuleFigures:
    worst = part.worst
    if worst is None:
        return RuleFigures(
            rule=rule.id,
            condition=rule.condition.kind,
            signal=rule.signal,
            value=rule.condition.threshold,
            threshold=rule.condition.threshold,
            records=0,
            above=part.above,
            window_start=0.0,
            window_end=0.0,
            total=part.above,
        )
    return RuleFigures(
        rule=rule.id,
        condition=rule.condition.kind,
        signal=rule.signal,
        value=worst.figure.value,
        threshold=rule.condition.threshold,
        records=max(worst.figure.judged, worst.figure.above),
        above=worst.figure.above,
        window_start=worst.start,
        window_end=worst.end,
        notes=list(worst.figure.notes),
        total=part.above,
    )


def _started_note(first: Evidence | None, versions: Mapping[str, float]) -> str:
    """Which model version came shortly before, if one did."""
    if first is None or first.model_version is None:
        return ""
    since = versions.get(first.model_version)
    if since is None:
        return ""
    earlier = sorted((at, name) for name, at in versions.items() if at < since)
    age = max(0.0, first.event_time - since)
    if not earlier or age > _FRESH_VERSION:
        return ""
    return (
        f"Model version {first.model_version} was first seen {duration(age)} before "
        f"(until then: {earlier[-1][1]})."
    )


def _arrival(versions: Mapping[str, float], start: float, end: float) -> str:
    """The first model version that came within a time, where there were others before; or ""."""
    came = sorted((at, name) for name, at in versions.items() if start <= at <= end)
    return came[0][1] if came and min(versions.values()) < came[0][0] else ""


def _arrival_note(version: str, versions: Mapping[str, float]) -> str:
    since = versions[version]
    before = max((at, name) for name, at in versions.items() if at < since)[1]
    return f"Model version {version} came at {moment(since)} (until then: {before})."


def _summary(incident: Incident, rules: list[Rule], *, rough: bool) -> str:
    sentences = []
    for rule, figures in zip(rules, incident.rules, strict=True):
        title = rule.condition.title(rule, figures)
        between = _between(incident, rule, figures)
        sentences.append(f"{title}: {rule.condition.headline(rule, figures)}{between}.")
    if incident.records_above:
        what = "records are" if incident.records_above > 1 else "record is"
        sentences.append(f"So far {incident.records_above:,} {what} affected.")
    if incident.users:
        least = "At least " if incident.users_capped else ""
        whom = f"{least}{count(incident.users, 'user')}"
        if incident.tenants:
            named = listing([*map(shown_id, incident.tenants)])
            whom += f" of {count(len(incident.tenants), 'tenant')} ({named})"
        sentences.append(f"{whom} met it.")
    if incident.started_by is not None:
        first = incident.started_by
        later = ", or with one soon after" if rough else ""
        began = f"It began with record {shown_id(first.record_id)} at {moment(first.event_time)}"
        sentences.append(f"{began}{later}.")
    if incident.started_note:
        sentences.append(incident.started_note)
    return " ".join(sentences)


def _between(incident: Incident, rule: Rule, figures: RuleFigures) -> str:
    """When what a headline tells of was; it says so where that was the worst window of several.
    "" for a single record, of which the time is told anyway."""
    times = rule.condition.times(figures)
    if times is None and incident.records_above <= 1:
        return ""
    start, end = times or (incident.first_seen, incident.last_seen)
    worst = "at worst " if times is not None and figures.total > figures.above else ""
    shown = clock(end) if moment(start)[:10] == moment(end)[:10] else moment(end)
    return f" ({worst}between {moment(start)} and {shown})"


def _next_steps(incident: Incident, rule: Rule, playbooks: Playbooks | None) -> list[str]:
    """The first steps of the playbook, filled in; then what its leading rule asks for."""
    steps = first_steps(incident, shipped() if playbooks is None else playbooks)
    if rule.condition.ask and not incident.started_note:
        steps.append(rule.condition.ask)
    steps.append(
        f"If the limit is wrong, change rule {rule.id}: outwatch rules show --only {rule.id}"
    )
    return steps
