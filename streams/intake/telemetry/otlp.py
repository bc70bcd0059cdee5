"""OpenTelemetry: OTLP spans and log events with LLM calls in them, as the Collector writes them.

The Collector's Kafka exporter puts them on `otlp_spans` and `otlp_logs`, as `otlp_proto` (its
default) or `otlp_json`; both are read. In its configuration::

    exporters:
      kafka:
        brokers: [kafka:9092]
        traces: {topic: otlp_spans, encoding: otlp_proto}

and in outwatch's::

    intake:
      sources:
        otlp_spans: {format: otlp}

Content must be captured by the instrumentation: with OpenTelemetry's own that is
`OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` (`span_only` for spans); without it every
call is counted as skipped, `no_output`. Where content goes to spans and to log events, read one
of the topics only, or every answer counts twice.

Understood are the conventions of Langfuse, OpenInference (Phoenix), the Vercel AI SDK, Google's ADK
and Logfire, and OpenTelemetry's GenAI ones, asked in this order; each span is one output for each
answer in it. Spans and log events of one span in one message are read together. Where a span and
its parent give the same answer, the parent is left out, and a parent without content whose child
has it is `not_an_output`. A failed call whose answer was captured in
part is scored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from streams.errors import BadRecord
from streams.intake.formats import SKIPS, Parsed, Skip
from streams.intake.telemetry import adk, genai, langfuse, logfire, openinference, vercel
from streams.intake.telemetry.otlp_json import from_json
from streams.intake.telemetry.otlp_protobuf import from_bytes, kind_of
from streams.intake.telemetry.spans import (
    Span,
    Telemetry,
    TracedEvent,
    TracedExchange,
    first_text,
    outputs,
)
from streams.records import Output, WireDocument

NAME = "otlp"

_TOP = ("resourceSpans", "resourceLogs", "resourceMetrics")
_CONVENTIONS = (langfuse, openinference, vercel, adk, logfire, genai)
_WEIGHT: dict[Skip, int] = dict.fromkeys(SKIPS, 0) | {"no_output": 1, "error": 2}


class _EventsAlone(Span, kw_only=True):
    """The log events of a span that isn't in the message; it ends with the last of them."""


def recognises(data: Any) -> bool:
    """Whether a parsed message is OTLP JSON."""
    return isinstance(data, dict) and any(isinstance(data.get(name), list) for name in _TOP)


def parse(data: Any) -> Parsed:
    """The outputs in OTLP JSON. Raises `BadRecord` where the frame can't be read."""
    if not isinstance(data, dict) or not any(name in data for name in _TOP):
        raise BadRecord("missing_field", "otlp: there is neither resourceSpans nor resourceLogs")
    return _parsed(from_json(data))


def recognises_bytes(value: bytes) -> bool:
    """Whether bytes are protocol buffers of spans or log records."""
    return kind_of(value) is not None


def parse_bytes(value: bytes) -> Parsed:
    """The outputs in protocol buffers. Raises `BadRecord` where they can't be decoded."""
    return _parsed(from_bytes(value))


def _parsed(telemetry: Telemetry) -> Parsed:
    result = Parsed(bad=list(telemetry.bad), skipped=["not_an_output"] * telemetry.metrics)
    spans = _with_events(telemetry, result)
    retrieved = _retrieved(spans)
    wrapping = vercel.wrapping(spans)
    found: list[tuple[Span, list[Output]]] = []
    silent: dict[tuple[str, str], tuple[int, Span]] = {}
    for span in spans:
        if (span.trace_id, span.span_id) in wrapping and vercel.is_outer(span):
            result.skipped.append("not_an_output")
            continue
        try:
            read = _read(span)
        except BadRecord as bad:
            result.bad.append(BadRecord(bad.reason, f"{bad.detail} (span {span.record_id})"))
            continue
        if isinstance(read, TracedExchange):
            found.append((span, outputs(span, read, _context(span, retrieved))))
        else:
            if read == "no_output" and span.span_id:
                silent[span.trace_id, span.span_id] = len(result.skipped), span
            result.skipped.append(read)
    for number in _around_answers(found, silent):
        result.skipped[number] = "not_an_output"
    dropped = _repeating_a_child(found)
    for span, made in found:
        if id(span) in dropped:
            result.skipped.append("not_an_output")
        else:
            result.outputs += made
    return result


