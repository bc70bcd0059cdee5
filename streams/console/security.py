"""Who is at the console, and what they may do; what every answer says to browsers.

On a loopback address without tokens it is whoever uses this machine. Else a token (`tokens.py`)
or the header of a trusted proxy says who it is. A session is signed and bound to what let it in,
so that whoever is struck off the file is out at once. Each form carries a token that is bound to
its session, and a request that another site sent is refused before that.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
import time
from collections.abc import Awaitable, Callable
from ipaddress import ip_address, ip_network
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from itsdangerous import BadData, Signer, URLSafeSerializer
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streams.config.settings import Console, Role, is_loopback
from streams.console.audit import Audit
from streams.console.logouts import Logouts
from streams.console.tokens import Tokens
from streams.console.visitor import Visitor
from streams.errors import ConfigError

log = logging.getLogger(__name__)

MOST_FIELDS: Final = 200
MOST_BYTES: Final = 256 * 1024
"""Of a form: its fields, and all of it."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    # Without any referrer a browser says of our own forms that they come from nowhere.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_OPEN_PATHS = ("/login", "/static/", "/live", "/ready")
# Asked for by address, by what looks whether the process works.
_PROBES = ("/live", "/ready")
# What proxies add: behind one, "this machine" is everybody.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


# Wrong tokens a minute: of one address, of all; and addresses that are remembered.
_MISSES_EACH, _MOST_MISSES, _MOST_PEERS = 10, 100, 1_000
_EVERYBODY: Final = "everybody"


