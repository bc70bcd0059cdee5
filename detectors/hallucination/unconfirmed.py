"""Sources that an answer rests on and that nothing at hand confirms.

A made-up paper of which nothing is wrong can't be told from a real one without looking it up. What
can be told is that an answer names works which the model wasn't given: neither by the user, nor by
the system prompt, nor in a document. Of ordinary answers few do, so this says little of one answer
and much of a hundred (see `shift` among the conditions of rules).
"""

from __future__ import annotations

import itertools
import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from detectors.base import Finding
from detectors.hallucination.citations import MAX_CHARS, MAX_CITATIONS, Citation
from detectors.hallucination.entries import (
    Entry,
    bibtex_in,
    entries_in,
    mentions_in,
    quoted_in,
    studies_in,
)
from detectors.hallucination.given import Given, words_in
from detectors.hallucination.identifiers import PLAUSIBLE

SIGNAL: Final = "hallucination.unconfirmed"
MEANING: Final = "the answer names sources that nothing it was given has"

# Standards, notices of weaknesses and addresses are known by their numbers to many, and aren't
# what an answer's claims rest on.
_IDENTIFIERS: Final = frozenset({"arxiv", "case", "doi", "isbn", "patent", "pmcid", "pmid"})
_DOUBTS: Final = frozenset({"authors", "reference", "venue"})
_MOST: Final = 20
_NEAR: Final = 120
_SOUND, _DOUBTFUL = 0.35, 0.3
_REASON: Final = "nothing that the model was given has this source"

_FENCED: Final = re.compile(r"(?:```|~~~).*?(?:```|~~~|\Z)", re.DOTALL)
_YEAR: Final = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
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
    r"|[A-ZÀ-Þ][\w'’-]{2,30} [A-Z]{1,3}[,.])|[\"“«][^\"“”«»\n]{8,250}[\"”»]|[*_][^*_\n]{8,200}[*_]"
    r"|(?i:\b(?:stud(?:y|ies|ien?)|papers?|research\w*|trial|article|published|et al|étude|estudio"
    r"|artículo|aufsatz)\b)"
)


class _Part(msgspec.Struct):
    """What tells of a work: an identifier, its entry, or its venue."""

    kind: str
    start: int
    end: int
    score: float
    key: str = ""
    given: bool = False
    entry: Entry | None = None


def judge(
    output: str, citations: Sequence[Citation], known: Callable[[], Given]
) -> tuple[float, tuple[Finding, ...]]:
    """The score in [0, 1], 0 where there is no such source, and where they stand.

    It grows with the number of sources, with how doubtful each is, and with the part of the answer
    that they make; code has none. `known` gives what the model was given, where it's needed.
    """
    parts = _parts(output[:MAX_CHARS], citations)
    works = list(itertools.islice(_unconfirmed(output, parts, known), MAX_CITATIONS))
    if not works:
        return 0.0, ()
    left = math.prod(1 - _SOUND - _DOUBTFUL * score for _, _, score in works)
    share = sum(end - start for start, end, _ in works) / len(output)
    score = round(1 - left ** (0.5 + 0.5 * min(1.0, share)), 4)
    return score, tuple(
        Finding(SIGNAL, "unconfirmed_source", start, end, _REASON, score)
        for start, end, _ in works[:_MOST]
    )


def _unconfirmed(
    output: str, parts: list[_Part], known: Callable[[], Given]
) -> Iterator[tuple[int, int, float]]:
    """Start, end and highest score of each work that wasn't given; what comes again isn't new."""
    written = {_name_of(part.entry) for part in parts if part.kind == "entry" and part.entry}
    seen: set[tuple[str, str]] = set()
    before = 0
    for work in _works(output, parts):
        left = _left(output, before, work, known)
        before = work[-1].end
        new = [part for part in left if not _is_said(part, seen, written)]
        seen.update((part.kind, part.key) for part in left if part.key)
        seen.update(_name_of(part.entry) for part in left if part.kind == "mention" and part.entry)
        spans = [(part.start, part.end) for part in new if part.kind != "doubt"]
        if spans:
            yield min(spans)[0], max(end for _, end in spans), max(part.score for part in new)


def _name_of(entry: Entry) -> tuple[str, str]:
    return entry.author.lower(), entry.year


def _is_said(part: _Part, seen: set[tuple[str, str]], written: set[tuple[str, str]]) -> bool:
    """Whether a part names what another does: an identifier again, or a reference in short."""
    if part.kind == "mention" and part.entry:
        name = _name_of(part.entry)
        return name in seen or name in written
    return (part.kind, part.key) in seen


# ── What tells of works ─────────────────────────────────────────────────────────────────────


