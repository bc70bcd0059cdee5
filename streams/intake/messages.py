"""Messages and answers as chat interfaces write them, shared by the formats that carry them.

- `read_content`: text, or a list of parts (OpenAI's two interfaces, Anthropic, Bedrock's Converse,
  Gemini, the GenAI conventions), to one text, the tools called in it, and the kinds of its other
  parts.
- `read_conversation`: what went in, as system prompt, prompt and earlier messages.
- `kind_of`: the kind of a part that is no text, by its `type`: image, audio, video, file,
  reasoning or other.
- `tool_call`: a call whose arguments may be text or any JSON value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake.unknown_parts import UNREAD, in_words, is_no_text
from streams.intake.values import as_json, at, invalid, joined, list_in, object_in, text_in
from streams.records import WireMessage, WireToolCall

_TEXT_PARTS = frozenset({"text", "input_text", "output_text", "refusal", "summary_text"})
_INSTRUCTIONS = frozenset({"system", "developer"})
_KINDS = {
    "image": "image",
    "image_url": "image",
    "input_image": "image",
    "image_generation_call": "image",
    "output_image": "image",
    "inlineData": "image",
    "audio": "audio",
    "input_audio": "audio",
    "output_audio": "audio",
    "video": "video",
    "video_url": "video",
    "file": "file",
    "input_file": "file",
    "document": "file",
    "fileData": "file",
    "container_upload": "file",
    "reasoning": "reasoning",
    "reasoning_text": "reasoning",
    "thinking": "reasoning",
    "redacted_thinking": "reasoning",
    "reasoningContent": "reasoning",
}
_TOOL_CALLS = frozenset(
    {
        *("tool_use", "server_tool_use", "mcp_tool_use"),
        *("tool_call", "server_tool_call", "function_call"),
    }
)
_RESULTS = ("tool_result", "tool_call_response")
_GEMINI_RESULTS = ("functionResponse", "function_response")
_TEXTS = ("text", "content", "refusal")
_GIVEN_BACK = ("content", "response", "result")
_ARGUMENTS = ("arguments", "input", "server_tool_call")
# The conventions' parts that carry something or point to it, of whatever `modality` it is.
_CARRIERS = frozenset({"blob", "file", "uri"})
_ROLES = {"USER": "user", "CHATBOT": "assistant", "model": "assistant"}  # Cohere's, Gemini's
_CONTENTS = ("content", "parts", "message", "refusal")
# Converse and Gemini name a part by its one key; these say nothing of the answer.
_MARKS = frozenset(
    {
        *("cachePoint", "toolAddition", "toolRemoval", "thoughtSignature"),
        *("codeExecutionResult", "videoMetadata"),
    }
)
# Gemini's SDK for Python writes its names so, and null for every other part.
_SNAKE_CASE = {
    "function_call": "functionCall",
    "function_response": "functionResponse",
    "inline_data": "inlineData",
    "file_data": "fileData",
    "executable_code": "executableCode",
    "code_execution_result": "codeExecutionResult",
    "thought_signature": "thoughtSignature",
    "video_metadata": "videoMetadata",
}
_THOUGHTS = ("thinking", "reasoning", "reasoning_content", "text", "content", "summary")


class Content(msgspec.Struct):
    """The text of a message, the tools it calls, and the kinds of what is no text in it.

    `reasoning` is what was thought before it, where that is written out. `unread` is the place of
    the first part that couldn't be read, "" where all could be; `kinds` then says so, too.
    """

    text: str = ""
    tool_calls: tuple[WireToolCall, ...] = ()
    kinds: tuple[str, ...] = ()
    reasoning: str = ""
    unread: str = ""

    @property
    def is_unread(self) -> bool:
        """Whether nothing of it could be read, though something is written."""
        return bool(self.unread) and not self.text and not self.tool_calls


class Conversation(msgspec.Struct):
    """What went in. `prompt` is the newest message of the user, `messages` are the others in
    their order, without the system's and the developer's, which are the system prompt."""

    system_prompt: str | None = None
    prompt: str | None = None
    messages: tuple[WireMessage, ...] = ()


def kind_of(part_type: str) -> str:
    """The kind of a part that is no text: image, audio, video, file, reasoning or other."""
    return _KINDS.get(part_type, "other")


def is_part_type(name: str) -> bool:
    """Whether it is a `type` of a message's parts in one of these interfaces."""
    return name in _TEXT_PARTS | _TOOL_CALLS | _CARRIERS | _KINDS.keys() or name.endswith(_RESULTS)


def is_known(name: object) -> bool:
    """Whether it is a `type` of which it is known what a part says, text or not."""
    return not isinstance(name, str) or is_part_type(name) or is_no_text(name)


def tool_call(name: object, arguments: object, place: str) -> WireToolCall:
    """A tool call. Arguments are kept as the model wrote them: text as it is, else as JSON."""
    if not isinstance(name, str):
        name = ""
    if arguments is None:
        arguments = ""
    if not isinstance(arguments, str):
        arguments = as_json(arguments, at(place, "arguments"))
    return WireToolCall(name=name, arguments=arguments)


