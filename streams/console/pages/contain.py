"""*Contain*: which actions there are for an incident, what one would send, and doing it.

Nothing is sent before it was shown: the form that orders an action carries the digest of what its
author saw.
"""

from __future__ import annotations

import time
from typing import Any, Final

import msgspec
from kafka.errors import KafkaError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.desk import Desk
from streams.console.jobs import Job
from streams.console.known import family, incident_of
from streams.console.pages.acts import field, new_id, refuse_if_away, revision
from streams.console.render import page, path_of
from streams.console.security import Refusal, guarded
from streams.console.visitor import Visitor
from streams.containment.action import Action
from streams.containment.fit import suited
from streams.containment.order import Doing, Wish
from streams.containment.reader import configured_actions
from streams.containment.secret_values import missing_secret
from streams.errors import OutwatchError, UsageError
from streams.incidents.onward import followed
from streams.incidents.states import CLOSED
from streams.incidents.steps import asked_for
from streams.kafka.trouble import refusal as kafka_refusal
from streams.records import Incident
from streams.words import sentence

SOON_S: Final = 3.0
"""Seconds that a form waits for what is refused at once."""

NEWS_S: Final = 2.0
"""Seconds that an order waits for the feed to read what came of it."""

_DOINGS: Final[tuple[Doing, ...]] = ("run", "approve", "probe")


class Choice(msgspec.Struct, frozen=True):
    """An action that can be ordered: its undo where `undo`; `missing` says which secret isn't
    here, and `asked` who asked for a second person, "" for nobody."""

    action: Action
    undo: bool
    missing: str
    asked: str


def choose(request: Request) -> Response:
    """The actions that are meant for an incident."""
    desk: Desk = request.app.state.desk
    incident = _incident(desk, request.path_params["id"])
    choices: list[Choice] = []
    wrong = ""
    if desk.settings.actions:
        try:
            found = suited(configured_actions(desk.settings).actions, incident)
            choices = [_choice(action, undo, incident) for action, undo in found]
        except UsageError as error:
            wrong = str(error)
    return page(
        request,
        "contain.html",
        title="Contain",
        incident=incident,
        choices=choices,
        configured=bool(desk.settings.actions),
        over=incident.state in CLOSED,
        wrong=wrong,
        jobs=request.app.state.jobs.of(incident.id),
    )


def _choice(action: Action, undo: bool, incident: Incident) -> Choice:
    asked = asked_for(incident.acts, action.name, undo) if action.two_person else None
    return Choice(action, undo, missing_secret(action), asked.actor if asked is not None else "")


def preview(request: Request, form: FormData) -> Response:
    """What an action would send; nothing is sent."""
    desk: Desk = request.app.state.desk
    refuse_if_away(desk)
    incident = _incident(desk, field(form, "incident"))
    wish = _wish(request, form, "show")
    job = Job(wish.name)
    wrong = _done(desk, incident, wish, job)
    if wrong or not job.documents:
        raise Refusal(400, wrong or "Nothing can be shown of it.")
    return page(
        request,
        "contain_shown.html",
        title=f"What {wish.name} would do",
        incident=incident,
        wish=wish,
        shown=job.documents[0],
        missing=_missing(desk, wish.name),
        order=new_id(),
    )


def order(request: Request, form: FormData) -> Response:
    """Orders an action, approves one, or looks again whether it works."""
    desk: Desk = request.app.state.desk
    gate = request.app.state.gate
    visitor: Visitor = request.state.visitor
    refuse_if_away(desk)
    incident = _incident(desk, field(form, "incident"))
    doing = next((one for one in _DOINGS if one == field(form, "doing")), None)
    if doing is None:
        raise Refusal(400, "The form doesn't say what to do. Load the page again.")
    wish = _wish(request, form, doing)
    if doing == "run" and not wish.digest:
        raise Refusal(400, "Look first at what would be sent.")

    def work(job: Job) -> str:
        wrong = _done(desk, incident, wish, job)
        gate.audit.write(visitor, f"{doing} {wish.name}", incident.id, wrong or "done")
        return wrong

    gate.write_down(visitor, f"{doing} {wish.name}", incident.id, "begun")
    job = request.app.state.jobs.start(incident.id, wish.order or new_id(), wish.name, work)
    if job is None:
        raise Refusal(503, "Too many orders are under way. Nothing was sent; try again soon.")
    job.over.wait(SOON_S)
    if job.over.is_set() and job.failed:
        raise Refusal(409, job.failed)
    if job.over.is_set() and doing != "probe":
        _await_news(desk, incident)
    said = " ".join(job.lines) or f"{wish.name} is under way; the timeline says what comes of it."
    done = gate.sealed(visitor, said[:1_000])
    return RedirectResponse(path_of("incident", incident.id, done=done), 303)


def _missing(desk: Desk, name: str) -> str:
    """Which secret an action lacks here, so that it can't be called; "" for none."""
    if not desk.settings.actions:
        return ""
    found = configured_actions(desk.settings).actions
    return next((missing_secret(one) for one in found if one.name == name), "")


def _await_news(desk: Desk, before: Incident) -> None:
    """Waits until the store has what came of an order, so that the next page shows it; not for
    long, as it may have changed nothing."""
    deadline = time.monotonic() + NEWS_S
    while time.monotonic() < deadline:
        now = incident_of(desk.store, before.id)
        if now is None or now.revision > before.revision:
            return
        time.sleep(0.05)


def _done(desk: Desk, incident: Incident, wish: Wish, job: Job) -> str:
    """Does what is wished; what went wrong, "" for nothing."""
    try:
        desk.contain(incident, wish, job)
    except OutwatchError as wrong:
        return sentence(str(wrong))
    except KafkaError as failure:
        return f"Kafka didn't answer ({kafka_refusal(desk.settings, failure)})."
    except TimeoutError:
        return "Kafka sent nothing for too long."
    return ""


def _wish(request: Request, form: FormData, doing: Doing) -> Wish:
    return Wish(
        name=field(form, "action"),
        actor=request.state.visitor.name,
        doing=doing,
        undo=field(form, "undo") == "yes",
        reason=field(form, "reason"),
        alone=field(form, "alone") == "yes",
        anyway=field(form, "anyway") == "yes",
        revision=revision(form),
        as_json=doing == "show",
        order=field(form, "act") if doing == "run" else "",
        digest=field(form, "digest"),
    )


def _incident(desk: Desk, id_: str) -> Incident:
    known = family(desk.store, id_)
    if id_ not in known:
        raise Refusal(404, "There is no such incident.")
    return followed(known, known[id_])[0]


ROUTES: list[Any] = [
    Route("/contain/{id:path}", choose),
    Route("/contain", guarded("act", preview), methods=["POST"]),
    Route("/order", guarded("act", order), methods=["POST"]),
]
