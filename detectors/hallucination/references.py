"""References to papers: whether their parts go together, and whether their journal is known.

A reference is judged by what it says itself: the year and the venue that a DOI names, the volume
that a journal had in a year, authors who are stand-ins, works that everybody cites given to others
(`works`), and a journal whose name nobody knows (`venues`). Nothing is looked up.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from detectors._text.words import word_set
from detectors.hallucination import bibtex
from detectors.hallucination.identifiers import (
    IMPOSSIBLE,
    PLACEHOLDER,
    PLAUSIBLE,
    UNLIKELY,
    Fault,
)
from detectors.hallucination.meetings import misfit
from detectors.hallucination.venues import (
    Venues,
    registrant_misfits,
    volume_misfits,
)
from detectors.hallucination.works import other_authors

_UNKNOWN, _STRANGE = 0.45, 0.75
_MAX_LINE = 900
_MAX_LINES = 300
_MAX_ENTRY = 600
_MOST_PLACES = 60
_MOST_DOIS = 12


class Doubt(NamedTuple):
    """A part of an answer that makes a reference doubtful, or with no fault a sound one.

    `score` is what one without a fault scores.
    """

    kind: str
    start: int
    end: int
    fault: Fault | None
    score: float = PLAUSIBLE


# ── Venues ──────────────────────────────────────────────────────────────────────────────────

HEADS = (
    r"Journal|Annals|Archives|Quarterly|Letters|Bulletin|Acta|Transactions|Proceedings|Review"
    r"|Reviews|Zeitschrift|Revue|Revista|Rivista|Cahiers|Jahrbuch|Gazette|Studies|Reports|Advances"
)
_HEAD = re.compile(rf"\b(?:{HEADS})\b")
_VOLUME = re.compile(
    r"(?<![\w/.,§-])(?P<a>\d{1,4})[*_]{0,3}(?:\(\d{1,5}"
    r"| \(\d{1,3})(?:[-–/]\d{1,3})?\)(?=[*_]{0,3}[,.:; )]|$)"
    r"|\b[Vv]ol(?:ume|\.)? ?(?P<b>\d{1,4})\b"
    r"|(?<=[^\W\d_*).,] |[*_)] |, |\. )[*_]{0,3}(?P<c>\d{1,4})[*_]{0,3}(?:, (?:pp?\.? ?)?"
    r"|: ?)e?\d{1,6}"
    r" ?[-–] ?e?\d{1,6}"
    r"|(?:(?<=[a-z] )|(?<=[a-z][*_.,] ))(?P<d>\d{1,4}),? \(?(?=(?:19|20)\d\d\b)"
)
_DATED_VOLUME = re.compile(
    r"(?:19|20)\d\d(?: [A-Z][a-z]{2,8}(?: \d{1,2})?)?; ?(\d{1,4}) ?(?:\(\d{1,3}[^()\n]{0,8}\))?:"
)
_IN_VENUE = re.compile(
    r"\b(?:in|by|from) (?:the )?[*_]{0,3}(?P<venue>(?:[A-Z][\w'’&-]{1,30} (?:of |and |& )?){0,5}"
    r"(?:Journal|Annals|Archives|Quarterly|Letters|Bulletin|Acta|Zeitschrift|Revue|Revista|Review)"
    r"(?: (?:of|for|on|in|de|du|des|für|der)(?: the| la)?(?:(?: and| &| of"
    r"|,)? [A-Z][\w'’-]{1,30}){1,7})?)"
)
_STUDY = re.compile(
    r"(?i)\b(?:study|studies|paper|papers|articles?|research|researchers|trial|meta-analysis"
    r"|findings"
    r"|published|reported|appeared|authors?|experiment|review|survey|source|citation|et al|studien?"
    r"|aufsatz|artikel|untersuchung|études?|recherches?|estudios?|artículos?|estudos?|artigos?"
    r"|studi[oe]?|onderzoek)\b"
)
_NO_VENUE = re.compile(
    r"(?i)\b(?:press|verlag|publish(?:ers|ing)|springer|routledge|wiley|elsevier|books?|edition"
    r"|thesis"
    r"|university of|university|chapter|section|article|art|rule|regulation|act|table|figure|fig"
    r"|paragraph|clause|part|schedule|directive|page|pages|line|version|python|step|item|level|code"
    r"|law|statute|conference|symposium|workshop|arxiv|preprint|working paper|report|blog|times"
    r"|post|magazine|news|weekly|vol|retrieved|available|season|episode|psalms?|corinthians|genesis"
    r"|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mai|juni|juli|oktober|dezember"
    r"|john|matthew|luke|mark|romans|surah|quran|isaiah|exodus|op|opus|symphony|album|eds?)\b\.?$"
    r"|\b(?:proceedings of the \d|in proceedings|proc\. of|conference|workshop|symposium)\b"
)
_SMALL = word_set("of and the for in on de der für to und et la le & des du del di da y a an")
_STOP = re.compile(
    r"[\"“”«»()\[\]{}\n;?!|<>=]|(?<=[^\W\d_]{3})['’](?=[,\s])|[*_]{1,3}"
    r"|(?<!Studies )(?<!Advances )(?<!Frontiers )(?<!Research )(?<!Trends )(?<!Topics )\bin"
    r" (?=[A-Z*_])"
)
_YEAR = re.compile(r"(?<![\d/.-])(1[5-9]\d\d|20\d\d)(?=[a-z]?(?!\d|[-–/.]\d))")


_YEAR_LAST = re.compile(r"[ (,]{1,3}(?:19|20)\d\d\)?$")


def _candidates(text: str, end: int) -> list[tuple[int, str]]:
    """Where a venue's name that ends at `end` may begin: pieces before it, the shortest first."""
    piece = text[max(0, end - 130) : end]
    tail = _YEAR_LAST.sub("", piece.rstrip(" ,.:*_(")).rstrip(" ,.:*_(")
    stop = max((m.end() for m in _STOP.finditer(tail)), default=0)
    phrase = tail[stop:]
    base = end - len(piece) + stop
    starts = [m.end() for m in re.finditer(r"[,.:] |–|—", phrase)][::-1][:6]
    found = []
    for start in [*starts, 0]:
        name = phrase[start:].strip()
        at = base + start + (len(phrase[start:]) - len(phrase[start:].lstrip()))
        # What stands in lower case before it belongs to the sentence.
        words = name.split()
        while words and not (
            words[0][0].isupper() or (words[0][0] == "e" and words[0][1:2].isupper())
        ):
            at += len(words[0]) + 1
            words = words[1:]
        if words and 1 <= len(words) <= 14:
            found.append((at, " ".join(words)))
    return found


