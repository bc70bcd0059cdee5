"""OpenAI's Responses interface: a response, best with its request beside it.

::

    request = {"model": "gpt-5", "instructions": "…", "input": "…"}
    response = client.responses.create(**request)
    record = {"deployment": "support-bot", "request": request, "response": response.model_dump()}
    producer.send("llm.outputs", json.dumps(record).encode())

A streamed one is sent when it is over, as the list of its events under `response`; the last of
them carries the whole, and where it is missing, what the others said is put together. The
wrappings are those of `streams.intake.exchange`, batches' lines among them.

- A response is one output: the texts of its messages, refusals among them. Reasoning and
  generated images are named in `kinds`. Calls of functions, and of OpenAI's own tools (what was
  searched for, the code that was run), are tool calls.
- What a file search found is the context, where the response includes it.
- Realtime sessions: the `response.done` event, with the transcript of what was spoken. Of a list
  of events, each response is an output under its own id, asked what the user said before it.
- Failed responses are skipped as `error`; those that aren't finished as `no_output`.
- conversation: the response's, or the request's. `previous_response_id` names another response,
  not a conversation, and is kept as a label.
- latency: from creation to completion, in whole seconds, unless `latency_ms` stands beside.

Fields: https://platform.openai.com/docs/api-reference/responses, openai-python's
`types.responses`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake.exchange import OTHER_FORMATS, Exchange, exchange_in, output_of, without_answer
from streams.intake.formats import Parsed, Piece
from streams.intake.messages import (
    Content,
    Conversation,
    is_known,
    kind_of,
    read_content,
    read_conversation,
    thought_in,
    tool_call,
)
from streams.intake.reply import Choice, Own, Reply, outputs_of
from streams.intake.unknown_parts import unread
from streams.intake.values import (
    JsonObject,
    at,
    fragment,
    id_in,
    invalid,
    joined,
    list_in,
    object_in,
    seconds_in,
    text_in,
    usage_in,
)
from streams.records import Output, WireDocument, WireToolCall

NAME = "openai_responses"

_UNFINISHED = ("queued", "in_progress")
_BESIDE = (
    *("session.", "conversation.", "input_audio_buffer.", "output_audio_buffer."),
    *("rate_limits.", "transcription_session."),
)
_ENDS = ("response.completed", "response.incomplete", "response.failed", "response.done")
_SPOKEN_OR_WRITTEN = (
    *("response.output_text.delta", "response.refusal.delta", "response.text.delta"),
    *("response.audio_transcript.delta", "response.output_audio_transcript.delta"),
)
_THOUGHT = (
    *("response.reasoning_text.delta", "response.reasoning_summary_text.delta"),
    *("response.reasoning.delta", "response.reasoning_summary.delta"),
)
_OWN_TOOLS = {
    "web_search_call": ("web_search", "action"),
    "file_search_call": ("file_search", "queries"),
    "code_interpreter_call": ("code_interpreter", "code"),
    "computer_call": ("computer", "action"),
    "local_shell_call": ("local_shell", "action"),
    "shell_call": ("shell", "action"),
    "apply_patch_call": ("apply_patch", "operation"),
    "tool_search_call": ("tool_search", "arguments"),
    "program": ("program", "code"),
}
_CALLS = {
    "function_call": "arguments",
    "mcp_call": "arguments",
    "mcp_approval_request": "arguments",
    "custom_tool_call": "input",
}
# Parts of a message that stand where its items do.
_TEXT_ITEMS = ("text", "output_text", "refusal")
_PARTS_OF_KIND = ("reasoning", "image_generation_call")


def recognises(data: Any) -> bool:
    """Whether it is a response, or one or its events with the request."""
    if not isinstance(data, dict) or OTHER_FORMATS & data.keys():
        return False
    try:
        exchange = exchange_in(data, NAME, is_reply)
    except BadRecord:
        return False
    return exchange is not None and (is_reply(exchange.reply) or _is_failed_response(exchange))


def parse(data: Any) -> Parsed:
    """The outputs in a message. Raises `BadRecord`."""
    exchange = exchange_in(data, NAME, is_reply)
    if exchange is None and isinstance(data, list) and all(piece(event) for event in data):
        return Parsed(skipped=["not_an_output"])
    if exchange is None and (skip := without_answer(data)):
        return Parsed(skipped=[skip])
    if exchange is None:
        raise BadRecord("missing_field", f"{NAME}: no response object here or under `response`")
    if not is_reply(exchange.reply):
        return Parsed(skipped=["error"])
    reply = read(exchange.reply, exchange.place)
    response = whole(exchange.reply) or {}
    request = exchange.request
    output = output_of(
        msgspec.structs.replace(exchange, reply=response),
        reply,
        read_conversation(request.get("input", request.get("messages")), _rules(response, request)),
    )
    return outputs_of(reply, _placed(output, response, request))


def piece(data: Any) -> Piece | None:
    """What an event says of its stream. A realtime session's events say nothing: all that follow
    each other are read together."""
    kind = data.get("type") if isinstance(data, dict) else None
    if not isinstance(kind, str) or not (_is_event(data) or kind.startswith(_BESIDE)):
        return None
    alone = object_in(data, "response").get("object") == "response"
    return Piece(first=alone and kind == "response.created", last=alone and kind in _ENDS)


def _rules(response: JsonObject, request: JsonObject) -> object:
    given = response.get("instructions")
    return given if given is not None else request.get("instructions")


def _placed(output: Output, response: JsonObject, request: JsonObject) -> Output:
    previous = text_in(response, "previous_response_id") or text_in(request, "previous_response_id")
    found = (
        output.conversation_id
        or id_in(object_in(response, "conversation"), "id")
        or id_in(response, "conversation_id")
    )
    asked = id_in(object_in(request, "conversation"), "id") or id_in(request, "conversation")
    return msgspec.structs.replace(
        output,
        conversation_id=found or asked,
        labels={"previous_response_id": previous} if previous else {},
    )


def is_reply(body: Any) -> bool:
    """Whether it is a response, an event that carries one, or the list of a stream's events."""
    if isinstance(body, list):
        # A realtime session begins with events of its own.
        return any(_is_event(event) for event in body)
    if not isinstance(body, dict):
        return False
    return body.get("object") == "response" or (_is_event(body) and whole(body) is not None)


