"""`outwatch worker`: scores what arrives and raises incidents."""

from __future__ import annotations

import logging

import click

from streams.cli._process import log_to_stderr
from streams.cli._typed import command_problem
from streams.config.settings import Settings


@click.command("worker")
@click.pass_obj
def command(settings: Settings) -> None:
    """Score outputs from Kafka and raise incidents, until stopped.

    Start as many as there are partitions; they share the work. A worker waits for
    a broker that is away. SIGTERM ends it within 30 seconds. Serves /metrics,
    /ready and /live. Exit codes: 0 stopped, 1 ended before it had finished, 2 wrong
    configuration, 69 detectors can't score, 70 stalled (start it again).
    """
    from streams.worker.app import Worker

    log_to_stderr(settings)
    for noisy in ("faust", "mode", "aiokafka"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.root.level))
    # Its timers warn whenever a batch takes longer than their interval, which does no harm.
    logging.getLogger("mode.timers").setLevel(logging.ERROR)
    # It calls every rebalance and every broker's restart an error, and then mends it itself.
    logging.getLogger("aiokafka.consumer.group_coordinator").setLevel(logging.CRITICAL)
    Worker(settings, command_problem).run()
