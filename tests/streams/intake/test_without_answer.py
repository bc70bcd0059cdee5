"""Calls without an answer are skipped for what they are, whichever interface was called."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.told_parts import told

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Where?"}]}
GENERATE = {"contents": [{"parts": [{"text": "Where?"}]}]}


@pytest.mark.parametrize("form", ["auto", "openai_chat", "anthropic", "gemini", "ollama", "tgi"])
@pytest.mark.parametrize(
    ("call", "word"),
    [
        pytest.param({"response": None}, "no_output", id="null"),
        pytest.param({"response": {}}, "no_output", id="empty"),
        pytest.param({"response": []}, "no_output", id="no-pieces"),
        pytest.param({"response": ""}, "no_output", id="no-text"),
        pytest.param({"response": None, "error": "refused"}, "error", id="error-beside"),
        pytest.param({"error": {"message": "refused"}}, "error", id="error-instead"),
        pytest.param({"response": {"error": "refused"}}, "error", id="error-inside"),
        pytest.param({"response": "oops", "status_code": 503}, "error", id="status-beside"),
        pytest.param({"response": {"status": 500, "body": "oops"}}, "error", id="status-inside"),
    ],
)
def test_a_call_without_an_answer(call: dict[str, Any], word: str, form: str) -> None:
    assert told({"request": CHAT, **call}, form) == [word]
    assert told({"deployment": "d", "request": GENERATE, **call}, form) == [word]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        pytest.param({"error": "model not found"}, ["error"], id="error-alone"),
        pytest.param({"error": {"code": 1}, "request_id": "r"}, ["error"], id="with-its-id"),
        pytest.param({"error": ""}, ["unknown_format"], id="an-empty-error"),
        pytest.param({"error": "x", "order": 5}, ["unknown_format"], id="something-else"),
        pytest.param({"request": {"path": "/"}, "response": {}}, ["unknown_format"], id="no-call"),
        pytest.param(
            {"input": "x", "output": "Yes.", "error": "late"}, ["missing_field"], id="an-answer"
        ),
        pytest.param({"request": CHAT, "response": {"x": 1}}, ["unknown_format"], id="unknown"),
        pytest.param({"request": CHAT}, ["unknown_format"], id="a-request-alone"),
    ],
)
def test_what_isnt_certain_is_no_skip(message: dict[str, Any], words: list[str]) -> None:
    assert told(message) == words


LIMIT = {"code": 429, "message": "Slow down", "status": "RESOURCE_EXHAUSTED"}
FORMS = ["auto", "openai_chat", "openai_responses", "gemini", "cohere", "ollama", "tgi", "llamacpp"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"id": "e", "message": "invalid request: no model"}, id="cohere"),
        pytest.param({"message": "invalid request: no model"}, id="message-alone"),
        pytest.param([{"id": "e", "message": "invalid request"}], id="message-in-a-list"),
        pytest.param({"detail": "Not found"}, id="detail"),
        pytest.param({"detail": [{"loc": ["body"], "msg": "missing"}]}, id="details"),
        pytest.param(
            {"object": "error", "message": "x", "type": "BadRequestError", "code": 400}, id="vllm"
        ),
        pytest.param([{"error": LIMIT}], id="gemini-stream"),
        pytest.param([{"error": LIMIT}, {"error": LIMIT}], id="errors"),
        pytest.param('data: {"error": {"message": "x"}}\n\n', id="server-sent-events"),
        pytest.param({"status": 200, "body": [{"error": LIMIT}]}, id="http"),
        pytest.param([{"error": "x", "error_type": "overloaded"}], id="tgi-stream"),
        pytest.param([{"throttlingException": {"message": "x"}}], id="bedrock-stream"),
        pytest.param([{"type": "error", "code": "c", "message": "x"}], id="responses-stream"),
        pytest.param([{"type": "error", "error": {"message": "x"}}], id="anthropic-stream"),
    ],
)
def test_what_holds_errors_alone_is_an_error(body: Any, form: str) -> None:
    assert told({"request": CHAT, "response": body}, form) == ["error"]
    assert told({"request": GENERATE, "response": body}, form) == ["error"]


@pytest.mark.parametrize("form", ["auto", "openai_chat", "gemini", "cohere", "anthropic", "tgi"])
@pytest.mark.parametrize(
    ("request_", "body"),
    [
        pytest.param({"content": {}}, {"embedding": {"values": [0.1]}}, id="gemini-embedding"),
        pytest.param({"requests": []}, {"embeddings": [{"values": [0.1]}]}, id="gemini-batch"),
        pytest.param(
            {"instances": []}, {"predictions": [{"embeddings": {"values": [0.1]}}]}, id="vertex"
        ),
        pytest.param(GENERATE, {"totalTokens": 5, "promptTokensDetails": []}, id="gemini-count"),
        pytest.param(GENERATE, {"total_tokens": 5}, id="gemini-count-dumped"),
        pytest.param(CHAT, {"input_tokens": 14}, id="anthropic-count"),
        pytest.param(
            CHAT, {"object": "response.input_tokens", "input_tokens": 11}, id="openai-count"
        ),
        pytest.param(CHAT, {"inputTokens": 5}, id="bedrock-count"),
        pytest.param({"text": "x"}, {"tokens": [1], "token_strings": ["x"]}, id="tokens"),
        pytest.param(
            {"texts": ["x"]}, {"id": "e", "embeddings": {"float": [[0.1]]}}, id="cohere-embeddings"
        ),
        pytest.param(
            {"query": "x"}, {"results": [{"index": 0, "relevance_score": 0.1}]}, id="ranking"
        ),
        pytest.param({"query": "x"}, [{"index": 0, "score": 0.1}], id="tei-ranking"),
        pytest.param({"inputs": "x"}, [[0.1, 0.2]], id="tei-embeddings"),
        pytest.param({"inputs": "x"}, [[{"label": "a", "score": 0.3}]], id="classes"),
        pytest.param(
            {"inputs": ["x"]},
            {"classifications": [{"input": "x", "prediction": "y"}]},
            id="classify",
        ),
        pytest.param(
            {"input": "x"}, {"results": [{"category_scores": {}}]}, id="mistral-moderation"
        ),
        pytest.param({"input": "x"}, {"results": [{"flagged": False}]}, id="openai-moderation"),
        pytest.param({"model": "m", "prompt": "x"}, {"embedding": [0.1]}, id="ollama-embedding"),
        pytest.param({"model": "m", "prompt": "x"}, {"images": ["AAAA"]}, id="images"),
    ],
)
def test_results_that_are_no_text(request_: dict[str, Any], body: Any, form: str) -> None:
    assert told({"request": request_, "response": body}, form) == ["not_an_output"]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({"request": {"path": "/"}, "response": {"message": "x"}}, id="no-call"),
        pytest.param({"request": {"path": "/"}, "response": {"input_tokens": 1}}, id="no-count"),
        pytest.param({"request": CHAT, "response": {"message": "x", "reply": "y"}}, id="beside"),
        pytest.param(
            {"request": CHAT, "response": [{"message": "At"}, {"message": " nine."}]}, id="pieces"
        ),
        pytest.param({"request": CHAT, "response": {"input_tokens": 3, "said": "x"}}, id="more"),
        pytest.param({"request": CHAT, "response": {"text": "x", "embedding": [1]}}, id="a-text"),
        pytest.param({"request": CHAT, "response": [{"error": "x"}, {"said": "y"}]}, id="and-text"),
        pytest.param({"request": CHAT, "response": {"results": [{"said": "x"}]}}, id="results"),
        pytest.param({"request": CHAT, "response": {"images": []}}, id="no-images"),
        pytest.param({"request": CHAT, "response": [[[[[[[0.1]]]]]]]}, id="deep"),
        pytest.param({"id": "e", "message": "invalid request"}, id="no-request"),
    ],
)
def test_what_only_resembles_them_stays_a_dead_letter(message: dict[str, Any]) -> None:
    assert told(message) == ["unknown_format"]


def test_errors_after_an_answer_are_its_end() -> None:
    piece = {"candidates": [{"content": {"role": "model", "parts": [{"text": "At nine."}]}}]}
    assert told({"request": GENERATE, "response": [piece, {"error": LIMIT}]}) == ["says At nine."]
    around = {"status": 200, "body": [piece, {"error": LIMIT}]}
    assert told({"request": GENERATE, "response": around}) == ["says At nine."]
