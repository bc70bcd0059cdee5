"""Amazon Bedrock's Converse: a response as boto3 gives it, best with its request beside it.

::

    request = {"modelId": "eu.amazon.nova-lite-v1:0", "system": […], "messages": […]}
    response = client.converse(**request)
    record = {"deployment": "support-bot", "request": request, "response": response}
    producer.send("llm.outputs", json.dumps(record).encode())

A streamed one is sent when it is over, as the list of its events: ``"response":
list(response["stream"])``, or ``{**response, "stream": list(response["stream"])}``.
`streams.intake.exchange` lists the wrappings and what may stand beside; the log that Bedrock writes
itself, and the lines of its batch jobs, are in `streams.intake.bedrock`.

- record id: `ResponseMetadata.RequestId`. Model: the request's `modelId`, out of its ARN.
- The request's `requestMetadata` may name `tenant`, `user`, `deployment`, `conversation_id`.
- Documents and search results in the request are context; reasoning is kept apart.
- event time: the date in the response's HTTP headers; latency: `metrics.latencyMs`.
- What a guardrail or a filter left empty, and errors, are skipped as `error`.

Fields: botocore's service model of bedrock-runtime.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

from streams.intake.bedrock import called_model, tags_of
from streams.intake.content_blocks import documents_asked, is_converse, is_converse_event, read
from streams.intake.exchange import Exchange, parse_exchange, recognised, single_piece
from streams.intake.formats import Parsed, Piece
from streams.intake.messages import Conversation
from streams.intake.reply import Reply
from streams.intake.request import conversation_in
from streams.intake.values import JsonObject, at, id_in, object_in, text_in
from streams.records import WireDocument

NAME = "converse"

_OF_A_REPLY = frozenset({"stopReason", "usage", "metrics", "ResponseMetadata"})


def recognises(data: Any) -> bool:
    """Whether it is a response of Converse, or its events, alone or with the request."""
    return recognised(data, NAME, _is_reply)


def parse(data: Any) -> Parsed:
    """The outputs in a message. Raises `BadRecord`."""
    return parse_exchange(data, NAME, _is_reply, _read, _asked)


def piece(data: Any) -> Piece | None:
    """What an event says of its stream."""
    if is_converse_event(data):
        return Piece(first="messageStart" in data)
    ends = isinstance(data, dict) and data.keys() == {"metadata"}
    return Piece(last=True) if ends and object_in(data, "metadata").get("usage") else None


def _is_reply(body: object) -> bool:
    if not isinstance(body, dict):
        return _is_stream(body)
    whole = is_converse(body) and bool(_OF_A_REPLY & body.keys())
    return whole or _is_stream(body.get("stream")) or _is_error(body) or is_converse_event(body)


def _is_stream(body: object) -> bool:
    return isinstance(body, list) and any(is_converse_event(event) for event in body[:3])


def _is_error(body: JsonObject) -> bool:
    return bool(object_in(body, "Error")) and bool(object_in(body, "ResponseMetadata"))


def _read(body: Any, place: str) -> Reply:
    if isinstance(body, list):
        return read(body, place)
    if _is_error(body):
        return Reply(skipped=["error"])
    if is_converse_event(body):
        raise single_piece(place)
    streamed = _is_stream(body.get("stream"))
    reply = read(body["stream"], at(place, "stream")) if streamed else read(body, place)
    about = object_in(body, "ResponseMetadata")
    reply.id = reply.id or id_in(about, "RequestId")
    reply.seconds = _date(text_in(object_in(about, "HTTPHeaders"), "date"))
    return reply


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None


def _asked(exchange: Exchange) -> tuple[Conversation, list[WireDocument]]:
    request = exchange.request
    model = called_model(text_in(request, "modelId"))
    tags = tags_of(object_in(request, "requestMetadata"))
    exchange.request = {"model": model, "metadata": tags, **request}
    return conversation_in(request), documents_asked(request)
