"""What of an answer tells of a source: identifiers, references, venues, and works named in short.

Numbers of parts, sums, paths and examples of how an identifier is written are none; code has none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import msgspec

from detectors.hallucination.citations import Citation
from detectors.hallucination.entries import (
    Entry,
    bibtex_in,
    entries_in,
    mentions_in,
    quoted_in,
    studies_in,
)
from detectors.hallucination.identifiers import PLAUSIBLE

# Standards, notices of weaknesses and addresses are known by their numbers to many, and aren't
# what an answer's claims rest on.
IDENTIFIERS: Final = frozenset({"arxiv", "case", "doi", "ecli", "isbn", "patent", "pmcid", "pmid"})
NEAR: Final = 120
"""Characters that lie at most between the parts of one reference."""

_DOUBTS: Final = frozenset({"authors", "reference", "venue"})

_FENCED: Final = re.compile(r"(?:```|~~~)([^\n]{0,20}).*?(?:```|~~~|\Z)", re.DOTALL)
# Blocks in which references are handed over.
_REFERENCES: Final = frozenset({"bib", "biblatex", "bibtex", "ris"})
_PARTIES: Final = re.compile(
    r" (?:vs?|c|gegen|contra|contre)\.? |\b(?i:in re|ex parte|matter of|court|held|ruling)\b"
)
_COURT: Final = re.compile(r"[^\n(]{0,30}\((?:[^()\n]{1,30} )?(?:1[789]|20)\d\d\)")
_OF_FORM: Final = re.compile(
    r"(?i)\b(?:looks? like|format|syntax|placeholder|template|of the form|written as|sieht|aufbau"
    r"|ressemble|forme|tiene la forma|formato)\b[^\n.]{0,60}$"
)
_LABELLED: Final = re.compile(r"(?i)PMC ?ID|ncbi|pmc/")
_LEAST_DIGITS: Final = 6
_CITES: Final = re.compile(
    r"\b(?:[A-ZÀ-Þ][\w'’-]{1,30},? (?:[A-Z]\.|et al)|[A-Z]\. ?[A-ZÀ-Þ][\w'’-]{2,30}"
    r"|[A-ZÀ-Þ][\w'’-]{2,30} [A-Z]{1,3}[,.]|[A-ZÀ-Þ][\w'’-]{2,30},? \((?:1[5-9]|20)\d\d[a-z]?\))"
    r"|[\"“«][^\"“”«»\n]{8,250}[\"”»]|[*_][^*_\n]{8,200}[*_]"
    r"|(?i:\b(?:stud(?:y|ies|ien?)|papers?|research\w*|trial|article|published|et al|étude|estudio"
    r"|artículo|aufsatz)\b)"
)


class Part(msgspec.Struct):
    """What tells of a work: an identifier, its entry, or its venue."""

    kind: str
    start: int
    end: int
    score: float
    key: str = ""
    given: bool = False
    entry: Entry | None = None


def parts_in(output: str, citations: Sequence[Citation]) -> list[Part]:
    """What tells of works outside code, in the order of the answer."""
    written = [*entries_in(output), *quoted_in(output), *bibtex_in(output)]
    starts = sorted((entry.start, entry.end) for entry in written)
    parts = [Part("entry", one.start, one.end, PLAUSIBLE, entry=one) for one in written]
    parts += [
        Part("mention", one.start, one.end, PLAUSIBLE, entry=one) for one in mentions_in(output)
    ]
    parts += [
        Part("venue", start, end, PLAUSIBLE, venue) for start, end, venue in studies_in(output)
    ]
    for one in citations:
        if (one.kind in IDENTIFIERS and _is_named(output, one)) or (
            one.kind == "venue" and (_in_one(one, starts) or _is_cited(output, one))
        ):
            key = one.key if one.kind in IDENTIFIERS else ""
            # A ruling has a file number and an ECLI.
            kind = "ecli" if output[one.start : one.start + 4].lower() == "ecli" else one.kind
            parts.append(Part(kind, one.start, one.end, one.score, key, one.given))
        elif one.kind in _DOUBTS and _in_one(one, starts):
            parts.append(Part("doubt", one.start, one.end, one.score))
    code = [
        match.span()
        for match in _FENCED.finditer(output)
        if match[1].strip().lower() not in _REFERENCES
    ]
    code_starts = [start for start, _ in code]

    def in_code(at: int) -> bool:
        place = bisect_right(code_starts, at) - 1
        return place >= 0 and at < code[place][1]

    return sorted((one for one in parts if not in_code(one.start)), key=lambda one: one.start)


def _in_one(citation: Citation, spans: list[tuple[int, int]]) -> bool:
    """Whether a citation lies in a reference, or right behind it."""
    place = bisect_right(spans, (citation.end, 0)) - 1
    return place >= 0 and citation.start <= spans[place][1] + NEAR


def _is_named(output: str, citation: Citation) -> bool:
    """Whether an identifier is one of a source, and not of a part, a sum or how one is written."""
    start, end = citation.start, citation.end
    if citation.kind == "pmcid":
        written = output[max(0, start - 20) : end]
        return bool(_LABELLED.search(written)) or sum(map(str.isdigit, output[start:end])) >= (
            _LEAST_DIGITS
        )
    if citation.kind == "case" and output[start].isdigit():
        return bool(_PARTIES.search(output, max(0, start - 120), start)) or (
            _COURT.match(output, end) is not None
        )
    return citation.kind != "doi" or not _OF_FORM.search(output, max(0, start - 90), start)


def _is_cited(output: str, citation: Citation) -> bool:
    """Whether a venue stands in the sentence of a work: with authors, a title or a study."""
    start = max(0, output.rfind("\n", 0, citation.start), citation.start - 300)
    return _CITES.search(output[start : citation.start]) is not None
