"""A passage cut into tokens: where each stands, what is around its core, where sentences start."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from streams.scoring.introduced import Span

REMEMBERED: Final = 1 << 13
"""Of so many words the kind is remembered."""

LONGEST: Final = 40
"""Longer words are on no list."""

_CJK: Final = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff々"
_TOKEN = re.compile(rf"[{_CJK}]+|[^\s{_CJK}]+")
HAN_OR_KANA = re.compile(rf"[{_CJK}]")

_OPENING: Final = "\"'“‘«„‚「『（([*_`#>~-–—•¿¡|"
_CLOSING: Final = ".,;:!?…\"'”’»」』）)]*_`~|。，、；：！？،؟।"
_SENTENCE_ENDS: Final = (
    ".",
    "!",
    "?",
    "…",
    ":",
    "。",
    "！",
    "？",
    "।",
    "*",
    "#",
    "|",
    '"',
    "”",
    "“",
    "-",
    "•",
    "–",
)


class Token:
    """A token of the passage: where it stands, what is around its core, and what is said of it."""

    __slots__ = (
        "capital",
        "content",
        "core",
        "lead",
        "lower",
        "number",
        "shown",
        "small",
        "space",
        "starts",
        "sure",
        "text",
        "trail",
    )

    def __init__(self, text: str, space: bool, starts: bool) -> None:
        self.space, self.starts = space, starts
        parts = _known_parts(text) if len(text) <= LONGEST else _parts(text)
        self.lead, self.core, self.trail, self.lower, self.capital = parts
        self.text = text
        self.shown = False
        self.content = False
        self.small = False
        self.number = self.sure = False


def _parts(text: str) -> tuple[str, str, str, str, bool]:
    """What is before a token's core, the core, what is after it, the core in small letters, and
    whether it begins with a capital."""
    bare = text.lstrip(_OPENING)
    core = bare.rstrip(_CLOSING)
    lead, trail = text[: len(text) - len(bare)], bare[len(core) :]
    core = unicodedata.normalize("NFC", core)
    return lead, core, trail, core.lower(), core[:1].isupper()


_known_parts = lru_cache(REMEMBERED)(_parts)


def tokens_of(
    text: str, start: int, end: int, covered: Sequence[tuple[int, int, str]]
) -> tuple[list[tuple[Token, int, int | None]], list[str]]:
    """The tokens, where each stands, and the label it is replaced by: −1 for none once more."""
    tokens: list[tuple[Token, int, int | None]] = []
    labels: list[str] = []
    told = -1
    position = start
    for found in _TOKEN.finditer(text, start, end):
        begin, stop = found.span()
        touching = [i for i, one in enumerate(covered) if one[0] < stop and begin < one[1]]
        if not touching:
            between = text[position:begin]
            token = Token(found[0], bool(between), _starts(text, begin, between))
            tokens.append((token, begin, None))
            position = stop
            continue
        pieces = [(begin, stop)]
        if HAN_OR_KANA.match(found[0]):
            # A token of these scripts may be a whole sentence: only what was found is replaced.
            pieces = _cut(begin, stop, [covered[i] for i in touching])
        for first, last in pieces:
            between = text[position:first]
            token = Token(text[first:last], bool(between), _starts(text, first, between))
            inside = [i for i in touching if covered[i][0] < last and first < covered[i][1]]
            label: int | None = None
            if inside:
                new = [i for i in inside if i > told]
                label = -1
                if new:
                    told = new[-1]
                    label = len(labels)
                    labels.append("".join(dict.fromkeys(f"[{covered[i][2]}]" for i in new)))
            tokens.append((token, first, label))
            position = last
    return tokens, labels


def _cut(start: int, end: int, covered: Sequence[tuple[int, int, str]]) -> list[Span]:
    edges = {start, end}
    for first, last, _ in covered:
        edges |= {max(start, first), min(end, last)}
    ordered = sorted(edges)
    return list(itertools.pairwise(ordered))


def _starts(text: str, at: int, between: str) -> bool:
    """Whether a sentence starts here, so that a capital says nothing."""
    if "\n" in between:
        return True
    before = text[max(0, at - 4) : at].rstrip()
    return not before or before.endswith(_SENTENCE_ENDS)


def sentences(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each sentence."""
    sentence: list[Token] = []
    for token in tokens:
        if token.starts and sentence:
            yield sentence
            sentence = []
        sentence.append(token)
    yield sentence
