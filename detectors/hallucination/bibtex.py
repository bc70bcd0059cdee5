"""Entries of BibTeX: whether their fields go together.

A key, a year, a venue, a volume, pages, a DOI, an arXiv id and an address each tell some of the
same; an entry that was made up or pieced together from several is often at odds with itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

import msgspec

from detectors._text.words import FUNCTION_WORDS, tokens_of, word_set
from detectors.hallucination.identifiers import IMPOSSIBLE, PLACEHOLDER, UNLIKELY, Fault
from detectors.hallucination.meetings import meeting_of, misfit, registrant_is_strange
from detectors.hallucination.venues import Venues, normalised

_MOST_ENTRIES: Final = 100
_MOST_CHARS: Final = 6_000
_MOST_VENUE: Final = 300
_MOST_VOLUME: Final = 9
_HEAD: Final = re.compile(r"@([A-Za-z]{4,20})\s{0,20}\{\s{0,20}([^\s,{}=]{0,120})\s{0,20},")
_FIELD: Final = re.compile(r"(?<![\w-])([A-Za-z_-]{2,30})\s{0,40}=\s{0,40}(?:\{|\"|(\w{1,30}))")
_NOT_WORKS: Final = frozenset(("comment", "string", "preamble", "online", "manual", "misc"))
_MARKS: Final = re.compile(r"\\[a-zA-Z]+\s?|\\.|[{}~$]")
_YEAR: Final = re.compile(r"(?<!\d)((?:1[5-9]|20)\d\d)(?!\d)")


class Entry(msgspec.Struct, frozen=True, dict=True):
    """One entry and its fields by their names in lower case, without TeX's marks."""

    kind: str
    key: str
    start: int
    end: int
    fields: Mapping[str, str]
    places: Mapping[str, tuple[int, int]]

    @cached_property
    def year(self) -> int | None:
        """The year, or else that of the date; None without one of four figures."""
        match = _YEAR.search(self.fields.get("year") or self.fields.get("date") or "")
        return int(match[1]) if match else None

    @cached_property
    def venue(self) -> str:
        """The book's or journal's name, its first 300 characters; "" without one."""
        names = ("booktitle", "journal", "journaltitle")
        found = next((self.fields[name] for name in names if self.fields.get(name)), "")
        return found[:_MOST_VENUE]

    @cached_property
    def authors(self) -> list[str]:
        """The authors' names, as they are written."""
        said = self.fields.get("author", "")
        return [one.strip() for one in re.split(r"\s+and\s+", said) if one.strip()]


def entries_in(text: str) -> Iterator[Entry]:
    """The entries of a text, at most 100, each of at most 6,000 characters."""
    at = 0
    for _ in range(_MOST_ENTRIES):
        head = _HEAD.search(text, at)
        if head is None:
            return
        begun = text.find("{", head.start())
        end = _closing(text, begun)
        at = head.end()
        if end is None:
            continue
        fields: dict[str, str] = {}
        places: dict[str, tuple[int, int]] = {}
        place = head.end()
        while field := _FIELD.search(text, place, end):
            value = _value(text, field, end)
            if value is None:
                break
            first, last, place = value
            name = field[1].lower()
            if name not in fields:
                fields[name] = " ".join(_MARKS.sub(_plain, text[first:last]).split())
                places[name] = first, last
        at = end
        if fields:
            yield Entry(head[1].lower(), head[2], head.start(), end + 1, fields, places)


def _plain(match: re.Match[str]) -> str:
    return " " if match[0] == "~" else "&" if match[0] == "\\&" else ""


def _closing(text: str, begun: int) -> int | None:
    """Where the brace at `begun` closes; None where it doesn't."""
    depth = 0
    for at in range(begun, min(len(text), begun + _MOST_CHARS)):
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if not depth:
                return at
    return None


