"""Real clients with real instrumentations: what they export is read as the answers they got."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from streams.intake.telemetry import otlp
from streams.records import Output
from tests.support.otlp_servers import Received, as_otlp_json, openai_stand_in, serving

CALLS = Path(__file__).parents[3] / "support" / "traced_calls.py"
ANSWER = "Log in with your badge."
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
LATEST = {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental"}


def traced(instrumentation: str, api: str, collector: str, **variables: str) -> None:
    """Calls the API in a process of its own and exports to the collector."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(CALLS), instrumentation, api, collector],
        env={**os.environ, "OMP_NUM_THREADS": "1", **variables},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def exported(instrumentation: str, **variables: str) -> Received:
    received = Received()
    with serving(openai_stand_in(ANSWER)) as api, serving(received.handler()) as collector:
        traced(instrumentation, api, collector, **variables)
    return received


def read(messages: list[bytes], kind: type[TracesData] | type[LogsData]) -> dict[str, Output]:
    """Outputs by response id; the same from both of the Kafka exporter's encodings."""
    found = []
    for message in messages:
        assert otlp.recognises_bytes(message)
        parsed = otlp.parse_bytes(message)
        assert otlp.parse(json.loads(as_otlp_json(message, kind))) == parsed
        assert not parsed.bad
        found += parsed.outputs
    return {str(output.response_id): output for output in found}


def skipped(messages: list[bytes]) -> list[str]:
    return sorted(why for message in messages for why in otlp.parse_bytes(message).skipped)


def check_answers(found: dict[str, Output]) -> None:
    plain, streamed, tools = (found[f"chatcmpl-{m}"] for m in ("plain", "streamed", "tools"))
    assert len(found) == 3
    assert plain.output == streamed.output == ANSWER
    assert [(call.name, json.loads(call.arguments)) for call in tools.tool_calls] == [
        ("mail", {"text": ANSWER})
    ]
    for model, output in (("plain", plain), ("streamed", streamed), ("tools", tools)):
        assert (output.model, output.model_version) == (model, f"{model}-2026-01-01")
        assert (output.prompt, output.system_prompt) == ("How do I log in?", "Be brief.")
        assert output.record_id == f"{output.trace_id}-{output.span_id}"
        assert output.deployment == "support-bot"
        assert output.finish_reason == ("tool_calls" if model == "tools" else "stop")
    assert plain.usage is not None
    assert (plain.usage["input_tokens"], plain.usage["output_tokens"]) == (9, 4)


def test_openinference() -> None:
    received = exported("openinference")
    check_answers(read(received.spans, TracesData))
    assert skipped(received.spans) == ["error", "not_an_output"]
    assert received.logs == []


@pytest.mark.needs("otel-openai")
def test_genai_on_spans_and_events() -> None:
    received = exported("openai-v2", **LATEST, **{CAPTURE: "span_and_event"})
    on_spans, on_events = read(received.spans, TracesData), read(received.logs, LogsData)
    check_answers(on_spans)
    check_answers(on_events)
    for response, output in on_spans.items():
        assert output.record_id == on_events[response].record_id
    assert skipped(received.spans) == ["error", "not_an_output"]
    assert skipped(received.logs) == ["error"]


@pytest.mark.needs("otel-openai")
def test_genai_before_the_latest_conventions() -> None:
    received = exported("openai-v2", **{CAPTURE: "true"})
    outputs = [output for message in received.logs for output in otlp.parse_bytes(message).outputs]
    assert sorted(output.output for output in outputs) == ["", ANSWER, ANSWER]
    assert skipped(received.spans) == ["error", *["no_output"] * 3, "not_an_output"]


@pytest.mark.needs("otel-openai")
def test_without_content_every_call_is_skipped() -> None:
    received = exported("openai-v2", **LATEST)
    assert skipped(received.spans) == ["error", *["no_output"] * 3, "not_an_output"]
