"""Bedrock's log: every family of models, whole and streamed, callers, and what is no output."""

from __future__ import annotations

from functools import partial

import pytest

from streams.errors import BadRecord
from streams.intake import bedrock as format_
from streams.records import Output, WireDocument, WireMessage, WireToolCall
from tests.support.gateway_payloads import (
    ANSWER,
    BEDROCK_PAYLOADS,
    CONVERSE,
    CONVERSE_REQUEST,
    ROLE,
    bedrock,
)
from tests.support.odd_json import MARK
from tests.support.read_output import only_output
from tests.support.told_parts import told

SKIPPED = {
    "in-s3": "no_output",
    "failed": "error",
    "embedding": "not_an_output",
    "image": "not_an_output",
}
ANSWERED = [name for name in BEDROCK_PAYLOADS if name not in (*SKIPPED, "cloudwatch")]


one = partial(only_output, format_)


def test_every_field_arrives() -> None:
    tags = {"tenant": "cobalt", "userId": f"{MARK}-3", "sessionId": "s-7", "deployment": "bot"}
    entry = {**BEDROCK_PAYLOADS["converse"], "requestMetadata": tags}
    assert one(entry) == Output(
        record_id="ff4b6c63-5561-4431-93b8-06a817275900",
        output=ANSWER,
        conversation_id="s-7",
        deployment="bot",
        model="amazon.nova-lite-v1:0",
        model_version="amazon.nova-lite-v1:0",
        tenant="cobalt",
        user=f"{MARK}-3",
        prompt=f"And this {MARK}?",
        messages=(
            WireMessage("user", f"Is {MARK} seed in stock?"),
            WireMessage("tool", f"{MARK}: 12 bags"),
        ),
        system_prompt=f"You sell {MARK} seed.",
        tool_calls=(WireToolCall("reserve", f'{{"seed": "{MARK}"}}'),),
        kinds=("reasoning",),
        reasoning=MARK,
        finish_reason="tool_use",
        usage={"input_tokens": 40, "output_tokens": 9},
        latency_ms=302.0,
        event_time="2026-09-21T12:00:00Z",
        labels={"caller_role": "support-bot", "operation": "Converse", "region": "us-east-1"},
    )


@pytest.mark.parametrize("name", ANSWERED)
def test_every_family_of_models(name: str) -> None:
    found = one(BEDROCK_PAYLOADS[name])
    assert found.output == ANSWER
    assert found.prompt == f"And this {MARK}?"


@pytest.mark.parametrize(
    ("name", "finish"),
    [
        pytest.param("titan", "FINISH", id="titan"),
        pytest.param("titan-stream", "FINISH", id="titan-stream"),
        pytest.param("llama-stream", "stop", id="llama-stream"),
        pytest.param("claude-2-stream", "stop_sequence", id="claude-2-stream"),
        pytest.param("cohere-stream", "COMPLETE", id="cohere-stream"),
        pytest.param("command-r-stream", "COMPLETE", id="command-r-stream"),
        pytest.param("jurassic", "endoftext", id="jurassic"),
        pytest.param("deepseek", "stop", id="deepseek"),
        pytest.param("converse-stream", "tool_use", id="converse-stream"),
    ],
)
def test_why_an_answer_ended(name: str, finish: str) -> None:
    assert one(BEDROCK_PAYLOADS[name]).finish_reason == finish


@pytest.mark.parametrize(
    ("whole", "streamed"),
    [
        pytest.param("converse", "converse-stream", id="converse"),
        pytest.param("anthropic", "anthropic-stream", id="anthropic"),
    ],
)
def test_a_stream_is_the_same_as_the_whole(whole: str, streamed: str) -> None:
    first, second = one(BEDROCK_PAYLOADS[whole]), one(BEDROCK_PAYLOADS[streamed])
    assert (first.tool_calls, first.kinds) == (second.tool_calls, second.kinds)
    assert first.tool_calls == (WireToolCall("reserve", f'{{"seed": "{MARK}"}}'),)


def test_the_model_is_named_without_its_account() -> None:
    found = one(BEDROCK_PAYLOADS["converse-stream"])
    assert found.deployment == "us.amazon.nova-lite-v1:0"


def test_command_r_has_documents_tools_and_a_preamble() -> None:
    found = one(BEDROCK_PAYLOADS["command-r"])
    assert found.context == (WireDocument(f"{MARK}: three pounds.", "prices"),)
    assert found.tool_calls == (WireToolCall("reserve", f'{{"seed": "{MARK}"}}'),)
    assert found.system_prompt == f"You sell {MARK} seed."
    assert found.messages == (
        WireMessage("user", f"Is {MARK} in?"),
        WireMessage("assistant", "Yes."),
    )


