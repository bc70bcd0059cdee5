"""What speaks against a claim about documents that instruct: a conflict, or something wholly new.

A claim in other words stands unless a figure of it is neither in the documents or the question nor
follows from those, a name is new, most of its words are of another matter, or what the documents
say of the same is the contrary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from detectors._text.words import OPPOSITES
from detectors.hallucination.borne_out import PREFIX, SELF, Verdict
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
from detectors.hallucination.quantities import MONTHS
from detectors.hallucination.values import WEEKDAYS, Value, found_among

Likeness = Callable[[Sequence[str]], list[float]]
"""For each of some words how like it is to the likest word of the documents, in [0, 1]."""

_MOST_CHARS: Final = 180
_LIKE: Final = 0.4
_SAME_START: Final = 5
# The share of words of another matter from which a claim is about that. Where a claim has a figure,
# that is what could be wrong; and the likeness of words is known for English alone.
_NEW: Final = 0.6
_NEW_ELSEWHERE: Final = 0.85
_LEAST_NEW: Final = 3
_MATCHED: Final = 0.66
_FEW: Final = 2
_MOST_VALUES: Final = 24
_COUNTED: Final = 3
_MOST_UNITS: Final = 50
_REGRET: Final = re.compile(
    r"\bi(?:'m| am) (?:very |so )?(?:sorry|afraid)\b(?: to say)?(?: (?:that|but)\b)?,?"
)
_MONEY: Final = frozenset("€$£¥₹") | {"kr", "chf"}
_EVERY_DAY: Final = Value("duration", (1440.0,), 1.0, soft=True)
_SWEEPING: Final = frozenset(("always", "any", "anyone", "everyone", "all", "immer", "toujours"))
_WHATEVER: Final = frozenset(
    ("always", "anyone", "whatever", "anytime", "immer", "toujours", "siempre")
)
_NOT: Final = frozenset(("not", "no", "never", "nicht", "kein", "keine", "ne", "pas", "nunca"))
_BOUNDED: Final = frozenset(("without", "except", "unless", "only", "until", "till", "ohne", "bis"))
# "Without" denies what comes behind it, and not the rest.
_CONDITIONS: Final = frozenset(
    """
    until till unless except bis außer jusqu sauf hasta salvo without ohne sans sin senza
    """.split()  # noqa: SIM905
)
_LIMITING: Final = frozenset(("only", "except", "unless", "without", "not", "if", "nur", "außer"))


def against(claim: str, documents: Documents, question: str, like: Likeness) -> Verdict:
    """`REFUTED` where documents say the contrary, `OPEN` where a claim is new, or else
    `BORNE_OUT`."""
    if len(claim) > _MOST_CHARS:
        return Verdict.OPEN
    text = PREFIX.sub("", _REGRET.sub("", plain(claim)))
    asked = part_of(plain(question))
    whole = part_of(text)
    if whole.words & SELF:
        return Verdict.OPEN
    if not (whole.stems or whole.values or whole.free):
        return Verdict.BORNE_OUT
    near = documents.near(whole.stems)
    clauses = clauses_of(text) or (whole,)
    if _is_contrary_of_day(whole, documents, near) or any(
        _is_contrary(clause, documents, near) or _is_elsewhere(clause, documents, near)
        for clause in clauses
    ):
        return Verdict.REFUTED
    given = [value for number in near for value in documents.part(number).values]
    if (
        _new_names(claim, documents, asked)
        or _is_new(whole, documents, asked, like)
        or any(_figures_are_new(clause, whole, given, asked) for clause in clauses)
        or any(_says_free(clause, documents, near) for clause in clauses)
        or any(_is_doubtful(clause, documents, near) for clause in clauses)
    ):
        return Verdict.OPEN
    return Verdict.BORNE_OUT


# ── What is new ─────────────────────────────────────────────────────────────────────────────


def _new_names(claim: str, documents: Documents, asked: Part) -> bool:
    """Whether a claim has a name that neither documents nor question have, in no form."""
    if documents.german:
        return False
    known = documents.words() | asked.words
    starts = {word[:_SAME_START] for word in known}
    return any(
        name not in known
        and name[:_SAME_START] not in starts
        and name not in MONTHS
        and name not in WEEKDAYS
        for name in (
            name.lower()
            for name in NAME.findall(MARKS.sub(" ", claim))
            if len(name) > _FEW and not name.isupper()
        )
    )


def _is_new(whole: Part, documents: Documents, asked: Part, like: Likeness) -> bool:
    """Whether most words of a claim are of another matter than documents and question."""
    meant = documents.meant()
    unknown = [
        word
        for word, one in zip(whole.told, whole.stems, strict=True)
        if not is_known(one, meant, asked.meant)
    ]
    if len(unknown) < _LEAST_NEW:
        return False
    new = sum(likeness < _LIKE for likeness in like(unknown))
    told = documents.english and all(value.soft or not value.sort for value in whole.values)
    most = _NEW if told else _NEW_ELSEWHERE
    return new >= _LEAST_NEW and new > most * len(whole.stems)


def _figures_are_new(clause: Part, whole: Part, given: Sequence[Value], asked: Part) -> bool:
    """Whether a figure is neither given nor follows from what is given and said."""
    said = (*asked.values, *whole.values)
    return any(
        not found_among(value, [one for one in given if not (value.noun and one.sort == "date")])
        and not found_among(value, asked.values)
        and (bool(value.sort) or value.plain > _COUNTED)
        and not found_among(value, _following(value, given, said))
        for value in clause.values
        if not value.soft
    )


def _following(value: Value, given: Sequence[Value], said: Sequence[Value]) -> Iterator[Value]:
    """What given figures amount to together, or with those of the question and the claim."""
    given = given[:_MOST_VALUES]
    said = [one for one in said[:_MOST_VALUES] if one.amount != value.amount]
    for one in given:
        found = [_together(one, other) for other in (*given, *said)]
        found += [_reckoned(one, other) for other in said]
        found += [_graded(one, other, said) for other in given if one.sort in _MONEY]
        yield from (
            follows
            for few in found
            for follows in few
            if follows.sort == value.sort or not value.sort
        )


def _together(one: Value, other: Value) -> Iterable[Value]:
    a, b = one.amount[0], other.amount[0]
    if one.sort == "time" and other.sort == "duration":
        return [one._replace(amount=((a + by) % 1440,), plain=-1.0) for by in (b, -b)]
    if one.sort == other.sort == "date":
        days = abs(_day(one) - _day(other))
        return [Value("duration", (1440.0 * by,), by, loose=True) for by in (days, days + 1)]
    if one.sort in _MONEY and other.sort == "%":
        return [one._replace(amount=(a * by,), plain=a * by) for by in (b, 1 - b)]
    return ()


def _reckoned(one: Value, other: Value) -> Iterable[Value]:
    """Sums, differences, multiples and parts."""
    a, b = one.amount[0], other.amount[0]
    if one.sort == other.sort and one.sort not in ("time", "date", "weekday"):
        return [one._replace(amount=(by,), plain=by) for by in (a + b, abs(a - b))]
    if one.sort and one.sort not in ("time", "date", "weekday") and b > 0:
        by = other.plain if other.sort else b
        return [one._replace(amount=(part,), plain=part) for part in (a * by, a / max(by, 1e-9))]
    return ()


def _graded(one: Value, other: Value, said: Sequence[Value]) -> Iterable[Value]:
    """What something costs whose first unit has a price of its own."""
    if one.sort != other.sort:
        return ()
    counts = {value.plain - 1 for value in said if 1 < value.plain < _MOST_UNITS}
    totals = [one.amount[0] + count * other.amount[0] for count in counts]
    return [one._replace(amount=(total,), plain=total) for total in totals]


def _day(date: Value) -> float:
    _, month, day = date.amount
    return month * 30.44 + day


def _says_free(clause: Part, documents: Documents, near: Sequence[int]) -> bool:
    """Whether a clause says that something is free, and no passage that it's free or included."""
    return clause.free and not any(
        part.free or "include" in part.meant for part in map(documents.part, near)
    )