class Refusal(Exception):
    """A request that isn't answered as wished: the status, and the reason for a person."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Gate:
    """Lets people in, and tells who they are.

    `local` is the name of whoever uses this machine; `key` signs sessions, and `logouts` keeps
    those that were ended.
    """

    def __init__(
        self,
        settings: Console,
        key: bytes,
        audit: Audit,
        logouts: Logouts,
        local: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._sessions = URLSafeSerializer(key, salt="outwatch-console-session")
        self._key = key
        self._forms = Signer(key, salt="outwatch-console-form")
        self._clock = clock
        self._local = local
        self._proxies = [ip_network(one, strict=False) for one in settings.proxy_addresses]
        self.loopback = is_loopback(settings.host)
        self.audit = audit
        self.tokens = Tokens(settings.tokens) if settings.tokens else None
        self.cookie = "outwatch" if self.loopback else "__Host-outwatch"
        self._misses: dict[str, list[float]] = {}
        self._logouts = logouts
        self._turn = threading.Lock()

    @property
    def needs_login(self) -> bool:
        """Whether people have to give a token."""
        return self.tokens is not None

    def check_host(self, headers: Headers) -> None:
        """Raises `Refusal` where a name leads here that isn't ours: a page of another site could
        have had its name changed to this address."""
        named = headers.get("host", "")
        name = named.rsplit(":", 1)[0] if not named.endswith("]") else named
        own = [*self._settings.hosts, self._settings.host]
        if self.loopback:
            allowed = name.lower() in (*_LOCAL, *(one.lower() for one in own))
        else:
            allowed = not self._settings.hosts or name.lower() in [one.lower() for one in own]
        if not allowed:
            raise Refusal(
                421,
                "The console isn't served under this name. Ask for it by its address, or name it"
                " in the setting console.hosts",
            )

    def visitor(self, request: Request) -> Visitor | None:
        """Who it is; None for nobody known. Raises `Refusal` where that can't be told."""
        if self._settings.proxy_header and self._from_proxy(request):
            return self._by_proxy(request)
        local = self.loopback and not self.needs_login and not self._settings.proxy_header
        if local and any(name in request.headers for name in _FORWARDED):
            raise Refusal(
                403,
                "A proxy stands before the console, and it lets in whoever uses this machine. Set"
                " console.tokens, or console.proxy_header, so that people say who they are",
            )
        found = self._by_cookie(request)
        if found is None and local:
            return self._new(self._local or "local", "originals", "local")
        return found

    def log_in(self, token: str, peer: str = "") -> Visitor:
        """The visitor with a token, whoever else guessed before: a token is too long to be guessed.
        Raises `Refusal`; one of 429 isn't to be written down, so that nobody fills the disk."""
        found = self.tokens.of(token) if self.tokens is not None else None
        if found is not None:
            return self._new(found.name, found.role, found.digest)
        if self._missed(peer) or self._missed(_EVERYBODY, _MOST_MISSES):
            raise Refusal(429, "Too many wrong tokens within a minute. Wait, then try again")
        raise Refusal(403, "This token isn't known. `outwatch console --token NAME` makes one")

    def _missed(self, peer: str, most: int = _MISSES_EACH) -> bool:
        """Counts a wrong token; whether an address sent more than so many within a minute."""
        now = self._clock()
        with self._turn:
            lately = [at for at in self._misses.pop(peer, []) if at > now - 60]
            self._misses[peer] = [*lately, now][-most - 1 :]
            while len(self._misses) > _MOST_PEERS:
                del self._misses[next(iter(self._misses))]
            return len(lately) >= most

    def log_out(self, visitor: Visitor) -> None:
        """Ends a session: its cookie lets nobody in any more."""
        self._logouts.add(visitor.session, visitor.until)

    def keep(self, visitor: Visitor, response: Response) -> None:
        """Gives the session to the browser."""
        response.set_cookie(
            self.cookie,
            str(self._sessions.dumps(msgspec.structs.astuple(visitor))),
            max_age=int(self._settings.session_s),
            path="/",
            secure=not self.loopback,
            httponly=True,
            samesite="strict",
        )

    def write_down(self, visitor: Visitor, what: str, about: str, why: str = "") -> None:
        """Writes down what somebody does. Raises `Refusal` where that can't be: then it isn't to be
        done."""
        try:
            self.audit.write(visitor, what, about, why)
        except OSError as failure:
            log.warning("%s can't be written: %s", self.audit.path, failure.strerror)
            raise Refusal(
                503, "It can't be written down who does this, so nothing was done."
            ) from None

    def sealed(self, visitor: Visitor, text: str) -> str:
        """A text for an address, which only this session's own pages can have written."""
        return str(self._notes(visitor).dumps(text))

    def unsealed(self, visitor: Visitor, given: str) -> str:
        """That text; "" for anything else."""
        try:
            return str(self._notes(visitor).loads(given))
        except BadData:
            return ""

    def _notes(self, visitor: Visitor) -> URLSafeSerializer:
        return URLSafeSerializer(self._key, salt=f"outwatch-console-note-{visitor.session}")

    def form_token(self, visitor: Visitor) -> str:
        """What each form of a session carries."""
        return self._forms.get_signature(visitor.session.encode()).decode()

    def check_form(self, request: Request, visitor: Visitor, given: str) -> None:
        """Raises `Refusal` for a form that wasn't one of ours, in this session."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin", "")
        if site not in ("same-origin", "none") or (
            origin and _host_of(origin) != request.headers.get("host", "")
        ):
            raise Refusal(403, "Another site sent this, so nothing was done")
        if not hmac.compare_digest(given.encode(), self.form_token(visitor).encode()):
            raise Refusal(
                403, "The form is of another session, so nothing was done. Load the page again"
            )

    def _new(self, name: str, role: Role, proof: str) -> Visitor:
        until = self._clock() + self._settings.session_s
        return Visitor(name, role, secrets.token_hex(16), proof, until)

    def _by_cookie(self, request: Request) -> Visitor | None:
        try:
            data = self._sessions.loads(request.cookies.get(self.cookie, ""))
            found = msgspec.convert(
                dict(zip(Visitor.__struct_fields__, data, strict=True)), Visitor
            )
        except (BadData, msgspec.ValidationError, TypeError, ValueError):
            return None
        if found.until < self._clock() or not self._stands(found):
            return None
        return None if self._logouts.has(found.session) else found

    def _stands(self, visitor: Visitor) -> bool:
        """Whether what let somebody in would let them in now, as who they are."""
        if self.tokens is not None:
            known = self.tokens.with_digest(visitor.proof)
            return known is not None and (known.name, known.role) == (visitor.name, visitor.role)
        return visitor.proof == "local" and self.loopback and not self._settings.proxy_header

    def _from_proxy(self, request: Request) -> bool:
        try:
            peer = ip_address(request.client.host if request.client else "")
        except ValueError:
            return False
        return any(peer in network for network in self._proxies)

    def _by_proxy(self, request: Request) -> Visitor | None:
        name = request.headers.get(self._settings.proxy_header, "").strip()
        if not name or len(name) > 200:
            return None
        role = self._settings.proxy_roles.get(name, self._settings.proxy_role)
        # The proxy says it anew with each request; the session is the person's name.
        return Visitor(name, role, f"proxy:{name}", "proxy", self._clock() + 60)


class Guard:
    """Wraps the application: names, people, and what answers say to browsers."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        with_headers: Send = headed
        try:
            if request.url.path not in _PROBES:
                self._gate.check_host(request.headers)
        except Refusal as refusal:
            answer = Response(refusal.why, refusal.status, media_type="text/plain")
            await answer(scope, receive, with_headers)
            return
        if _comes_from_afar(request) and self._gate.cookie not in request.cookies:
            await HTMLResponse(_AGAIN)(scope, receive, with_headers)
            return
        try:
            visitor = await run_in_threadpool(self._gate.visitor, request)
        except Refusal as refusal:
            answer = Response(refusal.why, refusal.status, media_type="text/plain")
            await answer(scope, receive, with_headers)
            return
        except ConfigError as wrong:
            log.warning("nobody can log in: %s", wrong)
            answer = Response("Nobody can log in: the token file is wrong", 503)
            await answer(scope, receive, with_headers)
            return
        if visitor is None and not request.url.path.startswith(_OPEN_PATHS):
            await self._turned_away(request)(scope, receive, with_headers)
            return
        scope.setdefault("state", {})["visitor"] = visitor
        if visitor is not None and visitor.proof == "local":
            with_headers = self._with_session(request, visitor, with_headers)
        await self._app(scope, _bounded(receive), with_headers)

    def _turned_away(self, request: Request) -> Response:
        for_a_person = "text/html" in request.headers.get("accept", "")
        if self._gate.needs_login and request.method == "GET" and for_a_person:
            return RedirectResponse("/login", 303)
        why = "Log in first" if self._gate.needs_login else "The proxy didn't say who you are"
        return Response(why, 401, media_type="text/plain")

    def _with_session(self, request: Request, visitor: Visitor, send: Send) -> Send:
        """Gives whoever uses this machine a session where they have none yet."""
        if self._gate.cookie in request.cookies and self._gate.visitor(request) == visitor:
            return send

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                holder = Response()
                self._gate.keep(visitor, holder)
                MutableHeaders(scope=message).append("set-cookie", holder.headers["set-cookie"])
            await send(message)

        return kept


