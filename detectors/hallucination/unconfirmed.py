"""Sources that an answer rests on and that nothing at hand confirms.

A made-up paper of which nothing is wrong can't be told from a real one without looking it up. What
can be told is that an answer names works which the model wasn't given: neither by the user, nor by
the system prompt, nor in a document. Of ordinary answers few do, so this says little of one answer
and much of a hundred (see `shift` among the conditions of rules).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from detectors.base import Finding, Record
from detectors.hallucination.citations import Citation

SIGNAL: Final = "hallucination.unconfirmed"
MEANING: Final = "the answer names sources that nothing it was given has"

# Standards, notices of weaknesses and addresses are known by their numbers to many, and aren't
# what an answer's claims rest on.
_WORKS: Final = frozenset(
    {
        *("arxiv", "authors", "case", "doi", "isbn", "patent", "pmcid", "pmid"),
        *("reference", "venue"),
    }
)
_MOST: Final = 20
_NEAR: Final = 120
_SOUND, _DOUBTFUL = 0.35, 0.3
_REASON: Final = "nothing that the model was given has this source"


def judge(
    record: Record, citations: Sequence[Citation], known: str
) -> tuple[float, tuple[Finding, ...]]:
    """The score in [0, 1], 0 where there is no such source, and where they stand.

    It grows with the number of sources, with how doubtful each is, and with the part of the answer
    that they make. `known` is what the model was given, in lower case.
    """
    output = record.output
    found = sorted(
        (
            one
            for one in citations
            if one.kind in _WORKS
            and output[one.start : one.end].lower().rstrip(".,;:)") not in known
        ),
        key=lambda one: one.start,
    )
    works = _works(output, found)
    if not works:
        return 0.0, ()
    left = math.prod(1 - _SOUND - _DOUBTFUL * score for _, _, score in works)
    share = sum(end - start for start, end, _ in works) / len(output)
    score = round(1 - left ** (0.5 + 0.5 * min(1.0, share)), 4)
    return score, tuple(
        Finding(SIGNAL, "unconfirmed_source", start, end, _REASON, score)
        for start, end, _ in works[:_MOST]
    )


def _works(output: str, citations: Sequence[Citation]) -> list[tuple[int, int, float]]:
    """Start, end and highest score of each work: its parts stand close together on one line."""
    works: list[tuple[int, int, float]] = []
    for one in citations:
        if works:
            start, end, score = works[-1]
            between = output[end : one.start]
            if len(between) <= _NEAR and "\n" not in between and ";" not in between:
                works[-1] = (start, max(end, one.end), max(score, one.score))
                continue
        works.append((one.start, one.end, one.score))
    return works
