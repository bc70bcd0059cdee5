"""Langfuse's attributes on OpenTelemetry spans."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.records import WireDocument, WireToolCall
from tests.support.otlp_messages import read_both, span, spans

QUESTION = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Weather?"}]
GENERATION = {
    "langfuse.observation.type": "generation",
    "langfuse.observation.model.name": "gpt-4o",
    "langfuse.observation.input": json.dumps(QUESTION),
    "langfuse.observation.output": json.dumps({"role": "assistant", "content": "Rain."}),
    "langfuse.observation.usage_details": json.dumps({"input": 7, "output": 2, "total": 9}),
    "user.id": "jo",
    "session.id": "s-1",
}


def test_a_generation() -> None:
    parsed = read_both(spans(span(GENERATION)))
    (output,) = parsed.outputs
    assert (output.output, output.prompt, output.system_prompt) == (
        "Rain.",
        "Weather?",
        "Be brief.",
    )
    assert (output.model, output.model_version) == ("gpt-4o", "gpt-4o")
    assert (output.user, output.conversation_id) == ("jo", "s-1")
    assert output.usage == {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}
    assert parsed.skipped == []


CALL = {"id": "c", "type": "function", "function": {"name": "mail", "arguments": "{}"}}
OUTPUTS = {
    "text": ("Rain.", "Rain."),
    "json-by-the-model": ('{"weather": "rain"}', '{"weather": "rain"}'),
    "messages": (json.dumps([{"role": "assistant", "content": "Rain."}]), "Rain."),
    "response": (json.dumps({"choices": [{"message": {"content": "Rain."}}]}), "Rain."),
    "anthropic": (
        json.dumps({"role": "assistant", "content": [{"type": "text", "text": "Rain."}]}),
        "Rain.",
    ),
}


@pytest.mark.parametrize(("written", "text"), OUTPUTS.values(), ids=OUTPUTS.keys())
def test_outputs(written: str, text: str) -> None:
    (output,) = read_both(
        spans(span({**GENERATION, "langfuse.observation.output": written}))
    ).outputs
    assert output.output == text


def test_tool_calls() -> None:
    written = json.dumps({"role": "assistant", "content": None, "tool_calls": [CALL]})
    (output,) = read_both(
        spans(span({**GENERATION, "langfuse.observation.output": written}))
    ).outputs
    assert output.tool_calls == (WireToolCall("mail", "{}"),)


@pytest.mark.parametrize(
    "written",
    [json.dumps({"messages": QUESTION}), json.dumps(QUESTION)],
    ids=["request", "messages"],
)
def test_inputs(written: str) -> None:
    (output,) = read_both(
        spans(span({**GENERATION, "langfuse.observation.input": written}))
    ).outputs
    assert (output.prompt, output.system_prompt) == ("Weather?", "Be brief.")


ENVIRONMENTS = {"default": "support-bot", "production": "support-bot", "dev": "support-bot/dev"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environment(environment: str) -> None:
    item = span({**GENERATION, "langfuse.environment": environment})
    assert read_both(spans(item)).outputs[0].deployment == ENVIRONMENTS[environment]


def test_what_a_retriever_found_is_context() -> None:
    search = span(
        {
            "langfuse.observation.type": "retriever",
            "langfuse.observation.output": json.dumps([{"page_content": "Rain today.", "id": 1}]),
        },
        spanId="2" * 16,
    )
    parsed = read_both(spans(span(GENERATION), search))
    assert parsed.outputs[0].context == (WireDocument("Rain today.", "1"),)
    assert parsed.skipped == ["not_an_output"]


SKIPPED: dict[str, tuple[dict[str, Any], str]] = {
    **{
        kind: ({**GENERATION, "langfuse.observation.type": kind}, "not_an_output")
        for kind in ("span", "event", "agent", "tool", "chain", "embedding", "evaluator")
    },
    "no-output": ({"langfuse.observation.type": "generation"}, "no_output"),
    "failed": (
        {"langfuse.observation.type": "generation", "langfuse.observation.level": "ERROR"},
        "error",
    ),
}


@pytest.mark.parametrize(("attributes", "why"), SKIPPED.values(), ids=SKIPPED.keys())
def test_skipped(attributes: dict[str, Any], why: str) -> None:
    parsed = read_both(spans(span(attributes)))
    assert (parsed.outputs, parsed.bad, parsed.skipped) == ([], [], [why])


def test_other_spans_with_a_user_of_langfuse_keep_their_convention() -> None:
    message = [{"role": "assistant", "parts": [{"type": "text", "content": "Rain."}]}]
    item = span({"gen_ai.output.messages": json.dumps(message), "langfuse.user.id": "jo"})
    (output,) = read_both(spans(item)).outputs
    assert (output.output, output.user) == ("Rain.", "jo")
