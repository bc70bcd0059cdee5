"""Putting a streamed chat completion together: its chunks' deltas, by choice and tool call."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake.messages import Content, read_content
from streams.intake.reply import Reply, add_answer, index_of, settled
from streams.intake.values import (
    JsonObject,
    at,
    id_in,
    invalid,
    list_in,
    object_in,
    seconds_in,
    text_in,
    usage_in,
)
from streams.records import WireToolCall


class _GrowingCall(msgspec.Struct):
    name: str = ""
    arguments: list[str] = []


class _Growing(msgspec.Struct):
    """A choice while its chunks are put together; `calls` by the index of the call."""

    texts: list[str] = []
    kinds: dict[str, None] = {}
    calls: dict[int, _GrowingCall] = {}
    finish: str | None = None
    bad: BadRecord | None = None


def read_chunks(chunks: list[Any], place: str) -> Reply:
    """The reply that the chunks make up. Raises `BadRecord` for what is no chunk; a choice with
    a part that can't be read is a bad one."""
    reply = Reply()
    choices: dict[int, _Growing] = {}
    failed = False
    for number, chunk in enumerate(chunks):
        where = f"{place}[{number}]"
        if not isinstance(chunk, dict):
            raise invalid(where, chunk, "an object")
        failed = failed or bool(chunk.get("error"))
        reply.id = reply.id or id_in(chunk, "id")
        reply.model = reply.model or text_in(chunk, "model")
        reply.seconds = reply.seconds or seconds_in(chunk, "created")
        reply.usage = usage_in(object_in(chunk, "usage")) or reply.usage
        for position, choice in enumerate(list_in(chunk, "choices")):
            here = f"{at(where, 'choices')}[{position}]"
            if not isinstance(choice, dict):
                raise invalid(here, choice, "an object")
            growing = choices.setdefault(index_of(choice, position), _Growing())
            try:
                _grow(growing, choice, here)
            except BadRecord as bad:
                growing.bad = growing.bad or bad
    for index, growing in sorted(choices.items()):
        if growing.bad:
            reply.bad.append(growing.bad)
            continue
        calls = [
            WireToolCall(call.name, "".join(call.arguments))
            for _, call in sorted(growing.calls.items())
        ]
        content = Content("".join(growing.texts), tuple(calls), tuple(growing.kinds))
        if failed and not (content.text or content.tool_calls or content.kinds):
            continue
        finish = growing.finish or ("error" if failed else None)
        add_answer(reply, content, index, finish, written=True)
    if failed and not reply.answers and not reply.bad:
        reply.skipped.append("error")
    return settled(reply)


def _grow(growing: _Growing, choice: JsonObject, place: str) -> None:
    growing.finish = text_in(choice, "finish_reason", "stop_reason") or growing.finish
    if "text" in choice:
        growing.texts.append(read_content(choice["text"], at(place, "text")).text)
    # Some models on Bedrock stream whole messages.
    name = "delta" if choice.get("delta") is not None else "message"
    delta, where = choice.get(name), at(place, name)
    if delta is None:
        return
    if not isinstance(delta, dict):
        raise invalid(where, delta, "an object")
    for field in ("content", "refusal"):
        part = read_content(delta.get(field), at(where, field))
        growing.texts.append(part.text)
        growing.kinds |= dict.fromkeys(part.kinds)
    if delta.get("reasoning_content") or delta.get("reasoning"):
        growing.kinds["reasoning"] = None
    if audio := object_in(delta, "audio"):
        growing.kinds["audio"] = None
        growing.texts.append(text_in(audio, "transcript") or "")
    if list_in(delta, "images"):
        growing.kinds["image"] = None
    for position, call in enumerate(list_in(delta, "tool_calls")):
        if isinstance(call, dict):
            index = index_of(call, position)
            _grow_call(growing, index, object_in(call, "function") or object_in(call, "custom"))
    _grow_call(growing, 0, object_in(delta, "function_call"))


def _grow_call(growing: _Growing, index: int, function: JsonObject) -> None:
    if not function:
        return
    call = growing.calls.setdefault(index, _GrowingCall())
    call.name = call.name or text_in(function, "name") or ""
    call.arguments.append(text_in(function, "arguments", "input") or "")