CALLERS = {
    "application": (ROLE, {}, None, "support-bot"),
    "iam-user": ("arn:aws:iam::123456789012:user/jane", {}, "arn:aws:iam::123456789012:user/jane", None),
    "sso": (
        "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0a/jane@example.org",
        {},
        "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0a/jane@example.org",
        None,
    ),
    "named-by-the-application": (ROLE, {"user": 17}, "17", "support-bot"),
    "nobody": ("", {}, None, None),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLERS)
def test_callers(name: str) -> None:
    arn, tags, user, role = CALLERS[name]
    entry = bedrock("m", CONVERSE_REQUEST, CONVERSE, identity={"arn": arn}, requestMetadata=tags)
    found = one(entry)
    assert (found.user, found.labels.get("caller_role")) == (user, role)


def test_claudes_own_user_stands_in() -> None:
    assert one(BEDROCK_PAYLOADS["anthropic"]).user == f"{MARK}-user-3"
    assert one(BEDROCK_PAYLOADS["anthropic"]).model_version == "claude-sonnet-4-5"


@pytest.mark.parametrize("name", SKIPPED)
def test_what_is_no_output_is_skipped(name: str) -> None:
    parsed = format_.parse(BEDROCK_PAYLOADS[name])
    assert (parsed.outputs, parsed.bad, parsed.skipped) == ([], [], [SKIPPED[name]])


def test_a_delivery_of_cloudwatch_holds_several() -> None:
    parsed = format_.parse(BEDROCK_PAYLOADS["cloudwatch"])
    assert [output.output for output in parsed.outputs] == [ANSWER]
    assert parsed.skipped == ["not_an_output", "error"]
    broken = {"logEvents": [{"message": '{"schemaType": "ModelInvocationLog", "outp'}]}
    assert format_.recognises(broken)
    assert [bad.detail for bad in format_.parse(broken).bad] == [
        "bedrock: logEvents.message is text that is not JSON"
    ]


def test_what_cloudwatch_sends_to_see_whether_it_is_reached_is_no_output() -> None:
    event = {"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE: Checking health"}
    control = {"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logEvents": [event]}
    assert told(control) == told({**control, "logEvents": []}) == ["not_an_output"]
    assert told({**control, "messageType": "OTHER"}) == ["unknown_format"]


TITAN = {"inputTextTokenCount": 5}
COUNTED = {
    "llama": ({"generation": "a", "prompt_token_count": 5, "generation_token_count": 7}, (5, 7)),
    "llama-stream": (
        [
            {"generation": "a", "prompt_token_count": 5, "generation_token_count": 1},
            {"generation": "b", "prompt_token_count": None, "generation_token_count": 7},
        ],
        (5, 7),
    ),
    "titan": ({**TITAN, "results": [{"outputText": "a", "tokenCount": 7}]}, (5, 7)),
    "titan-two": (
        {**TITAN, "results": [{"outputText": "a", "tokenCount": 3}, {"outputText": "b", "tokenCount": 4}]},
        (5, 7),
    ),
    "titan-stream": (
        [
            {**TITAN, "outputText": "a", "totalOutputTextTokenCount": None},
            {"outputText": "b", "inputTextTokenCount": None, "totalOutputTextTokenCount": 7},
        ],
        (5, 7),
    ),
    "any-stream": (
        [
            {"completion": "a"},
            {"completion": "", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 5, "outputTokenCount": 7}},
        ],
        (5, 7),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_a_batch_has_the_counts_of_its_answers(name: str) -> None:
    answered, (asked, written) = COUNTED[name]
    parsed = format_.parse({"recordId": "r", "modelInput": {}, "modelOutput": answered})
    assert parsed.outputs[0].usage == {"input_tokens": asked, "output_tokens": written}
    assert all(output.usage is None for output in parsed.outputs[1:])


def test_a_batch_line_without_counts_has_none() -> None:
    line = {"recordId": "r", "modelInput": {}, "modelOutput": {"generation": "a"}}
    assert one(line).usage is None


WRONG = {
    "body-is-a-number": (5, "bedrock: output.outputBodyJson is a number, not the answer of a"),
    "unknown-model": (
        {"songs": [MARK]},
        "bedrock: output.outputBodyJson is an object, not the answer of a known family of models",
    ),
    "text-is-a-number": (
        {"results": [{"outputText": 5}]},
        "bedrock: output.outputBodyJson.results[0].outputText is a number, not text",
    ),
    "chunk-is-text": (
        [{"generation": "a"}, MARK],
        "bedrock: output.outputBodyJson[1] is text, not an object",
    ),
    "delta-is-a-list": (
        [
            {"messageStart": {"role": "assistant"}},
            {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": []}}},
        ],
        "bedrock: output.outputBodyJson[1].delta.text is a list, not text",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_types_are_named_with_their_place(name: str) -> None:
    answered, detail = WRONG[name]
    with pytest.raises(BadRecord) as caught:
        format_.parse(bedrock("m", {}, answered))
    assert caught.value.reason == "invalid_field"
    assert caught.value.detail.startswith(detail)
