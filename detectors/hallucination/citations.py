"""Citations in an answer that can't exist as they are written.

Nothing is looked up: what is checked is what each scheme allows (`identifiers`, `cases`), the
domains of RFC 2606 and 6761, and whether the parts of a reference go together (`references`). All
patterns have bounded repeats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from detectors._text.identifiers import not_a_doi
from detectors.hallucination import cases, identifiers
from detectors.hallucination.identifiers import (
    IMPOSSIBLE,
    PLACEHOLDER,
    PLAUSIBLE,
    UNKNOWN_YEAR,
    UNLIKELY,
    Fault,
)
from detectors.hallucination.references import doubts_in
from detectors.hallucination.venues import Venues

# Characters of an answer that are searched.
MAX_CHARS = 200_000
MAX_CITATIONS = 200


class Citation(NamedTuple):
    """One citation: where it stands, and how surely it is made up.

    `fault` is "" for one that is well formed.
    """

    kind: str
    start: int
    end: int
    fault: str
    score: float


_Check = Callable[[re.Match[str], str, int], Fault | None]

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]{1,200}`", re.S)

_RESERVED = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost|local)$"
)
_CITING = re.compile(
    r"(?i)\b(?:retrieved from|available (?:at|from|online)|sources?|references?|according to"
    r"|cited|accessed|published (?:at|in)|read more|original (?:article|paper|study)|doi)\b"
)


def _url(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    host = match[1].lower().rsplit("@", 1)[-1].split(":")[0].strip(".")
    if not _CITING.search(text[max(0, match.start() - 80) : match.start()]):
        return None
    if _RESERVED.search(host):
        return Fault("the source's address is in a domain reserved for examples", PLACEHOLDER)
    if re.search(r"(?:^|[.-])(?:your|my)?(?:domain|website|placeholder|xxx+)\.", host):
        return Fault("the source's address is a placeholder", PLACEHOLDER)
    if "." not in host or ".." in host or not re.search(r"\.[a-z\u00a1-\uffff][\w-]{1,30}$", host):
        return Fault("the source's address has no possible domain", UNLIKELY)
    return None


def _pages(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    first, last = match[2], match[3]
    # "345-52" means 345 to 352.
    last = first[: max(0, len(first) - len(last))] + last
    if int(last) < int(first):
        return Fault("the pages run backwards", UNLIKELY)
    if int(last) - int(first) > 2000:
        return Fault("no article has that many pages", UNLIKELY)
    return None


def _dated(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    if int(match[1]) > this_year + 1:
        return Fault("the work's year lies in the future", IMPOSSIBLE)
    return None


_SCHEMES: tuple[tuple[str, str, re.Pattern[str], _Check], ...] = (
    (
        "doi",
        "10.",
        re.compile(r"(?<![\d.])10\.(\d{1,9})(?:\.\d{1,5}){0,3}/([^\s\"<>]{1,150})"),
        identifiers.doi,
    ),
    (
        "arxiv",
        "arxiv",
        re.compile(
            r"(?i)\barxiv(?:\.org/(?:abs|pdf)/|:| preprint arxiv:| |: | preprint )\s?\[?"
            r"(\d\d)(\d\d)\.(\d{3,6})\b"
        ),
        identifiers.arxiv,
    ),
    (
        "arxiv",
        "arxiv",
        re.compile(
            r"(?i)\barxiv(?:\.org/(?:abs|pdf)/|:| "
            r"|: )([a-z-]{2,12})(?:\.[a-z]{2})?/(\d\d)(\d\d)\d{3}\b"
        ),
        identifiers.old_arxiv,
    ),
    (
        "isbn",
        "isbn",
        re.compile(r"(?i)\bISBN(?:[- ]?1[03])?(?: number)?:? ?((?:\d[- ]?){8,16}[\dX])\b"),
        identifiers.isbn,
    ),
    (
        "issn",
        "issn",
        re.compile(
            r"(?i)\b(?:e-?|p-?)?ISSN(?:-L)?(?: \((?:print|online"
            r"|web)\))?:? ?(\d{4})-?(\d{3}[\dX])\b"
        ),
        identifiers.issn,
    ),
    (
        "orcid",
        "orcid",
        re.compile(r"(?i)\borcid\S{0,20}[ /:](\d{4}-\d{4}-\d{4}-\d{3}[\dX])\b"),
        identifiers.orcid,
    ),
    ("pmid", "pmid", re.compile(r"(?i)\bPMID:? ?(\d{1,12})\b"), identifiers.pmid),
    (
        "pmid",
        "pubmed",
        re.compile(r"(?i)\b(?:PubMed(?: ID)?:? ?|pubmed\.ncbi\.nlm\.nih\.gov/)(\d{1,12})\b"),
        identifiers.pmid,
    ),
    ("pmcid", "pmc", re.compile(r"\bPMC(?:ID:? ?PMC)?(\d{3,12})\b"), identifiers.pmcid),
    ("rfc", "rfc", re.compile(r"\b(?:RFC|rfc)[ -]?(\d{1,7})\b(?![\w/@-])"), identifiers.rfc),
    ("cve", "cve-", re.compile(r"(?i)\bCVE-(\d{4})-(\d{1,9})\b(?![-.]\d)"), identifiers.cve),
    (
        "iso",
        "iso",
        re.compile(r"\bISO(?:/IEC)?(?:[ /]T[SR])? (\d{1,6})(-\d{1,3})?:(\d{4})\b(?![.,]\d)"),
        identifiers.iso,
    ),
    (
        "patent",
        "pat",
        re.compile(
            r"\b(U\. ?S\.|US) Pat(?:ent|\.)(?: Nos?\.?| Number)? (\d{1,3}(?:,\d{3}){1,3}"
            r"|\d{5,9})\b",
            re.I,
        ),
        identifiers.patent,
    ),
    (
        "patent",
        "patent",
        re.compile(r"\b(US|EP) ?-?(\d{1,3}(?:[, ]\d{3}){1,3}|\d{6,9})[ -]?[AB]\d\b"),
        identifiers.patent,
    ),
    ("url", "http", re.compile(r"https?://([^\s/?#\"'<>)\]]{1,255})[^\s\"<>)\]]{0,300}"), _url),
    ("case", ".", cases.REPORTER, cases.reporter),
    ("case", "] ", cases.NEUTRAL, cases.neutral),
    ("case", "/", cases.EU_CASE, cases.eu_case),
    ("case", "ecli", cases.ECLI, cases.ecli),
    ("case", "bgh", cases.BGH, cases.bgh),
    (
        "pages",
        "(",
        re.compile(
            r"\b\d{1,4} ?(\(\d{1,3}(?:[-–]\d{1,3})?\))[,:] ?(?:pp?\. ?)?"
            r"(\d{1,6}) ?[-–] ?(\d{1,6})\b"
        ),
        _pages,
    ),
    (
        "dated",
        "(",
        re.compile(
            r"(?:\b[A-Z][^\W\d_]{1,30}(?: et al\.?|,? [A-Z]\.)?,? |\()"
            r"\(?(2\d{3})[a-z]?\)(?=\.|,|;| )"
        ),
        _dated,
    ),
)
_REFERENCE_START = re.compile(
    r"(?m)^[ \t]{0,8}(?:[-*•] |\[?\d{1,3}[\].)] )?(?=[A-Z][^\n]{20,600}$)"
)
_AUTHOR = re.compile(r"\b([A-Z][^\W\d_]{1,30}), ((?:[A-Z]\.[ -]?){1,4})")
_REFERENCE_YEAR = re.compile(r"\((?:1[5-9]|20)\d\d[a-z]?\)")


def _author_lists(text: str) -> Iterator[Citation]:
    """References with a year in brackets, whose authors stand before it."""
    for match in _REFERENCE_START.finditer(text):
        start = match.end()
        line_end = text.find("\n", start)
        line = text[start : line_end if line_end >= 0 else len(text)]
        year = _REFERENCE_YEAR.search(line[:500])
        if year is None:
            continue
        authors = _AUTHOR.findall(line[: year.start()])
        if not authors:
            continue
        end = start + year.end()
        names = [(last, initials.replace(" ", "")) for last, initials in authors]
        if len(set(names)) < len(names):
            yield Citation("authors", start, end, "an author is named twice", UNLIKELY)
        elif ("Doe", "J.") in names or ("Author", "A.") in names:
            yield Citation("authors", start, end, "the author is a placeholder", PLACEHOLDER)
        else:
            yield Citation("authors", start, end, "", PLAUSIBLE)


def citations_in(
    text: str,
    known_text: Callable[[], str],
    event_time: float,
    has_context: bool,
    venues: Callable[[], Venues],
) -> list[Citation]:
    """Citations of the first 200,000 characters, at most 200, in the order of their schemes.

    `known_text` gives the documents and the question in lower case, and is asked for only
    where there is a citation: one that stands there is supported, whatever its form. Where
    there are documents (`has_context`), an identifier that isn't in them is unsupported.
    `event_time` is in seconds since the epoch; 0 means that it isn't known, and then it is now at
    the latest. `venues` gives the table of journals, as and when it's needed. Addresses in
    code aren't citations.
    """
    text = text[:MAX_CHARS]
    this_year = _year_of(event_time)
    lowered = text.lower()
    code = [match.span() for match in _CODE.finditer(text)] if "`" in text else []
    found: list[Citation] = []
    for kind, marker, pattern, check in _SCHEMES:
        if marker not in lowered or (pattern is cases.REPORTER and not cases.may_report(text)):
            continue
        for match in pattern.finditer(text):
            if len(found) >= MAX_CITATIONS:
                return found
            start, end = match.span()
            if kind == "url" and any(a <= start < b for a, b in code):
                continue
            if kind == "doi" and not_a_doi(text, start, end):
                continue
            stands = match[0].lower().rstrip(".,;:)") in known_text()
            fault = None if stands else check(match, text, this_year)
            if fault is None and has_context and not stands and kind in ("doi", "arxiv", "case"):
                fault = Fault("the documents don't have this citation", UNLIKELY)
            if fault is not None:
                found.append(Citation(kind, start, end, *fault))
            elif kind not in ("dated", "url"):
                found.append(Citation(kind, start, end, "", PLAUSIBLE))
    if "(" in text:
        for citation in _author_lists(text):
            if len(found) >= MAX_CITATIONS:
                break
            if text[citation.start : citation.end].lower() not in known_text():
                found.append(citation)
    for doubt in doubts_in(text, this_year, venues):
        if len(found) >= MAX_CITATIONS:
            break
        if text[doubt.start : doubt.end].lower() not in known_text():
            fault = doubt.fault or Fault("", doubt.score)
            found.append(Citation(doubt.kind, doubt.start, doubt.end, *fault))
    return found


def _year_of(event_time: float) -> int:
    try:
        known = datetime.fromtimestamp(event_time, UTC) if event_time > 0 else datetime.now(UTC)
    except (OverflowError, ValueError, OSError):
        return UNKNOWN_YEAR
    return known.year
