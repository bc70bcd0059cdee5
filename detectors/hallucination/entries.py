"""References as they are written out: authors, a year, and what tells that a work is cited.

Films, cars, laws and towns have a year in brackets too. A work has authors with initials, or
several of them, and behind the year a title, or a venue with its volume and pages.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from detectors._text.words import word_set
from detectors.hallucination import bibtex
from detectors.hallucination.given import words_in
from detectors.hallucination.references import CONFERENCES, HEADS

_LONGEST_AUTHORS: Final = 300
_LONGEST: Final = 450


class Entry(NamedTuple):
    """A work that is cited: where, and what finds it again in other writing.

    `title` are its words; none where only its author and year are named.
    """

    start: int
    end: int
    author: str
    year: str
    title: tuple[str, ...]


_YEAR: Final = re.compile(
    r"(?<![\w/.–-])\(?((?:1[5-9]|20)\d\d)[a-z]?(?![\w/–]|-\d|\.\d|\) ?[–-] ?\d)\)?"
)
_YEAR_BEHIND: Final = re.compile(r"(?<![\w/.–-])(?:1[5-9]|20)\d\d(?![\w/–]|-\d|\.\d)")
_INITIALS: Final = re.compile(r"[A-ZÀ-Þ]\.?(?:-?[A-ZÀ-Þ]\.?){0,3}")
_FAMILY: Final = re.compile(r"[A-ZÀ-Þ][\w\u0300-\u036f'’‑-]{1,40}")
_JOINS: Final = word_set("& and und et y e i en og och al al. others u.a. coll. cols.")
_PARTICLES: Final = word_set("van von de der den di da del della dos du la le ter ten bin al- el-")
_TOKEN: Final = re.compile(r"\S+")
_CREDIT: Final = re.compile(
    r"(?i)\b(?:photo\w*|fotos?|image|picture|bild|credits?|crédits?|quelle|copyright|©)\W{0,4}$"
)
# What stands behind the year of a work, and hardly behind that of anything else.
_PAGED: Final = (
    r"\d{1,4} ?\((?!(?:1[5-9]|20)\d\d\))\d{1,5}(?:[-–/]\d{1,4})?\)"
    r"|\b[Vv]ol(?:ume|\.)? ?\d|\b\d{1,4}, [Nn](?:o|r|º)\. ?\d|\bpp?\.\s?\d"
    r"|\bS\. ?\d{1,5} ?[-–]|\b\d{1,4}[,:] ?e?\d{1,6} ?[-–] ?e?\d"
)
_NUMBERED: Final = r"\b10\.\d{4,9}(?:/|%2F)|(?i:\barxiv\b|\bISBN|\bPMID|\bPMC\d|doi\.org)"
_HOUSE: Final = (
    r"\b(?:Press|Verlag|Publish(?:ers|ing)|Springer|Elsevier|Wiley|Routledge|Presses|Éditions"
    r"|Ediciones|Editorial|Sage|Academic|Proceedings|Proc\.|Working Paper|Dissertation"
    r"|PhD thesis)\b"
)
_FIRM: Final = re.compile(rf"{_PAGED}|{_NUMBERED}|\b(?:{HEADS})\b|{_HOUSE}|{CONFERENCES}")
_SURE: Final = re.compile(rf"{_PAGED}|{_NUMBERED}")
_AFTER_YEAR: Final = re.compile(r"[)\].,:;\s]*[\"“”«„‘'*_]{0,3}")
_TITLE_END: Final = re.compile(r"[.?!][\"”»*_]{0,3}(?=\s|$)|[\"”»“]|[*_](?=[\s,.]|$)")
_LEAST_WORDS: Final = 4


def entries_in(text: str) -> Iterator[Entry]:
    """The references of a text that have authors before a year, in their order."""
    found = list(_authored(text))
    for place, (start, year, authors) in enumerate(found):
        stop = text.find("\n", year.end())
        stop = min(stop if stop >= 0 else len(text), year.end() + _LONGEST)
        if place + 1 < len(found):
            stop = max(year.end(), min(stop, found[place + 1][0]))
        title = _title(text, year, stop, authors)
        if title is not None:
            end, named = title
            yield Entry(start, end, _first_of(authors), year[1], tuple(words_in(named)))


def _authored(text: str) -> Iterator[tuple[int, re.Match[str], list[str]]]:
    """Where lists of authors begin that a year follows, the year, and the authors' names."""
    before = 0
    for year in _YEAR.finditer(text):
        start, names = _names_before(text, before, year.start())
        if names:
            yield start, year, names
        before = year.end()


def _names_before(text: str, first: int, at: int) -> tuple[int, list[str]]:
    """Where the names begin that end at a place, and what they are; none before `first`."""
    first = max(first, text.rfind("\n", first, at) + 1, at - _LONGEST_AUTHORS)
    tokens = list(_TOKEN.finditer(text, first, at))
    start, names = at, list[str]()
    while tokens:
        token = tokens.pop()
        bare = token[0].strip("*_,;()[]")
        ends = token[0].rstrip("*_,") if names else ""
        if _INITIALS.fullmatch(bare) or bare.lower() in _JOINS:
            pass
        elif _FAMILY.fullmatch(bare.rstrip(".:")):
            if ends.endswith((".", ":", ")", "]", ";")) and not ends.endswith(".,"):
                break
        elif bare.lower() not in _PARTICLES:
            break
        names.append(bare + "," * token[0].rstrip("*_").endswith(","))
        start = token.start() + len(token[0]) - len(token[0].lstrip('*_(["“'))
        if token[0][0] in "([":
            break
    names.reverse()
    while names and names[0].lower() in _JOINS:
        left_out = names.pop(0)
        start = text.index(names[0][:1] if names else "", start + len(left_out))
    named = any(_FAMILY.fullmatch(name.rstrip(",.")) for name in names)
    return (start, names) if named and not _CREDIT.search(text, first, start) else (at, [])


