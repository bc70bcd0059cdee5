"""Planted canaries: strings that stand only where nobody should read, and so in no answer."""

from __future__ import annotations

import base64
import codecs
from typing import Final, NamedTuple

import re2

from detectors._text.squeeze import squeeze

_LEAST: Final = 8
_MOST: Final = 5_000
_MEMORY: Final = 512 << 20


class CanaryHit(NamedTuple):
    """A canary's number in its file (from 1), how it was written, and where, squeezed."""

    number: int
    writing: str
    start: int
    end: int


class Canaries:
    """Finds canaries in squeezed text, each in every writing of it, in one pass (RE2)."""

    def __init__(self, canaries: list[str]) -> None:
        self._known: dict[bytes, tuple[int, str]] = {}
        for number, canary in enumerate(canaries, 1):
            for needle, writing in writings(canary):
                self._known.setdefault(needle, (number, writing))
        self._search = None
        if self._known:
            options = re2.Options()
            options.max_mem = _MEMORY
            options.encoding = re2.Options.Encoding.LATIN1
            longest_first = sorted(self._known, key=len, reverse=True)
            self._search = re2.compile(b"|".join(map(re2.escape, longest_first)), options)

    def find(self, squeezed: bytes) -> list[CanaryHit]:
        """The canaries in a squeezed text, at most one hit each, in order."""
        if self._search is None:
            return []
        hits: dict[int, CanaryHit] = {}
        for match in self._search.finditer(squeezed):
            number, writing = self._known[match[0]]
            hits.setdefault(number, CanaryHit(number, writing, match.start(), match.end()))
            if len(hits) >= 100:
                break
        return sorted(hits.values(), key=lambda hit: hit.start)


def writings(canary: str) -> list[tuple[bytes, str]]:
    """The squeezed needles that betray a canary, each with how it is written there.

    Base64 has one needle for each of the three ways it can fall into a longer encoded text,
    less the characters at its ends that its neighbours decide.
    """
    plain = squeeze(canary)
    found = [
        (plain, "plain"),
        (plain[::-1], "reversed"),
        (codecs.encode(plain.decode(), "rot13").encode(), "rot13"),
    ]
    for spelling in dict.fromkeys((canary, canary.lower(), canary.upper())):
        for data in dict.fromkeys((spelling.encode(), spelling[::-1].encode())):
            found.append((data.hex().encode(), "hex"))
            for shift in range(3):
                coded = base64.b64encode(b"\0" * shift + data)
                first = (shift * 8 + 5) // 6
                last = (shift + len(data)) * 8 // 6
                found.append((squeeze(coded[first:last].decode()), "base64"))
    return [(needle, writing) for needle, writing in found if len(needle) >= _LEAST]


def parse_canaries(data: bytes) -> Canaries:
    """Canaries from a file: one a line, lines that begin with # and empty ones aside.

    Raises `ValueError`, quoting none, for one with fewer than eight letters and digits (it
    would be met by chance), for more than 5,000 and for a file that isn't UTF-8.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    canaries = []
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if len(squeeze(line)) < _LEAST:
            raise ValueError(f"line {number}: a canary needs {_LEAST} letters or digits")
        canaries.append(line)
    if len(canaries) > _MOST:
        raise ValueError(f"may hold at most {_MOST} canaries")
    return Canaries(canaries)
