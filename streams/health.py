"""`/metrics`, `/ready`, `/live` and the `/runbook` of every process, and the server under whatever
else is answered over plain HTTP.

A supervisor ends a process that doesn't answer, so no client may keep another from its answer:
each connection has a thread and a time limit, and of too many, the one that has been waited for
longest is dropped.
"""

from __future__ import annotations

import json
import logging
import math
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from socketserver import ThreadingTCPServer
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from prometheus_client import CollectorRegistry, make_wsgi_app

from streams.errors import UsageError
from streams.runbook import runbook_page

log = logging.getLogger(__name__)

Check = Callable[[], tuple[bool, Mapping[str, object]]]
"""Whether all is well, and the details as JSON."""

LIMIT_S = 5.0
"""How long a client may take to send its request, and again to read the answer, in seconds."""

MOST = 32
"""How many connections are served at the same time."""

_LOOK_S = 0.2
_METHODS = "GET, HEAD, OPTIONS"
_FULL = b"HTTP/1.0 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


class Page(NamedTuple):
    """An answer: its status, headers without the length, and body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Serves(Protocol):
    """What a server has for those who ask."""

    def get(self, target: str, accept: str = "", encodings: str = "") -> Page:
        """The page for a request's target and its Accept and Accept-Encoding headers."""


Served = TypeVar("Served", bound=Serves)


class Pages:
    """What is served: a registry's metrics, and two checks (200 when all is well, else 503)."""

    def __init__(self, registry: CollectorRegistry, ready: Check, live: Check) -> None:
        self._metrics = make_wsgi_app(registry)
        self._checks = {"/ready": ready, "/live": live}

    def get(self, target: str, accept: str = "", encodings: str = "") -> Page:
        """The page for a request's target and its Accept and Accept-Encoding headers.

        Never raises: a check or a metric that fails is a 503 that says so.
        """
        path, _, query = target.partition("?")
        try:
            if path == "/metrics":
                return self._exposition(query, accept, encodings)
            if path == "/runbook":
                return Page(200, [("Content-Type", "text/html; charset=utf-8")], runbook_page())
            if path in self._checks:
                good, details = self._checks[path]()
                return as_json(200 if good else 503, details)
        except Exception as failure:
            kind = type(failure).__name__
            log.warning("%s can't be answered: %s", path, kind)
            return as_json(503, {"problem": f"{path} can't be answered: it failed with {kind}"})
        return as_json(404, {"paths": ["/metrics", *self._checks, "/runbook"]})

    def _exposition(self, query: str, accept: str, encodings: str) -> Page:
        try:
            return self._ask(query, accept, encodings)
        except Exception:
            # The client library raises for versions in Accept that are no numbers.
            return self._ask(query, "", encodings)

    def _ask(self, query: str, accept: str, encodings: str) -> Page:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/metrics",
            "QUERY_STRING": query,
            # What was folded over lines would end in our own headers.
            "HTTP_ACCEPT": " ".join(accept.split()),
            "HTTP_ACCEPT_ENCODING": encodings,
        }
        headers: list[tuple[str, str]] = []
        body: Iterable[bytes] = self._metrics(environ, lambda _, given: headers.extend(given))
        return Page(200, headers, b"".join(body))


