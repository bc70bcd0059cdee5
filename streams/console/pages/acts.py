"""What people do to incidents: each form sends one act, by the way acts of the command line go.

A form names the revision that its author saw, and an id of its own, so that one that is sent
twice counts once.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any, cast, get_args

import msgspec
from kafka.errors import KafkaError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.desk import Desk
from streams.console.fill import add_incident
from streams.console.known import family
from streams.console.render import page, path_of
from streams.console.security import Refusal, guarded
from streams.console.visitor import Visitor
from streams.errors import OutwatchError, UsageError
from streams.incidents.acts import acted_since, told
from streams.incidents.onward import followed
from streams.incidents.sending import Ready, counted, ready
from streams.incidents.states import SEVERITIES
from streams.kafka.acts import NoAnswer
from streams.kafka.trouble import refusal as kafka_refusal
from streams.records import ActKind, FalseAlarmReason
from streams.words import duration, moment, sentence

WAIT_S = 10.0
"""Seconds that a form waits for the worker's answer."""

BY_FIGURES = "by-figures"
"""The severity that the figures say, among those to choose."""

_SAID = {
    "text": "What you wrote",
    "reason": "Reason",
    "assignee": "Who is to see to it",
    "into": "It goes on as",
    "severity": "Severity",
    "clock": "Clock",
}
"""The fields of acts, and what they are called."""

_MOST_SHOWN = 10_000
_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """An id for the act that a form would send."""
    return uuid.uuid4().hex


def sending(kind: ActKind) -> Callable[[Request, FormData], Response]:
    """What takes the form of a kind of act."""

    def take(request: Request, form: FormData) -> Response:
        desk: Desk = request.app.state.desk
        visitor: Visitor = request.state.visitor
        id_ = field(form, "incident")
        gate = request.app.state.gate
        gate.write_down(visitor, kind, id_, field(form, "revision"))
        try:
            what = send(desk, visitor, kind, form)
        except Refusal as refusal:
            gate.write_down(visitor, f"{kind} refused", id_, refusal.why)
            return _again(request, kind, form, refusal)
        done = gate.sealed(visitor, what)
        return RedirectResponse(path_of("incident", id_, done=done), 303)

    return take


def _again(request: Request, kind: ActKind, form: FormData, refusal: Refusal) -> Response:
    """What was refused, with the form as it was filled in, for the incident as it is now."""
    desk: Desk = request.app.state.desk
    known = family(desk.store, field(form, "incident"))
    found = known.get(field(form, "incident"))
    return page(
        request,
        "act_refused.html",
        refusal.status,
        title="Nothing was done",
        why=refusal.why,
        kind=kind,
        incident=None if found is None else followed(known, found)[0],
        fields=[
            (name, _SAID[name], field(form, name)[:_MOST_SHOWN])
            for name in _SAID
            if isinstance(form.get(name), str)
        ],
        act=new_id(),
    )


def send(desk: Desk, visitor: Visitor, kind: ActKind, form: FormData) -> str:
    """Sends the act of a form; what came of it, in a sentence. Raises `Refusal`."""
    refuse_if_away(desk)
    id_ = field(form, "incident")
    given = field(form, "act")
    act_id = given if _ID.fullmatch(given) else new_id()
    known = family(desk.store, id_, field(form, "into"), act_id=act_id)
    incident = known.get(id_)
    if incident is None:
        raise Refusal(404, "There is no such incident.")
    try:
        earlier = counted(known, act_id, incident.id, kind)
        if earlier is not None:
            return f"It counted already: {told(earlier[1])}."
        _refuse_if_bare(kind, form)
        meant = ready(
            known,
            incident,
            kind,
            act_id,
            visitor.name,
            desk.clock(),
            revision(form),
            clocks=desk.clocks.get,
            text=field(form, "text"),
            **_fields(kind, form),
        )
        if meant.why:
            raise Refusal(409, _why_not(meant))
        after, result = desk.send(meant.act, WAIT_S)
        # Before the feed has it: else the next page would show what was before, and whoever acts
        # again would be told that somebody acted since.
        with desk.store.writing() as connection:
            add_incident(connection, msgspec.json.encode(after))
    except NoAnswer:
        return "It is sent, and counts as soon as a worker answers."
    except UsageError as wrong:
        raise Refusal(400, sentence(str(wrong))) from None
    except OutwatchError as wrong:
        raise Refusal(503, sentence(str(wrong))) from None
    except KafkaError as failure:
        why = kafka_refusal(desk.settings, failure)
        raise Refusal(503, f"Kafka didn't take it ({why}), so nothing was done.") from None
    if result.outcome == "refused":
        raise Refusal(409, f"{after.id} doesn't take it: {result.why}.")
    return f"{told(result)}."


def refuse_if_away(desk: Desk) -> None:
    """Raises `Refusal` while Kafka doesn't answer: what is shown is old, and nothing arrives."""
    standing = desk.standing()
    if standing.away_since is not None:
        ago = duration(desk.clock() - standing.away_since)
        raise Refusal(
            503,
            f"Kafka hasn't answered since {moment(standing.away_since)} ({ago}), so nothing was"
            " done. Try again when it does.",
        )


def field(form: FormData, name: str) -> str:
    """A field of a form, without white space around it; "" where it isn't there."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def revision(form: FormData) -> int:
    """The revision that a form's author saw. Raises `Refusal`."""
    text = field(form, "revision")
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10):
        raise Refusal(400, "The form doesn't say which revision you saw. Load the page again.")
    return int(text)


def _why_not(meant: Ready) -> str:
    """Why an act would be refused, and where others acted since, what to do."""
    stale = acted_since(meant.incident.acts, meant.act)
    again = " Look at it as it is now, and act again if you still mean it." if stale else ""
    return f"Nothing was done, as {meant.incident.id} wouldn't take it: {meant.why}.{again}"


def _refuse_if_bare(kind: ActKind, form: FormData) -> None:
    """Raises `Refusal` for a containment that doesn't say how: nothing else would tell."""
    if kind == "contain" and not field(form, "text"):
        raise Refusal(400, "Say how it was contained: nothing else tells whoever reads it later.")


def _fields(kind: ActKind, form: FormData) -> dict[str, Any]:
    """What else an act of a kind says."""
    match kind:
        case "assign":
            return {"assignee": field(form, "assignee")}
        case "merge":
            return {"into": field(form, "into")}
        case "false_alarm":
            reason = field(form, "reason")
            known = reason in get_args(FalseAlarmReason)
            return {"reason": cast(FalseAlarmReason, reason) if known else None}
        case "severity":
            level = field(form, "severity")
            if level == BY_FIGURES:
                return {"computed": True}
            if level not in SEVERITIES:
                raise Refusal(400, f"Choose a severity: {', '.join(SEVERITIES)} or {BY_FIGURES}.")
            return {"severity": level}
        case "aware":
            return {"clock": field(form, "clock"), "aware_at": None}
        case "set_aside" | "statement_sent":
            return {"clock": field(form, "clock")}
    return {}


_KINDS: tuple[ActKind, ...] = (
    "acknowledge",
    "contain",
    "resolve",
    "reopen",
    "assign",
    "note",
    "merge",
    "false_alarm",
    "severity",
    "aware",
    "set_aside",
    "statement_sent",
)

ROUTES = [
    Route(f"/acts/{kind}", guarded("act", sending(kind)), methods=["POST"]) for kind in _KINDS
]