# ── What is contrary ────────────────────────────────────────────────────────────────────────


def _overlap(clause: Part, meant: frozenset[str]) -> int:
    return sum(is_known(one, meant, frozenset()) for one in clause.stems)


def _is_elsewhere(clause: Part, documents: Documents, near: Sequence[int]) -> bool:
    """Whether the passages with a figure of a clause share no word with it, and one shares two
    that has another figure of the sort; or its hours are those of other days."""
    days = {value.amount[0] for value in clause.values if value.sort == "weekday"}
    for value in clause.values:
        if value.soft or not value.sort or value.sort == "weekday":
            continue
        with_it = [n for n in near if found_among(value, documents.part(n).values)]
        if not with_it:
            continue
        if days and value.sort == "time" and _is_of_other_days(value, days, documents, with_it):
            return True
        if any(_overlap(clause, around(documents, number).meant) for number in with_it):
            continue
        for number in near:
            part = documents.part(number)
            if (
                number not in with_it
                and _overlap(clause, part.meant) >= _FEW
                and any(other.sort == value.sort and not other.soft for other in part.values)
            ):
                return True
    return False


def _is_of_other_days(
    value: Value, days: set[float], documents: Documents, numbers: Sequence[int]
) -> bool:
    for number in numbers:
        for part in documents.clauses(number):
            if found_among(value, part.values):
                theirs = {other.amount[0] for other in part.values if other.sort == "weekday"}
                if not theirs or theirs & days:
                    return False
    return True


