"""Files of the operator, read anew now and then: pages ask far more often than they change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from streams.errors import FileError
from streams.inert import line
from streams.words import sentence

log = logging.getLogger(__name__)

T = TypeVar("T")

_AGAIN_S = 15.0


class Kept(Generic[T]):
    """What `read` reads, at most so many seconds old; where a file is wrong, what was read before,
    or at first what `otherwise` gives. That it is wrong is logged."""

    def __init__(
        self, read: Callable[[], T], otherwise: Callable[[], T], again_s: float = _AGAIN_S
    ) -> None:
        self._read = read
        self._otherwise = otherwise
        self._again_s = again_s
        self._turn = threading.Lock()
        self._found: T | None = None
        self._read_at = 0.0

    def get(self) -> T:
        """What holds now."""
        with self._turn:
            if self._found is not None and time.monotonic() - self._read_at < self._again_s:
                return self._found
            self._read_at = time.monotonic()
            try:
                self._found = self._read()
            except FileError as wrong:
                log.warning("%s What holds is what was read before.", sentence(line(str(wrong))))
                if self._found is None:
                    self._found = self._otherwise()
            return self._found
