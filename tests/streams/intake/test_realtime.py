"""Realtime sessions: each response is an answer of its own, from OpenAI and through LiteLLM."""

from __future__ import annotations

from typing import Any

import pytest

from streams.records import Output
from tests.support.gateway_payloads import litellm
from tests.support.told_parts import parts_of, told


def done(name: str, *said: str, status: str = "completed", **fields: Any) -> dict[str, Any]:
    """The event that ends a response."""
    content = [{"type": "output_audio", "transcript": text} for text in said]
    item = {"id": f"item-{name}", "type": "message", "role": "assistant", "content": content}
    return {
        "type": "response.done",
        "event_id": f"event-{name}",
        "response": {
            "object": "realtime.response",
            "id": name,
            "status": status,
            "conversation_id": "conv_1",
            "output": [item] if said else [],
            "usage": {"total_tokens": 9, "input_tokens": 4, "output_tokens": 5},
            **fields,
        },
    }


def wrote(text: str, name: str = "u") -> list[dict[str, Any]]:
    """A user's message, as it is added and once more when it is done."""
    item = {"id": name, "type": "message", "role": "user"}
    item["content"] = [{"type": "input_text", "text": text}]  # type: ignore[assignment]
    return [{"type": f"conversation.item.{how}", "item": item} for how in ("added", "done")]


def spoke(text: str, name: str = "u") -> list[dict[str, Any]]:
    """The same spoken: the transcript comes later, for an item that doesn't have it."""
    item = {"id": name, "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
    heard = "conversation.item.input_audio_transcription.completed"
    return [
        {"type": "conversation.item.added", "item": item},
        {"type": heard, "item_id": name, "transcript": text},
    ]


CREATED = {"type": "session.created", "session": {"id": "s", "instructions": "Be brief."}}
SESSION = [
    CREATED,
    *wrote("Where?"),
    {"type": "response.created", "response": {"object": "realtime.response", "id": "r-1"}},
    done("r-1", "Gate B."),
    *spoke("When?", "v"),
    done("r-2", "At nine."),
    {"type": "rate_limits.updated", "rate_limits": []},
]


def outputs(message: Any) -> list[Output]:
    return [part.what for part in parts_of(message) if isinstance(part.what, Output)]


def through_litellm(*events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    usage = {"total_tokens": 18}
    return litellm(
        id="c-1", call_type="_arealtime", response={"results": [*events], "usage": usage}, **fields
    )


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(SESSION, id="alone"),
        pytest.param({"response": SESSION}, id="exchange"),
        pytest.param({"events": SESSION, "deployment": "voice"}, id="events"),
    ],
)
def test_each_response_is_an_output_under_its_own_id(message: Any) -> None:
    first, second = outputs(message)
    assert (first.record_id, first.output, first.prompt) == ("r-1", "Gate B.", "Where?")
    assert (second.record_id, second.output, second.prompt) == ("r-2", "At nine.", "When?")
    assert first.system_prompt == "Be brief."
    assert first.usage == second.usage == {"input_tokens": 4, "output_tokens": 5, "total_tokens": 9}
    assert {first.conversation_id, second.conversation_id} == {"conv_1"}
    assert [output.response_id for output in (first, second)] == ["r-1", "r-2"]


def test_litellm_logs_a_session_as_one_call() -> None:
    asked = [{"role": "user", "content": "Where?"}, {"role": "user", "content": "When?"}]
    first, second = outputs(through_litellm(*SESSION, messages=asked))
    assert (first.record_id, first.output, first.prompt) == ("c-1", "Gate B.", "Where?")
    assert (second.record_id, second.output, second.prompt) == ("c-1#1", "At nine.", "When?")
    assert (first.response_id, second.response_id) == ("r-1", "r-2")
    assert first.deployment == "support-model"


def test_what_isnt_told_in_the_events_is_taken_from_the_call() -> None:
    (output,) = outputs(
        through_litellm(done("r-1", "Gate B."), messages=[{"role": "user", "content": "Where?"}])
    )
    assert output.prompt == "Where?"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        pytest.param(through_litellm(), ["no_output"], id="nothing-happened"),
        pytest.param(through_litellm(CREATED), ["no_output"], id="nobody-spoke"),
        pytest.param([CREATED, CREATED], ["not_an_output"], id="no-response"),
        pytest.param(
            [done("r-1", "A."), done("r-2", status="failed"), done("r-3", status="cancelled")],
            ["says A.", "error", "no_output"],
            id="failed-and-cancelled",
        ),
        pytest.param(
            [done("r-1", "A."), done("r-2", output=5)], ["says A.", "invalid_field"], id="broken"
        ),
        pytest.param(
            [done("r-1", "A."), {"type": "response.created", "response": {"id": "r-2"}},
             {"type": "response.output_audio_transcript.delta", "output_index": 0, "delta": "B"}],
            ["says A.", "says B"],
            id="broken-off",
        ),
        pytest.param(litellm(call_type="_arealtime", response=None), ["no_output"], id="redacted"),
    ],
)  # fmt: skip
def test_what_a_session_is_told_as(message: Any, words: list[str]) -> None:
    assert told(message) == words
