"""*Search*: incidents and records by id, conversation, or the hash of a user."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.desk import Desk
from streams.console.render import page
from streams.records import VerdictRow
from streams.words import score

MENU = ("/search", "Search")

_MOST = 100
_LONGEST = 500
_MOST_SCORES = 4

_rows = msgspec.json.Decoder(VerdictRow)


class Found(msgspec.Struct, frozen=True):
    """One record: its place, what it is part of, its highest scores in words, and its masked
    excerpt. `event_time` is in seconds since the epoch."""

    record_id: str
    place: str
    deployment: str
    event_time: float
    conversation: str
    user: str
    version: str
    scores: list[str]
    excerpt: str


def show(request: Request) -> Response:
    """What is found for the words asked for."""
    desk: Desk = request.app.state.desk
    asked = request.query_params.get("q", "").strip()[:_LONGEST]
    return page(
        request,
        "search.html",
        title="Search",
        asked=asked,
        incidents=incidents(desk, asked) if asked else [],
        records=records(desk, asked) if asked else [],
        most=_MOST,
        kept=desk.settings.console.keep_s,
    )


def incidents(desk: Desk, asked: str) -> list[Any]:
    """Incidents of an id or its beginning, of a deployment, or with a word in the title."""
    plain = asked.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return desk.store.rows(
        "SELECT id, title, severity, state, first_seen, deployment FROM incidents"
        " WHERE id LIKE ? ESCAPE '\\' OR id LIKE ? ESCAPE '\\' OR deployment = ?"
        " OR title LIKE ? ESCAPE '\\' OR page_key = ?"
        " ORDER BY is_open DESC, last_seen DESC LIMIT ?",
        f"{plain}%",
        f"inc-{plain}%",
        asked,
        f"%{plain}%",
        asked,
        _MOST,
    )


def records(desk: Desk, asked: str) -> list[Found]:
    """Records of an id, a conversation or a user's hash, or at a place in a topic; newest first."""
    topic, _, rest = asked.partition("/")
    partition, _, offset = rest.partition("/")
    place: tuple[Any, ...] = ("", -1, -1)
    if partition.isdecimal() and offset.isdecimal() and len(partition) < 9 and len(offset) < 18:
        place = (topic, int(partition), int(offset))
    rows = desk.store.rows(
        "SELECT * FROM records WHERE number IN ("
        "SELECT number FROM records WHERE record_id = ?"
        " UNION SELECT number FROM records WHERE conversation = ?"
        " UNION SELECT number FROM records WHERE user = ?"
        " UNION SELECT number FROM records WHERE partition = ? AND offset = ? AND topic = ?"
        ") ORDER BY event_time DESC, number DESC LIMIT ?",
        asked,
        asked,
        asked,
        place[1],
        place[2],
        place[0],
        _MOST,
    )
    return [_found(row) for row in rows]


def _found(row: Any) -> Found:
    one = _rows.decode(row["message"])
    highest = sorted(one.scores.items(), key=lambda item: -item[1])[:_MOST_SCORES]
    part = f"/{one.part}" if one.part else ""
    return Found(
        record_id=one.record_id,
        place=f"{row['topic']}/{row['partition']}/{one.offset}{part}",
        deployment=row["deployment"],
        event_time=one.event_time,
        conversation=one.conversation_id or "",
        user=one.user or "",
        version=one.model_version or "",
        scores=[f"{signal} {score(value)}" for signal, value in highest],
        excerpt=one.excerpt,
    )


ROUTES = [Route("/search", show)]
