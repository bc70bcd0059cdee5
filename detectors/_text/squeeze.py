"""Text without what can be changed at no cost: case, spaces, punctuation, look-alikes."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LOWER: Final = bytes(range(256)).lower()
_NOT_ALNUM: Final = bytes(
    code for code in range(128) if not (chr(code).isascii() and chr(code).isalnum())
)
_KEPT = re.compile(r"[^\W_]+")
_MARK = re.compile(r"[\u0300-\u036f]")
_LOOKALIKES: Final = str.maketrans(
    "авеԁһіӏјкмнорԛгѕтуԝхӡɑοανερτυχκιɡıʟɴʀ",
    "abedhiljkmhopqrstywx3aoavepruxkigilnr",
)


def squeeze(text: str) -> bytes:
    """Letters and digits only, folded and in lower case, as UTF-8.

    >>> squeeze("CA-NA ry\\u200b_7")
    b'canary7'
    """
    if text.isascii():
        return text.encode().translate(_LOWER, _NOT_ALNUM)
    return "".join(folded for folded, _ in _pieces(text)).encode("utf-8", "replace")


def _pieces(text: str) -> list[tuple[str, int]]:
    """Folded runs of letters and digits, each with the place of the character it comes from."""
    whole = fold(text)
    return [(match[0], match.start()) for match in _KEPT.finditer(whole)]


def fold(text: str) -> str:
    """One spelling for case, width, accents and Greek and Cyrillic look-alikes."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return _MARK.sub("", plain).lower().translate(_LOOKALIKES)


def span_in(text: str, start: int, end: int) -> tuple[int, int]:
    """Where bytes `start` to `end` of `squeeze(text)` come from in the text.

    Slow, a character at a time: for matches only.
    """
    count = 0
    first = len(text)
    for place, character in enumerate(text):
        size = 1 if character.isascii() and character.isalnum() else len(squeeze(character))
        if character.isascii() and not character.isalnum():
            size = 0
        if size == 0:
            continue
        if count <= start < count + size:
            first = place
        count += size
        if count >= end:
            return min(first, place), place + 1
    return min(first, len(text)), len(text)
