"""LiteLLM's payload: whose call it was, what came back in which shape, and what is no output."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from streams.errors import BadRecord
from streams.intake import litellm as format_
from streams.records import Output, WireDocument, WireToolCall
from tests.support.gateway_payloads import (
    ANTHROPIC_STREAM,
    GEMINI,
    LITELLM,
    LITELLM_PAYLOADS,
    REDACTED,
    litellm,
)
from tests.support.odd_json import MARK
from tests.support.openai_payloads import AT, CHAT, CHUNKS, RESPONSE
from tests.support.read_output import SEED_TALK, only_output

one = partial(only_output, format_)


def test_every_field_arrives() -> None:
    assert one(LITELLM) == Output(
        **SEED_TALK,
        record_id="chatcmpl-1",
        conversation_id="session-7",
        deployment="support-model",
        tenant="team-cobalt",
        context=(WireDocument(f"{MARK}: three pounds.\nClosed on Sunday.", "file-9"),),
        latency_ms=1250.0,
        event_time=AT + 1.5,
        labels={
            "provider": "openai",
            "litellm_call_id": "5282baec-d75b-4d88-af1b-af31f6e4ed7a",
        },
    )


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        pytest.param("responses", ("file_search", "reserve"), id="responses"),
        pytest.param("anthropic", ("reserve",), id="anthropic"),
        pytest.param("gemini", ("reserve",), id="gemini"),
    ],
)
def test_responses_of_other_interfaces(name: str, calls: tuple[str, ...]) -> None:
    found = one(LITELLM_PAYLOADS[name])
    assert found.output == f"We have {MARK} at three pounds."
    assert tuple(call.name for call in found.tool_calls) == calls
    assert "reasoning" in found.kinds
    assert found.prompt == f"And this {MARK}?"


@pytest.mark.parametrize(
    ("call_type", "response"),
    [
        pytest.param("anthropic_messages", ANTHROPIC_STREAM, id="anthropic-events"),
        pytest.param("agenerate_content_stream", [GEMINI], id="gemini-parts"),
        pytest.param("acompletion", CHUNKS, id="chunks"),
        pytest.param("allm_passthrough_route", {"response": CHAT}, id="passed-through"),
        pytest.param("pass_through_endpoint", f"We have {MARK} at three pounds.", id="text"),
    ],
)
def test_streams_and_what_is_passed_through(call_type: str, response: Any) -> None:
    parsed = format_.parse(litellm(call_type=call_type, response=response))
    assert parsed.outputs[0].output == f"We have {MARK} at three pounds."


def test_anthropic_events_and_the_whole_are_the_same() -> None:
    whole = one(LITELLM_PAYLOADS["anthropic"])
    streamed = one(litellm(call_type="anthropic_messages", response=ANTHROPIC_STREAM))
    assert (streamed.output, streamed.kinds, streamed.finish_reason) == (
        *(whole.output, whole.kinds, whole.finish_reason),
    )
    assert whole.tool_calls == streamed.tool_calls
    assert whole.tool_calls == (WireToolCall("reserve", f'{{"seed": "{MARK}"}}'),)


WHOSE = {
    "organisation": ({"user_api_key_org_id": "org-1"}, {}, ("org-1", None)),
    "team-of-metadata": ({"team_id": "t"}, {}, ("t", None)),
    "owner-of-the-key": ({"user_api_key_user_id": "u"}, {}, (None, "u")),
    "parameter": ({"user_api_key_user_id": "u"}, {"model_parameters": {"user": "p"}}, (None, "p")),
    "end-user": ({"user_api_key_user_id": "u"}, {"end_user": "e"}, (None, "e")),
    "odd-types": ({"user_api_key_team_id": [], "user_api_key_user_id": {}}, {}, (None, None)),
}


@pytest.mark.parametrize("name", WHOSE)
def test_whose_call_it_was(name: str) -> None:
    metadata, fields, whose = WHOSE[name]
    found = one(litellm(**{"metadata": metadata, "end_user": None, **fields}))
    assert (found.tenant, found.user) == whose


@pytest.mark.parametrize(
    ("fields", "conversation", "trace"),
    [
        pytest.param({"session_id": "s", "trace_id": "t"}, "s", None, id="session"),
        pytest.param(
            {"metadata": {"requester_metadata": {"session_id": "r"}}}, "r", None, id="metadata"
        ),
        pytest.param({"trace_id": "chat-9"}, "chat-9", None, id="trace-of-the-caller"),
        pytest.param({"trace_id": "0af7" * 8}, "0af7" * 8, "0af7" * 8, id="opentelemetry-trace"),
        pytest.param({}, None, None, id="none"),
    ],
)
def test_conversations(fields: dict[str, Any], conversation: str | None, trace: str | None) -> None:
    found = one({**litellm(session_id="", trace_id=None), **fields})
    assert (found.conversation_id, found.trace_id) == (conversation, trace)


NO_OUTPUTS = {
    "failure": (LITELLM_PAYLOADS["failure"], "error"),
    "redacted": (LITELLM_PAYLOADS["redacted"], "no_output"),
    "redacted-text": (litellm(response={"text": REDACTED}), "no_output"),
    "redacted-plainly": (litellm(response=REDACTED), "no_output"),
    "excluded": ({k: v for k, v in LITELLM.items() if k != "response"}, "no_output"),
    "nothing": (litellm(response={}), "no_output"),
    "embedding": (LITELLM_PAYLOADS["embedding"], "not_an_output"),
    "speech": (litellm(call_type="aspeech", response={}), "not_an_output"),
    "stored-response": (litellm(call_type="aget_responses", response=RESPONSE), "not_an_output"),
}


@pytest.mark.parametrize("name", NO_OUTPUTS)
def test_what_is_no_output_is_skipped(name: str) -> None:
    data, reason = NO_OUTPUTS[name]
    parsed = format_.parse(data)
    assert (parsed.outputs, parsed.bad, parsed.skipped) == ([], [], [reason])


def test_a_redacted_prompt_is_no_prompt() -> None:
    found = one(litellm(messages=[{"role": "user", "content": REDACTED}]))
    assert (found.prompt, found.output) == (None, f"We have {MARK} at three pounds.")


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        pytest.param(
            litellm(response=5),
            *("invalid_field", "litellm: response is a number, not the response of a model"),
            id="response-is-a-number",
        ),
        pytest.param(
            litellm(response={**CHAT, "choices": [{"message": {"content": 5}}]}),
            "invalid_field",
            "litellm: response.choices[0].message.content is a number, not text or parts",
            id="content-is-a-number",
        ),
    ],
)
def test_wrong_types_are_named_with_their_place(data: Any, reason: str, detail: str) -> None:
    with pytest.raises(BadRecord) as caught:
        format_.parse(data)
    assert (caught.value.reason, caught.value.detail) == (reason, detail)


def test_a_call_without_any_id_leaves_it_open() -> None:
    parsed = format_.parse(litellm(id=None, litellm_call_id=None, response="text"))
    assert [output.record_id for output in parsed.outputs] == [""]
