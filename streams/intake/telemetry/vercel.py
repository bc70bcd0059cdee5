"""The Vercel AI SDK's spans (`ai.generateText`, `ai.streamText.doStream`, `ai.generateObject`, …).

A call is two spans: an outer one with what the application gave and got, and inside it one of each
step, named with `.doGenerate` or `.doStream`, with what went to the model and came back. Both hold
the answer. The steps are the outputs; the outer span is one only where none of its steps is in the
message (`wrapping`). Tools' spans (`ai.toolCall`) and embeddings are none.

The answer is `ai.response.text`, `ai.response.toolCalls` and `ai.response.object` (`ai.result.…` in
versions before 3.4); what was asked `ai.prompt.messages` on a step, and `ai.prompt` on the outer
span. `experimental_telemetry.recordOutputs: false` leaves the answer out: `no_output`.

Names: the telemetry page of the SDK's documentation, and `packages/ai/src` of `vercel/ai`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streams.intake.formats import Skip
from streams.intake.telemetry import chat
from streams.intake.telemetry.chat import Asked
from streams.intake.telemetry.spans import (
    Attributes,
    Span,
    TracedAnswer,
    TracedExchange,
    as_text,
    captured,
    counts,
    first_text,
    structured,
    texts,
)
from streams.records import WireToolCall

_ANSWERS = ("ai.response", "ai.result")
_PARTS = ("text", "toolCalls", "object")
_CALLS = ("ai.generateText", "ai.streamText", "ai.generateObject", "ai.streamObject")
_STEPS = (".doGenerate", ".doStream")
_USAGE = {
    "input_tokens": (
        *("ai.usage.inputTokens", "ai.usage.promptTokens"),
        *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    ),
    "output_tokens": (
        *("ai.usage.outputTokens", "ai.usage.completionTokens"),
        *("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    ),
    "total_tokens": ("ai.usage.totalTokens", "ai.usage.tokens"),
    "reasoning_tokens": ("ai.usage.reasoningTokens",),
    "cached_input_tokens": ("ai.usage.cachedInputTokens",),
}


def read(span: Span) -> TracedExchange | Skip | None:
    """What a span says by these attributes; None when it isn't of this SDK."""
    attributes = span.attributes
    operation = _operation(span)
    if operation is None:
        return None
    if _outer(operation) not in _CALLS:
        return "not_an_output"
    answer = _answer(attributes)
    if answer.empty:
        return "error" if span.failed else "no_output"
    asked = _asked(attributes)
    model = first_text(attributes, "gen_ai.request.model", "ai.model.id")
    labels = {
        "provider": first_text(attributes, "ai.model.provider", "gen_ai.system"),
        "operation": operation,
        "function": first_text(attributes, "ai.telemetry.functionId"),
    }
    return TracedExchange(
        answers=[answer],
        messages=asked.messages,
        prompt=asked.prompt,
        system_prompt=asked.system_prompt,
        asked_model=model,
        answering_model=first_text(attributes, "gen_ai.response.model", "ai.response.model"),
        response_id=first_text(attributes, "gen_ai.response.id", "ai.response.id"),
        usage=counts(attributes, **_USAGE),
        labels={name: value for name, value in labels.items() if value is not None},
    )


def wrapping(spans: Iterable[Span]) -> set[tuple[str, str]]:
    """Trace and span id of the outer spans whose steps are among the spans."""
    return {
        (span.trace_id, span.parent_id)
        for span in spans
        if span.parent_id and _is_step(_operation(span) or "")
    }


def is_outer(span: Span) -> bool:
    """Whether it is the span around the steps of a call."""
    return _operation(span) in _CALLS


def _operation(span: Span) -> str | None:
    """The operation, such as `ai.generateText.doGenerate`; None where it isn't of this SDK."""
    named = first_text(span.attributes, "ai.operationId", "operation.name")
    if named is not None and named.startswith("ai."):
        # Before 3.3 only the name was there, with the function's after it.
        return named.split()[0]
    if not any(f"{place}.{part}" in span.attributes for place in _ANSWERS for part in _PARTS):
        return None
    return _CALLS[0] if "ai.prompt" in span.attributes else f"{_CALLS[0]}{_STEPS[0]}"


def _is_step(operation: str) -> bool:
    return operation.endswith(_STEPS) and _outer(operation) in _CALLS


def _outer(operation: str) -> str:
    for step in _STEPS:
        operation = operation.removesuffix(step)
    return operation


def _answer(attributes: Attributes) -> TracedAnswer:
    said = _given(attributes, "text")
    made = _given(attributes, "object")
    text = said if isinstance(said, str) else as_text(made if said is None else said)
    thought = as_text(attributes.get("ai.response.reasoning"))
    kinds = ("reasoning",) if thought else ()
    reasons = texts(attributes, "gen_ai.response.finish_reasons")
    return TracedAnswer(
        text=captured(text),
        tool_calls=tuple(_calls(_given(attributes, "toolCalls"))),
        kinds=(*kinds, *(("file",) if structured(_given(attributes, "files")) else ())),
        reasoning=thought,
        finish_reason=first_text(attributes, "ai.response.finishReason", "ai.finishReason")
        or next(iter(reasons), None),
    )


def _given(attributes: Attributes, name: str) -> Any:
    """A part of the answer; None where it is missing or empty."""
    values = (attributes.get(f"{place}.{name}") for place in _ANSWERS)
    return next((value for value in values if value not in (None, "")), None)


def _calls(value: Any) -> Iterable[WireToolCall]:
    calls = structured(value)
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict):
            given = next((call[key] for key in ("input", "args") if call.get(key) is not None), "")
            yield WireToolCall(as_text(call.get("toolName")), as_text(given))


def _asked(attributes: Attributes) -> Asked:
    messages = attributes.get("ai.prompt.messages")
    if messages is not None:
        return chat.asked(_plain(structured(messages)))
    prompt = structured(attributes.get("ai.prompt"))
    if not isinstance(prompt, dict):
        return chat.asked(prompt)
    given = prompt.get("messages")
    given = prompt.get("prompt") if given is None else given
    return chat.asked(_plain(given), prompt.get("system", prompt.get("instructions")))


def _plain(messages: Any) -> Any:
    """Messages whose tools' parts are named as elsewhere."""
    if not isinstance(messages, list):
        return messages
    return [
        {**message, "content": [_part(part) for part in message["content"]]}
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        else message
        for message in messages
    ]


def _part(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    if part.get("type") == "tool-call":
        given = next((part[key] for key in ("input", "args") if part.get(key) is not None), None)
        return {"type": "tool_call", "name": part.get("toolName"), "arguments": given}
    if part.get("type") == "tool-result":
        given = part.get("output", part.get("result"))
        if isinstance(given, dict) and "value" in given:
            given = given["value"]
        return {"type": "tool_result", "content": as_text(given)}
    return part
