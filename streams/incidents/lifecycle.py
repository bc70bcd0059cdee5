"""What to publish: the difference between the episodes as they are and as last published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from streams.incidents.build import Sight, build
from streams.incidents.episodes import Cause, Episode, Published, incident_id
from streams.incidents.states import CLOSED, OPEN, TAKEN
from streams.records import Change, Incident, IncidentState, LogEntry

_GROWTH = 2
_READ_EVERY = 30.0
_MOST_LOG = 40
_SETTLE = 1.0


def changes(cause: Cause, sight: Sight, *, final: bool = False) -> list[Incident]:
    """The events that bring what is published up to the cause's episodes, in order.

    While an episode lasts it is published again only for something a person would act on: a
    rule more, another severity, twice the records or users, a model version, or half the
    hold time gone by. With `final` every difference is published, and nothing waits.
    """
    group = cause.group(sight.deployment)
    plan = cause.plan
    events: list[Incident] = []
    by_slot = {plan.slot(one.first): one for one in cause.episodes()}
    if cause.edits:
        by_slot, events = _edit(cause, by_slot, sight)
    elif any(known.slot is None for known in cause.published.values()):
        _rebind(cause, by_slot)
    bound = _bound(cause)
    lost = [known for known in cause.published.values() if known.standing and not known.frozen]
    lost = [known for known in lost if known.slot not in by_slot]
    pending = set()
    for slot, episode in by_slot.items():
        replaced = [known for known in lost if _near(known, episode, plan.hold)]
        lost = [known for known in lost if known not in replaced]
        known = bound.get(slot)
        if known is None or not known.standing or replaced:
            id_ = known.incident.id if known else _new_id(cause, group, slot)
            if not final and not cause.edits and _waits(cause, id_, episode, sight):
                pending.add(id_)
                continue
            events += _open(cause, id_, episode, replaced, sight)
            known = cause.published[id_]
        elif (event := _update(cause, known, episode, sight, final)) is not None:
            events.append(event)
        if (event := _settle(cause, known, episode, sight)) is not None:
            events.append(event)
    events += [_withdraw(known, "", sight) for known in lost]
    cause.pending = {id_: at for id_, at in cause.pending.items() if id_ in pending}
    cause.edits = {}
    return events


def edited(edits: Mapping[str, str], rules: Iterable[str]) -> str:
    """What was changed about some rules, or about any where nothing was about these."""
    words = {id_: edits[id_] for id_ in sorted({*rules} & edits.keys()) or sorted(edits)}
    return "Rules changed: " + "; ".join(f"{id_}: {words[id_]}" for id_ in words)


def _edit(
    cause: Cause, by_slot: dict[float, Episode], sight: Sight
) -> tuple[dict[float, Episode], list[Incident]]:
    """Tells open incidents what was changed about their rules.

    One whose episode is still there under the new rules goes on under its id, any other is
    resolved. Gives the episodes that are still of interest, and the events.
    """
    events: list[Incident] = []
    opened = [known for known in cause.published.values() if not known.frozen]
    for known in opened:
        known.slot = None
    _rebind(cause, by_slot)
    for known in opened:
        rules = [figures.rule for figures in known.incident.rules]
        note = edited(cause.edits, rules)
        episode = by_slot.get(known.slot) if known.slot is not None else None
        if episode is None:
            event = close(known, note, sight)
            known.frozen = True
            events += [event] if event else []
        else:
            # Of what was one episode, a shorter hold time may make several.
            before = [one for one in by_slot.values() if known.start < one.end < episode.start]
            cause.settle(max((one.end for one in before), default=cause.since))
            by_slot = {slot: one for slot, one in by_slot.items() if one not in before}
            if {*rules} & cause.edits.keys():
                _refresh(cause, known, episode, sight)
                state = known.incident.state
                events.append(_revise(known, "updated", state, note, sight))
    return by_slot, events


def _new_id(cause: Cause, group: Mapping[str, str], slot: float) -> str:
    again = 0
    while (id_ := incident_id(cause.plan.name, group, slot, again)) in cause.published:
        again += 1
    return id_


def _bound(cause: Cause) -> dict[float, Published]:
    """Incidents by the slot of their episode, those that stand before those withdrawn."""
    order = sorted(cause.published.values(), key=lambda known: known.standing)
    return {one.slot: one for one in order if one.slot is not None and not one.frozen}


def _rebind(cause: Cause, by_slot: Mapping[float, Episode]) -> None:
    """Gives the episodes that they are about to incidents whose slots aren't known.

    So an incident that was open when outwatch was upgraded, or rules were changed, goes on
    under its id.
    """
    unknown = [one for one in cause.published.values() if one.slot is None and not one.frozen]
    free = dict(by_slot)
    for slot in _bound(cause):
        free.pop(slot, None)
    for known in sorted(unknown, key=lambda known: (known.standing, known.end), reverse=True):
        near = [slot for slot, one in free.items() if _near(known, one, cause.plan.hold)]
        slot = max(near, key=lambda one: (_common(known, free[one]), one), default=known.start)
        known.slot = slot
        free.pop(slot, None)


def _common(known: Published, episode: Episode) -> float:
    return min(known.end, episode.end) - max(known.start, episode.start)


def _waits(cause: Cause, id_: str, episode: Episode, sight: Sight) -> bool:
    """Whether to open an incident a moment later, when all source partitions got that far.

    Each of them may still bring earlier records that belong to it, and so another id: a wait
    of at most `_SETTLE` seconds spares most of those corrections.
    """
    since = cause.pending.setdefault(id_, sight.published_at)
    if sight.agreed < episode.start and sight.published_at - since < _SETTLE:
        return True
    del cause.pending[id_]
    return False


def close(published: Published, note: str, sight: Sight) -> Incident | None:
    """Resolves an incident whose windows are no longer watched; None if it isn't open."""
    if published.incident.state not in OPEN:
        return None
    return _revise(published, "resolved", "resolved", note, sight, resolved_at=sight.newest)


