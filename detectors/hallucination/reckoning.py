"""Figures that answer a question and follow from the documents' figures, though they aren't there.

Who asks by how much sales grew gets a figure that no document has. It follows where two figures of
one passage, or of two rows of a table one above the other, have it as their difference, sum, mean,
ratio or change in per cent, or where a passage's figures add up to it. Of another figure with as
many digits one in ten does by chance, so that a figure that follows is let through, never praised.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._text.words import number_in, stem, tokens_of
from detectors.hallucination.grounding import Index

Floats = npt.NDArray[np.float64]

_MOST_CHARS: Final = 300
_MOST_PASSAGES: Final = 200
_MOST_FIGURES: Final = 12
_FEW_ROWS: Final = 3
_COUNTED: Final = 12
_SLACK: Final = 1e-9
_NEAR: Final = 0.1
_SURE: Final = 0.5

_ASKS: Final = re.compile(
    r"(?i)\b(?:how (?:much|many|large|big|long|old|far|high|tall)|percent(?:age)?|ratio|average"
    r"|mean|median|difference|change[ds]?|growth|grow|grew|increase[ds]?|decrease[ds]?|decline[ds]?"
    r"|total|sum|combined|amounts?|value|margin|rate|number of|figure|proportion|share|turnover"
    r"|what (?:is|was|are|were) the .{0,60}\b(?:in|for|of|at|on)\b.{0,30}\b(?:19|20)\d\d)\b"
)
_COUNTS: Final = re.compile(
    r"(?i)\b(?:how many|number of) (?:\w+[- ]){0,2}?([a-z]{3,20}s|people)\b"
)
_RECKONS: Final = re.compile(
    r"(?i)\b(?:percent(?:age)?|ratio|average|mean|median|difference|differ|chang(?:e[ds]?|ing)"
    r"|grow(?:th|n)?|grew|ris(?:e|en)|rose|f[ae]ll|increase[ds]?|decrease[ds]?|decline[ds]?|total"
    r"|sum|combined|together|altogether|overall|margin|proportion|share|rate|more|less|fewer|longer"
    r"|shorter|higher|lower|larger|smaller|older|younger|earlier|later|after|left|remain\w*|than"
    r"|between|both|not|n't)\b|n['’]t\b"
)
_FIGURE: Final = re.compile(
    r"(?<![\w.,])[-–(]{0,2}[$€£¥]?\s?\(?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d{1,6})?|\d{1,12}"
    r"(?:\.\d{1,6})?)\)?(?:\s?(?P<percent>%|percent\b|per cent\b))?(?![\w]|[.,]\d)"
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_UNITS: Final = re.compile(
    r"(?i)\b(?:thousand|million|billion|trillion|[kmb]n|usd|us\$|eur|gbp|dollars?|euros?|pounds?"
    r"|percent|per cent|percentage points?|times|approximately|about|around|roughly"
    r"|total(?: of)?)\b"
)


class Figure(NamedTuple):
    """A figure as it is written: its amount, the places after its point, whether it's per cent."""

    amount: float
    places: int
    percent: bool

    def is_near(self, value: float) -> bool:
        """Whether a value, whatever its sign, is this figure when rounded to its places."""
        return abs(abs(value) - self.amount) <= 0.5 * 10.0**-self.places + _SLACK


def asks_for_figure(question: str) -> bool:
    """Whether a question asks for an amount."""
    return _ASKS.search(question) is not None


def figures_in(text: str) -> list[Figure]:
    """The figures of a text, in order. Years are figures too."""
    found = []
    for match in _FIGURE.finditer(text):
        digits = match["digits"].replace(",", "")
        places = len(digits.partition(".")[2])
        found.append(Figure(float(digits), places, match["percent"] is not None))
    return found


def without_figures(text: str) -> str:
    """A text without its figures, and the words for how large and of what they are."""
    return _UNITS.sub(" ", _FIGURE.sub(" ", text))


class Reckoning(NamedTuple):
    """Whether all figures of an answer are given or follow, or else may be right for all that."""

    follows: bool
    may_be: bool


