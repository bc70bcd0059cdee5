"""Anthropic's Messages interface, with its request, streamed, and in batches."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from streams.records import WireDocument, WireMessage, WireToolCall
from tests.support.api_payloads import ANSWER, ANTHROPIC_PAYLOADS, ERROR
from tests.support.gateway_payloads import ANTHROPIC, ANTHROPIC_REQUEST, ANTHROPIC_STREAM
from tests.support.odd_json import MARK
from tests.support.told_parts import output_of, parts_of, told

STARTED = {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": []}}
ERROR_EVENT = {"type": "error", "error": ERROR}


def message(*content: dict[str, Any], stop: str = "end_turn") -> dict[str, Any]:
    return {**ANTHROPIC, "content": list(content), "stop_reason": stop}


def batch(kind: str, **fields: Any) -> dict[str, Any]:
    return {"custom_id": "c-1", "result": {"type": kind, **fields}}


def sse(events: list[dict[str, Any]]) -> str:
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)


def test_all_that_a_message_and_its_request_say_comes_through() -> None:
    output = output_of(ANTHROPIC_PAYLOADS["exchange"])
    assert output.record_id == output.response_id == "msg_1"
    assert output.output == ANSWER
    assert output.reasoning == MARK
    assert output.kinds == ("reasoning",)
    assert output.tool_calls == (WireToolCall("reserve", f'{{"seed": "{MARK}"}}'),)
    assert (output.deployment, output.model) == ("shop", "claude-sonnet-4-5")
    assert output.user == f"{MARK}-user-3"
    assert output.system_prompt == f"You sell {MARK} seed."
    assert output.prompt == f"And this {MARK}?"
    assert WireMessage("tool", f"{MARK}: 12 bags") in output.messages
    assert output.usage == {"input_tokens": 40, "output_tokens": 9}
    assert output.finish_reason == "tool_use"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(ANTHROPIC_STREAM, id="list"),
        pytest.param(sse(ANTHROPIC_STREAM), id="events-as-text"),
        pytest.param("\n".join(map(json.dumps, ANTHROPIC_STREAM)), id="lines"),
        pytest.param({"status": 200, "body": sse(ANTHROPIC_STREAM)}, id="http"),
    ],
)
def test_a_streamed_message_is_the_same_message(body: Any) -> None:
    whole = output_of({"request": ANTHROPIC_REQUEST, "response": ANTHROPIC})
    streamed = output_of({"request": ANTHROPIC_REQUEST, "response": body})
    assert streamed == msgspec.structs.replace(whole, latency_ms=812)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(json.dumps(ANTHROPIC_STREAM).encode(), id="array"),
        pytest.param(sse(ANTHROPIC_STREAM).encode(), id="events"),
        pytest.param("\n".join(map(json.dumps, ANTHROPIC_STREAM)).encode(), id="lines"),
    ],
)
def test_events_alone_are_one_message(value: bytes) -> None:
    output = output_of(value)
    assert (output.record_id, output.output) == ("msg_1", ANSWER)


def test_two_streams_in_one_message_are_two_answers() -> None:
    assert told([*ANTHROPIC_STREAM, *ANTHROPIC_STREAM]) == [f"says {ANSWER}"] * 2


def test_documents_searches_and_fetched_pages_are_context() -> None:
    output = output_of(ANTHROPIC_PAYLOADS["documents"])
    assert output.context == (
        WireDocument(f"{MARK}: three pounds.", "Prices"),
        WireDocument(f"{MARK}: closed on Sunday.", "Hours"),
        WireDocument(f"12 bags of {MARK}", "Stock"),
        WireDocument(f"{MARK} page", "Page"),
    )
    # What the provider's tool gave back isn't said by the model; that it was called is.
    assert output.output == ANSWER
    assert [call.name for call in output.tool_calls] == ["web_fetch"]


def test_a_batch_line_without_an_id_has_its_custom_one() -> None:
    line = batch("succeeded", message={k: v for k, v in ANTHROPIC.items() if k != "id"})
    assert output_of(line).record_id == "c-1"


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        pytest.param(batch("errored", error=ERROR_EVENT), ["error"], id="errored"),
        pytest.param(batch("canceled"), ["no_output"], id="canceled"),
        pytest.param(batch("expired"), ["no_output"], id="expired"),
        pytest.param(batch("succeeded"), ["invalid_field"], id="succeeded-with-nothing"),
        pytest.param(batch("succeeded", message=[1]), ["invalid_field"], id="no-message"),
        pytest.param(ERROR_EVENT, ["error"], id="error"),
        pytest.param(
            {"request": ANTHROPIC_REQUEST, "response": ERROR_EVENT}, ["error"], id="exchange-error"
        ),
        pytest.param(
            {"request": ANTHROPIC_REQUEST, "response": {"status": 529, "body": "overloaded"}},
            ["error"],
            id="http-error",
        ),
        pytest.param([STARTED, {"type": "ping"}, ERROR_EVENT], ["error"], id="stream-error"),
        pytest.param({"response": [ERROR_EVENT]}, ["error"], id="stream-of-an-error"),
        pytest.param(message(stop="refusal"), ["error"], id="refused-without-a-word"),
        pytest.param(
            message({"type": "text", "text": "I can't."}, stop="refusal"),
            ["says I can't."],
            id="refusal",
        ),
        pytest.param(message(), ["says "], id="nothing-said"),
        pytest.param(
            message({"type": "tool_use", "name": "f", "input": {}}), ["says "], id="tool-only"
        ),
        pytest.param(
            message({"type": "thinking", "thinking": "Hm."}), ["says "], id="thinking-only"
        ),
        pytest.param(message({"type": "text", "text": 5}), ["invalid_field"], id="text-a-number"),
        pytest.param({**ANTHROPIC, "content": "x"}, ["unknown_format"], id="content-a-text"),
        pytest.param(ANTHROPIC_STREAM[5], ["invalid_field"], id="an-event-alone"),
        pytest.param(
            {"type": "message", "role": "assistant", "content": [{"type": "output_text"}]},
            ["unknown_format"],
            id="an-item-of-responses",
        ),
    ],
)
def test_what_a_message_is_told_as(payload: Any, words: list[str]) -> None:
    assert told(payload) == words
    assert told(json.dumps(payload)) == words


def test_a_declared_topic_says_what_is_missing() -> None:
    assert told({"x": 1}, "anthropic") == ["missing_field"]
    assert [part.format for part in parts_of(ANTHROPIC, "anthropic")] == ["anthropic"]


def test_a_block_may_begin_with_text() -> None:
    stream = [
        STARTED,
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "A"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "na."}},
    ]
    assert told({"response": stream}) == ["says Ana."]


@pytest.mark.parametrize(
    ("beside", "name", "value"),
    [
        pytest.param({"user": "u"}, "user", "u", id="user"),
        pytest.param({"user_id": "u"}, "user", "u", id="user-id"),
        pytest.param({"metadata": {"user_id": "u"}}, "user", "u", id="user-in-metadata"),
        pytest.param({"conversation_id": "c"}, "conversation_id", "c", id="conversation"),
        pytest.param({"session_id": "s"}, "conversation_id", "s", id="session"),
        pytest.param({"metadata": {"session_id": "s"}}, "conversation_id", "s", id="in-metadata"),
        pytest.param({"metadata": {"tenant": "t"}}, "tenant", "t", id="tenant-in-metadata"),
        pytest.param({"tenant": "t", "metadata": {"tenant": "x"}}, "tenant", "t", id="wins"),
        pytest.param({"event_time": "2026-09-20T10:00:00Z"}, "event_time", "2026-09-20T10:00:00Z",
                     id="event-time"),
        pytest.param({"timestamp": "2026-09-20T10:00:00Z"}, "event_time", 1789898400.0,
                     id="timestamp"),
        pytest.param({"created_at": 1789898400123}, "event_time", 1789898400.123, id="created-at"),
        pytest.param({"timestamp": "yesterday"}, "event_time", None, id="a-timestamp-that-is-none"),
        pytest.param({"latency_ms": 12}, "latency_ms", 12, id="latency"),
        pytest.param({"context": ["Open at nine."]}, "context", ("Open at nine.",), id="context"),
        pytest.param({"trace_id": "t"}, "trace_id", "t", id="trace"),
        pytest.param({"turn": 3}, "turn", 3, id="turn"),
    ],
)  # fmt: skip
def test_what_stands_beside_request_and_response(
    beside: dict[str, Any], name: str, value: Any
) -> None:
    output = output_of({"request": ANTHROPIC_REQUEST, "response": ANTHROPIC, **beside})
    assert getattr(output, name) == value
