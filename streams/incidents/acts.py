"""What people do to incidents: which act makes sense when, and what it changes.

Plain functions over values. An incident carries all its acts with what came of them, so what
people made of it is read from there, and an act that comes again is known by its id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from streams.incidents import follow_ups
from streams.incidents.mute import figures_of
from streams.incidents.severity import (
    chosen_by,
    explained,
    person_chose,
    raised_by,
    unworsened,
    worsened,
)
from streams.incidents.states import CLOSED, OPEN, RANK, state_words
from streams.incidents.steps import (
    STEPS,
    contains,
    lifts,
    step_problem,
    step_refusal,
    step_said,
)
from streams.records import (
    Act,
    ActKind,
    ActResult,
    Change,
    FalseAlarmReason,
    Incident,
    IncidentState,
    LogEntry,
    Severity,
)
from streams.words import moment

OUTWATCH = "outwatch"
"""Who acts where no person does."""

LONGEST_TEXT = 2_000
"""Characters of what an author says; names and ids may have 200."""

MOST_ACTS = 1_000
"""Acts of one incident, those refused among them."""

ANEW_S = 600.0
"""An acknowledgement that is older than so many seconds can be given anew, by anybody: it may
have run out, and somebody else was woken."""

STILL_COMING_S = 60.0
"""Seconds of event time in which answers that were under way when people contained an incident
may still come: only what comes later says that it goes on."""

_MOST_LOG = 40
_LONGEST_NAME = 200
_LAST = 4_102_444_800.0  # the year 2100: what is reckoned from a time is to stay one
# What clocks of people and machines may differ by.
_CLOCKS_DIFFER = 60.0

_STATE_OF: dict[ActKind, IncidentState | None] = {
    "acknowledge": "acknowledged",
    "contain": "contained",
    "resolve": "resolved",
    "false_alarm": "false_alarm",
    "merge": "resolved",
    "reopen": None,
}
# States in which something was done about an incident, and those in which less was.
_LESS_DONE: dict[IncidentState, tuple[IncidentState, ...]] = {
    "acknowledged": ("open",),
    "contained": ("open", "acknowledged"),
}
_WORDS: frozenset[ActKind] = frozenset(
    {"note", "statement_sent", "action_item", "action_item_done", "postmortem"}
)
_ORDERS: frozenset[ActKind] = frozenset({"action_ordered"})
_FREE: frozenset[ActKind] = _WORDS | (STEPS - _ORDERS)
"""Acts that can't contradict another: what is known, and what came of an order."""

_ANYTIME: frozenset[ActKind] = _FREE | {"aware", "assign", "set_aside"}
"""Acts that make sense in every state."""

_ALLOWED: dict[IncidentState | None, frozenset[ActKind]] = {
    None: frozenset({"acknowledge", "contain", "resolve", "merge", "false_alarm", "severity"}),
    "acknowledged": frozenset({"contain", "resolve", "merge", "false_alarm", "severity"}),
    "contained": frozenset({"resolve", "merge", "false_alarm", "severity"}),
    "resolved": frozenset({"reopen", "false_alarm"}),
    "false_alarm": frozenset({"reopen"}),
}

REASONS: dict[FalseAlarmReason, str] = {
    "limit_too_sensitive": "limit too sensitive",
    "expected": "expected",
    "duplicate": "duplicate",
    "detector_wrong": "detector wrong",
}


def drawn_up(
    incident: Incident, kind: ActKind, act_id: str, actor: str, at: float, **fields: Any
) -> Act:
    """An act of somebody who has an incident in view, at a time by their clock.

    `fields` are further ones of the act. It speaks for event time up to then: what the
    incident had reached, and the time that has gone by since it was published.
    """
    known_to = incident.reached or incident.last_seen
    since = max(0.0, at - incident.published_at) if incident.published_at else 0.0
    return Act(
        act_id=act_id,
        kind=kind,
        deployment=incident.group.get("deployment", ""),
        incident=incident.id,
        actor=actor,
        at=at,
        revision=incident.revision,
        seen=incident.acts[-1].act.act_id if incident.acts else "",
        through=known_to + since,
        was=incident.severity,
        figures=figures_of(incident) if kind == "false_alarm" else {},
        **fields,
    )


