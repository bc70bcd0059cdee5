"""A server on loopback that answers as it is told, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]


class SmallServer:
    """`answers` maps "METHOD /path" to a status and a body: JSON, or bytes as they are.

    A body "drip" sends a byte now and then for ever, "silence" nothing at all.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.leave = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def seen(self) -> list[str]:
        return [line for line, _, _ in self.asked]


@contextmanager
def small_server() -> Iterator[SmallServer]:
    server = SmallServer()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            line = f"{self.command} {self.path}"
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append((line, headers, json.loads(body) if body else None))
            status, told = server.answers.get(line, (404, {}))
            if told == "silence":
                server.leave.wait(30)
                return
            self.send_response(status)
            if told == "drip":
                self.end_headers()
                while not server.leave.wait(0.05):
                    try:
                        self.wfile.write(b" ")
                        self.wfile.flush()
                    except OSError:
                        return
                return
            data = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_header("Content-Length", str(len(data)))
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            try:
                self.wfile.write(data)
            except OSError:
                return

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.leave.set()
        http.shutdown()
        thread.join()
        http.server_close()
