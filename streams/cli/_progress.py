"""How far a command has come: a bar on a terminal, and elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from streams.cli._say import say

EVERY_S = 15.0
"""Seconds between lines where stderr is no terminal."""


class Doing:
    """What a command does, on stderr, while it does it. A context manager."""

    def __init__(
        self,
        what: str,
        console: Console | None = None,
        every_s: float = EVERY_S,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._every_s = every_s
        self._timer = timer
        self._due = timer() + every_s
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TimeElapsedColumn(),
                console=console or Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task(what, total=None)

    def update(self, what: str, done: int | None = None, total: int | None = None) -> None:
        """Shows how far it is: what was done, and how much of how much, where that is known."""
        if self._bar is not None:
            self._bar.update(self._task, description=what, completed=done, total=total)
        elif self._timer() >= self._due:
            self._due = self._timer() + self._every_s
            share = f" ({min(100, 100 * (done or 0) // total)} %)" if total else ""
            say(f"outwatch: {what}{share}", err=True)

    def __enter__(self) -> Doing:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.stop()
