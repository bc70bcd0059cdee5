"""Sessions that were logged out, kept until they would have ended by themselves.

They are in a file beside the key that signs sessions: whoever loses one loses the other, and
without the key no session of old stands.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from streams.errors import ConfigError
from streams.files import PRIVATE, alone_with, write_whole

log = logging.getLogger(__name__)

_ended = msgspec.json.Decoder(dict[str, float])
_REMEDY = "Delete it and console_key beside it: then everybody has to log in anew"

Stamp = tuple[int, int, int]


class Logouts:
    """The ids of sessions that were logged out, each with the end of that session.

    Consoles with the same file hear of each other's. Raises `ConfigError` for a file that can't
    be read: who logged out would be in again.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._turn = threading.Lock()
        self._known: dict[str, float] = {}
        self._stamp: Stamp | None = None
        self._refresh()

    def has(self, session: str) -> bool:
        """Whether a session was logged out."""
        with self._turn:
            self._look_again()
            return session in self._known

    def add(self, session: str, until: float) -> None:
        """Notes that a session was logged out, which would have ended at `until`, in seconds since
        the epoch. It is out here at once; where the file can't be written, until a restart, and
        that is logged."""
        with self._turn:
            self._known[session] = until
            try:
                with alone_with(self._path):
                    self._look_again()
                    now = self._clock()
                    self._known = {one: end for one, end in self._known.items() if end > now}
                    write_whole(self._path, msgspec.json.encode(self._known), mode=PRIVATE)
                    self._stamp = self._stamped()
            except OSError as failure:
                log.warning(
                    "%s can't be written (%s): after a restart, sessions that were logged out"
                    " stand again until they end by themselves",
                    self._path,
                    failure.strerror,
                )

    def _look_again(self) -> None:
        """Takes in what another console wrote; what is known here stays known whatever is there."""
        try:
            self._refresh()
        except ConfigError as wrong:
            log.warning("%s", wrong)

    def _refresh(self) -> None:
        stamp = self._stamped()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        if stamp is None:
            return
        try:
            self._known |= _ended.decode(self._path.read_bytes())
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as failure:
            problem = f"can't be read ({type(failure).__name__})"
            raise ConfigError(self._path, None, problem, _REMEDY) from None

    def _stamped(self) -> Stamp | None:
        """What tells a file that was written anew; None where there is none."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as failure:
            problem = f"can't be read ({type(failure).__name__})"
            raise ConfigError(self._path, None, problem, _REMEDY) from None
        return status.st_mtime_ns, status.st_size, status.st_ino