def _around_answers(
    found: list[tuple[Span, list[Output]]], silent: dict[tuple[str, str], tuple[int, Span]]
) -> Iterator[int]:
    """The places of spans without content right around one that has the answer: what they wrap is
    watched. A tool in between could have asked another model, so nothing follows from that."""
    for span, _ in found:
        while (around := silent.pop((span.trace_id, span.parent_id), None)) is not None:
            number, span = around
            yield number


def _repeating_a_child(found: list[tuple[Span, list[Output]]]) -> set[int]:
    """Spans all of whose answers a child gives too. Of spans that are, wrongly, each other's
    children, one stays."""
    children: dict[tuple[object, ...], list[Span]] = {}
    for span, made in found:
        for output in made:
            key = span.trace_id, span.parent_id, output.output, output.tool_calls
            children.setdefault(key, []).append(span)
    dropped: set[int] = set()
    for span, made in found:
        if span.span_id and all(
            any(
                child is not span and id(child) not in dropped
                for child in children.get(
                    (span.trace_id, span.span_id, output.output, output.tool_calls), ()
                )
            )
            for output in made
        ):
            dropped.add(id(span))
    return dropped


def _read(span: Span) -> TracedExchange | Skip:
    """What the first convention that finds an answer makes of a span, or the best reason why
    there is none: a span may follow several, and hold its content by one of them."""
    skip: Skip = "not_an_output"
    for convention in _CONVENTIONS:
        read: TracedExchange | Skip | None = convention.read(span)
        if isinstance(read, TracedExchange):
            return read
        if read == "not_an_output" and convention is vercel:
            # What this SDK doesn't call a call is none by the other names that it writes.
            return read
        if read is not None and _WEIGHT[read] > _WEIGHT[skip]:
            skip = read
    return skip


def _with_events(telemetry: Telemetry, result: Parsed) -> list[Span]:
    """The spans, each with its log events, and log events alone as spans of their own."""
    spans = list(telemetry.spans)
    by_id = {(span.trace_id, span.span_id): span for span in spans}
    for event in telemetry.events:
        if event.name not in genai.EVENTS:
            result.skipped.append("not_an_output")
            continue
        own_id = "" if event.span_id else _own_id(event)
        key = event.trace_id, event.span_id or own_id
        span = by_id.get(key)
        if span is None:
            span = _EventsAlone(
                trace_id=event.trace_id,
                span_id=event.span_id,
                own_id=own_id,
                resource=event.resource,
            )
            spans.append(span)
            by_id[key] = span
        if isinstance(span, _EventsAlone):
            span.end = max(span.end, event.time)
            span.attributes = {**event.attributes, **span.attributes}
        span.events = [*span.events, event]
    return spans


def _own_id(event: TracedEvent) -> str:
    """An id for an event outside of any span, the same for the same event."""
    response = first_text(event.attributes, "gen_ai.response.id")
    if response is not None:
        return response
    whole = [event.name, event.time, event.attributes, event.body]
    text = json.dumps(whole, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _retrieved(spans: list[Span]) -> dict[str, list[tuple[Span, list[WireDocument]]]]:
    """Per trace, the spans that looked something up, and what they found."""
    found: dict[str, list[tuple[Span, list[WireDocument]]]] = {}
    for span in spans:
        documents = _documents(span)
        if documents:
            found.setdefault(span.trace_id, []).append((span, documents))
    return found


def _documents(span: Span) -> list[WireDocument]:
    if openinference.kind(span) in ("RETRIEVER", "RERANKER"):
        return openinference.documents(span)
    if first_text(span.attributes, "gen_ai.operation.name") == "retrieval":
        return genai.documents(span.attributes)
    return langfuse.documents(span)


def _context(
    span: Span, retrieved: dict[str, list[tuple[Span, list[WireDocument]]]]
) -> list[WireDocument]:
    """What was found in a span's trace before it: of rerankers, where there are any."""
    before = [
        (other, documents)
        for other, documents in retrieved.get(span.trace_id, [])
        if other.start <= span.end
    ]
    reranked = [pair for pair in before if openinference.kind(pair[0]) == "RERANKER"]
    chosen = [document for _, documents in reranked or before for document in documents]
    return list({document.text: document for document in chosen}.values())
