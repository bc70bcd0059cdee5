"""Pydantic's Logfire: `request_data` and `response_data` on spans of `instrument_openai` and the
like.

The answer is `message` in `response_data`, or `text`, or `combined_chunk_content`, which was
streamed (it stands on a log of its own after the span, which then has none). Pydantic AI's own
spans follow the GenAI conventions, with the events of version 1 as JSON in the attribute `events`:
see `genai`.

Names: `logfire/_internal/integrations/llm_providers` of `pydantic/logfire`.
"""

from __future__ import annotations

from typing import Any

from streams.intake.formats import Skip
from streams.intake.telemetry import chat
from streams.intake.telemetry.spans import (
    Span,
    TracedAnswer,
    TracedExchange,
    captured,
    counts,
    first_text,
    structured,
)
from streams.intake.values import object_in, text_in

_RESPONSE = "response_data"
_USAGE = {
    "input_tokens": ("prompt_tokens", "input_tokens"),
    "output_tokens": ("completion_tokens", "output_tokens"),
    "total_tokens": ("total_tokens",),
}


def read(span: Span) -> TracedExchange | Skip | None:
    """What a span says by these attributes; None when it has none of them.

    Raises `BadRecord` where the answer is of the wrong kind.
    """
    attributes = span.attributes
    request = structured(attributes.get("request_data"))
    response = structured(attributes.get(_RESPONSE))
    if not isinstance(request, dict) or not isinstance(response, dict):
        return None
    answers = _answers(response)
    if all(answer.empty for answer in answers):
        return "error" if span.failed else None
    given = request.get("messages")
    asked = chat.asked(request.get("prompt") if given is None else given, request.get("system"))
    provider = first_text(attributes, "gen_ai.provider.name", "gen_ai.system")
    return TracedExchange(
        answers=answers,
        messages=asked.messages,
        prompt=asked.prompt,
        system_prompt=asked.system_prompt,
        asked_model=first_text(attributes, "gen_ai.request.model") or text_in(request, "model"),
        answering_model=first_text(attributes, "gen_ai.response.model"),
        response_id=first_text(attributes, "gen_ai.response.id"),
        usage=counts(object_in(response, "usage"), **_USAGE),
        labels={"provider": provider} if provider else {},
    )


def _answers(response: dict[str, Any]) -> list[TracedAnswer]:
    message = response.get("message")
    if message is not None:
        return [chat.answer(message, f"{_RESPONSE}.message")]
    text = text_in(response, "combined_chunk_content", "text")
    if text is None:
        return []
    reason = text_in(response, "finish_reason")
    return [TracedAnswer(text=captured(text), finish_reason=reason)]
