"""CloudEvents, in both modes, around messages of any format."""

from __future__ import annotations

import base64
import json

import pytest

from streams.errors import BadRecord
from streams.intake.recognise import read
from streams.records import Output

TIME = "2026-10-01T10:00:00.123456789Z"
ENVELOPE = {
    "specversion": "1.0",
    "type": "com.example.answer",
    "source": "/gateway/eu",
    "id": "e-1",
    "time": TIME,
}
HEADERS = tuple((f"ce_{name}", value.encode()) for name, value in ENVELOPE.items())
ANSWER = {"output": "text", "deployment": "bot"}


def outputs(value: object, headers: tuple[tuple[str, bytes], ...] = ()) -> list[Output]:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    whats = [part.what for part in read(raw, headers)]
    assert all(isinstance(what, Output) for what in whats)
    return whats  # type: ignore[return-value]


def event(**fields: object) -> dict[str, object]:
    return {**ENVELOPE, **fields}


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        pytest.param(event(data=ANSWER), (), id="structured"),
        pytest.param(event(data=json.dumps(ANSWER)), (), id="structured-text"),
        pytest.param(
            event(data_base64=base64.b64encode(json.dumps(ANSWER).encode()).decode()),
            (),
            id="structured-base64",
        ),
        pytest.param(ANSWER, HEADERS, id="binary"),
    ],
)
def test_the_envelope_fills_in_what_the_message_leaves_open(
    value: object, headers: tuple[tuple[str, bytes], ...]
) -> None:
    (output,) = outputs(value, headers)
    assert (output.record_id, output.event_time) == ("/gateway/eu/e-1", TIME)
    assert (output.output, output.deployment) == ("text", "bot")


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_what_the_message_says_itself_stands(mode: str) -> None:
    own = {**ANSWER, "record_id": "mine", "event_time": 1.7e9}
    (output,) = outputs(event(data=own)) if mode == "structured" else outputs(own, HEADERS)
    assert (output.record_id, output.event_time) == ("mine", 1.7e9)


@pytest.mark.parametrize("mode", ["structured", "binary"])
@pytest.mark.parametrize("own", [{"record_id": ""}, {"record_id": None}, {}], ids=str)
def test_an_open_id_inside_is_the_events(own: dict[str, object], mode: str) -> None:
    inside = {**ANSWER, **own}
    (output,) = outputs(event(data=inside)) if mode == "structured" else outputs(inside, HEADERS)
    assert output.record_id == "/gateway/eu/e-1"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"id": None}, id="null"),
        pytest.param({"id": ""}, id="empty"),
        pytest.param({"source": None}, id="no-source"),
        pytest.param({"id": None, "source": ""}, id="neither"),
    ],
)
def test_an_event_without_an_id_of_its_own_leaves_it_open(fields: dict[str, object]) -> None:
    (output,) = outputs(event(data=ANSWER, **fields))
    assert (output.record_id, output.event_time, output.output) == ("", TIME, "text")
    missing = {name: given for name, given in event(data=ANSWER).items() if name not in fields}
    assert outputs(missing) == [output]


def test_a_number_is_an_events_id() -> None:
    (output,) = outputs(event(data=ANSWER, id=7))
    assert output.record_id == "/gateway/eu/7"


@pytest.mark.parametrize("mode", ["structured", "binary"])
@pytest.mark.parametrize("id_", ["", None, "own"], ids=str)
def test_an_answer_inside_without_an_id_has_the_events(id_: str | None, mode: str) -> None:
    choices = [{"index": n, "message": {"content": "text"}} for n in (0, 1)]
    reply = {"id": id_, "object": "chat.completion", "choices": choices}
    found = outputs(event(data=reply)) if mode == "structured" else outputs(reply, HEADERS)
    assert [output.record_id for output in found] == (
        ["own", "own#1"] if id_ else ["/gateway/eu/e-1#0", "/gateway/eu/e-1#1"]
    )


def test_several_outputs_in_one_event_have_ids_of_their_own() -> None:
    found = outputs(event(data=[ANSWER, {**ANSWER, "record_id": "b"}, ANSWER]))
    assert [one.record_id for one in found] == ["/gateway/eu/e-1#0", "b", "/gateway/eu/e-1#2"]


def test_a_batch_of_events_keeps_each_ones_envelope() -> None:
    found = outputs([event(data=ANSWER), event(id="e-2", data=ANSWER)])
    assert [one.record_id for one in found] == ["/gateway/eu/e-1", "/gateway/eu/e-2"]


@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        pytest.param(event(), (), "missing_field", id="no-data"),
        pytest.param(event(data_base64="*"), (), "invalid_field", id="not-base64"),
        pytest.param(event(data=event(data=ANSWER)), (), "unknown_format", id="event-in-event"),
        pytest.param(event(data="hello"), (), "invalid_json", id="not-json"),
        pytest.param({"x": 1}, HEADERS, "unknown_format", id="binary-unknown"),
    ],
)
def test_an_event_without_a_message_is_refused(
    value: object, headers: tuple[tuple[str, bytes], ...], reason: str
) -> None:
    with pytest.raises(BadRecord) as caught:
        read(json.dumps(value).encode(), headers)
    assert caught.value.reason == reason


def test_an_event_without_source_or_id_gives_none() -> None:
    headers = tuple(pair for pair in HEADERS if pair[0] != "ce_source")
    (output,) = outputs(ANSWER, headers)
    assert output.record_id == ""