class Server(ThreadingTCPServer, Generic[Served]):
    """Serves pages by a handler, each connection on a thread; `limit_s` and `most` as `LIMIT_S` and
    `MOST`."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        host: str,
        port: int,
        pages: Served,
        handler: type[Handler],
        limit_s: float = LIMIT_S,
        most: int = MOST,
    ) -> None:
        self.pages = pages
        self._limit_s = limit_s
        self._most = most
        self._lock = threading.Lock()
        self._until: dict[socket.socket, float] = {}
        super().__init__((host, port), handler)

    @property
    def port(self) -> int:
        """The port that is served: a free one where 0 was asked for."""
        return int(self.server_address[1])

    @property
    def connections(self) -> int:
        """Connections served now."""
        return len(self._until)

    def close(self) -> None:
        """Ends serving, and all connections."""
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in list(self._until):
                self._drop(connection)

    def wait_for(self, connection: socket.socket) -> None:
        """From now it is the client that must act, within the time limit."""
        self._set(connection, time.monotonic() + self._limit_s)

    def work_for(self, connection: socket.socket) -> None:
        """From now the client waits for us, as long as it takes."""
        self._set(connection, math.inf)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Takes a new connection. Runs where connections are accepted, so it never waits."""
        if self._admits(request):
            super().process_request(request, client_address)
            return
        with suppress(OSError):
            request.send(_FULL, socket.MSG_DONTWAIT)
        self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Ends a connection."""
        with self._lock:
            self._until.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Drops the connections whose clients took too long."""
        now = time.monotonic()
        with self._lock:
            for connection in [one for one, until in self._until.items() if until <= now]:
                self._drop(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has left is no news."""
        failure = sys.exception()
        if not isinstance(failure, OSError):
            log.warning("a request could not be answered: %s", type(failure).__name__)

    def _admits(self, connection: socket.socket) -> bool:
        with self._lock:
            if len(self._until) >= self._most:
                oldest = min(self._until, key=self._until.__getitem__)
                if self._until[oldest] == math.inf:
                    return False
                self._drop(oldest)
            self._until[connection] = time.monotonic() + self._limit_s
        return True

    def _drop(self, connection: socket.socket) -> None:
        # Its thread wakes by that, and closes it.
        del self._until[connection]
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    def _set(self, connection: socket.socket, until: float) -> None:
        with self._lock:
            if connection in self._until:
                self._until[connection] = until


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD with a server's pages, and refuses what sends something."""

    server: Server[Any]
    # Older requests have answers without a status.
    default_request_version = "HTTP/1.0"

    def do_GET(self) -> None:
        """Answers with a page."""
        self.server.work_for(self.connection)
        accept = self.headers.get("Accept", "")
        page = self.server.pages.get(self.path, accept, self.headers.get("Accept-Encoding", ""))
        self.answer(page)

    do_HEAD = do_GET

    def do_OPTIONS(self) -> None:
        """Says what can be asked."""
        self.answer(Page(200, [("Allow", _METHODS)], b""))
        self.hear_out()

    def do_POST(self) -> None:
        """Refuses what sends something."""
        problem = {"problem": f"only {_METHODS} are answered here"}
        self.answer(as_json(405, problem, [("Allow", _METHODS)]))
        self.hear_out()

    do_PUT = do_PATCH = do_DELETE = do_POST

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers what is no request of HTTP, or of a method unknown to it."""
        self.answer(as_json(code, {"problem": HTTPStatus(code).phrase}))
        self.hear_out()

    def version_string(self) -> str:
        """What the answers' Server header says: no versions, which help attackers only."""
        return "outwatch"

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: probes come every few seconds."""

    def answer(self, page: Page) -> None:
        """Sends an answer."""
        self.server.wait_for(self.connection)
        self.send_response(page.status)
        for name, value in page.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)

    def hear_out(self) -> None:
        """Reads the rest: closing before it would take the answer back."""
        self.connection.shutdown(socket.SHUT_WR)
        while self.rfile.read1(65536):
            pass


def serve(
    host: str,
    port: int,
    pages: Served,
    remedy: str,
    *,
    handler: type[Handler] = Handler,
    name: str = "health",
    limit_s: float = LIMIT_S,
    most: int = MOST,
) -> Server[Served]:
    """Serves on a thread of its own, `name`, until the server's `close`; on a free port for 0.

    Raises `UsageError`, ending with `remedy`, where the port can't be had.
    """
    try:
        server = Server(host, port, pages, handler, limit_s, most)
    except (OSError, OverflowError, UnicodeError) as failure:
        at, why = unheard(host, port, failure)
        raise UsageError(f"{at} can't be served ({why}). {remedy}") from None
    threading.Thread(target=server.serve_forever, args=(_LOOK_S,), name=name, daemon=True).start()
    return server


def unheard(host: str, port: int, failure: Exception) -> tuple[str, str]:
    """Where nobody can listen, and why, as errors say it: a host that isn't found isn't named, for
    it may be a secret in the wrong place.

    >>> unheard("hunter2", 9464, socket.gaierror(-2, "Name or service not known"))
    ('port 9464 of the host in the settings', 'no such host')
    """
    if isinstance(failure, socket.gaierror | UnicodeError):
        return heard_at("", port), "no such host"
    return f"{host}:{port}", str(failure)


def heard_at(host: str, port: int) -> str:
    """An address where nothing listens yet, as it is shown: a host that is none may be a secret.

    >>> heard_at("127.0.0.1", 9464), heard_at("hunter2", 9464)
    ('127.0.0.1:9464', 'port 9464 of the host in the settings')
    """
    try:
        known = host == "localhost" or ip_address(host.strip("[]")) is not None
    except ValueError:
        known = False
    return f"{host}:{port}" if known else f"port {port} of the host in the settings"


def all_of(states: Mapping[str, bool]) -> tuple[bool, Mapping[str, object]]:
    """A check's answer by what must be so, each by name."""
    return all(states.values()), states


def none_of(problems: Mapping[str, str]) -> tuple[bool, Mapping[str, object]]:
    """A check's answer by what may be wrong with each part: "" for nothing.

    The answer says of each part whether it is well, and in `problem` what isn't.
    """
    states = {name: not problem for name, problem in problems.items()}
    said = [f"{name}: {problem}" for name, problem in problems.items() if problem]
    return all(states.values()), {**states, "problem": "; ".join(said)}


def as_json(
    status: int, body: Mapping[str, object], headers: Iterable[tuple[str, str]] = ()
) -> Page:
    """An answer in JSON."""
    kind = ("Content-Type", "application/json")
    return Page(status, [kind, *headers], json.dumps(body).encode())
