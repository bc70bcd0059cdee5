"""Addresses written out in words, as they are read aloud: "happy dot summer at gmail dot com".

Each of their words may be a common one, so that nothing else hides them.
"""

from __future__ import annotations

import re
from typing import Final

_PART: Final = r"[^\W_](?:[\w.+-]{0,62}\w)?"
_LINK: Final = (
    r"(?:dot|point|punkt|punto|ponto|period|underscore|under score|unterstrich|guion bajo"
    r"|guión bajo|tiret bas|dash|hyphen|minus|bindestrich|gui[oó]n|tiret|h[ií]fen|tra[cç]o|plus)"
)
_AT: Final = r"(?:at sign|at|ät|arroba|arobase|arrobas|klammeraffe|chiocciola|@|＠)"
_DOT: Final = r"(?:dot|point|punkt|punto|ponto)"
_GAP: Final = r"\s{1,6}"
_SPELLED: Final = re.compile(
    rf"\b(?:{_PART}{_GAP}{_LINK}{_GAP}){{0,5}}{_PART}{_GAP}{_AT}{_GAP}(?!(?:the|an?|this|that)\b){_PART}"
    rf"(?:{_GAP}{_DOT}{_GAP}{_PART}){{1,4}}",
    re.IGNORECASE,
)
# Brackets and emphasis around a word: "(at)", "**dot**".
_MARKUP: Final = dict.fromkeys(map(ord, "[](){}<>*`~"), " ")


def spelled(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The spans of `text[start:end]` that spell an e-mail address in words.

    >>> spelled("Write to happy dot summer at gmail dot com.", 0, 43)
    [(9, 42)]
    """
    bare = text[start:end].translate(_MARKUP)
    return [(start + found.start(), start + found.end()) for found in _SPELLED.finditer(bare)]
