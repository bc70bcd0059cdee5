"""Google's Agent Development Kit: the attributes `gcp.vertex.agent.…` on its spans `call_llm`.

`gcp.vertex.agent.llm_request` holds what went to the model, ``{"model", "contents", "config":
{"system_instruction"}}``, and `gcp.vertex.agent.llm_response` the answer, ``{"content": {"parts"},
"finish_reason"}``, as JSON text in snake case (Python) or camel case (Java, JavaScript). Where
content isn't captured, both are ``{}``. Spans of tools have the attributes too, and no answer.

Names: `src/google/adk/telemetry` of `google/adk-python`.
"""

from __future__ import annotations

from typing import Any

from streams.errors import BadRecord
from streams.intake import gemini
from streams.intake.formats import Skip
from streams.intake.telemetry import chat
from streams.intake.telemetry.chat import Asked
from streams.intake.telemetry.spans import (
    Span,
    TracedAnswer,
    TracedExchange,
    captured,
    first_text,
    structured,
    texts,
)
from streams.intake.values import object_in, text_in, usage_in

_REQUEST = "gcp.vertex.agent.llm_request"
_RESPONSE = "gcp.vertex.agent.llm_response"
_OF_A_TOOL = (
    "gen_ai.tool.name",
    "gcp.vertex.agent.tool_call_args",
    "gcp.vertex.agent.tool_response",
)


def read(span: Span) -> TracedExchange | Skip | None:
    """What a span says by these attributes; None when it has none of them.

    Raises `BadRecord` where the answer is of the wrong kind.
    """
    attributes = span.attributes
    if _RESPONSE not in attributes or any(name in attributes for name in _OF_A_TOOL):
        return None
    operation = first_text(attributes, "gen_ai.operation.name")
    if operation is not None and operation not in ("call_llm", "chat", "generate_content"):
        return None
    response = structured(attributes[_RESPONSE])
    if isinstance(response, str):
        # Cut short by a limit on attributes' lengths, or written as text.
        response = {"content": captured(response)}
    answers, usage, model = _answers(response)
    if all(answer.empty for answer in answers):
        return "error" if span.failed or _failed(response) else "no_output"
    request = structured(attributes.get(_REQUEST))
    asked = _asked(request)
    reasons = texts(attributes, "gen_ai.response.finish_reasons")
    for answer, reason in zip(answers, reasons, strict=False):
        answer.finish_reason = answer.finish_reason or reason
    agent = first_text(attributes, "gen_ai.agent.name")
    return TracedExchange(
        answers=answers,
        messages=asked.messages,
        prompt=asked.prompt,
        system_prompt=asked.system_prompt,
        asked_model=first_text(attributes, "gen_ai.request.model") or text_in(request, "model"),
        answering_model=first_text(attributes, "gen_ai.response.model") or model,
        response_id=first_text(attributes, "gen_ai.response.id"),
        usage=usage,
        labels={"provider": "gcp.vertex.agent"} | ({"agent": agent} if agent else {}),
    )


def _answers(response: Any) -> tuple[list[TracedAnswer], dict[str, int], str | None]:
    """The answer of a response, as a candidate of Gemini's: what stands around it is the same."""
    if not isinstance(response, dict):
        return [], {}, None
    if isinstance(response.get("content"), str):
        return [TracedAnswer(text=response["content"])], {}, None
    body = response if "candidates" in response else {"candidates": [response], **response}
    reply = gemini.read(body, f"otlp: {_RESPONSE}")
    if reply.bad:
        raise BadRecord(reply.bad[0].reason, reply.bad[0].detail)
    usage = usage_in(object_in(response, "usage_metadata") or object_in(response, "usageMetadata"))
    found = [
        TracedAnswer(
            text=captured(choice.content.text),
            tool_calls=choice.content.tool_calls,
            kinds=choice.content.kinds,
            reasoning=choice.content.reasoning,
            finish_reason=choice.finish_reason,
        )
        for choice in reply.answers
    ]
    return found, usage or {}, reply.model


def _failed(response: Any) -> bool:
    return text_in(response, "error_code", "errorCode") is not None


def _asked(request: Any) -> Asked:
    if not isinstance(request, dict):
        return Asked()
    config = object_in(request, "config")
    rules = config.get("system_instruction", config.get("systemInstruction"))
    return chat.asked(request.get("contents"), rules)
