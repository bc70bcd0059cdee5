"""`/metrics`, `/ready` and `/live` of the pager."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from streams.errors import UsageError

Health = Callable[[], dict[str, bool]]
"""What must be so, by name."""


@contextmanager
def serving(
    host: str,
    port: int,
    registry: CollectorRegistry,
    ready: Health,
    live: Health,
    section: str = "pager",
) -> Iterator[int]:
    """Serves until the block ends, and gives the port (a free one for 0).

    A check answers 200 when all its values are true, 503 otherwise. Raises `UsageError`
    when the port is taken, naming the setting's `section`.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                encode, kind = choose_encoder(self.headers.get("Accept", ""))
                self._answer(200, kind, encode(registry))
            elif path in ("/ready", "/live"):
                state = (ready if path == "/ready" else live)()
                self._answer(
                    200 if all(state.values()) else 503,
                    "application/json",
                    json.dumps(state).encode(),
                )
            else:
                self._answer(404, "text/plain", b"/metrics /ready /live\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: probes come every few seconds."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except (OSError, OverflowError) as failure:
        raise UsageError(
            f"port {port} on {host} can't be used ({failure}). Free it, or set `{section}.port` or "
            f"OUTWATCH_{section.upper()}_PORT to another"
        ) from failure
    thread = threading.Thread(target=server.serve_forever, args=(0.2,), name="web", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
