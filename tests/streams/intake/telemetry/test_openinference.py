"""OpenInference spans, as Phoenix's instrumentations write them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.records import WireDocument, WireMessage, WireToolCall
from tests.support.otlp_messages import SPAN, TRACE, event, read_both, span, spans

LLM = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "gpt-4o-2024-08-06",
    "llm.request.model_name": "gpt-4o",
    "llm.provider": "openai",
    "session.id": "s-1",
    "user.id": "jo",
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "Be brief.",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.contents.0.message_content.type": "text",
    "llm.input_messages.1.message.contents.0.message_content.text": "Weather?",
    "llm.input_messages.1.message.contents.1.message_content.type": "image",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "Rain.",
    "llm.token_count.prompt": 7,
    "llm.token_count.completion": 2,
    "llm.token_count.total": 9,
    "llm.finish_reason": "stop",
    "output.value": '{"id": "chatcmpl-1", "choices": []}',
    "output.mime_type": "application/json",
}


def without(prefix: str) -> dict[str, Any]:
    return {name: value for name, value in LLM.items() if not name.startswith(prefix)}


def test_an_llm_span() -> None:
    parsed = read_both(spans(span(LLM)))
    (output,) = parsed.outputs
    assert (output.record_id, output.output) == (f"{TRACE}-{SPAN}", "Rain.")
    assert (output.prompt, output.system_prompt, output.messages) == ("Weather?", "Be brief.", ())
    assert (output.model, output.model_version) == ("gpt-4o", "gpt-4o-2024-08-06")
    assert (output.conversation_id, output.user) == ("s-1", "jo")
    assert output.usage == {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}
    assert (output.response_id, output.finish_reason) == ("chatcmpl-1", "stop")
    assert output.labels == {"provider": "openai"}


ANSWERS = {
    "completion": (
        {**without("llm.output"), "llm.choices.0.completion.text": "Rain."},
        ["Rain."],
    ),
    "value": ({**without("llm.output"), "output.value": "Rain."}, ["Rain."]),
    "two": ({**LLM, "llm.output_messages.1.message.content": "Wind."}, ["Rain.", "Wind."]),
    "parts": (
        {
            **without("llm.output"),
            "llm.output_messages.0.message.contents.0.message_content.type": "reasoning",
            "llm.output_messages.0.message.contents.0.message_content.text": "Hm",
            "llm.output_messages.0.message.contents.1.message_content.type": "text",
            "llm.output_messages.0.message.contents.1.message_content.text": "Rain.",
        },
        ["Rain."],
    ),
    "ten": (
        {
            **without("llm.output"),
            **{f"llm.choices.{n}.completion.text": str(n) for n in range(11)},
        },
        [str(n) for n in range(11)],
    ),
}


@pytest.mark.parametrize(("attributes", "texts"), ANSWERS.values(), ids=ANSWERS.keys())
def test_answers(attributes: dict[str, Any], texts: list[str]) -> None:
    parsed = read_both(spans(span(attributes)))
    assert [output.output for output in parsed.outputs] == texts


def test_tool_calls_and_reasoning() -> None:
    message = "llm.output_messages.0.message"
    attributes = {
        **without("llm.output"),
        f"{message}.role": "assistant",
        f"{message}.contents.0.message_content.type": "reasoning",
        f"{message}.tool_calls.0.tool_call.function.name": "mail",
        f"{message}.tool_calls.0.tool_call.function.arguments": '{"to":"jo"}',
        f"{message}.function_call_name": "old",
        f"{message}.function_call_arguments_json": "{}",
    }
    (output,) = read_both(spans(span(attributes))).outputs
    assert output.tool_calls == (WireToolCall("mail", '{"to":"jo"}'), WireToolCall("old", "{}"))
    assert output.kinds == ("reasoning",)


def test_the_model_asked_for_is_among_the_parameters() -> None:
    attributes = {**without("llm.request"), "llm.invocation_parameters": '{"model": "gpt-4o"}'}
    (output,) = read_both(spans(span(attributes))).outputs
    assert (output.model, output.model_version) == ("gpt-4o", "gpt-4o-2024-08-06")


def test_earlier_messages() -> None:
    attributes = {
        **LLM,
        "llm.input_messages.2.message.role": "assistant",
        "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "look",
        "llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments": "{}",
        "llm.input_messages.3.message.role": "tool",
        "llm.input_messages.3.message.content": "rainy",
    }
    (output,) = read_both(spans(span(attributes))).outputs
    assert output.prompt == "Weather?"
    assert output.messages == (WireMessage("assistant", "look({})"), WireMessage("tool", "rainy"))


def retriever(*texts: str, span_id: str = "2" * 16, kind: str = "RETRIEVER") -> dict[str, Any]:
    prefix = "retrieval.documents" if kind == "RETRIEVER" else "reranker.output_documents"
    found: dict[str, Any] = {"openinference.span.kind": kind}
    for number, text in enumerate(texts):
        found[f"{prefix}.{number}.document.content"] = text
        found[f"{prefix}.{number}.document.id"] = number
    return span(found, spanId=span_id)


def test_what_retrievers_of_the_trace_found_is_context() -> None:
    parsed = read_both(spans(retriever("a", "b"), span(LLM), retriever("b", "c", span_id="4" * 16)))
    assert {document.text for document in parsed.outputs[0].context} == {"a", "b", "c"}
    assert WireDocument("a", "0") in parsed.outputs[0].context
    assert parsed.skipped == ["not_an_output", "not_an_output"]


def test_a_reranker_has_the_last_word() -> None:
    ranked = retriever("b", span_id="4" * 16, kind="RERANKER")
    parsed = read_both(spans(retriever("a", "b"), ranked, span(LLM)))
    assert [document.text for document in parsed.outputs[0].context] == ["b"]


def test_what_was_found_later_is_no_context() -> None:
    late = {**retriever("a"), "startTimeUnixNano": "1864000000000000000"}
    assert read_both(spans(late, span(LLM))).outputs[0].context == ()


SKIPPED = {
    **{
        kind: ({**LLM, "openinference.span.kind": kind}, "not_an_output")
        for kind in ("CHAIN", "AGENT", "TOOL", "EMBEDDING", "EVALUATOR", "GUARDRAIL", "UNKNOWN")
    },
    "no-content": ({"openinference.span.kind": "LLM"}, "no_output"),
    "redacted-empty": (
        {**without("output"), "llm.output_messages.0.message.content": ""},
        "no_output",
    ),
}


@pytest.mark.parametrize(("attributes", "why"), SKIPPED.values(), ids=SKIPPED.keys())
def test_skipped(attributes: dict[str, Any], why: str) -> None:
    parsed = read_both(spans(span(attributes)))
    assert (parsed.outputs, parsed.bad, parsed.skipped) == ([], [], [why])


def test_a_failed_call() -> None:
    failed = span({"openinference.span.kind": "LLM"}, event("exception"), status={"code": 2})
    assert read_both(spans(failed)).skipped == ["error"]


def test_a_span_by_two_conventions_is_one_output() -> None:
    message = [{"role": "assistant", "parts": [{"type": "text", "content": "Rain."}]}]
    both = {**LLM, "gen_ai.operation.name": "chat", "gen_ai.output.messages": json.dumps(message)}
    assert len(read_both(spans(span(both))).outputs) == 1
    only_genai = {**both, "openinference.span.kind": "LLM"}
    for name in [name for name in LLM if name.startswith(("llm.output", "output."))]:
        del only_genai[name]
    assert [o.output for o in read_both(spans(span(only_genai))).outputs] == ["Rain."]


def test_content_of_the_wrong_kind_is_named() -> None:
    parsed = read_both(spans(span({**LLM, "llm.output_messages.0.message.content": 7})))
    (bad,) = parsed.bad
    assert bad.reason == "invalid_field"
    assert "llm.output_messages.0.message.content is a number, not text" in bad.detail