def _value(text: str, field: re.Match[str], end: int) -> tuple[int, int, int] | None:
    """Where a field's value begins and ends, and where to go on."""
    if field[2]:
        return field.start(2), field.end(2), field.end(2)
    begun = field.end()
    if text[begun - 1] == "{":
        closed = _closing(text, begun - 1)
    else:
        closed = text.find('"', begun)
    if closed is None or not begun <= closed <= end:
        return None
    return begun, closed, closed + 1


def title_spans(text: str) -> list[tuple[int, int]] | None:
    """Where the titles of the entries stand; None in a text that has no entries."""
    entries = list(entries_in(text)) if "@" in text else []
    return [entry.places["title"] for entry in entries if "title" in entry.places] or None


def faults_of(entry: Entry, this_year: int) -> list[Fault]:
    """What is wrong with an entry."""
    found = [_authors(entry), _venue(entry), _pages(entry), *_numbers(entry, this_year)]
    if entry.year and entry.year > this_year + 1:
        found.append(Fault("the work's year lies in the future", IMPOSSIBLE))
    found += [_key(entry), _doi(entry)]
    return [fault for fault in found if fault]


_STAND_IN: Final = re.compile(
    r"(?i)^(?:(?:first|second|third|last|lead|senior|unknown|anonymous|some|sample|test|example"
    r"|placeholder)?\W{0,3}(?:authors?|names?|author\W{0,2}(?:one|two|three|[a-d1-9])"
    r"|authors? names?)|(?:author|researcher|scientist|name|person)\W{0,2}"
    r"(?:one|two|three|four|[a-h1-9])|first\W?name\W{0,2}last\W?name|last\W?name\W{0,2}first\W?name"
    r"|(?:john|jane|j)\.?\s(?:q\.? )?(?:doe|public)|doe\W{0,2}(?:john|jane|j)\.?|(?:foo|bar)\W{0,2}"
    r"(?:foo|bar|baz)|unknown|tbd|n/?a|xxx+|\?+|et al\.?)$"
)
_COMMON_GIVEN: Final = word_set(
    "john jane james robert michael david william mary emily sarah alice bob jennifer lisa anna"
    " thomas mark peter paul emma laura susan karen daniel kevin brian richard"
)
_COMMON_FAMILY: Final = word_set(
    "smith johnson williams brown jones davis miller wilson taylor anderson thompson doe white"
    " green clark roberts"
)


def _parts(author: str) -> tuple[str, str]:
    """An author's given and family name in lower case."""
    family, comma, given = author.partition(",")
    if not comma:
        given, _, family = author.rpartition(" ")
    return given.strip().lower(), family.strip().lower()


def _authors(entry: Entry) -> Fault | None:
    authors = [one for one in entry.authors if one.lower() != "others"]
    if any(_STAND_IN.match(one) for one in authors):
        return Fault("the authors are placeholders", PLACEHOLDER)
    names = [_parts(one) for one in authors]
    common = [
        given.split()[0] in _COMMON_GIVEN and family in _COMMON_FAMILY
        for given, family in names
        if given
    ]
    if len(common) > 1 and len(common) == len(authors) and all(common):
        return Fault("the authors have the names that stand in for anybody's", UNLIKELY)
    whole = [name for name in names if len(name[0].rstrip(".")) > 2]
    if len(set(whole)) < len(whole):
        return Fault("an author is named twice", UNLIKELY)
    return None


def _venue(entry: Entry) -> Fault | None:
    if not entry.venue or not entry.year:
        return None
    volume = entry.fields.get("volume", "")[:_MOST_VOLUME]
    why = misfit(entry.venue, entry.year, int(volume) if volume.isdecimal() else None)
    return Fault(why, 0.8) if why else None


_RANGE: Final = re.compile(r"(\d{1,7})\s?(?:-{1,3}|–|—)\s?(\d{1,7})")


def _pages(entry: Entry) -> Fault | None:
    match = _RANGE.fullmatch(entry.fields.get("pages", "").strip())
    if match is None:
        return None
    first, last = match[1], match[2]
    last = first[: max(0, len(first) - len(last))] + last
    if int(last) < int(first):
        return Fault("the pages run backwards", UNLIKELY)
    return (
        Fault("no article has that many pages", UNLIKELY)
        if (int(last) - int(first) > 2000 and entry.kind in ("article", "inproceedings"))
        else None
    )


