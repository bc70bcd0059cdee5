"""Whether an action is meant for an incident, and what to know before it is ordered."""

from __future__ import annotations

from fnmatch import fnmatchcase

from streams.containment.action import Action
from streams.incidents.states import CLOSED
from streams.incidents.steps import runs_of, standing
from streams.records import Incident
from streams.words import count, listing, moment


def misfit(action: Action, incident: Incident, *, undo: bool, anyway: bool) -> str:
    """Why an action may not be ordered for an incident; "" if it may.

    `anyway` is for an incident of a kind that the action isn't meant for; its scope and its
    caps hold whatever anybody says.
    """
    deployment = incident.group.get("deployment", "")
    scope = action.scope
    if undo and action.undo is None:
        return f"{action.name} has no `undo` in the actions file"
    if not any(fnmatchcase(deployment, one) for one in scope.deployments):
        return f"{action.name} may touch {listing(scope.deployments)} only, not {deployment}"
    for of, known, allowed in (
        ("tenant", incident.tenants, scope.tenants),
        ("model version", incident.model_versions, scope.models),
    ):
        if allowed and known and not set(known) & set(allowed):
            return (
                f"{action.name} may touch the {of} {listing(allowed)} only, and the incident is of"
                f" {listing(known)}"
            )
    if undo:
        return ""
    if 0 < action.cap.users < incident.users:
        return (
            f"the incident met {count(incident.users, 'user')}, and the cap of {action.name} is"
            f" {action.cap.users:,}"
        )
    runs = runs_of(incident.acts, action.name)
    if runs >= action.cap.runs:
        back = standing(incident.acts, action.name).state != "not_in_force"
        undo_first = (
            f"take it back first (`outwatch incident contain {incident.id} --action {action.name}"
            " --undo --run`), which gives one run back, or "
            if back and action.undo is not None
            else ""
        )
        return (
            f"{action.name} was ordered {count(runs, 'time')} for it, which is its cap. If it is"
            f" needed again, {undo_first}raise `cap.runs` in the actions file"
        )
    if action.playbooks and incident.playbook not in action.playbooks and not anyway:
        return (
            f"{action.name} is meant for {listing(action.playbooks)}, and this is"
            f" {incident.playbook or 'of no playbook'}. If you mean it, add --anyway"
        )
    return ""


def again(action: Action, incident: Incident, *, undo: bool) -> str:
    """Why an order changes nothing, as the log has it: the action is in force already, or its undo
    is ordered and it isn't. "" where it isn't so, or isn't known."""
    now = standing(incident.acts, action.name)
    order = now.order
    if undo and now.state == "not_in_force":
        since = f": {order.act.actor} took it back at {moment(order.act.at)}" if order else ""
        return f"{action.name} isn't in force for {incident.id}{since}"
    if not undo and now.state == "in_force" and order is not None:
        return (
            f"{action.name} is in force for {incident.id} already: {order.act.actor} ordered it at"
            f" {moment(order.act.at)}"
        )
    return ""


def partly(action: Action, incident: Incident) -> str:
    """What of an incident an action leaves as it is, as far as is known; "" for nothing."""
    left = []
    for of, known, allowed in (
        ("tenant", incident.tenants, action.scope.tenants),
        ("model version", incident.model_versions, action.scope.models),
    ):
        outside = [one for one in known if one not in allowed]
        if allowed and outside:
            left.append(f"{of} {listing(outside)}")
    return f"it doesn't touch {' and '.join(left)}" if left else ""


def suited(actions: tuple[Action, ...], incident: Incident) -> list[tuple[Action, bool]]:
    """The actions that can be ordered for an incident now, each with whether it is its undo."""
    found = []
    for one in actions:
        now = standing(incident.acts, one.name).state
        if now != "in_force" and incident.state not in CLOSED | {"contained"}:
            found.append((one, False))
        if now != "not_in_force":
            found.append((one, True))
    return [
        (one, undo) for one, undo in found if not misfit(one, incident, undo=undo, anyway=False)
    ]


def action_line(action: Action) -> str:
    """One action as a line of `outwatch actions list`."""
    where = [*action.scope.deployments, *action.scope.tenants, *action.scope.models]
    second = ", needs a second person" if action.two_person else ""
    back = "" if action.undo is not None else ", can't be undone"
    return f"{action.kind} on {', '.join(where)}{second}{back}: {action.does}"