def _is_event(body: Any) -> bool:
    kind = body.get("type") if isinstance(body, dict) else None
    return isinstance(kind, str) and kind.startswith("response.")


def _is_failed_response(exchange: Exchange) -> bool:
    asked = exchange.request
    return exchange.failed and "model" in asked and "input" in asked


def whole(body: Any) -> JsonObject | None:
    """The response itself: the newest that the events of a stream carry."""
    if isinstance(body, list):
        carried = [event for event in body if _is_event(event) and object_in(event, "response")]
        return object_in(carried[-1], "response") if carried else None
    if _is_event(body):
        return object_in(body, "response") or None
    return body if isinstance(body, dict) else None


def read(body: Any, place: str) -> Reply:
    """A response, the events of a streamed one, or those of several, one after the other.
    Raises `BadRecord`."""
    if not isinstance(body, list):
        return _read_response(body, place)
    parts = _by_response(body)
    if len(parts) == 1:
        return _with_own(_read_response(body, place), body)
    several = [_read_part(events, place, start) for events, start in parts]
    return Reply(
        answers=[
            msgspec.structs.replace(answer, index=index)
            for index, answer in enumerate(answer for one in several for answer in one.answers)
        ],
        bad=[bad for one in several for bad in one.bad],
        skipped=[skip for one in several for skip in one.skipped],
        id=several[0].id,
        model=several[0].model,
        seconds=next((one.seconds for one in several if one.seconds), None),
        context=tuple(document for one in several for document in one.context),
    )


