"""What people's acts change in one deployment's incidents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from streams.incidents.acts import MOST_ACTS, absorbed, apart, problem, spoken_through
from streams.incidents.acts import standing as standing_of
from streams.incidents.acts_text import without_private_texts
from streams.incidents.by_hand import MOST, fits, opened
from streams.incidents.episodes import Cause, Published
from streams.incidents.lifecycle import mute, take_act
from streams.incidents.merged import followed, holders
from streams.incidents.mute import figures_of
from streams.incidents.states import OPEN
from streams.records import Act, Incident
from streams.windows.deployment import Deployment

ActOutcome = Literal["applied", "refused", "duplicate", "unknown", "full", "unfit", "no_room"]
"""What became of an act. No event tells of one about an unknown incident, or one whose list of acts
is full; nor of one that was to open an incident and doesn't say enough, or has no room."""


def take(
    state: Deployment,
    act: Act,
    now: float,
    kept: Mapping[str, Incident],
    reached: float | None = None,
) -> ActOutcome:
    """Lets a person's act change an incident; the next evaluation gives the event.

    `kept` has incidents that may be meant and are no longer kept here, as last published.
    `reached` is the newest event time at which it was folded before, for a replay. What
    looks private in the texts of the act is masked.
    """
    act = without_private_texts(act)
    known = state.published()
    standing = {**kept, **{id_: one.incident for id_, one in known.items()}}
    incident = followed(standing, act.incident)
    if incident is None:
        return _open(state, act, now, reached) if act.kind == "open" else "unknown"
    if any(one.act.act_id == act.act_id for one in incident.acts):
        return "duplicate"
    if len(incident.acts) >= MOST_ACTS:
        return "full"
    if reached is None:
        reached = max(state.newest, incident.reached)
    into = followed(standing, act.into) if act.kind == "merge" and not problem(act) else None
    published = known.get(incident.id)
    if published is None:
        published = Published(incident, incident.first_seen, incident.last_seen)
    take_act(published, act, reached, now, _unfit(state, incident, into, act))
    state.acted.append(published.incident)
    applied = published.incident.acts[-1].outcome == "applied"
    if not applied:
        return "refused"
    if act.kind == "merge" and into is not None:
        state.merged = True
        after = absorbed(into, published.incident, act, reached, now, incident.state)
        state.acted.append(after)
        if into.id in known:
            known[into.id].incident = after
            known[into.id].human = standing_of(after.acts)
    if act.kind == "reopen" and incident.merged_into:
        for root in holders(standing, incident):
            gone = {incident.id, *incident.merged}
            rest = [standing[id_] for id_ in root.merged if id_ in standing.keys() - gone]
            after = apart(root, incident, rest, act, reached, now)
            state.acted.append(after)
            if root.id in known:
                known[root.id].incident = after
    cause = _cause_of(state, incident)
    if act.kind == "false_alarm":
        until = spoken_through(published.incident.acts) + state.limits.mute_for
        if cause is not None:
            mute(cause, published, act.figures or figures_of(incident), until)
        for id_ in incident.merged:
            member = state.cause_with(id_)
            if member is not None:
                mute(member, known[id_], {}, until)
    elif cause is not None and act.kind == "reopen" and cause.muted is not None:
        cause.muted = cause.muted.ended(incident.first_seen)
    if cause is not None:
        state.touch(cause.plan, cause.values)
    return "applied"


def _open(state: Deployment, act: Act, now: float, reached: float | None) -> ActOutcome:
    """Opens the incident that a person wants opened."""
    if not fits(act):
        return "unfit"
    if len(state.by_hand) >= MOST:
        return "no_room"
    if reached is None:
        reached = state.newest if state.newest > float("-inf") else act.through or act.at
    known = opened(act, reached, now, state.playbooks)
    state.by_hand[known.incident.id] = known
    state.acted.append(known.incident)
    return "applied"


def _unfit(state: Deployment, incident: Incident, into: Incident | None, act: Act) -> str:
    """Why one incident can't be merged into another; "" where it can, or isn't to be."""
    if act.kind != "merge" or problem(act):
        return ""
    if into is None:
        return f"{act.into} isn't known among the incidents of {state.name}"
    if into.id == incident.id:
        return f"{act.into} is the same incident"
    if into.state not in OPEN:
        return f"{into.id} is over"
    return ""


def _cause_of(state: Deployment, incident: Incident) -> Cause | None:
    """The cause of an incident, even if that was forgotten; None where its rules are gone."""
    rules = {one.rule for one in incident.rules}
    by = tuple(name for name in incident.group if name != "deployment")
    for plan in state.plans.values():
        if rules & plan.rules.keys() and set(plan.by) - {"deployment"} == set(by):
            return plan.cause(tuple(incident.group[name] for name in plan.by))
    return None
