"""Chat messages in the shapes that telemetry writes them in, as text, tool calls and kinds.

Read here are the GenAI conventions' ``{role, parts: [{type, content}]}``, and OpenAI's and
Anthropic's ``{role, content, tool_calls}``, which older instrumentations copy as they come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake.messages import Reading, called, is_part_type, is_result, read_content
from streams.intake.telemetry.spans import (
    TracedAnswer,
    as_text,
    captured,
    invalid,
    kind_name,
    structured,
)
from streams.intake.unknown_parts import unread
from streams.intake.values import joined, object_in
from streams.records import WireDocument, WireMessage, WireToolCall

_SYSTEM = frozenset({"system", "developer"})
_ASKING = frozenset({"user", "human"})
_NOT_ANSWERING = _SYSTEM | _ASKING | {"tool", "function"}
_READING = Reading(between="\n", results=False, kind=kind_name)
_MESSAGE_KEYS = frozenset({"role", "parts", "content", "tool_calls"})
_THINKING = frozenset({"thinking", "reasoning", "thought"})
_BESIDE = frozenset({"thought", "thoughtSignature", "thought_signature", "videoMetadata"})
_PART_KEYS = _BESIDE | {
    *("text", "toolUse", "toolResult", "reasoningContent", "image", "document", "video", "audio"),
    *("cachePoint", "guardContent", "citationsContent", "functionCall", "function_call"),
    *("functionResponse", "function_response", "inlineData", "inline_data", "fileData"),
    *("file_data", "executableCode", "executable_code", "codeExecutionResult"),
}
_LANGCHAIN_ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant"}


class Asked(msgspec.Struct, frozen=True):
    """What a model was given: the last thing a user wrote, what came before, the system prompt."""

    prompt: str | None = None
    messages: list[WireMessage] = []
    system_prompt: str | None = None


def answers(value: Any, where: str) -> list[TracedAnswer]:
    """The answers in a list of messages, one each. Raises `BadRecord` where it is none.

    Text that is no JSON is an answer as it stands: exporters cut long attributes, and what is
    left of such a text still deserves a look.
    """
    value = messages_in(value)
    if isinstance(value, str):
        return [TracedAnswer(text=captured(value))]
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise invalid(where, value, "messages")
    return without_thoughts(
        (_role(message) if isinstance(message, dict) else "", answer(message, f"{where}[{index}]"))
        for index, message in enumerate(value)
        if not (isinstance(message, dict) and _role(message) in _NOT_ANSWERING)
    )


def without_thoughts(answers: Iterable[tuple[str, TracedAnswer]]) -> list[TracedAnswer]:
    """The answers, given with their roles. What was only thought, which OpenLLMetry writes as a
    message of the role `thinking`, is the reasoning of the answer after it, and none itself."""
    found: list[TracedAnswer] = []
    thoughts: list[str] = []
    for role, answer in answers:
        if role in _THINKING:
            thoughts += [text for text in (answer.reasoning, answer.text) if text]
            continue
        found.append(_after(thoughts, answer))
        thoughts = []
    if thoughts:
        found.append(_after(thoughts, TracedAnswer()))
    return found


def _after(thoughts: Sequence[str], answer: TracedAnswer) -> TracedAnswer:
    if not thoughts:
        return answer
    answer.kinds = tuple(dict.fromkeys(("reasoning", *answer.kinds)))
    answer.reasoning = joined([*thoughts, answer.reasoning])
    return answer


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
    """Parts written as JSON text, parsed; any other text as it is.

    Parts have a known `type`, or, as Converse's (Strands) and Gemini's do, one key that names
    them. JSON that the model wrote has neither, and is its answer.
    """
    parsed = structured(value)
    if not isinstance(value, str):
        return value
    if isinstance(parsed, dict) and _is_content(parsed):
        return parsed
    if isinstance(parsed, list) and parsed and all(_is_part(item) for item in parsed):
        return parsed
    return value


def _is_part(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    if isinstance(item.get("type"), str):
        return is_part_type(item["type"])
    named = {name: given for name, given in item.items() if given is not None}
    if not _PART_KEYS.issuperset(named) or len(named.keys() - _BESIDE) != 1:
        return False
    return all(
        isinstance(given, str if name == "text" else dict)
        for name, given in named.items()
        if name not in _BESIDE
    )


def _is_content(value: dict[Any, Any]) -> bool:
    """Whether it is Gemini's ``{"parts": […], "role": "model"}``."""
    given = value.get("parts")
    return isinstance(given, list) and bool(given) and value.keys() <= {"parts", "role"}


