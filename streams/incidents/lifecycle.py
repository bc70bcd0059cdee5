"""What to publish: the difference between the episodes as they are and as last published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streams.incidents import acts
from streams.incidents.build import Sight, build
from streams.incidents.episodes import Cause, Episode, Plan, Published, incident_id
from streams.incidents.mute import Figures, Mute
from streams.incidents.states import CLOSED, OPEN
from streams.records import (
    Act,
    ActResult,
    Change,
    Incident,
    IncidentState,
    LogEntry,
    Unwatched,
)
from streams.rules.conditions import kind_named
from streams.rules.edits import GONE
from streams.rules.panes import Aggregate
from streams.words import count, moment

_GROWTH = 2
_READ_EVERY = 30.0
_CHECK_EVERY = 30.0
_FIGURES = "Figures brought up to date"
_SETTLE = 1.0


def changes(cause: Cause, sight: Sight, *, final: bool = False) -> list[Incident]:
    """The events that bring what is published up to the cause's episodes, in order.

    While an episode lasts it is published again only for something a person would act on: a
    rule more, another severity, twice the records or users, a model version, or half the
    hold time gone by. Figures alone are brought up to date once in `_CHECK_EVERY` seconds of the
    clock at most, though no row follows, and after people ended it too. With `final` every
    difference is published, and nothing waits.
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
        replaced = [known for known in lost if _near(known, episode, plan)]
        lost = [known for known in lost if known not in replaced]
        known = bound.get(slot)
        if known is None and not replaced and _muted(cause, episode):
            continue
        if known is None or not known.standing or replaced:
            id_ = known.incident.id if known else _new_id(cause, group, slot)
            if not final and not cause.edits and _waits(cause, id_, episode, sight):
                pending.add(id_)
                continue
            events += _open(cause, id_, episode, replaced, sight)
            known = cause.published[id_]
        elif (event := _update(cause, known, episode, sight, final)) is not None:
            events.append(event)
        if (event := _settle(cause, known, episode, sight, final)) is not None:
            events.append(event)
    events += [_withdraw(known, "", sight) for known in lost]
    cause.pending = {id_: at for id_, at in cause.pending.items() if id_ in pending}
    cause.edits = {}
    return events


def edited(edits: Mapping[str, str], rules: Iterable[str]) -> str:
    """What was changed about some rules, or about any where nothing was about these."""
    words = {id_: edits[id_] for id_ in sorted({*rules} & edits.keys()) or sorted(edits)}
    return "Rules changed: " + "; ".join(f"{id_}: {words[id_]}" for id_ in words)


def unwatched(edits: Mapping[str, str], rules: Iterable[str]) -> Unwatched:
    """What is no longer watched of an incident of these rules that an edit of rules ended."""
    return "all" if all(edits.get(id_) == GONE for id_ in rules) else "changed"


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
            event = close(known, note, sight, unwatched(cause.edits, rules))
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
                gone = any(cause.edits.get(id_) == GONE for id_ in rules)
                lost: Unwatched = "part" if gone else known.incident.unwatched
                events.append(_revise(known, "updated", state, note, sight, unwatched=lost))
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
        near = [slot for slot, one in free.items() if _near(known, one, cause.plan)]
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


def close(
    published: Published, note: str, sight: Sight, lost: Unwatched = "all"
) -> Incident | None:
    """Resolves an incident whose windows are no longer watched; None if it isn't open."""
    if published.incident.state not in OPEN:
        return None
    return _revise(
        published,
        "resolved",
        "resolved",
        note,
        sight,
        resolved_at=sight.newest,
        unwatched=lost,
    )


def take_act(
    known: Published, act: Act, reached: float, published_at: float, unfit: str = ""
) -> None:
    """Lets an act change an incident, or be refused by it: in any case where it is `unfit`."""
    known.incident = acts.answer(known.incident, act, reached, published_at, unfit)
    known.human = acts.standing(known.incident.acts)


