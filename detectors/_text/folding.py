"""From text to chunks between white space, and from a chunk to one spelling for many.

Texts are cut into chunks: runs without white space; each Chinese or Japanese character is one of
its own.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_IDEOGRAPH: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CHUNK = re.compile(rf"\n|[{_IDEOGRAPH}]|[^\s{_IDEOGRAPH}]+")
_LETTERS_APART = re.compile(r"\W*[^\W\d_](?:([._*~|+-])[^\W\d_])(?:\1[^\W\d_])+\W*")
_STRETCHED = re.compile(r"(.)\1{2,}", re.DOTALL)
_INSIDE_OR_LEET = re.compile(r"(?<=[^\W\d_])!(?=[^\W\d_])")
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)
_ACCENT = re.compile(r"[\u0300-\u036f]")
_LATIN = re.compile(r"[a-z]")

_LEET = str.maketrans("013457@$", "oieastas")
_LOOKALIKES = str.maketrans(
    "авеԁԍнікӏмпоргсѕтухһјѵԛԝзёɡıοανρτυχκιεηβ",
    "abedghiklmnoprcstyxhjvqwzegioavptuxkienb",
)
_OFTEN_DOUBLED: Final = frozenset("slftgpzr")


def chunks(text: str) -> list[str]:
    """The chunks of a text in order; a line end is a chunk of its own.

    >>> chunks("no way\\nstop")
    ['no', 'way', '\\n', 'stop']
    """
    if text.isascii():
        if "\n" not in text:
            return text.split()
        pieces: list[str] = []
        for line in text.split("\n"):
            pieces += line.split()
            pieces.append("\n")
        pieces.pop()
        return pieces
    return _CHUNK.findall(text)


def chunk_spans(text: str) -> list[tuple[int, int]]:
    """Where the chunks of a text lie, in the order of `chunks`."""
    return [match.span() for match in _CHUNK.finditer(text)]


def fold(chunk: str) -> str:
    """One spelling for many: case, width, accents, look-alikes, digits for letters, stretching.

    >>> [fold(word) for word in ("Ｓtup1d", "looooser", "m.o.r.o.n")]
    ['stupid', 'loser', 'moron']
    """
    if not chunk.isascii():
        chunk = _INVISIBLE.sub("", unicodedata.normalize("NFKC", chunk))
        chunk = _ACCENT.sub("", unicodedata.normalize("NFD", chunk))
        chunk = unicodedata.normalize("NFC", chunk).lower()
        if _LATIN.search(chunk):
            chunk = chunk.translate(_LOOKALIKES)
    else:
        chunk = chunk.lower()
    chunk = unstretched(chunk)
    if not chunk.isalnum() and _LETTERS_APART.fullmatch(chunk):
        chunk = "".join(filter(str.isalpha, chunk))
    letters = sum(map(str.isalpha, chunk))
    if 2 <= letters < len(chunk) and chunk[0] != "@":
        chunk = (_INSIDE_OR_LEET.sub("i", chunk) if "!" in chunk else chunk).translate(_LEET)
    return chunk


def unstretched(text: str) -> str:
    """A text in which no character stands three times in a row or more.

    >>> unstretched("soooo goood")
    'so god'
    """
    return _STRETCHED.sub(_once_or_twice, text)


def _once_or_twice(run: re.Match[str]) -> str:
    character = run[1]
    return character * 2 if character in _OFTEN_DOUBLED else character
