"""Plain numbers about a prompt: gibberish, floods of one token, foreign letters.

Suffixes found by search (Zou et al. 2023) are odd joins of letters and marks near the end; floods
repeat one token to push the system prompt out. Each number is damped for short texts, where a
password or a product code would look odd too.
"""

from __future__ import annotations

import re
from math import log1p
from typing import Final

from detectors._linear.parts import judged_part

_TAIL_WORDS: Final = 24
_FEW_WORDS: Final = 30
_ODD = re.compile(
    r"[a-z][A-Z]|[A-Za-z][\\{}\[\]<>|~^_=+*$]|[\\{}\[\]<>|~^$][A-Za-z]"
    r"|[()\[\]{}<>\"';:.,!?]{3}"
)


def prompt_numbers(text: str) -> tuple[float, ...]:
    """Seven numbers, each between 0 and 12.

    In order: log of the words (12 at least), odd joins per word in the last 24 words, share of
    marks there, share of repeated words, whether four fifths of 30 words or more are repeats, share
    of characters beyond ASCII, and odd joins per word in all.
    """
    text = judged_part(text)
    words = text.split()
    count = len(words)
    tail = " ".join(words[-_TAIL_WORDS:])[-2000:]
    marks = len(tail) - sum(map(str.isalnum, tail)) - tail.count(" ")
    repeats = count - len(set(words))
    foreign = 0 if text.isascii() else sum(character > "\x7f" for character in text)
    return (
        log1p(max(count, 12)),
        min(len(_ODD.findall(tail)) / _TAIL_WORDS, 2.0),
        marks / max(120, len(tail)),
        repeats / max(40, count),
        float(count > _FEW_WORDS and repeats > 0.8 * count),
        foreign / max(200, len(text)),
        min(len(_ODD.findall(text)) / max(count, _FEW_WORDS), 2.0),
    )
