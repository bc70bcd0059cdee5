"""The GenAI semantic conventions of OpenTelemetry, the current ones and those before.

Answers are looked for in this order, and the first that is there counts, so that an answer
written twice is one output:

1. `gen_ai.output.messages`, as a structure or JSON text, on the span or on its event
   `gen_ai.client.inference.operation.details`;
2. events `gen_ai.choice` (conventions 1.28 to 1.36);
   among them those that Pydantic AI's version 1 writes as JSON into the attribute `events`;
3. events `gen_ai.content.completion` (1.27);
4. `gen_ai.completion.N.content` (OpenLLMetry);
5. `gen_ai.completion`.

What the model was asked comes from the counterparts: `gen_ai.input.messages` with
`gen_ai.system_instructions`, events `gen_ai.{system,user,assistant,tool}.message`,
`gen_ai.content.prompt`, `gen_ai.prompt.N.content`, `gen_ai.prompt`.

A span of the operation `invoke_agent` is an output only where it left the process (kind
CLIENT): inside one, the model's own spans are there and say the same.

Names and shapes: the registry and JSON schemas of `open-telemetry/semantic-conventions-genai`,
`semantic-conventions` 1.27 to 1.36 for what came before, `traceloop/openllmetry` for the
numbered attributes.
"""

from __future__ import annotations

from typing import Any

from streams.intake.formats import Skip
from streams.intake.telemetry import chat, dumped
from streams.intake.telemetry.chat import Asked
from streams.intake.telemetry.spans import (
    Attributes,
    Span,
    TracedAnswer,
    TracedEvent,
    TracedExchange,
    counts,
    first_text,
    numbered,
    structured,
    texts,
)
from streams.records import WireDocument, WireMessage

DETAILS = "gen_ai.client.inference.operation.details"
_CHOICE = "gen_ai.choice"
_PROMPT_EVENT = "gen_ai.content.prompt"
_COMPLETION_EVENT = "gen_ai.content.completion"
_MESSAGES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
EVENTS = frozenset({DETAILS, _CHOICE, _PROMPT_EVENT, _COMPLETION_EVENT, *_MESSAGES})
"""Log events that belong to a call of a model."""

_OUTPUT_OPERATIONS = frozenset({"chat", "text_completion", "generate_content"})
_OTHER_OPERATIONS = frozenset(
    {"embeddings", "retrieval", "create_agent", "execute_tool", "invoke_workflow", "plan"}
)
_OTHER_REQUESTS = frozenset({"embedding", "embeddings", "rerank", "moderation"})
_PYDANTICS_HISTORY = ("pydantic_ai.all_messages", "all_messages_events")
_USAGE = {
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    "reasoning_tokens": ("gen_ai.usage.reasoning.output_tokens",),
    "cached_input_tokens": ("gen_ai.usage.cache_read.input_tokens",),
}
_LABELS = {
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
    "operation": ("gen_ai.operation.name", "llm.request.type"),
    "agent": ("gen_ai.agent.name",),
}


def read(span: Span) -> TracedExchange | Skip | None:
    """What a span says by these conventions; None when it says nothing by them.

    Raises `BadRecord` where the answer is of the wrong kind.
    """
    attributes = _with_details(span)
    events = [event for event in span.events if event.name in EVENTS] or _written_events(span)
    if not events and not any(name.startswith("gen_ai.") for name in attributes):
        return None
    if _is_other(span, attributes):
        return "not_an_output"
    found = _answers(attributes, events)
    if all(answer.empty for answer in found):
        if _is_pydantics_run(attributes):
            return "not_an_output"
        if span.failed or "error.type" in attributes:
            return "error"
        return "no_output" if _calls_a_model(attributes, events) else "not_an_output"
    asked = _asked(attributes, events)
    _finish(found, texts(attributes, "gen_ai.response.finish_reasons"))
    labels = {name: first_text(attributes, *sources) for name, sources in _LABELS.items()}
    return TracedExchange(
        answers=found,
        messages=asked.messages,
        prompt=asked.prompt,
        system_prompt=asked.system_prompt,
        context=documents(attributes),
        asked_model=first_text(attributes, "gen_ai.request.model"),
        answering_model=first_text(attributes, "gen_ai.response.model"),
        response_id=first_text(attributes, "gen_ai.response.id"),
        usage=counts(attributes, **_USAGE),
        labels={name: value for name, value in labels.items() if value is not None},
    )


def documents(attributes: Attributes) -> list[WireDocument]:
    """Documents that were retrieved, by the attribute `gen_ai.retrieval.documents`."""
    return chat.documents(attributes.get("gen_ai.retrieval.documents"))


def _with_details(span: Span) -> Attributes:
    merged = span.attributes
    for event in span.events:
        if event.name == DETAILS:
            body = structured(event.body)
            extra = body if isinstance(body, dict) else {}
            merged = {**extra, **event.attributes, **merged}
    return merged


def _written_events(span: Span) -> list[TracedEvent]:
    """Events that stand as JSON in an attribute (Pydantic AI's version 1, Logfire)."""
    written = structured(span.attributes.get("events"))
    bodies = [body for body in written if isinstance(body, dict)] if type(written) is list else []
    return [
        TracedEvent(name=body["event.name"], body=body, time=span.end)
        for body in bodies
        if body.get("event.name") in EVENTS
    ]


def _is_other(span: Span, attributes: Attributes) -> bool:
    operation = first_text(attributes, "gen_ai.operation.name")
    if operation is None:
        return first_text(attributes, "llm.request.type") in _OTHER_REQUESTS
    if operation == "invoke_agent":
        return not span.client
    return operation in _OTHER_OPERATIONS


