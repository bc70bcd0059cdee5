"""Who did what at the console, and who was refused: appended to a file, never changed."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path

import msgspec

from streams.console.visitor import Visitor

log = logging.getLogger(__name__)

_LONGEST = 500


class Audit:
    """A file of JSON lines, made readable for its owner alone.

    Each has `at` (seconds since the epoch), `who`, `role`, `what`, `about` and `why`; none holds a
    token or a text of a model.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.Lock()

    def write(self, who: Visitor | None, what: str, about: str, why: str = "") -> None:
        """Appends one line. Raises `OSError` where it can't: then what was to be written down is
        not to be done."""
        entry = {
            "at": round(time.time(), 3),
            "who": who.name[:_LONGEST] if who else "",
            "role": who.role if who else "",
            "what": what,
            "about": about[:_LONGEST],
            "why": why[:_LONGEST],
        }
        line = msgspec.json.encode(entry) + b"\n"
        with self._turn:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line)
            finally:
                os.close(handle)
        log.info("%s: %s %s %s", entry["who"] or "nobody", what, entry["about"], entry["why"])
