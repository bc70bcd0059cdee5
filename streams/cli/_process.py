"""What commands share that run until they are stopped."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from types import FrameType

from streams.config.settings import Settings
from streams.inert import LogFormatter
from streams.repeats import SummingHandler
from streams.worker.leaving import Leaving


def log_to_stderr(settings: Settings) -> None:
    """Logs at the configured level; of Kafka's client only what went wrong. What goes wrong again
    and again is summed up."""
    handler = SummingHandler(sys.stderr)
    handler.setFormatter(LogFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    logging.getLogger("kafka").setLevel(max(logging.WARNING, logging.root.level))


def stopped_by_signals(leave_s: float | None = None) -> threading.Event:
    """An event that SIGTERM or Ctrl-C sets; the second one ends the process at once.

    With `leave_s`, one that hasn't ended so many seconds after the first is ended by force.
    """
    stop = threading.Event()
    leaving = None if leave_s is None else Leaving(list, leave_s)

    def end(number: int, _: FrameType | None) -> None:
        # Not from here: the main thread may hold the event's lock right now.
        threading.Thread(target=stop.set).start()
        if leaving is not None:
            leaving.start_clock()
        # Whoever asks twice doesn't want to wait.
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return stop