def problem(act: Act) -> str:
    """What an act lacks, or has too much of; "" if it can be judged."""
    if act.kind == "false_alarm" and act.reason is None:
        return f"a false alarm needs a reason: {', '.join(REASONS)}"
    if act.kind == "severity" and act.severity is None and not act.computed:
        return "it doesn't say which severity"
    if act.kind == "open" and act.severity is None:
        return "it doesn't say how severe"
    if act.kind == "open" and not act.playbook.strip():
        return "it doesn't say of which kind"
    if act.kind == "merge" and not act.into:
        return "it doesn't say into which incident"
    if act.kind == "merge" and act.into == act.incident:
        return "an incident can't be merged into itself"
    if act.kind == "assign" and not act.assignee:
        return "it doesn't say to whom"
    if act.kind == "note" and not act.text.strip():
        return "a note needs text"
    if act.kind in ("action_item", "postmortem", "action_item_done"):
        wrong = follow_ups.problem(act)
        if wrong:
            return wrong
    if act.kind == "aware" and (act.aware_at or 0.0) > act.at + _CLOCKS_DIFFER:
        return "nobody can know since a time that is yet to come"
    if act.kind == "set_aside" and not act.clock:
        return "it doesn't say which clock is set aside"
    if act.kind == "set_aside" and not act.text.strip():
        return "a clock is set aside with a reason only"
    if not act.actor.strip():
        return "it doesn't say who acts"
    if act.actor.strip().casefold() == OUTWATCH:
        return "outwatch is no person: it doesn't say who acts"
    ids = (act.act_id, act.incident, act.deployment, act.into, act.item)
    names = (*ids, act.actor, act.assignee, act.clock, act.due, act.playbook, *act.figures)
    if any(len(name) > _LONGEST_NAME for name in names) or len(act.figures) > 100:
        return f"a name or an id has more than {_LONGEST_NAME} characters"
    if act.kind in STEPS and (lacking := step_problem(act)):
        return lacking
    if len(act.text) > LONGEST_TEXT:
        return f"its text has {len(act.text):,} characters, and {LONGEST_TEXT:,} are the most"
    times = (act.at, act.through, act.aware_at or 0.0)
    if not all(0.0 <= at < _LAST for at in times):
        return "a time in it is none"
    return ""


def applied(results: Sequence[ActResult]) -> list[ActResult]:
    """The acts that count, in order; outwatch's own among them."""
    return [one for one in results if one.outcome != "refused"]


def standing(results: Sequence[ActResult]) -> IncidentState | None:
    """The state that people gave an incident; None where they left it to the windows."""
    last = last_state(results)
    return _given(last.act) if last else None


def kept_open(results: Sequence[ActResult]) -> bool:
    """Whether a person opened it again, so that only a person may end it."""
    kinds = [
        one.act.kind
        for one in results
        if one.outcome == "applied"
        and one.act.kind in ("reopen", "resolve", "false_alarm", "merge")
    ]
    return bool(kinds) and kinds[-1] == "reopen"


def spoken_through(results: Sequence[ActResult]) -> float:
    """The event time up to which the last act that gave a state speaks: nobody can speak for
    what hadn't come yet."""
    last = last_state(results)
    if last is None:
        return float("-inf")
    return min(last.act.through, last.reached) if last.act.through else last.reached


def severity_now(results: Sequence[ActResult], found: Severity) -> Severity:
    """The severity that holds, where the figures say `found`: what a person chose holds until
    that is withdrawn."""
    chosen = chosen_by(results)
    return found if chosen is None or chosen.severity is None else chosen.severity


def with_severity(incident: Incident, found: Severity) -> Incident:
    """The incident with the severity that holds, and why, where it is at least `found` by its
    figures and those merged into it."""
    reckoning = incident.reckoning
    if reckoning is not None:
        reckoning = worsened(reckoning, found)
    return msgspec.structs.replace(
        incident,
        severity=severity_now(incident.acts, reckoning.found if reckoning else found),
        reckoning=reckoning,
        severity_why=explained(reckoning, incident.acts) if reckoning else "",
    )


def found_of(incident: Incident) -> Severity:
    """The severity by the incident's figures, as far as is known."""
    if incident.reckoning is not None:
        return incident.reckoning.found
    # From before figures were kept: what the first author of a severity saw.
    seen = [one.act.was for one in applied(incident.acts) if one.act.kind == "severity"]
    return next((one for one in seen if one is not None), incident.severity)