def _is_name(name: str) -> bool:
    """Whether a phrase is written as a journal's name is: capitals but for small words."""
    words = name.replace("&", "and").split()
    if len(words) < 2 and not _HEAD.search(name):
        return False
    if _NO_VENUE.search(name) or any(map(str.isdigit, name)):
        return False
    # An author's initial is no part of a journal's name.
    if re.search(r"\b[A-Z]\.(?:\s|$)", name):
        return False
    return all(word[0].isupper() or word.lower() in _SMALL for word in words)


def _venues_in(line: str) -> Iterator[tuple[int, int, list[tuple[int, str]]]]:
    """Places of venues: the end of what follows them, the volume, what the name may be."""
    for match in itertools.islice(_VOLUME.finditer(line), _MOST_PLACES):
        volume = next(v for v in match.group("a", "b", "c", "d") if v)
        yield match.end(), int(volume), _candidates(line, match.start())
    for match in _DATED_VOLUME.finditer(line):
        yield match.end(), int(match[1]), _candidates(line, match.start())


def _venue_doubts(line: str, venues: Venues) -> Iterator[Doubt]:
    years = [int(y) for y in _YEAR.findall(_URL.sub(" ", line))]
    taken: list[tuple[int, int]] = []
    for end, volume, candidates in _venues_in(line):
        if not candidates:
            continue
        known = next(((at, name) for at, name in candidates if venues.knows(name)), None)
        if known is not None:
            taken.append((known[0], end))
            misfit = years and all(volume_misfits(known[1], volume, year) for year in years[:4])
            fault = Fault("the journal's volume and the year don't go together", IMPOSSIBLE)
            yield Doubt("venue", known[0], end, fault if misfit else None)
            continue
        at, name = candidates[0]
        if years and _is_name(name) and _cites(line, at):
            taken.append((at, end))
            yield Doubt("venue", at, end, _unknown(name, venues))
    for match in _IN_VENUE.finditer(line) if _HEAD.search(line) else ():
        start, end = match.span("venue")
        name = match["venue"].rstrip(" ,.")
        if any(a < end and start < b for a, b in taken) or not _is_name(name):
            continue
        if len(name.split()) > 2 and not venues.knows(name) and _STUDY.search(line):
            shorter = re.split(r",| and ", name)[0]
            if not venues.knows(shorter):
                yield Doubt("venue", start, end, _unknown(name, venues))


