"""Containment actions and sealed evidence in an incident's acts: what follows what.

The log is all there is: an order stands there before anything is called, so that after a crash
it is known that somebody ordered it and that nobody knows what came of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from streams.incidents.states import CLOSED
from streams.records import Act, ActionStep, ActKind, ActResult, Incident, StepOutcome
from streams.words import count, duration, moment

STEPS: frozenset[ActKind] = frozenset(
    {
        "action_asked",
        "action_approved",
        "action_ordered",
        "action_done",
        "action_probed",
        "action_undone",
        "evidence_sealed",
    }
)
"""Kinds of acts that are steps of a containment action, or that keep evidence."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
"""How an action may be named."""

APPROVAL_S = 3_600.0
"""Seconds for which an approval holds: what was true then may not be any more."""

_HEX = re.compile(r"[0-9a-f]{64}")
_LONGEST = 200
_MOST_KEYS = 1_000


class Order(msgspec.Struct, frozen=True):
    """An action as it was ordered, and what is known to have come of it."""

    act: Act
    step: ActionStep
    result: Act | None = None
    probe: Act | None = None

    @property
    def unknown(self) -> bool:
        """Whether nobody knows if anything was sent."""
        return self.result is None

    @property
    def called(self) -> bool:
        """Whether it was called, or may have been."""
        step = self.result.step if self.result is not None else None
        return step is None or step.outcome != "not_called"


def orders(results: Sequence[ActResult]) -> list[Order]:
    """The orders of an incident, the oldest first, each with its result and newest probe."""
    found: dict[str, Order] = {}
    for act, step in _steps(results):
        if act.kind == "action_ordered":
            found[act.act_id] = Order(act, step)
        elif step.order in found:
            name = {"action_probed": "probe"}.get(act.kind, "result")
            if act.kind in ("action_done", "action_undone", "action_probed"):
                found[step.order] = msgspec.structs.replace(found[step.order], **{name: act})
    return list(found.values())


class Standing(msgspec.Struct, frozen=True):
    """Whether an action is in force for an incident, as far as its log says, and the order that
    made it so: None where it was never called."""

    state: Literal["in_force", "not_in_force", "unknown"] = "not_in_force"
    order: Order | None = None


def standing(results: Sequence[ActResult], action: str) -> Standing:
    """How an action stands after all that was ordered of it."""
    found = Standing()
    for order in orders(results):
        if order.step.action != action or not order.called:
            continue
        outcome = outcome_of(order)
        if outcome == "unknown":
            found = Standing("unknown", order)
        elif outcome == "ok" and order.step.undo:
            found = Standing("not_in_force", order)
        elif outcome == "ok":
            probe = order.probe.step if order.probe is not None else None
            doubtful = probe is not None and not probe.held
            found = Standing("unknown" if doubtful else "in_force", order)
    return found


def runs_of(results: Sequence[ActResult], action: str) -> int:
    """How often an action was called and not taken back: each undo gives one run back."""
    runs = 0
    for order in orders(results):
        if order.step.action != action or not order.called:
            continue
        if not order.step.undo:
            runs += 1
        elif outcome_of(order) == "ok":
            runs = max(0, runs - 1)
    return runs


def taken_back(results: Sequence[ActResult]) -> dict[str, Order]:
    """The undo that took an order back, by the id of the act that ordered it."""
    found: dict[str, Order] = {}
    open_: dict[str, list[str]] = {}
    for order in orders(results):
        mine = open_.setdefault(order.step.action, [])
        if not order.step.undo and order.called:
            mine.append(order.act.act_id)
        elif order.step.undo and outcome_of(order) == "ok":
            found |= dict.fromkeys(mine, order)
            mine.clear()
    return found


def outcome_of(order: Order) -> StepOutcome:
    """What came of an order's call."""
    step = order.result.step if order.result is not None else None
    return (step.outcome if step is not None else None) or "unknown"


def asked_for(results: Sequence[ActResult], action: str, undo: bool) -> Act | None:
    """The newest request for a second person for an action that nobody approved yet."""
    approved = {step.order for act, step in _steps(results) if act.kind == "action_approved"}
    for act, step in reversed(_steps(results)):
        same = (step.action, step.undo) == (action, undo)
        if act.kind == "action_asked" and same and act.act_id not in approved:
            return act
    return None


