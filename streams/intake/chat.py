"""Chat messages in the shapes that telemetry writes them in, as text, tool calls and kinds.

Read here are the GenAI conventions' ``{role, parts: [{type, content}]}``, and OpenAI's and
Anthropic's ``{role, content, tool_calls}``, which older instrumentations copy as they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake.telemetry import Answer, as_text, invalid, kind_name, structured
from streams.records import WireDocument, WireMessage, WireToolCall

_SYSTEM = frozenset({"system", "developer"})
_ASKING = frozenset({"user", "human"})
_NOT_ANSWERING = _SYSTEM | _ASKING | {"tool", "function"}
_TEXT_TYPES = frozenset({"text", "output_text", "input_text", "refusal"})
_CALLS = frozenset({"tool_call", "server_tool_call", "function_call", "tool_use"})
_RESULTS = frozenset({"tool_call_response", "server_tool_call_response", "tool_result"})
_TEXT_KEYS = ("content", "text", "refusal")
_MESSAGE_KEYS = frozenset({"role", "parts", "content", "tool_calls"})


class Asked(msgspec.Struct, frozen=True):
    """What a model was given: the last thing a user wrote, what came before, the system prompt."""

    prompt: str | None = None
    messages: list[WireMessage] = []
    system_prompt: str | None = None


def answers(value: Any, where: str) -> list[Answer]:
    """The answers in a list of messages, one each. Raises `BadRecord` where it is none.

    Text that is no JSON is an answer as it stands: exporters cut long attributes, and what is
    left of such a text still deserves a look.
    """
    value = messages_in(value)
    if isinstance(value, str):
        return [Answer(text=value)]
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise invalid(where, value, "messages")
    return [
        answer(message, f"{where}[{index}]")
        for index, message in enumerate(value)
        if not (isinstance(message, dict) and _role(message) in _NOT_ANSWERING)
    ]


def messages_in(value: Any) -> Any:
    """Messages written as JSON text, parsed; any other text as it is, though it may be JSON:
    models write that too."""
    parsed = structured(value)
    if not isinstance(value, str) or _like_messages(parsed):
        return parsed
    return value


def _like_messages(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return bool(items) and all(
        isinstance(item, dict) and not _MESSAGE_KEYS.isdisjoint(item) for item in items
    )


def parts_in(value: Any) -> Any:
    """Parts written as JSON text, parsed; any other text as it is."""
    parsed = structured(value)
    if isinstance(value, str) and isinstance(parsed, list) and parsed:
        typed = all(isinstance(item, dict) and isinstance(item.get("type"), str) for item in parsed)
        return parsed if typed else value
    return value


def answer(message: Any, where: str) -> Answer:
    """One message of a model. Raises `BadRecord` where its content is of the wrong kind."""
    if isinstance(message, str):
        return Answer(text=message)
    if not isinstance(message, dict):
        raise invalid(where, message, "a message")
    place = "parts" if "parts" in message else "content"
    found = parts(message.get(place), f"{where}.{place}")
    calls = (*found.tool_calls, *tool_calls(message.get("tool_calls")))
    if not found.text and isinstance(message.get("refusal"), str):
        found.text = message["refusal"]
    reason = message.get("finish_reason")
    return Answer(
        text=found.text,
        tool_calls=calls,
        kinds=found.kinds,
        finish_reason=reason if isinstance(reason, str) and reason else None,
    )


def parts(value: Any, where: str) -> Answer:
    """The content of a message: text, or parts. Raises `BadRecord` for anything else."""
    if value is None:
        return Answer()
    if isinstance(value, str):
        return Answer(text=value)
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise invalid(where, value, "text or parts")
    lines: list[str] = []
    calls: list[WireToolCall] = []
    kinds: list[str] = []
    for index, part in enumerate(value):
        if isinstance(part, str):
            lines.append(part)
            continue
        if not isinstance(part, dict):
            raise invalid(f"{where}[{index}]", part, "a part")
        kind = part.get("type", "text")
        if kind in _CALLS:
            calls += _call(part)
        elif kind in _RESULTS:
            continue
        elif kind in _TEXT_TYPES:
            content = next((part[key] for key in _TEXT_KEYS if part.get(key) is not None), "")
            if not isinstance(content, str):
                raise invalid(f"{where}[{index}].content", content, "text")
            lines.append(content)
        elif kind in ("blob", "file", "uri"):
            kinds.append(kind_name(part.get("modality", kind)))
        else:
            kinds.append(kind_name(kind))
    return Answer(
        text="\n".join(line for line in lines if line),
        tool_calls=tuple(calls),
        kinds=tuple(dict.fromkeys(kinds)),
    )


def tool_calls(value: Any) -> list[WireToolCall]:
    """The tool calls in a list of them; what isn't one is left out."""
    value = structured(value)
    items = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
    return [call for item in items for call in _call(item)]