def _unknown(name: str, venues: Venues) -> Fault:
    if venues.strange_words(name):
        return Fault("no journal is known by such a name", _STRANGE)
    return Fault("the journal's name isn't a known one", _UNKNOWN)


_QUOTED_TITLE = re.compile(r"[\"“«][^\"“”«»\n]{8,250}[\"”»]|[*_][^*_\n]{8,200}[*_]")
_AUTHORS = re.compile(
    r"\b[A-ZÀ-Þ][\w'’-]{1,30},? (?:[A-Z]\.|et al|(?:&|and|und|et|y) [A-ZÀ-Þ][\w'’-]{1,30})"
    r"|\b[A-ZÀ-Þ][\w'’-]{1,30},? \(?(?:19|20)\d\d|\b[A-Z]\. ?[A-ZÀ-Þ][\w'’-]{2,30}"
    r"|\b[A-ZÀ-Þ][\w'’-]{2,30} [A-Z]{1,3},"
)


def _cites(line: str, before: int) -> bool:
    """Whether a line names a work: its authors or its title, before or after the venue."""
    return (
        _QUOTED_TITLE.search(line) is not None
        or _AUTHORS.search(line[:before]) is not None
        or _STUDY.search(line) is not None
    )


# ── What a DOI says ─────────────────────────────────────────────────────────────────────────

_URL = re.compile(r"https?://\S+|\b10\.\d{4,9}/\S+|\barxiv:\S+", re.I)
_DOI = re.compile(r"(?<![\d.])10\.(\d{4,5})/([^\s\"<>{}]{2,150})")
_DOI_YEARS = tuple(
    (registrant, re.compile(pattern, re.I), base)
    for registrant, pattern, base in (
        ("1109", r"[a-z]{2,12}\d{0,6}\.((?:19|20)\d\d)\.", 0),
        ("1016", r"j\.[a-z]+\.((?:19|20)\d\d)\.\d\d\.", 0),
        ("3389", r"f[a-z]+\.((?:19|20)\d\d)\.", 0),
        ("1038", r"s4\d{4}-0(\d\d)-", 2000),
        ("1007", r"s\d{5}-0(\d\d)-", 2000),
        ("1186", r"s\d{5}-0(\d\d)-", 2000),
        ("1101", r"((?:19|20)\d\d)\.\d\d\.\d\d\.", 0),
        ("48550", r"arxiv\.(\d\d)\d\d\.", 2000),
        ("1609", r"aaai\.v(\d\d)i", 1986),
        ("18653", r"v1/(20\d\d)\.", 0),
        ("18653", r"v1/[pdne](\d\d)-", 2000),
        ("24963", r"ijcai\.(20\d\d)/", 0),
        ("1001", r"jama[a-z]*\.((?:19|20)\d\d)\.", 0),
        ("1080", r"\d{8}\.((?:19|20)\d\d)\.\d", 0),
    )
)
CONFERENCES: Final = (
    r"\b(?:NeurIPS|NIPS|ICML|ICLR|CVPR|ICCV|ECCV|WACV|AAAI|IJCAI|ACL|EMNLP|NAACL|EACL|ICRA|IROS"
    r"|ICASSP"
    r"|KDD|SIGIR|SIGMOD|ICSE|CHI|WWW|ICDE)\b"
)
_CONFERENCES: Final = re.compile(CONFERENCES)
_DOI_VENUES = tuple(
    (re.compile(pattern, re.I), venue)
    for pattern, venue in (
        (r"1109/cvprw?\d", "CVPR"), (r"1109/iccvw?\d", "ICCV"), (r"1109/wacv", "WACV"),
        (r"1609/aaai", "AAAI"), (r"24963/ijcai", "IJCAI"), (r"1109/icassp", "ICASSP"),
        (r"1109/icra", "ICRA"), (r"1109/iros", "IROS"), (r"1109/icde", "ICDE"),
        (r"18653/v1/(?:p\d\d-|20\d\d\.acl-)", "ACL"), (r"18653/v1/(?:d\d\d-"
         r"|20\d\d\.emnlp-)", "EMNLP"),
        (r"18653/v1/(?:n\d\d-|20\d\d\.naacl-)", "NAACL"), (r"18653/v1/20\d\d\.eacl-", "EACL"),
    )
)  # fmt: skip
_JOURNAL_FIELD = re.compile(r"(?i)\b(?:journal|booktitle)\s*=\s*[{\"]([^{}\"\n]{2,120})[}\"]")


