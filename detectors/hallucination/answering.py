"""Whether a short answer stands in the documents where what was asked for is spoken of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Final

from detectors._text.words import FUNCTION_WORDS, stem, tokens_of
from detectors.hallucination.grounding import Index

MOST_CHARS: Final = 160
_UNITS: Final = frozenset(("thousand", "million", "billion", "percent"))
_MOST_PASSAGES: Final = 200


def apart(
    answer: str, asked: frozenset[str], index: Index, weights: Mapping[str, float]
) -> float | None:
    """The share of the question's words, in [0, 1], that no passage with the answer has.

    Words that few passages have count for most, and those that no passage has for nothing. None
    where the answer isn't in the documents, or nothing is asked that is. `asked` are stems.
    """
    tokens = [t for t in tokens_of(answer) if t not in FUNCTION_WORDS and t not in _UNITS]
    said = {stem(token) for token in tokens}
    telling = {
        one: weights.get(one, 1.0) / math.sqrt(1 + len(index.postings[one]))
        for one in sorted(asked - said)
        if one in index.postings
    }
    shared = Counter(number for one in said for number in index.postings.get(one, ()))
    if not shared or not telling:
        return None
    most = max(shared.values())
    where = [number for number, count in shared.items() if count == most][:_MOST_PASSAGES]
    here = max(
        sum(weight for one, weight in telling.items() if one in index.passages[number].stems)
        for number in where
    )
    return 1.0 - here / sum(telling.values())
