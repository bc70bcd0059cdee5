"""*Canaries*: which were planted where; making them, and taking them back.

A token is shown once, when it is made.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from detectors.leak.canary_file import MOST, Canary, named_well
from streams.canaries import KINDS, STATES, add, minted, planted_text, registered, revoke, state
from streams.config.settings import Settings
from streams.console.bench import bench_of
from streams.console.desk import Desk
from streams.console.pages.acts import field, new_id
from streams.console.pages.now import page_number
from streams.console.render import page, path_of
from streams.console.security import Refusal, guarded
from streams.console.visitor import Visitor
from streams.console.why import why
from streams.errors import OutwatchError
from streams.words import moment

MENU = ("/canaries", "Canaries")

SIGNAL = "leak.canary"
_AT_ONCE = 50
_DAY = 86_400.0
_MOST_DAYS = 3_660


class Row(msgspec.Struct, frozen=True):
    """A canary without its token."""

    id: str
    kind: str
    where: str
    owner: str
    state: str
    minted_at: float | None
    expires_at: float | None
    revoked_at: float | None


def show(request: Request) -> Response:
    """The register, the newest first."""
    return _page(request)


def mint(request: Request, form: FormData) -> Response:
    """Makes a canary, and shows this once what to plant."""
    desk: Desk = request.app.state.desk
    visitor: Visitor = request.state.visitor
    path = _register(desk.settings)
    if path is None:
        raise Refusal(409, "No register is set: `detector_options.leak.canaries` names it.")
    kind = next((one for one in KINDS if one == field(form, "kind")), None)
    if kind is None:
        raise Refusal(400, "Choose what it is to be planted in.")
    where, owner = field(form, "where"), field(form, "owner") or visitor.name
    for what, text in (("place", where), ("owner", owner)):
        if not named_well(text):
            raise Refusal(
                400,
                f"The {what} may have 80 letters, digits, blanks and . , : / @ _ -, and needs one.",
            )
    now = desk.clock()
    days = field(form, "days")
    if days and not (days.isascii() and days.isdigit() and 0 < int(days[:9]) <= _MOST_DAYS):
        raise Refusal(400, f"It may count for 1 to {_MOST_DAYS:,} days; empty is for good.")
    if not bench_of(request).sent.put(field(form, "act"), True):
        raise Refusal(
            409,
            "This form was sent already, and what it made is shown once. If you lost it, revoke"
            " that canary and mint another.",
        )
    made = minted(kind, where, owner, now, now + int(days) * _DAY if days else None)
    request.app.state.gate.write_down(visitor, "mints a canary", made.id, made.where)
    try:
        add(path, [made])
    except OutwatchError as wrong:
        raise Refusal(409, why(wrong)) from None
    return _page(request, fresh=made)


def take_back(request: Request, form: FormData) -> Response:
    """Revokes a canary."""
    desk: Desk = request.app.state.desk
    visitor: Visitor = request.state.visitor
    path = _register(desk.settings)
    id_ = field(form, "id")
    if path is None:
        raise Refusal(409, "No register is set, so there is nothing to revoke.")
    request.app.state.gate.write_down(visitor, "revokes a canary", id_)
    try:
        revoke(path, [id_], desk.clock())
    except OutwatchError as wrong:
        raise Refusal(409, why(wrong)) from None
    done = request.app.state.gate.sealed(visitor, f"{id_} is looked for no more.")
    return RedirectResponse(path_of("canaries", done=done), 303)


def _page(request: Request, fresh: Canary | None = None) -> Response:
    desk: Desk = request.app.state.desk
    visitor: Visitor = request.state.visitor
    path = _register(desk.settings)
    wrong, known = "", list[Canary]()
    if path is not None and path.exists():
        try:
            known = registered(path)
        except OutwatchError as failure:
            wrong = why(failure)
    now = desk.clock()
    wished = request.query_params.get("state", "")
    chosen = [one for one in reversed(known) if wished not in STATES or state(one, now) == wished]
    last = max(1, -(-len(chosen) // _AT_ONCE))
    number = min(last, page_number(request))
    counts = {name: sum(state(one, now) == name for one in known) for name in STATES}
    return page(
        request,
        "canaries.html",
        title="Canaries",
        register=path is not None,
        wrong=wrong,
        rows=[_row(one, now) for one in chosen[(number - 1) * _AT_ONCE : number * _AT_ONCE]],
        counts=counts,
        wished=wished if wished in STATES else "",
        fresh=fresh,
        plant=planted_text(fresh) if fresh is not None else "",
        kinds=KINDS,
        most=MOST,
        full=len(known) >= MOST,
        caught=desk.store.rows(
            "SELECT id, title, state, severity, first_seen FROM incidents WHERE signal = ?"
            " ORDER BY last_seen DESC LIMIT 20",
            SIGNAL,
        ),
        act=new_id(),
        number_=number,
        last=last,
        moment=moment,
        done=request.app.state.gate.unsealed(visitor, request.query_params.get("done", "")),
    )


def _register(settings: Settings) -> Path | None:
    named = settings.detector_options.get("leak", {}).get("canaries")
    return Path(named).expanduser() if isinstance(named, str) and named else None


def _row(one: Canary, now: float) -> Row:
    return Row(
        one.id, one.kind, one.where, one.owner, state(one, now),
        one.minted_at, one.expires_at, one.revoked_at,
    )  # fmt: skip


ROUTES = [
    Route("/canaries", show),
    Route("/canaries/mint", guarded("act", mint), methods=["POST"]),
    Route("/canaries/revoke", guarded("act", take_back), methods=["POST"]),
]