def approval_of(
    results: Sequence[ActResult], action: str, undo: bool, now: float
) -> tuple[Act, Act] | None:
    """The newest approval of an action that still holds and that no order has used, and the
    request that it is of."""
    asked = {act.act_id: act for act, _ in _steps(results) if act.kind == "action_asked"}
    used = {step.approval for act, step in _steps(results) if act.kind == "action_ordered"}
    for act, step in reversed(_steps(results)):
        same = (step.action, step.undo) == (action, undo) and step.order in asked
        if act.kind == "action_approved" and same and act.act_id not in used:
            return (act, asked[step.order]) if now - act.at <= APPROVAL_S else None
    return None


def contains(act: Act) -> bool:
    """Whether an act says that a probe passed and the incident's signal has fallen."""
    step = act.step
    return act.kind == "action_probed" and step is not None and step.held and step.fallen


def lifts(act: Act, given: Act) -> bool:
    """Whether an act undid the action by which an incident was contained (`given`)."""
    undone = act.kind == "action_undone" and act.step is not None and act.step.outcome == "ok"
    return (
        undone
        and contains(given)
        and act.step is not None
        and given.step is not None
        and act.step.action == given.step.action
    )


def acted_alone(results: Sequence[ActResult], since_revision: int) -> bool:
    """Whether, since a revision, one person ordered what needs two."""
    return any(
        one.revision > since_revision and one.outcome == "applied" and one.act.step is not None
        for one in results
        if one.act.kind == "action_ordered" and one.act.step is not None and one.act.step.alone
    )


def seal_line(incident: Incident) -> str:
    """What to type to seal an incident's evidence, as playbooks have it."""
    return f"outwatch evidence seal {incident.id} --recipients legal-keys.txt -o {incident.id}.age"


def evidence_warning(incident: Incident) -> str:
    """What to know where containment came before evidence, which it may have changed; "" where
    it didn't."""
    acts = [one.act for one in incident.acts if one.outcome == "applied"]
    spared = {
        act.step.order for act in acts if act.step is not None and act.step.outcome == "not_called"
    }
    for act in acts:
        if act.kind == "evidence_sealed":
            return ""
        ordered = act.kind == "action_ordered" and act.step is not None and not act.step.undo
        if act.kind == "contain" or (ordered and act.act_id not in spared):
            later = [one for one in acts if one.kind == "evidence_sealed"]
            if later:
                return (
                    f"containment began at {moment(act.at)}, before evidence was sealed at"
                    f" {moment(later[0].at)}: what it changed in between isn't in it"
                )
            return (
                f"containment began at {moment(act.at)}, and no evidence is sealed yet: seal what"
                f" is left with `{seal_line(incident)}`"
            )
    return ""


def step_problem(act: Act) -> str:
    """What a step lacks; "" if it can be judged."""
    if act.kind == "evidence_sealed":
        if act.seal is None or not _HEX.fullmatch(act.seal.sha256):
            return "it doesn't say what was sealed"
        if not (act.seal.bytes > 0 and 0 < act.seal.keys <= _MOST_KEYS):
            return "it doesn't say what was sealed, and for how many keys"
        if any(number < 0 for number in act.seal.parts.values()):
            return "it holds fewer than no items of a part"
        long_ = any(len(name) > _LONGEST for name in act.seal.parts) or len(act.seal.parts) > 100
        return f"a name has more than {_LONGEST} characters" if long_ else ""
    step = act.step
    if step is None or not NAME.fullmatch(step.action):
        return "it doesn't say which action"
    if step.digest and not _HEX.fullmatch(step.digest):
        return "its digest is none"
    if any(len(text) > _LONGEST for text in (step.target, step.order, step.approval)):
        return f"a name or an id has more than {_LONGEST} characters"
    if len(step.approved_by) > _LONGEST:
        return f"a name or an id has more than {_LONGEST} characters"
    if step.seconds is not None and not 0 <= step.seconds < 1e9:
        return "a time in it is none"
    if act.kind in ("action_done", "action_undone") and step.outcome is None:
        return "it doesn't say what came of the action"
    if step.approved_by and not step.approval:
        return "it doesn't say by which act it was approved"
    if step.alone and not act.text.strip():
        return "ordering alone what needs two people needs a reason"
    return ""


