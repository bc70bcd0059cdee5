"""Replies without an answer in them are skipped for what they are, and never scored as empty."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.errors import BadRecord
from streams.intake import recognise
from streams.records import Output

ERROR = {"code": 502, "message": "Provider returned error"}


def chat(*choices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": "r", "object": "chat.completion", "choices": list(choices), **fields}


def chunks(*choices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    kind = {"id": "r", "object": "chat.completion.chunk"}
    return {"response": [{**kind, "choices": [choice], **fields} for choice in choices]}


def litellm(response: Any) -> dict[str, Any]:
    return {
        **{"id": "r", "call_type": "agenerate_content", "status": "success", "model_group": "g"},
        **{"custom_llm_provider": "x", "startTime": 1.793e9, "endTime": 1.793e9},
        "response": response,
    }


def bedrock(body: Any) -> dict[str, Any]:
    entry = {"schemaType": "ModelInvocationLog", "requestId": "r", "modelId": "m"}
    return {**entry, "output": {"outputBodyJson": body}}


def candidate(**fields: Any) -> dict[str, Any]:
    return litellm({"candidates": [fields]})


def kong(body: Any) -> dict[str, Any]:
    proxy = {"payload": {"response": json.dumps(body)}}
    return {"ai": {"proxy": proxy}, "request": {"id": "r", "uri": "/"}}


RANKING = {"results": [{"index": 0, "relevance_score": 0.5}]}
STARTED = {"type": "message_start", "message": {"id": "m"}}
SKIPPED: dict[str, tuple[dict[str, Any], str]] = {
    "choice-error": (chat({"message": {"content": ""}, "error": ERROR}), "error"),
    "choice-error-null-content": (chat({"message": {"content": None}, "error": ERROR}), "error"),
    "choice-error-no-message": (chat({"finish_reason": "error", "error": ERROR}), "error"),
    "choice-error-as-text": (chat({"message": {"content": ""}, "error": "timed out"}), "error"),
    "choice-error-by-its-reason": (
        chat({"message": {"content": ""}, "finish_reason": "error"}), "error"
    ),
    "completion-error": (
        {**chat({"text": "", "error": ERROR}), "object": "text_completion"}, "error"
    ),
    "chunk-error": (chunks({"delta": {"content": ""}}, {"delta": {}, "error": ERROR}), "error"),
    "chunk-error-no-delta": (chunks({"delta": {"content": ""}}, {"error": ERROR}), "error"),
    "filtered-no-message": (chat({"finish_reason": "content_filter"}), "error"),
    "choices-null": (chat(choices=None), "no_output"),
    "choices-missing": ({"id": "r", "object": "chat.completion"}, "no_output"),
    "choices-empty": (chat(), "no_output"),
    "anthropic-error": (bedrock([STARTED, {"type": "error", "error": ERROR}]), "error"),
    "converse-error": (
        bedrock([{"messageStart": {}}, {"modelStreamErrorException": {"message": "x"}}]), "error"
    ),
    "gemini-no-content": (candidate(finishReason="MAX_TOKENS"), "no_output"),
    "gemini-empty-content": (candidate(content={}, finishReason="STOP"), "no_output"),
    "gemini-null-content": (candidate(content=None, finishReason="OTHER"), "no_output"),
    "gemini-role-alone": (candidate(content={"role": "model"}), "no_output"),
    "gemini-no-parts": (candidate(content={"parts": []}), "no_output"),
    "gemini-null-parts": (candidate(content={"parts": None, "role": "model"}), "no_output"),
    "gemini-malformed": (candidate(finish_reason="MALFORMED_FUNCTION_CALL"), "no_output"),
    "gemini-filtered": (candidate(finish_reason="PROHIBITED_CONTENT"), "error"),
    "gemini-blocked": (litellm({"promptFeedback": {"blockReason": "OTHER"}}), "error"),
    "gemini-snake-blocked": (
        litellm({"candidates": None, "prompt_feedback": {"block_reason": "SAFETY"}}), "error"
    ),
    "gemini-broken-off": (
        litellm([{"candidates": [{"content": {"role": "model"}}]}, {"error": ERROR}]), "error"
    ),
    "bedrock-ranking": (bedrock(RANKING), "not_an_output"),
    "bedrock-agent-ranking": (
        bedrock({"results": [{"index": 0, "relevanceScore": 0.5}]}), "not_an_output"
    ),
    "kong-ranking": (kong(RANKING), "not_an_output"),
    "kong-gemini-embedding": (kong({"embedding": {"values": [0.1]}}), "not_an_output"),
    "kong-count": (kong({"input_tokens": 14}), "not_an_output"),
    "kong-message": (kong({"id": "e", "message": "invalid request"}), "error"),
    "litellm-error-list": (litellm([{"error": ERROR}]), "error"),
    "bedrock-error-list": (bedrock([{"throttlingException": {"message": "x"}}]), "error"),
    "bedrock-count": (bedrock({"inputTokens": 5}), "not_an_output"),
    "ranking": ({"request": {"model": "m"}, "response": RANKING}, "not_an_output"),
    "vllm-scores": (
        {"response": {"object": "list", "data": [{"index": 0, "object": "score", "score": 1.0}]}},
        "not_an_output",
    ),
}  # fmt: skip
ANSWERED: dict[str, tuple[dict[str, Any], str]] = {
    "choice-error-after-text": (chat({"message": {"content": "Ana"}, "error": ERROR}), "Ana"),
    "chunk-error-after-text": (
        chunks({"delta": {"content": "Ana"}}, {"delta": {}, "error": ERROR}), "Ana"
    ),
    "choice-error-null": (chat({"message": {"content": "Ana"}, "error": None}), "Ana"),
    "empty-answer": (chat({"message": {"content": ""}, "finish_reason": "stop"}), ""),
    "anthropic-error-after-text": (
        bedrock(
            [
                STARTED,
                {"type": "content_block_delta", "index": 0, "delta": {"text": "Ana"}},
                {"type": "error", "error": ERROR},
            ]
        ),
        "Ana",
    ),
    "gemini-empty-text": (candidate(content={"parts": [{"text": ""}]}), ""),
    "gemini-cut": (candidate(content={"parts": [{"text": "Ana"}]}, finishReason="OTHER"), "Ana"),
    "titan-empty": (bedrock({"results": [{"outputText": "", "tokenCount": 0}]}), ""),
}  # fmt: skip


def read(message: dict[str, Any]) -> list[Output | BadRecord | str]:
    return [part.what for part in recognise.read(json.dumps(message).encode())]


@pytest.mark.parametrize("name", SKIPPED)
def test_what_holds_no_answer_is_skipped_with_its_reason(name: str) -> None:
    message, reason = SKIPPED[name]
    assert read(message) == [reason]


@pytest.mark.parametrize("name", ANSWERED)
def test_what_was_answered_is_scored(name: str) -> None:
    message, text = ANSWERED[name]
    (found,) = read(message)
    assert isinstance(found, Output)
    assert found.output == text


def test_of_several_choices_only_the_failed_one_is_skipped() -> None:
    good, failed = {"index": 1, "message": {"content": "Ana"}}, {"index": 0, "error": ERROR}
    (output, skip) = read(chat(failed, good))
    assert isinstance(output, Output)
    assert (output.record_id, output.output, skip) == ("r#1", "Ana", "error")
