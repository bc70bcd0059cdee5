"""What a model was asked, in a request of any of the interfaces that are read."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.intake.messages import Conversation, read_conversation
from streams.intake.values import JsonObject
from streams.records import Output

_MESSAGES = ("messages", "input", "contents", "prompt", "inputText", "inputPrompt", "inputs")
_INSTRUCTIONS = ("system", "instructions", "systemInstruction", "system_instruction")


def conversation_in(request: JsonObject) -> Conversation:
    """What a request in any of these shapes asked."""
    given = next((request[name] for name in _MESSAGES if request.get(name) is not None), None)
    rules = next((request[name] for name in _INSTRUCTIONS if request.get(name) is not None), None)
    return read_conversation(given, rules)


def each_its_prompt(outputs: list[Output], prompts: Any) -> None:
    """Gives each output its own prompt, in place, where a request had a list of as many."""
    if not isinstance(prompts, list) or len(prompts) < 2 or len(prompts) != len(outputs):
        return
    if all(isinstance(prompt, str) for prompt in prompts):
        for number, prompt in enumerate(prompts):
            outputs[number] = msgspec.structs.replace(
                outputs[number], prompt=prompt or None, messages=()
            )
