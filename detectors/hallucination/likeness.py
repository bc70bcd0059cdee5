"""How like the words of a claim are to words of the documents, and which of them are new."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.hallucination.models import WordVectors

# The cosine up to which two words have nothing to do with each other.
_UNLIKE = 0.3
_SAME_START = 5
_ALIKE_BY_START = 0.7

NOVELTY = ("new", "all", "new_without_vector", "new_numbers", "new_unlike", "new_but_asked")
"""Counts of content words beside the vectors of the new ones; `new_unlike` adds up 1 - likeness."""


class Matrix:
    """Vectors of some words, one a row, and how the longer of the words begin."""

    def __init__(self, stems: Collection[str], vectors: WordVectors) -> None:
        # In order, so that rounding is the same in every run.
        rows = sorted(vectors.rows[one] for one in stems if one in vectors.rows)
        self.vectors: npt.NDArray[np.float32] = vectors.matrix[rows]
        self._stems = stems

    @cached_property
    def starts(self) -> frozenset[str]:
        """The first five letters of words that have more."""
        return frozenset(one[:_SAME_START] for one in self._stems if len(one) > _SAME_START)


class Novelty(NamedTuple):
    """Words of a claim that neither the documents nor the question have.

    For those with a vector its row, and 1 - their likeness to a word of the documents; and what
    `NOVELTY` names.
    """

    rows: list[int]
    unlike: list[float]
    counts: tuple[float, ...]


def likeness(
    stems: Sequence[str], known: Sequence[bool], among: Matrix, vectors: WordVectors
) -> list[float]:
    """For each stem how like it is to the likest of `among`, in [0, 1]; 1 for a known one."""
    found = [float(one) for one in known]
    places, rows = [], []
    for place, (one, is_known) in enumerate(zip(stems, known, strict=True)):
        if is_known:
            continue
        row = vectors.rows.get(one)
        if row is not None:
            places.append(place)
            rows.append(row)
        elif len(one) > _SAME_START and one[:_SAME_START] in among.starts:
            found[place] = _ALIKE_BY_START
    if places and len(among.vectors):
        cosines = (vectors.matrix[rows] @ among.vectors.T).max(axis=1).tolist()
        for place, cosine in zip(places, cosines, strict=True):
            found[place] = max(0.0, (cosine - _UNLIKE) / (1.0 - _UNLIKE))
    return found


class WordLikeness:
    """What is known of words: how telling, their vectors, and which are new in made-up claims.

    `wording` weighs the numbers of a vector, then the counts of `NOVELTY`.
    """

    def __init__(
        self, weights: Mapping[str, float], vectors: WordVectors, wording: Sequence[float]
    ) -> None:
        self.weights = weights
        self.vectors = vectors
        size = vectors.matrix.shape[1]
        self._told: list[float] = (vectors.matrix @ np.array(wording[:size], np.float32)).tolist()
        self._counted = tuple(wording[size:])

    def novelty(
        self,
        stems: Sequence[str],
        known: Sequence[bool],
        asked: Sequence[bool],
        like: Sequence[float],
    ) -> Novelty:
        """The new ones among the content words of a claim."""
        rows, unlike = [], []
        new = numbers = bare = but_asked = 0
        for one, is_known, is_asked, alike in zip(stems, known, asked, like, strict=True):
            if is_known:
                continue
            if is_asked:
                but_asked += 1
                continue
            new += 1
            row = self.vectors.rows.get(one)
            if row is not None:
                rows.append(row)
                unlike.append(1.0 - alike)
            elif one[0].isdigit():
                numbers += 1
            else:
                bare += 1
        return Novelty(rows, unlike, (new, len(stems), bare, numbers, sum(unlike), but_asked))

    def wording(self, claims: Sequence[Novelty]) -> float:
        """How made up the new words sound, the higher the more: log-odds, without an intercept.

        The sum over the new words, divided by the root of the number of content words.
        """
        told: float = sum(
            x * self._told[row]
            for claim in claims
            for row, x in zip(claim.rows, claim.unlike, strict=True)
        )
        told += sum(
            x * weight
            for claim in claims
            for x, weight in zip(claim.counts, self._counted, strict=True)
        )
        words = sum(claim.counts[1] for claim in claims)
        return told / math.sqrt(max(1.0, words))


def wording_inputs(claims: Sequence[Novelty], vectors: WordVectors) -> npt.NDArray[np.float64]:
    """What `WordLikeness.wording` weighs: one number for each of its weights."""
    rows = [row for claim in claims for row in claim.rows]
    unlike = np.array([x for claim in claims for x in claim.unlike])
    counts = np.array([claim.counts for claim in claims]).sum(axis=0)
    return np.append(unlike @ vectors.matrix[rows], counts) / math.sqrt(max(1.0, counts[1]))
