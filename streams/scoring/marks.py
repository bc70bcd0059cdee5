"""Marks rows whose scores an exclusion covers, by a file that is read again when it changes."""

from __future__ import annotations

from pathlib import Path

from streams.errors import RulesError
from streams.records import VerdictRow
from streams.rules.exclusions import load_exclusions
from streams.rules.lens import Lenses


class Marks:
    """The exclusions of a file; none for "". A file that is wrong leaves those before in place:
    whoever counts the rows says what is wrong with it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._lenses = Lenses()
        self.refresh()

    def refresh(self) -> None:
        """Reads the file again where it changed. Never raises."""
        if not self._path:
            return
        try:
            status = Path(self._path).stat()
            stamp = status.st_mtime_ns, status.st_size
        except (OSError, ValueError):
            return
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._lenses = Lenses(load_exclusions(self._path))
        except RulesError:
            return

    def of(self, deployment: str, row: VerdictRow) -> dict[str, str]:
        """By signal, the exclusion that covers a row's score."""
        lens = self._lenses.of(deployment)
        return lens.marks(row) if lens is not None else {}
