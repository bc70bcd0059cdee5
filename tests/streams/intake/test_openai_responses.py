"""Responses: items, streams whole and broken, conversations, and what is no output."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from streams.errors import BadRecord
from streams.intake import openai_responses
from streams.records import Output, WireDocument, WireMessage, WireToolCall
from tests.support.odd_json import MARK
from tests.support.openai_payloads import (
    AT,
    BROKEN_STREAM,
    RESPONSE,
    RESPONSES_PAYLOADS,
    RESPONSES_REQUEST,
    message,
    response,
)
from tests.support.read_output import only_output

one = partial(only_output, openai_responses)


def test_every_field_arrives() -> None:
    assert one(RESPONSES_PAYLOADS["with-request"]) == Output(
        record_id="resp_2",
        output=f"We have {MARK} at three pounds.",
        conversation_id="conv_7",
        deployment="gpt-5",
        model="gpt-5",
        model_version="gpt-5-2025-08-07",
        tenant="cobalt",
        user=f"{MARK}-user-3",
        prompt=f"And this {MARK}?",
        messages=(
            WireMessage("user", f"Is {MARK} seed in stock?"),
            WireMessage("tool", f"{MARK}: 12 bags"),
            WireMessage("assistant", f"Twelve bags of {MARK}."),
        ),
        context=(WireDocument(f"{MARK} costs three pounds.", "file-9"),),
        system_prompt=f"You sell {MARK} seed.",
        tool_calls=(
            WireToolCall("file_search", f'["{MARK} price"]'),
            WireToolCall("reserve", f'{{"a":"{MARK}"}}'),
        ),
        kinds=("reasoning", "image"),
        reasoning=MARK,
        finish_reason="completed",
        usage={"input_tokens": 40, "output_tokens": 9, "total_tokens": 49},
        latency_ms=3000.0,
        event_time=float(AT + 3),
        response_id="resp_2",
        labels={"previous_response_id": "resp_1"},
    )


@pytest.mark.parametrize("name", ["alone", "streamed", "last-event", "batch-line"])
def test_wrappings_hold_the_same_answer(name: str) -> None:
    assert one(RESPONSES_PAYLOADS[name]).output == f"We have {MARK} at three pounds."


def test_a_stream_that_broke_off_is_put_together() -> None:
    found = one(RESPONSES_PAYLOADS["broken-stream"])
    assert found.output == f"We have {MARK} at th"
    assert found.tool_calls == (WireToolCall("reserve", '{"a":'),)
    assert (found.record_id, found.finish_reason) == ("resp_2", "incomplete")


def test_items_that_were_finished_are_taken_whole() -> None:
    done = {
        "type": "response.output_item.done",
        "output_index": 0,
        "item": message({"type": "output_text", "text": "All of it."}),
    }
    late = {"type": "response.output_text.delta", "output_index": 0, "delta": "again"}
    assert one({"response": [*BROKEN_STREAM, done, late]}).output == "All of it."


ITEMS = {
    "refusal": (message({"type": "refusal", "refusal": "No."}), "No.", ()),
    "custom-tool": (
        {"type": "custom_tool_call", "name": "sql", "input": "drop"},
        *("", (WireToolCall("sql", "drop"),)),
    ),
    "mcp": (
        {"type": "mcp_call", "name": "search", "arguments": "{}", "output": MARK},
        *("", (WireToolCall("search", "{}"),)),
    ),
    "code": (
        {"type": "code_interpreter_call", "code": "print(1)"},
        *("", (WireToolCall("code_interpreter", "print(1)"),)),
    ),
    "shell": (
        {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"]}},
        *("", (WireToolCall("local_shell", '{"type": "exec", "command": ["ls"]}'),)),
    ),
    "empty-message": (message(), "", ()),
}


@pytest.mark.parametrize("name", ITEMS)
def test_items(name: str) -> None:
    item, text, calls = ITEMS[name]
    found = one(response(item))
    assert (found.output, found.tool_calls) == (text, calls)


@pytest.mark.parametrize(
    ("given", "conversation"),
    [
        pytest.param({"conversation": "conv_1"}, "conv_1", id="text"),
        pytest.param({"conversation": {"id": "conv_1"}}, "conv_1", id="object"),
        pytest.param({"previous_response_id": "resp_0"}, None, id="previous-response-only"),
    ],
)
def test_conversations_of_the_request(given: dict[str, Any], conversation: str | None) -> None:
    bare = {**RESPONSE, "conversation": None}
    found = one({"request": {"model": "gpt-5", "input": "Hi", **given}, "response": bare})
    assert found.conversation_id == conversation


def test_instructions_of_the_request_stand_in() -> None:
    request = {"model": "gpt-5", "input": "Hi", "instructions": "Be brief."}
    found = one({"request": request, "response": {**RESPONSE, "instructions": None}})
    assert (found.system_prompt, found.prompt) == ("Be brief.", "Hi")


def test_instructions_may_be_items() -> None:
    rules = [{"role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]}]
    assert one({**RESPONSE, "instructions": rules}).system_prompt == "Be brief."


NO_OUTPUTS = {
    "failed": (RESPONSES_PAYLOADS["failed"], "error"),
    "http-error": (RESPONSES_PAYLOADS["refused-by-http"], "error"),
    "in-progress": ({**RESPONSE, "status": "in_progress"}, "no_output"),
    "queued": ({**RESPONSE, "status": "queued", "output": []}, "no_output"),
    "nothing": (response(), "no_output"),
    "filtered": (
        response(status="incomplete", incomplete_details={"reason": "content_filter"}),
        "error",
    ),
}


@pytest.mark.parametrize("name", NO_OUTPUTS)
def test_what_is_no_output_is_skipped(name: str) -> None:
    data, reason = NO_OUTPUTS[name]
    assert openai_responses.recognises(data)
    parsed = openai_responses.parse(data)
    assert (parsed.outputs, parsed.bad, parsed.skipped) == ([], [], [reason])


def test_why_an_answer_was_cut() -> None:
    cut = response(
        message({"type": "output_text", "text": "The"}),
        status="incomplete",
        incomplete_details={"reason": "max_output_tokens"},
    )
    assert one(cut).finish_reason == "max_output_tokens"


WRONG = {
    "output-is-text": (
        {**RESPONSE, "output": MARK},
        "openai_responses: output is text, not a list",
    ),
    "item-is-a-number": (
        {"request": RESPONSES_REQUEST, "response": response(5)},
        "openai_responses: response.output[0] is a number, not an object",
    ),
    "text-is-a-number": (
        response(message({"type": "output_text", "text": 5})),
        "openai_responses: output[0].content[0].text is a number, not text",
    ),
    "event-is-text": (
        {"response": [*BROKEN_STREAM, MARK]},
        "openai_responses: response.events[6] is text, not an object",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_types_are_named_with_their_place(name: str) -> None:
    data, detail = WRONG[name]
    with pytest.raises(BadRecord) as caught:
        openai_responses.parse(data)
    assert (caught.value.reason, caught.value.detail) == ("invalid_field", detail)


def realtime(*parts: dict[str, Any]) -> dict[str, Any]:
    message = {"type": "message", "role": "assistant", "content": list(parts)}
    response = {"object": "realtime.response", "id": "r", "status": "completed"}
    return {"type": "response.done", "response": {**response, "output": [message]}}


@pytest.mark.parametrize(
    ("parts", "text", "kinds"),
    [
        ([{"type": "audio", "transcript": "Ana."}], "Ana.", ("audio",)),
        ([{"type": "output_audio", "transcript": "Ana."}], "Ana.", ("audio",)),
        ([{"type": "output_audio", "transcript": None}], "", ("audio",)),
        ([{"type": "output_audio"}], "", ("audio",)),
        (
            [{"type": "text", "text": "A"}, {"type": "audio", "transcript": "na."}],
            "Ana.",
            ("audio",),
        ),
        ([{"type": "output_text", "text": "Ana."}], "Ana.", ()),
    ],
)
def test_what_was_spoken_is_the_answer(parts: list[Any], text: str, kinds: tuple[str, ...]) -> None:
    (output,) = openai_responses.parse(realtime(*parts)).outputs
    assert (output.output, output.kinds) == (text, kinds)
    session = [{"type": "session.created", "session": {}}, realtime(*parts)]
    assert openai_responses.recognises({"response": session})
    assert openai_responses.parse({"response": session}).outputs == [output]


@pytest.mark.parametrize(
    "kind", ["response.audio_transcript", "response.output_audio_transcript", "response.text"]
)
def test_a_realtime_answer_that_broke_off_is_put_together(kind: str) -> None:
    events = [
        {"type": "response.created", "response": {"object": "realtime.response", "id": "r"}},
        {"type": f"{kind}.delta", "output_index": 0, "delta": "An"},
        {"type": f"{kind}.delta", "output_index": 0, "delta": "a."},
    ]
    (output,) = openai_responses.parse({"response": events}).outputs
    assert output.output == "Ana."