def take_human(published: Published, incident: Incident) -> None:
    """Takes over what a person made of an incident: its state, its log and its revision."""
    log = {(entry.at, entry.who, entry.what): entry for entry in published.incident.log}
    log |= {(entry.at, entry.who, entry.what): entry for entry in incident.log}
    published.human = human_state(incident)
    standing = published.human or ("open" if incident.state in OPEN else published.incident.state)
    published.incident = msgspec.structs.replace(
        published.incident,
        state=standing,
        revision=max(published.incident.revision, incident.revision),
        log=[log[key] for key in sorted(log, key=lambda key: key[0])],
    )


def human_state(incident: Incident) -> IncidentState | None:
    """The state that a person gave an incident, if one did.

    Only people acknowledge, contain, and call a false alarm; who resolved it, the log tells.
    """
    if incident.state in TAKEN or incident.state == "false_alarm":
        return incident.state
    by_person = bool(incident.log) and incident.log[-1].who != "outwatch"
    return "resolved" if incident.state == "resolved" and by_person else None


def _near(known: Published, episode: Episode, hold: float) -> bool:
    return known.start - episode.end <= hold and episode.start - known.end <= hold


def _open(
    cause: Cause, id_: str, episode: Episode, replaced: list[Published], sight: Sight
) -> list[Incident]:
    """Publishes an episode under an id that isn't standing, or that takes over from others."""
    incident = build(id_, cause.plan, cause.group(sight.deployment), cause.whole(episode), sight)
    before = cause.published.get(id_)
    replaced = sorted(replaced, key=lambda known: known.start)
    heirs = ([before] if before is not None and before.standing else []) + replaced
    old_ids = [known.incident.id for known in replaced]
    note = incident.title if not replaced else f"Takes over from {', '.join(old_ids)}"
    log = [entry for known in heirs for entry in known.incident.log]
    if cause.edits:
        note = f"{note}. {edited(cause.edits, [one.rule for one in incident.rules])}"
    human = next((known.human for known in heirs if known.human), None)
    published = Published(
        msgspec.structs.replace(
            incident,
            page_key=heirs[0].incident.page_key if heirs else id_,
            revision=before.incident.revision + 1 if before else 1,
            change="updated" if before is not None and before.standing else "opened",
            state=human or "open",
            replaces=sorted({*(before.incident.replaces if before else ()), *old_ids}),
            log=_trimmed([*log, LogEntry(at=sight.newest, what=note)]),
        ),
        episode.start,
        episode.end,
        human,
        sight.newest,
        cause.plan.slot(episode.first),
    )
    cause.published[id_] = published
    return [published.incident, *(_withdraw(known, id_, sight) for known in replaced)]


