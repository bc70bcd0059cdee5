"""What the schemes of identifiers allow: DOI, arXiv, ISBN, ISSN, ORCID, PubMed, RFC, CVE, patents.

Nothing is looked up. Sources: the DOI handbook and publishers' own forms of suffixes, arXiv's
scheme and its monthly counts, check digits of ISO 2108, 3297 and 27729, the growth of PubMed, of
the RFC series and of patents, CVE's syntax of 2014, and the editions of some ISO standards. Limits
that grow get room to grow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from detectors._text.words import word_set

PLAUSIBLE: Final = 0.1
IMPOSSIBLE: Final = 0.95
PLACEHOLDER: Final = 0.9
UNLIKELY: Final = 0.7
UNKNOWN_YEAR: Final = 9999
"""The year of a time that no calendar has: nothing lies in the future then."""


class Fault(NamedTuple):
    """What is wrong with a citation, and how surely it is made up, in [0, 1]."""

    reason: str
    score: float


def year_at(anchors: Sequence[tuple[int, int]], value: int) -> float:
    """The year that a running number fell in, by straight lines between (number, year) pairs."""
    (low, first), *rest = anchors
    for high, year in rest:
        if value <= high:
            return first + (year - first) * max(0, value - low) / (high - low)
        low, first = high, year
    return float(first)


_FILLER = re.compile(
    r"x{3,}|1234567|0{6,}|abcd|placeholder|example|your[-_]?|\.\.\.|…|[<>{}\[\]]", re.I
)
_FOOTNOTE = re.compile(r"(?:\[\d{1,3}\]){1,5}$")
# What ACM's library calls by the registrant for tests.
_ACM = re.compile(r"\d{6,8}(?:\.\d{6,8})?")
# Publishers whose every suffix is of one form.
_SUFFIXES = {
    "1371": re.compile(r"(?:journal|image)\.p[a-z]{3}\.[\w.]{5,}|annotation/\S+|currents\.\S+"),
    "1103": re.compile(r"(?:phys|revmodphys|prx)\w*[./]\S+"),
    "48550": re.compile(r"arxiv\.(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?"),
    "5281": re.compile(r"zenodo\.\d{3,9}"),
    "3389": re.compile(r"f[a-z]{2,6}\.\d{4}\.\d{4,8}\S*|978-\S+"),
    "3390": re.compile(r"[a-z][\w.-]*\d+\S*"),
    "7554": re.compile(r"elife\.\d{5,6}\S*"),
    "7717": re.compile(r"peerj[\w./-]+"),
    "18653": re.compile(r"v1/\S+"),
    "1145": re.compile(r"[\d.]+"),
    "1073": re.compile(r"pnas\S+"),
    "1056": re.compile(r"(?:nejm|evid|catalyst|ai)\S+"),
}


def doi(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """A DOI: its registrant, its suffix, and the form of some publishers' suffixes."""
    registrant, suffix = match[1], _FOOTNOTE.sub("", match[2]).rstrip(".,;:)]}'\"*_`")
    if len(registrant) < 4 or registrant.startswith("0"):
        return Fault("a DOI's registrant has four digits or more, the first not 0", IMPOSSIBLE)
    if registrant in ("1234", "5555", "9999", "12345", "123456"):
        if registrant == "5555" and _ACM.fullmatch(suffix) and not _FILLER.search(suffix):
            return None
        return Fault("the DOI's registrant is one used in examples", PLACEHOLDER)
    if len(registrant) > 5:
        return Fault("no registrant of DOIs has a number so large", IMPOSSIBLE)
    if not any(map(str.isalnum, suffix)):
        return Fault("the DOI has no suffix", IMPOSSIBLE)
    if _FILLER.search(suffix):
        return Fault("the DOI's suffix is filled with placeholders", PLACEHOLDER)
    form = _SUFFIXES.get(registrant)
    if form is not None and not form.fullmatch(suffix.lower()):
        return Fault("the DOI's registrant gives its works other suffixes", UNLIKELY)
    if registrant == "48550" and (modern := re.match(r"(?i)arxiv\.(\d\d)(\d\d)\.(\d+)", suffix)):
        return _arxiv_number(modern[1], modern[2], modern[3], this_year)
    named = re.search(r"\.(19[5-9]\d|20\d\d)\.", suffix)
    if named and int(named[1]) > this_year + 1:
        return Fault("the DOI names a year in the future", IMPOSSIBLE)
    return None


