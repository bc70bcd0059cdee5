"""`outwatch results`: publishes verdicts as CloudEvents and OpenTelemetry events."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from types import FrameType

import click

from streams.settings import Settings


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

    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("kafka").setLevel(max(logging.WARNING, logging.root.level))
    stop = threading.Event()

    def end(number: int, _: FrameType | None) -> None:
        # Not from here: the main thread may hold the event's lock right now.
        threading.Thread(target=stop.set).start()
        # Whoever asks twice doesn't want to wait.
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    run(settings, stop)
