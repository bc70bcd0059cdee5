"""Gemini's generateContent: a reply, best with its request beside it.

::

    request = {"model": "gemini-2.5-flash", "contents": "…", "config": {"system_instruction": "…"}}
    response = client.models.generate_content(**request)
    record = {"request": request, "response": response.model_dump(mode="json")}
    producer.send("llm.outputs", json.dumps(record).encode())

``{"candidates": [{"index", "content": {"parts": [{"text"}]}, "finishReason"}], "responseId",
"modelVersion", "usageMetadata"}``, or the same in snake case, as Google's SDKs for Python dump it.
A streamed one (streamGenerateContent) is a list of these, each with the next parts, or the text of
its server-sent events. Also read: a reply alone, the lines of Vertex AI's batch predictions
(``{"status", "processed_time", "request", "response"}``) and of the Gemini API's batches (``{"key",
"response"}``). `streams.intake.exchange` lists the wrappings and what may stand beside.

- Each candidate is an output: the first under `responseId`, others under ``<id>#<index>``.
- Thoughts are kept apart. Calls of functions, and code to be run, are tool calls.
- What retrieval gave to the model (`groundingMetadata`) is context, where its text is told.
- event time: `createTime`, where there is one.
- Blocked prompts, candidates that a filter left empty, errors, and lines of a batch that failed
  are skipped as `error`; other candidates without content as `no_output`.

Fields: https://ai.google.dev/api/generate-content, google-genai's `types`,
https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-gemini
"""

from __future__ import annotations

from typing import Any

from streams.intake.exchange import Exchange, parse_exchange, recognised
from streams.intake.formats import Parsed, Piece
from streams.intake.messages import Content, Conversation, Reading, read_content
from streams.intake.reply import Reply, add_answer, index_of, settled
from streams.intake.request import conversation_in
from streams.intake.values import (
    JsonObject,
    at,
    id_in,
    invalid,
    list_in,
    moment_in,
    object_in,
    text_in,
    usage_in,
)
from streams.records import WireDocument

NAME = "gemini"

_BLOCKED = frozenset(
    {
        *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE"),
        *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"),
    }
)
# The older SDK's `to_dict` writes them as numbers.
_NUMBERED = {1: "STOP", 2: "MAX_TOKENS", 3: "SAFETY", 4: "RECITATION", 5: "OTHER"}
_OF_A_CANDIDATE = frozenset({"content", "finishReason", "finish_reason", "safetyRatings"})
_OF_A_REPLY = frozenset({"usageMetadata", "usage_metadata", "modelVersion", "model_version"})
_ANSWER = Reading(results=False)


def recognises(data: Any) -> bool:
    """Whether it is a reply, its parts, or a line of a batch, alone or with the request."""
    return recognised(data, NAME, _is_certain)


def parse(data: Any) -> Parsed:
    """The outputs in a message. Raises `BadRecord`."""
    return parse_exchange(data, NAME, _may_be, read, _asked)


def piece(data: Any) -> Piece | None:
    """What a reply says of the stream that it may be a part of."""
    if not isinstance(data, dict) or not _is_certain(data):
        return None
    ended = any(_finish(candidate) for candidate in list_in(data, "candidates"))
    return Piece(id_in(data, "responseId", "response_id") or "", last=ended or _is_blocked(data))


def _may_be(body: object) -> bool:
    return is_reply(body) or _is_certain(body)


def _is_certain(body: object) -> bool:
    if isinstance(body, list):
        return any(_is_certain(part) for part in body[:3] if isinstance(part, dict))
    if not isinstance(body, dict):
        return False
    candidates = body.get("candidates")
    if candidates is None:
        return _is_blocked(body) or len(_OF_A_REPLY & body.keys()) > 1
    if not isinstance(candidates, list):
        return False
    first = candidates[0] if candidates else None
    if isinstance(first, dict):
        # Other rankings have candidates, too, with texts as their content.
        return bool(_OF_A_CANDIDATE & first.keys()) and not isinstance(first.get("content"), str)
    return not candidates and bool(_OF_A_REPLY & body.keys())


