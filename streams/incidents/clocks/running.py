"""Which clocks run for an incident: what acts and times make of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from streams.incidents.acts import applied
from streams.incidents.clocks.clock import Clock, Clocks, due, period_words
from streams.records import Act, ActResult, Incident
from streams.words import duration, moment

ClockState = Literal["may_apply", "waiting", "running", "overdue", "told", "set_aside", "instead"]

_NO_INCIDENT = frozenset({"false_alarm", "withdrawn"})


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one clock stands for one incident; times in seconds since the epoch.

    `detected_at` is when outwatch saw it, `aware_at` since when a person says that they know.
    `due_at` is None before it began, and where the text has no number. `told_at` is when a
    statement was sent for it. `playbooks` are the kinds to which it may apply, and
    `due_if_known_now` is when it would be due where it may apply and somebody knew now. `why` says
    why it is set aside, or doesn't run; `by` who did that.
    """

    clock: str
    state: ClockState
    regime: str
    law: str
    paragraph: str
    period: str
    who: str
    to: str
    when: str
    quote: str
    url: str
    read: str
    read_in: str
    starts: str
    detected_at: float
    aware_at: float | None = None
    started_at: float | None = None
    due_at: float | None = None
    told_at: float | None = None
    why: str = ""
    by: str = ""
    notes: tuple[str, ...] = ()
    playbooks: tuple[str, ...] = ()
    due_if_known_now: float | None = None


class _Stand(msgspec.Struct):
    clock: Clock
    start: float | None
    due: float | None
    aware: float | None = None
    told: Act | None = None
    aside: Act | None = None
    instead: str = ""


def detected(incident: Incident) -> float:
    """When outwatch opened it, by the clock: later than its records where these came late."""
    return incident.log[0].at if incident.log else incident.first_seen


def readings(
    incident: Incident, clocks: Clocks, now: float, members: Sequence[Incident] = ()
) -> list[Reading]:
    """How the clocks stand that concern an incident: those that may apply to its kind, and those
    that people named. `members` are the incidents that were merged into it: one that was opened
    again has clocks of its own."""
    whole = [incident, *(one for one in members if one.merged_into)]
    acts = _acts(whole)
    kinds = {one.playbook for one in whole}
    began = min(detected(one) for one in whole)
    stands: dict[str, _Stand] = {}
    for clock in clocks.values():
        stand = _stand(clock, clocks, acts, kinds, incident.state in _NO_INCIDENT, began)
        if stand is not None:
            stands[clock.id] = stand
    for stand in stands.values():
        _follow(stand, stands, clocks)
    _pick(stands)
    return [_reading(one, clocks, began, now) for one in stands.values()]


def unknown_clocks(incident: Incident, clocks: Clocks) -> list[str]:
    """Clocks that acts name, and that no file here has."""
    named = dict.fromkeys(one.act.clock for one in applied(incident.acts) if one.act.clock)
    return [one for one in named if one not in clocks]


def standing_words(one: Reading, now: float) -> str:
    """How a clock stands, as it follows its name."""
    if one.state == "may_apply":
        return "may apply; begins when somebody says since when they know"
    if one.state == "waiting":
        return f"waits: {one.why}"
    if one.state == "set_aside":
        return f"set aside{f' by {one.by}' if one.by else ''}: {one.why}"
    if one.state == "instead":
        return f"doesn't run: {one.why}"
    if one.state == "told":
        late = one.due_at is not None and one.told_at is not None and one.told_at > one.due_at
        end = f", {duration((one.told_at or 0) - one.due_at)} late" if late and one.due_at else ""
        return f"told at {moment(one.told_at or 0)}{f' by {one.by}' if one.by else ''}{end}"
    since = f"since {moment(one.started_at or 0)}"
    if one.due_at is None:
        return f"running {since}; no time is named, so it is due at once"
    if one.state == "overdue":
        return f"overdue for {duration(now - one.due_at)}: it was due at {moment(one.due_at)}"
    return f"running, due at {moment(one.due_at)}, in {duration(one.due_at - now)}"


