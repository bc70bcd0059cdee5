"""A reply of a model with its request beside it, in the wrappings that people log it in.

- ``{"request": {…}, "response": {…}}``; the names `input`, `inputs`, `request_body`, `kwargs` and
  `output`, `outputs`, `completion`, `response_body`, `result`, `chunks`, `events` do as well;
- the same with HTTP around the bodies: ``{"response": {"status_code": 200, "body": {…}}}``, as in
  the lines of OpenAI's batches and in gateways' logs;
- bodies as JSON text, and streamed ones as the text of server-sent events;
- the reply alone.

Beside request and response may stand fields of the native record that the interfaces don't have:
`deployment`, `tenant`, `user`, `conversation_id`, `turn`, `model_version`, `event_time`,
`latency_ms`, `context`, `trace_id`, `span_id`. They win over what is inside. A `metadata` beside
them, the reply's and the request's may hold the first four; `user_id` and `session_id` do for the
user and the conversation. Without an `event_time` and a time in the reply, `created`, `created_at`,
`timestamp` or `processed_time` beside them is taken, where it can be read as one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake.formats import Parsed, Skip
from streams.intake.lines import events, several_in
from streams.intake.messages import Conversation
from streams.intake.other_results import ERROR_FIELDS, is_error, is_other_result
from streams.intake.reply import Reply, outputs_of
from streams.intake.values import (
    JsonObject,
    count_in,
    from_json,
    id_in,
    list_in,
    moment_in,
    number_in,
    object_in,
    text_in,
    time_in,
)
from streams.records import Output, WireDocument

REQUESTS = ("request", "input", "request_body", "requestBody", "kwargs", "inputs")
REPLIES = (
    *("response", "output", "completion", "response_body", "responseBody", "chunks", "events"),
    *("outputs", "result"),
)
OTHER_FORMATS = frozenset({"ai", "call_type", "custom_llm_provider", "schemaType"})
"""Names at the top of Kong's, LiteLLM's and Bedrock's logs, which hold exchanges, too."""

_STATUSES = ("status_code", "statusCode", "response_status")
_ASKING = frozenset({"messages", "input", "prompt", "contents", "inputs", "message", "inputText"})
_IDS = ("id", "request_id", "requestId", "custom_id", "key", "recordId")
_MOMENTS = ("created", "created_at", "timestamp", "processed_time")
_CALLING = _ASKING | {
    *("model", "modelId", "texts", "query", "documents", "content", "requests", "instances"),
    *("images", "text", "tokens"),
}
"""What stands in requests of models' APIs, also of those that give no text."""


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
        if status is None and any(name in data for name in _STATUSES):
            status = number_in(data, *_STATUSES)
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


def without_answer(data: object) -> Skip | None:
    """Why there is no answer in a call, whichever interface was called: it failed, or its request
    stands beside an empty reply or one that is no text. None where none of it is certain."""
    if not isinstance(data, dict):
        return None
    if _fails(data) and data.keys() <= ERROR_FIELDS:
        return "error"
    if not any(data.get(name) is not None for name in REQUESTS):
        return None
    try:
        exchange = exchange_in(data, "", lambda _: False)
    except BadRecord:
        return None
    replies = [data[name] for name in REPLIES if name in data]
    # The lines of Vertex AI's batches say so in words.
    failed = _fails(data) or ("processed_time" in data and text_in(data, "status") is not None)
    if exchange is not None or (failed and not any(replies)):
        return "error"
    asked = _request(data, "").keys()
    if replies and not any(replies):
        return "no_output" if _ASKING & asked else None
    bodies = [_body(reply, "")[0] for reply in replies if reply]
    if _CALLING & asked and len(bodies) == 1:
        if is_error(bodies[0]):
            return "error"
        if is_other_result(bodies[0]):
            return "not_an_output"
    return None


def parse_exchange(
    data: object,
    name: str,
    is_reply: Callable[[object], bool],
    read: Callable[[Any, str], Reply],
    asked: Callable[[Exchange], tuple[Conversation, list[WireDocument]]],
) -> Parsed:
    """The outputs of a reply, alone or with its request, by how a format tells one and reads one,
    and reads what was `asked` and the documents given with it. Raises `BadRecord`."""
    exchange = exchange_in(data, name, is_reply)
    if exchange is None:
        if skip := without_answer(data):
            return Parsed(skipped=[skip])
        raise BadRecord("missing_field", f"{name}: no reply of a model here or under `response`")
    if exchange.failed:
        return Parsed(skipped=["error"])
    reply = read(exchange.reply, exchange.place)
    conversation, documents = asked(exchange)
    reply.context = (*documents, *reply.context)
    return outputs_of(reply, output_of(exchange, reply, conversation))


