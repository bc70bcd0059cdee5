"""Verdicts on their way back to where outputs were traced: CloudEvents and OpenTelemetry."""
