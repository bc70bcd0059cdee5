"""A second reading of claims that the model finds ungrounded, clause by clause.

The model sees wording: short sentences in other words than the documents' strike it as made up. A
clause is borne out where the documents have each of its words, or one by which people say the same,
and where one passage has its figures (in whatever writing) and affirms what it affirms. A claim is
borne out where all its clauses are. It is refuted where its words are there, but not its figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final, NamedTuple

from detectors._text.words import ABSOLUTES, FUNCTION_WORDS
from detectors.hallucination.alike import EMPTY, GROUPS, OF_SORT, TURNED, root
from detectors.hallucination.grounding import NAME, Index
from detectors.hallucination.statements import fold
from detectors.hallucination.values import UNITS, Value, found_among, read

_MOST_CHARS: Final = 180
_MOST_PASSAGES: Final = 12
_MOST_READ: Final = 200
_CLAUSE: Final = re.compile(
    r"[;()—\n|/]|[:,](?!\d)|\s[-–]\s|\b(?:and(?! a (?:half|quarter)| \d+ min)|but|so|while|which"
    r"|then|because|und|aber|et|mais|y|pero)\b"
)
_PREFIX: Final = re.compile(
    r"^\s*(?:[-*•]+\s+|\(?\d{1,2}[.)]\s+|#+\s+)?(?:(?:yes|no|nein|ja|non|oui|sí|sorry|sure|hello"
    r"|hi)\b[,.!:]?\s*)*"
)
_MARKS: Final = re.compile(r"\[\d{1,2}(?:, ?\d{1,2})*\]|[*_`]{1,3}")
_SPACED: Final = re.compile(r"(?<!\d)(\d{1,3})([,.]) (?=\d{3}(?!\d))")
_FREE: Final = re.compile(
    r"\b(?:free of charge|free|gratis|kostenlos|gratuit|gratuito|gratuite)\b"
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
_FRAGMENT: Final = 3
_SHORT: Final = 10
_MOST_CUT: Final = 5
_MOST_BACK: Final = 4
_IT: Final = re.compile(r"(?i)\W*(?:it|they|he|she|this|these|its|their|es|sie|er|il|elle)\b")
_ADDED: Final = 8
# Words that neither documents nor question have, in a clause whose figures are right.
_NEW: Final = 1
_THERE: Final = 0.6
_THERE_NAMED: Final = 0.8
_SELF: Final = frozenset(("i", "me", "my", "myself", "i'm", "i've", "i'd", "i'll", "ich", "je"))
_SWEEPING: Final = (ABSOLUTES | {"both", "only", "actually", "longer"}) - {
    "any", "major", "minor", "never", "last", "first", "least", "most",
}  # fmt: skip
_MONEY: Final = frozenset("€$£¥₹¢") | {"kr", "chf"}
_CUT: Final = re.compile(r"\b(?:a\.m|p\.m|approx|max|min|no|nr|st|dr|ca|incl|excl|e\.g|i\.e)\.$")
_HEADING: Final = re.compile(r"\s*(?:#{1,6} .*|[*_]{2}[^*_]*[*_]{2}:?)\s*")
_NUMBERING: Final = re.compile(r"\W*\d{0,2}\W*")
_FIRST: Final = re.compile(r"\bfirst\b")
_ORDERS: Final = frozenset(("please", "must", "need", "needs", "have"))


class Verdict(Enum):
    """What a second reading says of a claim."""

    BORNE_OUT = 1
    OPEN = 2
    REFUTED = 3
    NO_CLAIM = 4


class _Part(NamedTuple):
    """A clause or a passage: what its words mean, whether it denies, and its figures."""

    words: frozenset[str]
    meant: frozenset[str]
    stems: tuple[str, ...]
    undone: frozenset[str]
    denied: int
    free: bool
    first: bool
    values: tuple[Value, ...]


_PLAINER: Final = (
    (re.compile(r"\bhalf as much again(?: as)?\b"), "50 % more than"),
    (re.compile(r"\b(?:stays?|remains?) the same\b|\bunchanged\b"), "not change"),
    (re.compile(r"\b(?:every day|daily|always|all days|everybody|everyone) but "), "except "),
    (re.compile(r"\b(?:a?round the clock|day and night|24/7)\b"), "24 hours"),
)


def _plain(text: str) -> str:
    text = _SPACED.sub(r"\1\2", _MARKS.sub(" ", fold(text)).lower())
    for pattern, plain in _PLAINER:
        text = pattern.sub(plain, text)
    return text


def _part(text: str) -> _Part:
    """`text` folded, in small letters."""
    free = _FREE.search(text) is not None
    first = _FIRST.search(text) is not None
    text = _BOUNDS.sub(" ", _FREE.sub(" ", text) if free else text)
    words, values = read(text)
    denied = 0
    stems = []
    meant: set[str] = set()
    undone: set[str] = set()
    for word in words:
        if word in _DENIES:
            denied += 1
            continue
        one = root(word)
        unit = UNITS.get(word)
        if unit:
            meant.add(f"{unit[0]} {unit[1]}")
        turned = TURNED.get(word)
        if turned is not None:
            denied += 1
            meant.add(turned)
        elif word.startswith("un") and root(word[2:]) in GROUPS:
            undone.update(GROUPS[root(word[2:])])
        meant.update(GROUPS.get(one, ()))
        if unit or len(word) == 1 or word in FUNCTION_WORDS or one in EMPTY:
            continue
        stems.append(one)
        meant.add(one)
    for value in values:
        meant.update(OF_SORT.get("money" if value.sort in _MONEY else value.sort, ()))
    if sum(value.sort == "date" for value in values) > 1:
        meant.update(("start", "end"))
    if "open" in meant and sum(value.sort == "time" for value in values) > 1:
        meant.add("shut")
    return _Part(
        frozenset(words),
        frozenset(meant | undone),
        tuple(stems),
        frozenset(undone),
        denied,
        free,
        first,
        values,
    )


def _clauses(text: str) -> list[_Part]:
    """The clauses of a text; one without a word of its own joins the next ("on Mondays, …")."""
    pieces = [piece for piece in _CLAUSE.split(text) if piece and not piece.isspace()]
    found: list[_Part] = []
    held = ""
    for piece in pieces:
        part = _part(f"{held} {piece}")
        if part.stems or part.free or (found and part.values):
            found.append(part)
            held = ""
        else:
            held = f"{held} {piece}"
    last = _part(held)
    return [*found, last] if last.values else found


class Documents:
    """The passages of an index as second readings need them, each read only when asked for."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._parts: dict[int, _Part] = {}
        self._clauses: dict[int, list[_Part]] = {}
        self._meant: frozenset[str] | None = None

    def meant(self) -> frozenset[str]:
        """All that the words of the documents mean."""
        if self._meant is None:
            roots = frozenset(map(root, self._index.stems))
            self._meant = roots.union(*(GROUPS.get(one, ()) for one in roots))
        return self._meant

    def part(self, number: int) -> _Part:
        """A passage read as a whole."""
        found = self._parts.get(number)
        if found is None:
            found = self._parts[number] = _part(self._text(number))
        return found

    def clauses(self, number: int) -> list[_Part]:
        """The clauses of a passage."""
        found = self._clauses.get(number)
        if found is None:
            found = self._clauses[number] = _clauses(self._text(number)) or [self.part(number)]
        return found

    def _text(self, number: int) -> str:
        """A passage, with those before from which only an abbreviation parts it."""
        text = _plain(self._index.passages[number].text)
        for back in range(number - 1, max(-1, number - _MOST_CUT), -1):
            before = _plain(self._index.passages[back].text)
            if not _CUT.search(before):
                break
            text = f"{before} {text}"
        return text

    def says_it(self, number: int) -> bool:
        """Whether a passage begins with a word for something named before."""
        return _IT.match(self._index.passages[number].text) is not None

    def first(self) -> range:
        """The first passages, as many as are read where words can't choose them."""
        return range(min(len(self._index.passages), _MOST_READ))

    def near(self, stems: Sequence[str]) -> list[int]:
        """The passages that share most words with some, and those beside them, in order."""
        if len(self._index.passages) <= _MOST_PASSAGES:
            return list(range(len(self._index.passages)))
        best = self._index.nearest_few(stems, _FEW)
        return sorted(
            {n for b in best for n in (b - 1, b, b + 1) if 0 <= n < len(self._index.passages)}
        )


