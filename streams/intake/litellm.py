"""LiteLLM's `StandardLoggingPayload`, as its proxy and SDK log each call.

Three ways to send it, the first without anything between:

- `streams.clients.litellm_callback` produces it to Kafka from the proxy or the SDK;
- the proxy's generic API callback (``callbacks: ["generic_api"]``, ``GENERIC_LOGGER_ENDPOINT``)
  posts arrays of it to an HTTP endpoint, such as a Kafka REST proxy or a collector's;
- ``LITELLM_PRINT_STANDARD_LOGGING_PAYLOAD`` writes it to standard output, for any log shipper.

- record id: `id`, the response's; further choices of one response get ``#1``, ``#2``, …
- deployment: `model_group`, the name that the proxy's configuration gives; else `model`. Model
  version: the one that the response names.
- tenant: the key's team, else its organisation. User: `end_user`, else `user` in the
  model's parameters, else the key's user.
- conversation: `session_id` (filled where `request_correlation_in_logs` is on), else `session_id`
  or `conversation_id` in the metadata that the caller sent, else `trace_id`, in which LiteLLM puts
  a caller's `litellm_session_id`; without one, it makes up another for each call.
- event time: `endTime`; latency from `startTime` to it.
- A realtime session is one payload: each response in it is an output, asked what the user said
  before it, and the others than the first get ``#1``, ``#2``, …
- What a vector store gave to the model is the context.
- A failed call is skipped as `error`; a redacted or excluded response as `no_output`; calls that
  make no text (embeddings, images, speech, files) as `not_an_output`. A call of a name that isn't
  known is read as one that does.

Fields: `litellm/types/utils.py` in LiteLLM 1.106, https://docs.litellm.ai/docs/proxy/logging_spec
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake import openai_responses
from streams.intake.any_reply import read_any
from streams.intake.exchange import body_text
from streams.intake.formats import Parsed
from streams.intake.messages import Content, Conversation, read_conversation
from streams.intake.reply import Choice, Reply, outputs_of
from streams.intake.values import (
    JsonObject,
    id_in,
    invalid,
    list_in,
    object_in,
    seconds_in,
    text_in,
    usage_in,
)
from streams.records import Output, WireDocument

NAME = "litellm"

_MARKS = frozenset(
    {
        *("call_type", "custom_llm_provider", "startTime", "endTime", "model_group"),
        *("model_map_information", "hidden_params", "litellm_call_id", "response_cost"),
        *("saved_cache_cost", "standard_built_in_tools_params", "request_tags"),
    }
)
_CALLS_FOR_TEXT = frozenset(
    prefix + name
    for prefix in ("", "a")
    for name in (
        *("completion", "text_completion", "responses", "anthropic_messages"),
        *("generate_content", "generate_content_stream", "llm_passthrough_route"),
    )
) | {"", "pass_through_endpoint"}
_REALTIME = "_arealtime"
# Calls that make no text, or tell of what was made before. A name that is neither is read.
_OTHER_CALLS = re.compile(
    r"a?(?:(?:get|list|delete|cancel|retrieve|create|update|modify|add|upload|health|count)_.*"
    r"|(?:image|video|embedding|moderation|transcription|speech|rerank|search|ocr|file|vector_store"
    r"|batch|container|skill|eval|assistant|thread|fine_tuning|rag|interaction_(?:get|delete))"
    r"(?:s|_.*)?|call_mcp_tool|.*_(?:count|input)_tokens|.*_(?:batch|file|job)s?)"
)
_REDACTED = "redacted-by-litellm"
_TRACE = re.compile(r"[0-9a-f]{32}")


def recognises(data: Any) -> bool:
    """Whether it has the names that only LiteLLM's payload has together."""
    if not isinstance(data, dict) or not {"call_type", "custom_llm_provider"} & data.keys():
        return False
    return len(_MARKS & data.keys()) >= 3