def _muted(cause: Cause, episode: Episode) -> bool:
    """Whether an episode is kept quiet by a false alarm."""
    return cause.muted is not None and not _breach(cause, episode)


def _breach(cause: Cause, episode: Episode) -> str:
    """Why an episode is more than the false alarm that was called; "" if it isn't."""
    if cause.muted is None:
        return ""
    return cause.muted.breach(episode.end, _figures(cause, episode))


def mute(cause: Cause, known: Published, seen: Figures, until: float) -> None:
    """Keeps the group of a false alarm quiet.

    Its figures are those that its author saw, or what has become of them by now. An earlier
    false alarm that still stood keeps what it covered.
    """
    figures = dict(seen)
    more = [
        _figures(cause, episode)
        for episode in cause.episodes()
        if cause.plan.slot(episode.first) == known.slot
    ]
    if cause.muted is not None and cause.muted.until >= known.start:
        more.append(cause.muted.figures)
    for one in more:
        for rule, (value, above) in one.items():
            before = figures.get(rule, (value, above))
            figures[rule] = max(before[0], value), max(before[1], above)
    cause.muted = Mute(known.incident.id, until, figures)


def _figures(cause: Cause, episode: Episode) -> Figures:
    worst = {id_: part.worst for id_, part in cause.whole(episode).rules.items()}
    return {id_: (one.figure.value, one.figure.above) for id_, one in worst.items() if one}


def _goes_on(cause: Cause, known: Published, episode: Episode, sight: Sight) -> str:
    """Why an incident that people ended isn't over, or that they contained goes on, in words; ""
    if it is so.

    What belongs to the stretch that they spoke of changes nothing, however late it comes: only
    a window that lies wholly after it does, or a model version that came after it. Answers that
    were under way when it was contained may come for a while.
    """
    joined = sight.joined.get(known.incident.id)
    if known.incident.merged_into:
        # That other one tells of it, if it is there.
        return joined.why if joined is not None else ""
    return stirs(cause, known, episode, known.incident.acts, sight.versions) or (
        joined.why if joined is not None else ""
    )


def stirs(
    cause: Cause,
    known: Published,
    episode: Episode,
    results: Sequence[ActResult],
    versions: Mapping[str, float],
) -> str:
    """What of an episode came after people ended or contained the incident with these acts; ""
    for nothing."""
    state = acts.standing(results)
    if state == "false_alarm":
        return _breach(cause, episode)
    ended = acts.last_state(results)
    if state not in ("resolved", "contained") or ended is None:
        return ""
    through = acts.spoken_through(results)
    if state == "contained":
        through += acts.STILL_COMING_S
    who = f"after {ended.act.actor} {state} it"
    fresh = {name for name, at in versions.items() if at > through}
    for rule_id, panes in episode.broken.items():
        aggregate = cause.aggregates[rule_id]
        for pane in panes:
            if aggregate.end(pane) <= through:
                continue
            details = aggregate.details.get(pane)
            if _lies_after(aggregate, pane, through):
                until = moment(aggregate.end(pane))
                return f"rule {rule_id} is broken by what came {who}, up to {until}"
            newer = sorted(fresh & set(details.versions.kept)) if details is not None else []
            if newer:
                return f"model version {newer[0]}, which came {who}, meets it"
    return ""


def _lies_after(aggregate: Aggregate, pane: int, through: float) -> bool:
    """Whether a window breaks a rule by what came after a time alone."""
    if aggregate.start(aggregate.first_of(pane)) > through:
        return True
    if not aggregate.rule.condition.at_once or aggregate.rule.panes > 1:
        return False
    # One record is enough: any of those that are known.
    details = aggregate.details.get(pane)
    times = [one.event_time for one in details.top] if details is not None else []
    return max((aggregate.found(pane), *times)) > through