def _first_of(names: list[str]) -> str:
    return next(one for one in (name.rstrip(",.") for name in names) if _FAMILY.fullmatch(one))


def _initialed(names: list[str]) -> bool:
    """Whether names have initials: "Okonjo, R." or "R. Okonjo"."""
    first = names[:4]
    return _is_initial(first[0]) or any(
        one.endswith(",") and _is_initial(other) for one, other in itertools.pairwise(first)
    )


def _is_initial(name: str) -> bool:
    bare = name.rstrip(",")
    return bare.endswith(".") and _INITIALS.fullmatch(bare) is not None


def _title(text: str, year: re.Match[str], stop: int, names: list[str]) -> tuple[int, str] | None:
    """Where a reference ends and what its title is; None for what isn't one."""
    rest = text[year.end() : stop]
    lead = _AFTER_YEAR.match(rest)
    begun = lead.end() if lead else 0
    marked = bool(lead and re.search(r"[.:\"“«„*_]", lead[0]))
    ended = _TITLE_END.search(rest, begun)
    title = rest[begun : ended.start() if ended else len(rest)]
    words = title.split()
    joined = any(name.rstrip(",").lower() in _JOINS for name in names)
    abbreviated = any(_INITIALS.fullmatch(name.rstrip(",")) for name in names[1:])
    begins = title[:1].isupper() or title[:1].isdigit()
    if not words or not begins:
        return None
    if _initialed(names):
        good = bool(_FIRM.search(rest)) or (marked and len(words) >= _LEAST_WORDS)
    elif joined or abbreviated:
        good = bool(_FIRM.search(rest))
    else:
        good = bool(_SURE.search(rest, ended.end() if ended else len(rest)))
    if not good:
        return None
    return year.end() + (ended.end() if ended else len(rest)), title


_QUOTED: Final = re.compile(r"[\"“](?P<title>[^\"“”\n]{10,250}?)(?:[.,?!][\"”]|[\"”][.,])")


def quoted_in(text: str) -> Iterator[Entry]:
    """The references of a text whose quoted title stands between the authors and the year."""
    before = 0
    for title in _QUOTED.finditer(text):
        stop = text.find("\n", title.end())
        stop = min(stop if stop >= 0 else len(text), title.end() + _LONGEST // 2)
        year = _YEAR_BEHIND.search(text, title.end(), stop)
        if year and _FIRM.search(text, title.end(), stop):
            start, names = _names_before(text, before, title.start())
            if names:
                named = tuple(words_in(title["title"]))
                yield Entry(start, title.end(), _first_of(names), year[0], named)
        before = title.end()


_MENTION: Final = re.compile(
    r"\b(?P<author>[A-ZÀ-Þ][\w'’‑-]{1,40})(?: (?:&|and|und|et|y) [A-ZÀ-Þ][\w'’‑-]{1,40})?,?"
    r" (?:et al\.?|et coll\.|u\. ?a\.|y cols\.),? ?\(?(?P<year>(?:1[5-9]|20)\d\d)[a-z]?(?!\d)\)?"
)
_STUDIED: Final = re.compile(
    r"(?i:\b(?:study|studies|papers?|articles?|trial|meta-analysis|research|experiment|studie"
    r"|aufsatz|étude|estudio|estudo))\b[^.\n]{0,60}?\b(?i:in|im|dans|en|em|der|la|le|the) "
    rf"[*_]{{0,3}}(?P<venue>(?:[A-Z][\w'’&-]{{1,30}} (?:of |and |& )?){{0,4}}(?:{HEADS})\b"
    r"(?: (?:of|for|on|in|de|du|des|für|der)(?: the| la)?(?:(?: and| &| of|,)? [A-Z][\w'’-]{1,30})"
    r"{1,6})?)"
)


def mentions_in(text: str) -> Iterator[Entry]:
    """Works that are named by their authors and year only: "Okonjo et al., 2017"."""
    for match in _MENTION.finditer(text):
        yield Entry(*match.span(), match["author"], match["year"], ())


def studies_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Where a study of a stated year in a journal is spoken of, and the journal's name."""
    for match in _STUDIED.finditer(text):
        around = text[max(0, match.start() - 60) : match.end() + 30]
        if len(match["venue"].split()) > 1 and re.search(r"\b(?:19|20)\d\d\b", around):
            yield *match.span(), match["venue"]


def bibtex_in(text: str) -> Iterator[Entry]:
    """The entries of BibTeX that are of works."""
    for entry in bibtex.entries_in(text) if "@" in text else ():
        if bibtex.is_work(entry):
            author = entry.authors[0] if entry.authors else ""
            name = author.partition(",")[0] if "," in author else author.rpartition(" ")[2]
            title = tuple(words_in(entry.fields.get("title", "")))
            yield Entry(entry.start, entry.end, name, str(entry.year or ""), title)
