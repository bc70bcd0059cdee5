"""`outwatch pager`: tells people of incidents."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from types import FrameType

import click

from streams.settings import Settings


@click.command("pager")
@click.pass_obj
def command(settings: Settings) -> None:
    """Tell people of incidents, until stopped.

    Receivers come from the settings: `pager.terminal` and `pager.webhook_url`. Each keeps
    its own place in the incidents topic, so one that is down delays no other; a page that
    can't be delivered ends on the dead-letter topic and in a counter. SIGTERM and Ctrl-C
    finish the delivery in hand. Serves /metrics, /ready and /live.
    """
    from streams.paging.bridge import receivers, run

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
    if not run(settings, receivers(settings), stop):
        sys.exit(1)
