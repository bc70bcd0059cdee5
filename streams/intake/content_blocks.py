"""Replies of Anthropic's Messages interface and of Bedrock's Converse, whole and streamed.

`streams.intake.anthropic` and `.converse` are the formats of those who send them; LiteLLM, Kong and
Bedrock write such replies inside theirs. Both are a message of content blocks; they differ in
names. Anthropic: ``{"type": "message", "id", "model", "content": [{"type": "text", "text"}],
"stop_reason", "usage"}``; Converse: ``{"output": {"message": {"content": [{"text"}]}},
"stopReason", "usage", "metrics": {"latencyMs"}}``.

Fields: https://docs.claude.com/en/api/messages and …/messages-streaming; botocore's service
model of bedrock-runtime.
"""

from __future__ import annotations

from typing import Any

import msgspec

from streams.intake.messages import Reading, is_result, read_content, thought_in
from streams.intake.reply import Reply, add_answer, settled
from streams.intake.unknown_parts import in_words
from streams.intake.values import (
    JsonObject,
    at,
    fragment,
    id_in,
    invalid,
    joined,
    list_in,
    number_in,
    object_in,
    text_in,
    usage_in,
)
from streams.records import WireDocument

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
_BESIDE = frozenset({"ping", "error"})
_CONVERSE_EVENTS = frozenset(
    {"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop"}
)
_CONVERSE_ERRORS = frozenset(
    {
        *("internalServerException", "modelStreamErrorException", "modelTimeoutException"),
        *("serviceUnavailableException", "throttlingException", "validationException"),
    }
)
# What a delta may hold; citations and signatures are no words of the answer.
_DELTA = frozenset(
    {
        *("type", "text", "partial_json", "thinking", "reasoningContent", "toolUse", "image"),
        *("citation", "signature", "toolResult", "stop_reason", "stop_sequence"),
    }
)
_DELTAS_BESIDE = ("citation", "signature", "compaction")
_METRICS = "amazon-bedrock-invocationMetrics"
_ANSWER = Reading(results=False)
_MOST_NESTED = 4


def is_message(body: Any) -> bool:
    """Whether it is a whole reply of Anthropic's, or of Converse."""
    if not isinstance(body, dict):
        return False
    return (body.get("type") == "message" and "content" in body) or is_converse(body)


def is_converse(body: Any) -> bool:
    """Whether it is a whole reply of Converse."""
    return "message" in object_in(body, "output")


def is_stream(body: Any) -> bool:
    """Whether it is the list of a streamed reply's events."""
    if not isinstance(body, list):
        return False
    return any(isinstance(event, dict) and _is_event(event) for event in body[:3])


def _is_event(event: JsonObject) -> bool:
    return is_event(event) or is_converse_event(event)


def is_event(event: Any, *, beside: bool = False) -> bool:
    """Whether it is an event of Anthropic's streams; with `beside`, one that can stand in them
    without saying anything of the message, too."""
    kind = event.get("type") if isinstance(event, dict) else None
    return isinstance(kind, str) and (kind in _EVENTS or (beside and kind in _BESIDE))


def is_converse_event(event: Any) -> bool:
    """Whether it is an event of ConverseStream, other than its last, `metadata`."""
    return isinstance(event, dict) and bool((_CONVERSE_EVENTS | _CONVERSE_ERRORS) & event.keys())


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
    content = read_content(message.get("content"), at(where, "content"), _ANSWER)
    reply.context = tuple(given_back(message.get("content")))
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
        finish = text_in(start, "stop_reason") or finish
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
    parts = [block.part() for _, block in sorted(blocks.items())]
    content = read_content(parts, at(place, "content"), _ANSWER)
    reply.context = tuple(given_back(parts))
    finish = _filtered(finish) or ("error" if failed else None)
    add_answer(reply, content, 0, finish, written=began)
    return settled(reply)


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
            part["text"] = joined([text_in(part, "text") or "", *self.texts], "")
        if any(self.arguments):
            part["input"] = "".join(self.arguments)
        if self.thoughts:
            part["thinking"] = joined([text_in(part, "thinking") or "", *self.thoughts], "")
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
        begun = block.whole.get("type") == "thinking"
        block.whole = block.whole if begun else {"type": "thinking"}
        block.thoughts.append(thought_in(delta))
    if "image" in delta:
        block.whole = {"type": "image"}
    unknown = {name: given for name, given in delta.items() if name not in _DELTA}
    if unknown and not str(delta.get("type", "")).startswith(_DELTAS_BESIDE):
        block.texts.append(in_words(unknown) or "")


def given_back(content: object) -> list[WireDocument]:
    """What tools that the provider runs gave to the model while it answered: pages that were
    fetched, and what MCP servers said. Their results stand among the answer's own blocks."""
    documents: list[WireDocument] = []
    for block in content if isinstance(content, list) else []:
        if is_result(block):
            documents += documents_in([block])
            if block.get("type") == "mcp_tool_result":
                said = [text_in(part, "text") or "" for part in list_in(block, "content")]
                documents += [WireDocument(text)] if (text := joined(said, "\n")) else []
    return documents


def documents_asked(request: JsonObject) -> list[WireDocument]:
    """The documents and search results that a request's messages give."""
    return [
        document
        for message in list_in(request, "messages")
        if isinstance(message, dict)
        for document in documents_in(message.get("content"))
    ]


def documents_in(content: object, nested: int = 0) -> list[WireDocument]:
    """The documents and search results among a message's blocks, results of tools among them."""
    documents: list[WireDocument] = []
    blocks = content if isinstance(content, list) else [content]
    for block in blocks if nested < _MOST_NESTED else []:
        if not isinstance(block, dict):
            continue
        for kind, inner in (
            (block.get("type"), block),
            ("document", object_in(block, "document")),
            ("search_result", object_in(block, "searchResult")),
        ):
            text = _document_text(kind, inner)
            if text:
                name = text_in(inner, "title", "name") or text_in(inner, "source")
                documents.append(WireDocument(text, name))
        if is_result(block) or block.get("type") == "web_fetch_result":
            inside = object_in(block, "toolResult") or block
            documents += documents_in(inside.get("content"), nested + 1)
    return documents


def _document_text(kind: object, block: JsonObject) -> str:
    if kind == "search_result":
        texts = [text_in(part, "text") or "" for part in list_in(block, "content")]
        return joined(texts, "\n")
    if kind != "document":
        return ""
    source = object_in(block, "source")
    given = source.get("content")
    parts = given if isinstance(given, list) else []
    texts = [given] if isinstance(given, str) else [text_in(part, "text") or "" for part in parts]
    is_text = source.get("type") == "text"
    return (
        (text_in(source, "data") if is_text else None)
        or text_in(source, "text")
        or joined(texts, "\n")
    )
