"""What an answer says, as its meaning is judged: passages without markup, in their old places.

What stands in lists, tables, tags, JSON, capitals or a fence is speech like any other; quotations
and code are not. A block quote is somebody else's words, unless there is hardly anything else and
nothing says whose they are.
"""

from __future__ import annotations

import re
from typing import Final

from detectors._text.fences import blank, hardly_more, without_code
from detectors._text.passages import (
    Passage,
    Spans,
    by_halves,
    of_batches,
    pieces,
    without_quotations,
)
from detectors._text.readable import GONE, lowered, may_be_loud, unmarked, unwrapped
from detectors.base import sentence_spans

_BEFORE: Final = 300
_GAP = re.compile(" {2,}")
_BLOCK = re.compile(r"^[ \t]{0,3}>[^\n]{0,2000}", re.MULTILINE)
_BLOCK_MARK = re.compile(r"^[ \t]{0,3}>(?:[ \t]?>)*", re.MULTILINE)
_OF_SOMEBODY = re.compile(
    r"\b(?!i\b|we\b)[\w'’]+ (?:\w+ly )?(?:say|said|says|saying|wrote|writes|written|asked|asks"
    r"|replied|replies|answered|cried|cries|posted|commented|stated|tweeted|put it|reads?"
    r"|according to)\b[^\n]{0,80}[:：]\s*\Z"
    r"|\b(?:quot(?:e|es|ed|ing|ation)|passage|excerpt|verse|lyrics?|poem|line|stanza|words"
    r"|transcript|review|comment|original) [^\n]{0,80}[:：]\s*\Z",
    re.IGNORECASE,
)
"""Words before a block quote that tell whose words follow."""
_ATTRIBUTED = re.compile(
    r"^[ \t]{0,3}(?:>[ \t]*)?(?:[—–―]|--?)[ \t]*[*_]{0,2}(?!your|yours|love)[^\W\d_]"
    r"[^\n]{1,80}\s*\Z",
    re.IGNORECASE | re.MULTILINE,
)
"""The last line of a block quote, or the one behind it, that names who said so."""


def spoken(text: str, sentences: Spans) -> list[Passage]:
    """The passages of a text whose sentences are known, in order, as they are read.

    >>> [one.text for one in spoken("- I **am** here\\n- SO ARE WE ALL", [])]
    ['I am here', 'So are we all']
    """
    return by_halves(text, sentences, _cut)


spoken_of: Final = of_batches(spoken)
"""The same of each output of a batch."""


def _cut(text: str, sentences: Spans) -> list[Passage]:
    plain = unmarked(_without_block_quotes(without_code(unwrapped(text))))
    loud = may_be_loud(text)
    if plain == text:
        found = pieces(without_quotations(text), sentences)
        return [one._replace(text=lowered(one.text)) for one in found] if loud else found
    found = pieces(without_quotations(plain), sentence_spans(plain))
    read = [(one.start, one.end, _as_read(one.text)) for one in found]
    if loud:
        read = [(start, end, lowered(words)) for start, end, words in read]
    return [Passage(*one) for one in read if one[2] and not one[2].isspace()]


def _as_read(piece: str) -> str:
    if GONE in piece:
        piece = piece.replace(GONE, "")
    return _GAP.sub(" ", piece) if "  " in piece else piece


def _without_block_quotes(text: str) -> str:
    """Quoted lines blanked, or only their marks, where hardly anything else is said."""
    if ">" not in text:
        return text
    first = last = None
    for last in _BLOCK.finditer(text):
        first = first or last
    if first is None or last is None:
        return text
    blanked = _BLOCK.sub(blank, text)
    if not hardly_more(blanked, text) or _is_somebodys(text, first.start(), last):
        return blanked
    return _BLOCK_MARK.sub(blank, text)


def _is_somebodys(text: str, start: int, last: re.Match[str]) -> bool:
    """Whether the words before quoted lines, or a last line with a name, say whose they are."""
    before = text[max(0, start - _BEFORE) : start]
    after = text[last.end() : last.end() + _BEFORE].strip().partition("\n")[0]
    return any(map(_ATTRIBUTED.search, (last[0], after))) or bool(_OF_SOMEBODY.search(before))
