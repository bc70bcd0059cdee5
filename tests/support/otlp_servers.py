"""Loopback servers for clients with telemetry: a stand-in of the OpenAI API, and a Collector's
receiver that keeps what it gets in the bytes that the Collector's Kafka exporter would write."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serves on a free port and gives the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(BaseHTTPRequestHandler):
    timeout = 10

    def body(self) -> bytes:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def openai_stand_in(text: str) -> type[BaseHTTPRequestHandler]:
    """Answers chat completions with a text, by model: plain, streamed, tools, broken."""

    class Handler(_Quiet):
        def do_POST(self) -> None:
            request = json.loads(self.body())
            model = request["model"]
            if model == "broken":
                self.answer(500, "application/json", b'{"error": {"message": "no"}}')
            elif model == "embed":
                vector = base64.b64encode(bytes(8)).decode()
                data = [{"object": "embedding", "index": 0, "embedding": vector}]
                usage = {"prompt_tokens": 1, "total_tokens": 1}
                self._json({"object": "list", "model": "embed-1", "data": data, "usage": usage})
            elif model == "streamed":
                self._stream(text)
            else:
                self._json(_completion(model, text))

        def _json(self, data: dict[str, Any]) -> None:
            self.answer(200, "application/json", json.dumps(data).encode())

        def _stream(self, text: str) -> None:
            half = len(text) // 2
            deltas: list[dict[str, Any]] = [
                {"role": "assistant", "content": text[:half]},
                {"content": text[half:]},
                {},
            ]
            lines = ""
            for number, delta in enumerate(deltas):
                reason = "stop" if number == 2 else None
                chunk = {
                    **_completion("streamed", ""),
                    "object": "chat.completion.chunk",
                    "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
                    "usage": None,
                }
                lines += f"data: {json.dumps(chunk)}\n\n"
            self.answer(200, "text/event-stream", f"{lines}data: [DONE]\n\n".encode())

    return Handler


def _completion(model: str, text: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    reason = "stop"
    if model == "tools":
        function = {"name": "mail", "arguments": json.dumps({"text": text})}
        call = {"id": "call_1", "type": "function", "function": function}
        message, reason = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    return {
        "id": f"chatcmpl-{model}",
        "object": "chat.completion",
        "created": 1_764_000_000,
        "model": f"{model}-2026-01-01",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
    }


class Received:
    """What a Collector got, as its Kafka exporter writes it: by signal, in both encodings."""

    def __init__(self) -> None:
        self.spans: list[bytes] = []
        self.logs: list[bytes] = []

    def handler(self) -> type[BaseHTTPRequestHandler]:
        received = self

        class Handler(_Quiet):
            def do_POST(self) -> None:
                kept = received.spans if self.path == "/v1/traces" else received.logs
                kept.append(self.body())
                self.answer(200, "application/x-protobuf", b"")

        return Handler


def as_otlp_json(value: bytes, kind: type[TracesData] | type[LogsData]) -> bytes:
    """Protocol buffers as OTLP JSON: what protobuf's JSON mapping gives, with hexadecimal ids."""
    data = json_format.MessageToDict(kind.FromString(value), use_integers_for_enums=True)
    return json.dumps(_with_hex_ids(data)).encode()


def _with_hex_ids(data: Any) -> Any:
    if isinstance(data, list):
        return [_with_hex_ids(item) for item in data]
    if isinstance(data, dict):
        return {
            name: base64.b64decode(value).hex()
            if name in ("traceId", "spanId", "parentSpanId")
            else _with_hex_ids(value)
            for name, value in data.items()
        }
    return data
