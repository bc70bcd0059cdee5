"""OpenAI's chat completions (and older text completions), as many servers besides OpenAI speak.

Send the response with its request beside it, as JSON, in one message::

    request = {"model": "gpt-4o", "messages": messages}
    response = client.chat.completions.create(**request)
    record = {"deployment": "support-bot", "request": request, "response": response.model_dump()}
    producer.send("llm.outputs", json.dumps(record).encode())

A streamed answer is sent when it is over, as the list of its chunks: ``"response":
[chunk.model_dump() for chunk in chunks]``. Also read: a response alone (without a prompt, so
some detectors have less to judge by), lines of a batch's output file (``{"custom_id": …,
"response": {"status_code": 200, "body": {…}}}``), HTTP bodies as text, and server-sent events.
`streams.intake.exchange` lists the wrappings and what may stand beside them.

- Each choice is an output: the first under the response's id, others under ``<id>#<index>``.
- A refusal is an answer, and so is what was written before a content filter stepped in; with
  nothing written, that and errors (of the whole reply or of one choice) are skipped as `error`.
  Embeddings, rankings, images and moderations are skipped as `not_an_output`.
- A response without an id (TGI, Gemini's endpoint) gets that of its envelope or its place.
- System and developer messages are the system prompt. Reasoning is named in `kinds` and kept apart.
- model: as asked for; model version: as the response names it.

Fields: https://platform.openai.com/docs/api-reference/chat, openai-python's `types.chat`.
"""

from __future__ import annotations

from typing import Any

from streams.errors import BadRecord
from streams.intake.exchange import OTHER_FORMATS, Exchange, exchange_in, output_of, without_answer
from streams.intake.formats import Parsed, Piece
from streams.intake.messages import (
    Content,
    openai_tool_calls,
    read_content,
    read_conversation,
    thought_in,
)
from streams.intake.openai_chunks import REASONING, read_chunks
from streams.intake.reply import Reply, add_answer, index_of, outputs_of, settled
from streams.intake.values import (
    at,
    id_in,
    invalid,
    joined,
    list_in,
    object_in,
    seconds_in,
    text_in,
    usage_in,
)

NAME = "openai_chat"

_OBJECTS = frozenset({"chat.completion", "chat.completion.chunk", "text_completion"})


def recognises(data: Any) -> bool:
    """Whether it is a chat completion, or one or its chunks with the request."""
    if not isinstance(data, dict) or OTHER_FORMATS & data.keys():
        return False
    try:
        exchange = exchange_in(data, NAME, _is_ours)
    except BadRecord:
        return False
    if exchange is None or _is_anothers(exchange.reply):
        return False
    return _is_ours(exchange.reply) or _is_failed_chat(exchange)


def parse(data: Any) -> Parsed:
    """The outputs in a message. Raises `BadRecord`."""
    if isinstance(data, dict) and data.get("object") == "chat.completion.chunk":
        raise BadRecord(
            "invalid_field",
            f"{NAME}: a single chunk of an answer; send all its chunks in one message, as "
            "a list under `response`",
        )
    exchange = exchange_in(data, NAME, _is_ours)
    if exchange is None and (skip := without_answer(data)):
        return Parsed(skipped=[skip])
    if exchange is None:
        raise BadRecord("missing_field", f"{NAME}: no chat completion here or under `response`")
    if exchange.failed or _is_error(exchange.reply):
        return Parsed(skipped=["error"])
    if is_no_output(exchange.reply):
        return Parsed(skipped=["not_an_output"])
    reply = read(exchange.reply, exchange.place)
    request = exchange.request
    given = request.get("messages")
    conversation = read_conversation(given if given is not None else request.get("prompt"))
    return outputs_of(reply, output_of(exchange, reply, conversation))


def piece(data: Any) -> Piece | None:
    """What a chunk says of its stream."""
    if not isinstance(data, dict) or text_in(data, "object") == "chat.completion":
        return None
    # Azure's filter of prompts speaks first, and without an object.
    if not _is_chunk(data) and (data.get("choices") != [] or text_in(data, "object")):
        return None
    first = (list_in(data, "choices") or [None])[0]
    ended = text_in(first, "finish_reason") is not None
    return Piece(id_in(data, "id") or "", last=ended)


def is_reply(body: Any) -> bool:
    """Whether it is a completion or the chunks of one."""
    if isinstance(body, list):
        # Azure's first chunk has neither an object nor choices; Mistral's models on Bedrock
        # stream messages instead of deltas.
        return any(_is_chunk(part) or _is_completion(part) for part in body[:3])
    return _is_completion(body) or _is_chunk(body)