def _is_contrary(clause: Part, documents: Documents, near: Sequence[int]) -> bool:
    """Whether the clauses that say what a clause says deny it, or say the opposite of a word."""
    if _is_contrary_of_day(clause, documents, near):
        return True
    if len(clause.stems) < _FEW:
        return False
    matching: list[tuple[int, Part]] = []
    for number in near:
        context = around(documents, number).meant
        for part in documents.clauses(number):
            own = _overlap(clause, part.meant)
            if (
                own >= _FEW
                and own >= _MATCHED * len(clause.stems)
                and _overlap(clause, context | part.meant) == len(clause.stems)
                and all(found_among(v, part.values) for v in clause.values if not v.soft)
            ):
                matching.append((own, part))
    most = max((own for own, _ in matching), default=0)
    best = [part for own, part in matching if own == most]
    return bool(best) and all(_differ(clause, part) for part in best)


def _differ(clause: Part, part: Part) -> bool:
    if "open" in clause.denies | part.denies and _tells_times(clause) and _tells_times(part):
        # "It closes at nine" denies no "open until nine".
        return False
    if (part.denied - clause.denied) % 2:
        # "Not until ten", "unless it rains" affirm as much as they deny; "nothing" may be a price.
        both = clause.words | part.words
        return (
            not (part.free and clause.denied)
            and both.isdisjoint(_CONDITIONS)
            and all(is_known(one, part.meant, frozenset()) for one in clause.denies)
            and all(is_known(one, clause.meant, frozenset()) for one in part.denies)
        )
    if any(
        not OPPOSITES[word].isdisjoint(part.words) and word not in part.words
        for word in clause.words & OPPOSITES.keys()
    ):
        return True
    return bool(clause.words & _SWEEPING and part.words & _LIMITING and not part.words & _SWEEPING)


def _tells_times(part: Part) -> bool:
    return any(value.sort in ("time", "") for value in part.values)


def _is_doubtful(clause: Part, documents: Documents, near: Sequence[int]) -> bool:
    """Whether a clause affirms what is only ever denied, or goes beyond what is said."""
    said = [part for number in near for part in documents.clauses(number)]
    if not clause.denied and any(
        part.told
        and part.words & _NOT
        and part.words.isdisjoint(_BOUNDED)
        and clause.words.issuperset(part.told)
        for part in said
    ):
        return True
    return bool(clause.words & _WHATEVER) and not any(part.words & _WHATEVER for part in said)


def _closed_on(documents: Documents, near: Sequence[int]) -> set[float]:
    """The days on which documents say shut, where they say nothing of every day."""
    said = [part for number in near for part in documents.clauses(number) if "open" in part.meant]
    if any(_EVERY_DAY in part.values for part in said):
        return set()
    shut = {
        value.amount[0]
        for part in said
        if part.denied % 2
        for value in part.values
        if value.sort == "weekday"
    }
    return {min(shut)} if shut else set()


def _is_contrary_of_day(clause: Part, documents: Documents, near: Sequence[int]) -> bool:
    """Whether a clause says open of a day on which all say shut, or the other way round."""
    days = {value.amount[0] for value in clause.values if value.sort == "weekday"}
    if not days and not clause.denied and _EVERY_DAY in clause.values:
        days = _closed_on(documents, near)
    if "open" not in clause.meant or not days or (_tells_times(clause) and clause.denied):
        return False
    said = [
        part
        for number in near
        for part in documents.clauses(number)
        if "open" in part.meant
        and days <= {value.amount[0] for value in part.values if value.sort == "weekday"}
    ]
    return bool(said) and all((part.denied - clause.denied) % 2 for part in said)
