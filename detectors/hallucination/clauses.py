"""Texts as second readings need them: clauses, with what their words mean and what they deny."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from detectors._text.language import language_of
from detectors._text.words import FUNCTION_WORDS
from detectors.hallucination.alike import EMPTY, GROUPS, OF_SORT, TURNED, root
from detectors.hallucination.clock_words import with_clocks
from detectors.hallucination.grounding import Index
from detectors.hallucination.numerals import in_figures
from detectors.hallucination.register import instructs
from detectors.hallucination.statements import fold
from detectors.hallucination.values import UNITS, Value, read

_MOST_PASSAGES: Final = 12
_MOST_READ: Final = 200
_SAMPLED: Final = 12
_CLAUSE: Final = re.compile(
    r"[;()—\n|/]|[:,](?!\d)|\s[-–]\s|\b(?:and(?! a (?:half|quarter)| \d+ min)|but|so|while|which"
    r"|then|because|und|aber|et|mais|y|pero)\b"
)
MARKS: Final = re.compile(r"\[\d{1,2}(?:, ?\d{1,2})*\]|[*_`]{1,3}")
_SPACED: Final = re.compile(r"(?<!\d)(\d{1,3})([,.]) (?=\d{3}(?!\d))")
_FREE: Final = re.compile(
    r"\b(?:free of charge|free(?! (?:to|of|from)\b)|exempt|waived|on the house|for nothing)\b"
    r"|\bno pagan?\b|\bne pai?ent? (?:rien|pas)\b|\bzahl(?:en|t) nichts\b"
    r"|\b(?:gratis|kostenlos|gratuit|gratuito|gratuite)\b"
    r"|\bwithout (?:pay(?:ing|ment)?|(?:any )?(?:charge|cost|fee)s?)\b|\bat no (?:extra )?cost\b"
    r"|\b(?:cost|costs|pay|pays|charge|charged)(?: \w+)? nothing\b"
    r"|\b(?:no|without|any) (?:an? )?(?:extra |additional |further )?(?:charges?|fees?|costs?)\b"
    r"|\b(?:do|does|did|will|would) not (?:have to |need to )?(?:pay|cost)(?: anything)?\b"
)
# What bounds a figure denies nothing.
_BOUNDS: Final = re.compile(
    r"\b(?:no|not) (?:more|less|later|earlier|fewer|longer) than\b|\bat (?:most|least)\b|\bup to\b"
    r"|\bnot only\b"
)
_DENIES: Final = frozenset(
    """
    not no never none nobody nothing without cannot neither nor nicht kein keine
    keinen nie ne pas jamais sans sin nunca non senza except
    unless
    """.split()  # noqa: SIM905
)
_FEW: Final = 3
# Documents come again with the next question; their sentences are read once.
_REMEMBERED: Final = 4_096
_MOST_CUT: Final = 5
_MOST_BACK: Final = 4
_IT: Final = re.compile(r"(?i)\W*(?:it|they|he|she|this|these|its|their|es|sie|er|il|elle)\b")
_MONEY: Final = frozenset("€$£¥₹¢") | {"kr", "chf"}
_CUT: Final = re.compile(r"\b(?:a\.m|p\.m|approx|max|min|no|nr|st|dr|ca|incl|excl|e\.g|i\.e)\.$")
_FIRST: Final = re.compile(r"\bfirst\b")
_GERMAN: Final = re.compile(r"\b(?:der|das|und|ist|nicht|dem|wird|sind)\b")


class Part(NamedTuple):
    """A clause or a passage: what its words mean, whether it denies, and its figures.

    `told` are the words that say something, in order, and `stems` their roots; `denies` are those
    that a denial stands before, and what a contrary ("closed") denies.
    """

    words: frozenset[str]
    meant: frozenset[str]
    told: tuple[str, ...]
    stems: tuple[str, ...]
    undone: frozenset[str]
    denied: int
    denies: frozenset[str]
    free: bool
    first: bool
    values: tuple[Value, ...]


_PLAINER: Final = (
    (re.compile(r"\bhalf as much again(?: as)?\b"), "50 % more than"),
    (re.compile(r"\b(?:stays?|remains?) the same\b|\bunchanged\b"), "not change"),
    (re.compile(r"\b(?:every day|daily|always|all days|everybody|everyone) but "), "except "),
    (re.compile(r"\b(?:a?round the clock|day and night|24/7)\b"), "24 hours"),
    (re.compile(r"\bclose (?:to|by)\b"), "near"),
    (re.compile(r"\bcan always\b"), "can"),
    (re.compile(r"\bnot (?:for )?free(?: of charge)?\b(?! (?:to|of|from)\b)"), "cost"),
    (re.compile(r"\b(?:drop|end|stop|discontinu)(?:p?ed|s|es)? support\b"), "not support"),
)


@lru_cache(maxsize=_REMEMBERED)
def plain(text: str) -> str:
    """A text in small letters, without marks of style, some turns of speech made plain."""
    text = in_figures(_SPACED.sub(r"\1\2", MARKS.sub(" ", fold(text)).lower()))
    for pattern, plainer in _PLAINER:
        text = pattern.sub(plainer, text)
    # Before clauses part "half past nine" or "neuf heures et demie".
    return with_clocks(text)


@lru_cache(maxsize=_REMEMBERED)
def part_of(text: str) -> Part:
    """`text` folded, in small letters."""
    free = _FREE.search(text) is not None
    first = _FIRST.search(text) is not None
    text = _BOUNDS.sub(" ", _FREE.sub(" ", text) if free else text)
    words, values = read(text)
    denied = 0
    told: list[str] = []
    denies: set[str] = set()
    before = False
    stems: list[str] = []
    meant: set[str] = set()
    undone: set[str] = set()
    for word in words:
        if word in _DENIES:
            denied += 1
            before = True
            continue
        one = root(word)
        unit = UNITS.get(word)
        if unit:
            meant.add(f"{unit[0]} {unit[1]}")
        turned = TURNED.get(word)
        if turned is not None:
            denied += 1
            meant.add(turned)
            denies.add(turned)
        elif word.startswith("un") and root(word[2:]) in GROUPS:
            undone.update(GROUPS[root(word[2:])])
        meant.update(GROUPS.get(one, ()))
        if unit or len(word) == 1 or word in FUNCTION_WORDS or one in EMPTY:
            continue
        if before:
            denies.add(one)
            before = False
        told.append(word)
        stems.append(one)
        meant.add(one)
    for value in values:
        meant.update(OF_SORT.get("money" if value.sort in _MONEY else value.sort, ()))
    if sum(value.sort == "date" for value in values) > 1:
        meant.update(("start", "end"))
    if "open" in meant and sum(value.sort == "time" for value in values) > 1:
        meant.add("shut")
    return Part(
        frozenset(words),
        frozenset(meant | undone),
        tuple(told),
        tuple(stems),
        frozenset(undone),
        denied,
        frozenset(denies),
        free,
        first,
        values,
    )


@lru_cache(maxsize=_REMEMBERED)
def clauses_of(text: str) -> tuple[Part, ...]:
    """The clauses of a text; one without a word of its own joins the next ("on Mondays, …")."""
    pieces = [piece for piece in _CLAUSE.split(text) if piece and not piece.isspace()]
    found: list[Part] = []
    texts: list[str] = []
    held = ""
    for piece in pieces:
        part = part_of(f"{held} {piece}")
        days = [value.sort for value in part.values] == ["weekday"] and not part.stems
        if days and found and any(value.sort == "weekday" for value in found[-1].values):
            # "closed on Sundays and Mondays"
            texts[-1] = f"{texts[-1]} {piece}"
            found[-1] = part_of(texts[-1])
        elif part.stems or part.free or (found and part.values):
            found.append(part)
            texts.append(f"{held} {piece}")
            held = ""
        elif not (part.denied and len(piece.split()) > _FEW):
            # "That isn't enough:" denies nothing of what follows.
            held = f"{held} {piece}"
    last = part_of(held)
    return (*found, last) if last.values else tuple(found)


class Documents:
    """The passages of an index as second readings need them, each read only when asked for."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._parts: dict[int, Part] = {}
        self._clauses: dict[int, tuple[Part, ...]] = {}
        self._meant: frozenset[str] | None = None

    def meant(self) -> frozenset[str]:
        """All that the words of the documents mean."""
        if self._meant is None:
            roots = frozenset(map(root, self.index.stems))
            self._meant = roots.union(*(GROUPS.get(one, ()) for one in roots))
        return self._meant

    def words(self) -> set[str]:
        """All words of the documents, in small letters."""
        return self.index.words

    @cached_property
    def instructs(self) -> bool:
        """Whether they are hours, prices, terms or steps."""
        return instructs([passage.text for passage in self.index.passages])

    @cached_property
    def german(self) -> bool:
        """Whether the documents write every noun with a capital."""
        return any(_GERMAN.search(passage.text) for passage in self.index.passages[:_MOST_READ])

    @cached_property
    def english(self) -> bool:
        """Whether the documents are in English, as far as can be told."""
        texts = [passage.text for passage in self.index.passages[:_SAMPLED]]
        return language_of(" ".join(texts)) in ("en", "")

    def part(self, number: int) -> Part:
        """A passage read as a whole."""
        found = self._parts.get(number)
        if found is None:
            found = self._parts[number] = part_of(self._text(number))
        return found

    def clauses(self, number: int) -> tuple[Part, ...]:
        """The clauses of a passage."""
        found = self._clauses.get(number)
        if found is None:
            found = self._clauses[number] = clauses_of(self._text(number)) or (self.part(number),)
        return found

    def _text(self, number: int) -> str:
        """A passage, with those before from which only an abbreviation parts it."""
        text = plain(self.index.passages[number].text)
        for back in range(number - 1, max(-1, number - _MOST_CUT), -1):
            before = plain(self.index.passages[back].text)
            if not _CUT.search(before):
                break
            text = f"{before} {text}"
        return text

    def says_it(self, number: int) -> bool:
        """Whether a passage begins with a word for something named before."""
        return _IT.match(self.index.passages[number].text) is not None

    def first(self) -> range:
        """The first passages, as many as are read where words can't choose them."""
        return range(min(len(self.index.passages), _MOST_READ))

    def near(self, stems: Sequence[str]) -> list[int]:
        """The passages that share most words with some, and those beside them, in order."""
        if len(self.index.passages) <= _MOST_PASSAGES:
            return list(range(len(self.index.passages)))
        best = self.index.nearest_few(stems, _FEW)
        return sorted(
            {n for b in best for n in (b - 1, b, b + 1) if 0 <= n < len(self.index.passages)}
        )


def around(documents: Documents, number: int) -> Part:
    """A passage with what it speaks of: the one before, and further back while that says "it"."""
    part = documents.part(number)
    words, meant, first = part.words, part.meant, part.first
    for back in range(number - 1, max(-1, number - _MOST_BACK), -1):
        before = documents.part(back)
        words, meant, first = words | before.words, meant | before.meant, first or before.first
        if not documents.says_it(back):
            break
    return part._replace(
        words=words,
        meant=meant,
        first=first or any(value.plain == 1 for value in part.values),
    )


def is_known(one: str, meant: frozenset[str], asked: frozenset[str]) -> bool:
    """Whether a root, or a word by which people say the same, is among some."""
    return one in meant or one in asked or not meant.isdisjoint(GROUPS.get(one, ()))


def is_cut_short(text: str) -> bool:
    """Whether a sentence ends in an abbreviation ("9 a.m."), so that it may go on."""
    return _CUT.search(text[-8:].lower()) is not None
