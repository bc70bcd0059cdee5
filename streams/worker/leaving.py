"""A process that is told to end does so in time, whatever it is waiting for."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType

log = logging.getLogger(__name__)

LEAVE_S = 25.0
"""After so many seconds, a process that was told to end is ended."""

UNFINISHED_EXIT = 1
"""Exit code of a process that had to be ended: what it had in hand is read again."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Leaving:
    """Bounds the time from a signal to the end of the process. Main thread only.

    `children` are the processes that must not be left behind. `begin` is called at the signal;
    it must not wait for anything.
    """

    def __init__(
        self,
        children: Callable[[], Iterable[int]],
        leave_s: float = LEAVE_S,
        end: Callable[[int], None] = os._exit,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        self._children = children
        self._leave_s = leave_s
        self._end = end
        self._begin = begin
        self._guarded = False

    def watch_signals(self) -> None:
        """Until Faust runs, a signal ends the process by `SystemExit`."""
        for number in _SIGNALS:
            signal.signal(number, _leave_now)

    def guard(self) -> None:
        """From now on, while Faust runs, a signal also starts the clock. Call it from the loop.

        asyncio learns of signals by a byte that Python writes, whatever the handler, so Faust's
        own orderly end goes on beside this.
        """
        if self._guarded:
            return
        self._guarded = True
        for number in _SIGNALS:
            signal.signal(number, self._told)

    def _told(self, number: int, frame: FrameType | None) -> None:
        self._begin()
        self.start_clock()

    def start_clock(self) -> None:
        """Ends the process by force once the time is over."""
        clock = threading.Timer(self._leave_s, self._force)
        clock.daemon = True
        clock.start()

    def _force(self) -> None:
        log.critical(
            "not ended within %g s of the signal; ending now, what was not acknowledged is read"
            " again",
            self._leave_s,
        )
        logging.shutdown()
        for child in self._children():
            with suppress(OSError):
                os.kill(child, signal.SIGKILL)
        self._end(UNFINISHED_EXIT)


def _leave_now(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
