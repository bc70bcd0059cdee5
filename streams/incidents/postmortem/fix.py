"""What ended an incident, and what of it to do again next time: only what worked."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from streams.incidents.postmortem.people import LEFT_OUT, Roles, acting
from streams.incidents.postmortem.times import Times
from streams.incidents.steps import Order, contains, orders, outcome_of, taken_back
from streams.inert import line, markdown, markdown_code
from streams.records import Act, Incident
from streams.words import between, duration, group_words, moment

MOST_LINES = 10
"""Lines that are proposed for a runbook; more nobody reads at night."""

_COMMAND = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_WORDS = {
    "acknowledge": "look first",
    "contain": "contain",
    "resolve": "end it",
    "note": "know",
}
_FIRST = ("resolve", "contain", "acknowledge", "note")


def fix(incident: Incident, usual: Sequence[str], roles: Roles) -> Iterator[str]:
    """What was done about it, and what came of that; and what is usual for its kind."""
    yield "## The fix"
    yield ""
    ends = [act for act in acting(incident.acts) if act.kind in ("contain", "resolve") and act.text]
    for act in ends:
        what = "contained" if act.kind == "contain" else "resolved"
        yield f"- {what} at {moment(act.at)}: {_told(act.text, roles)} ({_link(act)})"
    called = [one for one in orders(incident.acts) if one.called and not one.step.undo]
    undone = taken_back(incident.acts)
    for order in called:
        back = undone.get(order.act.act_id)
        later = f"; undone at {moment(back.act.at)} ({_link(back.act)})" if back else ""
        name = markdown(order.step.action)
        came = _came_of(order)
        yield f"- ordered at {moment(order.act.at)}: {name} ({_link(order.act)}); {came}{later}"
    if not ends and not called:
        yield "- done so far: unknown, no act says how it was contained or resolved"
    for text in usual:
        yield f"- [ ] usual for this kind, not shown by the data: {markdown(text)}"
    yield ""


def runbook(incident: Incident, roles: Roles, times: Times) -> Iterator[str]:
    """Lines for the runbook, in the order in which things were done: actions that are known to
    have worked and weren't undone, and what people wrote when they took, contained or ended it."""
    yield "## Lines to add to the runbook"
    yield ""
    yield f"When {markdown(incident.playbook)} opens on {markdown(group_words(incident.group))}:"
    yield ""
    worked = _worked(incident)
    told: dict[str, Act] = {}
    for act in acting(incident.acts):
        written = _order_line(act) if act.act_id in worked else _line(act, roles, times)
        if written:
            told.setdefault(written, act)
    # Where there are too many, notes give way first, the oldest of them.
    rank = {kind: number for number, kind in enumerate(_FIRST)}
    chosen = sorted(enumerate(told), key=lambda one: (rank.get(told[one[1]].kind, -1), -one[0]))[
        :MOST_LINES
    ]
    for _, text in sorted(chosen):
        yield f"- {text}"
    if not told:
        yield "- unknown: no act says what was done and worked"
    yield ""


def _came_of(order: Order) -> str:
    outcome = outcome_of(order)
    if outcome == "failed":
        return "it failed"
    probe = order.probe
    step = probe.step if probe is not None else None
    if probe is None or step is None:
        unknown = order.result is None or outcome == "unknown"
        return "what came of it is unknown" if unknown else "no probe says whether it worked"
    after = "" if step.seconds is None else f" {duration(step.seconds)} after the order"
    held = "its probe passed" if step.held else "its probe failed"
    if step.unprobed:
        held = "it has no probe of its own"
    if step.fallen and step.unsure:
        fell = "and nothing had been judged since"
    elif step.fallen:
        fell = "and the signal had fallen"
    elif step.unsure:
        fell = "and whether the signal had fallen isn't known"
    else:
        fell = "and the signal hadn't fallen"
    said = f"{held}, {fell}{after}" if step.unprobed else f"{held}{after}, {fell}"
    return f"{said} ({_link(probe)})"


def _worked(incident: Incident) -> set[str]:
    """Orders of actions that a probe showed to have worked, and that weren't undone."""
    undone = taken_back(incident.acts)
    return {
        one.act.act_id
        for one in orders(incident.acts)
        if not one.step.undo
        and one.probe is not None
        and contains(one.probe)
        and one.act.act_id not in undone
    }


def _order_line(act: Act) -> str:
    action = act.step.action if act.step is not None else ""
    typed = f"outwatch incident contain ID --action {shlex.quote(line(action))} --run"
    return f"contain: {markdown_code(typed)}, {_link(act)}"


def _line(act: Act, roles: Roles, times: Times) -> str:
    if act.kind not in _WORDS or not act.text:
        return ""
    after = ""
    if act.kind in ("contain", "resolve") and times.found.at is not None:
        took = between(times.found.at, act.at)
        after = f" (done {duration(took)} after the opening)" if took >= 0 else ""
    text = _told(act.text, roles, without=LEFT_OUT)
    return f"{_WORDS[act.kind]}: {text}{after}, {_link(act)}" if text else ""


def _told(text: str, roles: Roles, without: str = "") -> str:
    """What somebody wrote, on one line; what they marked as a command stays one."""
    said = roles.told(text).replace(without, "") if without else roles.told(text)
    parts = _COMMAND.split(" ".join(said.split()).rstrip("; "))
    return " ".join(
        markdown_code(part) if number % 2 else markdown(part)
        for number, part in enumerate(parts)
        if part.strip()
    )


def _link(act: Act) -> str:
    return markdown_code(f"act {act.act_id}")
