"""Tool calls as servers stream them: one index for all, none, an id with every piece, objects."""

from __future__ import annotations

from typing import Any

import pytest

from streams.intake import content_blocks, openai_chat, openai_responses
from streams.records import WireToolCall

IBAN = "DE89 3704 0044 0532 0130 00"
PAY = WireToolCall("pay", f'{{"to": "{IBAN}"}}')
ASK = WireToolCall("ask", '{"n": 1}')


def delta(name: str | None = None, arguments: Any = None, **fields: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {**fields, "function": {k: v for k, v in function.items() if v is not None}}


HALVES = PAY.arguments[:9], PAY.arguments[9:]
STREAMED: dict[str, tuple[list[list[dict[str, Any]]], list[WireToolCall]]] = {
    "by-index": (
        [
            [delta("pay", "", index=0, id="a")],
            [delta(None, HALVES[0], index=0)],
            [delta("ask", "", index=1, id="b")],
            [delta(None, HALVES[1], index=0), delta(None, ASK.arguments, index=1)],
        ],
        [PAY, ASK],
    ),
    "one-index": (
        [[delta("pay", PAY.arguments, index=0, id="a"), delta("ask", ASK.arguments, index=0, id="b")]],
        [PAY, ASK],
    ),
    "one-index-without-ids": (
        [[delta("pay", PAY.arguments, index=0)], [delta("ask", ASK.arguments, index=0)]],
        [PAY, ASK],
    ),
    "one-index-same-tool": (
        [[delta("ask", ASK.arguments, index=0)], [delta("ask", ASK.arguments, index=0)]],
        [ASK, ASK],
    ),
    "no-index": (
        [[delta("pay", PAY.arguments, id="a")], [delta("ask", ASK.arguments, id="b")]],
        [PAY, ASK],
    ),
    "no-index-in-pieces": (
        [
            [delta("pay", HALVES[0], id="a")],
            [delta(None, HALVES[1])],
            [delta("ask", ASK.arguments, id="b")],
        ],
        [PAY, ASK],
    ),
    "null-index-no-ids": (
        [[delta("pay", PAY.arguments, index=None), delta("ask", ASK.arguments, index=None)]],
        [PAY, ASK],
    ),
    "id-without-index-comes-back": (
        [
            [delta("pay", HALVES[0], id="a")],
            [delta("ask", ASK.arguments, id="b")],
            [delta(None, HALVES[1], id="a")],
        ],
        [PAY, ASK],
    ),
    "empty-ids": (
        [[delta("pay", PAY.arguments, index=0, id="")], [delta("ask", ASK.arguments, index=0, id="")]],
        [PAY, ASK],
    ),
    "same-id-other-index": (
        [[delta("pay", PAY.arguments, index=0, id="x"), delta("ask", ASK.arguments, index=1, id="x")]],
        [PAY, ASK],
    ),
    "id-and-name-with-every-piece": (
        [[delta("pay", HALVES[0], index=0, id="a")], [delta("pay", HALVES[1], index=0, id="a")]],
        [PAY],
    ),
    "new-id-with-every-piece": (
        [[delta("pay", HALVES[0], index=0, id="a")], [delta("pay", HALVES[1], index=0, id="b")]],
        [PAY],
    ),
    "new-id-alone-with-every-piece": (
        [[delta("pay", "", index=0, id="a")], [delta(None, PAY.arguments, index=0, id="b")]],
        [PAY],
    ),
    "name-with-every-piece": (
        [[delta("pay", HALVES[0], index=0)], [delta("pay", HALVES[1], index=0)]],
        [PAY],
    ),
    "object": ([[delta("pay", {"to": IBAN}, index=0, id="a")]], [PAY]),
    "object-after-the-name": (
        [[delta("pay", "", index=0, id="a")], [delta(None, {"to": IBAN}, index=0)]],
        [PAY],
    ),
    "not-under-function": ([[{"index": 0, "name": "pay", "arguments": {"to": IBAN}}]], [PAY]),
    "no-arguments": (
        [[delta("pay", "{}", index=0, id="a")], [delta("ask", "", index=0, id="b")]],
        [WireToolCall("pay", "{}"), WireToolCall("ask", "")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMED)
def test_calls_are_told_apart(name: str) -> None:
    deltas, expected = STREAMED[name]
    chunks = [
        {
            "id": "r",
            "object": "chat.completion.chunk",
            "choices": [{"delta": {"tool_calls": calls}}],
        }
        for calls in deltas
    ]
    (output,) = openai_chat.parse({"response": chunks}).outputs
    assert list(output.tool_calls) == expected


def test_the_older_call_of_a_function_may_stream_an_object() -> None:
    call = {"name": "pay", "arguments": {"to": IBAN}}
    chunk = {"id": "r", "object": "chat.completion.chunk"}
    chunks = [{**chunk, "choices": [{"delta": {"function_call": call}}]}]
    (output,) = openai_chat.parse({"response": chunks}).outputs
    assert output.tool_calls == (PAY,)


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(
            [
                {"type": "message_start", "message": {}},
                {
                    "type": "content_block_start",
                    "index": 0,
                    "content_block": {"type": "tool_use", "name": "pay"},
                },
                {
                    "type": "content_block_delta",
                    "index": 0,
                    "delta": {"partial_json": {"to": IBAN}},
                },
            ],
            id="anthropic",
        ),
        pytest.param(
            [
                {"messageStart": {"role": "assistant"}},
                {
                    "contentBlockStart": {
                        "contentBlockIndex": 0,
                        "start": {"toolUse": {"name": "pay"}},
                    }
                },
                {
                    "contentBlockDelta": {
                        "contentBlockIndex": 0,
                        "delta": {"toolUse": {"input": {"to": IBAN}}},
                    }
                },
            ],
            id="converse",
        ),
    ],
)
def test_blocks_may_stream_an_object(events: list[Any]) -> None:
    (answer,) = content_blocks.read(events, "x: y").answers
    assert answer.content.tool_calls == (PAY,)


def test_the_responses_interface_may_stream_an_object() -> None:
    kind = "response.function_call_arguments.delta"
    item = {"type": "function_call", "name": "pay"}
    events = [
        {"type": "response.created", "response": {"object": "response", "id": "r"}},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": kind, "output_index": 0, "delta": {"to": IBAN}},
    ]
    (output,) = openai_responses.parse({"response": events}).outputs
    assert output.tool_calls == (PAY,)