def second_reading(
    claim: str, documents: Documents, asked: frozenset[str], *, translated: bool = False
) -> Verdict:
    """Whether documents bear a claim out; `asked` are the stems of the question.

    Of a claim that is `translated`, in another language than the documents, only figures, times and
    days can be compared: without these nothing speaks against it.
    """
    if len(claim) > _MOST_CHARS:
        return Verdict.OPEN
    if _NUMBERING.fullmatch(claim):
        return Verdict.NO_CLAIM
    text = _PREFIX.sub("", _plain(claim))
    if translated:
        return _judge_figures(_part(text), documents)
    clauses = _clauses(text)
    said = frozenset().union(*(clause.words for clause in clauses))
    if (claim.endswith(":") or _HEADING.fullmatch(claim)) and not any(
        clause.values for clause in clauses
    ):
        return Verdict.NO_CLAIM
    if not _says_enough(clauses) or said & _SELF:
        return Verdict.OPEN
    whole = _part(text)
    names = frozenset(root(name.lower()) for name in NAME.findall(_MARKS.sub(" ", claim)))
    stems = [one for clause in clauses for one in clause.stems]
    near = documents.near(stems)
    asked = frozenset(map(root, asked))
    verdicts = [_judge(clause, documents, near, asked, names, whole) for clause in clauses]
    if all(verdict is Verdict.BORNE_OUT for verdict in verdicts):
        return Verdict.BORNE_OUT
    return Verdict.REFUTED if Verdict.REFUTED in verdicts else Verdict.OPEN