# The most papers of a month, by year, with room to spare.
_ARXIV_MOST = {
    2007: 6_500, 2008: 6_500, 2009: 7_000, 2010: 7_500, 2011: 8_000, 2012: 8_800, 2013: 9_700,
    2014: 9_999, 2015: 11_800, 2016: 12_800, 2017: 14_500, 2018: 15_800, 2019: 17_500,
    2020: 19_500, 2021: 20_500, 2022: 21_500, 2023: 25_500, 2024: 29_000, 2025: 36_000,
}  # fmt: skip
_ARXIV_LATER = 60_000
_ARCHIVES = word_set(
    "acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas"
    " cond-mat cs dg-ga funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin"
    " nucl-ex nucl-th patt-sol physics plasm-ph q-alg q-bio quant-ph solv-int supr-con"
)


def _arxiv_number(yy: str, mm: str, number: str, this_year: int) -> Fault | None:
    year, month = 2000 + int(yy), int(mm)
    if not 1 <= month <= 12:
        return Fault("the arXiv id names a month that doesn't exist", IMPOSSIBLE)
    if (year, month) < (2007, 4):
        return Fault("arXiv ids of this form begin in April 2007", IMPOSSIBLE)
    if year > this_year:
        return Fault("the arXiv id lies in the future", IMPOSSIBLE)
    if len(number) != (4 if year < 2015 else 5):
        return Fault("the arXiv id's number has the wrong length for its year", IMPOSSIBLE)
    if int(number) == 0 or int(number) > _ARXIV_MOST.get(year, _ARXIV_LATER):
        return Fault("the arXiv id's number lies outside any month's", IMPOSSIBLE)
    if number in ("12345", "1234", "54321", "11111", "99999"):
        return Fault("the arXiv id's number is a placeholder", PLACEHOLDER)
    return None


def arxiv(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """An arXiv id: its month, how many papers such a month had, and the year that is stated."""
    fault = _arxiv_number(match[1], match[2], match[3], this_year)
    if fault is not None:
        return fault
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.end() + 40].split("\n")[0][-400:]
    stated = [int(y) for y in re.findall(r"[(,] ?((?:19|20)\d\d)[a-z]?\)", line)]
    if stated and max(stated) < 2000 + int(match[1]) - 1:
        return Fault("the arXiv id is years younger than the work's stated year", UNLIKELY)
    return None


