"""A reply of a model with its request beside it, in the wrappings that people log it in.

- ``{"request": {…}, "response": {…}}``; the names `input`, `request_body`, `kwargs` and `output`,
  `completion`, `response_body`, `chunks` do as well;
- the same with HTTP around the bodies: ``{"response": {"status_code": 200, "body": {…}}}``, as in
  the lines of OpenAI's batches and in gateways' logs;
- bodies as JSON text, and streamed ones as the text of server-sent events;
- the reply alone.

Beside request and response may stand fields of the native record that the interfaces don't have:
`deployment`, `tenant`, `user`, `conversation_id`, `turn`, `model_version`, `event_time`,
`latency_ms`, `context`, `trace_id`, `span_id`. They win over what is inside. The
request's and the reply's `metadata` may hold the first four.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake.messages import Conversation
from streams.intake.reply import Reply
from streams.intake.values import (
    JsonObject,
    count_in,
    from_json,
    id_in,
    list_in,
    number_in,
    object_in,
    seconds_in,
    text_in,
    time_in,
)
from streams.records import Output, WireDocument

REQUESTS = ("request", "input", "request_body", "kwargs")
REPLIES = ("response", "output", "completion", "response_body", "chunks")
OTHER_FORMATS = frozenset({"ai", "call_type", "custom_llm_provider", "schemaType"})
"""Names at the top of Kong's, LiteLLM's and Bedrock's logs, which hold exchanges, too."""

_DONE = "[DONE]"


class Exchange(msgspec.Struct):
    """A reply and its request. `around` is the wrapping, `place` where the reply stands in it.

    `failed` is whether the wrapping says that the call failed.
    """

    reply: Any
    request: JsonObject
    around: JsonObject
    place: str
    failed: bool = False


def exchange_in(data: object, name: str, is_reply: Callable[[object], bool]) -> Exchange | None:
    """The exchange in a message of the format `name`, where its reply is one by `is_reply`.

    None where there is none. Raises `BadRecord` for a body that is text but not JSON.
    """
    if is_reply(data):
        return Exchange(data, {}, {}, f"{name}: ")
    if not isinstance(data, dict):
        return None
    for key in REPLIES:
        if key not in data:
            continue
        reply, place, status = _body(data[key], f"{name}: {key}")
        failed = (status is not None and status >= 400) or (reply is None and _fails(data))
        if failed or is_reply(reply) or _fails(reply):
            return Exchange(reply, _request(data, name), data, place, failed or _fails(reply))
    return None


def _request(data: JsonObject, name: str) -> JsonObject:
    """The request; the wrapping itself where it holds one in its own fields."""
    value = next((data[key] for key in REQUESTS if data.get(key) is not None), data)
    try:
        body = _body(value, f"{name}: request")[0]
    except BadRecord:
        body = value
    return body if isinstance(body, dict) else {"messages": body}


def _fails(data: object) -> bool:
    return isinstance(data, dict) and bool(data.get("error")) and "choices" not in data


def _body(value: object, place: str) -> tuple[Any, str, float | None]:
    """The body, where it stands, and its HTTP status where one is given."""
    status = number_in(value, "status_code", "status")
    if isinstance(value, dict) and "choices" not in value and "object" not in value:
        for key in ("body", "data"):
            if isinstance(value.get(key), dict | str):
                value, place = value[key], f"{place}.{key}"
                break
    if isinstance(value, str):
        value = body_text(value, place)
    return value, place, status


def body_text(text: str, place: str) -> Any:
    """A body as text: JSON, or server-sent events, which become the list of their data.

    Text that is neither stays text. Raises `BadRecord` where it begins like one and isn't.
    """
    start = text.lstrip()[:6]
    if start.startswith(("{", "[")):
        return from_json(text, place)
    if start.startswith(("data:", "event:", "id:", ":")):
        return [from_json(event, place) for event in _events(text)]
    return text


def _events(text: str) -> list[str]:
    # https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    events: list[str] = []
    lines: list[str] = []
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
        elif not line and lines:
            events.append("\n".join(lines))
            lines = []
    return [event for event in events if event.strip() not in ("", _DONE)]


def output_of(exchange: Exchange, reply: Reply, conversation: Conversation) -> Output:
    """The output of an exchange, without what differs from answer to answer.

    The deployment is what the wrapping says, else the model that was asked for. The id is open
    ("") where neither the reply nor its wrapping has one.
    """
    around, request = exchange.around, exchange.request
    record_id = reply.id or id_in(around, "id", "request_id", "custom_id") or ""
    asked = text_in(request, "model") or text_in(around, "model")
    tags = [around, object_in(exchange.reply, "metadata"), object_in(request, "metadata")]
    user = _first(tags, "user") or id_in(request, "safety_identifier", "user")
    return Output(
        record_id=record_id,
        output="",
        deployment=_first(tags, "deployment") or asked or reply.model or "default",
        model=asked or reply.model,
        model_version=text_in(around, "model_version") or reply.model,
        tenant=_first(tags, "tenant"),
        user=user or id_in(exchange.reply, "safety_identifier", "user"),
        conversation_id=_first(tags, "conversation_id"),
        turn=count_in(around, "turn"),
        prompt=conversation.prompt,
        messages=conversation.messages,
        system_prompt=conversation.system_prompt,
        context=(*_documents(around), *reply.context),
        usage=reply.usage,
        latency_ms=number_in(around, "latency_ms") or reply.latency_ms,
        event_time=time_in(around, "event_time") or reply.seconds or seconds_in(around, "created"),
        trace_id=text_in(around, "trace_id"),
        span_id=text_in(around, "span_id"),
        response_id=reply.id,
    )


def _first(places: list[JsonObject], name: str) -> str | None:
    return next((found for place in places if (found := id_in(place, name))), None)


def _documents(around: JsonObject) -> list[str | WireDocument]:
    documents: list[str | WireDocument] = []
    for document in list_in(around, "context"):
        if isinstance(document, str):
            documents.append(document)
        elif text := text_in(document, "text"):
            documents.append(WireDocument(text, id_in(document, "id")))
    return documents
