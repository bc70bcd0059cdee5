"""Several values in one message: lines, values one after the other, events, and text in text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import BadRecord
from streams.intake import lines
from tests.support.openai_payloads import CHAT, CHUNKS
from tests.support.told_parts import parts_of, told


def native(text: str) -> dict[str, Any]:
    return {"record_id": text, "output": text}


A, B = json.dumps(native("a")), json.dumps(native("b"))
LONG = json.dumps(native("a"), indent=2)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(f"{A}\n{B}\n", ["says a", "says b"], id="lines"),
        pytest.param(f"{A}\r\n\r\n{B}", ["says a", "says b"], id="carriage-returns"),
        pytest.param(f"\ufeff{A}\n{B}", ["says a", "says b"], id="byte-order-mark"),
        pytest.param(f"{A}{B}", ["says a", "says b"], id="one-after-the-other"),
        pytest.param(f"\x1e{A}\n\x1e{B}\n", ["says a", "says b"], id="text-sequence"),
        pytest.param(f"{LONG}\n{B}", ["says a", "says b"], id="over-several-lines"),
        pytest.param(f"[{A}]\n[{B}, {A}]", ["says a", "says b", "says a"], id="arrays"),
        pytest.param(f"{A}\n{B[:-4]}", ["says a", "invalid_json"], id="cut-at-the-end"),
        pytest.param(f"{A[4:]}\n{B}", ["invalid_json"], id="cut-at-the-beginning"),
        pytest.param(f"{A[:-4]}\n{B}", ["invalid_json", "says b"], id="broken-at-first"),
        pytest.param(f"{A}\nnoise\n{B}", ["says a", "invalid_json", "says b"], id="noise"),
        pytest.param(f"{A} noise\n{B}", ["says a", "invalid_json", "says b"], id="noise-behind"),
        pytest.param(f"{A},\n{B}", ["invalid_json", "says b"], id="commas"),
        pytest.param(LONG[:-3], ["invalid_json"], id="one-value-cut"),
        pytest.param(
            json.dumps([native("a"), native("b")], indent=1)[:-3], ["invalid_json"], id="array-cut"
        ),
        pytest.param("1\n2", ["invalid_json"], id="numbers"),
        pytest.param(f"{A}\n7", ["says a", "invalid_json"], id="a-number-among-them"),
        pytest.param("Hello there", ["invalid_json"], id="text"),
        pytest.param("data: hello\n\n", ["invalid_json"], id="events-of-no-json"),
        pytest.param(
            f"data: {A}\n\ndata: oh\n\ndata: [DONE]\n\n", ["says a", "invalid_json"], id="events"
        ),
        pytest.param(f": hello\n\nid: 1\ndata: {A}\n\n", ["says a"], id="events-with-comments"),
        pytest.param(json.dumps(A), ["says a"], id="text-in-json"),
        pytest.param(json.dumps(json.dumps(A)), ["says a"], id="twice"),
        pytest.param(json.dumps(f"[{A}, {B}]"), ["says a", "says b"], id="an-array-in-text"),
        pytest.param(json.dumps(f"{A}\n{B}"), ["says a", "says b"], id="lines-in-text"),
        pytest.param(json.dumps([A, B]), ["says a", "says b"], id="texts-in-an-array"),
        pytest.param(f"{json.dumps(A)}\n{B}", ["says a", "says b"], id="a-text-among-lines"),
        pytest.param('"hello"', ["unknown_format"], id="a-text-that-holds-none"),
        pytest.param('"{oh"', ["invalid_json"], id="a-text-that-looks-like-some"),
        pytest.param(
            f'{A}\n{{"response": {json.dumps(CHAT)}}}\n{{"what": 1}}',
            ["says a", f"says {CHAT['choices'][0]['message']['content']}", "unknown_format"],
            id="several-formats",
        ),
    ],
)
def test_what_is_in_a_message(value: str, words: list[str]) -> None:
    assert told(value.encode()) == words


def test_a_streamed_completion_is_read_as_it_came() -> None:
    whole = told({"response": CHUNKS})
    assert len(whole) == 2
    events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in CHUNKS) + "data: [DONE]\n\n"
    assert told(events.encode()) == whole
    assert told("\n".join(map(json.dumps, CHUNKS)).encode()) == whole
    assert told(CHUNKS) == whole
    assert told({"response": "\n".join(map(json.dumps, CHUNKS))}) == whole


def test_an_error_names_the_line_and_quotes_nothing() -> None:
    (_, _, bad) = parts_of(f"{A}\n{B}\n{{secret".encode())
    assert isinstance(bad.what, BadRecord)
    assert "line 3" in bad.what.detail
    assert "secret" not in str(bad.what)


def test_what_is_broken_over_and_over_is_given_up() -> None:
    *most, last = parts_of((f"{A}\n" + "{\n" * 5_000).encode())
    assert len(most) == 1_001
    assert isinstance(last.what, BadRecord)
    assert "what follows isn't read" in last.what.detail


_VALUES = st.recursive(
    st.integers() | st.text(max_size=6) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
).filter(lambda value: isinstance(value, dict | list))


@given(st.lists(_VALUES, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n", "\n\n", "\x1e"]))
def test_lines_hold_what_was_written(values: list[Any], between: str) -> None:
    assert lines.several(between.join(map(json.dumps, values)).encode()) == values


@given(st.lists(_VALUES, min_size=1, max_size=5))
def test_events_hold_what_was_written(values: list[Any]) -> None:
    text = "".join(f"data: {json.dumps(value)}\n\n" for value in values)
    assert lines.several(text.encode()) == values


@given(st.text(alphabet='{}[]":,\n1a \\', max_size=40) | st.binary(max_size=40))
def test_anything_else_raises_nothing(value: str | bytes) -> None:
    lines.several(value.encode() if isinstance(value, str) else value)
