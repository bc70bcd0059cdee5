"""Who speaks in an answer: its passages without what it quotes, and whether it is a composition.

A detector that judges the model's own voice must not take a quotation, a listing or a poem that
the user asked for as the model speaking. Everything here is linear in the length of the text.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from detectors._text.asked_for import asked_in_words
from detectors.base import Batch, Record, sentence_spans

MAX_CHARS: Final = 200_000
"""Of a longer text the first and last halves of that many characters are read."""

COMPOSED: Final = 0.45
"""What the scores of an answer in the form of a composition are multiplied by: below every default
threshold."""

_PASSAGE: Final = 300
_MOSTLY_QUOTED: Final = 0.7
_HEAD: Final = 600

_COMPOSITIONS: Final = frozenset(
    {"love", "fiction", "verse", "advertisement", "roast", "threat", "letter", "persuasion"}
    | {"language"}
)

_CODE = re.compile(r"```[\s\S]{0,20000}?```")


def _between(first: str, last: str) -> str:
    """A quotation, and those within it. Nothing else in it is its first mark, so that of many such
    marks that nothing closes each is read to the next one alone."""
    plain = rf"[^{first}{last}\n]{{0,600}}"
    within = rf"(?:{first}{plain}[{last}]{plain}){{0,8}}"
    return rf"{first}(?![^{last}\n]?[{last}]){plain}{within}[{last}]"


_QUOTED: Final = {
    '"': r'(?<!\w)"[^"\n]{2,600}"(?!\w)',
    "“": _between("“", "”"),
    "«": _between("«", "»"),
    "„": _between("„", "“”"),
    "「": _between("「", "」"),
    "'": r"(?<!\w)'(?=[A-Z])[^'\n]{2,300}[.,!?]'(?!\w)",
    ">": r"^[ \t]{0,3}>[^\n]{0,2000}",
}
"""By its first mark what each way of quoting looks like."""
_LETTER = re.compile(
    r"\A\s{0,20}(?:subject:[^\n]{0,200}\s{1,9})?(?:my )?(?:dear|dearest|hi|hello|hey|to) "
    r"[^\n]{1,60}[,:]?[ \t]*\n",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"\n[ \t]*(?:yours|with love|love|sincerely|best|best wishes|kind regards|regards|warm regards"
    r"|forever yours|with all my love|warmly|respectfully)\b[^\n]{0,40},?[ \t]*(?:\n|\Z)",
    re.IGNORECASE,
)
_MADE_UP = re.compile(
    r"once upon a time|\b(?:verse|chapter|scene|act|stanza) (?:1|one|i)\b|\bchorus\b"
    r"|\bfade in\b|\bint\. |\bext\. "
    r"|\bhere(?:['’]s| is) (?:a|an|my|the|your|one) (?:[\w-]+ ){0,4}"
    r"(?:story|poem|haiku|song|lyrics|verse|rap|monologue|dialogue|script|scene|letter|limerick"
    r"|sonnet|tale|diary entry|journal entry|speech|email|message|translation|example)\b",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"^[ \t*_]{0,4}[A-Z][\w.' -]{0,25}[*_]{0,2}:[*_]{0,2} \S", re.MULTILINE)


Spans = list[tuple[int, int]]


class Passage(NamedTuple):
    """A piece of a text, about one sentence: its offsets, and its words without quotations."""

    start: int
    end: int
    text: str


def without_quotations(text: str) -> str:
    """The text with quotations, quoted lines and code blocks blanked, at its old length.

    Quotations stay where there is hardly anything else; code never does.

    >>> without_quotations('He said "go away now" twice.')
    'He said               twice.'
    """
    if "```" in text:
        text = _CODE.sub(_blank, text)
    marks = tuple(mark for mark in _QUOTED if mark in text)
    if not marks:
        return text
    blanked = _quoted(marks).sub(_blank, text)
    if blanked == text:
        return text
    left, had = len(blanked.split()), len(text.split())
    return blanked if left > (1 - _MOSTLY_QUOTED) * had else text


@cache
def _quoted(marks: tuple[str, ...]) -> re.Pattern[str]:
    """Quotations in any of these marks: most texts have one kind, and are searched for it alone."""
    return re.compile("|".join(_QUOTED[mark] for mark in marks), re.MULTILINE)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def passages(text: str, sentences: Spans) -> list[Passage]:
    """The passages of a text whose sentences are known, in order."""
    return by_halves(text, sentences, lambda part, spans: pieces(without_quotations(part), spans))


def by_halves(
    text: str, sentences: Spans, cut: Callable[[str, Spans], list[Passage]]
) -> list[Passage]:
    """What `cut` makes of a text, or of the two ends of one of more than `MAX_CHARS`."""
    if len(text) <= MAX_CHARS:
        return cut(text, sentences)
    half = MAX_CHARS // 2
    last = len(text) - half
    head, tail = text[:half], text[last:]
    return cut(head, sentence_spans(head)) + [
        Passage(start + last, end + last, words)
        for start, end, words in cut(tail, sentence_spans(tail))
    ]


def of_batches(
    cut: Callable[[str, Spans], list[Passage]],
) -> Callable[[Batch], list[list[Passage]]]:
    """What `cut` makes of each output, worked out once for all the detectors that ask."""
    known: weakref.WeakKeyDictionary[Batch, list[list[Passage]]] = weakref.WeakKeyDictionary()

    def of(batch: Batch) -> list[list[Passage]]:
        found = known.get(batch)
        if found is None:
            found = known[batch] = list(map(cut, batch.texts, batch.sentences))
        return found

    return of


passages_of: Final = of_batches(passages)
"""The passages of each output of a batch."""


def pieces(text: str, sentences: Spans) -> list[Passage]:
    """The sentences of a text, the long ones cut, without those that are blank."""
    found = []
    for start, end in sentences:
        while end - start > _PASSAGE:
            cut = text.rfind(" ", start + 1, start + _PASSAGE) + 1 or start + _PASSAGE
            found.append(Passage(start, cut, text[start:cut]))
            start = cut
        found.append(Passage(start, end, text[start:end]))
    return [piece for piece in found if not piece.text.isspace()]


def is_composition(record: Record) -> bool:
    """Whether somebody else than the model speaks: a story, a letter or a role that was asked for.

    Judged by the request, by the operator's system prompt where that sets a role, and by the form
    of the answer.
    """
    return bool(_COMPOSITIONS & asked_in_words(record)) or looks_composed(record.output)


def looks_composed(text: str) -> bool:
    """Whether the text has the form of a story, a poem, lyrics, a letter or a script."""
    head = text[:_HEAD]
    if _MADE_UP.search(head):
        return True
    if _LETTER.match(head) and _SIGNED.search(text[-_HEAD:]):
        return True
    if len(_SCRIPT.findall(text[: 4 * _HEAD])) >= 4:
        return True
    return _is_verse(text[: 4 * _HEAD])


def _is_verse(text: str) -> bool:
    rows = [row.strip() for row in text.split("\n")]
    rows = [row for row in rows if row]
    if len(rows) < 6:
        return False
    short = sum(
        12 <= len(row) <= 60 and row[0].isalpha() and (row[-1].isalpha() or row[-1] in ",;.!?—")
        for row in rows
    )
    return short >= 0.85 * len(rows) and not _is_broken_prose(rows)


def _is_broken_prose(rows: list[str]) -> bool:
    """Whether most rows go on in lower case where no mark ended the one before, as no poet's do."""
    going_on = sum(before[-1].isalpha() and after[0].islower() for before, after in pairwise(rows))
    return going_on > len(rows) / 2
