"""A log that says the same warning once, and then how often it came again."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import TextIO

EVERY_S = 60.0
"""The same warning is written at most this often, in seconds."""

_MOST_KINDS = 200
_NUMBERS = re.compile(r"[\d.]*\d")
_OWN = "streams."


class _Kind:
    """A warning that was written, and how many like it came since."""

    def __init__(self, record: logging.LogRecord, now: float) -> None:
        self.record = record
        self.until = now + EVERY_S
        self.more = 0


class SummingHandler(logging.StreamHandler[TextIO]):
    """Writes the same warning or error once a minute at most; of libraries', which count their
    tries, also those that differ only in numbers.

    How many more there were is said when the minute is over and anything is logged. What is
    less than a warning, or ends the process, is always written.
    """

    def __init__(self, stream: TextIO, timer: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self._timer = timer
        self._kinds: dict[tuple[str, int, str], _Kind] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record, or counts it."""
        now = self._timer()
        self._tell_over(now)
        if logging.WARNING <= record.levelno < logging.CRITICAL:
            said = record.getMessage()
            if not record.name.startswith(_OWN):
                said = _NUMBERS.sub("#", said)
            key = (record.name, record.levelno, said)
            known = self._kinds.get(key)
            if known is not None:
                known.record = record
                known.more += 1
                return
            if len(self._kinds) < _MOST_KINDS:
                self._kinds[key] = _Kind(record, now)
        super().emit(record)

    def close(self) -> None:
        """Says what wasn't said yet."""
        self._tell_over(float("inf"))
        super().close()

    def _tell_over(self, now: float) -> None:
        for key, kind in list(self._kinds.items()):
            if kind.until > now:
                continue
            if not kind.more:
                del self._kinds[key]
                continue
            told = logging.makeLogRecord(kind.record.__dict__)
            told.msg = f"{kind.record.getMessage()} ({kind.more:,} more like it in {EVERY_S:g} s)"
            told.args = ()
            told.exc_info = None
            kind.more, kind.until = 0, now + EVERY_S
            super().emit(told)
