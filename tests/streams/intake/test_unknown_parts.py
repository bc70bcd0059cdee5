"""Parts of an answer whose type isn't known: their words are read, and what has none is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from streams.errors import BadRecord
from streams.intake import recognise
from streams.intake.unknown_parts import in_words, is_no_text
from streams.records import Output

KEY = "the key is DE89 3704 0044 0532 0130 00"
TEXT = "Here it is:"


def chat(content: Any) -> Any:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}}
    return {"id": "r", "object": "chat.completion", "choices": [choice]}


def chunks(content: Any) -> Any:
    choice = {"index": 0, "delta": {"content": content}}
    return {"response": [{"id": "r", "object": "chat.completion.chunk", "choices": [choice]}]}


def anthropic(content: Any) -> Any:
    return {"id": "r", "type": "message", "model": "m", "role": "assistant", "content": content}


def events(content: Any) -> Any:
    started = [
        {"type": "content_block_start", "index": number, "content_block": block}
        for number, block in enumerate(content)
    ]
    return {"response": [{"type": "message_start", "message": {"id": "r"}}, *started]}


def responses(content: Any) -> Any:
    message = {"type": "message", "role": "assistant", "content": content}
    return {"id": "r", "object": "response", "status": "completed", "output": [message]}


def items(content: Any) -> Any:
    return {"id": "r", "object": "response", "status": "completed", "output": content}


def cohere(content: Any) -> Any:
    return {"id": "r", "finish_reason": "COMPLETE", "message": {"content": content}}


def gemini(parts: Any) -> Any:
    return {"responseId": "r", "candidates": [{"content": {"parts": parts}}]}


def converse(content: Any) -> Any:
    return {"output": {"message": {"content": content}}, "stopReason": "end_turn"}


def ollama(content: Any) -> Any:
    return {"model": "m", "done": True, "message": {"role": "assistant", "content": content}}


def litellm(content: Any, call: str = "acompletion") -> Any:
    return {
        **{"id": "r", "call_type": call, "status": "success", "model_group": "g"},
        **{"custom_llm_provider": "x", "startTime": 1.793e9, "endTime": 1.793e9},
        "response": chat(content),
    }


def otlp(parts: Any) -> Any:
    said = json.dumps([{"role": "assistant", "parts": parts}])
    given = {"gen_ai.operation.name": "chat", "gen_ai.output.messages": said}
    attributes = [{"key": name, "value": {"stringValue": one}} for name, one in given.items()]
    span = {"traceId": "0" * 31 + "1", "spanId": "0" * 15 + "1", "name": "chat"}
    spans = [{"spans": [{**span, "attributes": attributes}]}]
    return {"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": spans}]}


SENT: dict[str, Callable[[Any], Any]] = {
    one.__name__: one
    for one in (
        *(chat, chunks, anthropic, events, responses, items, cohere, gemini, converse, ollama),
        *(litellm, otlp),
    )
}
# Items of a response have other types.
TYPED = [name for name in SENT if name not in ("gemini", "converse")]
READ: dict[str, Any] = {
    "text": {"type": "markdown", "text": KEY},
    "content": {"type": "markdown", "content": KEY},
    "by its own name": {"type": "markdown", "markdown": KEY},
    "one deeper": {"type": "card", "body": {"title": "Yours", "rows": [{"text": KEY}]}},
    "a list": {"type": "table", "rows": [["Yours", KEY]]},
    "untyped": {"richText": KEY},
    "untyped and deeper": {"newBlock": {"text": KEY}},
    "the answer as an object": {"answer": KEY, "confidence": 0.9},
}
UNREAD: dict[str, Any] = {
    "nothing but its type": {"type": "hologram"},
    "an address": {"type": "hologram", "url": "https://x.example/1", "id": "h-1"},
    "data": {"type": "hologram", "data": "iVBORw0KGgoAAAANSUhEUg"},
    "numbers": {"type": "hologram", "points": [1, 2, 3]},
}


def parts(message: Any) -> list[Any]:
    try:
        return [part.what for part in recognise.read(json.dumps(message).encode())]
    except BadRecord as bad:
        return [bad]


@pytest.mark.parametrize("sent", SENT)
@pytest.mark.parametrize("name", READ)
def test_words_of_an_unknown_part_are_read(sent: str, name: str) -> None:
    (alone,) = parts(SENT[sent]([READ[name]]))
    assert isinstance(alone, Output), alone
    assert KEY in alone.output
    text = {"text": TEXT} if sent in ("gemini", "converse") else {"type": "text", "text": TEXT}
    (beside,) = parts(SENT[sent]([text, READ[name]]))
    assert TEXT in beside.output
    assert KEY in beside.output
    assert "unread" not in beside.kinds


@pytest.mark.parametrize("sent", SENT)
@pytest.mark.parametrize("name", UNREAD)
def test_a_part_without_words_is_told(sent: str, name: str) -> None:
    (alone,) = parts(SENT[sent]([UNREAD[name]]))
    assert isinstance(alone, BadRecord), alone
    assert alone.reason == "invalid_field"
    assert "is of a type that isn't known, and holds no text" in alone.detail
    assert "[0]" in alone.detail
    assert "hologram" not in alone.detail
    text = {"text": TEXT} if sent in ("gemini", "converse") else {"type": "text", "text": TEXT}
    (beside,) = parts(SENT[sent]([text, UNREAD[name]]))
    assert (beside.output, beside.kinds) == (TEXT, ("unread",))


@pytest.mark.parametrize("sent", ["chat", "chunks", "cohere", "ollama", "litellm"])
@pytest.mark.parametrize("content", [{"answer": KEY}, {"type": "markdown", "text": KEY}])
def test_content_that_is_an_object_is_read(sent: str, content: Any) -> None:
    if sent == "cohere":
        content = [content]
    (found,) = parts(SENT[sent](content))
    assert KEY in found.output


@pytest.mark.parametrize(
    "kind",
    [
        *("image", "image_file", "output_image", "input_audio", "video_url", "file", "document"),
        *("thinking", "redacted_thinking", "reasoning", "tool-call", "dynamic-tool", "tool-result"),
        *("web_search_result", "source-url", "citations", "tool_reference", "compaction"),
        *("step-start", "resource_link", "computer_call", "executable_code"),
    ],
)
def test_what_is_known_to_be_no_text_is_as_it_was(kind: str) -> None:
    (found,) = parts(chat([{"type": "text", "text": TEXT}, {"type": kind, "id": "x"}]))
    assert isinstance(found, Output)
    assert found.output == TEXT
    assert "unread" not in found.kinds


@pytest.mark.parametrize(
    "kind", ["markdown", "call_to_action", "final_result", "note", "table", "quote", "code"]
)
def test_what_may_be_an_answer_is_not_known_as_no_text(kind: str) -> None:
    assert not is_no_text(kind)


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        ({"type": "markdown_delta", "markdown": KEY}, KEY),
        ({"type": "text_delta", "text": KEY}, KEY),
        ({"type": "signature_delta", "signature": "c2ln"}, ""),
        ({"type": "citations_delta", "citation": {"cited_text": "x"}}, ""),
    ],
)
def test_unknown_deltas_of_a_stream(delta: Any, text: str) -> None:
    stream = [
        {"type": "message_start", "message": {"id": "r"}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": delta},
    ]
    (found,) = parts({"response": stream})
    assert found.output == text


def test_an_unknown_delta_of_converse_and_of_cohere() -> None:
    block = {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"richText": {"text": KEY}}}}
    (found,) = parts({"response": [{"messageStart": {"role": "assistant"}}, block]})
    assert KEY in found.output
    content = {"type": "markdown", "markdown": KEY}
    delta = {"type": "content-delta", "index": 0, "delta": {"message": {"content": content}}}
    (found,) = parts({"response": [{"type": "message-start", "id": "r"}, delta]})
    assert KEY in found.output


@pytest.mark.parametrize(
    ("call", "read"),
    [
        *(("acompletion", True), ("anew_completion", True), ("asend_message", True)),
        *(("agenerate_answer", True), ("", True)),
        *(("aembedding", False), ("image_generation", False), ("aspeech", False)),
        *(("aget_responses", False), ("alist_files", False), ("arerank", False)),
        *(("acreate_batch", False), ("vector_store_search", False), ("atranscription", False)),
        *(("acount_tokens", False), ("moderation", False), ("aimage_edit", False)),
    ],
)
def test_a_call_of_litellms_that_is_not_known_is_read(call: str, read: bool) -> None:
    (found,) = parts(litellm(KEY, call))
    assert (getattr(found, "output", found)) == (KEY if read else "not_an_output")


def test_lines_of_words_are_told_by_their_names() -> None:
    part = {"type": "order", "iban": "DE89", "text": "Hi", "at": [{"number": 4}], "done": True}
    assert in_words(part) == "iban: DE89\nHi\nnumber: 4"
    assert in_words({"type": "note", "text": ""}) == ""
