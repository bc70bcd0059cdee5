"""Incidents to page, and a local server that answers as it is told."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from streams.records import Incident

with warnings.catch_warnings():
    # Some of its plug-ins use what Python or their own libraries are about to drop.
    warnings.simplefilter("ignore", DeprecationWarning)
    import apprise

    apprise.Apprise.instantiate("json://localhost")


@pytest.fixture
def incident() -> Callable[..., Incident]:
    """Builds an incident; keyword arguments change it."""
    return build


def build(**changes: Any) -> Incident:
    given: dict[str, Any] = {
        "id": "inc-1",
        "revision": 1,
        "change": "opened",
        "state": "open",
        "severity": "high",
        "playbook": "secret-leak",
        "title": "A secret in answers of support-bot",
        "summary": "One answer held what looks like a private key.",
        "group": {"deployment": "support-bot"},
        "first_seen": 100.0,
        "last_seen": 160.0,
        "window_seconds": 300.0,
        "rules": [],
    } | changes
    return Incident(**({"page_key": given["id"]} | given))


class Server:
    """Answers with `script`, one entry per request, the last one for ever.

    An entry is a status, a status with headers, "garbage", "silence" or "hang up".
    """

    def __init__(self) -> None:
        self.script: list[Any] = [200]
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.on_request: Callable[[], None] = lambda: None
        self.leave = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((dict(self.headers), body))
                outer.on_request()
                number = min(len(outer.requests), len(outer.script)) - 1
                entry = outer.script[number]
                if entry == "silence":
                    outer.leave.wait(240)
                elif entry == "garbage":
                    self.wfile.write(b"\x00\xff not http \r\n\r\n")
                elif entry != "hang up":
                    status, headers = entry if isinstance(entry, tuple) else (entry, {})
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook/s3cr3t-token"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self.leave.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()