def _judge_figures(claim: _Part, documents: Documents) -> Verdict:
    values = [value for value in claim.values if not value.soft]
    for number in documents.first():
        known = documents.part(number).values
        values = [value for value in values if not found_among(value, known)]
    return Verdict.OPEN if values else Verdict.BORNE_OUT


def _judge(
    clause: _Part,
    documents: Documents,
    near: Sequence[int],
    asked: frozenset[str],
    names: frozenset[str],
    whole: _Part,
) -> Verdict:
    meant = documents.meant().union(*(documents.part(number).meant for number in near))
    unknown = [one for one in clause.stems if not _known(one, meant, frozenset())]
    said = clause.meant & meant
    values = [value for value in clause.values if not value.soft]
    new = [one for one in unknown if not _known(one, asked, asked)]
    if names.intersection(unknown) or 2 * len(unknown) > len(clause.stems):
        return Verdict.OPEN
    if len(new) > (_NEW if values and not names else 0):
        return Verdict.OPEN
    shared = {
        number: len(said & _here(documents, number).meant)
        + 0.01 * len(said & documents.part(number).meant)
        for number in near
        if all(found_among(value, documents.part(number).values) for value in values)
        and (not clause.free or documents.part(number).free)
    }
    if not shared:
        strange = not clause.denied and _figure_is_strange(clause, documents, near)
        return Verdict.REFUTED if strange else Verdict.OPEN
    most = max(shared.values())
    for number, share in shared.items():
        if share == most and _bears_out(clause, whole, documents, number, names, meant):
            return Verdict.BORNE_OUT
    alone = len(whole.stems) <= _SHORT and _is_denied(clause, whole, documents, shared)
    return Verdict.REFUTED if alone else Verdict.OPEN


def _is_denied(clause: _Part, whole: _Part, documents: Documents, numbers: Iterable[int]) -> bool:
    """Whether a clause of a passage says all that this one says, but denies it."""
    if len(clause.stems) < 2 or clause.denied > 1:
        return False
    said = [
        part
        for number in numbers
        if not whole.denied or documents.part(number).denied != whole.denied
        for part in documents.clauses(number)
        if all(_known(one, part.meant, frozenset()) for one in clause.stems)
        and all(found_among(value, part.values) for value in clause.values)
    ]
    return bool(said) and all(abs(part.denied - clause.denied) == 1 for part in said)


