"""Text that goes round in circles: words that have all been said, characters that repeat."""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

_GRAM = 6
_END_CHARS = 12_000
_LEAST_CHARS = 60
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]{1,80}")
# Rules, borders and padding are drawn with these.
_RUN = re.compile(r"([^\s\-=_*#.~+|─━═·•/\\<>])\1{39,}", re.DOTALL)


class Loop(NamedTuple):
    """How much of the text repeats, in [0, 1], and where the repeating begins and ends."""

    score: float
    start: int
    end: int


NO_LOOP = Loop(0.0, 0, 0)


def find_loop(text: str) -> Loop:
    """The strongest loop in the text; of a long one its two ends are judged.

    A loop's words have mostly been said before in the same order, and the text packs to a
    fraction of what prose packs to (Lempel-Ziv); ordinary prose repeats under a twentieth.
    """
    if len(text) < _LEAST_CHARS:
        return NO_LOOP
    if len(text) <= 2 * _END_CHARS:
        return _loop(text)
    last = _loop(text[-_END_CHARS:])
    cut = len(text) - _END_CHARS
    last = last._replace(start=last.start + cut, end=last.end + cut)
    return max(_loop(text[:_END_CHARS]), last)


def _loop(text: str) -> Loop:
    packed = len(zlib.compress(text.encode("utf-8", "replace"), 1))
    ratio = packed / len(text)
    # Prose of this length can't pack so badly while half of it repeats.
    if ratio > 0.5 and len(text) > 300:
        return NO_LOOP
    run = _RUN.search(text)
    if run is not None:
        share = (run.end() - run.start()) / len(text)
        if share > 0.3 or run.end() - run.start() >= 200:
            return Loop(min(1.0, 0.6 + share / 2), *run.span())
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) < 2 * _GRAM:
        return NO_LOOP
    seen: set[tuple[str, ...]] = set()
    said: list[int] = []
    grams = zip(*(words[shift:] for shift in range(_GRAM)), strict=False)
    for at, gram in enumerate(grams):
        if gram in seen:
            said.append(at)
        else:
            seen.add(gram)
    total = len(words) - _GRAM + 1
    share = len(said) / total
    if share < 0.2 or len(said) < _GRAM:
        return NO_LOOP
    spans = [match.span() for match in _WORD.finditer(text)]
    # Tables and code say the same words in rows, but never fill themselves with them.
    score = min(1.0, max(0.0, (share - 0.2) / 0.6))
    return Loop(score, spans[said[0]][0], spans[min(said[-1] + _GRAM, len(spans)) - 1][1])