def _doi_doubts(line: str, this_year: int) -> Iterator[Doubt]:
    for match in itertools.islice(_DOI.finditer(line), _MOST_DOIS):
        registrant, suffix = match[1], match[2].rstrip(".,;:)]}'\"*_")
        before = line[: match.start()]
        stated = [int(y) for y in _YEAR.findall(_URL.sub(" ", before))[-4:]]
        for known, pattern, base in _DOI_YEARS:
            found = pattern.match(suffix) if known == registrant else None
            if found is None or not stated:
                continue
            named = base + int(found[1])
            # A preprint comes before its paper, and a paper online before its issue.
            early = 8 if registrant in ("48550", "1101") else 2
            if all(year < named - 1 or year > named + early for year in stated):
                fault = Fault("the DOI names another year than the reference", 0.8)
                yield Doubt("doi", match.start(), match.end(), fault)
        named_venue = next(
            (venue for form, venue in _DOI_VENUES if form.match(f"{registrant}/{suffix}")), None
        )
        said = {venue.upper() for venue in _CONFERENCES.findall(before)}
        if named_venue and said and named_venue not in said:
            fault = Fault("the DOI is one of another conference", 0.85)
            yield Doubt("doi", match.start(), match.end(), fault)
        if _misfits_journal(before, registrant):
            fault = Fault("the journal's DOIs begin otherwise", 0.85)
            yield Doubt("doi", match.start(), match.end(), fault)


def _misfits_journal(before: str, registrant: str) -> bool:
    names = [*_JOURNAL_FIELD.findall(before)]
    for match in _VOLUME.finditer(before):
        names += [name for _, name in _candidates(before, match.start())[:2]]
    names += [name for _, name in _candidates(before, len(before))[:1]]
    names += re.findall(r"[*_]([A-Z][^*_\n]{2,80})[*_]", before)
    return any(registrant_misfits(name, registrant) for name in names[-6:])


# ── Conferences ─────────────────────────────────────────────────────────────────────────────

_PROCEEDINGS = re.compile(
    r"\b(?:Proceedings of|Proc\. of|Advances in Neural|In (?:the )?\d{1,2}(?:st|nd|rd|th) )"
    r"[^.\n\"“”*_]{5,160}"
)


def _meeting_doubts(line: str) -> Iterator[Doubt]:
    """Proceedings that a conference can't have had in the reference's year."""
    match = _PROCEEDINGS.search(line)
    if match is None or not _cites(line, match.start()):
        return
    bare = _URL.sub(" ", line)
    years = [int(y) for y in _YEAR.findall(bare)]
    reasons = [misfit(match[0], year) for year in dict.fromkeys(years)]
    if reasons and all(reasons):
        yield Doubt("venue", *match.span(), Fault(reasons[0] or "", 0.8))


