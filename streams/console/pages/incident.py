"""*Incident*: what happened, what to do, and who did what; with the acts as buttons."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.desk import Desk
from streams.console.known import family
from streams.console.pages.acts import new_id
from streams.console.render import page
from streams.console.security import Refusal
from streams.console.signal_over_time import course
from streams.console.svg import chart
from streams.console.told import (
    clocks_now,
    members_of,
    playbook_of,
    said_to,
    steps,
    timeline,
)
from streams.console.typed import named
from streams.incidents.acts import REASONS
from streams.incidents.clocks.clock import CHECKLIST
from streams.incidents.clocks.running import standing_words
from streams.incidents.ends import unattended
from streams.incidents.onward import followed
from streams.incidents.render import affected, began, figures_words, unwatched_words
from streams.incidents.severity import across
from streams.incidents.silences import hidden_by
from streams.incidents.statements.phase import AUDIENCES, Audience
from streams.incidents.states import CLOSED, OPEN, SEVERITIES
from streams.incidents.steps import evidence_warning, orders, seal_line
from streams.place import pointer
from streams.records import Evidence, Incident, Silence

_NAMES: dict[Audience, str] = {
    "engineer": "On-call",
    "executive": "Executives",
    "support": "Support",
    "press": "Press",
    "legal": "Legal",
}
_WIDE, _NARROW = (860, 260), (330, 230)
_MOST_EVIDENCE = 20

_silences = msgspec.json.Decoder(Silence)


def show(request: Request) -> Response:
    """An incident under its id, or under one that led to it."""
    desk: Desk = request.app.state.desk
    known = family(desk.store, request.path_params["id"])
    found = known.get(request.path_params["id"])
    if found is None:
        raise Refusal(404, "There is no such incident, or none that was read yet.")
    incident, note = followed(known, found)
    audience = _audience(request)
    members = members_of(known, incident)
    visitor = request.state.visitor
    return page(
        request,
        "incident.html",
        title=incident.title,
        incident=incident,
        note=note,
        done=request.app.state.gate.unsealed(visitor, request.query_params.get("done", "")),
        audience=audience,
        audiences=[(one, _NAMES[one]) for one in _NAMES],
        said=said_to(desk, incident, members, audience),
        quoted=_quoted(incident, audience),
        clocks=[
            (one, standing_words(one, desk.clock())) for one in clocks_now(desk, incident, members)
        ],
        checklist=CHECKLIST,
        steps=steps(desk, incident),
        playbook=playbook_of(desk, incident),
        timeline=timeline(desk, incident),
        members=members,
        **_facts(desk, incident),
        **_chart(desk, incident),
        **_choices(desk, incident),
    )


def _audience(request: Request) -> Audience:
    wished = request.query_params.get("for", "")
    return next((one for one in AUDIENCES if one == wished), "engineer")


def _quoted(incident: Incident, audience: Audience) -> tuple[str, Evidence] | None:
    """What stands below the first words: a record in a masked excerpt, and which one it is. For
    whoever is on call alone: what others are told may be handed on."""
    first = [("What it began with", incident.started_by)] if incident.started_by else []
    shown = [*first, *(("A record of it", one) for one in incident.evidence)]
    if audience != "engineer":
        return None
    return next(((words, one) for words, one in shown if one.excerpt), None)


def _facts(desk: Desk, incident: Incident) -> dict[str, Any]:
    """What stands on top of the page."""
    now = desk.clock()
    silences = [
        _silences.decode(row["message"])
        for row in desk.store.rows("SELECT message FROM silences WHERE ends_at > ?", now)
    ]
    same = desk.store.rows(
        "SELECT id FROM incidents WHERE is_open = 1 AND playbook = ? LIMIT 50", incident.playbook
    )
    elsewhere = family(desk.store, *(row["id"] for row in same)).values()
    return {
        "began": began(incident),
        "over": incident.state in CLOSED,
        "is_open": incident.state in OPEN,
        "unattended": unattended(incident) and not incident.replaced_by,
        "unwatched": unwatched_words(incident),
        "affected": affected(incident),
        "figures": [figures_words(one) for one in incident.rules],
        "elsewhere": across(elsewhere, incident),
        "silenced": hidden_by(silences, incident, now),
        "seal_line": seal_line(incident),
        "warning": named(evidence_warning(incident), desk.settings.console.command),
        "unknown": [one for one in orders(incident.acts) if one.unknown],
        "evidence": [(one, pointer(one)) for one in incident.evidence[:_MOST_EVIDENCE]],
    }


def _chart(desk: Desk, incident: Incident) -> dict[str, Any]:
    found = course(desk, incident)
    if found is None:
        return {"course": None, "wide": "", "narrow": ""}
    what = "; ".join(f"{number}: {mark.what}" for number, mark in enumerate(found.marks, 1))
    name = f"{found.caption}. Marks: {what}"
    return {
        "course": found,
        "wide": chart(found, *_WIDE, name=name),
        "narrow": chart(found, *_NARROW, name=name),
    }


def _choices(desk: Desk, incident: Incident) -> dict[str, Any]:
    """What the forms offer."""
    others = desk.store.rows(
        "SELECT id, title FROM incidents WHERE is_open = 1 AND deployment = ? AND id != ?"
        " ORDER BY rank DESC, last_seen DESC LIMIT 30",
        incident.group.get("deployment", ""),
        incident.id,
    )
    return {
        "others": others,
        "reasons": REASONS,
        "severities": SEVERITIES,
        "new_id": new_id,
    }


ROUTES = [Route("/incident/{id:path}", show)]
