"""Which records of a source partition were counted, where several deployments share windows.

One deployment's rows come in order, so its last place says it all. Those of several interleave:
here the places themselves are kept, as runs, and of old ones only how far they reached.
"""

from __future__ import annotations

from bisect import bisect_right

_MOST_RUNS = 1_000
_PARTS = 1 << 20

Place = tuple[int, int]
"""A record's place in its source partition: the offset, and the part of the message."""


class _Runs:
    """Whole numbers, as the first and last of each run. All up to `low` are among them."""

    def __init__(self, low: int, runs: list[list[int]]) -> None:
        self.low = low
        self.runs = runs

    def holds(self, number: int) -> bool:
        at = self._at(number)
        return number <= self.low or (at >= 0 and number <= self.runs[at][1])

    def add(self, number: int) -> None:
        """Adds a number that isn't held."""
        runs, at = self.runs, self._at(number)
        left = at >= 0 and runs[at][1] + 1 == number
        right = at + 1 < len(runs) and runs[at + 1][0] == number + 1
        if left and right:
            runs[at][1] = runs.pop(at + 1)[1]
        elif left:
            runs[at][1] = number
        elif right:
            runs[at + 1][0] = number
        else:
            runs.insert(at + 1, [number, number])
            if len(runs) > _MOST_RUNS:
                self.low = runs.pop(0)[1]

    def _at(self, number: int) -> int:
        return bisect_right(self.runs, number, key=lambda run: run[0]) - 1


Stored = tuple[int, list[list[int]], int, list[list[int]]]
"""As it stands in a snapshot: of the first parts of messages and of the others."""


class Folded:
    """Places that were counted. Of those far behind, all count as such."""

    def __init__(self, through: Place = (-1, 0)) -> None:
        """All up to `through` were counted."""
        offset, part = through
        self._first = _Runs(offset, [])
        self._others = _Runs(offset * _PARTS + part if offset >= 0 else -1, [])

    def add(self, place: Place) -> bool:
        """Notes a place; False where it was noted before."""
        runs, number = self._of(place)
        if runs.holds(number):
            return False
        runs.add(number)
        return True

    def holds(self, place: Place) -> bool:
        """Whether a place was noted."""
        runs, number = self._of(place)
        return runs.holds(number)

    def write(self) -> Stored:
        """For a snapshot."""
        return self._first.low, self._first.runs, self._others.low, self._others.runs

    @classmethod
    def read(cls, stored: Stored) -> Folded:
        """From a snapshot."""
        made = cls()
        low, runs, others_low, others = stored
        made._first, made._others = _Runs(low, runs), _Runs(others_low, others)
        return made

    def _of(self, place: Place) -> tuple[_Runs, int]:
        offset, part = place
        # Apart: most messages have one part, and their offsets then follow one another.
        return (self._first, offset) if part == 0 else (self._others, offset * _PARTS + part)