# ── Authors ─────────────────────────────────────────────────────────────────────────────────

_STAND_INS = re.compile(
    r"\b(?:John|Jane) Doe\b|\bDoe, J(?:ohn|ane|\.)|\bJ\. Doe\b|\bJane Smith\b|\bSmith, Jane\b"
    r"|\bJohn Smith (?:and|&) |\b(?:and|&) John Smith\b|\bAuthor,? (?:A\.|One|Two|[AB1]\b)"
    r"|\bA\. ?(?:N\. ?)?Author\b|\bFirst ?[Nn]ame Last ?[Nn]ame\b|\bLast ?[Nn]ame, F(?:irst|\.)"
    r"|\b(?:First|Second) Author\b|\bAnonymous Authors?\b|\bAuthors? Names?\b|\bXYZ et al\b"
    r"|\bMax Mustermann\b|\bMustermann, [ME]|\bAlice and Bob\b|\bSmith, J\.,? (?:and|&) Doe\b"
    r"|\bAuthor Unknown\b"
)
_STAND_IN_NAMES = ("Doe", "Smith", "uthor", "ame", "XYZ", "Muster", "Alice")


def _author_doubts(line: str) -> Iterator[Doubt]:
    match = _STAND_INS.search(line) if any(name in line for name in _STAND_IN_NAMES) else None
    if match and (_YEAR.search(line) or "author" in line.lower()) and _looks_cited(line):
        fault = Fault("the authors are placeholders", PLACEHOLDER)
        yield Doubt("authors", match.start(), match.end(), fault)
    named = other_authors(line)
    if named is not None:
        fault = Fault("the work is known to be by others", 0.85)
        yield Doubt("authors", *named, fault)


def _looks_cited(line: str) -> bool:
    return (
        _DOI.search(line) is not None
        or _VOLUME.search(line) is not None
        or re.search(r"\((?:19|20)\d\d[a-z]?\)|@\w+\{|\barxiv\b|\bdoi\b", line, re.I) is not None
        or _CONFERENCES.search(line) is not None
        or (_QUOTED_TITLE.search(line) is not None and _HEAD.search(line) is not None)
    )


# Nothing by which to look a reference up makes it a little more doubtful, never doubtful.
_BARE, _WITHOUT_IDENTIFIER = 0.3, 0.2
_IDENTIFIER = re.compile(r"(?i)\b10\.\d{4}|\barxiv\b|\bPMID|\bISBN|https?://|\bPMC\d")
_ENTRY = re.compile(
    r"(?:^|[\s*_(])(?:[A-ZÀ-Þ][\w'’.-]{0,30}[ ,&]{1,3}|and |et al\.? ){1,40}\(?(?:1[5-9]"
    r"|20)\d\d[a-z]?\)?[.,:;]"
)


def _bare(line: str) -> Iterator[Doubt]:
    """An entry of a list of references: how little it can be looked up by."""
    if len(line) > _MAX_ENTRY or (entry := _ENTRY.search(line)) is None:
        return
    if _IDENTIFIER.search(line):
        return
    rest = line[entry.end() :]
    has_venue = rest.count(". ") + rest.count(", ") + len(_CONFERENCES.findall(line)) > 0
    score = _WITHOUT_IDENTIFIER if has_venue else _BARE
    yield Doubt("reference", *entry.span(), None, score)


# ── All of an answer ────────────────────────────────────────────────────────────────────────

