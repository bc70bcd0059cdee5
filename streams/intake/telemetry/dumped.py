"""Whole replies and runs that instrumentations copy into one attribute, as JSON text.

`gen_ai.completion`, `output.value` and `langfuse.observation.output` may hold what the model's
interface gave, in any shape of `streams.intake.any_reply`, or the outputs of a run of LangChain's,
``{"generations": [[{"text", "message"}]]}`` (LangSmith, OpenInference). The answer is in there,
and the rest isn't the model's.
"""

from __future__ import annotations

from typing import Any

from streams.errors import BadRecord
from streams.intake.any_reply import read_any
from streams.intake.telemetry import chat
from streams.intake.telemetry.spans import TracedAnswer, structured
from streams.intake.values import JsonObject, list_in, object_in, text_in


def answers_in(value: Any, where: str) -> list[TracedAnswer] | None:
    """The answers in a copy of a reply; None where the value isn't one for certain, or can't be
    read: models write JSON too, and then all of it is the answer."""
    body = structured(value)
    if not isinstance(body, dict):
        return None
    generations = list_in(body, "generations")
    if not generations and not _is_copy(body):
        return None
    try:
        if generations:
            return _generated(generations, where)
        reply = read_any(body, f"otlp: {where}")
    except BadRecord:
        return None
    if reply is None or reply.bad:
        return None
    return [
        TracedAnswer(
            text=answer.content.text,
            tool_calls=answer.content.tool_calls,
            kinds=answer.content.kinds,
            reasoning=answer.content.reasoning,
            finish_reason=answer.finish_reason,
        )
        for answer in reply.answers
    ]


def _is_copy(body: JsonObject) -> bool:
    """Whether it has what the interfaces give around an answer."""
    choice, candidate = (_first(body, name) for name in ("choices", "candidates"))
    return (
        body.get("object") in ("chat.completion", "text_completion", "response")
        or bool(object_in(choice, "message"))
        or bool(object_in(candidate, "content"))
        or (body.get("type") == "message" and isinstance(body.get("content"), list))
        or bool(list_in(object_in(object_in(body, "output"), "message"), "content"))
    )


def _first(body: JsonObject, name: str) -> JsonObject:
    first = (list_in(body, name) or [None])[0]
    return first if isinstance(first, dict) else {}


def _generated(generations: list[Any], where: str) -> list[TracedAnswer] | None:
    """The first prompt's: a run of a chat model has one."""
    first = generations[0] if isinstance(generations[0], list) else generations
    if not all(isinstance(one, dict) and ("text" in one or "message" in one) for one in first):
        return None
    return [_generation(generation, where) for generation in first] or None


def _generation(generation: JsonObject, where: str) -> TracedAnswer:
    message = chat.from_langchain(object_in(generation, "message"))
    finish = text_in(object_in(generation, "generation_info"), "finish_reason")
    try:
        found = chat.answer(message, f"{where} generations") if message else TracedAnswer()
    except BadRecord:
        if not text_in(generation, "text"):
            raise
        found = TracedAnswer()
    if found.empty:
        found.text = text_in(generation, "text") or ""
    found.finish_reason = found.finish_reason or finish
    return found
