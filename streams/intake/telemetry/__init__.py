"""The OpenTelemetry wing of intake: OTLP, and the conventions spans come in."""