_ARXIV: Final = re.compile(r"(?<![\d.])(\d\d)(\d\d)\.\d{4,5}(?!\d)")
_DATED_URL: Final = re.compile(
    r"(?i)(?:aclanthology\.org/|(?:CVPR|ICCV|ECCV|WACV)_?|paper(?:_files/paper)?/|iclr\.cc/|"
    r"icml\.cc/|virtual/)(20[012]\d|19[89]\d)(?!\d)"
)
_PMLR: Final = re.compile(r"(?i)proceedings\.mlr\.press/v(\d{1,3})/")
_PMLR_YEARS: Final = (
    (15, 2011), (28, 2013), (37, 2015), (48, 2016), (70, 2017), (97, 2019), (119, 2020),
    (139, 2021), (162, 2022), (202, 2023), (235, 2024), (267, 2025),
)  # fmt: skip


def _numbers(entry: Entry, this_year: int) -> Iterator[Fault]:
    """Ids and addresses that tell another year than the entry."""
    year = entry.year
    if not year:
        return
    said = " ".join(
        entry.fields.get(name, "") for name in ("eprint", "journal", "url", "note", "howpublished")
    )
    arxiv = _ARXIV.search(said) if "arxiv" in str(entry.fields).lower() else None
    if arxiv and 1 <= int(arxiv[2]) <= 12:
        began = 2000 + int(arxiv[1])
        if began > year:
            yield Fault("the arXiv id is younger than the work's stated year", 0.8)
        elif "arxiv" in entry.venue.lower() and year - began > 2:
            yield Fault("the arXiv id is years older than the preprint's stated year", UNLIKELY)
    url = " ".join(entry.fields.get(name, "") for name in ("url", "pdf", "ee"))
    dated = _DATED_URL.search(url)
    if dated and abs(int(dated[1]) - year) > 1:
        yield Fault("the address names another year than the reference", UNLIKELY)
    volume = _PMLR.search(url)
    if volume:
        low = max((y for v, y in _PMLR_YEARS if v <= int(volume[1])), default=2007)
        high = min((y for v, y in _PMLR_YEARS if v >= int(volume[1])), default=this_year)
        if not low - 2 <= year <= high + 1:
            yield Fault("the address names another year than the reference", UNLIKELY)


_KEY: Final = re.compile(r"([a-z]{3,20})[-_:]?((?:19|20)\d\d)(?!\d)")
_OFF: Final = 2


def _key(entry: Entry) -> Fault | None:
    """A key made of the first author's name and the year, which the fields have otherwise."""
    match = _KEY.match(_bare(entry.key))
    if match is None or not entry.year or not entry.authors:
        return None
    name, year = match[1], int(match[2])
    families = [_bare(_parts(one)[1]) for one in entry.authors]
    named = any(name in one or (one and one in name) for one in families)
    if named and abs(year - entry.year) > _OFF:
        return Fault("the entry's key names another year", UNLIKELY)
    if not named and year == entry.year and not _abbreviates(name, entry):
        return Fault("the entry's key names another author", 0.4)
    return None


def _abbreviates(name: str, entry: Entry) -> bool:
    """Whether a key's word is of the title or of the authors' names, or made of their initials."""
    words = _bare(f"{entry.fields.get('title', '')} {entry.fields.get('author', '')}", " ")
    initials = "".join(_bare(_parts(one)[1])[:1] for one in entry.authors)
    return name in words or name.startswith(initials)


