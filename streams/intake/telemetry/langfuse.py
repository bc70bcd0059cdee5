"""Langfuse's attributes on OpenTelemetry spans (`langfuse.observation.*`).

An observation of type `generation` is an output; the documents that one of type `retriever`
found in the same trace are its context. Spans of other instrumentations that Langfuse's SDK
only adds users and sessions to are read by the conventions they follow.

Names: `langfuse/_client/attributes.py` of `langfuse/langfuse-python`, and the property mapping
on Langfuse's page about OpenTelemetry.
"""

from __future__ import annotations

from typing import Any

from streams.intake.formats import Skip
from streams.intake.telemetry import chat, dumped
from streams.intake.telemetry.chat import Asked
from streams.intake.telemetry.spans import (
    Span,
    TracedAnswer,
    TracedExchange,
    counts,
    first_text,
    structured,
)
from streams.records import WireDocument

_PREFIX = "langfuse.observation."
_TYPE = f"{_PREFIX}type"
_INPUT = f"{_PREFIX}input"
_OUTPUT = f"{_PREFIX}output"
_USAGE = {
    "input_tokens": ("input", "prompt_tokens", "input_tokens"),
    "output_tokens": ("output", "completion_tokens", "output_tokens"),
    "total_tokens": ("total", "total_tokens"),
}


def read(span: Span) -> TracedExchange | Skip | None:
    """What a span says by these attributes; None when it says nothing by them.

    Raises `BadRecord` where the answer is of the wrong kind.
    """
    attributes = span.attributes
    kind = first_text(attributes, _TYPE)
    if kind is None and not (_OUTPUT in attributes and f"{_PREFIX}model.name" in attributes):
        return None
    if kind is not None and kind.lower() != "generation":
        return "not_an_output"
    found = _answers(attributes.get(_OUTPUT))
    if all(answer.empty for answer in found):
        level = first_text(attributes, f"{_PREFIX}level") or ""
        return "error" if span.failed or level.upper() == "ERROR" else "no_output"
    asked = _asked(attributes.get(_INPUT))
    model = first_text(attributes, f"{_PREFIX}model.name")
    usage = structured(attributes.get(f"{_PREFIX}usage_details"))
    release = first_text(attributes, "langfuse.release")
    return TracedExchange(
        answers=found,
        messages=asked.messages,
        prompt=asked.prompt,
        system_prompt=asked.system_prompt,
        asked_model=first_text(attributes, "gen_ai.request.model") or model,
        answering_model=first_text(attributes, "gen_ai.response.model") or model,
        response_id=first_text(attributes, "gen_ai.response.id"),
        usage=counts(usage, **_USAGE) if isinstance(usage, dict) else {},
        labels={"release": release} if release else {},
    )


def documents(span: Span) -> list[WireDocument]:
    """The documents that a retriever's observation found."""
    if (first_text(span.attributes, _TYPE) or "").lower() != "retriever":
        return []
    found = structured(span.attributes.get(_OUTPUT))
    inner = found.get("documents") if isinstance(found, dict) else None
    return chat.documents(found if inner is None else inner)


def _answers(value: Any) -> list[TracedAnswer]:
    if value is None:
        return []
    copied = dumped.answers_in(value, _OUTPUT)
    return chat.answers(value, _OUTPUT) if copied is None else copied


def _asked(value: Any) -> Asked:
    request = structured(value)
    if isinstance(request, dict) and isinstance(request.get("messages"), list):
        return chat.asked(request["messages"], request.get("system"))
    return chat.asked(value)
