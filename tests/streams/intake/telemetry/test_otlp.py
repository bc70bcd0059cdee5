"""OTLP's frame in JSON and protocol buffers: equal outputs, and clear errors for anything else."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import BadRecord
from streams.intake.formats import Parsed
from streams.intake.telemetry import otlp
from tests.streams.intake.telemetry import test_genai, test_langfuse, test_openinference
from tests.support.otlp_messages import (
    END,
    event,
    log,
    logs,
    protobuf,
    read_both,
    span,
    spans,
)

ANSWER = "an-answer-" + "never-quoted"
MESSAGE = [{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}]}]
GOOD = span({"gen_ai.output.messages": MESSAGE})

plain = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    [
        "gen_ai.output.messages",
        "gen_ai.input.messages",
        "gen_ai.completion",
        "gen_ai.completion.0.content",
        "gen_ai.operation.name",
        "gen_ai.usage.input_tokens",
        "gen_ai.retrieval.documents",
        "openinference.span.kind",
        "llm.output_messages.0.message.content",
        "output.value",
        "langfuse.observation.type",
        "langfuse.observation.output",
        "user.id",
    ]
)
interesting = values | st.sampled_from(["LLM", "chat", "generation", MESSAGE, json.dumps(MESSAGE)])
attribute_sets = st.dictionaries(names, interesting, max_size=5)
events = st.builds(
    event, st.sampled_from(["gen_ai.choice", "gen_ai.user.message", "x"]), attribute_sets
)


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """Well-formed OTLP with any content."""
    ids = st.integers(1, 3).map(lambda n: f"{n:016x}")
    if draw(st.booleans()):
        items = [
            span(draw(attribute_sets), *draw(st.lists(events, max_size=2)), spanId=draw(ids))
            for _ in range(draw(st.integers(1, 3)))
        ]
        return spans(*items, deployment__environment=draw(plain))
    records = [
        log(
            draw(st.sampled_from(["gen_ai.choice", "x"])),
            draw(attribute_sets),
            draw(interesting),
            spanId=draw(ids),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    return logs(*records)


@settings(max_examples=150)
@given(messages())
def test_json_and_protocol_buffers_give_the_same(message: dict[str, Any]) -> None:
    read_both(message)


GOLDEN = [
    *test_genai.SAME_ANSWER.values(),
    spans(span(test_openinference.LLM)),
    spans(span(test_langfuse.GENERATION)),
]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=10,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A golden message with nodes replaced or gone."""
    data = copy.deepcopy(draw(st.sampled_from(GOLDEN)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places(data)))
        if not place:
            return draw(anything)
        parent = data
        for key in place[:-1]:
            parent = parent[key]
        if draw(st.booleans()):
            del parent[place[-1]]
        else:
            parent[place[-1]] = draw(anything)
    return data


def tolerant(read: Any, value: Any) -> Parsed | None:
    try:
        return read(value)
    except BadRecord as bad:
        assert "Rain" not in bad.detail
        return None


@settings(max_examples=300)
@given(mutated())
def test_nothing_but_bad_records_is_raised(data: Any) -> None:
    otlp.recognises(data)
    parsed = tolerant(otlp.parse, data)
    for bad in parsed.bad if parsed else []:
        assert bad.reason in ("invalid_field", "missing_field", "too_deep")
        assert "Rain" not in bad.detail


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_bad_records(value: bytes) -> None:
    otlp.recognises_bytes(value)
    tolerant(otlp.parse_bytes, value)


@settings(max_examples=300)
@given(st.sampled_from([protobuf(message) for message in GOLDEN]), st.data())
def test_damaged_bytes_raise_nothing_but_bad_records(value: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(value) - 1))
    damaged = (
        value[:at] + data.draw(st.binary(max_size=3)) + value[at + data.draw(st.integers(0, 3)) :]
    )
    otlp.recognises_bytes(damaged)
    tolerant(otlp.parse_bytes, damaged)


NOT_OTLP: dict[str, Any] = {
    "number": 7,
    "list": [],
    "native": {"record_id": "a", "output": "b"},
    "spans-as-text": {"resourceSpans": "x"},
    "openai": {"id": "x", "choices": []},
}


@pytest.mark.parametrize("data", NOT_OTLP.values(), ids=NOT_OTLP.keys())
def test_other_json_is_not_recognised(data: Any) -> None:
    assert not otlp.recognises(data)
    with pytest.raises(BadRecord, match="otlp: "):
        otlp.parse(data)


NOT_SPANS = {
    "text": b"hello",
    "empty": b"",
    "json": b'{"resourceSpans": []}',
    "half": protobuf(spans(GOOD))[:-20],
    "avro-like": b"\x00\x00\x00\x00\x01" + bytes(40),
    "other-protobuf": b"\x0a\x05hello\x12\x03abc",
    "long-varint": b"\xff" * 30,
}


