"""Cohere's chat, version 2 and 1, best with the request beside the reply.

::

    request = {"model": "command-a-03-2025", "messages": […], "documents": […]}
    response = client.chat(**request)
    record = {"deployment": "support-bot", "request": request, "response": response.model_dump()}
    producer.send("llm.outputs", json.dumps(record).encode())

A streamed one is sent when it is over, as the list of its events, as lines of JSON or as the text
of its server-sent events. Also read: a reply alone, and version 1's `generate`.
`streams.intake.exchange` lists the wrappings and what may stand beside. Cohere's models on Bedrock
are in `streams.intake.bedrock`, and its other interface is OpenAI's.

- record id: the reply's. Tokens: `usage.tokens`, else those billed.
- What was thought, and the plan before calls of tools, are kept apart as reasoning.
- The request's documents are the context, those among its messages and the results of connectors
  and searches too.
- Version 1: the request's `conversation_id` is the conversation.
- Answers that failed on the way or were stopped as toxic, with nothing written, and errors are
  skipped as `error`; embeddings and rankings as `not_an_output`.

Fields: https://docs.cohere.com/reference/chat, …/chat-stream, …/chat-v1.
"""

from __future__ import annotations

from typing import Any

from streams.intake import bedrock_models
from streams.intake.exchange import Exchange, parse_exchange, recognised, single_piece
from streams.intake.formats import Parsed, Piece
from streams.intake.messages import Content, Conversation, openai_tool_calls, read_content
from streams.intake.reply import Reply, add_answer, settled
from streams.intake.request import conversation_in
from streams.intake.values import (
    JsonObject,
    at,
    fragment,
    id_in,
    invalid,
    joined,
    list_in,
    object_in,
    text_in,
    usage_in,
)
from streams.records import WireDocument, WireToolCall

NAME = "cohere"

_EVENTS = frozenset(
    {
        *("message-start", "content-start", "content-delta", "content-end", "message-end"),
        *("tool-plan-delta", "tool-call-start", "tool-call-delta", "tool-call-end"),
        *("citation-start", "citation-end", "debug"),
    }
)
_V1_EVENTS = frozenset(
    {
        *("stream-start", "text-generation", "stream-end", "search-queries-generation"),
        *("search-results", "citation-generation", "tool-calls-generation"),
        *("tool-calls-chunk",),
    }
)
_V1_MARKS = frozenset({"generation_id", "chat_history", "meta"})
_FAILED = frozenset({"ERROR", "ERROR_TOXIC", "ERROR_LIMIT", "TIMEOUT"})
_TEXTS = ("text", "snippet", "content", "body")


def recognises(data: Any) -> bool:
    """Whether it is a reply or its events, alone or with the request."""
    return recognised(data, NAME, is_reply)


def parse(data: Any) -> Parsed:
    """The outputs in a message. Raises `BadRecord`."""
    return parse_exchange(data, NAME, is_reply, read, _asked)


def piece(data: Any) -> Piece | None:
    """What an event says of its stream."""
    if not _is_event(data):
        return None
    kind = data.get("type") or data.get("event_type")
    ends = kind in ("message-end", "stream-end")
    return Piece(first=kind in ("message-start", "stream-start"), last=ends)


def _is_event(event: object) -> bool:
    return isinstance(event, dict) and (
        text_in(event, "type") in _EVENTS or text_in(event, "event_type") in _V1_EVENTS
    )


def is_reply(body: object) -> bool:
    """Whether it is a reply, or the events of a streamed one."""
    if isinstance(body, list):
        return any(_is_event(event) for event in body[:3])
    return isinstance(body, dict) and (
        _is_second(body) or _is_first(body) or _is_embedding(body) or _is_event(body)
    )


def _is_second(body: JsonObject) -> bool:
    message = object_in(body, "message")
    known = isinstance(message.get("content"), list) or "tool_calls" in message
    return known and isinstance(body.get("finish_reason"), str) and "index" not in body


def _is_first(body: JsonObject) -> bool:
    if isinstance(body.get("text"), str):
        return "generation_id" in body and bool(_V1_MARKS & body.keys())
    generations = list_in(body, "generations")
    first = generations[0] if generations else None
    return isinstance(first, dict) and "text" in first and ("meta" in body or "prompt" in body)


def _is_embedding(body: JsonObject) -> bool:
    return "embeddings" in body and bool({"response_type", "meta", "texts"} & body.keys())


def read(body: Any, place: str) -> Reply:
    """Reads what `is_reply` is true of. Raises `BadRecord`."""
    if isinstance(body, list):
        second = any(text_in(event, "type") in _EVENTS for event in body[:3])
        return _read_events(body, place) if second else _read_first(body, place)
    if _is_embedding(body):
        return Reply(skipped=["not_an_output"])
    if _is_event(body):
        raise single_piece(place)
    return _read_second(body, place) if _is_second(body) else _read_first(body, place)


def _read_second(body: JsonObject, place: str) -> Reply:
    message, where = body["message"], at(place, "message")
    reply = Reply(id=id_in(body, "id"), model=text_in(body, "model"), usage=_usage(body))
    content = read_content(message.get("content"), at(where, "content"))
    plan = text_in(message, "tool_plan") or ""
    calls = (*content.tool_calls, *openai_tool_calls(message, where))
    _add(reply, content, calls, plan, text_in(body, "finish_reason"))
    return reply


