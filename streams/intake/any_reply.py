"""A reply in whichever of the common interfaces' shapes it has: for logs that hold all of them."""

from __future__ import annotations

from typing import Any

from streams.intake import anthropic, gemini, openai_chat, openai_responses
from streams.intake.messages import Conversation, read_conversation
from streams.intake.reply import Reply
from streams.intake.values import JsonObject, object_in

_MESSAGES = ("messages", "input", "contents", "prompt", "inputText")
_INSTRUCTIONS = ("system", "instructions", "systemInstruction", "system_instruction")


def read_any(body: Any, place: str) -> Reply | None:
    """A reply of OpenAI's interfaces, Anthropic's, Converse or Gemini's; None where it has none
    of their shapes. Raises `BadRecord` where it has, and can't be read."""
    if openai_responses.is_reply(body):
        return openai_responses.read(body, place)
    if anthropic.is_message(body) or anthropic.is_stream(body):
        return anthropic.read(body, place)
    if openai_chat.is_reply(body):
        return openai_chat.read(body, place)
    if gemini.is_reply(body):
        return gemini.read(body, place)
    if openai_chat.is_no_output(body):
        return Reply(skipped=["not_an_output"])
    if object_in(body, "error"):
        return Reply(skipped=["error"])
    return None


def conversation_in(request: JsonObject) -> Conversation:
    """What a request in any of these shapes asked."""
    given = next((request[name] for name in _MESSAGES if request.get(name) is not None), None)
    rules = next((request[name] for name in _INSTRUCTIONS if request.get(name) is not None), None)
    return read_conversation(given, rules)