def is_reply(body: Any) -> bool:
    """Whether it is a reply, or the list of a streamed one's parts."""
    if isinstance(body, list):
        return any(is_reply(part) for part in body[:3] if isinstance(part, dict))
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
    said: dict[int, list[Content]] = {}
    finishes: dict[int, str] = {}
    written: set[int] = set()
    blocked = failed = False
    pieces = body if isinstance(body, list) else [body]
    for number, part in enumerate(pieces):
        where = f"{place}[{number}]" if isinstance(body, list) else place
        if not isinstance(part, dict):
            raise invalid(where, part, "an object")
        reply.id = id_in(part, "responseId", "response_id") or reply.id
        reply.model = text_in(part, "modelVersion", "model_version") or reply.model
        reply.usage = usage_in(_object(part, "usageMetadata", "usage_metadata")) or reply.usage
        reply.seconds = reply.seconds or moment_in(part, "createTime", "create_time")
        blocked = blocked or _is_blocked(part)
        failed = failed or bool(object_in(part, "error"))
        for position, candidate in enumerate(list_in(part, "candidates")):
            here = f"{at(where, 'candidates')}[{position}]"
            if not isinstance(candidate, dict):
                raise invalid(here, candidate, "an object")
            index = index_of(candidate, position)
            parts = object_in(candidate, "content").get("parts")
            if parts:
                written.add(index)
            found = read_content(parts, at(here, "content.parts"), _ANSWER)
            said.setdefault(index, []).append(found)
            reply.context += tuple(_retrieved(candidate))
            if finish := _finish(candidate):
                finishes[index] = "content_filter" if finish in _BLOCKED else finish.lower()
    for index, contents in sorted(said.items()):
        together = Content(
            "".join(content.text for content in contents),
            tuple(call for content in contents for call in content.tool_calls),
            tuple(dict.fromkeys(kind for content in contents for kind in content.kinds)),
            "".join(content.reasoning for content in contents),
            next((content.unread for content in contents if content.unread), ""),
        )
        finish = finishes.get(index) or ("error" if failed else None)
        add_answer(reply, together, index, finish, written=index in written)
    if (blocked or failed) and not reply.answers and not reply.skipped:
        reply.skipped.append("error")
    return settled(reply)


def _finish(candidate: object) -> str | None:
    """Why it ended, in upper case; "FinishReason.STOP" is how an SDK's enumeration prints."""
    text = text_in(candidate, "finishReason", "finish_reason")
    if text is not None:
        return text.rpartition(".")[2].upper()
    number = candidate.get("finish_reason") if isinstance(candidate, dict) else None
    return _NUMBERED.get(number) if isinstance(number, int) else None


def _retrieved(candidate: JsonObject) -> list[WireDocument]:
    grounds = _object(candidate, "groundingMetadata", "grounding_metadata")
    documents: list[WireDocument] = []
    for name in ("groundingChunks", "grounding_chunks"):
        for chunk in list_in(grounds, name):
            if isinstance(chunk, dict):
                found = _object(chunk, "retrievedContext", "retrieved_context")
                if text := text_in(found, "text"):
                    documents.append(WireDocument(text, text_in(found, "title", "uri")))
    return documents


def _asked(exchange: Exchange) -> tuple[Conversation, list[WireDocument]]:
    request = exchange.request
    rules = object_in(request, "config") or object_in(request, "generation_config")
    asked = {**rules, **request}
    if (given := request.get("contents")) is not None:
        parts = given if isinstance(given, list) else [given]
        asked["contents"] = [_content(part) for part in parts]
    return conversation_in(asked), []


def _content(part: Any) -> Any:
    """One of the contents as a message: the user's, where it names no role, or is a part alone."""
    if isinstance(part, dict) and "role" not in part:
        return {"role": "user", "parts": part.get("parts", [part])}
    if isinstance(part, dict) and part.get("role") in (None, ""):
        return {**part, "role": "user"}
    return part
