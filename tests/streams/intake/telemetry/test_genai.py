"""The GenAI conventions: every way in which an answer has been written, read as one output."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.intake.telemetry.spans import Span
from streams.records import WireDocument, WireMessage, WireToolCall
from tests.support.otlp_messages import (
    END,
    SPAN,
    TRACE,
    event,
    log,
    logs,
    read_both,
    span,
    spans,
)

ID = f"{TRACE}-{SPAN}"
ASKED = [
    {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
    {"role": "user", "parts": [{"type": "text", "content": "Weather in Paris?"}]},
    {
        "role": "assistant",
        "parts": [
            {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"at": "Paris"}}
        ],
    },
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "rainy"}]},
]
ANSWERED = [
    {"role": "assistant", "parts": [{"type": "text", "content": "Rain."}], "finish_reason": "stop"}
]
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.response.id": "chatcmpl-1",
}
EARLIER = (WireMessage("assistant", 'weather({"at": "Paris"})'), WireMessage("tool", "rainy"))


def only(message: dict[str, Any]) -> Any:
    parsed = read_both(message)
    assert not parsed.bad
    assert not parsed.skipped
    (output,) = parsed.outputs
    return output


@pytest.mark.parametrize("as_json", [False, True], ids=["structure", "json-text"])
def test_current_attributes(as_json: bool) -> None:
    write = json.dumps if as_json else lambda value: value
    attributes = {
        **CHAT,
        "gen_ai.input.messages": write(ASKED),
        "gen_ai.output.messages": write(ANSWERED),
        "gen_ai.system_instructions": write([{"type": "text", "content": "You know weather."}]),
        "gen_ai.retrieval.documents": write([{"id": "d1", "score": 0.5, "content": "Rain today."}]),
        "gen_ai.conversation.id": "conv-1",
        "user.id": "jo",
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 3,
    }
    output = only(
        spans(span(attributes), service__version="1.4", deployment__environment__name="production")
    )
    assert output.record_id == ID
    assert output.output == "Rain."
    assert output.prompt == "Weather in Paris?"
    assert output.messages == EARLIER
    assert output.system_prompt == "You know weather.\n\nBe brief."
    assert output.context == (WireDocument("Rain today.", "d1"),)
    assert output.finish_reason == "stop"
    assert (output.model, output.model_version) == ("gpt-4o", "gpt-4o-2024-08-06")
    assert (output.deployment, output.conversation_id, output.user) == (
        "support-bot",
        "conv-1",
        "jo",
    )
    assert output.usage == {"input_tokens": 12, "output_tokens": 3}
    assert output.latency_ms == 1500.0
    assert output.event_time == END / 1e9
    assert (output.trace_id, output.span_id, output.response_id) == (TRACE, SPAN, "chatcmpl-1")
    assert output.labels == {
        "provider": "openai",
        "operation": "chat",
        "service_version": "1.4",
        "environment": "production",
    }


LEGACY_CHOICE = {
    "index": 0,
    "finish_reason": "stop",
    "message": {"role": "assistant", "content": "Rain."},
}
PROMPT_TEXT = json.dumps([{"role": "user", "content": "Weather in Paris?"}])
ANSWER_TEXT = json.dumps([{"role": "assistant", "content": "Rain."}])

SAME_ANSWER = {
    "details-span-event": spans(
        span(
            CHAT,
            event(
                "gen_ai.client.inference.operation.details",
                {"gen_ai.input.messages": ASKED[1:2], "gen_ai.output.messages": ANSWERED},
            ),
        )
    ),
    "details-log-event": logs(
        log(
            "gen_ai.client.inference.operation.details",
            {**CHAT, "gen_ai.input.messages": ASKED[1:2], "gen_ai.output.messages": ANSWERED},
        )
    ),
    "details-log-body": logs(
        log(
            "gen_ai.client.inference.operation.details",
            CHAT,
            {"gen_ai.input.messages": ASKED[1:2], "gen_ai.output.messages": ANSWERED},
        )
    ),
    "log-events": logs(
        log("gen_ai.user.message", {"gen_ai.system": "openai"}, {"content": "Weather in Paris?"}),
        log("gen_ai.choice", {"gen_ai.system": "openai"}, LEGACY_CHOICE),
    ),
    "log-events-named-by-attribute": logs(
        log("", {"event.name": "gen_ai.user.message"}, {"content": "Weather in Paris?"}),
        log("", {"event.name": "gen_ai.choice"}, LEGACY_CHOICE),
    ),
    "log-events-body-as-json": logs(
        log("gen_ai.user.message", {}, json.dumps({"content": "Weather in Paris?"})),
        log("gen_ai.choice", {}, json.dumps(LEGACY_CHOICE)),
    ),
    "span-events-content": spans(
        span(
            CHAT,
            event(
                "gen_ai.user.message", {"gen_ai.event.content": '{"content": "Weather in Paris?"}'}
            ),
            event("gen_ai.choice", {"gen_ai.event.content": json.dumps(LEGACY_CHOICE)}),
        )
    ),
    "span-events-attributes": spans(
        span(
            CHAT,
            event("gen_ai.user.message", {"content": "Weather in Paris?"}),
            event("gen_ai.choice", {"message": "Rain.", "finish_reason": "stop"}),
        )
    ),
    "content-span-events": spans(
        span(
            {**CHAT, "gen_ai.response.finish_reasons": ["stop"]},
            event("gen_ai.content.prompt", {"gen_ai.prompt": PROMPT_TEXT}),
            event("gen_ai.content.completion", {"gen_ai.completion": ANSWER_TEXT}),
        )
    ),
    "openllmetry": spans(
        span(
            {
                "gen_ai.system": "OpenAI",
                "llm.request.type": "chat",
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.prompt.0.role": "user",
                "gen_ai.prompt.0.content": "Weather in Paris?",
                "gen_ai.completion.0.role": "assistant",
                "gen_ai.completion.0.content": "Rain.",
                "gen_ai.completion.0.finish_reason": "stop",
            }
        )
    ),
    "plain-attributes": spans(
        span(
            {
                **CHAT,
                "gen_ai.prompt": PROMPT_TEXT,
                "gen_ai.completion": ANSWER_TEXT,
                "gen_ai.response.finish_reasons": ["stop"],
            }
        )
    ),
    "attributes-and-events": spans(
        span(
            {**CHAT, "gen_ai.input.messages": ASKED[1:2], "gen_ai.output.messages": ANSWERED},
            event("gen_ai.choice", {"message": "Rain.", "finish_reason": "stop"}),
        )
    ),
}


@pytest.mark.parametrize("message", SAME_ANSWER.values(), ids=SAME_ANSWER.keys())
def test_the_same_answer_however_written(message: dict[str, Any]) -> None:
    output = only(message)
    assert output.record_id == ID
    assert output.output == "Rain."
    assert output.prompt == "Weather in Paris?"
    assert output.finish_reason == "stop"
    assert output.event_time == END / 1e9


def test_span_and_log_events_in_one_message_are_one_output() -> None:
    both = spans(span({**CHAT, "gen_ai.output.messages": ANSWERED}))
    from streams.intake.telemetry import otlp

    both |= logs(log("gen_ai.choice", {}, LEGACY_CHOICE), log("gen_ai.user.message", {}, "Hi?"))
    parsed = otlp.parse(both)
    assert [output.output for output in parsed.outputs] == ["Rain."]
    assert parsed.outputs[0].prompt == "Hi?"
    assert not parsed.skipped


def test_each_choice_is_an_output() -> None:
    choices = [
        {**ANSWERED[0], "parts": [{"type": "text", "content": text}]} for text in ("a", "", "c")
    ]
    parsed = read_both(spans(span({**CHAT, "gen_ai.output.messages": choices})))
    assert [(o.record_id, o.output) for o in parsed.outputs] == [(ID, "a"), (f"{ID}#2", "c")]


def test_choice_events_are_ordered_by_index() -> None:
    events = [
        log("gen_ai.choice", {}, {"index": n, "message": {"content": f"{n}"}}) for n in (1, 0)
    ]
    assert [output.output for output in read_both(logs(*events)).outputs] == ["0", "1"]


def test_tool_calls_and_kinds() -> None:
    parts = [
        {"type": "reasoning", "content": "The user wants…"},
        {"type": "tool_call", "name": "mail", "arguments": {"to": "jo"}},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk="},
        {"type": "uri", "modality": "audio", "uri": "x"},
        {
            "type": "server_tool_call",
            "name": "run",
            "server_tool_call": {"type": "code", "code": "1"},
        },
    ]
    message = [{"role": "assistant", "parts": parts, "finish_reason": "tool_call"}]
    output = only(spans(span({**CHAT, "gen_ai.output.messages": message})))
    assert output.output == ""
    assert output.tool_calls == (
        WireToolCall("mail", '{"to": "jo"}'),
        WireToolCall("run", '{"type": "code", "code": "1"}'),
    )
    assert output.kinds == ("reasoning", "image", "audio")
    assert output.finish_reason == "tool_call"


OPENAI_CALL = {
    "id": "c",
    "type": "function",
    "function": {"name": "mail", "arguments": '{"to":"jo"}'},
}
TOOL_CALLS = {
    "choice-message": logs(log("gen_ai.choice", {}, {"message": {"tool_calls": [OPENAI_CALL]}})),
    "choice-top": logs(
        log("gen_ai.choice", {}, {"message": {"role": "assistant"}, "tool_calls": [OPENAI_CALL]})
    ),
    "openllmetry": spans(
        span(
            {
                "gen_ai.completion.0.tool_calls.0.name": "mail",
                "gen_ai.completion.0.tool_calls.0.arguments": '{"to":"jo"}',
            }
        )
    ),
}


@pytest.mark.parametrize("message", TOOL_CALLS.values(), ids=TOOL_CALLS.keys())
def test_legacy_tool_calls(message: dict[str, Any]) -> None:
    assert only(message).tool_calls == (WireToolCall("mail", '{"to":"jo"}'),)


JSON_ANSWERS = {
    "object": '{"answer": 42}',
    "list": '["a", "b"]',
    "list-of-objects": '[{"name": "x"}]',
    "cut": '[{"role": "assistant", "parts": [{"type": "text", "content": "Rai',
    "brace": "{not json",
}


@pytest.mark.parametrize("text", JSON_ANSWERS.values(), ids=JSON_ANSWERS.keys())
@pytest.mark.parametrize(
    "name", ["gen_ai.completion", "gen_ai.completion.0.content", "gen_ai.output.messages"]
)
def test_an_answer_that_is_json_stays_whole(name: str, text: str) -> None:
    assert only(spans(span({**CHAT, name: text}))).output == text


SKIPPED = {
    "other-span": (span({"http.route": "/"}), "not_an_output"),
    "no-content": (span(CHAT), "no_output"),
    "empty-content": (span({**CHAT, "gen_ai.output.messages": []}), "no_output"),
    "failed": (span({**CHAT, "error.type": "timeout"}), "error"),
    "failed-status": (span(CHAT, status={"code": 2}), "error"),
    "embeddings": (span({**CHAT, "gen_ai.operation.name": "embeddings"}), "not_an_output"),
    "failed-embeddings": (
        span({"gen_ai.operation.name": "embeddings"}, status={"code": 2}),
        "not_an_output",
    ),
    "openllmetry-embeddings": (span({"llm.request.type": "embedding"}), "not_an_output"),
    "tool": (span({"gen_ai.operation.name": "execute_tool"}), "not_an_output"),
    "agent-inside": (
        span(
            {"gen_ai.operation.name": "invoke_agent", "gen_ai.output.messages": ANSWERED},
            kind=1,
        ),
        "not_an_output",
    ),
    "unknown-operation": (span({"gen_ai.operation.name": "own_thing"}), "not_an_output"),
}


@pytest.mark.parametrize(("item", "why"), SKIPPED.values(), ids=SKIPPED.keys())
def test_skipped(item: dict[str, Any], why: str) -> None:
    parsed = read_both(spans(item))
    assert not parsed.outputs
    assert not parsed.bad
    assert parsed.skipped == [why]


def test_an_agent_elsewhere_is_an_output() -> None:
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.output.messages": ANSWERED}
    assert only(spans(span(attributes, kind=3))).output == "Rain."


def test_what_a_failed_call_gave_is_scored() -> None:
    item = span({**CHAT, "gen_ai.output.messages": ANSWERED}, status={"code": 2})
    assert only(spans(item)).output == "Rain."


def test_messages_alone_have_no_output() -> None:
    parsed = read_both(
        logs(log("gen_ai.user.message", {}, {"content": "Hi"}), log("other", {}, "x"))
    )
    assert parsed.skipped == ["not_an_output", "no_output"]


SECRET = "never" + "-quoted"
WRONG = {
    "messages": ({"gen_ai.output.messages": 7}, "gen_ai.output.messages is a number"),
    "message": ({"gen_ai.output.messages": [7]}, "gen_ai.output.messages[0] is a number"),
    "parts": (
        {"gen_ai.output.messages": [{"role": "assistant", "parts": True}]},
        "gen_ai.output.messages[0].parts is a boolean",
    ),
    "part": (
        {
            "gen_ai.output.messages": [
                {"role": "assistant", "parts": [{"type": "text", "content": {"x": SECRET}}]}
            ]
        },
        "gen_ai.output.messages[0].parts[0].content is an object",
    ),
    "completion": ({"gen_ai.completion.0.content": 3.5}, "gen_ai.completion.0.content is a number"),
}


@pytest.mark.parametrize(("attributes", "detail"), WRONG.values(), ids=WRONG.keys())
def test_wrong_kinds_are_named_and_not_quoted(attributes: dict[str, Any], detail: str) -> None:
    good = span({**CHAT, "gen_ai.output.messages": ANSWERED}, spanId="1" * 16)
    parsed = read_both(spans(span({**CHAT, **attributes}), good))
    assert [output.output for output in parsed.outputs] == ["Rain."]
    (bad,) = parsed.bad
    assert bad.reason == "invalid_field"
    assert detail in bad.detail
    assert bad.detail.startswith("otlp: ")
    assert SECRET not in bad.detail


def test_a_question_of_the_wrong_kind_costs_no_answer() -> None:
    attributes = {
        **CHAT,
        "gen_ai.output.messages": ANSWERED,
        "gen_ai.input.messages": [1, {"role": 2}],
    }
    assert only(spans(span(attributes))).prompt is None


DEPLOYMENTS = {
    "plain": ({}, "support-bot"),
    "production": ({"deployment__environment__name": "Production"}, "support-bot"),
    "staging": ({"deployment__environment__name": "staging"}, "support-bot/staging"),
    "staging-older-name": ({"deployment__environment": "staging"}, "support-bot/staging"),
    "sdk-default": ({"service__name": "unknown_service:python"}, "default"),
}


@pytest.mark.parametrize(("resource", "name"), DEPLOYMENTS.values(), ids=DEPLOYMENTS.keys())
def test_deployment(resource: dict[str, Any], name: str) -> None:
    item = span({**CHAT, "gen_ai.output.messages": ANSWERED})
    assert only(spans(item, **resource)).deployment == name


def test_documents_of_a_retrieval_in_the_trace_are_context() -> None:
    found = [{"id": "1", "content": "Rain today."}, {"id": "2", "score": 0.1}]
    search = span(
        {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.documents": found}, spanId="2" * 16
    )
    other = span(
        {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.documents": ["Elsewhere."]},
        traceId="3" * 32,
    )
    parsed = read_both(spans(span({**CHAT, "gen_ai.output.messages": ANSWERED}), search, other))
    assert parsed.outputs[0].context == (WireDocument("Rain today.", "1"),)
    assert parsed.skipped == ["not_an_output", "not_an_output"]


def test_a_parent_that_repeats_its_child_is_left_out() -> None:
    outer = span({**CHAT, "gen_ai.output.messages": ANSWERED})
    inner = span({**CHAT, "gen_ai.output.messages": ANSWERED}, spanId="2" * 16, parentSpanId=SPAN)
    parsed = read_both(spans(outer, inner))
    assert [output.span_id for output in parsed.outputs] == ["2" * 16]
    assert parsed.skipped == ["not_an_output"]


def test_a_parent_with_another_answer_is_kept() -> None:
    other = [{"role": "assistant", "parts": [{"type": "text", "content": "Wind."}]}]
    outer = span({**CHAT, "gen_ai.output.messages": other})
    inner = span({**CHAT, "gen_ai.output.messages": ANSWERED}, spanId="2" * 16, parentSpanId=SPAN)
    assert len(read_both(spans(outer, inner)).outputs) == 2


def test_a_child_with_another_tool_call_repeats_nothing() -> None:
    def calling(name: str) -> dict[str, Any]:
        part = {"type": "tool_call", "name": name, "arguments": {}}
        return {**CHAT, "gen_ai.output.messages": [{"role": "assistant", "parts": [part]}]}

    inner = span(calling("b"), spanId="2" * 16, parentSpanId=SPAN)
    assert len(read_both(spans(span(calling("a")), inner)).outputs) == 2


def test_spans_that_are_their_own_parents_are_not_lost() -> None:
    answered = {**CHAT, "gen_ai.output.messages": ANSWERED}
    assert only(spans(span(answered, parentSpanId=SPAN))).output == "Rain."
    circle = [
        span(answered, parentSpanId="2" * 16),
        span(answered, spanId="2" * 16, parentSpanId=SPAN),
    ]
    assert len(read_both(spans(*circle)).outputs) == 1


def test_events_outside_of_spans_have_ids_of_their_own() -> None:
    def message(text: str, **values: str) -> dict[str, Any]:
        return logs(log("gen_ai.choice", values, {"message": text}, traceId="", spanId=""))

    first, again, other = (only(message(text)).record_id for text in ("a", "a", "b"))
    assert first == again != other
    assert first
    named = only(message("a", **{"gen_ai.response.id": "resp-1"}))
    assert (named.record_id, named.trace_id, named.span_id) == ("resp-1", None, None)


def test_span_ids_are_joined() -> None:
    assert Span(trace_id="a", span_id="b").record_id == "a-b"
