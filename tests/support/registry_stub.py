"""A schema registry for tests: the endpoints of the real one's interface that readers ask.

`schemas` are by id; `broken` is an HTTP status that every request gets instead; `asked` are the
paths. `login` is what the `Authorization` header has to be, where it is set; `tls` is the context of one
over HTTPS.
"""

from __future__ import annotations

import json
import ssl
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote


class RegistryStub:
    """Serves on a port of its own on the loopback."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.schemas: dict[int, dict[str, Any]] = {}
        self.guids: dict[str, int] = {}
        self.subjects: dict[tuple[str, str], int] = {}
        self.broken = 0
        self.login = ""
        self.asked: list[str] = []
        self._tls = tls

    def __enter__(self) -> RegistryStub:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stub.asked.append(self.path)
                status, body = stub.answer(self.path, self.headers.get("Authorization", ""))
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if self._tls is not None:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Its address."""
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._server.server_port}"

    def add(
        self,
        id: int,
        schema: str,
        kind: str = "AVRO",
        subject: str = "",
        references: list[dict[str, Any]] | None = None,
    ) -> str:
        """Registers a schema, as version 1 of a subject; its GUID."""
        body: dict[str, Any] = {"schema": schema}
        # As the real one: Avro is what isn't said.
        body |= {} if kind == "AVRO" else {"schemaType": kind}
        body |= {"references": references} if references else {}
        self.schemas[id] = body
        self.subjects[subject or f"subject-{id}", "1"] = id
        guid = str(uuid.UUID(int=id + (7 << 64)))
        self.guids[guid] = id
        return guid

    def answer(self, path: str, login: str) -> tuple[int, Any]:
        """Status and body for a path."""
        if self.broken:
            return self.broken, {"error_code": 50001, "message": "broken"}
        if login != self.login and self.login:
            return 401, {"error_code": 401, "message": "Unauthorized"}
        match [unquote(part) for part in path.strip("/").split("/")]:
            case ["schemas", "types"]:
                return 200, ["JSON", "PROTOBUF", "AVRO"]
            case ["schemas", "ids", id] if id.isdigit() and int(id) in self.schemas:
                return 200, self.schemas[int(id)]
            case ["schemas", "guids", guid] if guid in self.guids:
                return 200, self.schemas[self.guids[guid]]
            case ["subjects", subject, "versions", version] if (subject, version) in self.subjects:
                id = self.subjects[subject, version]
                return 200, {"subject": subject, "version": 1, "id": id, **self.schemas[id]}
        return 404, {"error_code": 40403, "message": "Schema not found"}