def _by_response(events: list[Any]) -> list[tuple[list[Any], int]]:
    """The events up to the end of each response, and the number of the first; what comes after
    the last of them says nothing, unless it tells of another response."""
    parts: list[tuple[list[Any], int]] = []
    start = 0
    for number, event in enumerate(events):
        if _ended([event]):
            parts.append((events[start : number + 1], start))
            start = number + 1
    if not parts or any(_is_event(event) for event in events[start:]):
        parts.append((events[start:], start))
    return parts


def _read_part(events: list[Any], place: str, start: int) -> Reply:
    """One response out of several; the places in errors count from the first event of all."""
    try:
        reply = _read_response(events, place)
    except BadRecord as bad:
        return Reply(bad=[BadRecord(bad.reason, f"{bad.detail} (counted from event {start})")])
    return _with_own(reply, events)


def _with_own(reply: Reply, events: list[Any]) -> Reply:
    for answer in reply.answers:
        answer.own = Own(reply.id, reply.usage, _said_before(events))
    return reply


def _said_before(events: list[Any]) -> Conversation | None:
    """What a realtime session's user said or wrote before a response; None where it isn't told."""
    items: dict[str, JsonObject] = {}
    rules: object = None
    for number, event in enumerate(events):
        kind = text_in(event, "type") or ""
        rules = text_in(object_in(event, "session"), "instructions") or rules
        item = object_in(event, "item")
        own = id_in(item, "id") or id_in(event, "item_id") or str(number)
        if kind.startswith("conversation.item.") and item:
            # Added, and once more when done.
            items[own] = item
        elif kind == "conversation.item.input_audio_transcription.completed":
            heard = {"type": "input_text", "text": text_in(event, "transcript") or ""}
            items[own] = {"role": "user", "content": [heard]}
    asked = read_conversation([_with_transcripts(item) for item in items.values()], rules)
    return asked if asked.prompt else None


def _with_transcripts(item: JsonObject) -> JsonObject:
    parts = list_in(item, "content")
    texts = [text_in(part, "text", "transcript") or "" for part in parts]
    return {**item, "content": joined(texts)}


def _read_response(body: Any, place: str) -> Reply:
    response = whole(body) or {}
    reply = Reply(
        id=id_in(response, "id"),
        model=text_in(response, "model"),
        seconds=seconds_in(response, "completed_at", "created_at"),
        usage=usage_in(object_in(response, "usage")),
    )
    began, ended = seconds_in(response, "created_at"), seconds_in(response, "completed_at")
    if began is not None and ended is not None and ended >= began:
        reply.latency_ms = (ended - began) * 1000
    status = text_in(response, "status")
    finish = text_in(object_in(response, "incomplete_details"), "reason") or status
    where = at(place, "output")
    items = response.get("output")
    if isinstance(body, list) and not _ended(body):
        items, finish, where = _grown(body, place), "incomplete", at(place, "events")
    elif status in _UNFINISHED:
        reply.skipped.append("no_output")
        return reply
    if status == "failed" or (not items and object_in(response, "error")):
        reply.skipped.append("error")
        return reply
    if not isinstance(items, list):
        raise invalid(where, items, "a list")
    content, context = _read_items(items, where)
    reply.context = tuple(context)
    empty = not content.text and not content.tool_calls and not content.kinds
    if content.is_unread:
        reply.bad.append(unread(content.unread))
    elif empty and finish == "content_filter":
        reply.skipped.append("error")
    elif empty and not any(object_of_type(item, "message") for item in items):
        reply.skipped.append("no_output")
    else:
        reply.answers.append(Choice(content, 0, finish))
    return reply


def object_of_type(value: object, kind: str) -> bool:
    """Whether it is an object whose `type` is that."""
    return isinstance(value, dict) and value.get("type") == kind