def _is_pydantics_run(attributes: Attributes) -> bool:
    """Whether it is the run of one of Pydantic AI's agents, whatever its version: it names the
    models that it called, which have spans of their own."""
    if first_text(attributes, "gen_ai.operation.name") in _OUTPUT_OPERATIONS:
        return False
    return any(name in attributes for name in _PYDANTICS_HISTORY) or (
        "agent_name" in attributes and "model_name" in attributes
    )


def _calls_a_model(attributes: Attributes, events: list[TracedEvent]) -> bool:
    operation = first_text(attributes, "gen_ai.operation.name")
    if operation is not None:
        return operation in _OUTPUT_OPERATIONS or operation == "invoke_agent"
    return bool(events) or any(
        name in attributes for name in ("gen_ai.request.model", "gen_ai.response.model")
    )


def _answers(attributes: Attributes, events: list[TracedEvent]) -> list[TracedAnswer]:
    written = attributes.get("gen_ai.output.messages")
    if written is not None:
        return chat.answers(written, "gen_ai.output.messages")
    choices = [_body(event) for event in events if event.name == _CHOICE]
    if choices:
        return [_choice(body) for body in sorted(choices, key=_index)]
    for event in events:
        if event.name == _COMPLETION_EVENT:
            return _completion(_content(event, "gen_ai.completion"), None)
    flat = numbered(attributes, "gen_ai.completion")
    if flat:
        return chat.without_thoughts(
            (
                (first_text(entry, "role") or "").lower(),
                _numbered_answer(entry, f"gen_ai.completion.{i}"),
            )
            for i, entry in enumerate(flat)
        )
    written = attributes.get("gen_ai.completion")
    return _completion(written, attributes.get("gen_ai.prompt")) if written is not None else []


def _completion(written: Any, prompt: Any) -> list[TracedAnswer]:
    """One text, messages, a list of texts, or a copy of the whole reply.

    Spring AI writes both the prompt and the completion as lists; a list of several texts beside
    another prompt is what the model wrote.
    """
    copied = dumped.answers_in(written, "gen_ai.completion")
    if copied is not None:
        return copied
    listed = _listed(written)
    if isinstance(listed, list) and len(listed) > 1 and not isinstance(_listed(prompt), list):
        listed = written
    return chat.answers(listed, "gen_ai.completion")


def _listed(written: Any) -> Any:
    """A list of texts that was written as JSON; any other value as it is."""
    value = structured(written)
    texts_alone = isinstance(value, list) and value and all(isinstance(v, str) for v in value)
    return value if texts_alone else written


def _asked(attributes: Attributes, events: list[TracedEvent]) -> Asked:
    instructions = attributes.get("gen_ai.system_instructions")
    written = attributes.get("gen_ai.input.messages")
    if written is not None or instructions is not None:
        return chat.asked(written, instructions)
    bodies = [
        {"role": _MESSAGES[event.name], **_body(event)}
        for event in events
        if event.name in _MESSAGES
    ]
    if bodies:
        return chat.asked(bodies)
    for event in events:
        if event.name == _PROMPT_EVENT:
            return chat.asked(_listed(_content(event, "gen_ai.prompt")))
    flat = numbered(attributes, "gen_ai.prompt")
    if flat:
        return chat.arranged([message for entry in flat for message in _numbered_message(entry)])
    return chat.asked(_listed(attributes.get("gen_ai.prompt")))


def _body(event: TracedEvent) -> dict[str, Any]:
    """An event's body, wherever its instrumentation put it."""
    for candidate in (event.body, event.attributes.get("gen_ai.event.content")):
        value = structured(candidate)
        if isinstance(value, dict):
            return value
        if isinstance(value, str) and value:
            return {"content": value}
    return event.attributes


def _content(event: TracedEvent, name: str) -> Any:
    return event.attributes.get(name, event.body)


def _choice(body: dict[str, Any]) -> TracedAnswer:
    message = chat.messages_in(body.get("message"))
    if isinstance(message, str):
        message = chat.parts_in(message)
        message = {"content": message} if not isinstance(message, str) else message
    elif message is None and isinstance(body.get("content"), str):
        body = {**body, "content": chat.parts_in(body["content"])}
    found = chat.answer(body if message is None else message, f"{_CHOICE} message")
    extra = chat.tool_calls(body.get("tool_calls")) if message is not None else []
    reason = body.get("finish_reason")
    return TracedAnswer(
        text=found.text,
        tool_calls=(*found.tool_calls, *extra),
        kinds=found.kinds,
        reasoning=found.reasoning,
        finish_reason=reason if isinstance(reason, str) and reason else found.finish_reason,
    )


def _index(body: dict[str, Any]) -> int:
    index = body.get("index")
    return index if isinstance(index, int) else 0


def _numbered_answer(entry: Attributes, where: str) -> TracedAnswer:
    found = chat.answer({**entry, "content": chat.parts_in(entry.get("content"))}, where)
    calls = chat.tool_calls(numbered(entry, "tool_calls"))
    return TracedAnswer(
        text=found.text,
        tool_calls=(*found.tool_calls, *calls),
        kinds=found.kinds,
        reasoning=found.reasoning,
        finish_reason=found.finish_reason,
    )


def _numbered_message(entry: Attributes) -> list[WireMessage]:
    content = chat.parts_in(entry.get("content"))
    calls = numbered(entry, "tool_calls")
    read = chat.asked([{"role": entry.get("role"), "content": content, "tool_calls": calls}])
    role = first_text(entry, "role") or "user"
    text = read.prompt or read.system_prompt or "".join(m.content for m in read.messages)
    return [WireMessage(role, text)] if text else []


def _finish(found: list[TracedAnswer], reasons: list[str]) -> None:
    for answer, reason in zip(found, reasons, strict=False):
        if answer.finish_reason is None:
            answer.finish_reason = reason