def openai_tool_calls(message: dict[str, Any], place: str) -> list[WireToolCall]:
    """The calls of an OpenAI chat message: `tool_calls`, or the older `function_call`."""
    calls: list[WireToolCall] = []
    for position, call in enumerate(list_in(message, "tool_calls")):
        where = f"{at(place, 'tool_calls')}[{position}]"
        function = object_in(call, "function")
        custom = object_in(call, "custom")
        if function:
            calls.append(tool_call(function.get("name"), function.get("arguments"), where))
        elif custom:
            calls.append(tool_call(custom.get("name"), custom.get("input"), where))
        elif isinstance(call, dict):
            calls += called(call, where)
    function = object_in(message, "function_call")
    if function:
        where = at(place, "function_call")
        calls.append(tool_call(function.get("name"), function.get("arguments"), where))
    return calls


def called(item: dict[str, Any], place: str) -> list[WireToolCall]:
    """The call that an object describes, in itself or under `function`; none where it names
    neither a tool nor arguments."""
    call = object_in(item, "function") or item
    name = call.get("name")
    written = next((call[key] for key in _ARGUMENTS if call.get(key) is not None), None)
    return [tool_call(name, written, place)] if isinstance(name, str) or written else []


def is_result(part: object) -> bool:
    """Whether a part of a message is what a tool gave back."""
    if not isinstance(part, dict):
        return False
    kind = part.get("type")
    named = any(part.get(name) is not None for name in _GEMINI_RESULTS)
    return "toolResult" in part or named or (isinstance(kind, str) and kind.endswith(_RESULTS))


class Reading(msgspec.Struct, frozen=True):
    """How parts become one text: what stands `between` theirs, whether `results` of tools count
    as said, and what `kind` a part is called that is no text."""

    between: str = ""
    results: bool = True
    kind: Callable[[str], str] = kind_of


_PLAIN = Reading()


def read_content(value: object, place: str, reading: Reading = _PLAIN) -> Content:
    """The content of a message: text, parts, or null for none. Raises `BadRecord` for anything
    else."""
    if value is None:
        return Content()
    if isinstance(value, str):
        return Content(text=value)
    if isinstance(value, dict):
        if "type" not in value and ("parts" in value or "role" in value):
            # Gemini's messages stand in telemetry where others have text or parts.
            inside = "parts" if "parts" in value else "content"
            return read_content(value.get(inside), at(place, inside), reading)
        value = [value]
    if not isinstance(value, list):
        raise invalid(place, value, "text or parts")
    found = _Parts(reading.kind)
    for position, part in enumerate(value):
        if reading.results or not is_result(part):
            _read_part(part, f"{place}[{position}]", found)
    return Content(
        joined(found.texts, reading.between),
        tuple(found.calls),
        tuple(dict.fromkeys(found.kinds)),
        joined(found.thoughts, reading.between),
        found.unread,
    )


class _Parts(msgspec.Struct):
    """What the parts of a message hold, in their order."""

    kind_of_type: Callable[[str], str]
    texts: list[str] = []
    calls: list[WireToolCall] = []
    kinds: list[str] = []
    thoughts: list[str] = []
    unread: str = ""

    def unknown(self, part: object, place: str) -> None:
        """Reads a part of which only its words can be known."""
        words = in_words(part)
        if words is None:
            self.kinds.append(UNREAD)
            self.unread = self.unread or place
        else:
            self.texts.append(words)

    def think(self, part: object) -> None:
        self.kinds.append("reasoning")
        self.thoughts.append(thought_in(part))


