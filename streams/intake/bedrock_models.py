"""Bodies of Bedrock's InvokeModel for models with shapes of their own, whole and streamed.

======================  =============================================  ======================
family                  answer                                         prompt
======================  =============================================  ======================
Titan Text              results[].outputText; streamed: outputText     inputText
Llama                   generation                                     prompt
Mistral text            outputs[].text                                 prompt
Cohere Command          generations[].text; streamed: text             prompt
Cohere Command R        text, tool_calls; streamed: event_type, text   message, chat_history
Claude before 3         completion                                     prompt
AI21 Jurassic           completions[].data.text                        prompt
Pegasus                 message, finishReason                          inputPrompt
======================  =============================================  ======================

Claude, Nova, Mistral chat, Jamba, DeepSeek, Qwen and gpt-oss have the shapes of
`streams.intake.any_reply`. Fields:
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

from __future__ import annotations

from typing import Any

from streams.intake.messages import Content, Conversation, read_conversation, tool_call
from streams.intake.reply import Reply, add_answer, settled
from streams.intake.request import conversation_in
from streams.intake.values import (
    JsonObject,
    at,
    count_in,
    id_in,
    invalid,
    list_in,
    number_in,
    object_in,
    text_in,
    usage_in,
)
from streams.records import WireDocument, WireToolCall

_LISTS = {"results": "outputText", "outputs": "text", "generations": "text", "completions": "data"}
_TEXTS = ("generation", "completion", "outputText", "text")
_FINISHES = ("stop_reason", "completionReason", "finish_reason", "finishReason")
_NO_TEXT = ("embedding", "embeddings", "embeddingsByType", "images", "artifacts")
_METRICS = "amazon-bedrock-invocationMetrics"
_PEGASUS = frozenset({"message", "finishReason", _METRICS})


def read(body: Any, place: str) -> Reply | None:
    """A reply in the shape of one of these families; None where it has none. Raises `BadRecord`
    where it has, and can't be read."""
    parts = body if isinstance(body, list) else [body]
    known = [part for part in parts if isinstance(part, dict) and _family(part)]
    if not known:
        return None
    if any(known[0].get(name) is not None for name in _NO_TEXT):
        return Reply(skipped=["not_an_output"])
    # The end of a streamed Command R answer repeats the whole.
    ends = [object_in(part, "response") for part in known if "event_type" in part]
    whole = next((end for end in reversed(ends) if "text" in end), None)
    if whole is not None:
        parts, body = [whole], whole
    reply = Reply()
    texts: dict[int, list[str]] = {}
    finishes: dict[int, str] = {}
    calls: list[WireToolCall] = []
    for number, part in enumerate(parts):
        where = f"{place}[{number}]" if isinstance(body, list) else place
        if not isinstance(part, dict):
            raise invalid(where, part, "an object")
        for index, text, finish in _pieces(part, where):
            texts.setdefault(index, []).append(text)
            if finish:
                finishes[index] = finish
        for position, call in enumerate(list_in(part, "tool_calls")):
            if isinstance(call, dict):
                place_of_call = f"{at(where, 'tool_calls')}[{position}]"
                calls.append(tool_call(call.get("name"), call.get("parameters"), place_of_call))
        reply.id = reply.id or id_in(part, "response_id", "generation_id", "id")
        metrics = object_in(part, _METRICS)
        reply.latency_ms = number_in(metrics, "invocationLatency") or reply.latency_ms
        counts = {**(reply.usage or {}), **_usage(part), **(usage_in(metrics) or {})}
        reply.usage = counts or None
    for index, pieces in sorted(texts.items()):
        content = Content("".join(pieces), () if index else tuple(calls))
        add_answer(reply, content, index, finishes.get(index), written=True)
    return settled(reply)


def _usage(part: JsonObject) -> dict[str, int]:
    """Tokens as Llama and Titan count them; Titan counts the output's for each result."""
    each = [count_in(result, "tokenCount") for result in list_in(part, "results")]
    written = [count for count in each if count is not None]
    counts = {
        "input_tokens": count_in(part, "prompt_token_count", "inputTextTokenCount"),
        "output_tokens": count_in(part, "generation_token_count", "totalOutputTextTokenCount"),
    }
    if counts["output_tokens"] is None and written:
        counts["output_tokens"] = sum(written)
    return {name: count for name, count in counts.items() if count is not None}


def _family(part: JsonObject) -> bool:
    if any(name in part for name in (*_TEXTS, *_NO_TEXT, "event_type")) or _is_pegasus(part):
        return True
    # Rankings and others have lists of these names, too.
    return any(name in part and _holds(part[name], field) for name, field in _LISTS.items())


def _is_pegasus(part: JsonObject) -> bool:
    return isinstance(part.get("message"), str) and isinstance(part.get("finishReason"), str)


def _holds(entries: object, field: str) -> bool:
    if not isinstance(entries, list) or not entries:
        return True
    return any(not isinstance(entry, dict) or field in entry for entry in entries)


def _pieces(part: JsonObject, place: str) -> list[tuple[int, str, str | None]]:
    """Index, text and finish reason of each answer that a body, or a part of a stream, adds to."""
    finish = text_in(part, *_FINISHES)
    for name, field in _LISTS.items():
        if name in part:
            return _listed(part[name], field, finish, at(place, name))
    for text_name in _TEXTS:
        if text_name in part:
            return [(0, _text(part[text_name], at(place, text_name)), finish)]
    if isinstance(part.get("message"), str) and part.keys() <= _PEGASUS:
        return [(0, part["message"], finish)]
    return [(0, "", finish)] if finish else []


def _listed(
    values: object, field: str, finish: str | None, place: str
) -> list[tuple[int, str, str | None]]:
    if not isinstance(values, list):
        raise invalid(place, values, "a list")
    pieces: list[tuple[int, str, str | None]] = []
    for index, value in enumerate(values):
        where = f"{place}[{index}]"
        if not isinstance(value, dict):
            raise invalid(where, value, "an object")
        text = object_in(value, "data").get("text") if field == "data" else value.get(field)
        reason = text_in(value, *_FINISHES) or text_in(value.get("finishReason"), "reason")
        pieces.append((index, _text(text, at(where, field)), reason or finish))
    return pieces


def _text(value: object, place: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid(place, value, "text")
    return value


def asked_in(request: JsonObject) -> tuple[Conversation, tuple[WireDocument, ...]]:
    """What a request asked, and the documents it gave."""
    if "message" not in request:
        return conversation_in(request), ()
    said = [*list_in(request, "chat_history"), {"role": "USER", "message": request["message"]}]
    results = [{"role": "tool", "content": _outputs(x)} for x in list_in(request, "tool_results")]
    conversation = read_conversation([*results, *said], request.get("preamble"))
    documents = tuple(
        WireDocument(text, id_in(document, "id", "title"))
        for document in list_in(request, "documents")
        if (text := text_in(document, "snippet", "text"))
    )
    return conversation, documents


def _outputs(result: object) -> str:
    texts = [text_in(output, "text") or "" for output in list_in(result, "outputs")]
    return "\n".join(text for text in texts if text)
