"""Whether a word may stand: by the lists of common words, in the languages of its sentence."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from typing import Final

from detectors._text.common_words import LANGUAGES, Kind, kind_in, table
from streams.scoring.number_words import is_number, is_sure
from streams.scoring.tokens import HAN_OR_KANA, LONGEST, REMEMBERED, Token

CHINESE: Final = LANGUAGES.index("zh")
JAPANESE: Final = LANGUAGES.index("ja")
KANA = re.compile(r"[\u3041-\u30ff]")
_PUNCTUATION = re.compile(
    r"[-–—*•#>|&+=/.,;:!?…\"'“”‘’«»()\[\]`_~。，、；：！？「」『』（）،؟।]{1,4}"
)
WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0963])*")
_TAILS: Final = frozenset(["t", "s", "re", "ve", "ll", "d", "m"])
_NOT_HEADS: Final = frozenset(
    [
        "don",
        "doesn",
        "didn",
        "isn",
        "aren",
        "wasn",
        "weren",
        "won",
        "wouldn",
        "shouldn",
        "couldn",
        "can",
        "hasn",
        "haven",
        "hadn",
        "mustn",
        "ain",
        "needn",
    ]
)
_ELIDED: Final = frozenset(
    [
        "l",
        "d",
        "c",
        "n",
        "s",
        "j",
        "m",
        "t",
        "qu",
        "jusqu",
        "lorsqu",
        "puisqu",
        "quoiqu",
        "dell",
        "all",
        "nell",
        "sull",
        "dall",
        "un",
        "quell",
        "quest",
        "bell",
        "c",
        "com",
        "dov",
        "cos",
        "sant",
    ]
)
_PREFIXES: Final = frozenset(
    ["e", "x", "re", "co", "non", "pre", "post", "sub", "self", "anti", "multi", "semi", "well"]
)


def judge(token: Token, places: tuple[int, ...]) -> None:
    """Says of a token what it is in the languages at these places, and whether it may stand."""
    if not token.core:
        token.shown = _PUNCTUATION.fullmatch(token.text) is not None
        return
    starts = token.starts or "-" in token.lead
    said = _said(token.core, starts, places)
    token.shown, token.content, token.small, token.number, token.sure = said


def _said(core: str, starts: bool, places: tuple[int, ...]) -> tuple[bool, bool, bool, bool, bool]:
    """Whether a core may be shown, is more than a small word, is a small one, is a number, and is
    nothing else."""
    if len(core) <= LONGEST:
        return _said_of_word(core, starts, places)
    number = is_number(core.lower())
    return False, False, False, number, number and is_sure(core.lower(), places, False)


@lru_cache(REMEMBERED)
def _said_of_word(
    core: str, starts: bool, places: tuple[int, ...]
) -> tuple[bool, bool, bool, bool, bool]:
    kind = _kind(core, starts, places)
    lower, small = core.lower(), kind == Kind.FUNCTION
    number = is_number(lower)
    content = kind not in (Kind.NONE, Kind.FUNCTION)
    return kind != Kind.NONE, content, small, number, number and is_sure(lower, places, small)


def _kind(core: str, starts: bool, places: tuple[int, ...]) -> int:
    """The kind of a word, or of a contraction or a compound of two; `NONE` if it can't stand."""
    if WORD.fullmatch(core):
        return _kind_of_word(core, starts, places)
    head, mark, tail = core.replace("’", "'").partition("'")
    if mark and WORD.fullmatch(head) and WORD.fullmatch(tail):
        low = head.lower()
        if tail.lower() == "t":
            return Kind.FUNCTION if low in _NOT_HEADS else Kind.NONE
        if tail.lower() in _TAILS:
            return _kind_of_word(head, starts, places)
        if low in _ELIDED:
            return _kind_of_word(tail, starts and not head[:1].isupper(), places)
        return Kind.NONE
    first, mark, second = core.partition("-")
    if mark and WORD.fullmatch(first) and WORD.fullmatch(second):
        one = Kind.COMMON if first.lower() in _PREFIXES else _kind_of_word(first, starts, places)
        other = _kind_of_word(second, False, places)
        return Kind.COMMON if one and other else Kind.NONE
    return Kind.NONE


def _kind_of_word(word: str, starts: bool, places: Collection[int]) -> int:
    lower = word.lower()
    packed = table().get(lower, 0)
    best = max((kind_in(packed, place) for place in places), default=0) if packed else 0
    if word == lower:
        return best
    if word[1:] == lower[1:]:
        if best == Kind.FUNCTION or (best == Kind.COMMON and starts):
            return best
        packed = table().get(word, 0)
        return max((kind_in(packed, place) for place in places), default=0) if packed else 0
    return best if word.isupper() and best in (Kind.COMMON, Kind.FUNCTION) else Kind.NONE


def languages_of(words: Sequence[str], enough: int = 1) -> tuple[int, ...]:
    """The places of the languages that the words are in, by their small words; of fewer than
    `enough`, none, and all where no small word is found."""
    votes = [0] * len(LANGUAGES)
    small = small_words()
    for word in words:
        for place in small.get(word, ()):
            votes[place] += 1
        if not word.isascii() and HAN_OR_KANA.match(word):
            votes[CHINESE if KANA.search(word) is None else JAPANESE] += len(word) // 2
    most = max(votes)
    if most < enough:
        return () if most or enough > 1 else tuple(range(len(LANGUAGES)))
    return tuple(place for place, count in enumerate(votes) if count >= 0.8 * most)


@cache
def small_words() -> dict[str, tuple[int, ...]]:
    """Each small word, with the places of the languages in which it is one."""
    found = {}
    for word, packed in table().items():
        places = tuple(p for p in range(len(LANGUAGES)) if kind_in(packed, p) == Kind.FUNCTION)
        if places:
            found[word] = places
    return found