def reckon(answer: str, question: str, index: Index) -> Reckoning | None:
    """Whether an answer's figures are the documents', or follow from them.

    None where the question asks for no figure, or the answer gives none or is a long one. The
    first 200 sentences and rows of the documents are looked at.
    """
    if len(answer) > _MOST_CHARS or not asks_for_figure(question):
        return None
    wanted = figures_in(answer)
    if not wanted:
        return None
    rows = [
        [figure.amount for figure in figures_in(passage.text)[:_MOST_FIGURES]]
        for passage in index.passages[:_MOST_PASSAGES]
    ]
    rows = [row for row in rows if row]
    given = {amount for row in rows for amount in row} | _amounts(index)
    missing = [one for one in wanted if not any(one.is_near(amount) for amount in given)]
    pairs = _pairs(rows) if missing else np.empty((0, 2))
    reckons = _RECKONS.search(question) is not None
    hits = [_surety(one, rows, pairs) if reckons and not _is_small(one) else 0.0 for one in missing]
    left = [one for one, hit in zip(missing, hits, strict=True) if hit < _SURE]
    chance = [one for one, hit in zip(missing, hits, strict=True) if 0.0 < hit < _SURE]
    counts = bool(left) and _asks_to_count(question, index)
    may_be = all(one in chance or (counts and _is_small(one)) for one in left)
    return Reckoning(not left, may_be)


def _asks_to_count(question: str, index: Index) -> bool:
    """Whether a question asks for the number of things that no document gives the number of."""
    match = _COUNTS.search(question)
    if match is None:
        return False
    thing = stem(match[1].lower())
    if thing not in index.stems:
        return True
    tokens: list[str] = []
    for passage in index.passages[:_MOST_PASSAGES]:
        # A figure may end one line whose noun begins the next.
        if not passage.text[:1].islower():
            tokens.append(".")
        tokens += tokens_of(passage.text)
    return not any(
        number_in(one)
        and _YEAR.fullmatch(one) is None
        and thing in map(stem, tokens[place + 1 : place + 3])
        for place, one in enumerate(tokens)
    )


def _amounts(index: Index) -> set[float]:
    """The amounts that the documents' number words give."""
    return {float(one) for one in index.numbers if one.replace(".", "", 1).isdecimal()}


def _is_small(figure: Figure) -> bool:
    """Whether a figure is one that a reader gets by counting, or anybody by chance."""
    return figure.amount <= _COUNTED and not figure.places and not figure.percent


def _surety(figure: Figure, rows: Sequence[Sequence[float]], pairs: Floats) -> float:
    """How surely a figure follows, in [0, 1]: 0 where nothing gives it, less than `_SURE` where so
    many figures do near it that one in two like it would be met by chance."""
    values = _results(pairs, figure)
    if not figure.percent:
        sums = [total for row in rows if len(row) > 2 for total in _totals(row)]
        values = np.append(values, sums)
    away = np.abs(np.abs(values) - figure.amount)
    step = 10.0**-figure.places
    if not (away <= 0.5 * step + _SLACK).any():
        return 0.0
    around = max(_NEAR * figure.amount, step)
    by_chance = float((away <= around).sum()) * step / (2 * around)
    return 1.0 / (1.0 + by_chance)


def _totals(row: Sequence[float]) -> tuple[float, ...]:
    return sum(row), sum(row) / len(row), sum(row[1:]), sum(row[:3]) / 3


def _pairs(rows: Sequence[Sequence[float]]) -> Floats:
    """Pairs of figures of one row, and of those that stand one above the other in like rows."""
    found = [pair for row in rows for pair in itertools.combinations(row, 2)]
    for place, row in enumerate(rows):
        for other in rows[place + 1 : place + 1 + _FEW_ROWS]:
            if len(row) == len(other) > 1:
                found += zip(row, other, strict=True)
    return np.array(found).reshape(-1, 2)


def _results(pairs: Floats, figure: Figure) -> Floats:
    """What the two figures of each pair give, of the sort that a figure is."""
    one, other = pairs[:, 0], pairs[:, 1]
    if not figure.percent and not figure.places:
        return np.concatenate([one - other, one + other, (one + other) / 2])
    whole = pairs.ravel()
    ratios = pairs[:, ::-1].ravel()[whole != 0] / whole[whole != 0]
    if figure.percent:
        return np.concatenate([one - other, ratios * 100, (ratios - 1) * 100])
    return np.concatenate([one - other, one + other, (one + other) / 2, ratios])