def recognised(data: object, name: str, is_reply: Callable[[object], bool]) -> bool:
    """Whether a message holds a reply of a format, alone or with its request."""
    if not isinstance(data, dict | list) or (
        isinstance(data, dict) and OTHER_FORMATS & data.keys()
    ):
        return False
    try:
        exchange = exchange_in(data, name, is_reply)
    except BadRecord:
        return False
    return exchange is not None and is_reply(exchange.reply)


def single_piece(place: str) -> BadRecord:
    """The error for one piece of a streamed answer that comes alone."""
    return BadRecord(
        "invalid_field",
        f"{place}{'' if place.endswith(' ') else ': '}a single piece of a streamed answer; send "
        "all of them in one message, as a list, as lines or as server-sent events",
    )


def _body(value: object, place: str) -> tuple[Any, str, float | None]:
    """The body, where it stands, and its HTTP status where one is given."""
    status = None
    if isinstance(value, dict) and ("status_code" in value or "status" in value):
        status = number_in(value, "status_code", "status")
    if isinstance(value, dict) and "choices" not in value and "object" not in value:
        # A list under `data` is a reply's own.
        for key, kinds in (("body", dict | str | list), ("data", dict | str)):
            if isinstance(value.get(key), kinds):
                value, place = value[key], f"{place}.{key}"
                break
    if isinstance(value, str):
        value = body_text(value, place)
    return value, place, status


def body_text(text: str, place: str) -> Any:
    """A body as text: JSON, or lines of it or server-sent events, which become a list.

    Text that is neither stays text. Raises `BadRecord` where it begins like one and isn't.
    """
    start = text.lstrip()[:6]
    if start.startswith(("{", "[")):
        return _json_in(text, place)
    if start.startswith(("data:", "event:", "id:", ":")):
        return [from_json(event, place) for event in events(text)]
    return text


def _json_in(text: str, place: str) -> Any:
    try:
        return _parsed(text)
    except RecursionError:
        raise BadRecord("too_deep", f"{place} is nested too deeply") from None
    except ValueError:
        values = several_in(text)
    if values is None or any(isinstance(value, BadRecord) for value in values):
        raise BadRecord("invalid_field", f"{place} is text that is not JSON")
    return values


# Each format that is asked about a message looks at its bodies, a reply's and a request's.
_parsed = lru_cache(maxsize=2)(json.loads)


def output_of(exchange: Exchange, reply: Reply, conversation: Conversation) -> Output:
    """The output of an exchange, without what differs from answer to answer.

    The deployment is what the wrapping says, else the model that was asked for. The id is open
    ("") where neither the reply nor its wrapping has one.
    """
    around, request = exchange.around, exchange.request
    record_id = reply.id or id_in(around, *_IDS) or ""
    asked = text_in(request, "model") or text_in(around, "model")
    tags = [around, *(object_in(one, "metadata") for one in (around, exchange.reply, request))]
    user = _first(tags, "user", "user_id") or id_in(request, "safety_identifier", "user")
    return Output(
        record_id=record_id,
        output="",
        deployment=_first(tags, "deployment") or asked or reply.model or "default",
        model=asked or reply.model,
        model_version=text_in(around, "model_version") or reply.model,
        tenant=_first(tags, "tenant"),
        user=user or id_in(exchange.reply, "safety_identifier", "user"),
        conversation_id=_first(tags, "conversation_id", "session_id"),
        turn=count_in(around, "turn"),
        prompt=conversation.prompt,
        messages=conversation.messages,
        system_prompt=conversation.system_prompt,
        context=(*_documents(around), *reply.context),
        usage=reply.usage,
        latency_ms=number_in(around, "latency_ms") or reply.latency_ms,
        event_time=time_in(around, "event_time") or reply.seconds or moment_in(around, *_MOMENTS),
        trace_id=text_in(around, "trace_id"),
        span_id=text_in(around, "span_id"),
        response_id=reply.id,
    )


def _first(places: list[JsonObject], *names: str) -> str | None:
    return next((found for place in places if (found := id_in(place, *names))), None)


def _documents(around: JsonObject) -> list[str | WireDocument]:
    documents: list[str | WireDocument] = []
    for document in list_in(around, "context"):
        if isinstance(document, str):
            documents.append(document)
        elif text := text_in(document, "text"):
            documents.append(WireDocument(text, id_in(document, "id")))
    return documents