def _update(
    cause: Cause, known: Published, episode: Episode, sight: Sight, final: bool
) -> Incident | None:
    """Publishes an episode again if it changed in a way that matters."""
    if known.human in CLOSED:
        known.end = episode.end
        return None
    plan, old = cause.plan, known.incident
    rules = tuple(sorted(figures.rule for figures in old.rules))
    moved = abs(episode.end - known.end) >= plan.hold / 2 > 0
    if not (final or moved or rules != episode.rules or sight.newest - known.read >= _READ_EVERY):
        return None
    known.read = sight.newest
    new = build(old.id, plan, old.group, cause.whole(episode), sight)
    reasons = []
    if new.severity != old.severity:
        reasons.append(f"Severity {old.severity} becomes {new.severity}")
    more = sorted({one.rule for one in new.rules} - set(rules))
    if more:
        reasons.append(f"Rules broken too: {', '.join(more)}")
    if new.records_above >= _GROWTH * max(1, old.records_above):
        reasons.append(f"{new.records_above:,} records, {old.records_above:,} before")
    if new.users >= _GROWTH * max(2, old.users):
        reasons.append(f"{new.users:,} users, {old.users:,} before")
    if not set(new.model_versions) <= set(old.model_versions):
        reasons.append("Another model version is affected")
    if not reasons and moved:
        reasons.append("It goes on")
    if not reasons and (
        {one.rule for one in new.rules} != set(rules) or (final and _differs(old, new))
    ):
        reasons.append("Figures brought up to date")
    if not reasons:
        return None
    known.end = episode.end
    known.incident = msgspec.structs.replace(
        new,
        page_key=old.page_key,
        replaces=old.replaces,
        resolved_at=old.resolved_at,
        state=old.state,
        log=old.log,
        revision=old.revision,
    )
    return _revise(known, "updated", old.state, "; ".join(reasons), sight)


def _refresh(cause: Cause, known: Published, episode: Episode, sight: Sight) -> None:
    """Brings the contents of an incident up to those of its episode."""
    old = known.incident
    new = build(old.id, cause.plan, old.group, cause.whole(episode), sight)
    known.start, known.end, known.read = episode.start, episode.end, sight.newest
    known.incident = msgspec.structs.replace(
        new,
        page_key=old.page_key,
        replaces=old.replaces,
        state=old.state,
        log=old.log,
        revision=old.revision,
    )


def _differs(old: Incident, new: Incident) -> bool:
    return any(
        getattr(old, field) != getattr(new, field)
        for field in ("summary", "rules", "last_seen", "evidence", "started_by", "user_hashes")
    )


def _settle(cause: Cause, known: Published, episode: Episode, sight: Sight) -> Incident | None:
    """Resolves an incident whose episode is over, or opens it again if it isn't after all."""
    over = sight.reached > episode.end + cause.plan.hold
    state = known.incident.state
    if over and state in OPEN:
        _refresh(cause, known, episode, sight)
        calm = f"Within the limits for {cause.plan.hold:g} s"
        return _revise(known, "resolved", "resolved", calm, sight, resolved_at=sight.reached)
    if not over and state == "resolved" and known.human is None:
        return _revise(known, "updated", "open", "It goes on after all", sight, resolved_at=None)
    return None


def _withdraw(known: Published, replaced_by: str, sight: Sight) -> Incident:
    if replaced_by:
        note = f"Goes on as {replaced_by}: late records moved its beginning"
    else:
        note = "Withdrawn: with all records counted, no window exceeds the limits"
    return _revise(known, "withdrawn", "withdrawn", note, sight, replaced_by=replaced_by or None)


def _revise(
    known: Published,
    change: Change,
    state: IncidentState,
    note: str,
    sight: Sight,
    **fields: object,
) -> Incident:
    old = known.incident
    known.incident = msgspec.structs.replace(
        old,
        change=change,
        state=state,
        revision=old.revision + 1,
        published_at=sight.published_at,
        log=_trimmed([*old.log, LogEntry(at=sight.newest, what=note)]),
        **fields,
    )
    return known.incident


def _trimmed(log: list[LogEntry]) -> list[LogEntry]:
    """The first entry and the newest ones."""
    return log if len(log) <= _MOST_LOG else [log[0], *log[1 - _MOST_LOG :]]