def old_arxiv(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """An arXiv id of before April 2007: its archive, its month and its number."""
    if match[1].lower() not in _ARCHIVES:
        return Fault("arXiv has no archive of that name", IMPOSSIBLE)
    year, month = int(match[2]), int(match[3])
    year += 1900 if year > 90 else 2000
    if not 1 <= month <= 12 or not (1991, 7) <= (year, month) <= (2007, 3):
        return Fault("arXiv ids of this form run from 1991 to March 2007", IMPOSSIBLE)
    return None


def isbn(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """An ISBN of 10 or 13 digits: its check digit, and the ranges of 979 that are in use."""
    digits = re.sub(r"[^\dXx]", "", match[1]).upper()
    if len(digits) == 13 and digits.isdigit():
        good = digits[:3] == "978" or digits[:4] == "9798" or "97910" <= digits[:5] <= "97915"
        good = good and sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0
    elif len(digits) == 10 and digits[:9].isdigit():
        values = [10 if d == "X" else int(d) for d in digits]
        good = sum(v * (10 - i) for i, v in enumerate(values)) % 11 == 0
    else:
        return Fault("an ISBN has 10 or 13 digits", IMPOSSIBLE)
    if not good:
        return Fault("the ISBN's check digit is wrong", IMPOSSIBLE)
    body = digits[-10:-1]
    if len(set(body)) == 1 or body in ("123456789", "987654321", "012345678"):
        return Fault("the ISBN's digits are a placeholder", PLACEHOLDER)
    return None


def issn(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """An ISSN: its check digit."""
    digits = (match[1] + match[2]).upper()
    values = [10 if d == "X" else int(d) for d in digits]
    if sum(v * (8 - i) for i, v in enumerate(values)) % 11:
        return Fault("the ISSN's check digit is wrong", IMPOSSIBLE)
    if len(set(digits)) == 1:
        return Fault("the ISSN's digits are a placeholder", PLACEHOLDER)
    return None


def orcid(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """An ORCID: its check digit."""
    digits = match[1].replace("-", "").upper()
    total = 0
    for digit in digits[:15]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    good = digits[15] == ("X" if check == 10 else str(check))
    return None if good else Fault("the ORCID's check digit is wrong", IMPOSSIBLE)


_COUNTED = ("12345678", "1234567", "123456", "87654321", "12345")
# The first ids of some years. Old works were added late, so an id may be younger than its work.
_PMIDS = (
    (1, 1975), (2_000_000, 1990), (7_500_000, 1994), (10_600_000, 2000), (15_600_000, 2005),
    (20_000_000, 2010), (25_500_000, 2015), (29_300_000, 2018), (31_900_000, 2020),
    (33_400_000, 2021), (36_600_000, 2023), (39_700_000, 2025), (41_400_000, 2026),
)  # fmt: skip
_PMIDS_EACH_YEAR, _PMIDS_MOST = 2_500_000, 60_000_000


def pmid(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """A PubMed id: how many there can be, and whether its work's year came before it."""
    number = int(match[1])
    last, year = _PMIDS[-1]
    most = min(_PMIDS_MOST, last + _PMIDS_EACH_YEAR * max(1, this_year - year + 1))
    if number == 0 or number > most:
        return Fault("no PubMed id is that large", IMPOSSIBLE)
    if match[1] in _COUNTED or match[1].startswith("0"):
        return Fault("the PubMed id is a placeholder", PLACEHOLDER)
    stated = _year_before(text, match.start())
    if stated and number >= _PMIDS[1][0] and stated > year_at(_PMIDS, number) + 2:
        return Fault("the PubMed id is years older than the work's stated year", UNLIKELY)
    return None


def _year_before(text: str, start: int) -> int | None:
    """The newest year of the line that stands before a place, within 300 characters."""
    line = text[max(0, text.rfind("\n", 0, start), start - 300) : start]
    years = re.findall(r"(?<![\d/.-])((?:19|20)\d\d)(?=[a-z]?[).;,: ])(?![-–]\d)", line)
    return max(map(int, years), default=None)


_PMCIDS, _PMCIDS_YEAR, _PMCIDS_EACH_YEAR = 12_700_000, 2025, 1_500_000


def pmcid(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """A PubMed Central id: how many there can be."""
    years = min(max(this_year, _PMCIDS_YEAR), 2035) - _PMCIDS_YEAR + 1
    if not 13_900 <= int(match[1]) <= _PMCIDS + _PMCIDS_EACH_YEAR * years:
        return Fault("PubMed Central has no id of that size", IMPOSSIBLE)
    if match[1] in _COUNTED or match[1].startswith("0"):
        return Fault("the PubMed Central id is a placeholder", PLACEHOLDER)
    return None


# RFC 9700 came out in January 2025, after years of fewer than 350 numbers each.
_RFC_NUMBER, _RFC_YEAR, _RFC_EACH_YEAR = 9_700, 2025, 500
_RFCS = (
    (1, 1969), (400, 1973), (700, 1975), (800, 1982), (1000, 1987), (1200, 1991), (1500, 1993),
    (2000, 1996), (2500, 1999), (3000, 2001), (3500, 2003), (4000, 2005), (5000, 2007),
    (6000, 2010), (7000, 2013), (8000, 2016), (9000, 2021), (9700, 2025),
)  # fmt: skip


def rfc(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """An RFC: how many there can be, and the year in brackets behind it."""
    number = int(match[1])
    years = min(max(this_year, _RFC_YEAR), 2100) - _RFC_YEAR + 1
    if number == 0 or number > _RFC_NUMBER + _RFC_EACH_YEAR * years:
        return Fault("no RFC has that number yet", IMPOSSIBLE)
    stated = re.match(
        r"[^\n(]{0,80}\((?:[A-Z][a-z]+ )?((?:19|20)\d\d)\)", text[match.end() :][:100]
    )
    if stated and number <= _RFC_NUMBER and abs(int(stated[1]) - year_at(_RFCS, number)) > 4:
        return Fault("the RFC's number and the year don't go together", IMPOSSIBLE)
    return None


def cve(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """A CVE: its year, and how its number may be written."""
    year, number = int(match[1]), match[2]
    if year < 1999:
        return Fault("CVE numbers begin in 1999", IMPOSSIBLE)
    if year > this_year:
        return Fault("the CVE's year lies in the future", IMPOSSIBLE)
    if len(number) < 4 or (len(number) > 4 and number.startswith("0")) or not int(number):
        return Fault("a CVE's number has four digits, or more without a leading 0", IMPOSSIBLE)
    # Numbers from 1,000,000 on were given to open-source projects for some years.
    apart = 2010 <= year <= 2021 and 1_000_000 <= int(number) < 1_100_000
    if int(number) > (90_000 if year <= 2025 else 250_000) and not apart:
        return Fault("no year has so many CVEs", IMPOSSIBLE)
    return None


_EDITIONS = {
    "9001": (1987, 1994, 2000, 2008, 2015, 2026), "14001": (1996, 2004, 2015, 2026),
    "27001": (2005, 2013, 2022), "27002": (2005, 2013, 2022), "27005": (2008, 2011, 2018, 2022),
    "27017": (2015,), "27018": (2014, 2019, 2025), "27701": (2019, 2025), "31000": (2009, 2018),
    "45001": (2018,), "50001": (2011, 2018), "13485": (1996, 2003, 2016),
    "22301": (2012, 2019), "22000": (2005, 2018), "17025": (1999, 2005, 2017),
    "14971": (2000, 2007, 2019), "26262": (2011, 2018), "42001": (2023,), "26000": (2010,),
    "8601": (1988, 2000, 2004, 2019), "37001": (2016, 2025), "55001": (2014, 2024),
}  # fmt: skip
_LARGEST_ISO = 99_999


def iso(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """An ISO standard: its number and year, and for those much cited its editions."""
    number, part, year = match[1], match[2], match[3]
    if int(number) == 0 or int(number) > _LARGEST_ISO:
        return Fault("no ISO standard has that number", IMPOSSIBLE)
    if year is None:
        return None
    if not 1947 <= int(year) <= this_year + 1:
        return Fault("no ISO standard has an edition of that year", IMPOSSIBLE)
    editions = _EDITIONS.get(number)
    adopted = re.search(r"[A-Z]{2,4}[ -]$", text[max(0, match.start() - 5) : match.start()])
    if editions and not part and not adopted and int(year) < 2026 and int(year) not in editions:
        return Fault("the ISO standard has no edition of that year", UNLIKELY)
    return None


_US_PATENTS = (
    (1, 1836), (98_460, 1870), (223_211, 1880), (418_665, 1890), (640_167, 1900), (945_010, 1910),
    (1_326_899, 1920), (1_742_181, 1930), (2_185_170, 1940), (2_492_944, 1950), (2_919_443, 1960),
    (3_487_470, 1970), (3_930_271, 1976), (4_180_867, 1980), (4_890_335, 1990), (6_009_555, 2000),
    (7_640_598, 2010), (8_925_112, 2015), (10_000_000, 2018), (10_881_042, 2021),
    (11_540_434, 2023), (12_185_000, 2025),
)  # fmt: skip
_US_PATENTS_EACH_YEAR = 400_000


def patent(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """A patent of the United States or of Europe: how many there can be, and its year."""
    number = int(re.sub(r"\D", "", match[2]))
    if match[1].startswith("E"):
        years = min(max(this_year, 2025), 2040) - 2025 + 1
        most = 4_800_000 + 130_000 * years
        return None if 1 <= number <= most else Fault("no European patent is so late", IMPOSSIBLE)
    last, year = _US_PATENTS[-1]
    years = min(max(this_year, year), 2040) - year + 1
    if not 1 <= number <= last + _US_PATENTS_EACH_YEAR * years:
        return Fault("no patent of the United States has that number", IMPOSSIBLE)
    stated = re.match(
        r"[^\n(]{0,60}\((?:[A-Z][a-z]+ )?((?:18|19|20)\d\d)\)", text[match.end() :][:80]
    )
    if stated and number <= last and abs(int(stated[1]) - year_at(_US_PATENTS, number)) > 3:
        return Fault("the patent's number and the year don't go together", IMPOSSIBLE)
    return None