def _add(
    reply: Reply,
    content: Content,
    calls: tuple[WireToolCall, ...],
    plan: str,
    finish: str | None,
    *,
    failed: bool = False,
) -> None:
    kinds = tuple(dict.fromkeys([*content.kinds, *(["reasoning"] if plan else [])]))
    reasoning = joined([content.reasoning, plan])
    whole = Content(content.text, calls, kinds, reasoning, content.unread)
    if not (whole.text or calls or content.kinds) and (failed or finish in _FAILED):
        reply.skipped.append("error")
        return
    add_answer(reply, whole, 0, finish or ("error" if failed else None), written=True)


def _read_first(body: Any, place: str) -> Reply:
    reply = bedrock_models.read(body, place) or Reply()
    # The end of a stream repeats the whole.
    wholes = [object_in(event, "response") for event in body] if isinstance(body, list) else [body]
    whole: JsonObject = next((found for found in reversed(wholes) if found), {})
    reply.usage = reply.usage or _usage(object_in(whole, "meta"))
    reply.context = (*reply.context, *_documents(list_in(whole, "documents")))
    for answer in list(reply.answers):
        said = answer.content.text or answer.content.tool_calls
        if answer.finish_reason in _FAILED and not said:
            reply.answers.remove(answer)
            reply.skipped.append("error")
    return settled(reply)


def _usage(body: JsonObject) -> dict[str, int] | None:
    counts = object_in(body, "usage") or body
    return usage_in(object_in(counts, "tokens")) or usage_in(object_in(counts, "billed_units"))


def _read_events(events: list[Any], place: str) -> Reply:
    reply = Reply()
    parts: dict[int, JsonObject] = {}
    calls: dict[int, list[str]] = {}
    names: dict[int, str] = {}
    plan: list[str] = []
    finish: str | None = None
    failed = False
    for number, event in enumerate(events):
        where = f"{place}[{number}]"
        if not isinstance(event, dict):
            raise invalid(where, event, "an object")
        kind, delta = text_in(event, "type") or "", object_in(event, "delta")
        message = object_in(delta, "message")
        failed = failed or bool(event.get("error") or delta.get("error"))
        reply.id = reply.id or id_in(event, "id")
        index = event.get("index")
        index = index if isinstance(index, int) else 0
        if kind in ("content-start", "content-delta"):
            _grow(parts.setdefault(index, {}), object_in(message, "content"))
        elif kind == "tool-plan-delta":
            plan.append(text_in(message, "tool_plan") or "")
        elif kind in ("tool-call-start", "tool-call-delta"):
            function = object_in(object_in(message, "tool_calls"), "function")
            names[index] = names.get(index) or text_in(function, "name") or ""
            written = fragment(function.get("arguments"), at(where, "delta.arguments"))
            calls.setdefault(index, []).append(written)
        elif kind == "message-end":
            finish = text_in(delta, "finish_reason") or finish
            reply.usage = _usage(delta) or reply.usage
    content = read_content([part for _, part in sorted(parts.items())], at(place, "content"))
    called = tuple(
        WireToolCall(names[index], "".join(pieces)) for index, pieces in sorted(calls.items())
    )
    _add(reply, content, called, "".join(plan), finish, failed=failed)
    return settled(reply)


def _grow(part: JsonObject, delta: JsonObject) -> None:
    kind = text_in(delta, "type") or text_in(part, "type")
    for name, given in delta.items():
        if isinstance(given, str) and name != "type":
            part[name] = (text_in(part, name) or "") + given
            # The pieces after the first don't name it.
            kind = name if kind is None and name in ("text", "thinking") else kind
    if kind:
        part["type"] = kind


def _asked(exchange: Exchange) -> tuple[Conversation, list[WireDocument]]:
    request = exchange.request
    documents = _documents(list_in(request, "documents"))
    if isinstance(request.get("message"), str):
        conversation, _ = bedrock_models.asked_in(request)
        if name := id_in(request, "conversation_id"):
            tags = {**object_in(request, "metadata")}
            exchange.request = {**request, "metadata": {"conversation_id": name, **tags}}
        return conversation, documents
    if "prompt" not in request and isinstance(exchange.reply, dict):
        # What `generate` was asked stands in its reply.
        request = {**request, "prompt": text_in(exchange.reply, "prompt")}
    for message in list_in(request, "messages"):
        if isinstance(message, dict):
            parts = list_in(message, "content")
            documents += _documents([object_in(part, "document") for part in parts])
    return conversation_in(request), documents


def _documents(given: list[Any]) -> list[WireDocument]:
    """Documents as text, as `{"id", "data": …}` or, in version 1, as any fields with texts."""
    documents: list[WireDocument] = []
    for document in given:
        data = document.get("data", document) if isinstance(document, dict) else document
        if isinstance(data, dict):
            texts = [
                value for name, value in data.items() if name != "id" and isinstance(value, str)
            ]
            text = text_in(data, *_TEXTS) or joined(texts, "\n")
        else:
            text = data if isinstance(data, str) else ""
        if text:
            documents.append(WireDocument(text, id_in(document, "id", "title")))
    return documents
