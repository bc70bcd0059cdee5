"""Replies of Anthropic's Messages interface and of Bedrock's Converse, whole and streamed.

Not a format of its own: LiteLLM, Kong and Bedrock write such replies inside theirs. Both are a
message of content blocks; they differ in names. Anthropic: ``{"type": "message", "id", "model",
"content": [{"type": "text", "text"}], "stop_reason", "usage"}``; Converse: ``{"output":
{"message": {"content": [{"text"}]}}, "stopReason", "usage", "metrics": {"latencyMs"}}``.

Fields: https://docs.claude.com/en/api/messages and …/messages-streaming; botocore's service
model of bedrock-runtime.
"""

from __future__ import annotations

from typing import Any

import msgspec

from streams.intake.messages import read_content, thought_in
from streams.intake.reply import Reply, add_answer
from streams.intake.values import (
    JsonObject,
    at,
    fragment,
    id_in,
    invalid,
    number_in,
    object_in,
    text_in,
    usage_in,
)

_EVENTS = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    }
)
_CONVERSE_EVENTS = frozenset(
    {"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop"}
)
_CONVERSE_ERRORS = frozenset(
    {
        *("internalServerException", "modelStreamErrorException", "modelTimeoutException"),
        *("serviceUnavailableException", "throttlingException", "validationException"),
    }
)
_METRICS = "amazon-bedrock-invocationMetrics"


def is_message(body: Any) -> bool:
    """Whether it is a whole reply of Anthropic's, or of Converse."""
    if not isinstance(body, dict):
        return False
    return (body.get("type") == "message" and "content" in body) or (
        "message" in object_in(body, "output")
    )


def is_stream(body: Any) -> bool:
    """Whether it is the list of a streamed reply's events."""
    if not isinstance(body, list):
        return False
    return any(isinstance(event, dict) and _is_event(event) for event in body[:3])


def _is_event(event: JsonObject) -> bool:
    kind = event.get("type")
    return (isinstance(kind, str) and kind in _EVENTS) or bool(_CONVERSE_EVENTS & event.keys())


def read(body: Any, place: str) -> Reply:
    """A reply, or its events. Raises `BadRecord`."""
    return _read_events(body, place) if isinstance(body, list) else _read_message(body, place)


def _read_message(body: JsonObject, place: str) -> Reply:
    message, where = body, place
    if "message" in object_in(body, "output"):
        message, where = body["output"]["message"], at(place, "output.message")
        if not isinstance(message, dict):
            raise invalid(where, message, "an object")
    reply = Reply(
        id=id_in(body, "id"),
        model=text_in(body, "model"),
        usage=usage_in(object_in(body, "usage")),
        latency_ms=number_in(object_in(body, "metrics"), "latencyMs"),
    )
    content = read_content(message.get("content"), at(where, "content"))
    finish = text_in(body, "stop_reason", "stopReason")
    add_answer(reply, content, 0, _filtered(finish), written="content" in message)
    return reply


def _filtered(finish: str | None) -> str | None:
    return "content_filter" if finish in ("content_filtered", "guardrail_intervened") else finish


def _read_events(events: list[Any], place: str) -> Reply:
    reply = Reply()
    blocks: dict[int, _Block] = {}
    finish: str | None = None
    began = failed = False
    for number, event in enumerate(events):
        where = f"{place}[{number}]"
        if not isinstance(event, dict):
            raise invalid(where, event, "an object")
        start = object_in(event, "message")
        began = began or bool(start) or "messageStart" in event
        failed = failed or event.get("type") == "error" or bool(_CONVERSE_ERRORS & event.keys())
        reply.id = reply.id or id_in(start, "id")
        reply.model = reply.model or text_in(start, "model")
        finish = text_in(object_in(event, "delta"), "stop_reason") or finish
        finish = text_in(object_in(event, "messageStop"), "stopReason") or finish
        end = object_in(event, "metadata")
        for counts in (object_in(start, "usage"), object_in(event, "usage"), end.get("usage")):
            if usage := usage_in(counts):
                reply.usage = (reply.usage or {}) | usage
        reply.latency_ms = (
            number_in(object_in(end, "metrics"), "latencyMs")
            or number_in(object_in(event, _METRICS), "invocationLatency")
            or reply.latency_ms
        )
        _grow_block(blocks, event, where)
    content = read_content(
        [block.part() for _, block in sorted(blocks.items())], at(place, "content")
    )
    finish = _filtered(finish) or ("error" if failed else None)
    add_answer(reply, content, 0, finish, written=began)
    if not reply.answers and not reply.skipped:
        reply.skipped.append("no_output")
    return reply


class _Block(msgspec.Struct):
    """A content block while its deltas come; `whole` is what it began with."""

    whole: JsonObject
    texts: list[str] = []
    thoughts: list[str] = []
    arguments: list[str] = []

    def part(self) -> JsonObject:
        """The block as Anthropic's whole replies have it."""
        part = dict(self.whole)
        if self.texts:
            part["text"] = "".join(self.texts)
        if any(self.arguments):
            part["input"] = "".join(self.arguments)
        if self.thoughts:
            part["thinking"] = "".join(self.thoughts)
        return part


def _grow_block(blocks: dict[int, _Block], event: JsonObject, place: str) -> None:
    converse = object_in(event, "contentBlockStart") or object_in(event, "contentBlockDelta")
    index = converse.get("contentBlockIndex") if converse else event.get("index")
    if not isinstance(index, int):
        return
    started = object_in(event, "content_block")
    tool = object_in(object_in(converse, "start"), "toolUse")
    if started or tool:
        blocks[index] = _Block(started or {"type": "tool_use", "name": tool.get("name")})
        return
    delta = object_in(converse or event, "delta")
    block = blocks.setdefault(index, _Block({"type": "text"}))
    text = delta.get("text")
    if isinstance(text, str):
        block.texts.append(text)
    elif text is not None:
        raise invalid(at(place, "delta.text"), text, "text")
    for name, partial in (
        ("partial_json", delta.get("partial_json")),
        ("toolUse.input", object_in(delta, "toolUse").get("input")),
    ):
        block.arguments.append(fragment(partial, at(place, f"delta.{name}")))
    if "thinking" in delta or "reasoningContent" in delta:
        block.whole = {"type": "thinking"}
        block.thoughts.append(thought_in(delta))
    if "image" in delta:
        block.whole = {"type": "image"}