def _read_items(items: list[Any], place: str) -> tuple[Content, list[WireDocument]]:
    texts: list[str] = []
    calls: list[WireToolCall] = []
    kinds: list[str] = []
    thoughts: list[str] = []
    context: list[WireDocument] = []
    left_out = ""
    for position, item in enumerate(items):
        where = f"{place}[{position}]"
        if not isinstance(item, dict):
            raise invalid(where, item, "an object")
        kind = item.get("type")
        if kind == "message" or not isinstance(kind, str) or _is_unknown(kind):
            written = item.get("content") if kind == "message" or "role" in item else [item]
            content = read_content(written, at(where, "content") if written != [item] else where)
            texts.append(content.text)
            calls += content.tool_calls
            kinds += content.kinds
            thoughts.append(content.reasoning)
            left_out = left_out or content.unread
        elif kind in _CALLS:
            calls.append(tool_call(item.get("name"), item.get(_CALLS[kind]), where))
        elif kind in _OWN_TOOLS:
            name, field = _OWN_TOOLS[kind]
            calls.append(tool_call(name, item.get(field), where))
            context += _found(item)
            outputs = list_in(item, "outputs")
            kinds += ["image" for part in outputs if object_of_type(part, "image")]
        elif kind in _PARTS_OF_KIND:
            kinds.append(kind_of(kind))
            thoughts.append(thought_in(item) if kind == "reasoning" else "")
    content = Content(
        joined(texts), tuple(calls), tuple(dict.fromkeys(kinds)), joined(thoughts), left_out
    )
    return content, context


def _is_unknown(kind: str) -> bool:
    """Whether an item's type is none of these interfaces', and may be an answer's."""
    if kind in _CALLS or kind in _OWN_TOOLS or kind in _PARTS_OF_KIND:
        return False
    return not is_known(kind) or kind in _TEXT_ITEMS


def _found(item: JsonObject) -> list[WireDocument]:
    return [
        WireDocument(text, id_in(result, "file_id", "filename"))
        for result in list_in(item, "results")
        if (text := text_in(result, "text"))
    ]


def _ended(events: list[Any]) -> bool:
    return any(
        _is_event(event) and event["type"] in _ENDS and object_in(event, "response")
        for event in events
    )


def _grown(events: list[Any], place: str) -> list[Any]:
    """The items of a stream that broke off: those that were finished, else what had come of
    their texts, refusals and arguments."""
    items: dict[int, JsonObject] = {}
    finished: set[int] = set()
    for number, event in enumerate(events):
        if not isinstance(event, dict):
            raise invalid(f"{at(place, 'events')}[{number}]", event, "an object")
        index = event.get("output_index")
        kind = event.get("type")
        if not isinstance(index, int) or not isinstance(kind, str):
            continue
        item = object_in(event, "item")
        if item:
            items[index] = item if kind.endswith(".done") else {**item, "content": []}
            finished |= {index} if kind.endswith(".done") else set()
        elif index not in finished and kind.endswith(".delta"):
            _grow(items.setdefault(index, {}), kind, event)
    return [item for _, item in sorted(items.items())]


def _grow(item: JsonObject, kind: str, event: JsonObject) -> None:
    delta = fragment(event.get("delta"), "a delta")
    if kind in _THOUGHT:
        item["type"] = "reasoning"
        item.setdefault("content", []).append({"type": "reasoning_text", "text": delta})
    elif kind in _SPOKEN_OR_WRITTEN:
        item["type"] = "message"
        item.setdefault("content", []).append({"type": "output_text", "text": delta})
    elif kind in ("response.function_call_arguments.delta", "response.mcp_call_arguments.delta"):
        item.setdefault("type", "function_call")
        item["arguments"] = (text_in(item, "arguments") or "") + delta
    elif kind == "response.custom_tool_call_input.delta":
        item.setdefault("type", "custom_tool_call")
        item["input"] = (text_in(item, "input") or "") + delta
    elif kind == "response.code_interpreter_call_code.delta":
        item.setdefault("type", "code_interpreter_call")
        item["code"] = (text_in(item, "code") or "") + delta
