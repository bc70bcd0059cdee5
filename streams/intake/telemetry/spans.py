"""Spans and log events as OTLP carries them, and outputs as they are made of these.

What the conventions for spans (`genai`, `openinference`, `langfuse`) share. Each of them turns
a span or a group of log events into a `TracedExchange`: what went into a model and what came out.
Here that becomes `streams.records.Output` values, one for each answer:

- record id: ``<trace id>-<span id>``, and ``#1``, ``#2``, … for further answers of one call
- deployment: the resource's `service.name`; where `deployment.environment.name` says something
  else than production, ``<service>/<environment>``, so that staging never moves the rates of
  production
- model: the one that was asked for; model version: the one that answered, usually dated
- event time: the span's end; latency: from its start to its end
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from streams.errors import BadRecord
from streams.intake.messages import kind_of
from streams.intake.values import json_type
from streams.records import Output, WireDocument, WireMessage, WireToolCall

Attributes = dict[str, Any]

# "default" is what Langfuse writes where nobody configured an environment.
_PRODUCTION = frozenset({"production", "prod", "prd", "live", "default"})
# OpenInference, LiteLLM's own spans, Pydantic AI; google-genai and ADK.
_WITHHELD = frozenset(
    {
        *("__REDACTED__", "redacted-by-litellm", "<redacted>"),
        *("<elided>", "<not serializable>"),
    }
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")

_USER = (
    "user.id",
    "enduser.id",
    "langfuse.user.id",
    "traceloop.association.properties.user_id",
    "enduser.pseudo.id",
    *(
        f"ai.telemetry.metadata.{name}"
        for name in ("userId", "user_id", "user.id", "langfuseUserId", "user")
    ),
)
_CONVERSATION = (
    "gen_ai.conversation.id",
    "session.id",
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
    "gcp.vertex.agent.session_id",
    *(
        f"ai.telemetry.metadata.{name}"
        for name in (
            *("conversationId", "conversation_id", "sessionId", "session_id", "session.id"),
            *("threadId", "thread_id", "chatId", "chat_id", "langfuseSessionId"),
        )
    ),
)


class TracedEvent(msgspec.Struct, kw_only=True):
    """A log event or an event inside a span. `time` is in nanoseconds, 0 where unknown."""

    name: str
    time: int = 0
    trace_id: str = ""
    span_id: str = ""
    attributes: Attributes = {}
    body: Any = None
    resource: Attributes = {}


class Span(msgspec.Struct, kw_only=True):
    """One span, or the log events of one. `start` and `end` are in nanoseconds, 0 if unknown.

    `client` is true for spans of kind CLIENT: a call that left the process. `own_id` stands
    for the span id in the record's where events belong to no span.
    """

    trace_id: str
    span_id: str
    own_id: str = ""
    parent_id: str = ""
    start: int = 0
    end: int = 0
    client: bool = False
    failed: bool = False
    attributes: Attributes = {}
    events: list[TracedEvent] = []
    resource: Attributes = {}

    @property
    def record_id(self) -> str:
        """Trace and span id, joined; "" where both are missing."""
        return "-".join(part for part in (self.trace_id, self.span_id or self.own_id) if part)


class Telemetry(msgspec.Struct):
    """What one message holds. `bad` are spans and log records that can't be read."""

    spans: list[Span] = []
    events: list[TracedEvent] = []
    metrics: int = 0
    bad: list[BadRecord] = []


def take(found: Telemetry, into: list[Any], read: Callable[..., Any], *arguments: Any) -> None:
    """Reads one span or log record, into a list or among the bad ones."""
    try:
        into.append(read(*arguments))
    except BadRecord as bad:
        found.bad.append(bad)