def refusal(incident: Incident, act: Act) -> str:
    """Why an act on an incident is refused, in words; "" if it is to be applied."""
    wrong = problem(act)
    if wrong:
        return wrong
    if incident.state == "withdrawn":
        return "it was withdrawn: with all records counted, no window exceeds the limits"
    if act.kind == "action_item_done" and (missing := follow_ups.missing(incident.acts, act)):
        return missing
    since = acted_since(incident.acts, act)
    if since:
        told = "; ".join(f"{one.act.actor} {said(one.act, past=True)}" for one in since[-3:])
        return f"since revision {act.revision}, {told}"
    state = standing(incident.acts)
    if act.kind in STEPS and (why := step_refusal(incident, act)):
        return why
    if incident.merged_into and act.kind not in _FREE | {"reopen"}:
        return f"it was merged into {incident.merged_into} and goes on there"
    if act.kind in _ANYTIME | STEPS or act.kind in _ALLOWED[state]:
        return ""
    if act.kind == "reopen":
        return "" if incident.state in CLOSED else "it isn't over"
    last = last_state(incident.acts)
    if act.kind == "acknowledge" and state == "acknowledged" and _anew(incident, act, last):
        return ""
    by = f" by {last.act.actor} at {moment(last.act.at)}" if last else ""
    now = state or incident.state
    is_so = f"was called {state_words(now)}" if now == "false_alarm" else f"is {state_words(now)}"
    hint = "; open it again first" if state in CLOSED else ""
    return f"it {is_so} already{by}{hint}"


def _anew(incident: Incident, act: Act, last: ActResult | None) -> bool:
    """Whether an incident that somebody acknowledged can be acknowledged again."""
    if last is None or last.act.kind != "acknowledge":
        return False
    was = last.act.was or incident.severity
    return act.at - last.act.at >= ANEW_S or RANK[incident.severity] > RANK[was]


def answer(
    incident: Incident, act: Act, reached: float, published_at: float, unfit: str = ""
) -> Incident:
    """The incident after an act that it doesn't know yet, one revision on.

    A refused one leaves everything but the list of acts as it is. `unfit` says why an act that
    makes sense here is to be refused all the same.
    """
    why = refusal(incident, act) or unfit
    made = ActResult(
        act=act,
        outcome="refused" if why else "applied",
        revision=incident.revision + 1,
        reached=reached,
        why=why,
    )
    after = msgspec.structs.replace(
        incident,
        change="updated",
        revision=made.revision,
        reached=reached,
        published_at=published_at,
        acts=[*incident.acts, made],
    )
    if why:
        return after
    after = msgspec.structs.replace(
        after,
        log=trimmed([*after.log, LogEntry(at=act.at, what=said(act), who=act.actor)]),
        **_effect(incident, act, made),
    )
    return with_severity(after, found_of(after)) if act.kind == "severity" else after


def trimmed(log: list[LogEntry]) -> list[LogEntry]:
    """The first entry of a log and the newest ones."""
    return log if len(log) <= _MOST_LOG else [log[0], *log[1 - _MOST_LOG :]]


def said(act: Act, *, past: bool = False) -> str:
    """What was done, in words: as a line that follows the actor's name, or (past) as the
    predicate of a sentence that begins with it."""
    if act.kind in STEPS:
        what = step_said(act)
        return f"{what} at {moment(act.at)}" if past else _with_text(what, act)
    what = {
        "acknowledge": "took back that it is contained"
        if act.actor == OUTWATCH
        else "acknowledged it",
        "contain": "contained it (by statement, not probed)",
        "resolve": "resolved it",
        "reopen": "opened it again",
        "merge": f"merged it into {act.into}",
        "assign": f"assigned it to {act.assignee}",
        "note": "noted",
        "false_alarm": f"called it a false alarm ({REASONS[act.reason] if act.reason else '?'})",
        "severity": f"let the severity of {act.into} count no more"
        if act.computed and act.into
        else "left the severity to the figures"
        if act.computed
        else f"changed the severity to {act.severity}"
        + (f" from {act.was}" if act.was and act.was != act.severity else ""),
        "aware": "became aware"
        + (f" at {moment(act.aware_at)}" if act.aware_at is not None else "")
        + (f" ({act.clock})" if act.clock else ""),
        "set_aside": f"set the clock {act.clock} aside",
        "statement_sent": "sent a statement" + (f" ({act.clock})" if act.clock else ""),
        "action_item": f"set an action for {act.assignee}, due {act.due}",
        "action_item_done": f"closed action {act.item[:8]}",
        "postmortem": "wrote a post-mortem",
        "open": "opened it by hand",
    }[act.kind]
    if past:
        return f"{what} at {moment(act.at)}"
    return _with_text(what, act)