def is_no_output(body: Any) -> bool:
    """Whether it is a list of embeddings, a ranking, images, or the result of a moderation."""
    first = (list_in(body, "data") or list_in(body, "results") or [None])[0]
    if not isinstance(first, dict):
        return False
    return (
        first.get("object") in ("embedding", "score")
        or "embedding" in first
        or "b64_json" in first
        or "url" in first
        or "flagged" in first
        or "relevance_score" in first
        or "relevanceScore" in first
    )


def _is_ours(body: Any) -> bool:
    return is_reply(body) or is_no_output(body) or _is_error(body)


def _is_completion(body: Any) -> bool:
    if _has_no_choices(body):
        return True
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list):
        return False
    first = body["choices"][0] if body["choices"] else None
    return body.get("object") in ("chat.completion", "text_completion") or (
        isinstance(first, dict) and ("message" in first or "text" in first)
    )


def _has_no_choices(body: Any) -> bool:
    """Whether it is a completion without any, as Azure's filter of prompts and vLLM send it."""
    return isinstance(body, dict) and (
        text_in(body, "object") in ("chat.completion", "text_completion")
        and body.get("choices") is None
    )


def _is_chunk(body: Any) -> bool:
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list):
        return False
    first = body["choices"][0] if body["choices"] else None
    if text_in(body, "object") in _OBJECTS:
        return True
    return isinstance(first, dict) and ("delta" in first or "text" in first)


def _is_error(body: Any) -> bool:
    error = object_in(body, "error")
    return "message" in error and ("type" in error or "code" in error)


def _is_anothers(body: Any) -> bool:
    """Whether it is a response of the Responses interface, or an error of Anthropic's."""
    return isinstance(body, dict) and (
        body.get("object") == "response" or body.get("type") == "error"
    )


def _is_failed_chat(exchange: Exchange) -> bool:
    if not exchange.failed:
        return False
    asked = exchange.request
    # A line of OpenAI's batches; Anthropic's have a `result`.
    return {"custom_id", "response"} <= exchange.around.keys() or (
        "model" in asked and ("messages" in asked or "prompt" in asked)
    )


def read(body: Any, place: str) -> Reply:
    """A completion, or the list of its chunks. Raises `BadRecord` when it is neither."""
    if isinstance(body, list):
        return read_chunks(body, place)
    if not _has_no_choices(body) and (
        not isinstance(body, dict) or not isinstance(body.get("choices"), list)
    ):
        choices = body.get("choices") if isinstance(body, dict) else body
        raise invalid(at(place, "choices"), choices, "a list")
    reply = Reply(
        id=id_in(body, "id"),
        model=text_in(body, "model"),
        seconds=seconds_in(body, "created"),
        usage=usage_in(object_in(body, "usage")),
    )
    for position, choice in enumerate(list_in(body, "choices")):
        try:
            _read_choice(choice, position, f"{at(place, 'choices')}[{position}]", reply)
        except BadRecord as bad:
            reply.bad.append(bad)
    return settled(reply)


def _read_choice(choice: Any, position: int, place: str, reply: Reply) -> None:
    if not isinstance(choice, dict):
        raise invalid(place, choice, "an object")
    finish = text_in(choice, "finish_reason", "stop_reason")
    if choice.get("error"):
        finish = "error"
    index = index_of(choice, position)
    message = choice.get("message")
    if message is None and "text" in choice:
        content = read_content(choice["text"], at(place, "text"))
        add_answer(reply, content, index, finish, written=choice["text"] is not None)
        return
    if message is None and finish in ("content_filter", "error"):
        reply.skipped.append("error")
        return
    where = at(place, "message")
    if not isinstance(message, dict):
        raise invalid(where, message, "an object")
    content = read_content(message.get("content"), at(where, "content"))
    refusal = read_content(message.get("refusal"), at(where, "refusal"))
    audio = object_in(message, "audio")
    kinds = dict.fromkeys(content.kinds)
    if audio:
        kinds["audio"] = None
    if list_in(message, "images"):
        kinds["image"] = None
    thoughts = [name for name in REASONING if message.get(name)]
    if thoughts:
        kinds["reasoning"] = None
    content = Content(
        joined([content.text, refusal.text, text_in(audio, "transcript") or ""]),
        (*content.tool_calls, *openai_tool_calls(message, where)),
        tuple(kinds),
        next(
            (found for name in thoughts if (found := thought_in(message[name]))), content.reasoning
        ),
        content.unread,
    )
    add_answer(reply, content, index, finish, written="content" in message)
