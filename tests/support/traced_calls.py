"""Calls a stand-in of the OpenAI API with a real client and a real instrumentation, and exports.

Run as `python traced_calls.py INSTRUMENTATION API COLLECTOR`, in a process of its own, since
instrumentations change the client for good. Both addresses are http://127.0.0.1:PORT.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import openai
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

TOOL: Any = {
    "type": "function",
    "function": {"name": "mail", "parameters": {"type": "object", "properties": {}}},
}


def main(instrumentation: str, api: str, collector: str) -> None:
    resource = Resource.create({"service.name": "support-bot", "service.version": "1.4"})
    tracers = TracerProvider(resource=resource)
    spans = BatchSpanProcessor(OTLPSpanExporter(f"{collector}/v1/traces"))
    tracers.add_span_processor(spans)
    loggers = LoggerProvider(resource=resource)
    loggers.add_log_record_processor(
        BatchLogRecordProcessor(OTLPLogExporter(endpoint=f"{collector}/v1/logs"))
    )
    if instrumentation == "openinference":
        from openinference.instrumentation.openai import OpenAIInstrumentor as OpenInference

        OpenInference().instrument(tracer_provider=tracers)
    else:
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=tracers, logger_provider=loggers)
    client = openai.OpenAI(base_url=f"{api}/v1", api_key="-", max_retries=0, timeout=10)
    question: Any = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How do I log in?"},
    ]
    client.chat.completions.create(model="plain", messages=question)
    for _ in client.chat.completions.create(model="streamed", messages=question, stream=True):
        pass
    client.chat.completions.create(model="tools", messages=question, tools=[TOOL])
    client.embeddings.create(model="embed", input="x")
    with contextlib.suppress(openai.APIError):
        client.chat.completions.create(model="broken", messages=question)
    tracers.shutdown()
    loggers.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:4])
