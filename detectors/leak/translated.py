"""Whether an answer is its system prompt in another language.

Names, figures and what stands in quotation marks survive a translation. Where most of the prompt's
stand in an answer in another language, in the order of the prompt, the rest stands there too. An
answer that merely does what it was told says few of them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from detectors._text.language import language_of
from detectors._text.squeeze import fold
from detectors.base import sentence_spans

_MOST_CHARS: Final = 20_000
_MOST_MARKS: Final = 200
_LEAST_MARKS: Final = 4
_LEAST_SENTENCES: Final = 3
_LEAST_SHARE: Final = 0.6
# Of the sentences that have marks: what only does as it is told keeps to one or two of them.
_LEAST_SENTENCE_SHARE: Final = 0.75
_LEAST_IN_ORDER: Final = 0.8
# What does as the prompt says is shorter than the prompt.
_LEAST_LENGTH: Final = 0.7
_MARK: Final = re.compile(
    r"\d+(?:[.,:]\d+)*|(?<![.!?:\n\"“'‘*#-] )(?<!^)(?<![\"“'‘¡¿])\b[A-ZÀ-ÞА-Я][^\W\d_]{2,}"
    r"|(?<=[\"“«‘'])[^\W\d_]{3,20}(?=[!.]?[\"”»’'])"
)


def translated(text: str, system_prompt: str, excused: Sequence[str]) -> float:
    """How surely an answer translates its system prompt, in [0, 1]; `excused` are texts whose
    names and figures it may repeat."""
    text, prompt = text[:_MOST_CHARS], system_prompt[:_MOST_CHARS]
    if len(text) < _LEAST_LENGTH * len(prompt):
        return 0.0
    marks = _marks(prompt)
    if len(marks) < _LEAST_MARKS:
        return 0.0
    spoken = language_of(text)
    if not spoken or spoken == language_of(prompt):
        return 0.0
    known = _plain(" ".join(excused))
    said = _plain(text)
    places: dict[str, tuple[int, int]] = {}
    marked: set[int] = set()
    wanted = 0
    for mark, sentence in marks.items():
        if mark in known:
            continue
        wanted += 1
        marked.add(sentence)
        at = said.get(mark)
        if at is not None:
            places[mark] = (at, sentence)
    share = len(places) / max(1, wanted)
    sentences = {sentence for _, sentence in places.values()}
    if (
        len(places) < _LEAST_MARKS
        or len(sentences) < max(_LEAST_SENTENCES, _LEAST_SENTENCE_SHARE * len(marked))
        or share < _LEAST_SHARE
        or _in_order([at for at, _ in places.values()]) < _LEAST_IN_ORDER * len(places)
    ):
        return 0.0
    return round(0.5 + 0.45 * share, 3)


@lru_cache(maxsize=64)
def _marks(prompt: str) -> dict[str, int]:
    """The names and figures of a prompt in their order, each with its first sentence's number."""
    marks: dict[str, int] = {}
    for number, (start, end) in enumerate(sentence_spans(prompt)):
        for found in _MARK.findall(prompt[start:end]):
            marks.setdefault(_folded(found), number)
        if len(marks) > _MOST_MARKS:
            break
    return marks


def _plain(text: str) -> dict[str, int]:
    """The words and figures of a text with where each stands first."""
    places: dict[str, int] = {}
    for number, found in enumerate(re.findall(r"\d+(?:[.,:]\d+)*|[^\W\d_]+", text)):
        places.setdefault(_folded(found), number)
    return places


def _folded(mark: str) -> str:
    """A figure without the marks of its thousands, a word in small letters."""
    return re.sub(r"[.,:]", "", mark) if mark[0].isdigit() else fold(mark)


def _in_order(places: Sequence[int]) -> int:
    """The length of the longest rising subsequence."""
    ends: list[int] = []
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)
