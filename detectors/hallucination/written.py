"""How identifiers of works are written: where one ends, and what it is whatever its writing.

A key is an identifier's own letters and digits: two writings of one identifier have one key.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_DASHES: Final = "\u00ad\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
_FOLDS: Final = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
        **dict.fromkeys("\u2014\u2015", " - "),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\\*", ""),
        **dict.fromkeys("‘’ʼ", "'"),
    }
)
_ENCODED: Final = re.compile(r"%(2[0-9a-f]|3[a-f]|5[bdf])", re.IGNORECASE)
_SPACES: Final = re.compile(r"\s+")


def folded(text: str) -> str:
    """NFKC in lower case; dashes, blanks and apostrophes of one kind; no marks of Markdown.

    >>> folded("10.1016%2FJ.x\u20112")
    '10.1016/j.x-2'
    """
    if "%" in text:
        text = _ENCODED.sub(lambda match: chr(int(match[1], 16)), text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _SPACES.sub(" ", text.translate(_FOLDS).lower())


DOI: Final = re.compile(r"(?<![\d.])10\.(\d{1,9})(?:\.\d{1,5}){0,3}(?:/|%2[Ff])([^\s\"<>]{1,150})")
# Closing marks of Markdown and of code, the rest of an address, the next of a list, a possessive.
_CLOSES: Final = re.compile(
    r"[`|?#&'*]|\{?\\(?!_)|[;,](?=https?:|doi|10\.)|[^\x00-\x7f" + _DASHES + r"\u200b\u2060…]"
)
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_FOOTNOTE: Final = re.compile(r"(?:\[\d{1,3}\]){1,5}$")
_TRAILS: Final = re.compile(r"(?:[.,;:!_~/\\]|(?<=[0-9A-Za-z])…)+$")


def doi_end(text: str, start: int, end: int) -> int:
    """Where the DOI ends that begins at `start`, given that no blank stands before `end`.

    A bracket that the DOI doesn't open isn't its own.

    >>> said = "[10.1016/s0140(97)1](https://doi.org/10.1016/s0140(97)1)"
    >>> said[1 : doi_end(said, 1, len(said))]
    '10.1016/s0140(97)1'
    """
    slash = text.find("/", start, end)
    first = slash + 1 if slash >= 0 else start
    closing = _CLOSES.search(text, first, end)
    end = closing.start() if closing else end
    opened: list[str] = []
    for at in range(first, end):
        if text[at] in "([{":
            opened.append(text[at])
        elif text[at] in _PAIRS and (not opened or opened.pop() != _PAIRS[text[at]]):
            end = at
            break
    written = _FOOTNOTE.sub("", text[start:end])
    bare = _TRAILS.sub("", written)
    return start + len(bare)


_ARXIV: Final = re.compile(r"(?<!\d)\d{4}\.\d{3,6}(?!\d)|[a-z-]{2,12}(?:\.[a-z]{2})?/\d{7}(?!\d)")
_ISBN: Final = re.compile(r"(?<!\d)(?:97[89][- ]?)?((?:\d[- ]?){9})[\dx](?![0-9a-z])")
_REPORTED: Final = re.compile(
    r"(?<!\d)(?=(\d{1,4}) ([a-z][a-z0-9.' ]{0,14}?) ?(?<=[a-z. ])(\d{1,6})(?![0-9a-z]))"
)
_LETTERS: Final = re.compile(r"[^0-9a-z]+")
_GROUPED: Final = re.compile(r"(?<!\d)\d{1,3}(?:[, ]\d{3})+(?!\d)|\d{5,}")
_EU_CASE: Final = re.compile(r"(?<![0-9a-z])[ctf]-\d{1,5}/\d\d(?!\d)")
_BGH: Final = re.compile(r"(?<![\w/])[0-9ivxa]{1,6} (?:zr|zb|str|ars|arz|stb) \d{1,5}/\d\d(?!\d)")
_LABELLED: Final = re.compile(
    r"(?:(pmc)(?:id)?:? ?(?:pmc)?|pmid:? ?|pubmed(?:\.ncbi\.nlm\.nih\.gov)?[/: id]{0,6})(\d{1,12})"
)
_NUMBERED: Final = frozenset(("patent", "pmcid", "pmid"))


def key_of(kind: str, written: str) -> str:
    """The key of an identifier of this kind of citation; "" for what has none."""
    found = keys_in(kind, folded(written))
    return next(iter(found), "")


def keys_in(kind: str, text: str) -> dict[str, None]:
    """The keys of all that may be identifiers of a kind in a folded text, as they come."""
    if kind == "doi":
        return dict.fromkeys(
            text[match.start() : doi_end(text, *match.span())] for match in DOI.finditer(text)
        )
    if kind == "arxiv":
        return dict.fromkeys(match[0] for match in _ARXIV.finditer(text))
    if kind == "isbn":
        return dict.fromkeys(_LETTERS.sub("", match[1]) for match in _ISBN.finditer(text))
    if kind == "case":
        reported = (
            f"{volume} {_LETTERS.sub('', name)} {page}"
            for volume, name, page in (match.groups() for match in _REPORTED.finditer(text))
        )
        files = [*_EU_CASE.findall(text), *_BGH.findall(text)]
        return dict.fromkeys([*files, *reported])
    if kind in _NUMBERED:
        labelled = [match[2] for match in _LABELLED.finditer(text)]
        grouped = (_LETTERS.sub("", match[0]) for match in _GROUPED.finditer(text))
        return dict.fromkeys([*labelled, *grouped])
    return {}