def _parts(output: str, citations: Sequence[Citation]) -> list[_Part]:
    """What tells of works outside code, in the order of the answer."""
    written = [*entries_in(output), *quoted_in(output), *bibtex_in(output)]
    starts = sorted((entry.start, entry.end) for entry in written)
    parts = [_Part("entry", one.start, one.end, PLAUSIBLE, entry=one) for one in written]
    parts += [
        _Part("mention", one.start, one.end, PLAUSIBLE, entry=one) for one in mentions_in(output)
    ]
    parts += [
        _Part("venue", start, end, PLAUSIBLE, venue) for start, end, venue in studies_in(output)
    ]
    for one in citations:
        if (one.kind in _IDENTIFIERS and _is_named(output, one)) or (
            one.kind == "venue" and (_in_one(one, starts) or _is_cited(output, one))
        ):
            key = one.key if one.kind in _IDENTIFIERS else ""
            parts.append(_Part(one.kind, one.start, one.end, one.score, key, one.given))
        elif one.kind in _DOUBTS and _in_one(one, starts):
            parts.append(_Part("doubt", one.start, one.end, one.score))
    code = [match.span() for match in _FENCED.finditer(output)]
    code_starts = [start for start, _ in code]

    def in_code(at: int) -> bool:
        place = bisect_right(code_starts, at) - 1
        return place >= 0 and at < code[place][1]

    return sorted((one for one in parts if not in_code(one.start)), key=lambda one: one.start)


def _in_one(citation: Citation, spans: list[tuple[int, int]]) -> bool:
    """Whether a citation lies in a reference, or right behind it."""
    place = bisect_right(spans, (citation.end, 0)) - 1
    return place >= 0 and citation.start <= spans[place][1] + _NEAR


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


# ── Works ───────────────────────────────────────────────────────────────────────────────────


def _works(output: str, parts: list[_Part]) -> Iterator[list[_Part]]:
    """The parts of each work: they stand close together on one line, and it has one of a kind."""
    work: list[_Part] = []
    end = 0
    for part in parts:
        if work and not _goes_with(part, work, output[end : min(part.start, end + _NEAR + 1)], end):
            yield work
            work = []
        end = max(end, part.end) if work else part.end
        work.append(part)
    if work:
        yield work


def _goes_with(part: _Part, work: list[_Part], between: str, end: int) -> bool:
    if part.start < end:
        return True
    if len(between) > _NEAR or "\n" in between or ";" in between or part.kind in _OPENING:
        return False
    same = [one for one in work if one.kind == part.kind]
    if part.kind == "case":
        # One ruling stands in several reporters.
        return not same or (between.strip() == "," and len(between) <= len(", "))
    if part.kind == "venue":
        return not same or any(one.entry for one in work)
    return all(one.key == part.key for one in same)


_OPENING: Final = frozenset({"entry", "mention"})


def _left(output: str, before: int, work: list[_Part], known: Callable[[], Given]) -> list[_Part]:
    """The parts of a work that weren't given, in the order of the answer."""
    identifiers = [part for part in work if part.kind in _IDENTIFIERS]
    if any(part.given for part in identifiers):
        return []
    given = known()
    rest = [part for part in work if part.kind not in _IDENTIFIERS]
    if any(part.entry and _is_given(part.entry, given) for part in rest):
        return identifiers
    if not any(part.entry for part in rest) and any(
        _is_given_before(output, before, part, given) for part in rest
    ):
        return identifiers
    return work if any(part.kind != "doubt" for part in work) else []


def _is_given(entry: Entry, given: Given) -> bool:
    return given.has_work(entry.author, entry.year, entry.title)


def _is_given_before(output: str, before: int, venue: _Part, given: Given) -> bool:
    """Whether what stands before a venue, authors and a title, was given; or the venue's name."""
    if venue.key:
        return given.says(venue.key)
    if given.says(output[venue.start : venue.end]):
        return True
    start = max(before, output.rfind("\n", 0, venue.start) + 1, venue.start - 300)
    *said, title = _PIECES.split(output[start : venue.start].rstrip(' .,"”*_')) or [""]
    year = _YEAR.search(output, venue.start, min(len(output), venue.end + 30))
    words = words_in(title)
    return bool(year) and any(
        given.has_work(name, year[0] if year else "", words)
        for name in _NAME.findall(" ".join(said))[:_MOST_NAMES]
    )


_PIECES: Final = re.compile(r"[.?!:][\"”]? |[\"“”«»]")
_NAME: Final = re.compile(r"[A-ZÀ-Þ][\w'’-]{2,40}")
_MOST_NAMES: Final = 8
