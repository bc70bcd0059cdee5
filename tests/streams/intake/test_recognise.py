"""Whatever a message is: its parts, in order, or one error that quotes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import BadRecord
from streams.intake import recognise
from streams.intake.decode import REASONS
from streams.intake.recognise import Part, read
from streams.records import Output
from tests.support.plugged import forget_plugins, plug_in

SECRET = "correct-horse-battery"


@pytest.fixture(autouse=True, scope="module")
def plugins() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        plug_in(patch)
        yield
    forget_plugins()


def told(parts: list[Part]) -> list[str]:
    """Each part in a word: an output's id, a reason, or why it is skipped."""
    return [
        part.what.record_id
        if isinstance(part.what, Output)
        else part.what.reason
        if isinstance(part.what, BadRecord)
        else part.what
        for part in parts
    ]


def native(name: str = "n") -> dict[str, object]:
    return {"record_id": name, "output": "text"}


def shipment(*names: str) -> dict[str, object]:
    return {"shipment": [{"id": name, "text": "text"} for name in names]}


@pytest.mark.parametrize(
    ("data", "form", "parts", "formats"),
    [
        pytest.param(native(), "auto", ["n"], ["native"], id="native"),
        pytest.param(native(), "native", ["n"], ["native"], id="native-declared"),
        pytest.param(shipment("a", "b"), "auto", ["a", "b"], ["shipment"] * 2, id="another"),
        pytest.param(shipment("a"), "shipment", ["a"], ["shipment"], id="another-declared"),
        pytest.param([native("a"), native("b")], "auto", ["a", "b"], ["native"] * 2, id="batch"),
        pytest.param(
            [native("a"), shipment("b", "c"), 5, native("d"), {"record_id": "e"}],
            "auto",
            ["a", "b", "c", "unknown_format", "d", "missing_field"],
            ["native", "shipment", "shipment", "", "native", ""],
            id="batch-of-several-formats",
        ),
        pytest.param(
            {"shipment": [{"skip": "error"}, {}, {"id": "a", "text": "x"}]},
            "auto",
            ["a", "missing_field", "error"],
            ["shipment"] * 3,
            id="outputs-first",
        ),
        pytest.param({"shipment": []}, "auto", ["not_an_output"], ["shipment"], id="nothing-in-it"),
        pytest.param(
            [[native()], native("a")],
            "auto",
            ["unknown_format", "a"],
            ["", "native"],
            id="nested-batch",
        ),
    ],
)
def test_parts_of_a_message(data: object, form: str, parts: list[str], formats: list[str]) -> None:
    found = read(json.dumps(data).encode(), form=form)
    assert told(found) == parts
    assert [part.format for part in found] == formats


def test_bytes_that_are_no_json_are_shown_to_binary_formats() -> None:
    value = b"\x00SHIP" + json.dumps(shipment("a", "b")).encode()
    assert told(read(value)) == told(read(value, form="shipment")) == ["a", "b"]
    with pytest.raises(BadRecord, match="invalid_json"):
        read(b"\x00SHOP")


@pytest.mark.parametrize(
    ("value", "form", "reason", "words"),
    [
        pytest.param(b"", "auto", "empty_message", "no value", id="empty"),
        pytest.param(b"[]", "auto", "unknown_format", "empty array", id="empty-batch"),
        pytest.param(b"7", "auto", "unknown_format", "number", id="number"),
        pytest.param(b"{}", "auto", "unknown_format", "an empty object", id="empty-object"),
        pytest.param(
            json.dumps({SECRET: SECRET, "b": [1], "c": None, "d": {}, "e": "f"}).encode(),
            "auto",
            "unknown_format",
            "an object of 5 fields (1 array, 1 null, 1 object, 2 texts), in no format tried (native, ",
            id="kinds-only",
        ),
        pytest.param(b'[1, "x"]', "auto", "unknown_format", "an array of 2", id="all-unknown"),
        pytest.param(b"{", "shipment", "invalid_json", "not JSON", id="cut"),
        pytest.param(b"\x00SHIP{", "auto", "invalid_field", "shipment: ", id="cut-binary"),
        pytest.param(b"{}", "shipment", "missing_field", "shipment: ", id="declared"),
        pytest.param(b"{}", "native", "missing_field", "record_id", id="native-declared"),
        pytest.param(b"\xff{", "native", "invalid_json", "not JSON", id="native-bytes"),
        pytest.param(b'{"record_id": "r"}', "auto", "missing_field", "output", id="native-half"),
        pytest.param(b'{"output": "x"}', "auto", "missing_field", "record_id", id="no-id"),
        pytest.param(
            b'{"record_id": "", "output": "x"}', "auto", "invalid_field", "empty", id="empty-id"
        ),
        pytest.param(
            json.dumps({"shipment": [{"raise": SECRET}]}).encode(),
            "auto",
            "unexpected",
            "shipment: reading it failed (RuntimeError)",
            id="a-format-that-raises",
        ),
        pytest.param(b"[" + b"0," * 50_000 + b"0]", "auto", "too_many_parts", "50,001", id="batch"),
        pytest.param(
            json.dumps({"shipment": [{"skip": "error"}] * 50_001}).encode(),
            "auto",
            "too_many_parts",
            "50,001",
            id="too-many-in-a-format",
        ),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, "auto", "too_deep", "deep", id="deep"),
    ],
)
def test_what_cannot_be_read_is_named(value: bytes, form: str, reason: str, words: str) -> None:
    with pytest.raises(BadRecord) as caught:
        read(value, form=form)
    assert caught.value.reason == reason
    assert words in caught.value.detail
    assert reason in REASONS
    assert SECRET not in str(caught.value)


def test_native_messages_are_not_parsed_as_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*_: object) -> None:
        raise AssertionError("the slow way")

    monkeypatch.setattr(recognise, "parse_json", no)
    assert told(read(json.dumps(native()).encode())) == ["n"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["record_id", "output", "shipment", "specversion", "id", "source", "data"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
_FORMS = st.sampled_from(["auto", "native", "shipment"])


def _reads(value: bytes, form: str) -> None:
    try:
        parts = read(value, form=form)
    except BadRecord as bad:
        assert bad.reason in REASONS
        return
    assert parts
    assert told(parts) == told(read(value, form=form))


@given(_JSON, _FORMS)
def test_any_json_has_parts_or_one_error(data: object, form: str) -> None:
    _reads(json.dumps(data).encode(), form)


@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda x: b"\x00SHIP" + x), _FORMS)
def test_any_bytes_have_parts_or_one_error(value: bytes, form: str) -> None:
    _reads(value, form)
