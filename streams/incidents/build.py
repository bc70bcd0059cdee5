"""The contents of an incident, from an episode."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from streams.builtin_signals import DETECTOR_ERROR
from streams.incidents.episodes import Past, Plan, RulePart
from streams.incidents.states import RANK
from streams.place import pointer
from streams.records import Evidence, Incident, RuleFigures, Severity
from streams.rules.rule import Rule
from streams.words import clock, count, duration, group_words, listing, moment

_FRESH_VERSION = 3600.0
_MEANING: dict[Severity, str] = {
    "critical": "Everybody is paged.",
    "high": "The on-call is paged.",
    "low": "It can wait for the morning.",
}


class Sight(msgspec.Struct, frozen=True):
    """What is known of a deployment when an incident is written.

    `versions` has the first event time of each model version; `newest` is the newest event
    time of all, and `reached` the time up to which event time counts as complete. `agreed` is
    the time that all source partitions have reached which aren't far behind.
    """

    deployment: str
    versions: Mapping[str, float]
    newest: float
    reached: float
    agreed: float
    published_at: float


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
    incident = Incident(
        id=incident_id,
        page_key=incident_id,
        revision=1,
        change="opened",
        state="open",
        severity=lead.severity,
        playbook=plan.name if lead.playbook else "",
        title=f"{lead.title} on {group_words(group)}: {what}",
        summary="",
        group=group,
        first_seen=whole.start,
        last_seen=last_seen,
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
        next_steps=_next_steps(lead, first, whole.details.top, note),
        published_at=sight.published_at,
    )
    summary = _summary(incident, rules, rough=whole.details.rough)
    return msgspec.structs.replace(incident, summary=summary)


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
        between = f"between {moment(figures.window_start)} and {clock(figures.window_end)}"
        sentences.append(f"{rule.title}: {rule.condition.headline(rule, figures)} ({between}).")
    if incident.records_above:
        what = "records are" if incident.records_above > 1 else "record is"
        sentences.append(f"So far {incident.records_above:,} {what} affected.")
    if incident.users:
        least = "At least " if incident.users_capped else ""
        whom = f"{least}{count(incident.users, 'user')}"
        if incident.tenants:
            whom += f" of {count(len(incident.tenants), 'tenant')} ({listing(incident.tenants)})"
        sentences.append(f"{whom} met it.")
    if incident.started_by is not None:
        first = incident.started_by
        later = ", or with one soon after" if rough else ""
        began = f"It began with record {first.record_id} at {moment(first.event_time)}"
        sentences.append(f"{began}{later}.")
    if incident.started_note:
        sentences.append(incident.started_note)
    sentences.append(_MEANING[incident.severity])
    return " ".join(sentences)


def _next_steps(rule: Rule, first: Evidence | None, top: list[Evidence], note: str) -> list[str]:
    steps = []
    if first is not None:
        steps.append(f"See what started it: outwatch show {pointer(first)}")
    if top and (first is None or pointer(top[0]) != pointer(first)):
        steps.append(f"See the worst record: outwatch show {pointer(top[0])}")
    if steps:
        steps.append("Only if the masked text isn't enough, add --raw to see the original.")
    if note:
        steps.append("Ask who released the new model version, and consider rolling it back.")
    if rule.signal == DETECTOR_ERROR:
        steps.append("Read the worker's log: until detectors work again, other rules see less.")
    if rule.condition.ask and not note:
        steps.append(rule.condition.ask)
    steps.append(f"If the limit is wrong, change rule {rule.id}: outwatch rules check FILE")
    return steps