def thought_in(value: object) -> str:
    """What was thought, out of text or a part of any interface; "" where it is kept secret."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(thought_in(part) for part in value)
    if not isinstance(value, dict):
        return ""
    inner = object_in(value, "reasoningContent") or value
    inner = object_in(inner, "reasoningText") or inner
    given = (thought for name in _THOUGHTS if (thought := thought_in(inner.get(name))))
    return next(given, "")


def _read_part(part: object, place: str, found: _Parts) -> None:
    texts, calls, kinds = found.texts, found.calls, found.kinds
    if isinstance(part, str):
        texts.append(part)
        return
    if not isinstance(part, dict):
        raise invalid(place, part, "text or a part")
    kind = part.get("type")
    if kind is None and part.get("kind") in ("text", "thinking"):
        kind = part["kind"]  # Pydantic AI's first version
    if isinstance(kind, str):
        _read_typed(kind, part, place, found)
        return
    part = {_SNAKE_CASE.get(name, name): given for name, given in part.items() if given is not None}
    if part.get("thought") is True:
        found.think(part)
    elif "text" in part:
        texts.append(_text(part["text"], at(place, "text")))
    elif isinstance(part.get("content"), str):
        texts.append(part["content"])
    elif "toolUse" in part:
        use = object_in(part, "toolUse")
        calls.append(tool_call(use.get("name"), use.get("input"), at(place, "toolUse")))
    elif "functionCall" in part:
        use = object_in(part, "functionCall")
        calls.append(tool_call(use.get("name"), use.get("args"), at(place, "functionCall")))
    elif "executableCode" in part:
        # Code that the model wrote to be run, as the Responses interface's is.
        code = object_in(part, "executableCode").get("code")
        calls.append(tool_call("executable_code", code, at(place, "executableCode")))
    elif "functionResponse" in part:
        given = object_in(part, "functionResponse").get("response")
        texts.append(given if isinstance(given, str) else as_json(given, place) if given else "")
    elif "toolResult" in part:
        texts.append(_result(object_in(part, "toolResult").get("content"), place))
    elif "guardContent" in part:
        inner = object_in(object_in(part, "guardContent"), "text")
        texts.append(text_in(inner, "text") or "")
    elif "citationsContent" in part:
        cited = list_in(object_in(part, "citationsContent"), "content")
        texts += [text_in(piece, "text") or "" for piece in cited]
    elif "reasoningContent" in part:
        found.think(part)
    elif part and not _MARKS & part.keys():
        kind = next((_KINDS[name] for name in part if name in _KINDS), None)
        if kind is not None:
            kinds.append(kind)
        else:
            found.unknown(part, place)


def _read_typed(kind: str, part: dict[str, Any], place: str, found: _Parts) -> None:
    texts, calls, kinds, kind_of_type = found.texts, found.calls, found.kinds, found.kind_of_type
    if kind in _TEXT_PARTS:
        first = "refusal" if kind == "refusal" else "text"
        written = (name for name in (first, *_TEXTS) if part.get(name) not in (None, ""))
        name = next(written, first)
        texts.append(_text(part.get(name), at(place, name)))
    elif kind in _TOOL_CALLS:
        calls += called(part, place)
    elif kind.endswith(_RESULTS):
        given = next((part[name] for name in _GIVEN_BACK if part.get(name) is not None), None)
        texts.append(_result(given, place))
    elif kind in _CARRIERS and isinstance(part.get("modality"), str):
        kinds.append(kind_of_type(part["modality"]))
    elif kind_of(kind) == "reasoning":
        found.think(part)
    elif kind in _KINDS or kind in _CARRIERS or is_no_text(kind):
        kinds.append(kind_of_type(kind))
        # What was spoken, in OpenAI's interfaces.
        texts.append(text_in(part, "transcript") or "")
    else:
        found.unknown(part, place)


def _text(value: object, place: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid(place, value, "text")
    return value


def _result(value: object, place: str) -> str:
    """What a tool gave back: text, or parts with text or JSON, read one level deep."""
    if isinstance(value, str):
        return value
    texts: list[str] = []
    for part in value if isinstance(value, list) else []:
        if isinstance(part, dict) and "json" in part:
            texts.append(as_json(part["json"], place))
        else:
            texts.append(part if isinstance(part, str) else text_in(part, "text") or "")
    return joined(texts, "\n")


def read_conversation(value: object, instructions: object = None) -> Conversation:
    """What went in: a prompt as text, or messages, and instructions given apart.

    Understands chat messages, the items of the Responses interface and Cohere's and Gemini's
    messages. The answer is what is monitored, so a message here that can't be read is left out
    rather than making the answer unreadable.
    """
    system = [_readable(instructions).text]
    said: list[WireMessage] = []
    prompt: str | None = None
    if isinstance(value, str):
        prompt = value or None
    for message in value if isinstance(value, list) else []:
        for role, text in _said(message):
            if role in _INSTRUCTIONS:
                system.append(text)
            elif text:
                said.append(WireMessage(role, text))
    for position in range(len(said) - 1, -1, -1):
        if said[position].role == "user":
            prompt = said.pop(position).content
            break
    return Conversation(joined(system) or None, prompt, tuple(said))


def _said(message: object) -> list[tuple[str, str]]:
    if isinstance(message, str):
        return [("user", message)]
    if not isinstance(message, dict):
        return []
    kind = message.get("type")
    if isinstance(kind, str) and kind.endswith("_call_output"):
        return [("tool", _readable(message.get("output")).text)]
    role = message.get("role")
    if not isinstance(role, str):
        return []
    role = _ROLES.get(role, role)
    content = next((message[n] for n in _CONTENTS if message.get(n) is not None), None)
    if not isinstance(content, list):
        return [(role, _readable(content).text)]
    results = [part for part in content if is_result(part)]
    rest = [part for part in content if not is_result(part)]
    return [("tool", _readable(results).text), (role, _readable(rest).text)]


def _readable(value: object) -> Content:
    if isinstance(value, list):
        parts = [_readable(part) for part in value if isinstance(part, str | dict)]
        return Content("".join(part.text for part in parts))
    try:
        if isinstance(value, dict) and ("role" in value or "parts" in value):
            value = value.get("content", value.get("parts"))
        return read_content(value, "")
    except BadRecord:
        return Content()