def _with_text(what: str, act: Act) -> str:
    return f"{what}: {act.text}" if act.text else what


def told(result: ActResult) -> str:
    """An act and what came of it as a line that follows its time."""
    act = result.act
    if result.outcome == "refused":
        return f"{act.actor} wasn't heard ({act.kind.replace('_', ' ')}): {result.why}"
    return f"{act.actor} {said(act)}"


def automatic(
    incident: Incident,
    why: str,
    at: float,
    *,
    kind: ActKind = "reopen",
    reached: float | None = None,
    member: str = "",
) -> list[ActResult]:
    """The incident's acts with outwatch's own one more, that opened it again, or only took back
    that it is contained (`acknowledge`). `reached` is the event time where `at` is none, and
    `member` the incident that was merged into it, where that is why."""
    reached = at if reached is None else reached
    number = sum(one.outcome == "automatic" for one in incident.acts) + 1
    act = Act(
        act_id=f"{incident.id}/again/{number}",
        kind=kind,
        deployment=incident.group.get("deployment", ""),
        incident=incident.id,
        actor=OUTWATCH,
        at=at,
        revision=incident.revision,
        through=reached,
        text=why,
        into=member,
    )
    revision = incident.revision + 1
    made = ActResult(act=act, outcome="automatic", revision=revision, reached=reached)
    return [*incident.acts, made]


def carried(new: Incident, old: Incident, joined: Severity) -> Incident:
    """A newly built incident with what people made of it before.

    `joined` is the worst severity of those merged into it.
    """
    kept = msgspec.structs.replace(
        new,
        acts=old.acts,
        assignee=old.assignee,
        merged=old.merged,
        merged_into=old.merged_into,
        unwatched=old.unwatched,
    )
    return with_severity(kept, max(found_of(new), joined, key=RANK.__getitem__))


def inherited(heirs: Sequence[Incident]) -> dict[str, object]:
    """What an incident takes over that goes on from others, the one before it first."""
    results = {one.act.act_id: one for heir in heirs for one in heir.acts}
    return {
        # Of one incident in its order, which others' clocks have no say in.
        "acts": sorted(results.values(), key=lambda one: one.reached),
        "assignee": next((heir.assignee for heir in heirs if heir.assignee), ""),
        "merged": sorted({id_ for heir in heirs for id_ in heir.merged}),
        "merged_into": next((heir.merged_into for heir in heirs if heir.merged_into), None),
        "unwatched": next((heir.unwatched for heir in heirs if heir.unwatched), ""),
    }


def absorbed(
    into: Incident,
    other: Incident,
    act: Act,
    reached: float,
    published_at: float,
    was: IncidentState = "resolved",
) -> Incident:
    """The incident that another was merged into, one revision on. It is as bad as the worse of
    them, even where a person chose a milder severity before: they didn't know of the other. It is
    as open as the one of which less was done, where the other `was` in that state before."""
    worst = max(found_of(into), other.severity, key=RANK.__getitem__)
    chosen = person_chose(into.acts)
    results = into.acts
    if chosen is not None and chosen.severity and RANK[other.severity] > RANK[chosen.severity]:
        why = f"{other.id}, merged into it, is {other.severity}"
        raised = _severity_of(into, other.id, act, reached, severity=other.severity, text=why)
        results = [*into.acts, raised]
    state = into.state
    if was in _LESS_DONE.get(state, ()):
        state = was
        kind: ActKind = "reopen" if was == "open" else "acknowledge"
        why = f"{other.id}, merged into it, was {state_words(was)}"
        before = msgspec.structs.replace(into, acts=results)
        results = automatic(before, why, act.at, kind=kind, reached=reached, member=other.id)
    return msgspec.structs.replace(
        with_severity(msgspec.structs.replace(into, acts=results), worst),
        change="updated",
        state=state,
        revision=into.revision + 1,
        reached=reached,
        published_at=published_at,
        merged=sorted({*into.merged, *other.merged, other.id}),
        log=trimmed(
            [*into.log, LogEntry(at=act.at, what=f"merged {other.id} into it", who=act.actor)]
        ),
    )


