"""Putting a streamed chat completion together: its chunks' deltas, by choice and tool call."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake.messages import Content, read_content, thought_in
from streams.intake.reply import Reply, add_answer, index_of, settled
from streams.intake.values import (
    JsonObject,
    at,
    fragment,
    id_in,
    invalid,
    list_in,
    object_in,
    seconds_in,
    text_in,
    usage_in,
)
from streams.records import WireToolCall

REASONING = ("reasoning_content", "reasoning", "thinking_blocks")
"""Where servers write what was thought: most, OpenRouter and newer vLLM, and LiteLLM."""


_CALL_FIELDS = frozenset({"name", "arguments", "input"})


class _GrowingCall(msgspec.Struct):
    """`index` is what the server numbers it with."""

    index: int
    id: str = ""
    name: str = ""
    arguments: list[str] = []

    @property
    def begun(self) -> bool:
        """Whether any of the arguments are there."""
        return any(piece.strip() for piece in self.arguments)

    @property
    def whole(self) -> bool:
        """Whether the arguments so far are a whole object."""
        if not self.arguments or not self.arguments[-1].rstrip().endswith("}"):
            return False
        try:
            json.loads("".join(self.arguments))
        except (ValueError, RecursionError):
            return False
        return True


class _Growing(msgspec.Struct):
    """A choice while its chunks are put together; `calls` in the order in which they began."""

    texts: list[str] = []
    thoughts: list[str] = []
    kinds: dict[str, None] = {}
    calls: list[_GrowingCall] = []
    unread: str = ""
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
            for call in sorted(growing.calls, key=lambda call: call.index)
        ]
        content = Content(
            "".join(growing.texts),
            tuple(calls),
            tuple(growing.kinds),
            "".join(growing.thoughts),
            growing.unread,
        )
        if failed and not (content.text or content.tool_calls or content.kinds):
            continue
        finish = growing.finish or ("error" if failed else None)
        add_answer(reply, content, index, finish, written=True)
    if failed and not reply.answers and not reply.bad:
        reply.skipped.append("error")
    return settled(reply)


def _grow(growing: _Growing, choice: JsonObject, place: str) -> None:
    growing.finish = text_in(choice, "finish_reason", "stop_reason") or growing.finish
    if choice.get("error"):
        growing.finish = "error"
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
        growing.thoughts.append(part.reasoning)
        growing.unread = growing.unread or part.unread
    thoughts = [name for name in REASONING if delta.get(name)]
    if thoughts:
        growing.kinds["reasoning"] = None
        written = (thought for name in thoughts if (thought := thought_in(delta[name])))
        growing.thoughts.append(next(written, ""))
    if audio := object_in(delta, "audio"):
        growing.kinds["audio"] = None
        growing.texts.append(text_in(audio, "transcript") or "")
    if list_in(delta, "images"):
        growing.kinds["image"] = None
    for position, call in enumerate(list_in(delta, "tool_calls")):
        if isinstance(call, dict):
            _grow_call(growing, call, f"{at(where, 'tool_calls')}[{position}]")
    if object_in(delta, "function_call"):
        _grow_call(growing, {"function": delta["function_call"]}, at(where, "function_call"))


def _grow_call(growing: _Growing, delta: JsonObject, place: str) -> None:
    """Adds a piece to the call it belongs to, or begins another one."""
    function = object_in(delta, "function") or object_in(delta, "custom") or delta
    if not _CALL_FIELDS & function.keys():
        return
    written = function.get("arguments")
    piece = fragment(function.get("input") if written is None else written, place)
    id_, name = id_in(delta, "id") or "", text_in(function, "name") or ""
    call = _continued(growing.calls, delta, id_, name)
    if call is None:
        number = len({call.index for call in growing.calls})
        call = _GrowingCall(index_of(delta, number))
        growing.calls.append(call)
    call.id, call.name = call.id or id_, call.name or name
    call.arguments.append(piece)


def _continued(
    calls: list[_GrowingCall], delta: JsonObject, id_: str, name: str
) -> _GrowingCall | None:
    """The call that a delta goes on with; None where it begins one.

    Servers that speak this interface (Gemini's endpoint among them) give parallel calls one
    index or none. A new id or name then tells them apart, unless the call before it is still
    in the middle of its arguments: some send a new id, and the name again, with every piece.
    """
    index = index_of(delta, -1)
    same = [call for call in calls if index in (-1, call.index)]
    if not same:
        return None
    known = [call for call in same if id_ and call.id == id_]
    last = known[-1] if known else same[-1]
    if not name or not last.name:
        return last
    if known:
        return last if name == last.name else None
    if id_ and last.id:
        return last if name == last.name and last.begun and not last.whole else None
    return last if name == last.name and not last.whole else None