def answer(message: Any, where: str) -> TracedAnswer:
    """One message of a model. Raises `BadRecord` where its content is of the wrong kind."""
    if isinstance(message, str):
        return TracedAnswer(text=captured(message))
    if not isinstance(message, dict):
        raise invalid(where, message, "a message")
    place = "parts" if "parts" in message else "content"
    found, left_out = _parts(message.get(place), f"{where}.{place}")
    calls = (*found.tool_calls, *tool_calls(message.get("tool_calls")))
    if not found.text and isinstance(message.get("refusal"), str):
        found.text = message["refusal"]
    if left_out and not (found.text or calls):
        raise unread(left_out)
    reason = message.get("finish_reason")
    return TracedAnswer(
        text=found.text,
        tool_calls=calls,
        kinds=found.kinds,
        reasoning=found.reasoning,
        finish_reason=reason if isinstance(reason, str) and reason else None,
    )


def parts(value: Any, where: str) -> TracedAnswer:
    """The content of a message: text, or parts. Raises `BadRecord` for anything else.

    What a tool gave back is left out: the model didn't say it.
    """
    return _parts(value, where)[0]


def _parts(value: Any, where: str) -> tuple[TracedAnswer, str]:
    """The content, and the place of the first part that couldn't be read, "" for none."""
    found = read_content(value, f"otlp: {where}", _READING)
    answer = TracedAnswer(
        text=captured(found.text),
        tool_calls=found.tool_calls,
        kinds=found.kinds,
        reasoning=found.reasoning,
    )
    return answer, found.unread


def tool_calls(value: Any) -> list[WireToolCall]:
    """The tool calls in a list of them; what isn't one is left out."""
    value = structured(value)
    items = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
    return [call for item in items for call in _call(item)]


def _call(item: Any) -> list[WireToolCall]:
    try:
        return called(item, "otlp: a tool call") if isinstance(item, dict) else []
    except BadRecord:
        return []


def asked(value: Any, instructions: Any = None) -> Asked:
    """What the model was given, from a list of messages. Never raises: what can't be read is
    left out, since the answer deserves its look without."""
    value = messages_in(value)
    if isinstance(value, str):
        value = _messages_of_a_run(value)
    if isinstance(value, str):
        value = captured(value)
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


def _messages_of_a_run(text: str) -> Any:
    """The messages in the inputs of a run of LangChain's, as LangSmith and OpenInference write
    them: ``{"messages": [[…]]}``; any other text as it is."""
    given = structured(text)
    said = given.get("messages") if isinstance(given, dict) else None
    if not isinstance(said, list) or not said:
        return text
    return said[0] if isinstance(said[0], list) else said


def _message(item: Any) -> list[WireMessage]:
    if isinstance(item, str):
        return [WireMessage("user", item)]
    if not isinstance(item, dict):
        return []
    item = from_langchain(item)
    content = captured(_lenient_text(parts_in(item.get("parts", item.get("content")))))
    if not content:
        content = "\n".join(_written(tool_calls(item.get("tool_calls"))))
    return [WireMessage(_role(item) or "user", content)] if content else []


def _lenient_text(value: Any) -> str:
    items = value if isinstance(value, list) else [value]
    found: list[str] = []
    for item in items:
        if isinstance(item, dict) and is_result(item):
            given = object_in(item, "toolResult") or item
            result = next((given[k] for k in ("response", "result", "content") if k in given), None)
            found.append(as_text(result))
            continue
        try:
            read = parts(item, "")
        except BadRecord:
            continue
        found += [read.text, *_written(read.tool_calls)]
    return "\n".join(text for text in found if text)


def _written(calls: Sequence[WireToolCall]) -> list[str]:
    return [f"{call.name}({call.arguments})" for call in calls]


def _instructions(value: Any) -> str | None:
    return captured(_lenient_text(parts_in(value))) or None


def from_langchain(message: dict[Any, Any]) -> dict[Any, Any]:
    """A message as LangChain serialises it, ``{"lc": 1, "kwargs": {"content", "type"}}``, in the
    form of others; any other as it is."""
    inner = message.get("kwargs")
    if "lc" not in message or not isinstance(inner, dict):
        return message
    given = inner.get("role", inner.get("type"))
    role = _LANGCHAIN_ROLES.get(given, given) if isinstance(given, str) else "user"
    return {**inner, "role": role}


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
