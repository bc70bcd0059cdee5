"""An action from its order to its effect: logged before it is called, and after.

The order stands in the incident's log before anything is sent, and each result follows it there;
so whenever this dies, the log says what is known. Nothing here runs by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from streams.containment.action import Action, Call
from streams.containment.call import Answered, send
from streams.containment.fill import Prepared, prepared
from streams.containment.patience import quiet_s
from streams.containment.secret_values import MissingSecret, read_secrets
from streams.containment.signal import Since, judged
from streams.records import ActionStep, ActKind, Incident, StepOutcome
from streams.rules.rule import RuleSet

Look = Callable[[float], Since]
"""Says, at a time, what came of an incident's records since the action took effect."""


class Tell(Protocol):
    """Puts a step into the incident's log. Raises `OutwatchError` where it doesn't get there."""

    def __call__(self, kind: ActKind, text: str, step: ActionStep) -> Incident:
        """The incident after it."""


class Effect(msgspec.Struct, frozen=True):
    """What a probe came to: whether it passed and the signal fell, when, and why that is said.

    `unprobed`: there is no probe but the signal. `unsure`: whether that fell can't be told, and not
    `judgeable`: it can't ever. `silent`: nothing was judged since, which is enough only where a
    probe passed.
    """

    held: bool
    fallen: bool
    at: float
    why: str
    unprobed: bool = False
    unsure: bool = False
    judgeable: bool = True
    silent: bool = False


def call(
    action: Action,
    what: Prepared,
    step: ActionStep,
    tell: Tell,
    ordered_at: float,
    now: Callable[[], float],
) -> Answered:
    """Reads the secrets, sends the call, and tells what came of it.

    `step` is that of the order, with its id as `order`. Raises `MissingSecret` after it was
    told, with nothing sent.
    """
    kind: ActKind = "action_undone" if step.undo else "action_done"

    def result(outcome: StepOutcome) -> ActionStep:
        after = max(0.0, round(now() - ordered_at, 1)) if outcome != "not_called" else None
        return msgspec.structs.replace(step, outcome=outcome, seconds=after)

    try:
        secrets = read_secrets(action)
    except MissingSecret as missing:
        tell(kind, str(missing), result("not_called"))
        raise
    try:
        answered = send(what.with_secrets(secrets))
    except KeyboardInterrupt:
        tell(kind, "interrupted while it ran", result("unknown"))
        raise
    tell(kind, answered.why, result(answered.outcome))
    return answered


def probe(
    action: Action,
    incident: Incident,
    what: Prepared | None,
    rules: RuleSet,
    watch: Callable[[float], AbstractContextManager[Look]],
    now: Callable[[], float],
    sleep: Callable[[float], None],
    note: Callable[[str], None] = lambda _: None,
) -> Effect:
    """Tries the probe until it passes, then watches the signal until it has fallen.

    `what` is the probe's call, None where the signal alone is looked at; `watch` begins to read
    what comes since a time. Gives up after the probe's `within_s`. Raises `MissingSecret`.
    """
    settings = action.probe
    deadline = now() + settings.within_s
    passed = now()
    held = "no probe of its own"
    if what is not None:
        call_ = what.with_secrets(read_secrets(action))
        said = ""
        while (answered := send(call_)).outcome != "ok":
            if now() + settings.every_s >= deadline:
                why = f"the probe says {answered.why}"
                return Effect(False, False, now(), why, unsure=True)
            if answered.why != said:
                note(f"the probe doesn't pass yet: {answered.why}")
                said = answered.why
            sleep(settings.every_s)
        passed = now()
        held = f"the probe passed ({answered.why})"
    quiet = quiet_s(settings, incident.window_seconds)
    with watch(passed) as look:
        found = judged(incident, rules, look(now()), quiet)
        said = ""
        while (
            not (found.fallen or found.silent)
            and now() + settings.every_s < deadline
            and found.judgeable
        ):
            if found.why != said:
                note(f"{held}; {found.why}")
                said = found.why
            sleep(settings.every_s)
            found = judged(incident, rules, look(now()), quiet)
    why = f"{held}; {found.why}"
    # A switch that stops all answers leaves nothing to judge: its own probe says that it holds.
    fallen = found.fallen or (found.silent and what is not None)
    return Effect(
        True,
        fallen,
        now(),
        why,
        what is None,
        not found.known,
        found.judgeable,
        found.silent,
    )


def probed(step: ActionStep, effect: Effect, ordered_at: float) -> ActionStep:
    """The step that tells what a probe came to."""
    return msgspec.structs.replace(
        step,
        outcome=None,
        held=effect.held,
        fallen=effect.fallen,
        unprobed=effect.unprobed,
        unsure=effect.unsure,
        seconds=max(0.0, round(effect.at - ordered_at, 1)),
    )


def probe_call(action: Action, values: dict[str, str]) -> Prepared | None:
    """The call of an action's probe, if it has one."""
    if action.probe.http is None and action.probe.command is None:
        return None
    return prepared(action.probe, values, order=False)


def call_of(action: Action, *, undo: bool) -> Call:
    """The call that does an action, or undoes it."""
    return action.undo if undo and action.undo is not None else action.call
