"""*Now*: what is open, the worst first, with who has it, since when, and how it grows; and what is
over that nobody looked at, or that was over lately."""

from __future__ import annotations

import sqlite3

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.desk import Desk
from streams.console.render import page
from streams.console.svg import sparkline
from streams.console.trends import above_by_minute
from streams.incidents.silences import hidden_by
from streams.records import Incident, Silence

MENU = ("/", "Now")

_AT_ONCE = 50
_SPARK_MIN = 60
_MOST_OVER = 20
_LATELY_S = 86_400.0

_incidents = msgspec.json.Decoder(Incident)
_silences = msgspec.json.Decoder(Silence)


class Row(msgspec.Struct, frozen=True):
    """One incident of the list. `has` is who has it, "" for nobody; times are event times, in
    seconds since the epoch; `silenced` is until when a silence hides it from pagers."""

    id: str
    severity: str
    state: str
    title: str
    has: str
    first_seen: float
    last_seen: float
    users: int
    revision: int
    spark: Markup
    silenced: float | None


def show(request: Request) -> Response:
    """The open incidents, 50 to a page."""
    desk: Desk = request.app.state.desk
    counts = {
        row["severity"]: row["found"]
        for row in desk.store.rows(
            "SELECT severity, count(*) AS found FROM incidents WHERE is_open = 1"
            " GROUP BY severity, rank ORDER BY rank DESC"
        )
    }
    last = max(1, -(-sum(counts.values()) // _AT_ONCE))
    number = min(last, page_number(request))
    return page(
        request,
        "now.html",
        title="Now",
        incidents=listed(desk, (number - 1) * _AT_ONCE),
        counts=counts,
        number=number,
        last=last,
        unattended=over(desk, "unattended = 1", "rank DESC, over_at DESC, id"),
        over=over(
            desk,
            "unattended = 0 AND over_at > ?",
            "over_at DESC, id",
            desk.clock() - _LATELY_S,
        ),
    )


def over(desk: Desk, which: str, order: str, *values: float) -> list[sqlite3.Row]:
    """Incidents that are over, in an order; 20 at most."""
    return desk.store.rows(
        "SELECT id, severity, state, title, first_seen, over_at, revision FROM incidents"  # noqa: S608
        f" WHERE {which} ORDER BY {order} LIMIT {_MOST_OVER}",
        *values,
    )


def page_number(request: Request) -> int:
    """The number of the page that is asked for, from 1."""
    text = request.query_params.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def listed(desk: Desk, skip: int) -> list[Row]:
    """Open incidents, the worst first and of those the latest."""
    now = desk.clock()
    silences = [
        _silences.decode(row["message"])
        for row in desk.store.rows("SELECT message FROM silences WHERE ends_at > ?", now)
    ]
    rows = desk.store.rows(
        "SELECT id, severity, state, title, assignee, taken_by, first_seen, last_seen, users,"
        " revision, deployment, signal, rule, message FROM incidents WHERE is_open = 1"
        " ORDER BY rank DESC, last_seen DESC, id LIMIT ? OFFSET ?",
        _AT_ONCE,
        skip,
    )
    until = int(now // 60)
    made = []
    for row in rows:
        limit = desk.rules.limit(row["rule"], row["deployment"])
        above = above_by_minute(
            desk.store, row["deployment"], row["signal"], limit, until - _SPARK_MIN, until + 1
        )
        values = [above.get(minute, 0) for minute in range(until - _SPARK_MIN, until)]
        # The minute that isn't over counts where it shows a rise: else it would look like a fall.
        values[-1] = max(values[-1], above.get(until, 0))
        hidden = hidden_by(silences, _incidents.decode(row["message"]), now) if silences else None
        made.append(
            Row(
                id=row["id"],
                severity=row["severity"],
                state=row["state"],
                title=row["title"],
                has=row["assignee"] or row["taken_by"],
                first_seen=row["first_seen"],
                last_seen=row["last_seen"],
                users=row["users"],
                revision=row["revision"],
                spark=sparkline(
                    values, f"{sum(values)} above the limit in the last hour, {values[-1]} just now"
                ),
                silenced=hidden.ends_at if hidden is not None else None,
            )
        )
    return made


ROUTES = [Route("/", show)]
