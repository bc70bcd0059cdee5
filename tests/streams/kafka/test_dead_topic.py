"""What of a dead letter is sent again, and where."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from streams.config.settings import Intake, IntakeSource, Settings
from streams.dead_letters import dead_letter
from streams.errors import BadRecord
from streams.kafka.dead_topic import Again, CantBeSent, again, payload, read_letter
from streams.kafka.lookup import Original
from streams.place import Place
from streams.records import DeadLetter

ONE = json.dumps({"record_id": "a", "output": "Fine."}).encode()
SEVERAL = json.dumps([{"record_id": name, "output": name} for name in "abc"]).encode()
CHAT = json.dumps(
    {
        "id": "c-1",
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Fine."}}],
    }
).encode()
SETTINGS = Settings(
    intake=Intake(
        sources={"chats": IntakeSource(format="openai_chat", deployment="desk", tenant="acme")}
    )
)


def letter(
    value: bytes, topic: str = "llm.outputs", part: int = 0, most: int = 10_000, **more: Any
) -> DeadLetter:
    place = Place(topic, 1, 7, part)
    return dead_letter(place, value, "timed_out", "", failed_at=1.0, most_bytes=most, **more)


def nothing(_: Place) -> Original | None:
    return None


@pytest.mark.parametrize(
    ("one", "original", "expected"),
    [
        pytest.param(letter(ONE), None, Again("llm.outputs", ONE), id="whole"),
        pytest.param(letter(CHAT, "chats"), None, Again("chats", CHAT), id="another format"),
        pytest.param(
            letter(b'{"kind": "complaint"}', "llm.feedback"),
            None,
            Again("llm.feedback", b'{"kind": "complaint"}'),
            id="feedback",
        ),
        pytest.param(letter(ONE, most=5), ONE, Again("llm.outputs", ONE), id="cut, but kept"),
        pytest.param(letter(b""), ONE, Again("llm.outputs", ONE), id="empty, but kept"),
    ],
)
def test_a_message_of_one_part_is_sent_as_it_was(
    one: DeadLetter, original: bytes | None, expected: Again
) -> None:
    kept = None if original is None else Original(original, 0)
    assert again(one, lambda _: kept, SETTINGS) == expected


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "gone"])
def test_of_several_parts_only_the_one_that_died_is_sent(kept: bool) -> None:
    original = Original(SEVERAL, 0) if kept else None
    sent = again(letter(SEVERAL, part=1), lambda _: original, SETTINGS)
    assert sent.topic == "llm.outputs"
    assert json.loads(sent.value)["record_id"] == "b"


def test_a_part_that_came_as_a_native_record_goes_to_the_outputs_topic_at_home() -> None:
    sent = again(letter(ONE, "chats", part=2), nothing, SETTINGS)
    told = json.loads(sent.value)
    assert sent.topic == "llm.outputs"
    assert (told["record_id"], told["deployment"], told["tenant"]) == ("a", "desk", "acme")
    named = json.dumps({"record_id": "a", "output": "b", "deployment": "shop", "tenant": "z"})
    told = json.loads(again(letter(named.encode(), "chats", part=2), nothing, SETTINGS).value)
    assert (told["deployment"], told["tenant"]) == ("shop", "z")


def test_headers_that_make_an_event_go_with_it() -> None:
    headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", b"e-1"),
        ("ce_type", b"t"),
        ("ce_source", b"s"),
    )
    sent = again(letter(ONE), lambda _: Original(ONE, 0, headers), SETTINGS)
    assert sent == Again("llm.outputs", ONE, headers)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        pytest.param(letter(ONE, "llm.incidents"), "no topic of records", id="a page"),
        pytest.param(letter(ONE, "elsewhere"), "no topic of records", id="not read any more"),
        pytest.param(letter(ONE, most=5), "isn't kept on its topic", id="cut"),
        pytest.param(letter(b""), "isn't kept on its topic", id="empty"),
    ],
)
def test_what_cant_be_sent_is_told(one: DeadLetter, words: str) -> None:
    with pytest.raises(CantBeSent, match=words):
        again(one, nothing, SETTINGS)


@pytest.mark.parametrize("value", [b"{nope", b"\xff\x00", b"17"])
def test_what_still_cant_be_read_raises(value: bytes) -> None:
    with pytest.raises(BadRecord):
        again(letter(value), nothing, SETTINGS)


def test_letters_and_what_is_none() -> None:
    one = letter(ONE)
    assert read_letter(msgspec.json.encode(one)) == one
    assert payload(one) == ONE
    assert payload(msgspec.structs.replace(one, payload="%")) is None
    for value in (None, b"", b"[]", b"{", b"\xff", b"[" * 100_000):
        assert read_letter(value) is None
