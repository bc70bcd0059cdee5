"""People's acts for a replay, given out where they were folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from streams.records import Act, ActResult

Due = tuple[Act, float | None]
"""An act, and the newest event time at which it was folded, where that is known."""


class ActsInOrder:
    """Acts in the order of their lines, each given out once its time has come.

    Lines are acts or their results; what outwatch itself did comes of the records again, and is
    left out. `unreadable` counts the lines that are neither.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.unreadable = 0
        self._waiting: list[Due] = []
        for line in lines:
            if line.strip():
                self._read(line)

    @property
    def left(self) -> int:
        """How many weren't given out, or were put back."""
        return len(self._waiting)

    def until(self, newest: float) -> Iterator[Due]:
        """Acts whose time has come. Of one deployment, none overtakes another."""
        held: set[str] = set()
        waiting, self._waiting = self._waiting, []
        for act, reached in waiting:
            when = act.through if reached is None else reached
            if when > newest or act.deployment in held:
                held.add(act.deployment)
                self._waiting.append((act, reached))
            else:
                yield act, reached

    def put_back(self, act: Act, reached: float | None) -> None:
        """Keeps one for later: its incident isn't there yet."""
        self._waiting.append((act, reached))

    def _read(self, line: bytes) -> None:
        try:
            result = msgspec.json.decode(line, type=ActResult)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        else:
            if result.outcome != "automatic":
                self._waiting.append((result.act, result.reached))
            return
        try:
            self._waiting.append((msgspec.json.decode(line, type=Act), None))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.unreadable += 1