def step_refusal(incident: Incident, act: Act) -> str:
    """Why a step doesn't follow from those before it; "" if it does."""
    step = act.step
    if step is None:
        return ""
    begun = {one.act_id: (one, its) for one, its in _steps(incident.acts)}
    if act.kind in ("action_asked", "action_ordered"):
        if incident.state in CLOSED and not step.undo:
            return "it is over; open it again first"
        if act.kind == "action_asked" or not step.approval:
            return ""
        return _unapproved(begun.get(step.approval), act, step, incident)
    before, its = begun.get(step.order, (None, None))
    if act.kind == "action_approved":
        if before is None or its is None or before.kind != "action_asked":
            return "nobody asked for a second person for it"
        if (its.action, its.digest, its.undo) != (step.action, step.digest, step.undo):
            return "what was asked for is something else"
        if _who(before.actor) == _who(act.actor):
            return f"{before.actor} asked for it, so somebody else has to approve it"
        approved = any(
            one.kind == "action_approved" and of.order == step.order for one, of in begun.values()
        )
        return "it is approved already" if approved else ""
    if before is None or its is None or before.kind != "action_ordered":
        return "nobody ordered it here"
    if its.action != step.action:
        return "what was ordered is another action"
    if act.kind == "action_probed":
        return ""
    if its.undo != (act.kind == "action_undone"):
        return "what was ordered is its undo" if its.undo else "its undo wasn't ordered"
    results = ("action_done", "action_undone")
    known = any(one.kind in results and of.order == step.order for one, of in begun.values())
    return "what came of it is known already" if known else ""


def step_said(act: Act) -> str:
    """What a step did, as the predicate of a sentence that begins with the actor's name."""
    if act.seal is not None:
        seal = act.seal
        parts = sum(seal.parts.values())
        whole = "" if seal.status == "success" else f", {seal.status}"
        return (
            f"sealed the evidence ({count(parts, 'item')} in {count(len(seal.parts), 'part')},"
            f" {count(seal.bytes, 'byte')} for {count(seal.keys, 'key')}{whole};"
            f" SHA-256 {seal.sha256})"
        )
    step = act.step
    if step is None:
        return act.kind.replace("_", " ")
    name = f"the undo of {step.action}" if step.undo else step.action
    if act.kind == "action_asked":
        return f"asked for a second person for {name}"
    if act.kind == "action_approved":
        return f"approved {name}"
    if act.kind == "action_ordered":
        by = f", approved by {step.approved_by}" if step.approved_by else ""
        alone = ", alone in an emergency" if step.alone else ""
        return f"ordered {name}{by}{alone}"
    if act.kind == "action_probed":
        return f"probed {name}: {_probed(step)}"
    after = f" {duration(step.seconds)} after the order" if step.seconds is not None else ""
    return {
        "ok": f"ran {name}{after}",
        "failed": f"ran {name}{after}, and it failed",
        "unknown": f"ran {name}, and what came of it isn't known",
        "not_called": f"didn't run {name}",
        None: f"ran {name}",
    }[step.outcome]


def _probed(step: ActionStep) -> str:
    after = f", {duration(step.seconds)} after the order" if step.seconds is not None else ""
    if not step.held:
        return f"it doesn't hold{after}"
    holds = "it has no probe of its own" if step.unprobed else "it holds"
    if step.fallen and step.unsure:
        return f"{holds}, and nothing has been judged since{after}"
    if step.fallen:
        return f"{holds} and the signal has fallen{after}"
    if step.unsure:
        return f"{holds}; whether the signal has fallen isn't known{after}"
    return f"{holds}, but the signal hasn't fallen{after}"


def _unapproved(
    found: tuple[Act, ActionStep] | None, act: Act, step: ActionStep, incident: Incident
) -> str:
    if found is None or found[0].kind != "action_approved":
        return "nobody approved it"
    approval, its = found
    if (its.action, its.digest, its.undo) != (step.action, step.digest, step.undo):
        return "what was approved is something else"
    if act.at - approval.at > APPROVAL_S:
        return f"the approval is older than {duration(APPROVAL_S)}"
    ordered = any(
        one.kind == "action_ordered" and of.approval == approval.act_id
        for one, of in _steps(incident.acts)
    )
    return "that approval was used already" if ordered else ""


def _steps(results: Sequence[ActResult]) -> list[tuple[Act, ActionStep]]:
    return [
        (one.act, one.act.step)
        for one in results
        if one.outcome == "applied" and one.act.step is not None
    ]


def _who(name: str) -> str:
    return name.strip().casefold()
