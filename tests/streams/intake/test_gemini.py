"""Gemini's generateContent, with its request, streamed, and in batches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.records import Output, WireDocument, WireMessage, WireToolCall
from tests.support.api_payloads import (
    ANSWER,
    GEMINI_PAYLOADS,
    GEMINI_REQUEST,
    GEMINI_SNAKE,
    GEMINI_STREAM,
    gemini_part,
)
from tests.support.odd_json import MARK
from tests.support.told_parts import output_of, parts_of, told


def candidate(*parts: dict[str, Any], finish: Any = "STOP", **fields: Any) -> dict[str, Any]:
    one = {"content": {"role": "model", "parts": list(parts)}, "finishReason": finish, **fields}
    return {"candidates": [one], "modelVersion": "m", "responseId": "g"}


def asked(contents: Any, **fields: Any) -> dict[str, Any]:
    request = {"model": "m", "contents": contents, **fields}
    return {"request": request, "response": candidate({"text": "Yes."})}


def test_all_that_a_reply_and_its_request_say_comes_through() -> None:
    output = output_of(GEMINI_PAYLOADS["exchange"])
    assert output.record_id == output.response_id == "gem-1"
    assert output.output == ANSWER
    assert output.reasoning == f"Think of {MARK}"
    assert output.tool_calls == (WireToolCall("reserve", f'{{"seed": "{MARK}"}}'),)
    assert (output.deployment, output.model, output.model_version) == (
        *("shop", "gemini-2.5-flash"),
        "gemini-2.5-flash",
    )
    assert output.system_prompt == f"You sell {MARK} seed."
    assert output.prompt == f"And this {MARK}?"
    assert output.messages == (
        WireMessage("user", f"Is {MARK} seed in stock?"),
        WireMessage("assistant", f"Yes, {MARK}."),
    )
    assert output.usage == {"input_tokens": 40, "output_tokens": 9, "total_tokens": 49}
    assert output.finish_reason == "stop"


def test_names_as_the_sdk_for_python_has_them() -> None:
    output = output_of(GEMINI_PAYLOADS["sdk"])
    assert (output.record_id, output.output) == ("gem-2", ANSWER)
    assert (output.prompt, output.system_prompt) == (f"And this {MARK}?", f"You sell {MARK} seed.")
    assert output.context == (WireDocument(f"{MARK}: three.", "Prices"),)
    assert output.event_time == 1789898400.5
    assert output.tool_calls == (WireToolCall("reserve", f'{{"seed": "{MARK}"}}'),)


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        pytest.param("STOP", "stop", id="name"),
        pytest.param("FinishReason.MAX_TOKENS", "max_tokens", id="printed"),
        pytest.param(2, "max_tokens", id="numbered"),
        pytest.param("SAFETY", "content_filter", id="filtered-on-the-way"),
    ],
)
def test_why_it_ended(finish: Any, reason: str) -> None:
    reply = {**GEMINI_SNAKE, "candidates": [{**GEMINI_SNAKE["candidates"][0]}]}
    reply["candidates"][0]["finish_reason"] = finish
    assert output_of(reply).finish_reason == reason


@pytest.mark.parametrize(
    "contents",
    [
        pytest.param("Is it open?", id="text"),
        pytest.param(["Is it open?"], id="texts"),
        pytest.param({"parts": [{"text": "Is it open?"}]}, id="one"),
        pytest.param({"role": "user", "parts": {"text": "Is it open?"}}, id="one-part"),
        pytest.param([{"parts": [{"text": "Is it open?"}]}], id="no-role"),
        pytest.param([{"role": None, "parts": [{"text": "Is it open?"}]}], id="null-role"),
        pytest.param([{"text": "Is it open?"}], id="a-part-alone"),
    ],
)
def test_contents_as_people_write_them(contents: Any) -> None:
    assert output_of(asked(contents)).prompt == "Is it open?"


def test_what_a_function_gave_back_is_told_as_a_tools() -> None:
    contents = [
        {"role": "user", "parts": [{"text": "Is it open?"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "hours", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "hours", "response": {"to": 8}}}]},
    ]
    output = output_of(asked(contents))
    assert output.prompt == "Is it open?"
    assert output.messages == (WireMessage("tool", '{"to": 8}'),)


def sse(parts: list[dict[str, Any]]) -> str:
    return "".join(f"data: {json.dumps(part)}\r\n\r\n" for part in parts)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(json.dumps(GEMINI_STREAM).encode(), id="array"),
        pytest.param(sse(GEMINI_STREAM).encode(), id="events"),
        pytest.param(json.dumps({"request": GEMINI_REQUEST, "response": GEMINI_STREAM}).encode(),
                     id="exchange"),
        pytest.param(json.dumps({"response": sse(GEMINI_STREAM)}).encode(), id="body-of-events"),
        pytest.param(json.dumps({"response": json.dumps(GEMINI_STREAM)}).encode(), id="body"),
        pytest.param(
            json.dumps([gemini_part("We have "), gemini_part(f"{MARK} at three pounds.", "STOP")])
            .encode(), id="no-ids",
        ),
        pytest.param(
            json.dumps([
                *GEMINI_STREAM,
                {"usageMetadata": {"totalTokenCount": 49}, "modelVersion": "m",
                 "responseId": "gem-3"},
            ]).encode(), id="counts-at-the-end",
        ),
    ],
)  # fmt: skip
def test_a_streamed_reply_is_one_answer(value: bytes) -> None:
    assert told(value) == [f"says {ANSWER}"]


def test_replies_of_a_batch_stay_apart() -> None:
    replies = [candidate({"text": "A."}), {**candidate({"text": "B."}), "responseId": "h"}]
    assert told(replies) == ["says A.", "says B."]
    without = [{k: v for k, v in reply.items() if k != "responseId"} for reply in replies]
    assert told(without) == ["says A.", "says B."]


def test_each_candidate_is_an_output() -> None:
    reply = candidate({"text": "A."})
    reply["candidates"].append({"index": 1, "content": {"parts": [{"text": "B."}]}})
    outputs = [part.what for part in parts_of(reply) if isinstance(part.what, Output)]
    assert [output.record_id for output in outputs] == ["g", "g#1"]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        pytest.param(GEMINI_PAYLOADS["blocked"], ["error"], id="prompt-blocked"),
        pytest.param(
            {"prompt_feedback": {"block_reason": "SAFETY"}, "candidates": None},
            ["error"],
            id="prompt-blocked-snake",
        ),
        pytest.param(
            {**GEMINI_PAYLOADS["vertex-batch"], "status": "Bad Request: {}", "response": {}},
            ["error"],
            id="line-failed",
        ),
        pytest.param(candidate(finish="SAFETY"), ["error"], id="filtered"),
        pytest.param(candidate(finish="MAX_TOKENS"), ["no_output"], id="cut-while-thinking"),
        pytest.param(
            {"candidates": [{"finishReason": "RECITATION", "index": 0}]}, ["error"], id="recitation"
        ),
        pytest.param(
            {"candidates": None, "model_version": "m", "usage_metadata": {}},
            ["no_output"],
            id="no-candidates",
        ),
        pytest.param(
            {"usageMetadata": {"promptTokenCount": 3}, "modelVersion": "m", "responseId": "g"},
            ["no_output"],
            id="counts-alone",
        ),
        pytest.param({"candidates": [], "modelVersion": "m"}, ["no_output"], id="none"),
        pytest.param(
            {
                "request": GEMINI_REQUEST,
                "response": {"error": {"code": 429, "message": "x", "status": "EXHAUSTED"}},
            },
            ["error"],
            id="error",
        ),
        pytest.param(
            {"key": "k", "error": {"code": 13, "message": "internal"}}, ["error"], id="key"
        ),
        pytest.param(
            candidate({"inlineData": {"mimeType": "image/png", "data": "x"}}), ["says "], id="image"
        ),
        pytest.param(candidate({"functionCall": {"name": "f"}}), ["says "], id="call-only"),
        pytest.param(
            {"candidates": ["x"], "modelVersion": "m"}, ["unknown_format"], id="a-list-of-texts"
        ),
        pytest.param(
            {"candidates": [{"content": "Ana", "score": 1}]}, ["unknown_format"], id="applicants"
        ),
        pytest.param(candidate({"text": 5}), ["invalid_field"], id="text-a-number"),
    ],
)
def test_what_a_reply_is_told_as(payload: Any, words: list[str]) -> None:
    assert told(payload) == words


def test_a_line_of_the_gemini_apis_batches_has_its_key_for_an_id() -> None:
    reply = {k: v for k, v in candidate({"text": "Yes."}).items() if k != "responseId"}
    assert output_of({"key": "k-1", "response": reply}).record_id == "k-1"


def test_vertex_says_when_a_line_was_processed() -> None:
    assert output_of(GEMINI_PAYLOADS["vertex-batch"]).event_time == 1789898400.5
