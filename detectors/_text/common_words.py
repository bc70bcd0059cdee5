"""Common words of many languages: those that may be shown because they say nothing of anybody.

The lists, `common/*.txt`, are made by `detectors.training.common_words`; no name of a person or
place, number or common password is on them, but for words that are a name too, which count only
in small letters.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "common"


class Kind(IntEnum):
    """What is known of a word in a language."""

    NONE = 0
    SMALL = 1
    """Common, and a name too: it says nothing in small letters only."""
    COMMON = 2
    FUNCTION = 3
    """Such as "the" and "with", which names a language."""
    NOUN = 4
    """Written with a capital wherever it stands, as in German."""


LANGUAGES: Final = tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))
"""The codes of the languages, in the order of their places."""

BITS: Final = 3
"""How many bits a word's kind takes; the language at place n has those from n × `BITS`."""


@cache
def table() -> dict[str, int]:
    """Each word's kinds by language, packed in a number; German nouns have their capital."""
    found: dict[str, int] = {}
    for place, language in enumerate(LANGUAGES):
        kind = Kind.NONE
        for line in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                kind = Kind[line[2:].upper()]
                continue
            packed = kind << (place * BITS)
            for word in line.split():
                found[word] = found.get(word, 0) | packed
    return found


def kind_in(packed: int, place: int) -> int:
    """The `Kind` of a word in the language at a place.

    >>> kind_in(table()["the"], LANGUAGES.index("en")) == Kind.FUNCTION
    True
    """
    return packed >> (place * BITS) & ((1 << BITS) - 1)
