"""The real OpenAI client against a stand-in server: what users dump is what is read."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai
import pytest

from streams.intake import openai_chat, openai_responses
from streams.records import Output
from tests.support.odd_json import MARK
from tests.support.openai_payloads import (
    CHAT,
    CHAT_REQUEST,
    CHUNKS,
    RESPONSE,
    RESPONSES_REQUEST,
    STREAM,
)

ANSWER = f"We have {MARK} at three pounds."


class StandIn(BaseHTTPRequestHandler):
    """Answers as OpenAI would, whole or streamed."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        chat = self.path.endswith("/chat/completions")
        if asked.get("model") == "no-such-model":
            error = {"message": f"No model for {MARK}", "type": "invalid", "code": "model"}
            self._send(404, "application/json", json.dumps({"error": error}))
        elif not asked.get("stream"):
            self._send(200, "application/json", json.dumps(CHAT if chat else RESPONSE))
        else:
            events = CHUNKS if chat else STREAM
            lines = [
                f"event: {e.get('type')}\n" * (not chat) + f"data: {json.dumps(e)}\n\n"
                for e in events
            ]
            self._send(200, "text/event-stream", "".join(lines) + "data: [DONE]\n\n" * chat)

    def _send(self, status: int, kind: str, body: str) -> None:
        content = body.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def client() -> Iterator[openai.OpenAI]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/v1"
    with openai.OpenAI(base_url=address, api_key="none", max_retries=0, timeout=30) as made:
        yield made
    server.shutdown()
    thread.join()
    server.server_close()


def read(module: Any, record: dict[str, Any]) -> list[Output]:
    """As it comes off a topic."""
    data = json.loads(json.dumps(record))
    assert module.recognises(data)
    parsed = module.parse(data)
    assert (parsed.bad, parsed.skipped) == ([], [])
    return parsed.outputs


def test_chat(client: openai.OpenAI) -> None:
    response = client.chat.completions.create(**CHAT_REQUEST)
    record = {"deployment": "bot", "request": CHAT_REQUEST, "response": response.model_dump()}
    (found,) = read(openai_chat, record)
    assert (found.output, found.deployment, found.prompt) == (ANSWER, "bot", f"And this {MARK}?")
    assert found == read(openai_chat, {**record, "response": CHAT})[0]


def test_streamed_chat(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(**CHAT_REQUEST, stream=True))
    record = {"request": CHAT_REQUEST, "response": [chunk.model_dump() for chunk in chunks]}
    found = read(openai_chat, record)
    assert [output.output for output in found] == [ANSWER, "Sorry, no."]
    assert found == read(openai_chat, {**record, "response": CHUNKS})


def test_raw_body_of_a_streamed_chat(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(**CHAT_REQUEST, stream=True)
    body = raw.http_response.read().decode()
    found = read(openai_chat, {"request": CHAT_REQUEST, "response": {"status": 200, "body": body}})
    assert [output.output for output in found] == [ANSWER, "Sorry, no."]


def test_responses(client: openai.OpenAI) -> None:
    response = client.responses.create(**RESPONSES_REQUEST)
    record = {"request": RESPONSES_REQUEST, "response": response.model_dump(warnings=False)}
    (found,) = read(openai_responses, record)
    assert found == read(openai_responses, {**record, "response": RESPONSE})[0]
    assert found.output == ANSWER == response.output_text


def test_streamed_responses(client: openai.OpenAI) -> None:
    events = [
        event.model_dump(warnings=False)
        for event in client.responses.create(**RESPONSES_REQUEST, stream=True)
    ]
    (whole,) = read(openai_responses, {"request": RESPONSES_REQUEST, "response": events})
    (cut,) = read(openai_responses, {"request": RESPONSES_REQUEST, "response": events[:-1]})
    assert (whole.output, whole.finish_reason) == (ANSWER, "completed")
    assert (cut.output, cut.finish_reason) == (f"We have {MARK} at th", "incomplete")


def test_errors(client: openai.OpenAI) -> None:
    request = {**CHAT_REQUEST, "model": "no-such-model"}
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(**request)
    failed = caught.value.response
    response = {"status_code": failed.status_code, "body": failed.json()}
    for record in ({"request": request, "response": response}, failed.json()):
        assert openai_chat.recognises(record)
        assert openai_chat.parse(record).skipped == ["error"]
