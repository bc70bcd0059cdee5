"""`outwatch results`: publishes verdicts as CloudEvents and OpenTelemetry events."""

from __future__ import annotations

import click

from streams.cli._process import log_to_stderr, stopped_by_signals
from streams.config.settings import Settings


@click.command("results")
@click.pass_obj
def command(settings: Settings) -> None:
    """Publish verdicts as CloudEvents and OpenTelemetry events, until stopped.

    Topics come from the settings: `results.cloudevents_topic` gets one CloudEvent for each
    verdict, `results.otel_topic` OTLP logs with the events gen_ai.evaluation.result, parented
    to the spans judged (a Collector's Kafka receiver takes them on). At least once, under ids
    that stay the same. SIGTERM and Ctrl-C finish what is in hand. Serves /metrics, /ready and
    /live.
    """
    from streams.results.publish import run
    from streams.worker.leaving import LEAVE_S

    log_to_stderr(settings)
    run(settings, stopped_by_signals(LEAVE_S))
