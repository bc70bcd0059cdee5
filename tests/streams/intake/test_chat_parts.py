"""The parts of a message are read alike from gateways and from telemetry, which copies them."""

from __future__ import annotations

from typing import Any

import pytest

from streams.errors import BadRecord
from streams.intake.messages import read_content
from streams.intake.telemetry import chat
from streams.records import WireToolCall

CALL = (WireToolCall("mail", '{"to": "jo"}'),)
TO = {"to": "jo"}
PARTS: dict[str, tuple[Any, str, tuple[WireToolCall, ...], tuple[str, ...]]] = {
    "openai text": ({"type": "text", "text": "Hi"}, "Hi", (), ()),
    "genai text": ({"type": "text", "content": "Hi"}, "Hi", (), ()),
    "empty beside the text": ({"type": "text", "text": "", "content": "Hi"}, "Hi", (), ()),
    "refusal": ({"type": "refusal", "refusal": "No"}, "No", (), ()),
    "refusal as text": ({"type": "refusal", "text": "No"}, "No", (), ()),
    "refusal in a text": ({"type": "output_text", "refusal": "No"}, "No", (), ()),
    "gemini text": ({"text": "Hi"}, "Hi", (), ()),
    "untyped content": ({"content": "Hi"}, "Hi", (), ()),
    "bare text": ("Hi", "Hi", (), ()),
    "anthropic call": ({"type": "tool_use", "name": "mail", "input": TO}, "", CALL, ()),
    "server's call": ({"type": "server_tool_use", "name": "mail", "input": TO}, "", CALL, ()),
    "genai call": ({"type": "tool_call", "name": "mail", "arguments": TO}, "", CALL, ()),
    "openai call": (
        {"type": "tool_call", "function": {"name": "mail", "arguments": '{"to": "jo"}'}},
        "",
        CALL,
        (),
    ),
    "converse call": ({"toolUse": {"name": "mail", "input": TO}}, "", CALL, ()),
    "gemini call": ({"functionCall": {"name": "mail", "args": TO}}, "", CALL, ()),
    "call of nothing": ({"type": "tool_call"}, "", (), ()),
    "openai image": ({"type": "image_url", "image_url": {"url": "x"}}, "", (), ("image",)),
    "genai image": ({"type": "blob", "modality": "image", "content": "aGk="}, "", (), ("image",)),
    "file": ({"type": "file", "file": {}}, "", (), ("file",)),
    "reasoning": ({"type": "thinking", "thinking": "hm"}, "", (), ("reasoning",)),
    "gemini thought": ({"text": "hm", "thought": True}, "", (), ("reasoning",)),
    "cache mark": ({"cachePoint": {"type": "default"}}, "", (), ()),
    "nothing": ({}, "", (), ()),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_read_alike(name: str) -> None:
    part, *expected = PARTS[name]
    for found in (read_content([part], "gateway"), chat.parts([part], "telemetry")):
        assert [found.text, found.tool_calls, found.kinds] == expected


@pytest.mark.parametrize("part", [7, None, {"type": "text", "text": 7}, {"text": ["x"]}])
def test_what_is_no_part_is_refused_alike(part: Any) -> None:
    with pytest.raises(BadRecord, match="gateway"):
        read_content([part], "gateway")
    with pytest.raises(BadRecord, match="otlp: telemetry"):
        chat.parts([part], "telemetry")


@pytest.mark.parametrize("type_", [[], {}, 7, None, True])
def test_a_type_that_is_no_text_counts_as_none(type_: Any) -> None:
    assert chat.parts([{"type": type_, "text": "Hi"}], "telemetry").text == "Hi"


def test_what_differs_on_purpose() -> None:
    parts = [
        {"type": "text", "text": "One."},
        {"type": "tool_result", "content": "42"},
        {"type": "text", "text": "Two."},
        {"type": "blob", "modality": "hologram"},
    ]
    gateway, telemetry = read_content(parts, "gateway"), chat.parts(parts, "telemetry")
    assert (gateway.text, gateway.kinds) == ("One.42Two.", ("other",))
    assert (telemetry.text, telemetry.kinds) == ("One.\nTwo.", ("hologram",))