# A browser sends no cookie where a page of another site, such as a chat, leads here. What asks
# again is this page itself, so then it does.
_AGAIN: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>outwatch</title>'
    '<meta http-equiv="refresh" content="0"><p><a href="">Go on</a></p></html>'
)


def _host_of(origin: str) -> str:
    """The host and port of an address; "" where it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _comes_from_afar(request: Request) -> bool:
    return request.method == "GET" and (
        request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
        and request.headers.get("sec-fetch-mode") == "navigate"
    )


def _bounded(receive: Receive) -> Receive:
    """Hands on what a browser sends, as long as it isn't more than a form may hold."""
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BYTES:
            raise Refusal(413, "The form is too large")
        return message

    return bounded


Handler = Callable[[Request, FormData], Response]


def guarded(role: Role, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for a form: its token, its origin and the role are checked, and a refusal is
    written down, before `handler` sees it (on a thread, as a handler may wait for Kafka)."""

    async def endpoint(request: Request) -> Response:
        gate: Gate = request.app.state.gate
        visitor: Visitor = request.state.visitor
        try:
            form = await _read_form(request)
            gate.check_form(request, visitor, _text(form.get("csrf")))
            if not visitor.may(role):
                raise Refusal(
                    403,
                    f"{visitor.name} may {_MAY[visitor.role]} here, and this needs the role {role}",
                )
        except Refusal as refusal:
            about = request.url.path
            await run_in_threadpool(gate.write_down, visitor, "refused", about, refusal.why)
            raise
        return await run_in_threadpool(handler, request, form)

    endpoint.guarded_by = role  # type: ignore[attr-defined]
    return endpoint


async def _read_form(request: Request) -> FormData:
    try:
        return await request.form(max_files=0, max_fields=MOST_FIELDS)
    except (HTTPException, ClientDisconnect):
        raise Refusal(
            400, "The form can't be read: it is broken, or has files or too many fields"
        ) from None


_MAY: Final[dict[Role, str]] = {
    "look": "only look",
    "act": "look and act",
    "originals": "look, act and see originals",
}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
