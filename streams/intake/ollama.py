"""Ollama's own interface, `/api/chat` and `/api/generate`, best with the request beside the reply.

::

    request = {"model": "llama3.2", "messages": […]}          # or "prompt" and "system"
    response = client.chat(**request)
    record = {"deployment": "support-bot", "request": request, "response": response.model_dump()}
    producer.send("llm.outputs", json.dumps(record).encode())

A streamed reply is sent when it is over, as the list of its pieces or as the lines they came in;
the last says `"done": true`. Also read: a reply alone, and several one after the other. Where a
stream broke off, another model, another id or an earlier time tells that the next begins.
`streams.intake.exchange` lists the wrappings and what may stand beside. Ollama's other interface is
OpenAI's, and read as that.

- record id: what stands beside, since a reply has none; else its place.
- Thinking is kept apart; calls of tools are tool calls.
- event time: `created_at`; latency: `total_duration`; tokens: `prompt_eval_count`, `eval_count`.
- Errors are skipped as `error`; embeddings, and what loading and unloading a model gives, as
  `not_an_output`.

Fields: https://docs.ollama.com/api/chat, …/generate; `api/types.go` in ollama/ollama.
"""

from __future__ import annotations

from typing import Any

from streams.intake.exchange import Exchange, parse_exchange, recognised, single_piece
from streams.intake.formats import Parsed, Piece
from streams.intake.messages import Content, Conversation, openai_tool_calls, read_content
from streams.intake.reply import Reply, add_answer, settled
from streams.intake.request import conversation_in
from streams.intake.values import (
    JsonObject,
    at,
    count_in,
    id_in,
    invalid,
    list_in,
    moment_in,
    number_in,
    object_in,
    text_in,
)
from streams.records import WireDocument, WireToolCall

NAME = "ollama"

_NO_ANSWER = ("load", "unload")
_ASKED = ("messages", "prompt")


def recognises(data: Any) -> bool:
    """Whether it is a reply or its pieces, alone or with the request."""
    return recognised(data, NAME, is_reply)


def parse(data: Any) -> Parsed:
    """The outputs in a message. Raises `BadRecord`."""
    return parse_exchange(data, NAME, is_reply, read, _asked)


def piece(data: Any) -> Piece | None:
    """What a reply says of the stream that it may be a part of."""
    if not isinstance(data, dict) or not _is_piece(data):
        return None
    return Piece(
        stream=id_in(data, "id") or "",
        last=data["done"],
        model=text_in(data, "model") or "",
        seconds=moment_in(data, "created_at"),
    )


def is_reply(body: object) -> bool:
    """Whether it is a reply, or the pieces of a streamed one."""
    if isinstance(body, list):
        return any(isinstance(part, dict) and _is_piece(part) for part in body[:3])
    return isinstance(body, dict) and (_is_piece(body) or _is_embedding(body))


def _is_piece(body: JsonObject) -> bool:
    return isinstance(body.get("done"), bool) and (
        isinstance(body.get("response"), str) or isinstance(body.get("message"), dict)
    )


def _is_embedding(body: JsonObject) -> bool:
    return isinstance(body.get("embeddings"), list) and "total_duration" in body


def read(body: Any, place: str) -> Reply:
    """Reads what `is_reply` is true of. Raises `BadRecord`."""
    if not isinstance(body, list):
        if _is_embedding(body):
            return Reply(skipped=["not_an_output"])
        if not body["done"]:
            raise single_piece(place)
    pieces = body if isinstance(body, list) else [body]
    reply = Reply()
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[WireToolCall] = []
    kinds: dict[str, None] = {}
    unread = ""
    finish: str | None = None
    failed = False
    for number, part in enumerate(pieces):
        where = f"{place}[{number}]" if isinstance(body, list) else place
        if not isinstance(part, dict):
            raise invalid(where, part, "an object")
        failed = failed or bool(part.get("error"))
        content = _content(part, where)
        texts.append(content.text)
        thoughts.append(content.reasoning)
        calls += content.tool_calls
        kinds |= dict.fromkeys(content.kinds)
        unread = unread or content.unread
        finish = text_in(part, "done_reason") or finish
        reply.model = text_in(part, "model") or reply.model
        reply.seconds = moment_in(part, "created_at") or reply.seconds
        reply.usage = _usage(part) or reply.usage
        took = number_in(part, "total_duration")
        reply.latency_ms = took / 1e6 if took else reply.latency_ms
    together = Content("".join(texts), tuple(calls), tuple(kinds), "".join(thoughts), unread)
    empty = not (together.text or together.tool_calls or together.kinds)
    if empty and finish in _NO_ANSWER:
        return Reply(skipped=["not_an_output"])
    add_answer(reply, together, 0, "error" if failed else finish, written=True)
    return settled(reply)


def _content(part: JsonObject, place: str) -> Content:
    message = object_in(part, "message")
    if message:
        found = read_content(message.get("content"), at(place, "message.content"))
        calls = openai_tool_calls(message, at(place, "message"))
    else:
        found = read_content(part.get("response"), at(place, "response"))
        calls = []
    thought = text_in(message or part, "thinking") or ""
    kinds = dict.fromkeys(found.kinds)
    kinds |= {"reasoning": None} if thought else {}
    kinds |= {"image": None} if list_in(message, "images") or part.get("image") else {}
    return Content(
        found.text,
        (*found.tool_calls, *calls),
        tuple(kinds),
        thought or found.reasoning,
        found.unread,
    )


def _usage(part: JsonObject) -> dict[str, int] | None:
    counts = {
        "input_tokens": count_in(part, "prompt_eval_count"),
        "output_tokens": count_in(part, "eval_count"),
    }
    return {name: count for name, count in counts.items() if count is not None} or None


def _asked(exchange: Exchange) -> tuple[Conversation, list[WireDocument]]:
    request = exchange.request
    if not any(name in request for name in _ASKED) and isinstance(exchange.reply, dict):
        # Logged together with what it answers.
        request = {**exchange.reply, **request}
    return conversation_in(request), []
