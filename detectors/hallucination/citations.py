"""Citations in an answer that can't exist as they are written.

Nothing is looked up: what is checked is what each scheme allows. DOI handbook (prefix 10 and a
registrant of four digits or more; 10.5555 is Crossref's for tests), arXiv's identifier scheme,
ISBN, ISSN and ORCID check digits, the domains of RFC 2606 and 6761, and the volumes and years
of the United States' court reporters. All patterns have bounded repeats.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from detectors._text.identifiers import not_a_doi

# Characters of an answer that are searched.
MAX_CHARS = 200_000
MAX_CITATIONS = 200

_PLAUSIBLE = 0.1
_IMPOSSIBLE = 0.95
_PLACEHOLDER = 0.9
_UNLIKELY = 0.7


class Citation(NamedTuple):
    """One citation: where it stands, and how surely it is made up.

    `fault` is "" for one that is well formed.
    """

    kind: str
    start: int
    end: int
    fault: str
    score: float


class _Fault(NamedTuple):
    reason: str
    score: float


_Check = Callable[[re.Match[str], str, int], _Fault | None]

_FILLER = re.compile(
    r"x{3,}|1234567|0{6,}|abcd|placeholder|example|your[-_]?|\.\.\.|…|[<>{}\[\]]", re.I
)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]{1,200}`", re.S)


def _doi(match: re.Match[str], text: str, this_year: int) -> _Fault | None:
    registrant, suffix = match[1], match[2].rstrip(".,;:)]}'\"")
    if len(registrant) < 4 or registrant.startswith("0"):
        return _Fault("a DOI's registrant has four digits or more, the first not 0", _IMPOSSIBLE)
    if registrant in ("1234", "5555", "9999", "12345", "123456"):
        return _Fault("the DOI's registrant is one used in examples", _PLACEHOLDER)
    if not any(map(str.isalnum, suffix)):
        return _Fault("the DOI has no suffix", _IMPOSSIBLE)
    if _FILLER.search(suffix):
        return _Fault("the DOI's suffix is filled with placeholders", _PLACEHOLDER)
    return None


def _arxiv(match: re.Match[str], text: str, this_year: int) -> _Fault | None:
    year, month, number = 2000 + int(match[1]), int(match[2]), match[3]
    if not 1 <= month <= 12:
        return _Fault("the arXiv id names a month that doesn't exist", _IMPOSSIBLE)
    if (year, month) < (2007, 4):
        return _Fault("arXiv ids of this form begin in April 2007", _IMPOSSIBLE)
    if year > this_year:
        return _Fault("the arXiv id lies in the future", _IMPOSSIBLE)
    if len(number) != (4 if year < 2015 else 5):
        return _Fault("the arXiv id's number has the wrong length for its year", _IMPOSSIBLE)
    if int(number) == 0 or int(number) > 45_000:
        return _Fault("the arXiv id's number lies outside any month's", _IMPOSSIBLE)
    if number in ("12345", "1234", "54321", "11111", "00000", "99999"):
        return _Fault("the arXiv id's number is a placeholder", _PLACEHOLDER)
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.end() + 40].split("\n")[0][-400:]
    stated = [int(y) for y in re.findall(r"[(,] ?((?:19|20)\d\d)[a-z]?\)", line)]
    if stated and max(stated) < year - 1:
        return _Fault("the arXiv id is years younger than the work's stated year", _UNLIKELY)
    return None


def _isbn(match: re.Match[str], text: str, this_year: int) -> _Fault | None:
    digits = match[1].replace("-", "").replace(" ", "").upper()
    if len(digits) == 13 and digits.isdigit():
        good = digits[:3] in ("978", "979")
        good = good and sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0
    elif len(digits) == 10 and digits[:9].isdigit():
        values = [10 if d == "X" else int(d) for d in digits]
        good = sum(v * (10 - i) for i, v in enumerate(values)) % 11 == 0
    else:
        return _Fault("an ISBN has 10 or 13 digits", _IMPOSSIBLE)
    return None if good else _Fault("the ISBN's check digit is wrong", _IMPOSSIBLE)


def _issn(match: re.Match[str], text: str, this_year: int) -> _Fault | None:
    digits = (match[1] + match[2]).upper()
    values = [10 if d == "X" else int(d) for d in digits]
    good = sum(v * (8 - i) for i, v in enumerate(values)) % 11 == 0
    return None if good else _Fault("the ISSN's check digit is wrong", _IMPOSSIBLE)


def _orcid(match: re.Match[str], text: str, this_year: int) -> _Fault | None:
    digits = match[1].replace("-", "").upper()
    total = 0
    for digit in digits[:15]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    good = digits[15] == ("X" if check == 10 else str(check))
    return None if good else _Fault("the ORCID's check digit is wrong", _IMPOSSIBLE)


def _pmid(match: re.Match[str], text: str, this_year: int) -> _Fault | None:
    number = int(match[1])
    if number == 0 or number > 60_000_000:
        return _Fault("no PubMed id is that large", _IMPOSSIBLE)
    if match[1] in ("12345678", "1234567", "123456", "87654321", "12345"):
        return _Fault("the PubMed id is a placeholder", _PLACEHOLDER)
    return None


_RESERVED = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost|local)$"
)
_CITING = re.compile(
    r"(?i)\b(?:retrieved from|available (?:at|from|online)|sources?|references?|according to"
    r"|cited|accessed|published (?:at|in)|read more|original (?:article|paper|study)|doi)\b"
)


def _url(match: re.Match[str], text: str, this_year: int) -> _Fault | None:
    host = match[1].lower().rsplit("@", 1)[-1].split(":")[0].strip(".")
    if not _CITING.search(text[max(0, match.start() - 80) : match.start()]):
        return None
    if _RESERVED.search(host):
        return _Fault("the source's address is in a domain reserved for examples", _PLACEHOLDER)
    if re.search(r"(?:^|[.-])(?:your|my)?(?:domain|website|placeholder|xxx+)\.", host):
        return _Fault("the source's address is a placeholder", _PLACEHOLDER)
    if "." not in host or ".." in host or not re.search(r"\.[a-z\u00a1-\uffff][\w-]{1,30}$", host):
        return _Fault("the source's address has no possible domain", _UNLIKELY)
    return None


# Reporter: highest volume, first and last year. Open series get room to grow.
_REPORTERS: dict[str, tuple[int, int, int]] = {
    "u.s.": (625, 1754, 9999),
    "s.ct.": (155, 1882, 9999),
    "l.ed.": (100, 1754, 1957),
    "l.ed.2d": (240, 1956, 9999),
    "f.": (300, 1880, 1925),
    "f.2d": (999, 1924, 1994),
    "f.3d": (999, 1993, 2022),
    "f.4th": (260, 2021, 9999),
    "f.supp.": (999, 1932, 1999),
    "f.supp.2d": (999, 1997, 2015),
    "f.supp.3d": (990, 2013, 9999),
    "b.r.": (760, 1979, 9999),
    "f.r.d.": (390, 1938, 9999),
}
# Volumes of the United States Reports and the year in which they were decided.
_US_VOLUMES = (
    (5, 1803), (14, 1816),
    (40, 1841), (83, 1872), (163, 1896), (198, 1905), (249, 1919), (300, 1937),
    (347, 1954), (384, 1966), (410, 1973), (438, 1978), (467, 1984), (491, 1989), (505, 1992),
    (530, 2000), (539, 2003), (558, 2010), (576, 2015), (597, 2022), (625, 2031),
)  # fmt: skip


def _case(match: re.Match[str], text: str, this_year: int) -> _Fault | None:
    volume, reporter, page = int(match[1]), re.sub(r"\s", "", match[2]).lower(), int(match[3])
    known = _REPORTERS.get(reporter)
    if known is None:
        return _Fault("no court reporter has this name and series", _IMPOSSIBLE)
    highest, first, last = known
    if not 1 <= volume <= highest:
        return _Fault("the court reporter has no such volume", _IMPOSSIBLE)
    if page == 0 or page > 4000:
        return _Fault("no volume of the court reporter has such a page", _IMPOSSIBLE)
    after = re.match(r"[^()\n]{0,40}\(([^()\n]{0,60}?)(\d{4})\)", text[match.end() :][:110])
    if after is None:
        return None
    circuit = re.search(r"(\d{1,3})(?:st|nd|rd|th|d) Cir", after[1])
    if circuit and not 1 <= int(circuit[1]) <= 11:
        return _Fault("there is no federal circuit of that number", _IMPOSSIBLE)
    year = int(after[2])
    if year > this_year:
        return _Fault("the decision's year lies in the future", _IMPOSSIBLE)
    if not first <= year <= last:
        return _Fault("the court reporter didn't appear in that year", _IMPOSSIBLE)
    if reporter == "u.s." and volume >= _US_VOLUMES[0][0]:
        for (low, from_year), (high, to_year) in itertools.pairwise(_US_VOLUMES):
            if low <= volume <= high and not from_year - 3 <= year <= to_year + 3:
                return _Fault("the reporter's volume and the year don't go together", _IMPOSSIBLE)
    return None


def _pages(match: re.Match[str], text: str, this_year: int) -> _Fault | None:
    first, last = match[2], match[3]
    # "345-52" means 345 to 352.
    last = first[: max(0, len(first) - len(last))] + last
    if int(last) < int(first):
        return _Fault("the pages run backwards", _UNLIKELY)
    if int(last) - int(first) > 2000:
        return _Fault("no article has that many pages", _UNLIKELY)
    return None


def _dated(match: re.Match[str], text: str, this_year: int) -> _Fault | None:
    if int(match[1]) > this_year + 1:
        return _Fault("the work's year lies in the future", _IMPOSSIBLE)
    return None


_SCHEMES: tuple[tuple[str, str, re.Pattern[str], _Check], ...] = (
    (
        "doi",
        "10.",
        re.compile(r"(?<![\d.])10\.(\d{1,9})(?:\.\d{1,5}){0,3}/([^\s\"<>]{1,150})"),
        _doi,
    ),
    (
        "arxiv",
        "arxiv",
        re.compile(
            r"(?i)\barxiv(?:\.org/(?:abs|pdf)/|:| preprint arxiv:| |: )\s?(\d\d)(\d\d)\.(\d{3,6})\b"
        ),
        _arxiv,
    ),
    (
        "isbn",
        "isbn",
        re.compile(r"(?i)\bISBN(?:-1[03])?:? ?((?:\d[- ]?){8,16}[\dX])\b"),
        _isbn,
    ),
    ("issn", "issn", re.compile(r"(?i)\bISSN:? ?(\d{4})-?(\d{3}[\dX])\b"), _issn),
    (
        "orcid",
        "orcid",
        re.compile(r"(?i)\borcid\S{0,20}[ /:](\d{4}-\d{4}-\d{4}-\d{3}[\dX])\b"),
        _orcid,
    ),
    ("pmid", "pmid", re.compile(r"(?i)\bPMID:? ?(\d{1,12})\b"), _pmid),
    ("url", "http", re.compile(r"https?://([^\s/?#\"'<>)\]]{1,255})[^\s\"<>)\]]{0,300}"), _url),
    (
        "case",
        ".",
        re.compile(
            r"(?<![\d.])(\d{1,4}) (U\. ?S\.|S\. ?Ct\.|L\. ?Ed\.(?: ?2d)?|B\. ?R\.|F\. ?R\. ?D\."
            r"|F\. ?Supp\.(?: ?\d(?:d|th|rd))?|F\. ?\d(?:d|th|rd)|F\.(?= \d)) ?(\d{1,6})\b"
        ),
        _case,
    ),
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
            yield Citation("authors", start, end, "an author is named twice", _UNLIKELY)
        elif ("Doe", "J.") in names or ("Author", "A.") in names:
            yield Citation("authors", start, end, "the author is a placeholder", _PLACEHOLDER)
        else:
            yield Citation("authors", start, end, "", _PLAUSIBLE)


def citations_in(
    text: str, known_text: Callable[[], str], event_time: float, has_context: bool
) -> list[Citation]:
    """Citations of the first 200,000 characters, at most 200, in the order of their schemes.

    `known_text` gives the documents and the question in lower case, and is asked for only
    where there is a citation: one that stands there is supported, whatever its form. Where
    there are documents (`has_context`), an identifier that isn't in them is unsupported.
    `event_time` is in seconds since the epoch; 0 means that now isn't known, and nothing lies
    in the future then. Addresses in code aren't citations.
    """
    text = text[:MAX_CHARS]
    this_year = _year_of(event_time)
    lowered = text.lower()
    code = [match.span() for match in _CODE.finditer(text)] if "`" in text else []
    found: list[Citation] = []
    for kind, marker, pattern, check in _SCHEMES:
        if marker not in lowered:
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
                fault = _Fault("the documents don't have this citation", _UNLIKELY)
            if fault is not None:
                found.append(Citation(kind, start, end, *fault))
            elif kind not in ("dated", "url"):
                found.append(Citation(kind, start, end, "", _PLAUSIBLE))
    if "(" in text:
        for citation in _author_lists(text):
            if len(found) >= MAX_CITATIONS:
                break
            if text[citation.start : citation.end].lower() not in known_text():
                found.append(citation)
    return found


def _year_of(event_time: float) -> int:
    try:
        return datetime.fromtimestamp(event_time, UTC).year if event_time > 0 else 9999
    except (OverflowError, ValueError, OSError):
        return 9999