def parse(data: Any) -> Parsed:
    """The outputs in a payload. Raises `BadRecord`."""
    if not isinstance(data, dict):
        raise BadRecord("invalid_field", f"{NAME}: the payload is not an object")
    if data.get("status") == "failure":
        return Parsed(skipped=["error"])
    call, place = text_in(data, "call_type") or "", f"{NAME}: response"
    if call == _REALTIME:
        reply = _read_session(data.get("response"), place)
    elif call not in _CALLS_FOR_TEXT and _OTHER_CALLS.fullmatch(call):
        return Parsed(skipped=["not_an_output"])
    else:
        reply = _read(data.get("response"), place)
    reply = _without_redacted(reply)
    record_id = id_in(data, "id", "litellm_call_id") or reply.id or ""
    return outputs_of(reply, _output(data, reply, record_id))


def _read(response: Any, place: str) -> Reply:
    if isinstance(response, str):
        response = body_text(response, place)
    if isinstance(response, dict) and response.keys() == {"response"}:
        # A pass-through endpoint's answer has one more wrapping.
        return _read(response["response"], f"{place}.response")
    if response is None or response in ({}, [], {"text": _REDACTED}):
        return Reply(skipped=["no_output"])
    if isinstance(response, str):
        return Reply(answers=[Choice(Content(response))])
    reply = read_any(response, place)
    if reply is None:
        raise invalid(place, response, "the response of a model")
    return reply


def _read_session(response: Any, place: str) -> Reply:
    events = response.get("results") if isinstance(response, dict) else response
    if not openai_responses.is_reply(events):
        return Reply(skipped=["no_output"])
    return openai_responses.read(events, f"{place}.results")


def _without_redacted(reply: Reply) -> Reply:
    kept = [answer for answer in reply.answers if answer.content.text != _REDACTED]
    reply.skipped += ["no_output"] * (len(reply.answers) - len(kept))
    reply.answers = kept
    return reply


def _output(data: JsonObject, reply: Reply, record_id: str) -> Output:
    metadata = object_in(data, "metadata")
    sent = object_in(metadata, "requester_metadata")
    asked = _conversation(data)
    model = text_in(data, "model")
    began, ended = seconds_in(data, "startTime"), seconds_in(data, "endTime")
    trace = text_in(data, "trace_id")
    labels = {
        "provider": text_in(data, "custom_llm_provider"),
        "litellm_call_id": text_in(data, "litellm_call_id"),
        "cache_hit": True if data.get("cache_hit") is True else None,
    }
    return Output(
        record_id=record_id,
        output="",
        deployment=text_in(data, "model_group") or model or reply.model or "default",
        model=model or reply.model,
        model_version=reply.model or model,
        tenant=id_in(metadata, "user_api_key_team_id", "team_id", "user_api_key_org_id"),
        user=id_in(data, "end_user")
        or id_in(metadata, "user_api_key_end_user_id")
        or id_in(object_in(data, "model_parameters"), "user")
        or id_in(metadata, "user_api_key_user_id"),
        conversation_id=id_in(data, "session_id")
        or id_in(sent, "session_id", "conversation_id")
        or trace,
        prompt=asked.prompt,
        messages=asked.messages,
        system_prompt=asked.system_prompt,
        context=(*_documents(metadata), *reply.context),
        usage=usage_in(data) or reply.usage,
        latency_ms=_latency(began, ended),
        event_time=ended or reply.seconds,
        trace_id=trace if trace and _TRACE.fullmatch(trace) else None,
        response_id=reply.id,
        labels={name: value for name, value in labels.items() if value is not None},
    )


def _latency(began: float | None, ended: float | None) -> float | None:
    if began is None or ended is None or ended < began:
        return None
    return round((ended - began) * 1000, 3)


def _conversation(data: JsonObject) -> Conversation:
    given = data.get("messages")
    if isinstance(given, dict):
        given = given.get("messages", [given])
    asked = read_conversation(given)
    return msgspec.structs.replace(
        asked,
        system_prompt=None if asked.system_prompt == _REDACTED else asked.system_prompt,
        prompt=None if asked.prompt == _REDACTED else asked.prompt,
        messages=tuple(said for said in asked.messages if said.content != _REDACTED),
    )


def _documents(metadata: JsonObject) -> list[WireDocument]:
    documents: list[WireDocument] = []
    for search in list_in(metadata, "vector_store_request_metadata"):
        for result in list_in(object_in(search, "vector_store_search_response"), "data"):
            texts = [text_in(part, "text") or "" for part in list_in(result, "content")]
            if any(texts):
                name = id_in(result, "file_id", "filename")
                documents.append(WireDocument("\n".join(texts), name))
    return documents
