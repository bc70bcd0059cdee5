"""The console as an application: a store, people who may look or act, and the pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from streams.console.desk import Desk
from streams.console.events import Hub, stream
from streams.console.jobs import Jobs
from streams.console.pages import (
    acts,
    canaries,
    contain,
    incident,
    museum,
    now,
    originals,
    postmortem,
    review,
    rules,
    search,
    traffic,
)
from streams.console.render import page, templates
from streams.console.security import Gate, Guard, Refusal, guarded
from streams.console.store import Store, tell

PAGES: tuple[Any, ...] = (
    now,
    traffic,
    review,
    rules,
    canaries,
    museum,
    search,
    incident,
    acts,
    contain,
    originals,
    postmortem,
)
"""Modules with `ROUTES`, in the order of the menu; those with a `MENU` (path, name) stand in it."""

_STATIC = Path(__file__).parent / "static"


def make_app(
    desk: Desk, gate: Gate, hub: Hub, beside: Callable[[], None] | None = None
) -> Starlette:
    """The application over a store, with a gate and what sends acts.

    `beside` is called on a thread's behalf when it ends.
    """

    @asynccontextmanager
    async def running(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(hub.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            if beside is not None:
                beside()

    routes = [
        Route("/live", _live),
        Route("/ready", _ready),
        Route("/login", _login_form),
        Route("/login", _log_in, methods=["POST"]),
        Route("/logout", guarded("look", _log_out), methods=["POST"]),
        Route("/events", stream),
        Mount("/static", StaticFiles(directory=_STATIC)),
        *(route for module in PAGES for route in module.ROUTES),
    ]
    _check_guarded(routes)
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, gate=gate)],
        exception_handlers={
            Refusal: _refused,
            400: _unreadable,
            404: _missing,
            405: _no_such_method,
            500: _failed,
        },
        lifespan=running,
    )
    app.state.desk = desk
    app.state.gate = gate
    app.state.hub = hub
    app.state.jobs = Jobs(lambda incident: _tell_order(desk.store, hub, incident))
    menu = [one.MENU for one in PAGES if hasattr(one, "MENU")]
    app.state.templates = templates(menu, gate, desk.settings.console.command)
    return app


def _tell_order(store: Store, hub: Hub, incident: str) -> None:
    with store.writing() as connection:
        tell(connection, "order", incident)
    hub.wake()


def _check_guarded(routes: list[Any]) -> None:
    """Raises `TypeError` where a page takes forms past `guarded`: none may."""
    for route in routes:
        if isinstance(route, Route) and "POST" in (route.methods or ()):
            named = getattr(route.endpoint, "guarded_by", None)
            if named is None and route.path != "/login":
                raise TypeError(f"{route.path} takes forms without `guarded`")


def _live(_: Request) -> Response:
    return Response("ok", media_type="text/plain")


def _ready(request: Request) -> Response:
    """Whether it shows what is so: Kafka answers, or what was known before is there."""
    desk: Desk = request.app.state.desk
    known = desk.standing().away_since is None or desk.store.value("SELECT 1 FROM positions")
    return Response("ok" if known else "nothing was read yet", 200 if known else 503)


def _login_form(request: Request) -> Response:
    if not request.app.state.gate.needs_login or request.state.visitor is not None:
        return RedirectResponse("/", 303)
    return page(request, "login.html", title="Log in", why="")


async def _log_in(request: Request) -> Response:
    gate: Gate = request.app.state.gate
    try:
        form = await request.form(max_files=0, max_fields=5)
        token = form.get("token")
        site = request.headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none"):
            raise Refusal(403, "Another site sent this, so nothing was done")
        visitor = gate.log_in(token if isinstance(token, str) else "", _peer(request))
    except Refusal as refusal:
        if refusal.status != 429:
            gate.audit.write(None, "login refused", _peer(request), refusal.why)
        return page(request, "login.html", refusal.status, title="Log in", why=refusal.why)
    gate.audit.write(visitor, "login", _peer(request))
    answer = RedirectResponse("/", 303)
    gate.keep(visitor, answer)
    return answer


def _log_out(request: Request, form: FormData) -> Response:
    gate: Gate = request.app.state.gate
    gate.audit.write(request.state.visitor, "logout", _peer(request))
    gate.log_out(request.state.visitor)
    answer = RedirectResponse("/login" if gate.needs_login else "/", 303)
    answer.delete_cookie(gate.cookie, path="/", secure=not gate.loopback, httponly=True)
    return answer


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101
    status = refusal.status
    title = "Nothing was done"
    if request.method in ("GET", "HEAD"):
        title = "Not found" if status == 404 else "Not shown"
    return page(request, "refused.html", status, title=title, why=refusal.why)


def _missing(request: Request, _: Exception) -> Response:
    why = "There is no such page."
    return page(request, "refused.html", 404, title="Not here", why=why)


def _no_such_method(request: Request, failure: Exception) -> Response:
    allowed = getattr(failure, "headers", None) or {}
    why = "This address takes no such request; pages and their buttons send what it takes."
    answer = page(request, "refused.html", 405, title="Not so", why=why)
    answer.headers.update(allowed)
    return answer


def _unreadable(request: Request, _: Exception) -> Response:
    why = "The form can't be read: it is broken, or has files or too many fields."
    return page(request, "refused.html", 400, title="Nothing was done", why=why)


def _failed(request: Request, failure: Exception) -> Response:
    why = f"The console failed at this ({type(failure).__name__}); its log has more."
    return Response(why, 500, media_type="text/plain")
