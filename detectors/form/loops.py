"""Text that goes round in circles: words that have all been said, characters that repeat."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

_GRAM = 6
_END_CHARS = 12_000
_LEAST_CHARS = 60
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]{1,80}")
# Rules, borders and padding are drawn with these.
_RUN = re.compile(r"([^\s\-=_*#.~+|─━═·•/\\<>])\1{39,}", re.DOTALL)


# Numbers that count lines up, in a text that says the same in each.
_COUNTER = "#"
_FEWEST_COUNTERS = 4
_COUNTING = 0.8
_OFTEN = 3
_FEWEST_SAID = 4
_ALL_BUT_THE_NUMBERS = 0.8
_MARK = re.compile(r"[\u3400-\u9fff]?\**[.):：、．）]|[ \t]+[-–—][ \t]|[ \t]*\n")


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
    found = list(_WORD.finditer(text))
    words = [match[0].lower() for match in found]
    if len(words) < 2 * _GRAM:
        return NO_LOOP
    total = len(words) - _GRAM + 1
    said = _said_again(words)
    uncounted = _said_again(_uncounted(text, found))
    if len(uncounted) >= _ALL_BUT_THE_NUMBERS * total:
        said = uncounted
    share = len(said) / total
    if share < 0.2 or len(said) < _GRAM:
        return NO_LOOP
    # Tables and code say the same words in rows, but never fill themselves with them.
    score = min(1.0, max(0.0, (share - 0.2) / 0.6))
    return Loop(score, found[said[0]].start(), found[min(said[-1] + _GRAM, len(found)) - 1].end())


def _said_again(words: list[str]) -> list[int]:
    """Where runs of words begin that have been said before."""
    seen: set[tuple[str, ...]] = set()
    said: list[int] = []
    grams = zip(*(words[shift:] for shift in range(_GRAM)), strict=False)
    for at, gram in enumerate(grams):
        if gram not in seen:
            seen.add(gram)
        elif _COUNTER not in gram or len(set(gram)) > _FEWEST_SAID:
            said.append(at)
    return said


def _uncounted(text: str, found: list[re.Match[str]]) -> list[str]:
    """The words, with one sign for all numbers that only count the lines, if there are such.

    A loop may count its rounds ("Step 7: "): its numbers, but for those that it says every time, go
    up by one, and a mark follows them. Those of tables, dates, logs and sums don't.
    """
    words = [match[0].lower() for match in found]
    numbers = [(at, int(word)) for at, word in enumerate(words) if _is_number(word)]
    times = Counter(number for _, number in numbers)
    often = max(_OFTEN, max(times.values(), default=0) / 2)
    counters = [(at, number) for at, number in numbers if times[number] < often]
    if len(counters) < _FEWEST_COUNTERS:
        return words
    steps = [later - earlier for (_, earlier), (_, later) in pairwise(counters)]
    marked = sum(_MARK.match(text, found[at].end()) is not None for at, _ in counters)
    if min(steps.count(1) / len(steps), marked / len(counters)) < _COUNTING:
        return words
    places = {at for at, _ in counters}
    return [_COUNTER if at in places else word for at, word in enumerate(words)]


def _is_number(word: str) -> bool:
    return len(word) <= 6 and word.isdecimal()
