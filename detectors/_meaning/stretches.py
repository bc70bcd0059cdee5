"""The units that meaning is judged in: a few neighbouring sentences, read as one text.

A sentence alone often doesn't say who speaks to whom, and a whole answer drowns it; sentences that
stand together up to about two lines are told apart best.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from detectors._text.passages import Passage

LENGTH: Final = 200
"""Characters up to which neighbours are joined."""

_GREETING: Final = re.compile(r"\s{0,9}[^\n]{1,60}[,，][ \t]*\r?\n")
_SIGNATURE: Final = re.compile(
    r"\n[ \t]*\r?\n(?:[^\n]{0,60}[^\s.!?。！？:][ \t]{0,3}\r?(?:\n|\Z)){1,5}\s{0,9}\Z"
)
_TAIL: Final = 400


class Stretch(NamedTuple):
    """Neighbouring passages of an answer, and their text without quotations."""

    passages: tuple[Passage, ...]
    text: str

    def parts(self) -> list[Stretch]:
        """Each passage as a stretch of its own."""
        return [_joined([passage]) for passage in self.passages]


def stretches(passages: Sequence[Passage], text: str) -> list[Stretch]:
    """The stretches of the passages of `text`, in order: each passage is in one.

    A letter's greeting and its signature stand by themselves, so that they drown nothing.
    """
    begun, ended = _letter(text)
    found = []
    some: list[Passage] = []
    length = 0
    for passage in passages:
        apart = some and any(some[-1].start < place <= passage.start for place in (begun, ended))
        if some and (apart or length + len(passage.text) > LENGTH):
            found.append(_joined(some))
            some, length = [], 0
        some.append(passage)
        length += len(passage.text) + 1
    if some:
        found.append(_joined(some))
    return found


def _letter(text: str) -> tuple[int, int]:
    """Where a letter's greeting ends, and where its signature begins; 0 where there is none."""
    if "\n" not in text:
        return 0, 0
    greeting = _GREETING.match(text)
    signature = _SIGNATURE.search(text, max(0, len(text) - _TAIL))
    return (
        greeting.end() if greeting else 0,
        signature.start() + 1 if signature else 0,
    )


def _joined(passages: Sequence[Passage]) -> Stretch:
    return Stretch(tuple(passages), " ".join(passage.text.strip() for passage in passages))
