"""What came again, how many were false alarms, how long it took, and what is still to be done."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streams.incidents.follow_ups import ActionItem, action_items, postmortems
from streams.incidents.postmortem.page import ago, same_kind
from streams.incidents.postmortem.times import MEASURES, Times, times_of
from streams.incidents.states import OPEN, SEVERITIES
from streams.records import FalseAlarmReason, Incident


class Median(msgspec.Struct, frozen=True):
    """The middle of what incidents took, in seconds (None where it is known of none), and of how
    many it is known; why it isn't of the others, by how many."""

    seconds: float | None
    of: int
    left_out: dict[str, int] = {}


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """The newest earlier incident of the same kind and deployment, how long before that was, and
    where its post-mortem stands ("" where that isn't known)."""

    id: str
    first_seen: float
    after: str
    postmortem: str
    open_actions: int


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of incident that came again on one deployment: those within the time, the newest
    first, and the one before the first of them."""

    playbook: str
    deployment: str
    ids: tuple[str, ...]
    rules: tuple[str, ...]
    earlier: Earlier | None


class OpenAction(msgspec.Struct, frozen=True, kw_only=True):
    """An action that is still to be done, and of which incident; `days_late` is 0 for one that
    isn't due."""

    incident: str
    title: str
    action: ActionItem
    days_late: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents that began from `since` to `until` (seconds since the epoch), in numbers.

    `not_counted` are those that were merged or withdrawn. `false_alarm_share` is of those that are
    over, None where none is. `medians` are of those that were no false alarms.
    """

    since: float
    until: float
    incidents: int
    open: int
    not_counted: dict[str, int]
    by_severity: dict[str, int]
    by_playbook: dict[str, int]
    false_alarms: int
    false_alarm_share: float | None
    false_alarm_reasons: dict[FalseAlarmReason, int]
    medians: dict[str, Median]
    again: list[Again]
    open_actions: list[OpenAction]


def report(known: Mapping[str, Incident], since: float, now: float) -> Report:
    """The report on incidents that began since a time; earlier ones say what came again."""
    standing = [one for one in known.values() if one.state != "withdrawn" and not one.merged_into]
    within = [one for one in standing if since <= one.first_seen <= now]
    real = [one for one in within if one.state != "false_alarm"]
    false = [one for one in within if one.state == "false_alarm"]
    over = [one for one in within if one.state not in OPEN]
    by_severity = Counter(one.severity for one in within)
    reasons = Counter(
        [result.act.reason for result in one.acts if result.act.reason is not None][-1]
        for one in false
        if any(result.act.reason is not None for result in one.acts)
    )
    return Report(
        since=since,
        until=now,
        incidents=len(within),
        open=len(within) - len(over),
        not_counted=dict(
            Counter(
                "merged into others" if one.merged_into else "withdrawn"
                for one in known.values()
                if (one.merged_into or one.state == "withdrawn") and since <= one.first_seen <= now
            )
        ),
        by_severity={name: by_severity[name] for name in SEVERITIES if by_severity[name]},
        by_playbook=dict(Counter(one.playbook for one in within).most_common()),
        false_alarms=len(false),
        false_alarm_share=len(false) / len(over) if over else None,
        false_alarm_reasons=dict(reasons.most_common()),
        medians=_medians(real, len(false)),
        again=_again(real, standing),
        open_actions=_open_actions(standing, now),
    )


def _medians(incidents: Sequence[Incident], false_alarms: int) -> dict[str, Median]:
    times = [times_of(one) for one in incidents]
    found = {}
    for name, measure in MEASURES:
        took = [seconds for one in times if (seconds := measure(one)) is not None]
        left_out = Counter(_why_not(name, one) for one in times if measure(one) is None)
        if false_alarms:
            left_out["false alarms"] = false_alarms
        if times:
            middle = statistics.median(took) if took else None
            found[name] = Median(middle, len(took), dict(left_out.most_common()))
    return found


def _why_not(name: str, times: Times) -> str:
    """Why how long something took isn't known of an incident."""
    start = times.began if name == "detect" else times.found
    end = {
        "detect": times.found,
        "acknowledge": times.acknowledged,
        "contain": times.contained,
        "resolve": times.resolved,
    }[name]
    if end.at is None:
        return end.field
    if start.at is None:
        return start.field
    if end.field in ("resolved_at", "last_seen"):
        return "it was over before it was found, as its records came late"
    return "it ended before it began, as clocks differ"


def _again(within: Sequence[Incident], standing: Sequence[Incident]) -> list[Again]:
    groups: dict[tuple[str, str], list[Incident]] = {}
    for one in within:
        groups.setdefault((one.playbook, one.group.get("deployment", "")), []).append(one)
    found = []
    for (playbook, deployment), these in groups.items():
        these.sort(key=lambda one: (one.first_seen, one.id))
        before = [one for one in standing if same_kind(one, these[0])]
        if len(these) < 2 and not before:
            continue
        found.append(
            Again(
                playbook=playbook,
                deployment=deployment,
                ids=tuple(one.id for one in reversed(these)),
                rules=tuple(sorted({figures.rule for one in these for figures in one.rules})),
                earlier=_earlier(before, these[0]),
            )
        )
    return sorted(found, key=lambda one: (-len(one.ids), one.playbook, one.deployment))


def _earlier(before: Iterable[Incident], first: Incident) -> Earlier | None:
    last = max(before, key=lambda one: (one.first_seen, one.id), default=None)
    if last is None:
        return None
    return Earlier(
        id=last.id,
        first_seen=last.first_seen,
        after=ago(first.first_seen - last.first_seen),
        postmortem=next(iter(postmortems(last.acts)[-1:]), ""),
        open_actions=sum(item.open for item in action_items(last.acts)),
    )


def _open_actions(incidents: Iterable[Incident], now: float) -> list[OpenAction]:
    found = {
        item.id: OpenAction(
            incident=one.id, title=one.title, action=item, days_late=item.days_late(now)
        )
        for one in incidents
        for item in action_items(one.acts)
        if item.open
    }
    return sorted(found.values(), key=lambda one: (one.action.due, one.incident, one.action.number))
