"""Converse, Cohere, Text Generation Inference and llama.cpp, with their requests and streamed."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from streams.records import Output, WireDocument, WireMessage, WireToolCall
from tests.support.api_payloads import (
    ANSWER,
    BEDROCK_BATCH_PAYLOADS,
    COHERE,
    COHERE_PAYLOADS,
    COHERE_REQUEST,
    COHERE_STREAM,
    COHERE_V1,
    COHERE_V1_STREAM,
    CONVERSE,
    CONVERSE_PAYLOADS,
    CONVERSE_REQUEST,
    CONVERSE_STREAM,
    LLAMACPP,
    LLAMACPP_PAYLOADS,
    LLAMACPP_STREAM,
    TGI,
    TGI_PAYLOADS,
    TGI_REQUEST,
    TGI_STREAM,
    llamacpp_piece,
    tgi_event,
)
from tests.support.odd_json import MARK
from tests.support.told_parts import output_of, parts_of, told

RESERVE = (WireToolCall("reserve", f'{{"seed": "{MARK}"}}'),)


def sse(events: list[dict[str, Any]]) -> str:
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events)


def prompts(payload: Any) -> list[str | None]:
    return [part.what.prompt for part in parts_of(payload) if isinstance(part.what, Output)]


# Converse, and the lines of batch jobs.


def test_all_that_converse_and_its_request_say_comes_through() -> None:
    output = output_of(CONVERSE_PAYLOADS["exchange"])
    assert (output.record_id, output.output, output.reasoning) == ("r-1", ANSWER, MARK)
    assert output.tool_calls == RESERVE
    assert (output.deployment, output.model) == ("shop", "eu.amazon.nova-lite-v1:0")
    assert (output.tenant, output.user, output.conversation_id) == ("cobalt", f"{MARK}-3", "conv-7")
    assert (output.prompt, output.system_prompt) == (f"And this {MARK}?", f"You sell {MARK} seed.")
    assert output.context == (WireDocument(f"{MARK}: three pounds.", "Prices"),)
    assert output.usage == {"input_tokens": 40, "output_tokens": 9, "total_tokens": 49}
    assert (output.latency_ms, output.event_time) == (812, 1789898400.0)
    assert output.finish_reason == "tool_use"


def test_what_stands_beside_a_call_wins_over_its_metadata() -> None:
    output = output_of({**CONVERSE_PAYLOADS["exchange"], "tenant": "zinc", "user": "u"})
    assert (output.tenant, output.user, output.conversation_id) == ("zinc", "u", "conv-7")


def test_a_line_of_a_batch_job_has_its_record_id() -> None:
    output = output_of({**BEDROCK_BATCH_PAYLOADS["batch-anthropic"], "deployment": "shop"})
    assert (output.record_id, output.output, output.deployment) == ("CALL1", ANSWER, "shop")
    assert (output.prompt, output.response_id) == (f"And this {MARK}?", "msg_1")
    converse = output_of(BEDROCK_BATCH_PAYLOADS["batch-converse"])
    assert (converse.record_id, converse.output) == ("CALL2", ANSWER)
    assert converse.context == (WireDocument(f"{MARK}: three pounds.", "Prices"),)


# Cohere.


def test_all_that_cohere_and_its_request_say_comes_through() -> None:
    output = output_of(COHERE_PAYLOADS["exchange"])
    assert (output.record_id, output.output) == ("co-1", ANSWER)
    assert output.reasoning == f"Think of {MARK}\n\n{MARK}"
    assert output.tool_calls == RESERVE
    assert (output.deployment, output.model) == ("shop", "command-a-03-2025")
    assert (output.prompt, output.system_prompt) == (f"And this {MARK}?", f"You sell {MARK} seed.")
    assert output.context == (
        WireDocument(f"{MARK}: three pounds.", "d1"),
        WireDocument(f"{MARK}: closed on Sunday."),
    )
    assert output.usage == {"input_tokens": 40, "output_tokens": 9}
    assert output.finish_reason == "COMPLETE"


def test_all_that_coheres_first_version_says_comes_through() -> None:
    output = output_of(COHERE_PAYLOADS["first"])
    assert (output.record_id, output.output, output.conversation_id) == ("co-0", ANSWER, "conv-7")
    assert (output.prompt, output.system_prompt) == (f"And this {MARK}?", f"You sell {MARK} seed.")
    assert WireMessage("assistant", f"Yes, {MARK}.") in output.messages
    assert output.context == (WireDocument(f"{MARK}: three pounds.", "Prices"),)
    assert output.usage == {"input_tokens": 40, "output_tokens": 9}
    assert prompts(COHERE_PAYLOADS["generate"]) == [f"And this {MARK}?"]


# Text Generation Inference.


def test_all_that_tgi_and_its_request_say_comes_through() -> None:
    output = output_of(TGI_PAYLOADS["exchange"])
    assert (output.record_id, output.output, output.deployment) == ("x-1", ANSWER, "shop")
    assert (output.prompt, output.finish_reason) == (f"And this {MARK}?", "eos_token")
    assert output.usage == {"output_tokens": 9}
    streamed = output_of(TGI_PAYLOADS["stream"])
    assert streamed.usage == {"input_tokens": 40, "output_tokens": 9}
    conversation = output_of(TGI_PAYLOADS["conversation"])
    assert (conversation.output, conversation.prompt) == (ANSWER, f"And this {MARK}?")


def test_answers_to_several_prompts_have_each_their_own() -> None:
    for payload in (TGI_PAYLOADS["array-for-each-prompt"], LLAMACPP_PAYLOADS["several"]):
        assert told(payload) == [f"says {ANSWER}", "says Two."]
        assert prompts(payload) == [f"One {MARK}?", f"Two {MARK}?"]


@pytest.mark.parametrize(
    ("full", "said"),
    [
        pytest.param(None, "At nine.", id="not-told"),
        pytest.param(True, "At nine.", id="whole"),
        pytest.param(False, "When? At nine.", id="answer-alone"),
    ],
)
def test_a_text_that_repeats_its_prompt_is_read_without_it(full: bool | None, said: str) -> None:
    parameters = {} if full is None else {"return_full_text": full}
    request = {"inputs": "When?", "parameters": parameters}
    reply = {"generated_text": "When? At nine."}
    assert told({"request": request, "response": reply}) == [f"says {said}"]
    assert told({"request": request, "response": [reply]}) == [f"says {said}"]


# llama.cpp.


def test_all_that_llamacpp_and_its_request_say_comes_through() -> None:
    output = output_of(LLAMACPP_PAYLOADS["exchange"])
    assert (output.record_id, output.output, output.deployment) == ("x-1", ANSWER, "shop")
    assert (output.prompt, output.model, output.finish_reason) == (
        *(f"And this {MARK}?", "q.gguf"),
        "eos",
    )
    assert output.usage == {"input_tokens": 40, "output_tokens": 9}
    assert output.latency_ms == 500
    assert output_of(LLAMACPP_PAYLOADS["alone"]).prompt == f"<s>And this {MARK}?"
    assert output_of(LLAMACPP_PAYLOADS["older"]).finish_reason == "word"


# All of them.

STREAMS: dict[str, tuple[list[dict[str, Any]], Any, Any]] = {
    "converse": (CONVERSE_STREAM, {**CONVERSE, "ResponseMetadata": {}}, CONVERSE_REQUEST),
    "cohere": (COHERE_STREAM, COHERE, COHERE_REQUEST),
    "cohere-first": (COHERE_V1_STREAM, COHERE_V1, COHERE_PAYLOADS["first"]["request"]),
    "tgi": (TGI_STREAM, TGI, TGI_REQUEST),
    "llamacpp": (LLAMACPP_STREAM, LLAMACPP, {"prompt": "x"}),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_streamed_answer_is_the_same_answer(name: str) -> None:
    events, whole, request = STREAMS[name]
    expected = output_of({"request": request, "response": whole})
    for body in (events, sse(events), "\n".join(map(json.dumps, events))):
        streamed = output_of({"request": request, "response": body})
        # Where the stream alone counts what it was given, or doesn't count it all together.
        assert streamed == msgspec.structs.replace(expected, usage=streamed.usage)
    alone = [json.dumps(events), sse(events), "\n".join(map(json.dumps, events))]
    for text in alone:
        assert told(text.encode()) == [f"says {expected.output}"]
    assert told([*events, *events]) == [f"says {expected.output}"] * 2


@pytest.mark.parametrize("name", STREAMS)
def test_a_piece_alone_says_how_to_send_it(name: str) -> None:
    events = STREAMS[name][0]
    (reason,) = told(events[1])
    assert reason == "invalid_field"


def without_output(body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"request": CONVERSE_REQUEST, "response": {**body, **fields}}


NOTHING = {"message": {"role": "assistant", "content": []}}


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        pytest.param(CONVERSE_PAYLOADS["error"], ["error"], id="converse-error"),
        pytest.param(
            without_output(CONVERSE, output=NOTHING, stopReason="guardrail_intervened"),
            ["error"],
            id="converse-guardrail",
        ),
        pytest.param(
            without_output(CONVERSE, output=NOTHING, stopReason="content_filtered"),
            ["error"],
            id="converse-filtered",
        ),
        pytest.param(
            {"response": [{"messageStart": {}}, {"throttlingException": {"message": "x"}}]},
            ["error"],
            id="converse-stream-error",
        ),
        pytest.param(
            without_output(CONVERSE, output={"message": "x"}), ["invalid_field"], id="converse-text"
        ),
        pytest.param(BEDROCK_BATCH_PAYLOADS["batch-error"], ["error"], id="batch-line-error"),
        pytest.param(
            {"recordId": "r", "modelInput": {}, "modelOutput": None}, ["no_output"], id="batch-null"
        ),
        pytest.param(
            {"recordId": "r", "modelInput": {}, "modelOutput": {"embedding": [0.1]}},
            ["not_an_output"],
            id="batch-embedding",
        ),
        pytest.param(
            {"recordId": "r", "modelInput": {"inputText": "x"}, "modelOutput": {
                "results": [{"outputText": "Yes.", "completionReason": "FINISH"}]}},
            ["says Yes."],
            id="batch-titan",
        ),
        pytest.param(
            {"recordId": "r", "modelInput": {}, "modelOutput": {"what": 1}},
            ["invalid_field"],
            id="batch-unknown",
        ),
        pytest.param({**COHERE, "finish_reason": "ERROR", "message": {
            "role": "assistant", "content": []}}, ["error"], id="cohere-error"),
        pytest.param({**COHERE_V1, "text": "", "finish_reason": "ERROR_TOXIC"}, ["error"],
                     id="cohere-toxic"),
        pytest.param(COHERE_PAYLOADS["embeddings"], ["not_an_output"], id="cohere-embeddings"),
        pytest.param(
            {"request": COHERE_REQUEST, "response": {"status": 401, "body": {"message": "no"}}},
            ["error"],
            id="cohere-http-error",
        ),
        pytest.param({**COHERE, "message": {"role": "assistant", "tool_calls": [{
            "id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}},
            ["says "], id="cohere-call-only"),
        pytest.param({**COHERE, "message": {"content": [5]}}, ["invalid_field"], id="cohere-5"),
        pytest.param(
            {"request": TGI_REQUEST, "response": {"error": "x", "error_type": "validation"}},
            ["error"],
            id="tgi-error",
        ),
        pytest.param({"error": "x", "error_type": "overloaded"}, ["error"], id="tgi-error-alone"),
        pytest.param(
            {"response": [{**tgi_event(1, ""), "token": {"text": "", "special": True}},
                          {"error": "x", "error_type": "generation"}]},
            ["error"],
            id="tgi-stream-error",
        ),
        pytest.param({"response": TGI_STREAM[:2]}, [f"says {ANSWER}"], id="tgi-broken-off"),
        pytest.param({"generated_text": ""}, ["says "], id="tgi-empty"),
        pytest.param({"generated_text": [5]}, ["invalid_field"], id="tgi-numbers"),
        pytest.param([{"generated_text": "A."}, {"generated_text": "B."}], ["says A.", "says B."],
                     id="tgi-array-alone"),
        pytest.param(
            {"request": {"prompt": "x"}, "response": {"error": {"code": 400, "message": "x",
             "type": "invalid_request_error"}}},
            ["error"],
            id="llamacpp-error",
        ),
        pytest.param({"response": [llamacpp_piece("A."), llamacpp_piece("B.", 1)]},
                     ["says A.", "says B."], id="llamacpp-several-at-once"),
        pytest.param({"response": [llamacpp_piece("")]}, ["says "], id="llamacpp-nothing"),
        pytest.param({"content": "x", "stop": True}, ["unknown_format"], id="not-llamacpp"),
        pytest.param({**LLAMACPP, "content": 5}, ["unknown_format"], id="llamacpp-number"),
    ],
)  # fmt: skip
def test_what_a_reply_is_told_as(payload: Any, words: list[str]) -> None:
    assert told(payload) == words
