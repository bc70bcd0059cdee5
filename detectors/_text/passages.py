"""Who speaks in an answer: its passages without what it quotes, and whether it is a composition.

A detector that judges the model's own voice must not take a quotation, a listing or a poem that
the user asked for as the model speaking. Everything here is linear in the length of the text.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from detectors.base import Record, sentence_spans

MAX_CHARS: Final = 200_000
"""Of a longer text the first and last halves of that many characters are read."""

COMPOSED: Final = 0.45
"""What a composition's scores are multiplied by: below every default threshold."""

_PASSAGE: Final = 300
_MOSTLY_QUOTED: Final = 0.7
_HEAD: Final = 600
_MAX_PROMPT: Final = 4_000

_CODE = re.compile(r"```[\s\S]{0,20000}?```")
_QUOTED = re.compile(
    r'(?<!\w)"[^"\n]{2,600}"(?!\w)'
    r"|“[^”\n]{2,600}”|«[^»\n]{2,600}»|„[^“”\n]{2,600}[“”]|「[^」\n]{2,600}」"
    r"|(?<!\w)'(?=[A-Z])[^'\n]{2,300}[.,!?]'(?!\w)"
    r"|^[ \t]{0,3}>[^\n]{0,2000}",
    re.MULTILINE,
)
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
_ASKED = re.compile(
    r"\b(?:write|compose|create|draft|generate|make|give|tell|come up with|continue|finish|produce"
    r"|invent|craft|pen|complete|translate|rewrite|paraphrase|summari[sz]e|edit|imagine|describe)\b"
    r"[^.\n]{0,80}?\b(?:stor(?:y|ies)|poems?|poetry|haikus?|songs?|lyrics|verses?|raps?|novels?"
    r"|letters?|monologues?|dialogues?|scripts?|scenes?|limericks?|sonnets?|tales?|speech(?:es)?"
    r"|diary|journal|fiction|fictional|characters?|plot|play|screenplay|sketch|joke|jokes|fable"
    r"|roast|parody|sentence|text|email|tweet|post|toast|vows|card|valentine|quote|review|essay)\b"
    r"|\btranslate\b|\bin the (?:style|voice) of\b",
    re.IGNORECASE,
)
_ALLOWED = re.compile(
    r"\brole-?play|\bin[- ]character\b|\bplay(?:s|ing)? (?:the )?(?:role|part|character)\b"
    r"|\bfiction(?:al)?\b|\binteractive (?:story|novel|drama)\b|\bgame master\b|\bdungeon master\b"
    r"|\bvillain\b|\bnon-player character\b|\bnpc\b",
    re.IGNORECASE,
)


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
    if not any(mark in text for mark in ('"', "```", "“", "«", "„", "「", "'", ">")):
        return text
    if "```" in text:
        text = _CODE.sub(_blank, text)
    blanked = _QUOTED.sub(_blank, text)
    left, had = len(blanked.split()), len(text.split())
    return blanked if left > (1 - _MOSTLY_QUOTED) * had else text


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def passages(text: str, sentences: list[tuple[int, int]]) -> list[Passage]:
    """The passages of a text whose sentences are known, in order."""
    if len(text) > MAX_CHARS:
        half = MAX_CHARS // 2
        last = len(text) - half
        tail = _pieces(without_quotations(text[last:]), sentence_spans(text[last:]))
        return _pieces(without_quotations(text[:half]), sentence_spans(text[:half])) + [
            Passage(start + last, end + last, words) for start, end, words in tail
        ]
    return _pieces(without_quotations(text), sentences)


def _pieces(text: str, sentences: list[tuple[int, int]]) -> list[Passage]:
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

    Judged by the request, by the operator's system prompt where that allows playing roles, and by
    the form of the answer.
    """
    if _ASKED.search(_request(record)[:_MAX_PROMPT]):
        return True
    if record.system_prompt is not None and _ALLOWED.search(record.system_prompt[:_MAX_PROMPT]):
        return True
    return looks_composed(record.output)


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
    return short >= 0.85 * len(rows)


def _request(record: Record) -> str:
    if record.prompt is not None:
        return record.prompt
    for message in reversed(record.messages):
        if message.role == "user":
            return message.content
    return ""