def _open_again(
    cause: Cause, known: Published, episode: Episode, why: str, sight: Sight
) -> Incident:
    if known.human == "false_alarm" and cause.muted is not None:
        cause.muted = cause.muted.ended(episode.start)
    _refresh(cause, known, episode, sight)
    results = acts.automatic(known.incident, why, sight.newest)
    known.human = None
    return _revise(
        known,
        "updated",
        "open",
        f"Open again: {why}",
        sight,
        resolved_at=None,
        merged_into=None,
        # A pager that was told of its end is to page anew, not to go on from an older id.
        replaces=[],
        acts=results,
    )


def _near(known: Published, episode: Episode, plan: Plan) -> bool:
    """Whether they are no further apart than the hold time of whichever is the earlier."""
    before = plan.hold(one.rule for one in known.incident.rules)
    return (
        known.start - episode.end <= plan.hold(episode.rules)
        and episode.start - known.end <= before
    )


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
    inherited = acts.inherited(
        [known.incident for known in (*([before] if before else []), *replaced)]
    )
    incident = msgspec.structs.replace(incident, **inherited)
    incident = acts.carried(incident, incident, acts.found_of(incident))
    if cause.muted is not None and not heirs and (why := _breach(cause, episode)):
        note = f"{note}. {cause.muted.incident} was called a false alarm, but {why}"
        cause.muted = cause.muted.ended(episode.start)
    if cause.edits:
        note = f"{note}. {edited(cause.edits, [one.rule for one in incident.rules])}"
    human = acts.standing(incident.acts)
    ended = {"resolved_at": acts.spoken_through(incident.acts)} if human == "resolved" else {}
    published = Published(
        msgspec.structs.replace(
            incident,
            page_key=heirs[0].incident.page_key if heirs else id_,
            revision=_next_revision(before, incident.acts),
            change="updated" if before is not None and before.standing else "opened",
            state=human or "open",
            replaces=sorted({*(before.incident.replaces if before else ()), *old_ids}),
            reached=sight.newest,
            log=acts.trimmed([*log, LogEntry(at=sight.told_at, what=note)]),
            **ended,
        ),
        episode.start,
        episode.end,
        human,
        sight.newest,
        cause.plan.slot(episode.first),
        stale=False,
        checked=sight.published_at,
    )
    cause.published[id_] = published
    return [published.incident, *(_withdraw(known, id_, sight) for known in replaced)]


def _next_revision(before: Published | None, results: Sequence[ActResult]) -> int:
    """One after those of the incident, and of the acts that it takes over."""
    made = [one.revision for one in results]
    return 1 + max([before.incident.revision if before is not None else 0, *made])


def _update(
    cause: Cause, known: Published, episode: Episode, sight: Sight, final: bool
) -> Incident | None:
    """Publishes an episode again if it changed in a way that matters."""
    old = known.incident
    rules = tuple(sorted(figures.rule for figures in old.rules))
    # The clock may be put back.
    lags = known.stale and abs(sight.published_at - known.checked) >= _CHECK_EVERY
    if known.human in CLOSED:
        known.end = episode.end
        if why := _goes_on(cause, known, episode, sight):
            return _open_again(cause, known, episode, why, sight)
        due = False
    else:
        if known.human == "contained" and (why := _goes_on(cause, known, episode, sight)):
            known.end = episode.end
            return _open_again(cause, known, episode, why, sight)
        # The date may go back where the first rows' was far ahead.
        due = abs(sight.newest - known.read) >= _READ_EVERY or rules != episode.rules
    moved = abs(episode.end - known.end) >= cause.plan.hold(episode.rules) / 2 > 0
    if not (final or moved or due or lags):
        return None
    known.read = sight.newest
    new = _built(cause, old, episode, sight)
    if lags or final:
        known.stale, known.checked = False, sight.published_at
    reasons = []
    if new.severity != old.severity:
        reasons.append(f"Severity {old.severity} becomes {new.severity_why}")
    elif old.reckoning is not None and (found := acts.found_of(new)) != acts.found_of(old):
        reasons.append(f"By its figures it is {found} now, and {new.severity} as a person chose")
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
        reasons.append(f"It goes on{_so_far(new)}")
    if not reasons and {one.rule for one in new.rules} != set(rules):
        reasons.append(f"{_FIGURES}{_so_far(new)}")
    alone = not reasons
    if alone and not ((final or lags) and _differs(old, new)):
        return None
    known.end, known.stale, known.checked = episode.end, False, sight.published_at
    # One line for all of them: a long incident keeps what else its log says.
    again = alone and bool(old.log) and old.log[-1].what.startswith(_FIGURES)
    known.incident = msgspec.structs.replace(
        new,
        page_key=old.page_key,
        replaces=old.replaces,
        resolved_at=old.resolved_at,
        state=old.state,
        log=old.log[:-1] if again else old.log,
        revision=old.revision,
    )
    since, until = old.only_figures
    since = since if until == old.revision else old.revision
    span = (since, old.revision + 1) if alone else old.only_figures
    note = f"{_FIGURES}{_so_far(new)}" if alone else "; ".join(reasons)
    return _revise(known, "updated", old.state, note, sight, only_figures=span)


