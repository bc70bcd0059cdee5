"""A reply in whichever of the common interfaces' shapes it has: for logs that hold all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streams.intake import (
    cohere,
    content_blocks,
    gemini,
    llamacpp,
    ollama,
    openai_chat,
    openai_responses,
    tgi,
)
from streams.intake.other_results import is_error, is_other_result
from streams.intake.reply import Reply

_OTHERS: tuple[tuple[Callable[[object], bool], Callable[[Any, str], Reply]], ...] = (
    (ollama.is_reply, ollama.read),
    (cohere.is_reply, cohere.read),
    (tgi.is_reply, tgi.read),
    (llamacpp.is_reply, llamacpp.read),
)


def read_any(body: Any, place: str) -> Reply | None:
    """A reply of any of the interfaces that have a format here; None where it has none of their
    shapes. Raises `BadRecord` where it has, and can't be read."""
    if openai_responses.is_reply(body):
        return openai_responses.read(body, place)
    if content_blocks.is_message(body) or content_blocks.is_stream(body):
        return content_blocks.read(body, place)
    if openai_chat.is_reply(body):
        return openai_chat.read(body, place)
    if gemini.is_reply(body):
        return gemini.read(body, place)
    for is_reply, read in _OTHERS:
        if is_reply(body):
            return read(body, place)
    if is_error(body):
        return Reply(skipped=["error"])
    if is_other_result(body):
        return Reply(skipped=["not_an_output"])
    return None