def _bears_out(
    clause: _Part,
    whole: _Part,
    documents: Documents,
    number: int,
    names: frozenset[str],
    meant: frozenset[str],
) -> bool:
    """Whether a passage that has a clause's figures says what it says."""
    here = _here(documents, number)
    if names.intersection(clause.stems) - here.meant or clause.words & _SWEEPING - here.words:
        return False
    if clause.first and not (here.first or clause.words & _ORDERS):
        return False
    own = [one for one in clause.stems if _known(one, meant, frozenset())]
    there = sum(_known(one, here.meant, frozenset()) for one in own)
    if there < (_THERE_NAMED if names else _THERE) * len(own):
        return False
    return _agrees(clause, whole, documents, number)


def _agrees(clause: _Part, whole: _Part, documents: Documents, number: int) -> bool:
    """Whether a passage affirms what a clause affirms and denies what it denies: by its likest
    clause, and for a fragment by all of it."""
    if _denials(clause, documents.clauses(number)):
        return True
    part = documents.part(number)
    if "except" in clause.words & part.words:
        return True
    if any(value.sort == "weekday" for value in clause.values):
        return False
    if whole.denied and whole.denied == part.denied:
        return True
    fragment = len(clause.stems) <= _FRAGMENT and not clause.denied
    return fragment and _denials(whole, [part])


def _says_enough(clauses: Sequence[_Part]) -> bool:
    """Whether there is more to compare than one word or one bare number."""
    values = [value for clause in clauses for value in clause.values]
    if any(value.sort and not value.soft for value in values):
        return True
    words = sum(len(clause.stems) + clause.free for clause in clauses)
    return words + len(values) > 1


def _here(documents: Documents, number: int) -> _Part:
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


def _known(one: str, meant: frozenset[str], asked: frozenset[str]) -> bool:
    return one in meant or one in asked or not meant.isdisjoint(GROUPS.get(one, ()))


def _denials(clause: _Part, clauses: Sequence[_Part]) -> bool:
    """Whether a clause and the one of a passage that is most like it deny alike."""
    likest = max(
        clauses,
        key=lambda one: (
            len(one.meant & clause.meant)
            + sum(found_among(value, one.values) for value in clause.values),
            -len(one.meant),
        ),
    )
    mine = clause.denied + bool(clause.undone & (likest.meant - likest.undone))
    theirs = likest.denied + bool(likest.undone & (clause.meant - clause.undone))
    return mine % 2 == theirs % 2


def _figure_is_strange(clause: _Part, documents: Documents, near: Sequence[int]) -> bool:
    """Whether no passage has a figure of the clause, though one has all its words and another
    figure of that sort."""
    parts = [documents.part(number) for number in near]
    counted = {round(total, 6) for part in parts for total in _totals(part.values)}
    strange = [
        value
        for value in clause.values
        if not (
            value.soft
            or (not value.sort and value.plain in counted)
            or any(found_among(value, part.values) for part in parts)
        )
    ]
    return any(
        value.sort == other.sort and value.noun == other.noun and bool(value.sort or value.noun)
        for number, part in zip(near, parts, strict=True)
        if len(clause.stems) > 1
        and all(_known(one, _here(documents, number).meant, frozenset()) for one in clause.stems)
        for value in strange
        for other in part.values
    )


def _totals(values: Sequence[Value]) -> Iterable[float]:
    """What the bare figures of a passage add up to, and what they differ by."""
    numbers = [value.plain for value in values if not value.sort][:_ADDED]
    yield sum(numbers)
    for place, one in enumerate(numbers):
        for other in numbers[place + 1 :]:
            yield one + other
            yield abs(one - other)


def is_cut_short(text: str) -> bool:
    """Whether a sentence ends in an abbreviation ("9 a.m."), so that it may go on."""
    return _CUT.search(text[-8:].lower()) is not None
