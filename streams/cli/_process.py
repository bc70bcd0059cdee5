"""What commands share that run until they are stopped."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from types import FrameType

from streams.config.addresses import without_hosts
from streams.config.settings import Settings
from streams.inert import LogFormatter
from streams.repeats import SummingHandler
from streams.worker.leaving import Leaving

_OURS = ("streams", "detectors")


def log_to_stderr(settings: Settings) -> None:
    """Logs at the configured level; of Kafka's client only what went wrong. What goes wrong again
    and again is summed up."""
    handler = SummingHandler(sys.stderr)
    handler.setFormatter(_Formatter(settings.kafka.brokers))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    logging.getLogger("kafka").setLevel(max(logging.WARNING, logging.root.level))


class _Formatter(LogFormatter):
    """Lines of a log, those of other libraries without the hosts of `kafka.brokers`."""

    def __init__(self, brokers: str) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._brokers = brokers

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        text = super().format(record)
        ours = record.name.partition(".")[0] in _OURS
        return text if ours else without_hosts(text, self._brokers)


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