@pytest.mark.parametrize("value", NOT_SPANS.values(), ids=NOT_SPANS.keys())
def test_other_bytes_are_not_recognised(value: bytes) -> None:
    assert not otlp.recognises_bytes(value)
    with pytest.raises(BadRecord, match="otlp: the bytes hold neither spans nor log records"):
        otlp.parse_bytes(value)


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "trace-id": (spans(span({}, traceId="xyz")), "spans[0].traceId is not 32 hexadecimal digits"),
    "base64-id": (spans(span({}, spanId="APBnqgupArc=")), "spanId is not 16 hexadecimal digits"),
    "no-id": (spans(span({}, spanId=None)), "spanId is null, not 16 hexadecimal digits"),
    "time": (spans(span({}, endTimeUnixNano="soon")), "endTimeUnixNano is text, not nanoseconds"),
    "attributes": (spans(span({}, attributes={"a": "b"})), "attributes is an object, not a list"),
    "key": (spans(span({}, attributes=[{"value": {}}])), "attributes[0].key is null, not text"),
    "value": (
        spans(span({}, attributes=[{"key": "k", "value": {"stringValue": 7}}])),
        "attributes[0].value.stringValue is a number",
    ),
    "log-id": (logs(log("gen_ai.choice", traceId="zz")), "logRecords[0].traceId is not 32"),
}


@pytest.mark.parametrize(("message", "detail"), BROKEN.values(), ids=BROKEN.keys())
def test_one_broken_item_is_named_and_costs_no_other(message: dict[str, Any], detail: str) -> None:
    outer, middle, inner = (
        ("resourceSpans", "scopeSpans", "spans")
        if "resourceSpans" in message
        else ("resourceLogs", "scopeLogs", "logRecords")
    )
    good = GOOD if inner == "spans" else log("gen_ai.choice", {}, {"message": ANSWER})
    message[outer][0][middle][0][inner].append(good)
    parsed = otlp.parse(message)
    assert [output.output for output in parsed.outputs] == [ANSWER]
    (bad,) = parsed.bad
    assert bad.detail.startswith("otlp: resource")
    assert detail in bad.detail


def test_a_broken_frame_is_an_error_of_the_message() -> None:
    with pytest.raises(BadRecord, match=r"otlp: resourceSpans\[0\].scopeSpans is text, not a list"):
        otlp.parse({"resourceSpans": [{"scopeSpans": "x"}]})


NULLS = {
    "resource-spans": {"resourceSpans": [None]},
    "scope-spans": {"resourceSpans": [{"scopeSpans": [None]}]},
    "resource": {"resourceSpans": [{"resource": None, "scopeSpans": None}]},
    "logs": {"resourceLogs": [None, {"scopeLogs": [{"logRecords": None}]}]},
}


@pytest.mark.parametrize("message", NULLS.values(), ids=NULLS.keys())
def test_null_is_as_good_as_nothing(message: dict[str, Any]) -> None:
    assert otlp.parse(message) == Parsed()


def test_short_ids_in_protocol_buffers_are_named() -> None:
    message = spans(GOOD, span({}, spanId="ab"))
    (bad,) = otlp.parse_bytes(protobuf(message)).bad
    assert bad.detail == "otlp: a span's span_id is not 8 bytes long"


def test_numbers_may_be_text_or_numbers_and_ids_of_either_case() -> None:
    item = span({"gen_ai.output.messages": MESSAGE}, endTimeUnixNano=END, traceId="AB" * 16)
    item["attributes"].append({"key": "gen_ai.usage.input_tokens", "value": {"intValue": 7}})
    (output,) = otlp.parse(spans(item)).outputs
    assert (output.event_time, output.trace_id) == (END / 1e9, "ab" * 16)
    assert output.usage == {"input_tokens": 7}


def test_deep_values_are_refused() -> None:
    deep: dict[str, Any] = {"stringValue": "x"}
    for _ in range(200):
        deep = {"arrayValue": {"values": [deep]}}
    (bad,) = otlp.parse(spans(span({}, attributes=[{"key": "k", "value": deep}]))).bad
    assert bad.reason == "too_deep"


def test_lone_surrogates_become_replacement_characters() -> None:
    item = span({"gen_ai.output.messages": '[{"role": "assistant", "content": "a\\ud83d"}]'})
    assert otlp.parse(spans(item)).outputs[0].output == "a\ufffd"
    item = span({"gen_ai.completion": "a\ud83d"})
    assert otlp.parse(spans(item)).outputs[0].output == "a\ufffd"


def test_metrics_are_skipped() -> None:
    assert otlp.parse({"resourceMetrics": [{}]}).skipped == ["not_an_output"]


def test_many_spans_keep_their_order() -> None:
    many = [span({"gen_ai.completion": str(n)}, spanId=f"{n + 1:016x}") for n in range(500)]
    parsed = read_both(spans(*many))
    assert [output.output for output in parsed.outputs] == [str(n) for n in range(500)]
