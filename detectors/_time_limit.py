"""Ends work that takes too much processor time, where Python can be interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN_S = 0.05


class OutOfTime(BaseException):
    """The time is used up. No `Exception`: what detectors catch must not hold it up."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises `OutOfTime` in its body when that has used this much processor time.

    The time is the process's, so a busy machine changes little in what can be judged; work that
    only waits, or that stays in a library's own code, isn't ended by it. Only a process's main
    thread can be interrupted, so elsewhere there is no limit. Infinity is none. Not to be nested.
    """
    if seconds == float("inf") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGPROF, end)
    try:
        # Again and again: raised while a finalizer runs, it would only be reported.
        signal.setitimer(signal.ITIMER_PROF, max(seconds, 1e-3), _AGAIN_S)
        yield
    finally:
        _quiet(before)


def _quiet(before: object) -> None:
    while True:
        try:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)  # type: ignore[arg-type]
        except OutOfTime:
            # It was due while the timer was being stopped.
            continue
        else:
            return