def _so_far(incident: Incident) -> str:
    """What an incident's figures are, to stand behind a word; "" where nothing is counted."""
    counts = ((incident.records_above, "record"), (incident.users, "user"))
    found = [count(number, what) for number, what in counts if number]
    if not found and incident.rules:
        lead = incident.rules[0]
        found = [kind_named(lead.condition).figures(lead)]
    return f": {', '.join(found)} so far" if found else ""


def _refresh(cause: Cause, known: Published, episode: Episode, sight: Sight) -> None:
    """Brings the contents of an incident up to those of its episode."""
    old = known.incident
    new = _built(cause, old, episode, sight)
    known.start, known.end, known.read = episode.start, episode.end, sight.newest
    known.stale, known.checked = False, sight.published_at
    known.incident = msgspec.structs.replace(
        new,
        page_key=old.page_key,
        replaces=old.replaces,
        state=old.state,
        log=old.log,
        revision=old.revision,
    )


def _built(cause: Cause, old: Incident, episode: Episode, sight: Sight) -> Incident:
    """The incident as its episode stands, with what people made of it and merged into it."""
    joined = sight.joined.get(old.id)
    new = build(old.id, cause.plan, old.group, cause.whole(episode), sight)
    return acts.carried(new, old, joined.severity if joined is not None else new.severity)


def _differs(old: Incident, new: Incident) -> bool:
    return any(
        getattr(old, field) != getattr(new, field)
        for field in (
            *(
                "summary",
                "rules",
                "last_seen",
                "last_record",
                "evidence",
                "started_by",
                "user_hashes",
            ),
            *("reckoning", "severity_why"),
        )
    )


def _settle(
    cause: Cause, known: Published, episode: Episode, sight: Sight, final: bool
) -> Incident | None:
    """Resolves an incident whose episode is over, or opens it again if it isn't after all."""
    joined = sight.joined.get(known.incident.id)
    hold = cause.plan.hold(episode.rules)
    until = episode.end + hold
    over = sight.reached > max(until, joined.until if joined is not None else until)
    state = known.incident.state
    if over and state in OPEN and not acts.kept_open(known.incident.acts):
        _refresh(cause, known, episode, sight)
        calm = f"Within the limits for {hold:g} s"
        return _revise(known, "resolved", "resolved", calm, sight, resolved_at=sight.reached)
    if over or state != "resolved" or known.human in CLOSED:
        return None
    # A late record of the stretch that was over opens nothing again; at the end of a replay
    # every difference is told.
    if final or episode.end > (known.incident.resolved_at or 0.0):
        again, what = known.human or "open", "It goes on after all"
        return _revise(known, "updated", again, what, sight, resolved_at=None, replaces=[])
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
        reached=sight.newest,
        log=acts.trimmed([*old.log, LogEntry(at=sight.told_at, what=note)]),
        **fields,
    )
    return known.incident
