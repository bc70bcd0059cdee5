"""What the tests of formats share: the one output of a message, and the conversation in it."""

from __future__ import annotations

from typing import Any

from streams.intake.formats import Format
from streams.records import Output, WireMessage
from tests.support.odd_json import MARK


def only_output(format_: Format, data: Any) -> Output:
    """The output of a message that holds exactly one, and nothing bad or skipped."""
    parsed = format_.parse(data)
    assert (len(parsed.outputs), parsed.bad, parsed.skipped) == (1, [], [])
    return parsed.outputs[0]


SEED_TALK: dict[str, Any] = {
    "output": f"We have {MARK} at three pounds.",
    "model": "gpt-4o",
    "model_version": "gpt-4o-2024-08-06",
    "user": f"{MARK}@example.org",
    "prompt": f"And this {MARK}?",
    "messages": (
        WireMessage("user", f"Is {MARK} seed in stock?"),
        WireMessage("tool", f"{MARK}: 12 bags"),
        WireMessage("assistant", f"Twelve bags of {MARK}."),
    ),
    "system_prompt": f"You sell {MARK} seed.\n\nBe brief.",
    "finish_reason": "stop",
    "usage": {"input_tokens": 40, "output_tokens": 9, "total_tokens": 49},
    "response_id": "chatcmpl-1",
}
"""The fields of the gateways' conversation about seed, which each of them writes its own way."""
