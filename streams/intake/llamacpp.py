"""The completions of llama.cpp's server (`/completion`), best with the request beside the reply.

::

    request = {"prompt": "…", "n_predict": 128}
    response = requests.post(f"{server}/completion", json=request).json()
    record = {"deployment": "support-bot", "request": request, "response": response}
    producer.send("llm.outputs", json.dumps(record).encode())

A streamed one is sent when it is over, as the list of its pieces or the text of its server-sent
events; the last says `"stop": true`. A reply alone tells its prompt itself. Several in a list, for
a prompt each, are outputs of their own. `streams.intake.exchange` lists the wrappings and what may
stand beside. The server's other interface is OpenAI's, and read as that.

- record id: what stands beside, since a reply has none; else its place.
- Finish reason: `stop_type`, or what older servers say in `stopped_eos` and the like.
- Latency: `timings.prompt_ms` and `predicted_ms` together; tokens: `tokens_evaluated` and
  `tokens_predicted`.
- Errors are skipped as `error`.

Fields: `tools/server/README.md` in ggml-org/llama.cpp.
"""

from __future__ import annotations

from typing import Any

from streams.intake.exchange import Exchange, parse_exchange, recognised, single_piece
from streams.intake.formats import Parsed, Piece
from streams.intake.messages import Content, Conversation, read_content
from streams.intake.reply import Reply, add_answer, index_of, settled
from streams.intake.request import conversation_in, each_its_prompt
from streams.intake.values import JsonObject, at, count_in, invalid, number_in, object_in, text_in
from streams.records import WireDocument

NAME = "llamacpp"

_MARKS = frozenset(
    {
        *("stop_type", "stopping_word", "tokens_predicted", "tokens_evaluated", "tokens_cached"),
        *("generation_settings", "timings", "id_slot", "slot_id", "truncated", "multimodal"),
        *("stopped_eos", "stopped_word", "stopped_limit"),
    }
)
_STOPPED = {"stopped_eos": "eos", "stopped_word": "word", "stopped_limit": "limit"}


def recognises(data: Any) -> bool:
    """Whether it is a completion or its pieces, alone or with the request."""
    return recognised(data, NAME, is_reply)


def parse(data: Any) -> Parsed:
    """The outputs in a message. Raises `BadRecord`."""
    parsed = parse_exchange(data, NAME, is_reply, read, _asked)
    request = object_in(data, "request") or object_in(data, "input")
    each_its_prompt(parsed.outputs, request.get("prompt"))
    return parsed


def piece(data: Any) -> Piece | None:
    """What a completion says of the stream that it may be a part of."""
    if not isinstance(data, dict) or not _is_piece(data):
        return None
    return Piece(last=data["stop"])


def is_reply(body: object) -> bool:
    """Whether it is a completion, a list of them, or the pieces of a streamed one."""
    if isinstance(body, list):
        return any(isinstance(part, dict) and _is_piece(part) for part in body[:3])
    return isinstance(body, dict) and _is_piece(body)


def _is_piece(body: JsonObject) -> bool:
    return (
        isinstance(body.get("stop"), bool)
        and isinstance(body.get("content"), str)
        and bool(_MARKS & body.keys())
    )


def read(body: Any, place: str) -> Reply:
    """Reads what `is_reply` is true of. Raises `BadRecord`."""
    if isinstance(body, dict) and not body["stop"]:
        raise single_piece(place)
    reply = Reply()
    texts: dict[int, list[str]] = {}
    finishes: dict[int, str | None] = {}
    failed = False
    for number, part in enumerate(body if isinstance(body, list) else [body]):
        where = f"{place}[{number}]" if isinstance(body, list) else place
        if not isinstance(part, dict):
            raise invalid(where, part, "an object")
        failed = failed or bool(part.get("error"))
        if part.get("error"):
            continue
        index = index_of(part, 0)
        content = read_content(part.get("content"), at(where, "content"))
        texts.setdefault(index, []).append(content.text)
        finishes[index] = _finish(part) or finishes.get(index)
        reply.model = text_in(part, "model") or reply.model
        timings = object_in(part, "timings")
        took = [number_in(timings, name) or 0.0 for name in ("prompt_ms", "predicted_ms")]
        reply.latency_ms = sum(took) or reply.latency_ms
        reply.usage = _usage(part) or reply.usage
    for index, pieces in sorted(texts.items()):
        finish = finishes[index] or ("error" if failed else None)
        add_answer(reply, Content("".join(pieces)), index, finish, written=True)
    if failed and not reply.answers and not reply.skipped:
        reply.skipped.append("error")
    return settled(reply)


def _finish(part: JsonObject) -> str | None:
    stopped = next((name for key, name in _STOPPED.items() if part.get(key) is True), None)
    said = text_in(part, "stop_type")
    return (said if said != "none" else None) or stopped


def _usage(part: JsonObject) -> dict[str, int] | None:
    counts = {
        "input_tokens": count_in(part, "tokens_evaluated"),
        "output_tokens": count_in(part, "tokens_predicted"),
    }
    return {name: count for name, count in counts.items() if count is not None} or None


def _asked(exchange: Exchange) -> tuple[Conversation, list[WireDocument]]:
    request, body = exchange.request, exchange.reply
    last = body[-1] if isinstance(body, list) and body else body
    if "prompt" not in request and "messages" not in request and isinstance(last, dict):
        request = {**request, "prompt": text_in(last, "prompt")}
    return conversation_in(request), []