class TracedAnswer(msgspec.Struct, kw_only=True):
    """One answer of a model; several when several were asked for."""

    text: str = ""
    tool_calls: tuple[WireToolCall, ...] = ()
    kinds: tuple[str, ...] = ()
    reasoning: str = ""
    finish_reason: str | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing of the answer was captured."""
        return not (self.text or self.tool_calls or self.kinds)


class TracedExchange(msgspec.Struct, kw_only=True):
    """What a convention finds in a span: what went into the model, and its answers."""

    answers: list[TracedAnswer] = []
    messages: list[WireMessage] = []
    prompt: str | None = None
    system_prompt: str | None = None
    context: list[WireDocument] = []
    asked_model: str | None = None
    answering_model: str | None = None
    response_id: str | None = None
    usage: dict[str, int] = {}
    labels: dict[str, str] = {}


def outputs(span: Span, found: TracedExchange, context: list[WireDocument]) -> list[Output]:
    """The native outputs of one span; `context` is what its trace retrieved elsewhere."""
    labels: dict[str, Any] = {**found.labels, **_origin(span)}
    record_id = span.record_id or found.response_id or ""
    return [
        Output(
            record_id=f"{record_id}#{index}" if index else record_id,
            output=answer.text,
            conversation_id=first_text(span.attributes, *_CONVERSATION),
            deployment=deployment(span),
            model=found.asked_model or found.answering_model,
            model_version=found.answering_model,
            user=first_text(span.attributes, *_USER) or first_text(span.resource, *_USER),
            prompt=found.prompt,
            messages=tuple(found.messages),
            context=tuple(found.context or context),
            system_prompt=found.system_prompt,
            tool_calls=answer.tool_calls,
            kinds=answer.kinds,
            reasoning=answer.reasoning or None,
            finish_reason=answer.finish_reason,
            usage=found.usage or None,
            latency_ms=(span.end - span.start) / 1e6 if 0 < span.start <= span.end else None,
            event_time=span.end / 1e9 if span.end else None,
            trace_id=span.trace_id or None,
            span_id=span.span_id or None,
            response_id=found.response_id,
            labels=labels,
        )
        for index, answer in enumerate(found.answers)
        if not answer.empty
    ]


def deployment(span: Span) -> str:
    """The deployment that a span's resource names; "default" where it names none."""
    service = first_text(span.resource, "service.name")
    # What SDKs write where nobody configured a name.
    if service is None or service.startswith("unknown_service"):
        return "default"
    environment = _environment(span)
    if environment is None or environment.lower() in _PRODUCTION:
        return service
    return f"{service}/{environment}"


def _environment(span: Span) -> str | None:
    return first_text(span.attributes, "langfuse.environment") or first_text(
        span.resource, "deployment.environment.name", "deployment.environment"
    )


def _origin(span: Span) -> dict[str, str]:
    version = first_text(span.resource, "service.version")
    labels = {"service_version": version, "environment": _environment(span)}
    return {name: value for name, value in labels.items() if value is not None}


def first_text(attributes: Mapping[str, Any], *names: str) -> str | None:
    """The first of these attributes that is there, as text; None when none is."""
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return None


def captured(text: str) -> str:
    """The text; "" for what instrumentations write in its place where they mustn't tell it."""
    return "" if text.strip() in _WITHHELD else text


def texts(attributes: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts; a single text counts as a list of one, anything else is left out."""
    value = attributes.get(name)
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str)]


def counts(attributes: Mapping[str, Any], **names: tuple[str, ...]) -> dict[str, int]:
    """Token counts: each of `names` from the first of its attributes that is a number."""
    found = {}
    for name, candidates in names.items():
        for candidate in candidates:
            value = attributes.get(candidate)
            if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                found[name] = value
                break
    return found


def structured(value: Any) -> Any:
    """A value that may have been written as JSON text: parsed where it is, else as it came."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return without_surrogates(json.loads(value))
        except (ValueError, RecursionError):
            return value
    return value


def as_text(value: Any) -> str:
    """A value as text: as it is, or as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return str(type(value).__name__)


def without_surrogates(value: Any) -> Any:
    """The same value with U+FFFD for lone surrogates, which can't be written as UTF-8."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", str(k)): without_surrogates(v) for k, v in value.items()}
    return value


def numbered(attributes: Mapping[str, Any], prefix: str) -> list[Attributes]:
    """Flattened lists: ``<prefix>.0.role``, ``<prefix>.1.role`` … as one mapping for each.

    The numbers only order the entries; gaps are closed, so that a huge number costs nothing.
    """
    entries: dict[int, Attributes] = {}
    start = f"{prefix}."
    for name, value in attributes.items():
        if name.startswith(start):
            number, dot, rest = name[len(start) :].partition(".")
            if dot and number.isascii() and number.isdigit() and len(number) < 7:
                entries.setdefault(int(number), {})[rest] = value
    return [entries[number] for number in sorted(entries)]


def kind_name(value: Any) -> str:
    """The kind of a part that is no text, as a short word; "other" for what isn't one."""
    if not isinstance(value, str):
        return "other"
    known = kind_of(value)
    name = value.lower() if known == "other" else known
    return name if _PLAIN_KIND.fullmatch(name) else "other"


def invalid(where: str, value: Any, wanted: str) -> BadRecord:
    """The error for a field of the wrong kind."""
    return BadRecord("invalid_field", f"otlp: {where} is {json_type(value)}, not {wanted}")