def _call(item: Any) -> list[WireToolCall]:
    if not isinstance(item, dict):
        return []
    inner = item.get("function")
    call = inner if isinstance(inner, dict) else item
    name = call.get("name")
    written = next(
        (
            call[key]
            for key in ("arguments", "input", "server_tool_call")
            if call.get(key) is not None
        ),
        "",
    )
    if not isinstance(name, str) and not written:
        return []
    return [WireToolCall(name if isinstance(name, str) else "", as_text(written))]


def asked(value: Any, instructions: Any = None) -> Asked:
    """What the model was given, from a list of messages. Never raises: what can't be read is
    left out, since the answer deserves its look without."""
    value = messages_in(value)
    if isinstance(value, str):
        return Asked(prompt=value or None, system_prompt=_instructions(instructions))
    if isinstance(value, dict):
        value = [value]
    messages = [read for item in value for read in _message(item)] if type(value) is list else []
    return arranged(messages, _instructions(instructions))


def arranged(messages: Sequence[WireMessage], system_prompt: str | None = None) -> Asked:
    """Splits messages: the last one of a user is the prompt, system messages are instructions."""
    system = [message.content for message in messages if message.role in _SYSTEM]
    if system_prompt:
        system.insert(0, system_prompt)
    rest = [message for message in messages if message.role not in _SYSTEM]
    last = max((i for i, message in enumerate(rest) if message.role in _ASKING), default=None)
    prompt = rest.pop(last).content if last is not None else None
    return Asked(prompt, rest, "\n\n".join(system) or None)


def _message(item: Any) -> list[WireMessage]:
    if isinstance(item, str):
        return [WireMessage("user", item)]
    if not isinstance(item, dict):
        return []
    content = _lenient_text(item.get("parts", item.get("content")))
    if not content:
        content = "\n".join(
            f"{call.name}({call.arguments})" for call in tool_calls(item.get("tool_calls"))
        )
    return [WireMessage(_role(item) or "user", content)] if content else []


def _lenient_text(value: Any) -> str:
    items = value if isinstance(value, list) else [value]
    found: list[str] = []
    for item in items:
        if isinstance(item, dict) and item.get("type") in _RESULTS:
            result = next((item[k] for k in ("response", "result", "content") if k in item), None)
            found.append(as_text(result))
        elif isinstance(item, dict) and item.get("type") in _CALLS:
            found += [f"{call.name}({call.arguments})" for call in _call(item)]
        else:
            try:
                found.append(parts(item, "").text)
            except BadRecord:
                continue
    return "\n".join(text for text in found if text)


def _instructions(value: Any) -> str | None:
    return _lenient_text(parts_in(value)) or None


def _role(message: dict[Any, Any]) -> str:
    role = message.get("role")
    return role.lower() if isinstance(role, str) else ""


def documents(value: Any) -> list[WireDocument]:
    """Retrieved documents; those without text are left out. Never raises."""
    value = structured(value)
    items = value if isinstance(value, list) else [value] if value else []
    found = []
    for item in items:
        if isinstance(item, str) and item:
            found.append(WireDocument(item))
        elif isinstance(item, dict):
            text = next(
                (
                    item[key]
                    for key in ("content", "text", "page_content")
                    if isinstance(item.get(key), str) and item[key]
                ),
                None,
            )
            number = item.get("id")
            if text is not None:
                found.append(WireDocument(text, None if number is None else as_text(number)))
    return found
