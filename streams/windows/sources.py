"""How far each source partition was folded, and the clock of event time that its rows make."""

from __future__ import annotations

import msgspec

from streams.windows.folded import Place

_JUMP = 60.0
"""A row whose time nobody vouches for moves its source's clock by so many seconds at most."""

_WITNESSES = 20
"""So many more rows ahead of their source's clock than not, and the clock follows them."""

_AGREEING = 5
"""A source's clock starts when so many more of its first rows agree on the time than not."""

IMPOSSIBLE_S = 300.0
"""A clock so many seconds ahead of the time at which rows were scored was moved by a fast one."""


class FoldedTo(msgspec.Struct, array_like=True):
    """How far a source partition was folded: the last offset and part of it, its clock, and the
    topic's id where it is known.

    `newest` is the clock: the newest event time, but for those of loose rows that are far ahead.
    It is -inf until it has started, so that no single row ever sets it. `ahead` is the last time
    that it doesn't follow yet, until others contradict it: `witnesses` is how many more of them
    there were than others. Before the start, `agreeing` is how many rows agreed with `ahead`, and
    `witnesses` how many contradicted what was there before them.
    """

    offset: int = -1
    newest: float = float("-inf")
    part: int = 0
    topic_id: str = ""
    ahead: float = float("-inf")
    witnesses: int = 0
    agreeing: int = 0

    @property
    def position(self) -> Place:
        """The last offset and part."""
        return self.offset, self.part

    def advance(self, at: float, *, loose: bool) -> None:
        """Moves the clock by a row's time. One that nobody vouches for never moves it far alone."""
        if not loose and self.newest == float("-inf"):
            self._start(at)
        elif self.newest == float("-inf"):
            self._begin(at)
        elif not loose or at <= self.newest + _JUMP:
            self.newest = max(self.newest, at)
            self.witnesses = max(0, self.witnesses - 1)
            if not self.witnesses:
                self.ahead = float("-inf")
        else:
            self.witnesses = min(self.witnesses + 1, _WITNESSES)
            if self.witnesses == _WITNESSES:
                self.newest = max(self.newest, min(self.ahead, at))
            self.ahead = at

    def _begin(self, at: float) -> None:
        """Weighs one of the first rows, of which any may be far ahead or behind.

        This is the majority vote of Boyer and Moore, among times instead of names. Rows that are
        too far apart to ever agree start the clock by their number.
        """
        if not self.agreeing:
            self.ahead, self.agreeing = at, 1
        elif abs(at - self.ahead) <= _JUMP:
            self.ahead = max(self.ahead, at)
            self.agreeing += 1
            if self.agreeing == _AGREEING:
                self._start(self.ahead)
        else:
            self.agreeing -= 1
            self.witnesses += 1
            if self.witnesses == _WITNESSES:
                self._start(min(self.ahead, at))
            elif not self.agreeing:
                self.ahead, self.agreeing = at, 1

    def _start(self, at: float) -> None:
        self.newest = at
        self.ahead, self.witnesses, self.agreeing = float("-inf"), 0, 0
