"""Citations in an answer that can't exist as they are written.

Nothing is looked up: what is checked is what each scheme allows (`identifiers`, `cases`), the
domains of RFC 2606 and 6761, and whether the parts of a reference go together (`references`). All
patterns have bounded repeats.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from detectors._text.identifiers import not_a_doi
from detectors.hallucination import cases, identifiers
from detectors.hallucination.given import Given
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
from detectors.hallucination.written import DOI, doi_end, key_of

# Characters of an answer that are searched.
MAX_CHARS = 200_000
MAX_CITATIONS = 200


class Citation(NamedTuple):
    """One citation: where it stands, and how surely it is made up.

    `fault` is "" for one that is well formed. `key` is what an identifier is in any writing, and
    `given` says that it stands in what the model was given.
    """

    kind: str
    start: int
    end: int
    fault: str
    score: float
    key: str = ""
    given: bool = False


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


# A number may stand between marks of Markdown, which count as letters for "\\b", or other scripts.
_START, _STOP = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_LABEL = r"[*_]{0,2}:?[*_]{0,2}[ \u00a0]?[*_`]{0,2}"
# Where these aren't letters and figures of a work, they tell a processor or a place among files.
_NO_SUFFIX = re.compile(
    r"(?i)(?:x86(?:_64)?|x64|amd64|arm64|aarch64|i[36]86|ppc64(?:le)?|s390x|riscv64|win(?:32|64)"
    r"|linux|darwin|macos)$"
)

_SCHEMES: tuple[tuple[str, str, re.Pattern[str], _Check], ...] = (
    (
        "doi",
        "10.",
        DOI,
        identifiers.doi,
    ),
    (
        "arxiv",
        "arxiv",
        re.compile(
            rf"(?i){_START}arxiv(?:\.org/(?:abs|pdf)/|:| preprint arxiv:| |: | preprint )\s?\[?"
            rf"(\d\d)(\d\d)\.(\d{{3,6}})(?:v\d{{1,2}})?{_STOP}"
        ),
        identifiers.arxiv,
    ),
    (
        "arxiv",
        "arxiv",
        re.compile(
            rf"(?i){_START}arxiv(?:\.org/(?:abs|pdf)/|:| "
            rf"|: )([a-z-]{{2,12}})(?:\.[a-z]{{2}})?/(\d\d)(\d\d)\d{{3}}(?:v\d{{1,2}})?{_STOP}"
        ),
        identifiers.old_arxiv,
    ),
    (
        "isbn",
        "isbn",
        re.compile(
            rf"(?i){_START}ISBN(?:[-‑– \u00a0]?1[03])?(?: number)?{_LABEL}"
            rf"((?:\d[-‑–— \u00a0]?){{8,16}}[\dX]){_STOP}"
        ),
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
    ("pmid", "pmid", re.compile(rf"(?i){_START}PMID{_LABEL}(\d{{1,12}}){_STOP}"), identifiers.pmid),
    (
        "pmid",
        "pubmed",
        re.compile(
            rf"(?i){_START}(?:PubMed(?: ID)?{_LABEL}|pubmed\.ncbi\.nlm\.nih\.gov/|"
            rf"ncbi\.nlm\.nih\.gov/pubmed/)(\d{{1,12}}){_STOP}"
        ),
        identifiers.pmid,
    ),
    (
        "pmcid",
        "pmc",
        re.compile(rf"{_START}PMC(?:ID{_LABEL}PMC)?(\d{{3,12}}){_STOP}"),
        identifiers.pmcid,
    ),
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


def _lies_in(at: int, spans: list[tuple[int, int]]) -> bool:
    """Whether a place lies in one of some spans, which follow one another."""
    place = bisect_right(spans, at, key=lambda span: span[0]) - 1
    return place >= 0 and at < spans[place][1]


def citations_in(
    text: str,
    known: Callable[[], Given],
    event_time: float,
    has_context: bool,
    venues: Callable[[], Venues],
) -> list[Citation]:
    """Citations of the first 200,000 characters, in the order of their schemes, given ones last.

    At most 200 that nothing given has, and as many that were given. `known` gives what the model
    was given, and is asked for only where there is a citation: one that stands there is
    supported, whatever its form. Where there are documents (`has_context`), an identifier that
    isn't in them is unsupported. `event_time` is in seconds since the epoch; 0 means that it isn't
    known, and then it is now at the latest. `venues` gives the table of journals, as and when
    it's needed. Addresses in code aren't citations.
    """
    text = text[:MAX_CHARS]
    this_year = _year_of(event_time)
    found: list[Citation] = []
    given: list[Citation] = []
    for citation in _all_in(text, known, this_year, has_context, venues):
        kept = given if citation.given else found
        if len(kept) < MAX_CITATIONS:
            kept.append(citation)
        elif kept is found:
            break
    return found + given


def _all_in(
    text: str,
    known: Callable[[], Given],
    this_year: int,
    has_context: bool,
    venues: Callable[[], Venues],
) -> Iterator[Citation]:
    lowered = text.lower()
    code = [match.span() for match in _CODE.finditer(text)] if "`" in text else []
    for kind, marker, pattern, check in _SCHEMES:
        if marker not in lowered or (pattern is cases.REPORTER and not cases.may_report(text)):
            continue
        for match in pattern.finditer(text):
            start, end = match.span()
            if kind == "url" and _lies_in(start, code):
                continue
            if kind == "doi":
                end = doi_end(text, start, end)
                whole = pattern.match(text, start, end)
                if whole is None or _is_no_doi(text, start, end):
                    continue
                match = whole
            key = key_of(kind, match[0])
            stands = known().has(kind, key, match[0])
            fault = None if stands else check(match, text, this_year)
            if fault is None and has_context and not stands and kind in ("doi", "arxiv", "case"):
                fault = Fault("the documents don't have this citation", UNLIKELY)
            if fault is not None:
                yield Citation(kind, start, end, *fault, key, stands)
            elif kind not in ("dated", "url"):
                yield Citation(kind, start, end, "", PLAUSIBLE, key, stands)
    if "(" in text:
        for citation in _author_lists(text):
            if not known().says(text[citation.start : citation.end]):
                yield citation
    for doubt in doubts_in(text, this_year, venues):
        if not known().says(text[doubt.start : doubt.end]):
            fault = doubt.fault or Fault("", doubt.score)
            yield Citation(doubt.kind, doubt.start, doubt.end, *fault)


_ADDRESS = re.compile(
    r"(?i)https?://\S{0,200}$|\bdoi(?:\.org)?[:/]\S{0,20}$|\b[a-z0-9-]{2,40}\.(?:com|org|net|edu|gov"
    r"|int|info|eu|[a-z]{2})/\S{0,150}$"
)


def _is_no_doi(text: str, start: int, end: int) -> bool:
    """Whether something of a DOI's form is a price, a version, or part of a file's path."""
    if not_a_doi(text, start, end) or _NO_SUFFIX.search(text, start, end):
        return True
    before = text[max(0, start - 200) : start]
    return before.endswith(("/", "\\")) and _ADDRESS.search(before) is None


def _year_of(event_time: float) -> int:
    try:
        known = datetime.fromtimestamp(event_time, UTC) if event_time > 0 else datetime.now(UTC)
    except (OverflowError, ValueError, OSError):
        return UNKNOWN_YEAR
    return known.year
