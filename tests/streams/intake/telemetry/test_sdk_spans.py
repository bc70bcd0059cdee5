"""Attributes that SDKs have of their own: Vercel's AI SDK, Google's ADK, Logfire, Pydantic AI."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.intake.formats import Parsed
from streams.records import Output, WireMessage, WireToolCall
from tests.support.otlp_messages import read_both, span, spans

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Is the pool open?"}]},
]


def vercel(operation: str, **more: Any) -> dict[str, Any]:
    """Attributes of a span; names with `__` for dots."""
    inner = operation.count(".") > 1
    given = {
        "operation.name": operation,
        "ai.operationId": operation,
        "ai.model.id": "gpt-4o-mini",
        "ai.model.provider": "openai.chat",
    }
    if inner:
        given |= {
            "gen_ai.system": "openai.chat",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
            "gen_ai.response.id": "r-1",
            "ai.prompt.messages": json.dumps(MESSAGES),
        }
    else:
        given["ai.prompt"] = json.dumps({"system": "Be brief.", "prompt": "Is the pool open?"})
    return given | {name.replace("__", "."): value for name, value in more.items()}


def parsed(*made: dict[str, Any]) -> Parsed:
    found = read_both(spans(*made))
    assert not found.bad
    return found


def only(attributes: dict[str, Any], **fields: Any) -> Output:
    found = parsed(span(attributes, **fields))
    assert not found.skipped
    (output,) = found.outputs
    return output


def skipped(attributes: dict[str, Any], **fields: Any) -> list[str]:
    found = parsed(span(attributes, **fields))
    assert not found.outputs
    return list(found.skipped)


@pytest.mark.parametrize(
    "operation",
    [
        *("ai.generateText.doGenerate", "ai.streamText.doStream"),
        *("ai.generateText", "ai.streamText"),
    ],
)
def test_vercels_text(operation: str) -> None:
    output = only(vercel(operation, ai__response__text="Until eight."))
    assert (output.output, output.prompt) == ("Until eight.", "Is the pool open?")
    assert (output.system_prompt, output.model) == ("Be brief.", "gpt-4o-mini")


def test_vercels_other_fields() -> None:
    output = only(
        vercel(
            "ai.generateText.doGenerate",
            **{
                "ai.response.text": "Until eight.",
                "ai.response.reasoning": "They mean today.",
                "ai.response.finishReason": "stop",
                "ai.usage.inputTokens": 8,
                "ai.usage.outputTokens": 4,
                "ai.telemetry.functionId": "pool",
                "ai.telemetry.metadata.userId": "ana",
                "ai.telemetry.metadata.sessionId": "s-1",
            },
        )
    )
    assert (output.reasoning, output.kinds) == ("They mean today.", ("reasoning",))
    assert output.usage == {"input_tokens": 8, "output_tokens": 4}
    assert (output.user, output.conversation_id) == ("ana", "s-1")
    assert (output.finish_reason, output.response_id) == ("stop", "r-1")
    assert output.model_version == "gpt-4o-mini-2024-07-18"
    assert output.labels["function"] == "pool"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param({"toolCallId": "c", "toolName": "opening", "input": {"day": 1}}, id="object"),
        pytest.param(
            {"toolCallType": "function", "toolName": "opening", "args": '{"day": 1}'}, id="text"
        ),
    ],
)
def test_vercels_calls_of_tools(call: dict[str, Any]) -> None:
    output = only(vercel("ai.streamText.doStream", ai__response__toolCalls=json.dumps([call])))
    assert output.tool_calls == (WireToolCall("opening", '{"day": 1}'),)
    assert output.output == ""


@pytest.mark.parametrize("name", ["ai.response.object", "ai.result.object"])
@pytest.mark.parametrize("made", ['{"open": true}', "{}"])
def test_vercels_objects(name: str, made: str) -> None:
    attributes = vercel("ai.generateObject.doGenerate", **{name: made})
    assert only({**attributes, "ai.response.toolCalls": "[]"}).output == made


@pytest.mark.parametrize(
    "named",
    [
        pytest.param({"operation.name": "ai.streamText.doStream pool"}, id="with-its-function"),
        pytest.param({}, id="not-at-all"),
    ],
)
def test_vercels_operation_may_be_named_otherwise(named: dict[str, str]) -> None:
    attributes = vercel("ai.streamText.doStream", ai__response__text="Until eight.")
    del attributes["ai.operationId"], attributes["operation.name"]
    assert only({**attributes, **named}).output == "Until eight."


def test_vercels_messages_of_tools_are_told() -> None:
    messages = [
        *MESSAGES,
        {
            "role": "assistant",
            "content": [
                {"type": "tool-call", "toolCallId": "c", "toolName": "opening", "input": {"day": 1}}
            ],
        },
        {
            "role": "tool",
            "content": [
                {
                    **{"type": "tool-result", "toolCallId": "c", "toolName": "opening"},
                    "output": {"type": "text", "value": "8 pm"},
                }
            ],
        },
    ]
    attributes = vercel("ai.generateText.doGenerate", ai__response__text="Until eight.")
    output = only({**attributes, "ai.prompt.messages": json.dumps(messages)})
    assert output.messages == (
        WireMessage("assistant", 'opening({"day": 1})'),
        WireMessage("tool", "8 pm"),
    )


def test_an_answer_of_vercels_counts_once_though_two_spans_have_it() -> None:
    outer = span(vercel("ai.generateObject", ai__response__object='{"open":true}'), spanId="aa" * 8)
    inner = span(
        vercel("ai.generateObject.doGenerate", ai__response__object='{ "open": true }'),
        spanId="bb" * 8,
        parentSpanId="aa" * 8,
    )
    tool = span(
        vercel("ai.toolCall", ai__toolCall__name="opening", ai__toolCall__result="8 pm"),
        spanId="cc" * 8,
        parentSpanId="aa" * 8,
    )
    for order in ([outer, inner, tool], [tool, inner, outer]):
        found = parsed(*order)
        assert [one.span_id for one in found.outputs] == ["bb" * 8]
        assert found.skipped == ["not_an_output"] * 2


def test_each_step_of_vercels_counts() -> None:
    outer = span(vercel("ai.generateText", ai__response__text="Until eight."), spanId="aa" * 8)
    calls = json.dumps([{"toolName": "opening", "input": {}}])
    steps = [
        span(
            vercel("ai.generateText.doGenerate", **answer),
            spanId=id * 8,
            parentSpanId="aa" * 8,
        )
        for id, answer in (
            ("b1", {"ai.response.toolCalls": calls}),
            ("b2", {"ai.response.text": "Until eight."}),
        )
    ]
    found = parsed(outer, *steps)
    assert [one.output for one in found.outputs] == ["", "Until eight."]


VERCELS_SKIPS = {
    "outputs-not-recorded": (vercel("ai.generateText.doGenerate"), {}, "no_output"),
    "outer-not-recorded": (vercel("ai.streamText"), {}, "no_output"),
    "failed": (vercel("ai.streamText.doStream"), {"status": {"code": 2}}, "error"),
    "a-tool": (vercel("ai.toolCall", ai__toolCall__args="{}"), {}, "not_an_output"),
    "an-embedding": (vercel("ai.embed.doEmbed", ai__values=["[1]"]), {}, "not_an_output"),
}


@pytest.mark.parametrize("name", VERCELS_SKIPS)
def test_what_of_vercels_is_no_answer(name: str) -> None:
    attributes, fields, reason = VERCELS_SKIPS[name]
    assert skipped(attributes, **fields) == [reason]


def adk(response: Any, request: Any = None, **more: Any) -> dict[str, Any]:
    request = request or {
        "model": "gemini-2.5-flash",
        "config": {"system_instruction": "Guide guests."},
        "contents": [{"parts": [{"text": "Sauna?"}], "role": "user"}],
    }
    return {
        "gen_ai.system": "gcp.vertex.agent",
        "gen_ai.request.model": "gemini-2.5-flash",
        "gcp.vertex.agent.session_id": "s-1",
        "gcp.vertex.agent.llm_request": json.dumps(request),
        "gcp.vertex.agent.llm_response": json.dumps(response),
        **more,
    }


ADKS = {
    "python": {
        "content": {"parts": [{"text": "Downstairs."}], "role": "model"},
        "finish_reason": "STOP",
        "usage_metadata": {"prompt_token_count": 3, "candidates_token_count": 2},
    },
    "java": {
        "content": {"parts": [{"text": "Downstairs."}], "role": "model"},
        "finishReason": "STOP",
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2},
    },
}


@pytest.mark.parametrize("sdk", ADKS)
def test_adks_text(sdk: str) -> None:
    output = only(adk(ADKS[sdk]))
    assert (output.output, output.prompt) == ("Downstairs.", "Sauna?")
    assert (output.system_prompt, output.conversation_id) == ("Guide guests.", "s-1")
    assert (output.finish_reason, output.model) == ("stop", "gemini-2.5-flash")
    assert output.usage == {"input_tokens": 3, "output_tokens": 2}


def test_adks_thoughts_and_calls() -> None:
    parts = [
        {"text": "They want the sauna.", "thought": True},
        {"function_call": {"id": "a", "name": "sauna", "args": {"d": 1}}},
    ]
    output = only(adk({"content": {"parts": parts, "role": "model"}}))
    assert (output.output, output.reasoning) == ("", "They want the sauna.")
    assert output.tool_calls == (WireToolCall("sauna", '{"d": 1}'),)


ADKS_SKIPS = {
    "capture-off": (adk({}, {}), "no_output"),
    "not-serializable": (
        adk({}, **{"gcp.vertex.agent.llm_response": "<not serializable>"}),
        "no_output",
    ),
    "failed": (adk({"error_code": "429", "error_message": "slow down"}), "error"),
    "kept-back": (adk({"finish_reason": "SAFETY"}), "no_output"),
    "a-tool-without-operation": (
        {
            "gen_ai.system": "gcp.vertex.agent",
            "gen_ai.tool.name": "sauna",
            "gcp.vertex.agent.tool_call_args": "{}",
            "gcp.vertex.agent.llm_request": "{}",
            "gcp.vertex.agent.llm_response": "{}",
        },
        "not_an_output",
    ),
    "a-tool": (adk({}, **{"gen_ai.operation.name": "execute_tool"}), "not_an_output"),
}


@pytest.mark.parametrize("name", ADKS_SKIPS)
def test_what_of_adks_is_no_answer(name: str) -> None:
    attributes, reason = ADKS_SKIPS[name]
    assert skipped(attributes) == [reason]


def test_adks_answer_counts_once_though_the_models_own_span_has_it() -> None:
    outer = span(adk(ADKS["python"]), spanId="aa" * 8)
    said = [{"role": "model", "parts": [{"type": "text", "content": "Downstairs."}]}]
    inner = span(
        {"gen_ai.operation.name": "generate_content", "gen_ai.output.messages": json.dumps(said)},
        spanId="bb" * 8,
        parentSpanId="aa" * 8,
    )
    assert [one.span_id for one in parsed(outer, inner).outputs] == ["bb" * 8]


LOGFIRES = {
    "a-message": {
        "message": {"role": "assistant", "content": "At the desk."},
        "usage": {"prompt_tokens": 3},
    },
    "streamed": {"combined_chunk_content": "At the desk.", "chunk_count": 3},
    "a-completion": {"text": "At the desk.", "finish_reason": "stop"},
}


@pytest.mark.parametrize("name", LOGFIRES)
def test_logfires_answers(name: str) -> None:
    request = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Lost keys?"}]}
    output = only(
        {
            "request_data": json.dumps(request),
            "response_data": json.dumps(LOGFIRES[name]),
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o",
        }
    )
    assert (output.output, output.prompt, output.model) == ("At the desk.", "Lost keys?", "gpt-4o")


def pydantic(message: dict[str, Any]) -> dict[str, Any]:
    events = [
        {"content": "Be kind.", "role": "system", "event.name": "gen_ai.system.message"},
        {"content": "Lost keys?", "role": "user", "event.name": "gen_ai.user.message"},
        {"index": 0, "message": message, "event.name": "gen_ai.choice"},
    ]
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
        "events": json.dumps(events),
    }


@pytest.mark.parametrize(
    "content",
    [
        "At the desk.",
        [{"kind": "thinking", "text": "hm"}, {"kind": "text", "text": "At the desk."}],
    ],
)
def test_pydantics_first_version(content: Any) -> None:
    output = only(pydantic({"role": "assistant", "content": content}))
    assert (output.output, output.prompt, output.system_prompt) == (
        "At the desk.",
        "Lost keys?",
        "Be kind.",
    )
    assert output.reasoning == (None if isinstance(content, str) else "hm")


def test_pydantics_content_that_is_not_included() -> None:
    assert skipped(pydantic({"role": "assistant", "content": [{"kind": "text"}]})) == ["no_output"]


@pytest.mark.parametrize("operation", [{}, {"gen_ai.operation.name": "invoke_agent"}])
def test_pydantics_runs_repeat_what_their_models_said(operation: dict[str, str]) -> None:
    messages = [{"role": "assistant", "parts": [{"type": "text", "content": "At the desk."}]}]
    run = {
        "model_name": "gpt-4o",
        "agent_name": "agent",
        "gen_ai.usage.input_tokens": 3,
        "final_result": "At the desk.",
        "pydantic_ai.all_messages": json.dumps(messages),
        **operation,
    }
    assert skipped(run, kind=1) == ["not_an_output"]


RUN = {"model_name": "gpt-4o", "agent_name": "agent", "gen_ai.request.model": "gpt-4o"}


@pytest.mark.parametrize("kind", [1, 3])
@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        pytest.param(RUN, "not_an_output", id="first"),
        pytest.param(
            {"gen_ai.response.model": "m", "all_messages_events": "[]"},
            "not_an_output",
            id="events",
        ),
        pytest.param(
            {"gen_ai.request.model": "m", "pydantic_ai.all_messages": "[]"},
            "not_an_output",
            id="messages",
        ),
        pytest.param(
            {**RUN, "gen_ai.operation.name": "invoke_agent"}, "not_an_output", id="operation"
        ),
        pytest.param({"gen_ai.request.model": "m"}, "no_output", id="a-call"),
        pytest.param({**RUN, "gen_ai.operation.name": "chat"}, "no_output", id="a-chat"),
        pytest.param({"gen_ai.request.model": "m", "agent_name": "a"}, "no_output", id="not-sure"),
    ],
)
def test_pydantics_runs_without_content(attributes: dict[str, Any], word: str, kind: int) -> None:
    assert skipped(attributes, kind=kind) == [word]


SILENT = {"gen_ai.operation.name": "invoke_agent"}
CALL = {"gen_ai.operation.name": "chat"}
TOLD = {
    **CALL,
    "gen_ai.output.messages": json.dumps(
        [{"role": "assistant", "parts": [{"type": "text", "content": "At the desk."}]}]
    ),
}
TOOL = {"gen_ai.operation.name": "execute_tool"}


@pytest.mark.parametrize(
    ("chain", "words"),
    [
        pytest.param([SILENT, TOLD], ["not_an_output"], id="an-agent"),
        pytest.param([SILENT, CALL, TOLD], ["not_an_output"] * 2, id="a-call-in-an-agent"),
        pytest.param([adk({}, {}), TOLD], ["not_an_output"], id="adk"),
        pytest.param([SILENT, CALL], ["no_output"] * 2, id="capture-off"),
        pytest.param([CALL, TOOL, TOLD], ["no_output", "not_an_output"], id="a-tool-between"),
        pytest.param([TOLD, CALL], ["no_output"], id="the-other-way-round"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_silent_around_an_answer_only_wraps_it(
    chain: list[dict[str, Any]], words: list[str], turned: bool
) -> None:
    made = [
        span(
            attributes, spanId=f"{number + 1:016x}", parentSpanId=f"{number:016x}" if number else ""
        )
        for number, attributes in enumerate(chain)
    ]
    found = parsed(*(reversed(made) if turned else made))
    assert len(found.outputs) == (TOLD in chain)
    assert list(found.skipped) == (words[::-1] if turned else words)


def test_a_silent_call_beside_an_answer_stays_one() -> None:
    agent = span(SILENT, spanId="aa" * 8)
    calls = [
        span(attributes, spanId=name * 8, parentSpanId="aa" * 8)
        for name, attributes in (("bb", CALL), ("cc", TOLD))
    ]
    assert parsed(agent, *calls).skipped == ["not_an_output", "no_output"]
