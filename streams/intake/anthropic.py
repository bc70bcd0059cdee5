"""Anthropic's Messages interface: a message, best with its request beside it.

::

    request = {"model": "claude-sonnet-4-5", "max_tokens": 1024, "system": "…", "messages": […]}
    message = client.messages.create(**request)
    record = {"deployment": "support-bot", "request": request, "response": message.model_dump()}
    producer.send("llm.outputs", json.dumps(record).encode())

A streamed one is sent when it is over, as the list of its events (``"response": [event.model_dump()
for event in stream]``), as lines of JSON or as the text of its server-sent events. Also read: a
message alone, and the lines of a message batch's results (``{"custom_id", "result": {"type":
"succeeded", "message"}}``). `streams.intake.exchange` lists the wrappings, and what may stand
beside.

- record id: the message's, in a batch without one `custom_id`.
- Thinking is kept apart. Uses of tools, the provider's own among them, are tool calls; what those
  gave back isn't the model's: pages that were fetched and what MCP servers said are context, as
  are the documents and search results in the request.
- user: the request's `metadata.user_id`.
- A refusal (`stop_reason`) with text is an answer. One without, errors and errored lines of a batch
  are skipped as `error`; canceled and expired lines as `no_output`.

Fields: https://docs.claude.com/en/api/messages, …/messages-streaming, …/message-batches-results.
"""

from __future__ import annotations

from typing import Any

from streams.intake.content_blocks import documents_asked, is_event
from streams.intake.content_blocks import read as read_blocks
from streams.intake.exchange import Exchange, parse_exchange, recognised, single_piece
from streams.intake.formats import Parsed, Piece
from streams.intake.messages import Conversation
from streams.intake.reply import Reply
from streams.intake.request import conversation_in
from streams.intake.values import at, id_in, invalid, object_in, text_in
from streams.records import WireDocument

NAME = "anthropic"

_RESULTS = frozenset({"succeeded", "errored", "canceled", "expired"})
_OF_A_REPLY = frozenset({"stop_reason", "usage", "model"})


def recognises(data: Any) -> bool:
    """Whether it is a message, its events, or a line of a batch, alone or with the request."""
    return recognised(data, NAME, _is_reply)


def parse(data: Any) -> Parsed:
    """The outputs in a message. Raises `BadRecord`."""
    return parse_exchange(data, NAME, _is_reply, _read, _asked)


def piece(data: Any) -> Piece | None:
    """What an event says of its stream."""
    if not is_event(data, beside=True):
        return None
    kind = data["type"]
    return Piece(first=kind == "message_start", last=kind in ("message_stop", "error"))


def _is_reply(body: object) -> bool:
    if isinstance(body, list):
        return any(is_event(event) for event in body[:3]) or (
            bool(body) and all(is_event(event, beside=True) for event in body)
        )
    return isinstance(body, dict) and (
        _is_message(body) or _is_batch_line(body) or _is_error(body) or is_event(body)
    )


def _is_message(body: dict[str, Any]) -> bool:
    if not isinstance(body.get("content"), list) or body.get("role", "assistant") != "assistant":
        return False
    # Items of OpenAI's Responses are of this type, too.
    if body.get("type") == "message":
        return bool(_OF_A_REPLY & body.keys())
    return "type" not in body and "role" in body and {"stop_reason", "usage"} <= body.keys()


def _is_batch_line(body: dict[str, Any]) -> bool:
    return "custom_id" in body and text_in(object_in(body, "result"), "type") in _RESULTS


def _is_error(body: dict[str, Any]) -> bool:
    return body.get("type") == "error" and bool(object_in(body, "error"))


def _read(body: Any, place: str) -> Reply:
    if isinstance(body, list):
        return read_blocks(body, place)
    if _is_error(body):
        return Reply(skipped=["error"])
    if is_event(body):
        raise single_piece(place)
    if not _is_batch_line(body):
        return read_blocks(body, place)
    result, where = body["result"], at(place, "result")
    if result["type"] != "succeeded":
        return Reply(skipped=["error" if result["type"] == "errored" else "no_output"])
    message = result.get("message")
    if not isinstance(message, dict):
        raise invalid(at(where, "message"), message, "an object")
    reply = read_blocks(message, at(where, "message"))
    reply.id = reply.id or id_in(body, "custom_id")
    return reply


def _asked(exchange: Exchange) -> tuple[Conversation, list[WireDocument]]:
    request = exchange.request
    # A batch's request has its body one deeper.
    request = object_in(request, "params") or request
    return conversation_in(request), documents_asked(request)