def _acts(incidents: Iterable[Incident]) -> list[Act]:
    results: dict[str, ActResult] = {}
    for one in incidents:
        results.update({result.act.act_id: result for result in applied(one.acts)})
    if len(results) > 1:
        # Of one incident in its own order.
        return [one.act for one in sorted(results.values(), key=lambda one: one.reached)]
    return [one.act for one in results.values()]


def _stand(
    clock: Clock, clocks: Clocks, acts: list[Act], kinds: set[str], none: bool, began: float
) -> _Stand | None:
    concerns = not kinds.isdisjoint(clock.playbooks)
    named = [act for act in acts if act.clock == clock.id]
    known = [act for act in named if act.kind == "aware"]
    if not known and concerns:
        # Without a clock it names all that may apply.
        known = [act for act in acts if act.kind == "aware" and not act.clock]
    if not named and not known and (not concerns or none):
        return None
    aware = None
    if known:
        aware = known[-1].at if known[-1].aware_at is None else known[-1].aware_at
    start = aware
    # What began before it was called a false alarm goes on from when it began.
    if clock.starts == "detected" and (not none or aware is not None):
        start = began if aware is None else min(began, aware)
    moved = [act for act in named if act.kind in ("aware", "set_aside")]
    aside = moved[-1] if moved and moved[-1].kind == "set_aside" else None
    told = next((act for act in named if act.kind == "statement_sent"), None)
    end = due(clock, start, clocks) if start is not None else None
    return _Stand(clock, start, end, aware, told, aside)


def _follow(stand: _Stand, stands: dict[str, _Stand], clocks: Clocks) -> None:
    """One that comes after another begins when that was told."""
    if stand.clock.after:
        before = stands.get(stand.clock.after)
        told = before.told if before is not None else None
        stand.start = told.at if told is not None else None
        stand.due = due(stand.clock, stand.start, clocks) if stand.start is not None else None


def _pick(stands: dict[str, _Stand]) -> None:
    """Of those that stand for one another, the one that is due first runs."""
    groups: dict[str, list[_Stand]] = {}
    for one in stands.values():
        if one.clock.one_of and not (one.aside or one.clock.aside):
            groups.setdefault(one.clock.one_of, []).append(one)
    for group in groups.values():
        begun = [one for one in group if one.start is not None]
        first = min(begun, key=lambda one: (one.due is None, one.due or 0.0), default=None)
        for one in group:
            if first is not None and one is not first:
                one.instead = first.clock.id


def _reading(one: _Stand, clocks: Clocks, began: float, now: float) -> Reading:
    clock = one.clock
    state: ClockState = "running"
    why = by = ""
    if one.aside is not None:
        state, why, by = "set_aside", one.aside.text, one.aside.actor
    elif clock.aside:
        state, why, by = "set_aside", clock.aside, clock.aside_in
    elif one.told is not None:
        state, by = "told", one.told.actor
    elif one.instead:
        state, why = "instead", f"{one.instead} runs, which is due first"
    elif clock.after and one.start is None:
        state, why = "waiting", f"it begins when {clock.after} was told"
    elif one.start is None:
        state = "may_apply"
    elif one.due is not None and now > one.due:
        state = "overdue"
    return Reading(
        clock=clock.id,
        state=state,
        regime=clock.regime,
        law=clock.law,
        paragraph=clock.paragraph,
        period=period_words(clock, clocks),
        who=clock.who,
        to=clock.to,
        when=clock.when,
        quote=clock.quote,
        url=clock.url,
        read=clock.read.isoformat(),
        read_in=clock.read_in,
        starts=clock.starts,
        detected_at=began,
        aware_at=one.aware,
        started_at=one.start,
        due_at=one.due,
        told_at=one.told.at if one.told is not None else None,
        why=why,
        by=by,
        notes=clock.notes,
        playbooks=clock.playbooks,
        due_if_known_now=due(clock, now, clocks) if state == "may_apply" else None,
    )
