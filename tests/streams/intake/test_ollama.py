"""Ollama's own interface: chat and generate, whole and streamed."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from streams.records import WireMessage, WireToolCall
from tests.support.api_payloads import (
    ANSWER,
    OLLAMA,
    OLLAMA_GENERATED,
    OLLAMA_PAYLOADS,
    OLLAMA_REQUEST,
    OLLAMA_STREAM,
    ollama_piece,
)
from tests.support.odd_json import MARK
from tests.support.told_parts import output_of, told

LINES = "\n".join(map(json.dumps, OLLAMA_STREAM))


def generated(text: str, *, done: bool = True, **fields: Any) -> dict[str, Any]:
    return {"model": "m", "created_at": "x", "response": text, "done": done, **fields}


def test_all_that_a_reply_and_its_request_say_comes_through() -> None:
    output = output_of(OLLAMA_PAYLOADS["exchange"])
    assert (output.record_id, output.output) == ("x-1", ANSWER)
    assert output.reasoning == MARK
    assert output.tool_calls == (WireToolCall("reserve", f'{{"seed": "{MARK}"}}'),)
    assert (output.deployment, output.model) == ("shop", "llama3.2")
    assert output.system_prompt == f"You sell {MARK} seed."
    assert output.prompt == f"And this {MARK}?"
    assert output.messages == (
        WireMessage("user", f"Is {MARK} seed in stock?"),
        WireMessage("tool", f"{MARK}: 12 bags"),
    )
    assert output.usage == {"input_tokens": 40, "output_tokens": 9}
    assert output.latency_ms == pytest.approx(4883.583458)
    assert output.event_time == pytest.approx(1789898400.406455)
    assert output.finish_reason == "stop"


def test_generate_has_prompt_and_system_beside_it_or_in_itself() -> None:
    output = output_of(OLLAMA_PAYLOADS["generate"])
    assert (output.output, output.reasoning) == (ANSWER, MARK)
    assert (output.prompt, output.system_prompt) == (f"And this {MARK}?", f"{MARK}!")
    assert output_of(OLLAMA_PAYLOADS["generate-with-its-prompt"]).prompt == f"And this {MARK}?"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(OLLAMA_STREAM, id="list"),
        pytest.param(LINES, id="lines"),
        pytest.param({"status": 200, "body": LINES}, id="http"),
    ],
)
def test_a_streamed_reply_is_the_same_reply(body: Any) -> None:
    whole = output_of({"request": OLLAMA_REQUEST, "response": OLLAMA})
    assert output_of({"request": OLLAMA_REQUEST, "response": body}) == whole


def test_lines_alone_are_an_answer_each_up_to_its_end() -> None:
    assert told(LINES.encode()) == [f"says {ANSWER}"]
    assert told(f"{LINES}\n{LINES}".encode()) == [f"says {ANSWER}"] * 2
    texts = [generated("A", done=False), generated("na."), generated("Bo.")]
    assert told(texts) == ["says Ana.", "says Bo."]


def pieces(*texts: str, at: int = 1, ends: bool = True, **fields: Any) -> list[dict[str, Any]]:
    """A stream that begins at a second and has a piece each second, until its end."""
    made = [
        generated(text, done=False, **{"created_at": f"2026-11-01T09:00:{at + n:02}Z", **fields})
        for n, text in enumerate(texts)
    ]
    if ends:
        made[-1]["done"] = True
    return made


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        pytest.param(
            [*pieces("A", "na.", ends=False), *pieces("B", "o.", at=3, model="n")],
            ["says Ana.", "says Bo."],
            id="another-model",
        ),
        pytest.param(
            [*pieces("A", "na.", at=3, ends=False), *pieces("B", "o.", at=1)],
            ["says Ana.", "says Bo."],
            id="made-before",
        ),
        pytest.param(
            [*pieces("A", "na.", ends=False, id="a"), *pieces("B", "o.", at=3, id="b")],
            ["says Ana.", "says Bo."],
            id="another-id",
        ),
        pytest.param(
            [*pieces("A", "na.", id="a"), *pieces("B", "o.", at=3, id="b")],
            ["says Ana.", "says Bo."],
            id="ended",
        ),
        pytest.param([*pieces("A", "na.", "Bo.")], ["says Ana.Bo."], id="one"),
        pytest.param(
            pieces("A", "na.", created_at="2026-11-01T09:00:01Z"), ["says Ana."], id="one-time"
        ),
        pytest.param(pieces("A", "na.", created_at="soon"), ["says Ana."], id="no-time"),
        pytest.param(
            [*pieces("A", ends=False, model=""), *pieces("na.", at=2)], ["says Ana."], id="no-model"
        ),
    ],
)
def test_a_stream_that_broke_off_is_an_answer_of_its_own(stream: Any, words: list[str]) -> None:
    assert told(stream) == words
    assert told("\n".join(map(json.dumps, stream)).encode()) == words


@pytest.mark.parametrize("text", ['{"a": 1}', '{"choices": [{"message": {}}]}', "[1]", "{oh"])
def test_an_answer_that_is_json_stays_text(text: str) -> None:
    assert told(generated(text)) == [f"says {text}"]
    assert told({"request": {"model": "m", "prompt": "x"}, "response": generated(text)}) == [
        f"says {text}"
    ]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        pytest.param(OLLAMA_PAYLOADS["loaded"], ["not_an_output"], id="loaded"),
        pytest.param(OLLAMA_PAYLOADS["embeddings"], ["not_an_output"], id="embeddings"),
        pytest.param(OLLAMA_PAYLOADS["piece"], ["invalid_field"], id="a-piece-alone"),
        pytest.param(generated(""), ["says "], id="empty"),
        pytest.param({"error": "model 'x' not found"}, ["error"], id="error"),
        pytest.param(
            {"request": OLLAMA_REQUEST, "response": {"error": "model not found"}},
            ["error"],
            id="exchange-error",
        ),
        pytest.param(
            {"response": [ollama_piece(), {"error": "out of memory"}]}, ["error"], id="stream-error"
        ),
        pytest.param(
            {"response": [ollama_piece(content="Three"), {"error": "x"}]},
            ["says Three"],
            id="error-on-the-way",
        ),
        pytest.param(
            {"response": [ollama_piece(content="Three")]}, ["says Three"], id="broken-off"
        ),
        pytest.param({**OLLAMA, "message": {"content": 5}}, ["invalid_field"], id="content-number"),
        pytest.param({**OLLAMA, "done": "yes"}, ["unknown_format"], id="done-is-text"),
        pytest.param({**OLLAMA_GENERATED, "response": None}, ["unknown_format"], id="no-response"),
        pytest.param({"response": [ollama_piece(), 5]}, ["invalid_field"], id="a-number-in-it"),
    ],
)
def test_what_a_reply_is_told_as(payload: Any, words: list[str]) -> None:
    assert told(payload) == words


def test_a_created_at_that_is_no_time_is_left_out() -> None:
    output = output_of({**OLLAMA, "created_at": "yesterday"})
    assert output == msgspec.structs.replace(output_of(OLLAMA), event_time=None)
