"""What commands share that run until they are stopped."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from types import FrameType

from streams.config.settings import Settings
from streams.inert import LogFormatter


def log_to_stderr(settings: Settings) -> None:
    """Logs at the configured level; of Kafka's client only what went wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    logging.getLogger("kafka").setLevel(max(logging.WARNING, logging.root.level))


def stopped_by_signals() -> threading.Event:
    """An event that SIGTERM or Ctrl-C sets; the second one ends the process at once."""
    stop = threading.Event()

    def end(number: int, _: FrameType | None) -> None:
        # Not from here: the main thread may hold the event's lock right now.
        threading.Thread(target=stop.set).start()
        # Whoever asks twice doesn't want to wait.
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return stop
