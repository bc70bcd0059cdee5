"""Native records as producers write them: nulls, numbers as ids, and copies of other forms."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from streams.errors import BadRecord
from streams.intake import packed, recognise
from streams.records import Output, WireDocument, WireMessage, WireToolCall

PLAIN = {"record_id": "n", "output": "Gate B.", "event_time": 1_793_000_000}


def read(value: bytes) -> Output:
    (part,) = recognise.read(value)
    assert isinstance(part.what, Output), part.what
    return part.what


def native(**fields: Any) -> Output:
    return read(json.dumps({**PLAIN, **fields}).encode())


@pytest.mark.parametrize(
    "name", [name for name in Output.__struct_fields__ if name not in ("record_id", "output")]
)
def test_null_is_a_field_left_out(name: str) -> None:
    assert native(**{name: None}) == native(**({name: None} if name == "event_time" else {}))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param({"user": 4711}, {"user": "4711"}, id="number-as-user"),
        pytest.param({"record_id": 17}, {"record_id": "17"}, id="number-as-id"),
        pytest.param({"tenant": 0}, {"tenant": "0"}, id="zero"),
        pytest.param(
            {"conversation_id": 2**80}, {"conversation_id": str(2**80)}, id="large-number"
        ),
        pytest.param(
            {"usage": {"a": 3, "b": None, "c": {"d": 1}, "e": 2.0, "f": 0.5}},
            {"usage": {"a": 3, "e": 2}},
            id="usage",
        ),
        pytest.param({"kinds": ["image", None]}, {"kinds": ("image",)}, id="null-in-kinds"),
        pytest.param(
            {"messages": [None, {"role": "user", "content": [{"type": "text", "text": "Where?"}]}]},
            {"messages": (WireMessage("user", "Where?"),)},
            id="parts",
        ),
        pytest.param(
            {"messages": [{"role": "model", "parts": [{"text": "There."}]}]},
            {"messages": (WireMessage("model", "There."),)},
            id="gemini-message",
        ),
        pytest.param(
            {
                "messages": [
                    {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [{"function": {"name": "gate", "arguments": "{}"}}],
                    }
                ]
            },
            {"messages": (WireMessage("assistant", "gate({})"),)},
            id="a-turn-of-calls",
        ),
        pytest.param(
            {"tool_calls": [{"name": "gate", "arguments": {"n": 1}}]},
            {"tool_calls": (WireToolCall("gate", '{"n": 1}'),)},
            id="arguments-as-object",
        ),
        pytest.param(
            {"tool_calls": [{"id": "c", "function": {"name": "gate", "arguments": None}}]},
            {"tool_calls": (WireToolCall("gate", ""),)},
            id="openai-call",
        ),
        pytest.param(
            {"output": None, "tool_calls": [{"name": "gate"}]},
            {"output": "", "tool_calls": (WireToolCall("gate"),)},
            id="calls-alone",
        ),
        pytest.param(
            {"context": ["a", None, {"page_content": "b", "metadata": {"source": "s.pdf"}}]},
            {"context": ("a", WireDocument("b", "s.pdf"))},
            id="documents",
        ),
        pytest.param(
            {"context": [{"text": "b", "id": 7}]},
            {"context": (WireDocument("b", "7"),)},
            id="document-number",
        ),
    ],
)
def test_small_departures_are_mended(given: dict[str, Any], kept: dict[str, Any]) -> None:
    found = native(**given)
    assert {name: getattr(found, name) for name in kept} == kept


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"output": None}, id="output-null"),
        pytest.param({"record_id": None}, id="id-null"),
        pytest.param({"record_id": True}, id="id-true"),
        pytest.param({"record_id": 1.5}, id="id-fraction"),
        pytest.param({"output": {"a": 1}}, id="output-object"),
        pytest.param({"messages": [5]}, id="message-number"),
        pytest.param({"messages": "Where?"}, id="messages-text"),
        pytest.param({"tool_calls": [{}]}, id="call-of-nothing"),
        pytest.param({"context": [{"x": 1}]}, id="document-without-text"),
        pytest.param({"usage": "many"}, id="usage-text"),
        pytest.param({"user": {"id": 1}}, id="user-object"),
    ],
)
def test_what_cannot_be_meant_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadRecord) as caught:
        native(**fields)
    assert caught.value.reason in ("invalid_field", "missing_field")
    assert f"{next(iter(fields))}" in caught.value.detail


VALUE = json.dumps(PLAIN).encode()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(gzip.compress(VALUE), id="one"),
        pytest.param(gzip.compress(VALUE[:20]) + gzip.compress(VALUE[20:]), id="members"),
        pytest.param(gzip.compress(VALUE) + b"\0\0", id="padded"),
    ],
)
def test_a_gzipped_value_is_unpacked(value: bytes) -> None:
    assert read(value) == read(VALUE)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(gzip.compress(VALUE)[:-4], "cut short", id="cut"),
        pytest.param(gzip.compress(VALUE)[:12], "cut short", id="cut-early"),
        pytest.param(b"\x1f\x8b\x08" + b"x" * 40, "broken", id="broken"),
        pytest.param(gzip.compress(b""), "nothing in it", id="empty"),
        pytest.param(gzip.compress(b" " * (packed.MOST_BYTES + 1)), "over", id="bomb"),
    ],
)
def test_gzip_that_cannot_be_unpacked_is_told(value: bytes, said: str) -> None:
    with pytest.raises(BadRecord, match=said):
        recognise.read(value)
