"""Log entries of Kong Gateway with its AI Proxy plugins.

In the plugin's configuration, payloads and statistics must be logged, and a logging plugin must
send the entries on: `kafka-log` straight to the topic, `http-log` to a Kafka REST proxy (its
batches are arrays, which is fine), `file-log` for a log shipper::

    - name: ai-proxy            # or ai-proxy-advanced
      config: {logging: {log_payloads: true, log_statistics: true}, …}
    - name: kafka-log
      config: {bootstrap_servers: [{host: kafka, port: 9092}], topic: llm.outputs}

Kong has written the payloads in three places, all read: `ai.proxy.payload` (3.9 and newer),
`ai.payload.request` with ``ai.<plugin>.payload.response`` (up to 3.8), and `ai.payload` with
`ai.meta` beside it. They are JSON as text, in the shape of OpenAI's chat completions or, with
native formats, of the provider's.

- record id: Kong's request id. Deployment: the route's name, else the service's, else the model
  that was asked for: set ``name`` on the route. Model version: as the response names it.
- tenant: the consumer (`username`, else `custom_id`, else `id`). User: `user` or
  `safety_identifier` in the model's request; the request's `metadata` may hold
  `conversation_id`, `tenant`, `user` and `deployment`.
- event time: when the request was over; latency: `llm_latency`, else `latencies.proxy`.
- Without payloads it is skipped as `no_output`, with an HTTP status from 400 on as `error`; other
  AI plugins' entries (judges, MCP) and embeddings as `not_an_output`.

Fields: https://developer.konghq.com/ai-gateway/ai-audit-log-reference/, Kong's
`kong/llm/plugin/shared-filters/serialize-analytics.lua`.
"""

from __future__ import annotations

from typing import Any

from streams.errors import BadRecord
from streams.intake.any_reply import read_any
from streams.intake.exchange import body_text
from streams.intake.formats import Parsed
from streams.intake.messages import Content
from streams.intake.reply import Choice, Reply, outputs_of
from streams.intake.request import conversation_in
from streams.intake.values import (
    JsonObject,
    id_in,
    invalid,
    number_in,
    object_in,
    seconds_in,
    text_in,
    usage_in,
)
from streams.records import Output

NAME = "kong"

_PROXIES = ("proxy", "ai-proxy", "ai-proxy-advanced")
_REQUEST_FIELDS = frozenset({"uri", "url", "method", "headers", "querystring"})


def recognises(data: Any) -> bool:
    """Whether it is an entry of Kong's serializer with a part for AI plugins."""
    if not isinstance(data, dict) or not isinstance(data.get("ai"), dict):
        return False
    return bool(_REQUEST_FIELDS & object_in(data, "request").keys()) or (
        "started_at" in data and "latencies" in data
    )


def parse(data: Any) -> Parsed:
    """The output in an entry. Raises `BadRecord`."""
    ai = object_in(data, "ai")
    if not ai:
        raise BadRecord("missing_field", f"{NAME}: ai is missing")
    name, entry = _entry(ai)
    if entry is None:
        return Parsed(skipped=["not_an_output"])
    status = number_in(object_in(data, "response"), "status")
    if status is not None and status >= 400:
        return Parsed(skipped=["error"])
    payload = object_in(entry, "payload")
    if payload.get("response") is None:
        return Parsed(skipped=["no_output"])
    reply = _read(payload["response"], f"{NAME}: ai.{name}payload.response")
    asked = payload.get("request")
    asked = _request(asked if asked is not None else object_in(ai, "payload").get("request"))
    return outputs_of(reply, _output(data, entry, reply, asked))


def _entry(ai: JsonObject) -> tuple[str, JsonObject | None]:
    """The proxy's own part and its name in a path; None where only other plugins have one."""
    for name in _PROXIES:
        if isinstance(ai.get(name), dict):
            return f"{name}.", ai[name]
    if "meta" in ai or "usage" in ai or "response" in object_in(ai, "payload"):
        return "", ai
    return "", None


def _read(response: Any, place: str) -> Reply:
    body = body_text(response, place) if isinstance(response, str) else response
    if isinstance(body, str):
        return Reply(answers=[Choice(Content(body))])
    reply = read_any(body, place)
    if reply is None:
        raise invalid(place, body, "the response of a model")
    return reply


def _request(asked: Any) -> JsonObject:
    try:
        body = body_text(asked, "") if isinstance(asked, str) else asked
    except BadRecord:
        return {}
    return body if isinstance(body, dict) else {}


def _output(data: JsonObject, entry: JsonObject, reply: Reply, asked: JsonObject) -> Output:
    record_id = id_in(object_in(data, "request"), "id") or reply.id or ""
    meta, tags = object_in(entry, "meta"), object_in(asked, "metadata")
    latencies, consumer = object_in(data, "latencies"), object_in(data, "consumer")
    conversation = conversation_in(asked)
    model = text_in(meta, "request_model") or text_in(asked, "model") or reply.model
    named = text_in(object_in(data, "route"), "name") or text_in(object_in(data, "service"), "name")
    started, took = seconds_in(data, "started_at"), number_in(latencies, "request")
    labels = {
        "provider": text_in(meta, "provider_name"),
        "kong_plugin_id": text_in(meta, "plugin_id"),
        "cache": text_in(object_in(entry, "cache"), "cache_status"),
    }
    return Output(
        record_id=record_id,
        output="",
        deployment=id_in(tags, "deployment") or named or model or "default",
        model=model,
        model_version=reply.model or text_in(meta, "response_model"),
        tenant=id_in(tags, "tenant") or id_in(consumer, "username", "custom_id", "id"),
        user=id_in(tags, "user", "user_id") or id_in(asked, "safety_identifier", "user"),
        conversation_id=id_in(tags, "conversation_id"),
        prompt=conversation.prompt,
        messages=conversation.messages,
        system_prompt=conversation.system_prompt,
        context=reply.context,
        usage=usage_in(object_in(entry, "usage")) or reply.usage,
        latency_ms=number_in(meta, "llm_latency") or number_in(latencies, "proxy"),
        event_time=reply.seconds if started is None else started + max(took or 0.0, 0.0) / 1000,
        response_id=reply.id,
        labels={label: value for label, value in labels.items() if value is not None},
    )