_BIBTEX = re.compile(r"@[a-zA-Z]{4,20}\{[^@]{10,3000}?\n\}", re.S)
_FUTURE_FIELD = re.compile(r"(?i)\byear\s*=\s*[{\"]?\s*(\d{4})")
# What to look for first, as it's quickly found: a year, and words.
_CENTURIES = ("20", "19", "18", "17", "16", "15")
_MAYBE = re.compile(r"(?:1[5-9]|20)\d\d")
_WORDS = (
    "Journal", "Annals", "Archives", "Quarterly", "Letters", "Bulletin", "Acta", "Zeitschrift",
    "Revue", "Revista", "Doe", "10.1",
)  # fmt: skip
_WORTH = re.compile(
    r"\b10\.\d{4}|\d\(\d|\d \(\d{1,3}[-–)]|\b[Vv]ol|\((?:1[5-9]|20)\d\d[a-z]?\)|\d{4};|@\w+\{"
    rf"|\b(?:{HEADS}|Doe|Authors?)\b|\d[,:] ?(?:pp?\. ?)?\d+ ?[-–] ?\d"
    r"|['’\"”*_]{1,3},? \(?(?:1[5-9]|20)\d\d|[a-z], \(?(?:19|20)\d\d[.,]|[a-z.]\. (?:19|20)\d\d\."
)


def _may_date(text: str) -> bool:
    """Whether a text has a year; two figures are sought first, as that is quicker."""
    return any(one in text for one in _CENTURIES) and _MAYBE.search(text) is not None


def doubts_in(text: str, this_year: int, venues: Callable[[], Venues]) -> Iterator[Doubt]:
    """What makes the references of a text doubtful, line by line; at most 300 lines are read.

    `venues` gives the table of journals, and is asked for only where something looks cited.
    """
    if "@" in text:
        yield from _entry_doubts(text, this_year, venues)
    words = [word for word in _WORDS if word in text]
    if not words and not _may_date(text):
        return
    offset = 0
    lines = (
        [(m.start(), m[0].replace("\n", " ")) for m in _BIBTEX.finditer(text)]
        if "@" in text
        else []
    )
    for line in text.split("\n"):
        lines.append((offset, line))
        offset += len(line) + 1
    for start, line in lines[:_MAX_LINES]:
        for at, piece in _pieces(line):
            if not _may_date(piece) and not any(word in piece for word in words):
                continue
            if _WORTH.search(piece) is None:
                continue
            doubts = list(_doubts(piece, this_year, venues()))
            joint = _joined([doubt.fault for doubt in doubts if doubt.fault])
            for doubt in doubts:
                fault = doubt.fault and joint
                begin, end = start + at + doubt.start, start + at + doubt.end
                yield Doubt(doubt.kind, begin, end, fault, doubt.score)


def _entry_doubts(text: str, this_year: int, venues: Callable[[], Venues]) -> Iterator[Doubt]:
    """What makes entries of BibTeX doubtful, and how doubtful sound ones are."""
    for entry in bibtex.entries_in(text):
        if bibtex.is_work(entry):
            fault = _joined(bibtex.faults_of(entry, this_year))
            score = bibtex.doubt_of(entry, venues())
            yield Doubt("reference", entry.start, entry.end, fault, score)


def _pieces(line: str) -> Iterator[tuple[int, str]]:
    """A line, or where it is a long paragraph, parts of it that end with a sentence."""
    at = 0
    while len(line) - at > _MAX_LINE:
        cut = line.rfind(". ", at + _MAX_LINE // 2, at + _MAX_LINE)
        cut = at + _MAX_LINE if cut < 0 else cut + 2
        yield at, line[at:cut]
        at = cut
    yield at, line[at:]


def _doubts(line: str, this_year: int, venues: Venues) -> Iterator[Doubt]:
    yield from _venue_doubts(line, venues)
    yield from _doi_doubts(line, this_year)
    if "roc" in line or "In " in line or "Adv" in line:
        yield from _meeting_doubts(line)
    yield from _author_doubts(line)
    yield from _bare(line)
    field = _FUTURE_FIELD.search(line)
    if field and int(field[1]) > this_year + 1:
        fault = Fault("the work's year lies in the future", IMPOSSIBLE)
        yield Doubt("dated", *field.span(), fault)


def _joined(faults: list[Fault]) -> Fault | None:
    """Several doubts of one reference as one, with the plainest reason; None without any."""
    if not faults:
        return None
    worst = max(faults, key=lambda fault: fault.score)
    sound = math.prod(1.0 - fault.score for fault in faults)
    return Fault(worst.reason, round(max(worst.score, min(UNLIKELY, 1.0 - sound)), 3))
