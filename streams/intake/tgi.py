"""Text Generation Inference's own interface, and Hugging Face's text-generation pipelines.

::

    request = {"inputs": "…", "parameters": {"details": True}}
    response = requests.post(f"{server}/generate", json=request).json()
    record = {"deployment": "support-bot", "request": request, "response": response}
    producer.send("llm.outputs", json.dumps(record).encode())

Read are `/generate`, ``[{"generated_text": …}]`` as `/` and inference endpoints (SageMaker's among
them) give it, and `/generate_stream`, as the list of its events or as their text: the last of
them has the whole, and where it is missing, the tokens that aren't special are put together.
`streams.intake.exchange` lists the wrappings and what may stand beside. The server's other
interface is OpenAI's, and read as that.

- record id: what stands beside, since a reply has none; else its place.
- Finish reason: `details.finish_reason`; tokens: `details.generated_tokens`.
- A reply that repeats its prompt (`return_full_text`) is read without it; of one that is a
  conversation, the newest message is the answer.
- Errors are skipped as `error`.

Fields: `docs/openapi.json` in huggingface/text-generation-inference.
"""

from __future__ import annotations

from typing import Any

import msgspec

from streams.intake.exchange import Exchange, parse_exchange, recognised, single_piece
from streams.intake.formats import Parsed, Piece
from streams.intake.messages import (
    Content,
    Conversation,
    openai_tool_calls,
    read_content,
    read_conversation,
)
from streams.intake.reply import Reply, add_answer, settled
from streams.intake.request import conversation_in, each_its_prompt
from streams.intake.values import JsonObject, at, count_in, invalid, list_in, object_in, text_in
from streams.records import Output, WireDocument

NAME = "tgi"


def recognises(data: Any) -> bool:
    """Whether it is a generated text or a stream's events, alone or with the request."""
    return recognised(data, NAME, is_reply)


def parse(data: Any) -> Parsed:
    """The outputs in a message. Raises `BadRecord`."""
    parsed = parse_exchange(data, NAME, is_reply, read, _asked)
    request = object_in(data, "request") or object_in(data, "input")
    each_its_prompt(parsed.outputs, request.get("inputs"))
    if object_in(request, "parameters").get("return_full_text") is not False:
        parsed.outputs = [_without_prompt(output) for output in parsed.outputs]
    return parsed


def _without_prompt(output: Output) -> Output:
    prompt, text = output.prompt, output.output
    if not prompt or not text.startswith(prompt) or len(text) == len(prompt):
        return output
    return msgspec.structs.replace(output, output=text[len(prompt) :].lstrip())


def piece(data: Any) -> Piece | None:
    """What an event says of its stream."""
    if not isinstance(data, dict) or not _is_event(data):
        return None
    return Piece(first=data.get("index") == 1, last=data.get("generated_text") is not None)


def is_reply(body: object) -> bool:
    """Whether it is a generated text, a list of them, or the events of a streamed one."""
    first = body[0] if isinstance(body, list) and body else body
    # One list for each prompt, where there were several.
    inner = first[0] if isinstance(first, list) and first else first
    return isinstance(inner, dict) and (_is_event(inner) or _is_text(inner))


def _is_event(body: JsonObject) -> bool:
    token = object_in(body, "token")
    return isinstance(token.get("text"), str) and ("special" in token or "generated_text" in body)


def _is_text(body: JsonObject) -> bool:
    return isinstance(body.get("generated_text"), str | list) and "token" not in body


def read(body: Any, place: str) -> Reply:
    """Reads what `is_reply` is true of. Raises `BadRecord`."""
    if isinstance(body, dict) and _is_event(body):
        raise single_piece(place)
    parts = body if isinstance(body, list) else [body]
    for number, part in enumerate(parts):
        if not isinstance(part, dict | list):
            raise invalid(f"{place}[{number}]", part, "an object")
    if any(isinstance(part, dict) and _is_event(part) for part in parts):
        return _read_events([part for part in parts if isinstance(part, dict)], place)
    reply = Reply()
    texts = [one for part in parts for one in (part if isinstance(part, list) else [part])]
    for index, text in enumerate(texts):
        where = f"{place}[{index}]" if isinstance(body, list) else place
        if not isinstance(text, dict):
            raise invalid(where, text, "an object")
        details = object_in(text, "details")
        reply.usage = reply.usage or _usage(details)
        content = _content(text.get("generated_text"), at(where, "generated_text"))
        finish = text_in(details, "finish_reason")
        if text.get("error"):
            finish = "error"
        add_answer(reply, content, index, finish, written="generated_text" in text)
    return settled(reply)


def _read_events(events: list[JsonObject], place: str) -> Reply:
    reply = Reply()
    texts: list[str] = []
    whole: str | None = None
    details: JsonObject = {}
    failed = False
    for event in events:
        failed = failed or bool(event.get("error"))
        token = object_in(event, "token")
        if token.get("special") is not True:
            texts.append(text_in(token, "text") or "")
        written = event.get("generated_text")
        whole = written if isinstance(written, str) else whole
        details = object_in(event, "details") or details
    reply.usage = _usage(details)
    finish = text_in(details, "finish_reason") or ("error" if failed else None)
    text = "".join(texts) if whole is None else whole
    add_answer(reply, Content(text), 0, finish, written=True)
    return settled(reply)


def _content(written: Any, place: str) -> Content:
    if not isinstance(written, list):
        return read_content(written, place)
    newest = written[-1] if written else None
    if not isinstance(newest, dict):
        raise invalid(place, written, "text or messages")
    content = read_content(newest.get("content"), at(place, "content"))
    content.tool_calls = (*content.tool_calls, *openai_tool_calls(newest, place))
    return content


def _usage(details: JsonObject) -> dict[str, int] | None:
    counts = {
        "input_tokens": count_in(details, "input_length"),
        "output_tokens": count_in(details, "generated_tokens"),
    }
    return {name: count for name, count in counts.items() if count is not None} or None


def _asked(exchange: Exchange) -> tuple[Conversation, list[WireDocument]]:
    asked = conversation_in(exchange.request)
    first = exchange.reply[0] if isinstance(exchange.reply, list) else exchange.reply
    said = list_in(first, "generated_text")
    return (read_conversation(said[:-1]) if said and not asked.prompt else asked), []
