"""Chat completions: their wrappings, choices, parts, streams, and what is no output."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from streams.errors import BadRecord
from streams.intake import openai_chat
from streams.records import Output, WireToolCall
from tests.support.odd_json import MARK
from tests.support.openai_payloads import (
    AT,
    CHAT,
    CHAT_EXCHANGE,
    CHAT_PAYLOADS,
    CHAT_REQUEST,
    CHAT_STREAM,
    CHUNKS,
    SSE,
    chat,
    chunk,
)
from tests.support.read_output import SEED_TALK, only_output

one = partial(only_output, openai_chat)


def test_every_field_arrives() -> None:
    assert one(CHAT_EXCHANGE) == Output(
        **SEED_TALK,
        record_id="chatcmpl-1",
        conversation_id="conv-7",
        deployment="gpt-4o",
        tenant="cobalt",
        event_time=float(AT),
    )


def test_what_stands_beside_wins() -> None:
    beside = {
        "deployment": "support-bot",
        "tenant": "amber",
        "user": 42,
        "conversation_id": "c-1",
        "turn": 3,
        "model_version": "v9",
        "event_time": "2026-09-21T12:00:00Z",
        "latency_ms": 812,
        "context": ["Seed costs 3 pounds.", {"text": "Closed on Sunday.", "id": "d2"}, 7],
    }
    found = one({**CHAT_EXCHANGE, **beside})
    assert (found.deployment, found.tenant, found.user) == ("support-bot", "amber", "42")
    assert (found.conversation_id, found.turn, found.model_version) == ("c-1", 3, "v9")
    assert (found.event_time, found.latency_ms) == ("2026-09-21T12:00:00Z", 812.0)
    assert len(found.context) == 2


@pytest.mark.parametrize(
    "name", ["with-request", "alone", "batch-line", "http-bodies", "streamed", "server-sent-events"]
)
def test_wrappings_hold_the_same_answer(name: str) -> None:
    parsed = openai_chat.parse(CHAT_PAYLOADS[name])
    assert parsed.outputs[0].output == f"We have {MARK} at three pounds."
    assert parsed.outputs[0].finish_reason == "stop"
    asked = None if name in ("alone", "batch-line") else f"And this {MARK}?"
    assert parsed.outputs[0].prompt == asked


@pytest.mark.parametrize(
    ("request_name", "reply_name"),
    [
        pytest.param("input", "output", id="input-and-output"),
        pytest.param("kwargs", "completion", id="kwargs-and-completion"),
        pytest.param("request_body", "response_body", id="bodies"),
        pytest.param("request", "chunks", id="chunks"),
    ],
)
def test_other_names_of_request_and_reply(request_name: str, reply_name: str) -> None:
    reply = CHUNKS if reply_name == "chunks" else CHAT
    data = {request_name: CHAT_REQUEST, reply_name: reply}
    assert openai_chat.recognises(data)
    assert openai_chat.parse(data).outputs[0].prompt == f"And this {MARK}?"


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"input": "Is it open?"}, id="text"),
        pytest.param({"input": [{"role": "user", "content": "Is it open?"}]}, id="messages"),
        pytest.param({"messages": [{"role": "user", "content": "Is it open?"}]}, id="beside"),
        pytest.param({"prompt": "Is it open?", "model": "m"}, id="prompt-beside"),
        pytest.param({"request": {"prompt": ["Is it open?"]}}, id="text-completion"),
    ],
)
def test_short_ways_to_give_the_prompt(asked: dict[str, Any]) -> None:
    assert one({**asked, "response": CHAT}).prompt == "Is it open?"


def test_streamed_choices_and_tool_calls_are_put_together() -> None:
    first, second = openai_chat.parse(CHAT_STREAM).outputs
    assert (first.record_id, second.record_id) == ("chatcmpl-2", "chatcmpl-2#1")
    assert (first.output, second.output) == (f"We have {MARK} at three pounds.", "Sorry, no.")
    assert first.tool_calls == (
        WireToolCall("look_up", f'{{"seed": "{MARK}"}}'),
        WireToolCall("price", "{}"),
    )
    assert first.usage == {"input_tokens": 40, "output_tokens": 9}
    assert second.usage is None
    assert openai_chat.parse({"request": CHAT_REQUEST, "response": SSE}).outputs == [first, second]


PARTS = {
    "null-is-empty": ({"content": None}, "", (), ()),
    "parts": ({"content": [{"type": "text", "text": "a"}, "b"]}, "ab", (), ()),
    "refusal": ({"content": None, "refusal": "No."}, "No.", (), ()),
    "refusal-part": ({"content": [{"type": "refusal", "refusal": "No."}]}, "No.", (), ()),
    "audio": ({"content": None, "audio": {"id": "a", "transcript": "Hi."}}, "Hi.", (), ("audio",)),
    "reasoning": ({"content": "x", "reasoning_content": MARK}, "x", (), ("reasoning",)),
    "thinking-part": (
        {"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "x"}]},
        *("x", (), ("reasoning",)),
    ),
    "image": ({"content": "x", "images": [{"image_url": {"url": "u"}}]}, "x", (), ("image",)),
    "unknown-part": ({"content": [{"type": "hologram"}, "x"]}, "x", (), ("unread",)),
    "tool": (
        {"content": None, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]},
        *("", (WireToolCall("f", "{}"),), ()),
    ),
    "custom-tool": (
        {"content": None, "tool_calls": [{"type": "custom", "custom": {"name": "f", "input": "x"}}]},
        *("", (WireToolCall("f", "x"),), ()),
    ),
    "old-function": (
        {"content": None, "function_call": {"name": "f", "arguments": {"a": 1}}},
        *("", (WireToolCall("f", '{"a": 1}'),), ()),
    ),
    "odd-tool": ({"content": "x", "tool_calls": [5, {"function": {"name": 7}}]}, "x",
                 (WireToolCall("", ""),), ()),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_parts_of_a_message(name: str) -> None:
    message, text, calls, kinds = PARTS[name]
    found = one(chat(**message))
    assert (found.output, found.tool_calls, found.kinds) == (text, calls, kinds)


NO_OUTPUTS = {
    "error": (CHAT_PAYLOADS["error"], "error"),
    "http-error": (CHAT_PAYLOADS["failed"], "error"),
    "batch-error": ({"custom_id": "a", "response": None, "error": {"code": "expired"}}, "error"),
    "filtered": (chat(content=None, finish_reason="content_filter"), "error"),
    "stream-error": (
        {"response": [chunk({"role": "assistant"}), {"error": {"message": "x", "code": 1}}]},
        "error",
    ),
    "embeddings": (CHAT_PAYLOADS["embeddings"], "not_an_output"),
    "images": ({"response": {"created": AT, "data": [{"b64_json": "aGk="}]}}, "not_an_output"),
    "moderation": ({"id": "modr-1", "results": [{"flagged": True}]}, "not_an_output"),
    "no-content": (chat(), "no_output"),
    "no-choices": ({**CHAT, "choices": []}, "no_output"),
}


@pytest.mark.parametrize("name", NO_OUTPUTS)
def test_what_is_no_output_is_skipped(name: str) -> None:
    data, reason = NO_OUTPUTS[name]
    assert openai_chat.recognises(data)
    parsed = openai_chat.parse(data)
    assert (parsed.outputs, parsed.bad, parsed.skipped) == ([], [], [reason])


def test_what_was_written_before_a_filter_stepped_in_is_scored() -> None:
    found = one(chat(content=f"The {MARK}", finish_reason="content_filter"))
    assert (found.output, found.finish_reason) == (f"The {MARK}", "content_filter")


WRONG = {
    "content-is-a-number": (
        chat(content=5),
        "openai_chat: choices[0].message.content is a number, not text or parts",
    ),
    "part-is-a-number": (
        {"response": chat(content=[True])},
        "openai_chat: response.choices[0].message.content[0] is a boolean, not text or a part",
    ),
    "text-is-an-object": (
        {"response": {"status_code": 200, "body": chat(content=[{"type": "text", "text": {}}])}},
        "openai_chat: response.body.choices[0].message.content[0].text is an object, not text",
    ),
    "message-is-text": (
        {**CHAT, "choices": [{"message": MARK}]},
        "openai_chat: choices[0].message is text, not an object",
    ),
    "choice-is-null": (
        {**CHAT, "choices": [None]},
        "openai_chat: choices[0] is null, not an object",
    ),
    "chunk-is-text": (
        {"response": [*CHUNKS, MARK]},
        "openai_chat: response[11] is text, not an object",
    ),
    "delta-is-a-list": (
        {"response": [chunk({"content": "a"}), chunk([])]},  # type: ignore[arg-type]
        "openai_chat: response[1].choices[0].delta is a list, not an object",
    ),
    "body-is-cut": (
        {"response": {"status_code": 200, "body": '{"choices": [{"mess'}},
        "openai_chat: response.body is text that is not JSON",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_types_are_named_with_their_place(name: str) -> None:
    data, detail = WRONG[name]
    with pytest.raises(BadRecord) as caught:
        openai_chat.parse(data)
    assert (caught.value.reason, caught.value.detail) == ("invalid_field", detail)


@pytest.mark.parametrize("id_", ["", None], ids=["empty", "null"])
def test_an_answer_without_any_id_leaves_it_open(id_: str | None) -> None:
    nameless = {name: value for name, value in CHAT.items() if name != "id"}
    assert one(nameless).record_id == ""
    assert one({**CHAT, "id": id_}).record_id == ""
    several = {
        **nameless,
        "choices": [*CHAT["choices"], {"index": 1, "message": {"content": "Two."}}],
    }
    assert [output.record_id for output in openai_chat.parse(several).outputs] == ["", ""]


def test_an_answer_without_an_id_gets_the_one_beside_it() -> None:
    nameless = {name: value for name, value in CHAT.items() if name != "id"}
    assert one({"id": "req-5", "response": nameless}).record_id == "req-5"


def test_a_single_chunk_is_refused_with_the_remedy() -> None:
    assert openai_chat.recognises(CHUNKS[2])
    with pytest.raises(BadRecord, match="send all its chunks in one message"):
        openai_chat.parse(CHUNKS[2])


def test_one_bad_choice_leaves_the_others() -> None:
    good = CHAT["choices"][0]
    parsed = openai_chat.parse({**CHAT, "choices": [good, {"index": 1, "message": 5}]})
    assert [output.record_id for output in parsed.outputs] == ["chatcmpl-1"]
    assert [bad.detail for bad in parsed.bad] == [
        "openai_chat: choices[1].message is a number, not an object"
    ]


def test_a_prompt_that_cannot_be_read_does_not_cost_the_answer() -> None:
    for request in (5, "{broken", {"messages": 5}, {"messages": [5, {"role": 5}, {"content": 1}]}):
        assert one({"request": request, "response": CHAT}).output


@pytest.mark.parametrize(
    ("created", "time"),
    [
        pytest.param(AT, float(AT), id="seconds"),
        pytest.param(AT * 1000, float(AT), id="milliseconds"),
        pytest.param(0, None, id="zero"),
        pytest.param("now", None, id="text"),
        pytest.param(True, None, id="boolean"),
    ],
)
def test_times_of_servers_that_differ(created: Any, time: float | None) -> None:
    assert one({**CHAT, "created": created}).event_time == time