def _bare(text: str, between: str = "") -> str:
    """Lower case without accents and marks, which `between` takes the place of."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", between, plain) if between else re.sub(r"[\s'’.-]+", "", plain)


_REGISTRANT: Final = re.compile(r"(?:^|doi\.org/|doi:\s?)10\.(\d{4,9})/")


def _doi(entry: Entry) -> Fault | None:
    match = _REGISTRANT.search(entry.fields.get("doi", "") or entry.fields.get("url", ""))
    if match and registrant_is_strange(entry.venue, match[1]):
        return Fault("the conference's papers have no such DOIs", UNLIKELY)
    return None


_SOUND: Final = 0.1
_UNKNOWN_VENUE, _STRANGE_VENUE, _GRAND_VENUE = 0.1, 0.1, 0.1
_NO_IDENTIFIER, _BARE_ENTRY = 0.05, 0.05
_GRAND: Final = re.compile(
    r"(?i)^(?:(?:proceedings of )?(?:the )?(?:\d+\w+ |\w+th |\w+-?first )?)?(?:ieee |acm )?"
    r"(?:international |global |world |annual )?(?:conference|journal|symposium|transactions)"
    r" (?:on|of|for) (?:the )?(?:advanced?|advances|applied|emerging|innovative|modern|intelligent"
    r"|next|computational intelligence and|artificial intelligence (?:research|and|systems|app)"
    r"|machine learning (?:and|systems|app)|deep|neural|data)"
)
_ABBREVIATED: Final = 7
_IDENTIFIERS: Final = ("doi", "url", "eprint", "isbn", "ee", "pmid")
_WHERE: Final = re.compile(
    r"(?i)^(?:in )?(?:the )?(?:proc(?:eedings|\.)? of (?:the )?)?(?:\d{4} )?(?:(?:\w+[- ]){0,2}?"
    r"(?:\d{1,2}(?:st|nd|rd|th)|\w+(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
    r"|tenth|teenth|tieth|lfth)) )?(?:annual |biennial )?"
)


def doubt_of(entry: Entry, venues: Venues) -> float:
    """How doubtful an entry is in which nothing is wrong, under 0.5."""
    doubt = _SOUND
    fields = entry.fields
    if not any(name in fields for name in _IDENTIFIERS):
        doubt += _NO_IDENTIFIER
    if not any(name in fields for name in ("pages", "volume", "publisher", "series", "month")):
        doubt += _BARE_ENTRY
    venue = entry.venue
    if not venue:
        return doubt + (_UNKNOWN_VENUE if entry.kind in ("article", "inproceedings") else 0.0)
    if not _is_known(venue, venues):
        doubt += _UNKNOWN_VENUE
        if _is_strange(venue, venues):
            doubt += _STRANGE_VENUE
        if _GRAND.match(venue):
            doubt += _GRAND_VENUE
    return doubt


_PART: Final = re.compile(r"(?i)[ -]*\b(?:workshops?|(?:19|20)\d\d|'\d\d)\b.*$")
_SHORT: Final = re.compile(r"\(([A-Za-z-]{2,12})(?:['’ ]{0,2}\d{2,4})?\)")
_SPONSOR: Final = re.compile(
    r"^(?:(?:IEEE|ACM|RSJ|CVF|USENIX|IFIP|ISCA|AAAI|SIG[A-Z]+)[/ -]{1,3})+"
)


def _is_known(venue: str, venues: Venues) -> bool:
    if meeting_of(venue) or "arxiv" in venue.lower() or venues.knows(venue):
        return True
    bare = _WHERE.sub("", venue.replace(".", ". ").replace("  ", " ")).strip()
    whole = bare.split(" (")[0]
    forms = (bare, whole, _PART.sub("", whole), _SPONSOR.sub("", whole), *_SHORT.findall(venue))
    return any(venues.knows(form) for form in forms if normalised(form))


def _is_strange(venue: str, venues: Venues) -> bool:
    """Whether a venue's name has a word, no abbreviation, that no known name has."""
    strange = venues.strange_words(venue)
    return any(len(word) > _ABBREVIATED and word in venue.lower() for word in strange)


def is_work(entry: Entry) -> bool:
    """Whether an entry is of a published work, by its sort and its fields."""
    title = entry.fields.get("title", "")
    words = [one for one in tokens_of(title) if one not in FUNCTION_WORDS]
    return entry.kind not in _NOT_WORKS and bool(words or entry.authors)
