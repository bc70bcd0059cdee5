"""Kong's entries: the places its versions write payloads in, and what is no output."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from streams.errors import BadRecord
from streams.intake import kong as format_
from streams.records import Output
from tests.support.gateway_payloads import KONG, KONG_META, KONG_PAYLOADS, kong
from tests.support.odd_json import MARK
from tests.support.openai_payloads import AT, CHAT, EMBEDDINGS
from tests.support.read_output import SEED_TALK, only_output

one = partial(only_output, format_)


def test_every_field_arrives() -> None:
    assert one(KONG) == Output(
        **SEED_TALK,
        record_id="9ec9264afbbbad5fe5c64877d92eeb04",
        conversation_id="conv-7",
        deployment="support-bot",
        tenant="cobalt",
        latency_ms=1400.0,
        event_time=AT + 1.5,
        labels={"provider": "openai", "kong_plugin_id": "546c3856-24b3-469a-bd6c-f6083babd2cd"},
    )


@pytest.mark.parametrize("name", ["3.8", "request-beside", "flat", "streamed", "anthropic"])
def test_versions_hold_the_same_answer(name: str) -> None:
    found = one(KONG_PAYLOADS[name])
    assert found.output == f"We have {MARK} at three pounds."
    assert found.record_id == "9ec9264afbbbad5fe5c64877d92eeb04"
    asked = None if name == "streamed" else f"And this {MARK}?"
    assert found.prompt == asked


def test_server_sent_events_are_put_together() -> None:
    first, second = format_.parse(KONG_PAYLOADS["raw-stream"]).outputs
    assert first.output == f"We have {MARK} at three pounds."
    assert second.record_id.endswith("#1")


def test_payloads_as_objects_and_plain_text() -> None:
    assert one(kong({"proxy": {"payload": {"response": CHAT}}})).response_id == "chatcmpl-1"
    assert one(kong({"proxy": {"payload": {"response": f"{MARK}!"}}})).output == f"{MARK}!"


@pytest.mark.parametrize(
    ("fields", "deployment", "tenant"),
    [
        pytest.param({"route": None}, "llm", "cobalt", id="service"),
        pytest.param({"route": {}, "service": 5}, "gpt-4o", "cobalt", id="model"),
        pytest.param({"consumer": {"custom_id": "77"}}, "support-bot", "77", id="custom-id"),
        pytest.param({"consumer": "x"}, "support-bot", None, id="no-consumer"),
    ],
)
def test_who_called_what(fields: dict[str, Any], deployment: str, tenant: str | None) -> None:
    entry = {"proxy": {"payload": {"response": CHAT}, "meta": KONG_META}}
    found = one({**kong(entry), **fields})
    assert (found.deployment, found.tenant) == (deployment, tenant)


NO_OUTPUTS = {
    "without-payload": (KONG_PAYLOADS["without-payload"], "no_output"),
    "http-error": (KONG_PAYLOADS["refused"], "error"),
    "error-body": (
        kong({"proxy": {"payload": {"response": {"error": {"message": "x"}}}}}),
        "error",
    ),
    "mcp": (KONG_PAYLOADS["mcp"], "not_an_output"),
    "judge": (kong({"ai-llm-as-judge": {"payload": {"response": CHAT}}}), "not_an_output"),
    "embeddings": (kong({"proxy": {"payload": {"response": EMBEDDINGS}}}), "not_an_output"),
}


@pytest.mark.parametrize("name", NO_OUTPUTS)
def test_what_is_no_output_is_skipped(name: str) -> None:
    data, reason = NO_OUTPUTS[name]
    assert format_.recognises(data)
    parsed = format_.parse(data)
    assert (parsed.outputs, parsed.bad, parsed.skipped) == ([], [], [reason])


WRONG = {
    "cut-json": (
        {"proxy": {"payload": {"response": '{"choices": ['}}},
        "kong: ai.proxy.payload.response is text that is not JSON",
    ),
    "response-is-a-number": (
        {"payload": {"request": "{}"}, "ai-proxy": {"payload": {"response": 5}}},
        "kong: ai.ai-proxy.payload.response is a number, not the response of a model",
    ),
    "message-is-missing": (
        {"payload": {"response": {**CHAT, "choices": [{"index": 0}]}}},
        "kong: ai.payload.response.choices[0].message is null, not an object",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_types_are_named_with_their_place(name: str) -> None:
    ai, detail = WRONG[name]
    with pytest.raises(BadRecord) as caught:
        format_.parse(kong(ai))
    assert (caught.value.reason, caught.value.detail) == ("invalid_field", detail)


def test_other_entries_of_kong_are_not_taken() -> None:
    assert not format_.recognises({**KONG, "ai": None})
    assert not format_.recognises({name: KONG[name] for name in KONG if name != "ai"})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param({"model": "m", "response": "At nine.", "done": True}, "At nine.", id="ollama"),
        pytest.param(
            {"id": "c", "finish_reason": "COMPLETE", "message": {
                "role": "assistant", "content": [{"type": "text", "text": "At nine."}]}},
            "At nine.", id="cohere",
        ),
        pytest.param([{"generated_text": "At nine."}], "At nine.", id="tgi"),
        pytest.param(
            {"content": "At nine.", "stop": True, "stop_type": "eos"}, "At nine.", id="llamacpp"
        ),
    ],
)  # fmt: skip
def test_providers_native_replies(body: Any, said: str) -> None:
    output = one(kong({"proxy": {"payload": {"request": "{}", "response": json.dumps(body)}}}))
    assert output.output == said
