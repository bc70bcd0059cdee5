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
from typing import Final

from detectors._text.words import ABSOLUTES
from detectors.hallucination.alike import root
from detectors.hallucination.clauses import (
    MARKS,
    Documents,
    Part,
    around,
    clauses_of,
    is_known,
    part_of,
    plain,
)
from detectors.hallucination.grounding import NAME
from detectors.hallucination.values import Value, found_among

_MOST_CHARS: Final = 180
PREFIX: Final = re.compile(
    r"^\s*(?:[-*•]+\s+|\(?\d{1,2}[.)]\s+|#+\s+)?(?:(?:yes|no|nein|ja|non|oui|sí|sorry|sure|hello"
    r"|hi)\b[,.!:]?\s*)*"
)
_FRAGMENT: Final = 3
_SHORT: Final = 10
_ADDED: Final = 8
# Words that neither documents nor question have, in a clause whose figures are right.
_NEW: Final = 1
_THERE: Final = 0.6
_THERE_NAMED: Final = 0.8
SELF: Final = frozenset(("i", "me", "my", "myself", "i'm", "i've", "i'd", "i'll", "ich", "je"))
_SWEEPING: Final = (ABSOLUTES | {"both", "only", "actually", "longer"}) - {
    "any", "major", "minor", "never", "last", "first", "least", "most",
}  # fmt: skip
_HEADING: Final = re.compile(r"\s*(?:#{1,6} .*|[*_]{2}[^*_]*[*_]{2}:?)\s*")
_NUMBERING: Final = re.compile(r"\W*\d{0,2}\W*")
_ORDERS: Final = frozenset(("please", "must", "need", "needs", "have"))


class Verdict(Enum):
    """What a second reading says of a claim."""

    BORNE_OUT = 1
    OPEN = 2
    REFUTED = 3
    NO_CLAIM = 4


def second_reading(
    claim: str, documents: Documents, asked: frozenset[str], *, translated: bool = False
) -> Verdict:
    """Whether documents bear a claim out; `asked` are the stems of the question.

    Of a claim that is `translated`, in another language than the documents, only figures, times and
    days can be compared: without these nothing speaks against it, and one of a sort that the
    documents have, but not so, refutes it.
    """
    if len(claim) > _MOST_CHARS:
        return Verdict.OPEN
    if _NUMBERING.fullmatch(claim):
        return Verdict.NO_CLAIM
    text = PREFIX.sub("", plain(claim))
    if translated:
        return _judge_figures(part_of(text), documents)
    clauses = clauses_of(text)
    said = frozenset().union(*(clause.words for clause in clauses))
    if (claim.endswith(":") or _HEADING.fullmatch(claim)) and not any(
        clause.values for clause in clauses
    ):
        return Verdict.NO_CLAIM
    if not _says_enough(clauses) or said & SELF:
        return Verdict.OPEN
    whole = part_of(text)
    names = frozenset(root(name.lower()) for name in NAME.findall(MARKS.sub(" ", claim)))
    stems = [one for clause in clauses for one in clause.stems]
    near = documents.near(stems)
    asked = frozenset(map(root, asked))
    verdicts = [_judge(clause, documents, near, asked, names, whole) for clause in clauses]
    if all(verdict is Verdict.BORNE_OUT for verdict in verdicts):
        return Verdict.BORNE_OUT
    return Verdict.REFUTED if Verdict.REFUTED in verdicts else Verdict.OPEN


def _judge_figures(claim: Part, documents: Documents) -> Verdict:
    values = [value for value in claim.values if not value.soft]
    sorts: set[str] = set()
    for number in documents.first():
        known = documents.part(number).values
        sorts.update(value.sort for value in known)
        values = [value for value in values if not found_among(value, known)]
    if not values:
        return Verdict.BORNE_OUT
    return Verdict.REFUTED if any(value.sort in sorts - {""} for value in values) else Verdict.OPEN


def _judge(
    clause: Part,
    documents: Documents,
    near: Sequence[int],
    asked: frozenset[str],
    names: frozenset[str],
    whole: Part,
) -> Verdict:
    meant = documents.meant().union(*(documents.part(number).meant for number in near))
    unknown = [one for one in clause.stems if not is_known(one, meant, frozenset())]
    said = clause.meant & meant
    values = [value for value in clause.values if not value.soft]
    new = [one for one in unknown if not is_known(one, asked, asked)]
    if names.intersection(unknown) or 2 * len(unknown) > len(clause.stems):
        return Verdict.OPEN
    if len(new) > (_NEW if values and not names else 0):
        return Verdict.OPEN
    shared = {
        number: len(said & around(documents, number).meant)
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


def _is_denied(clause: Part, whole: Part, documents: Documents, numbers: Iterable[int]) -> bool:
    """Whether a clause of a passage says all that this one says, but denies it."""
    if len(clause.stems) < 2 or clause.denied > 1:
        return False
    said = [
        part
        for number in numbers
        if not whole.denied or documents.part(number).denied != whole.denied
        for part in documents.clauses(number)
        if all(is_known(one, part.meant, frozenset()) for one in clause.stems)
        and all(found_among(value, part.values) for value in clause.values)
    ]
    return bool(said) and all(abs(part.denied - clause.denied) == 1 for part in said)


def _bears_out(
    clause: Part,
    whole: Part,
    documents: Documents,
    number: int,
    names: frozenset[str],
    meant: frozenset[str],
) -> bool:
    """Whether a passage that has a clause's figures says what it says."""
    here = around(documents, number)
    if names.intersection(clause.stems) - here.meant or clause.words & _SWEEPING - here.words:
        return False
    if clause.first and not (here.first or clause.words & _ORDERS):
        return False
    own = [one for one in clause.stems if is_known(one, meant, frozenset())]
    there = sum(is_known(one, here.meant, frozenset()) for one in own)
    if there < (_THERE_NAMED if names else _THERE) * len(own):
        return False
    return _agrees(clause, whole, documents, number)


def _agrees(clause: Part, whole: Part, documents: Documents, number: int) -> bool:
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


def _says_enough(clauses: Sequence[Part]) -> bool:
    """Whether there is more to compare than one word or one bare number."""
    values = [value for clause in clauses for value in clause.values]
    if any(value.sort and not value.soft for value in values):
        return True
    words = sum(len(clause.stems) + clause.free for clause in clauses)
    return words + len(values) > 1


def _denials(clause: Part, clauses: Sequence[Part]) -> bool:
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


def _figure_is_strange(clause: Part, documents: Documents, near: Sequence[int]) -> bool:
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
        and all(is_known(one, around(documents, number).meant, frozenset()) for one in clause.stems)
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
