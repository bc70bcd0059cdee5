"""Replies of Gemini's generateContent, whole and streamed.

Not a format of its own: LiteLLM and Kong write such replies inside theirs. ``{"candidates":
[{"index", "content": {"parts": [{"text"}]}, "finishReason"}], "responseId", "modelVersion",
"usageMetadata"}``, or the same in snake case, as Google's SDK for Python dumps it; a streamed
one is a list of these, each with the next parts.

Fields: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from typing import Any

from streams.intake.messages import Content, read_content
from streams.intake.reply import Reply, add_answer, index_of, settled
from streams.intake.values import (
    JsonObject,
    at,
    id_in,
    invalid,
    list_in,
    object_in,
    text_in,
    usage_in,
)

_BLOCKED = frozenset(
    {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"}
)


def is_reply(body: Any) -> bool:
    """Whether it is a reply, or the list of a streamed one's parts."""
    if isinstance(body, list):
        body = body[0] if body else None
    return isinstance(body, dict) and (
        isinstance(body.get("candidates"), list) or _is_blocked(body)
    )


def _is_blocked(body: JsonObject) -> bool:
    feedback = _object(body, "promptFeedback", "prompt_feedback")
    return text_in(feedback, "blockReason", "block_reason") is not None


def _object(body: JsonObject, *names: str) -> JsonObject:
    """The object under the first of the names that has one: as the interface names it, or as
    Google's SDK for Python does."""
    return next((found for name in names if (found := object_in(body, name))), {})


def read(body: Any, place: str) -> Reply:
    """A reply, or its parts in their order. Raises `BadRecord`."""
    reply = Reply()
    parts: dict[int, list[Content]] = {}
    finishes: dict[int, str] = {}
    written: set[int] = set()
    blocked = failed = False
    pieces = body if isinstance(body, list) else [body]
    for number, piece in enumerate(pieces):
        where = f"{place}[{number}]" if isinstance(body, list) else place
        if not isinstance(piece, dict):
            raise invalid(where, piece, "an object")
        reply.id = id_in(piece, "responseId", "response_id") or reply.id
        reply.model = text_in(piece, "modelVersion", "model_version") or reply.model
        reply.usage = usage_in(_object(piece, "usageMetadata", "usage_metadata")) or reply.usage
        blocked = blocked or _is_blocked(piece)
        failed = failed or bool(object_in(piece, "error"))
        for position, candidate in enumerate(list_in(piece, "candidates")):
            here = f"{at(where, 'candidates')}[{position}]"
            if not isinstance(candidate, dict):
                raise invalid(here, candidate, "an object")
            index = index_of(candidate, position)
            said = object_in(candidate, "content").get("parts")
            if said:
                written.add(index)
            parts.setdefault(index, []).append(read_content(said, at(here, "content.parts")))
            finish = text_in(candidate, "finishReason", "finish_reason")
            if finish:
                finishes[index] = "content_filter" if finish in _BLOCKED else finish.lower()
    for index, contents in sorted(parts.items()):
        together = Content(
            "".join(content.text for content in contents),
            tuple(call for content in contents for call in content.tool_calls),
            tuple(dict.fromkeys(kind for content in contents for kind in content.kinds)),
            "".join(content.reasoning for content in contents),
        )
        finish = finishes.get(index) or ("error" if failed else None)
        add_answer(reply, together, index, finish, written=index in written)
    if (blocked or failed) and not reply.answers and not reply.skipped:
        reply.skipped.append("error")
    return settled(reply)
