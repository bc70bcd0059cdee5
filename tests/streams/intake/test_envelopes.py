"""What Kafka Connect and Debezium put around a message."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import BadRecord
from streams.intake.recognise import Part, read
from streams.records import Output

ROW = {"record_id": "n-1", "output": "Gate B.", "deployment": "frontdesk"}
SOURCE = {
    "version": "2.7.0.Final",
    "connector": "postgresql",
    "name": "app",
    "ts_ms": 1793000000123,
}
CHAT = {
    "id": "r-1",
    "object": "chat.completion",
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Gate B."}}],
}


def event(op: str, **fields: Any) -> dict[str, Any]:
    return {
        "before": None,
        "after": None,
        "source": SOURCE,
        "op": op,
        "ts_ms": 1793000000456,
        **fields,
    }


def connect(payload: Any, kind: str = "struct") -> dict[str, Any]:
    return {"schema": {"type": kind, "optional": False}, "payload": payload}


def parts(message: Any, form: str = "auto", headers: Any = ()) -> list[Part]:
    return read(
        message if isinstance(message, bytes) else json.dumps(message).encode(), headers, form
    )


def one(message: Any, form: str = "auto", headers: Any = ()) -> Output:
    (part,) = parts(message, form, headers)
    assert isinstance(part.what, Output), part.what
    return part.what


def packed_in(value: bytes) -> str:
    return base64.b64encode(gzip.compress(value)).decode()


PACKED = packed_in(json.dumps(ROW).encode())
READ = {
    "connect-gzip": connect(PACKED, "bytes"),
    "connect-gzip-without-schema": {"schema": None, "payload": PACKED},
    "gzip-beside-fields": {"payload": PACKED, "topic": "answers"},
    "outbox-gzip": {"aggregatetype": "answer", "aggregateid": "4", "payload": PACKED},
    "logical-message-gzip": event("m", message={"prefix": "p", "content": PACKED}),
    "cloudevent-gzip": {
        **{"specversion": "1.0", "id": "e", "source": "/d", "type": "t"},
        "data_base64": PACKED,
    },
    "gzip-in-gzip": connect(packed_in(json.dumps(connect(PACKED, "bytes")).encode()), "bytes"),
    "connect": connect(ROW),
    "connect-without-schema": {"schema": None, "payload": ROW},
    "connect-text": connect(json.dumps(ROW), "string"),
    "connect-bytes": connect(base64.b64encode(json.dumps(ROW).encode()).decode(), "bytes"),
    "connect-array": connect([ROW], "array"),
    "insert": event("c", after=ROW),
    "snapshot": event("r", after=ROW),
    "update": event("u", after=ROW),
    "update-of-the-answer": event("u", before={**ROW, "output": ""}, after=ROW),
    "update-from-a-placeholder": event("u", before={**ROW, "output": None}, after=ROW),
    "insert-with-schema": connect(event("c", after=ROW)),
    "in-a-cloudevent": {
        **{
            "specversion": "1.0",
            "id": "e",
            "source": "/d",
            "type": "io.debezium.x.datachangeevent",
        },
        **{
            "time": "2026-10-27T00:00:00Z",
            "iodebeziumop": "c",
            "data": {"before": None, "after": ROW},
        },
    },
    "in-a-cloudevent-with-schema": {
        **{
            "specversion": "1.0",
            "id": "e",
            "source": "/d",
            "type": "io.debezium.x.datachangeevent",
        },
        "data": connect(event("c", after=ROW)),
    },
    "around-a-cloudevent": connect(
        {"specversion": "1.0", "id": "e", "source": "/d", "type": "t", "data": ROW}
    ),
    "mongodb": event(
        "c", after=json.dumps({"_id": {"$oid": "65f"}, **ROW, "turn": {"$numberLong": "2"}})
    ),
    "logical-message": event(
        "m", message={"prefix": "p", "content": base64.b64encode(json.dumps(ROW).encode()).decode()}
    ),
    "unwrapped": {**ROW, "__deleted": "false", "__op": "c", "__table": "answers"},
    "unwrapped-with-schema": connect({**ROW, "__deleted": False, "__source_ts_ms": 1793000000123}),
    "shouted": event(
        "c", after={"RECORD_ID": "n-1", "OUTPUT": "Gate B.", "DEPLOYMENT": "frontdesk"}
    ),
    "outbox-row": event(
        "c",
        after={"id": 7, "aggregatetype": "answer", "aggregateid": "4", "payload": json.dumps(ROW)},
    ),
    "outbox-event": {"eventType": "Answered", "payload": ROW},
    "outbox-event-as-text": {"eventType": "Answered", "payload": json.dumps(ROW)},
    "outbox-of-the-router": connect({"aggregateid": "4", "eventType": "Answered", "payload": ROW}),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_inside_is_read(name: str) -> None:
    found = one(READ[name])
    assert (found.record_id, found.output, found.deployment) == ("n-1", "Gate B.", "frontdesk")


SKIPPED = {
    "delete": (event("d", before=ROW), "deleted"),
    "delete-with-schema": (connect(event("d", before=ROW)), "deleted"),
    "delete-in-a-cloudevent": (
        {
            **{"specversion": "1.0", "id": "e", "source": "/d", "type": "t", "iodebeziumop": "d"},
            "data": {"before": ROW, "after": None},
        },
        "deleted",
    ),
    "truncate": (event("t"), "deleted"),
    "tombstone": ({"schema": None, "payload": None}, "deleted"),
    "unwrapped-delete": ({**ROW, "__deleted": "true"}, "deleted"),
    "unwrapped-delete-by-op": ({**ROW, "__op": "d"}, "deleted"),
    "update-of-something-else": (
        event("u", before={**ROW, "seen": False}, after={**ROW, "seen": True}),
        "repeated",
    ),
    "update-without-the-document": (
        event("u", updateDescription={"updatedFields": "{}"}),
        "no_output",
    ),
    "heartbeat": ({"ts_ms": 1793000000456}, "not_an_output"),
    "tables": ({"source": SOURCE, "databaseName": "app", "ddl": "CREATE TABLE …"}, "not_an_output"),
    "transaction": ({"status": "END", "id": "1", "event_count": 3}, "not_an_output"),
}


@pytest.mark.parametrize("name", SKIPPED)
def test_what_is_no_answer_is_skipped_for_its_reason(name: str) -> None:
    message, reason = SKIPPED[name]
    assert [part.what for part in parts(message)] == [reason]


@pytest.mark.parametrize("wrap", [connect, lambda inside: event("c", after=inside)])
def test_any_format_may_be_inside(wrap: Any) -> None:
    row = {"deployment": "frontdesk", "request": {"model": "m"}, "response": CHAT}
    assert one(wrap(row)).output == "Gate B."
    assert one(wrap(CHAT)).record_id == "r-1"


def test_columns_of_lists_are_text() -> None:
    messages = [{"role": "user", "content": "Where?"}]
    calls = [{"name": "gate", "arguments": {"day": 1}}]
    row = {**ROW, "messages": json.dumps(messages), "tool_calls": json.dumps(calls), "turn": 3}
    found = one(event("c", after=row))
    assert [(message.role, message.content) for message in found.messages] == [("user", "Where?")]
    assert [(call.name, call.arguments) for call in found.tool_calls] == [("gate", '{"day": 1}')]


@pytest.mark.parametrize(
    "stored", [1793000000.5, 1793000000500, 1793000000500000, 1793000000500000000]
)
def test_a_columns_time_is_of_any_unit(stored: float) -> None:
    found = one(event("c", after={**ROW, "event_time": stored}))
    assert found.event_time == pytest.approx(1793000000.5)


def test_a_row_without_a_time_has_that_of_its_change() -> None:
    assert one(event("c", after=ROW)).event_time == pytest.approx(1793000000.123)
    assert one(connect(ROW)).event_time is None


def test_a_rows_own_id_names_it() -> None:
    row = {"id": 42, "output": "Gate B."}
    assert one(event("c", after=row)).record_id == "42"
    assert one(event("c", after={"output": "Gate B."})).record_id == ""


def test_headers_of_a_cloudevent_and_an_envelope_inside() -> None:
    headers = (("ce_specversion", b"1.0"), ("ce_id", b"e"), ("ce_source", b"/s"))
    assert one(connect({"output": "Gate B."}), headers=headers).record_id == "/s/e"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        pytest.param(connect(5), "invalid_field", id="a-number"),
        pytest.param({"payload": "hello"}, "unknown_format", id="a-payload-of-text"),
        pytest.param({"payload": {"what": "is this"}}, "unknown_format", id="a-payload-of-nothing"),
        pytest.param(connect("not JSON", "string"), "invalid_json", id="text"),
        pytest.param(connect("%", "bytes"), "invalid_field", id="no-base64"),
        pytest.param(event("c", after="{"), "invalid_field", id="a-broken-document"),
        pytest.param(event("c", after={"what": "is this"}), "unknown_format", id="another-table"),
        pytest.param(event("c", after={**ROW, "messages": "[x"}), "invalid_field", id="no-list"),
        pytest.param(
            event("c", after='{"a":' * 900 + "1" + "}" * 900), "too_deep", id="a-deep-document"
        ),
    ],
)
def test_what_cant_be_read_says_why(message: Any, reason: str) -> None:
    with pytest.raises(BadRecord) as bad:
        parts(message)
    assert bad.value.reason == reason


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        pytest.param(PACKED[:-8], "cut short", id="cut"),
        pytest.param("H4sI%", "not base64", id="no-base64"),
        pytest.param(packed_in(b""), "nothing in it", id="empty"),
        pytest.param(packed_in(b" " * 50_000), "over 40,000 bytes together", id="bomb"),
    ],
)
def test_packed_bytes_that_cannot_be_read_are_told(payload: str, said: str) -> None:
    message = json.dumps(connect(payload, "bytes")).encode()
    with pytest.raises(BadRecord, match=said):
        read(message, most_bytes=40_000)


def test_what_is_packed_in_one_message_is_bounded_together() -> None:
    filled = packed_in(json.dumps({**ROW, "labels": {"x": " " * 15_000}}).encode())
    message = json.dumps([connect(filled, "bytes")] * 4).encode()
    whats = [part.what for part in read(message, most_bytes=40_000)]
    assert [isinstance(what, Output) for what in whats] == [True, True, False, False]
    assert [what.reason for what in whats[2:] if isinstance(what, BadRecord)] == ["too_large"] * 2
    assert all(isinstance(part.what, Output) for part in read(message, most_bytes=70_000))


def test_envelopes_in_envelopes_end() -> None:
    inside: Any = ROW
    for _ in range(200):
        inside = connect(inside)
    with pytest.raises(BadRecord, match="too_deep"):
        parts(inside)


NOT_ENVELOPES = {
    "a-record-with-a-payload": {**ROW, "payload": {"a": 1}},
    "a-record-with-an-op": {**ROW, "op": "c", "source": "web"},
    "a-record-with-before": {**ROW, "before": "noon", "after": "tea"},
    "a-record-with-marks-in-its-text": {**ROW, "output": 'Gate B. "__deleted": "true"'},
}


@pytest.mark.parametrize("name", NOT_ENVELOPES)
def test_what_only_looks_like_one_is_read_as_it_is(name: str) -> None:
    assert one(NOT_ENVELOPES[name]).record_id == "n-1"


NAMES = (
    *(
        "schema",
        "payload",
        "op",
        "before",
        "after",
        "source",
        "ts_ms",
        "type",
        "message",
        "content",
    ),
    *("__deleted", "__op", "event_time", "output", "record_id", "$date", "ddl"),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(json_values, st.sampled_from(["c", "r", "u", "d", "m"]))
def test_nothing_but_bad_records_is_raised(value: Any, op: str) -> None:
    for message in (
        value,
        {"schema": None, "payload": value},
        event(op, after=value, before=value),
    ):
        try:
            assert parts(message)
        except BadRecord as bad:
            assert bad.detail
