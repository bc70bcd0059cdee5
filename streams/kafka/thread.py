"""A thread that reads Kafka, and begins again when that fails."""

from __future__ import annotations

import logging
import threading

from kafka.errors import KafkaError

from streams.config.settings import Settings
from streams.kafka.trouble import explain

_AGAIN_S = 3.0


class ReadingThread:
    """A thread that reads until it is to stop. `start`, then set `stop`, then `join`.

    `connected` says whether Kafka answered lately, and `problem` why it didn't. A failure is
    logged by `name` and what was being done (`doing`); after three seconds `_read` is called anew,
    so it must be right to begin again at any place.
    """

    def __init__(
        self, settings: Settings, stop: threading.Event, *, name: str, doing: str, problem: str
    ) -> None:
        self.name = name
        self.connected = False
        self.problem = problem
        self._settings = settings
        self._stop = stop
        self._doing = doing
        self._log = logging.getLogger(type(self).__module__)
        self._thread = threading.Thread(target=self._run, name=f"reads-{name}", daemon=True)

    def start(self) -> None:
        """Starts reading."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def join(self, timeout_s: float) -> bool:
        """Waits for the thread's end; False when it takes longer."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _read(self) -> None:
        """Reads until it is to stop, or fails."""
        raise NotImplementedError

    def _failed(self) -> None:
        """What follows a failure, before the wait."""

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _ended(self) -> None:
        """What follows the end of reading."""

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except Exception as failure:
                self.connected = False
                known = isinstance(failure, KafkaError)
                kind = str(explain(self._settings, failure) if known else type(failure).__name__)
                self.problem = f"{self._doing} failed ({kind})"
                level = logging.WARNING if known else logging.ERROR
                self._log.log(level, "%s: %s; beginning again", self.name, self.problem)
                self._failed()
                self._pause(_AGAIN_S)
        self.connected = False
        self._ended()
