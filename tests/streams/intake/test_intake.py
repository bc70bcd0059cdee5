"""Bytes in, values or one kind of error out."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import BadRecord
from streams.intake.decode import EARLIEST, LATEST_AHEAD, REASONS, event_seconds, hash_user
from streams.intake.feedback import decode_feedback
from streams.intake.native import to_record
from streams.intake.recognise import read
from streams.records import Output

NOW = 1_790_000_000.0
KEY = b"a key for tests"


def output(value: bytes | None, max_chars: int = 1_000):
    """The one record of a message, told from its content; raises what keeps it from being one."""
    (part,) = read(value)
    assert isinstance(part.what, Output)
    record, _ = to_record(part.what, received=NOW, now=NOW, hash_key=KEY, max_chars=max_chars)
    return record


def body(**fields: object) -> bytes:
    return json.dumps({"record_id": "r", "output": "text", **fields}).encode()


DEAD = {
    "nothing": (None, "empty_message"),
    "no-bytes": (b"", "empty_message"),
    "not-json": (b"hello", "invalid_json"),
    "cut-json": (b'{"record_id": "r", "output": "te', "invalid_json"),
    "invalid-utf8": (b'{"record_id": "r", "output": "\xff\xfe"}', "invalid_utf8"),
    "encoded-surrogate": (b'{"record_id": "r", "output": "\xed\xa0\x80"}', "invalid_utf8"),
    "empty-list": (b"[]", "unknown_format"),
    "null": (b"null", "unknown_format"),
    "no-output": (b'{"record_id": "r"}', "missing_field"),
    "no-id": (b'{"output": "text"}', "missing_field"),
    "empty-id": (body(record_id=""), "invalid_field"),
    "output-is-a-number": (body(output=5), "invalid_field"),
    "output-is-null": (body(output=None), "invalid_field"),
    "context-is-a-number": (body(context=7), "invalid_field"),
    "deep": (
        b'{"record_id":"r","output":"t","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        "too_deep",
    ),
    "nan-time": (b'{"record_id": "r", "output": "t", "event_time": NaN}', "event_time"),
    "time-in-1970": (body(event_time=12.0), "event_time"),
    "time-in-2100": (body(event_time="2100-01-01T00:00:00Z"), "event_time"),
    "time-in-ms": (body(event_time=NOW * 1000), "event_time"),
    "time-is-a-word": (body(event_time="yesterday"), "event_time"),
}


@pytest.mark.parametrize("name", DEAD)
def test_what_cannot_be_read_is_named(name: str) -> None:
    value, reason = DEAD[name]
    with pytest.raises(BadRecord) as caught:
        output(value)
    assert caught.value.reason == reason
    assert reason in REASONS
    assert caught.value.detail


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(rb'{"record_id":"r","output":"a\ud800b"}', "a\ufffdb", id="lone-surrogate"),
        pytest.param(rb'{"record_id":"r","output":"\ud83d\ude00"}', "\U0001f600", id="pair"),
        pytest.param(rb'{"record_id":"r","output":"a\u0000b"}', "a\0b", id="nul"),
        pytest.param(body(output=""), "", id="empty"),
        pytest.param(body(output="x" * 10_000), "x" * 1_000, id="cut"),
        pytest.param(body(unknown={"a": [1]}), "text", id="unknown-field"),
    ],
)
def test_odd_outputs_are_scored(value: bytes, text: str) -> None:
    assert output(value).output == text


def test_every_field_arrives() -> None:
    record = output(
        body(
            deployment="bot",
            event_time="2026-09-21T12:00:00+02:00",
            user="alice@example.org",
            context=["one", {"text": "two", "id": "d2"}],
            messages=[{"role": "user", "content": "hi"}],
            labels={"region": "eu", "canary": True},
        )
    )
    assert record.deployment == "bot"
    assert record.event_time == datetime(2026, 9, 21, 10, tzinfo=UTC).timestamp()
    assert record.context == ("one", "two")
    assert record.messages[0].content == "hi"
    assert record.labels == {"region": "eu", "canary": "True"}
    assert record.user == hash_user("alice@example.org", KEY)
    assert "alice" not in repr(record)


def test_what_formats_know_beside_the_text_reaches_detectors_as_labels() -> None:
    known = {
        "finish_reason": "length",
        "trace_id": "t",
        "span_id": "s",
        "response_id": "chat-1",
    }
    record = output(body(kinds=["image", "audio"], labels={"region": "eu"}, **known))
    assert record.labels == {"region": "eu", "kinds": "image,audio", **known}
    assert output(body()).labels == {}


@pytest.mark.parametrize(
    ("text", "calls", "seen"),
    [
        pytest.param("Hi", [], "Hi", id="text"),
        pytest.param("", [("f", "{}")], "f({})", id="calls-only"),
        pytest.param("Hi", [("f", "{}"), ("g", "")], "Hi\nf({})\ng()", id="both"),
    ],
)
def test_tool_calls_are_part_of_what_a_model_wrote(
    text: str, calls: list[tuple[str, str]], seen: str
) -> None:
    tools = [{"name": name, "arguments": arguments} for name, arguments in calls]
    assert output(body(output=text, tool_calls=tools)).output == seen


@pytest.mark.parametrize(
    "field", ["record_id", "conversation_id", "deployment", "tenant", "model", "model_version"]
)
def test_identifiers_are_bounded(field: str) -> None:
    assert getattr(output(body(**{field: "x" * 5_000})), field) == "x" * 1_000


def test_users_are_hashed_with_the_key() -> None:
    assert hash_user("u", b"one key") != hash_user("u", b"another key")
    assert hash_user("u", b"one key") != hash_user("v", b"one key")
    assert hash_user(None, KEY) is None


def test_time_of_arrival_stands_in_for_a_missing_event_time() -> None:
    assert output(body()).event_time == NOW


@pytest.mark.parametrize("seconds", [EARLIEST, NOW, NOW + LATEST_AHEAD])
def test_bounds_of_time_are_inside(seconds: float) -> None:
    assert event_seconds(seconds, NOW, NOW) == seconds


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(value: bytes) -> None:
    for decode in (
        lambda: output(value),
        lambda: decode_feedback(value, offset=0, received=NOW, now=NOW, hash_key=KEY),
    ):
        try:
            decode()
        except BadRecord as bad:
            assert bad.reason in REASONS


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
_FIELDS = st.sampled_from(
    ["record_id", "output", "context", "messages", "event_time", "labels", "user", "turn"]
)


@given(st.dictionaries(_FIELDS, _JSON))
def test_no_json_raises_anything_else(fields: dict[str, object]) -> None:
    secret = "correct-horse-battery"
    value = json.dumps({"record_id": "r", "output": secret, **fields}).encode()
    try:
        output(value)
    except BadRecord as bad:
        assert bad.reason in REASONS
        assert secret not in bad.detail


@pytest.mark.parametrize(
    ("fields", "signal", "score"),
    [
        pytest.param({"kind": "complaint"}, "feedback.complaint", 1.0, id="complaint"),
        pytest.param({"kind": "rating", "value": 0}, "feedback.bad_rating", 1.0, id="worst"),
        pytest.param({"kind": "rating", "value": 1}, "feedback.bad_rating", 0.0, id="best"),
        pytest.param({"kind": "label", "value": 1}, "feedback.label", 1.0, id="label"),
    ],
)
def test_feedback_becomes_a_row(fields: dict[str, object], signal: str, score: float) -> None:
    value = json.dumps({"feedback_id": "f", "deployment": "bot", "user": "u", **fields}).encode()
    deployment, judged, row = decode_feedback(value, offset=7, received=NOW, now=NOW, hash_key=KEY)
    assert (deployment, judged, row.offset) == ("bot", signal, 7)
    assert row.scores.get(signal, 0.0) == score
    assert row.user == hash_user("u", KEY)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"kind": "rating"}, id="no-value"),
        pytest.param({"kind": "rating", "value": 5}, id="five-stars"),
        pytest.param({"kind": "praise"}, id="unknown-kind"),
    ],
)
def test_wrong_feedback_is_refused(fields: dict[str, object]) -> None:
    value = json.dumps({"feedback_id": "f", **fields}).encode()
    with pytest.raises(BadRecord):
        decode_feedback(value, offset=0, received=NOW, now=NOW, hash_key=KEY)
