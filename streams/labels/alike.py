"""How alike texts are of which only masked excerpts are known: by the words in them."""

from __future__ import annotations

import re

FEWEST_WORDS = 5
"""Fewer different words don't tell whether texts are alike."""

_WORD = re.compile(r"[^\W\d_]+")
_MASKED = re.compile(r"\[[^\]\s]{1,40}\]")


def words_of(excerpt: str) -> frozenset[str]:
    """The words of a masked excerpt; numbers, masked names, case, order and repeats don't count.

    >>> sorted(words_of("Refunds take 5 days, [name]: refunds"))
    ['days', 'refunds', 'take']
    """
    return frozenset(_WORD.findall(_MASKED.sub(" ", excerpt).lower()))


def masks_of(excerpt: str) -> frozenset[str]:
    """The kinds of what is masked in an excerpt, in lower case.

    >>> sorted(masks_of("Card [CREDIT_CARD] of [name]"))
    ['credit_card', 'name']
    """
    return frozenset(one[1:-1].lower() for one in _MASKED.findall(excerpt))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The share, in [0, 1], of the words in either that are in both (Jaccard); 0 with too few.

    >>> likeness(words_of("a b c d e f"), words_of("a b c d e g"))
    0.7142857142857143
    """
    if min(len(one), len(other)) < FEWEST_WORDS:
        return 0.0
    return len(one & other) / len(one | other)
