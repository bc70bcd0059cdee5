"""Whether a pattern is worth looking for: what RE2 says of it, many times faster than `re`.

RE2 has no look-arounds and other word boundaries, so they are left out, as is the rest of a word,
and what it finds is more than there is: where it finds nothing, there is nothing.
"""

from __future__ import annotations

import re
from typing import Final

import re2

_LEFT_OUT: Final = re.compile(r"\(\?<?[=!](?:[^()\[\]]|\[[^\]]*\])*\)|\\b|\\w\*|\(\?i\)")
_CODE: Final = re.compile(r"\\u([0-9a-f]{4})")
# RE2's are those of ASCII.
_WIDER: Final = {r"\s": r"[\s\x0b\x1c-\x1f\x85\pZ]", r"\w": r"[\pL\pN_]"}
# `re` takes these for one letter where case doesn't matter, RE2 doesn't.
_ONE_LETTER: Final = str.maketrans("ıİ", "ii")


class Hint:
    """Says of texts whether a pattern may be found in them.

    The pattern ignores case. Its look-arounds hold no others, and its classes neither white space
    nor word characters.
    """

    def __init__(self, pattern: re.Pattern[str]) -> None:
        source = _CODE.sub(r"\\x{\1}", _LEFT_OUT.sub("", pattern.pattern))
        for narrow, wide in _WIDER.items():
            source = source.replace(narrow, wide)
        self._quick = re2.compile(f"(?i){source.translate(_ONE_LETTER)}")

    def may_hold(self, data: bytes | None) -> bool:
        """Whether it may be found in a text, given as `readied`."""
        return data is None or self._quick.search(data) is not None


def readied(text: str) -> bytes | None:
    """A text as hints read it; None where it holds what UTF-8 can't."""
    try:
        return text.encode() if text.isascii() else text.translate(_ONE_LETTER).encode()
    except UnicodeEncodeError:
        return None