def _severity_of(root: Incident, member: str, act: Act, reached: float, **fields: Any) -> ActResult:
    """What outwatch itself makes of the severity of a merged incident, at a person's act."""
    made = Act(
        act_id=f"{root.id}/severity/{root.revision + 1}/{member}",
        kind="severity",
        deployment=act.deployment,
        incident=root.id,
        actor=OUTWATCH,
        at=act.at,
        revision=root.revision,
        through=act.through,
        was=root.severity,
        into=member,
        **fields,
    )
    return ActResult(act=made, outcome="automatic", revision=root.revision + 1, reached=reached)


def apart(
    root: Incident,
    other: Incident,
    rest: Sequence[Incident],
    act: Act,
    reached: float,
    published_at: float,
) -> Incident:
    """An incident, one revision on, from which another that was merged into it stands apart
    again, with those that had been merged into that one. It is as severe as its own figures are,
    and as the `rest` that stays merged into it."""
    gone = {other.id, *other.merged}
    taken_back = [
        _severity_of(root, id_, act, reached, computed=True)
        for id_ in raised_by(root.acts)
        if id_ in gone
    ]
    root = msgspec.structs.replace(root, acts=[*root.acts, *taken_back])
    if root.reckoning is not None:
        alone = unworsened(root.reckoning)
        worst = max([alone.found, *(one.severity for one in rest)], key=RANK.__getitem__)
        root = with_severity(msgspec.structs.replace(root, reckoning=alone), worst)
    what = f"{other.id} was opened again and is an incident of its own"
    return msgspec.structs.replace(
        root,
        change="updated",
        revision=root.revision + 1,
        reached=reached,
        published_at=published_at,
        merged=[id_ for id_ in root.merged if id_ not in gone],
        log=trimmed([*root.log, LogEntry(at=act.at, what=what, who=act.actor)]),
    )


def _effect(incident: Incident, act: Act, made: ActResult) -> dict[str, object]:
    open_ = incident.state in OPEN
    ended: Change = "resolved"
    over = incident.resolved_at
    if over is None:
        over = spoken_through([made]) if act.kind in _STATE_OF else None
    effects: dict[ActKind, dict[str, object]] = {
        "acknowledge": {"state": "acknowledged"} if open_ else {},
        "contain": {"state": "contained"} if open_ else {},
        "resolve": {"state": "resolved", "change": ended, "resolved_at": over},
        "reopen": {"state": "open", "resolved_at": None, "merged_into": None, "replaces": []},
        "merge": {
            "state": "resolved",
            "change": ended,
            "resolved_at": over,
            "merged_into": act.into,
        },
        "assign": {"assignee": act.assignee},
        "false_alarm": {"state": "false_alarm", "change": ended},
    }
    if act.kind in STEPS:
        last = last_state([*incident.acts, made])
        return {"state": _given(act)} if open_ and last is made else {}
    return effects.get(act.kind, {})


def last_state(results: Sequence[ActResult]) -> ActResult | None:
    """The act that gave the incident the state in which people want it, if one did."""
    given: ActResult | None = None
    for one in applied(results):
        if one.act.kind in STEPS:
            state = _given(given.act) if given is not None else None
            probed = given is not None and lifts(one.act, given.act)
            if not probed and not (contains(one.act) and state in (None, "acknowledged")):
                continue
        elif one.act.kind not in _STATE_OF:
            continue
        given = one
    return given


def _given(act: Act) -> IncidentState | None:
    """The state that an act gives, if it gives one; None where that is left to the windows."""
    if act.kind in STEPS:
        return "contained" if contains(act) else "acknowledged"
    return _STATE_OF[act.kind]


def acted_since(results: Sequence[ActResult], act: Act) -> list[ActResult]:
    """What people did that the act's author hadn't seen, and that it could contradict."""
    if act.kind in _FREE:
        return []
    ids = [one.act.act_id for one in results]
    if act.seen is None:
        unseen = [one for one in results if one.revision > act.revision]
    else:
        unseen = list(results[ids.index(act.seen) + 1 :] if act.seen in ids else results)
    return [one for one in unseen if one.outcome == "applied" and one.act.kind not in _FREE]
