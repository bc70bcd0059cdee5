"""What came back from a model, before a format adds what it knows around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake.formats import Parsed, Skip
from streams.intake.messages import Content, Conversation
from streams.intake.unknown_parts import unread
from streams.intake.values import JsonObject
from streams.records import Output, WireDocument

_MOST_CHOICES = 10_000


class Own(msgspec.Struct, frozen=True):
    """What is an answer's own where a conversation with several replies is read as one, such as
    a realtime session: its id, and what it was asked (None where that isn't told)."""

    id: str | None = None
    usage: dict[str, int] | None = None
    asked: Conversation | None = None


class Choice(msgspec.Struct):
    """One of the answers in a reply; `index` tells several apart."""

    content: Content
    index: int = 0
    finish_reason: str | None = None
    own: Own | None = None


class Reply(msgspec.Struct):
    """What came back from a model: the answers that could be read, and what couldn't be.

    `seconds` is when it was made, since the epoch; `context` are documents that the model was
    given on the way, such as the results of a search.
    """

    answers: list[Choice] = []
    bad: list[BadRecord] = []
    skipped: list[Skip] = []
    id: str | None = None
    model: str | None = None
    seconds: float | None = None
    latency_ms: float | None = None
    usage: dict[str, int] | None = None
    context: tuple[WireDocument, ...] = ()


def outputs_of(reply: Reply, output: Output) -> Parsed:
    """One output for each answer: `output` with its text, tools, kinds and finish reason, and
    with what is the answer's `own`.

    Answers other than the one with index 0 get `#<index>` after the record's id, unless that is
    open (""), since the place on the topic then tells them apart; the count of
    tokens is that of the whole reply and goes with the first. Raises the error of a reply in
    which nothing could be read.
    """
    if len(reply.bad) == 1 and not reply.answers and not reply.skipped:
        raise reply.bad[0]
    outputs: list[Output] = []
    for answer in reply.answers:
        outputs.append(
            msgspec.structs.replace(
                _of(answer, output, reply),
                output=answer.content.text,
                tool_calls=answer.content.tool_calls,
                kinds=answer.content.kinds,
                reasoning=answer.content.reasoning or None,
                finish_reason=answer.finish_reason,
                usage=_usage(answer, output, first=not outputs),
            )
        )
    return Parsed(outputs=outputs, bad=reply.bad, skipped=reply.skipped)


def _of(answer: Choice, output: Output, reply: Reply) -> Output:
    own = answer.own or Own()
    asked = own.asked
    if asked is not None:
        output = msgspec.structs.replace(
            output,
            prompt=asked.prompt,
            messages=asked.messages,
            system_prompt=output.system_prompt or asked.system_prompt,
        )
    if own.id and output.record_id in ("", reply.id):
        return msgspec.structs.replace(output, record_id=own.id, response_id=own.id)
    suffix = f"#{answer.index}" if answer.index and output.record_id else ""
    return msgspec.structs.replace(
        output, record_id=output.record_id + suffix, response_id=own.id or output.response_id
    )


def _usage(answer: Choice, output: Output, *, first: bool) -> dict[str, int] | None:
    own = answer.own.usage if answer.own else None
    return own or (output.usage if first else None)


def parse_each(parts: list[Any], parse: Callable[[Any], Parsed]) -> Parsed:
    """All of a list, as an array of records is read; a part that can't be is a bad one."""
    together = Parsed()
    for part in parts:
        try:
            one = parse(part)
        except BadRecord as bad:
            together.bad.append(bad)
            continue
        together.outputs += one.outputs
        together.bad += one.bad
        together.skipped += one.skipped
    return together


def add_answer(
    reply: Reply, content: Content, index: int, finish: str | None, *, written: bool
) -> None:
    """Adds an answer. One with nothing in it is an empty answer where something was `written`,
    if only an empty text; else there was no output, a content filter kept it back, or the call
    failed on the way. One of which nothing could be read is a bad one."""
    if content.is_unread:
        reply.bad.append(unread(content.unread))
        return
    empty = not content.text and not content.tool_calls and not content.kinds
    if empty and finish in ("content_filter", "refusal", "error"):
        reply.skipped.append("error")
    elif empty and not written:
        reply.skipped.append("no_output")
    else:
        reply.answers.append(Choice(content, index, finish))


def settled(reply: Reply) -> Reply:
    """The reply; one without anything in it is skipped as `no_output`."""
    if not reply.answers and not reply.bad and not reply.skipped:
        reply.skipped.append("no_output")
    return reply


def index_of(data: JsonObject, position: int) -> int:
    """The index that a choice or a call names, else its position."""
    index = data.get("index")
    if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < _MOST_CHOICES:
        return index
    return position
