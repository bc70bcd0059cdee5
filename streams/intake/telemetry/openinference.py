"""OpenInference, the conventions of Arize Phoenix.

A span of kind LLM is an output. Its answers are `llm.output_messages.N.message.*`, or else
`llm.choices.N.completion.text`, or else `output.value`. Other kinds (CHAIN, AGENT, TOOL, …)
repeat what the LLM spans inside them say. Documents that a RETRIEVER span of the same trace
found, or a RERANKER span ordered, are the context.

Names: `spec/semantic_conventions.md` and `spec/llm_spans.md` of `Arize-ai/openinference`.
"""

from __future__ import annotations

from streams.intake.formats import Skip
from streams.intake.messages import is_known
from streams.intake.telemetry import chat, dumped
from streams.intake.telemetry.chat import Asked
from streams.intake.telemetry.spans import (
    Attributes,
    Span,
    TracedAnswer,
    TracedExchange,
    captured,
    counts,
    first_text,
    invalid,
    kind_name,
    numbered,
    structured,
)
from streams.intake.unknown_parts import UNREAD, in_words, unread
from streams.intake.values import joined
from streams.records import WireDocument, WireMessage, WireToolCall

_KIND = "openinference.span.kind"
_DOCUMENTS = {"RETRIEVER": "retrieval.documents", "RERANKER": "reranker.output_documents"}
_USAGE = {
    "input_tokens": ("llm.token_count.prompt",),
    "output_tokens": ("llm.token_count.completion",),
    "total_tokens": ("llm.token_count.total",),
    "reasoning_tokens": ("llm.token_count.completion_details.reasoning",),
    "cached_input_tokens": ("llm.token_count.prompt_details.cache_read",),
}


def kind(span: Span) -> str | None:
    """The span's kind, upper case; None for spans that aren't of these conventions."""
    found = first_text(span.attributes, _KIND)
    return found.upper() if found else None


def read(span: Span) -> TracedExchange | Skip | None:
    """What a span says by these conventions; None when it says nothing by them.

    Raises `BadRecord` where the answer is of the wrong kind.
    """
    span_kind = kind(span)
    if span_kind is None:
        return None
    if span_kind != "LLM":
        return "not_an_output"
    attributes = span.attributes
    found = _answers(attributes)
    if all(answer.empty for answer in found):
        return "error" if span.failed else "no_output"
    reason = first_text(attributes, "llm.finish_reason")
    for answer in found:
        answer.finish_reason = answer.finish_reason or reason
    asked = _asked(attributes)
    response = structured(attributes.get("output.value"))
    provider = first_text(attributes, "llm.provider", "llm.system")
    name = first_text(attributes, "llm.model_name")
    request = structured(attributes.get("llm.invocation_parameters"))
    asked_name = first_text(request, "model") if isinstance(request, dict) else None
    return TracedExchange(
        answers=found,
        messages=asked.messages,
        prompt=asked.prompt,
        system_prompt=asked.system_prompt,
        context=documents(span),
        asked_model=first_text(attributes, "llm.request.model_name") or asked_name or name,
        answering_model=first_text(attributes, "llm.response.model_name") or name,
        response_id=first_text(response, "id") if isinstance(response, dict) else None,
        usage=counts(attributes, **_USAGE),
        labels={"provider": provider} if provider else {},
    )


def documents(span: Span) -> list[WireDocument]:
    """The documents that a span found or ordered."""
    prefix = _DOCUMENTS.get(kind(span) or "", "retrieval.documents")
    found = []
    for entry in numbered(span.attributes, prefix):
        content = entry.get("document.content")
        if isinstance(content, str) and content:
            found.append(WireDocument(content, first_text(entry, "document.id")))
    return found


def _answers(attributes: Attributes) -> list[TracedAnswer]:
    messages = numbered(attributes, "llm.output_messages")
    if messages:
        return [_message(m, f"llm.output_messages.{i}") for i, m in enumerate(messages)]
    choices = numbered(attributes, "llm.choices")
    if choices:
        return [
            TracedAnswer(text=captured(first_text(choice, "completion.text") or ""))
            for choice in choices
        ]
    value = attributes.get("output.value")
    if value is None:
        return []
    if not isinstance(value, str):
        raise invalid("output.value", value, "text")
    copied = dumped.answers_in(value, "output.value")
    return [TracedAnswer(text=captured(value))] if copied is None else copied


def _message(entry: Attributes, where: str) -> TracedAnswer:
    content = entry.get("message.content")
    if content is not None and not isinstance(content, str):
        raise invalid(f"{where}.message.content", content, "text")
    lines = [content] if content and captured(content) else []
    kinds: list[str] = []
    thoughts: list[str] = []
    left_out = ""
    for number, part in enumerate(numbered(entry, "message.contents")):
        text = part.get("message_content.text")
        part_type = part.get("message_content.type", "text")
        part_kind = kind_name(part_type)
        if isinstance(text, str) and part_kind != "reasoning":
            lines.append(captured(text))
        elif not is_known(part_type):
            given = {name.removeprefix("message_content."): one for name, one in part.items()}
            words = in_words(given)
            lines.append(captured(words or ""))
            if words is None:
                kinds.append(UNREAD)
                left_out = left_out or f"otlp: {where}.message.contents.{number}"
        elif part_kind != "text":
            kinds.append(part_kind)
            thoughts.append(text if isinstance(text, str) else "")
    calls = [
        WireToolCall(
            first_text(call, "tool_call.function.name") or "",
            first_text(call, "tool_call.function.arguments") or "",
        )
        for call in numbered(entry, "message.tool_calls")
    ]
    old = first_text(entry, "message.function_call_name")
    if old is not None:
        arguments = first_text(entry, "message.function_call_arguments_json") or ""
        calls.append(WireToolCall(old, arguments))
    if left_out and not calls and not joined(lines):
        raise unread(left_out)
    return TracedAnswer(
        text=joined(lines, "\n"),
        tool_calls=tuple(calls),
        kinds=tuple(dict.fromkeys(kinds)),
        reasoning=joined(thoughts),
    )


def _asked(attributes: Attributes) -> Asked:
    messages = numbered(attributes, "llm.input_messages")
    if messages:
        return chat.arranged([read for entry in messages for read in _input(entry)])
    prompts = [first_text(p, "prompt.text") for p in numbered(attributes, "llm.prompts")]
    if any(prompts):
        return Asked(prompt="\n".join(prompt for prompt in prompts if prompt))
    return chat.asked(first_text(attributes, "input.value"))


def _input(entry: Attributes) -> list[WireMessage]:
    # What was asked is wanted where it can be read, and no reason to refuse the answer.
    plain = {k: v for k, v in entry.items() if k != "message.content" or isinstance(v, str)}
    read = _message(plain, "")
    text = read.text or "\n".join(f"{call.name}({call.arguments})" for call in read.tool_calls)
    return [WireMessage(first_text(entry, "message.role") or "user", text)] if text else []
