"""How well each claim of an answer is borne out by the documents it should rest on."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from detectors._text.words import (
    ABSOLUTES,
    FUNCTION_WORDS,
    NEGATIONS,
    OPPOSITES,
    number_in,
    stem,
    tokens_of,
    word_set,
)
from detectors.base import sentence_spans
from detectors.hallucination.likeness import Matrix, Novelty, WordLikeness, likeness

# About 250 pages. What stands after them isn't indexed, and can't support a claim.
CONTEXT_CHARS = 600_000
# A longer answer is judged by its first claims.
MAX_CLAIMS = 48
MAX_ANSWER_CHARS = 24_000
_MAX_CLAIM_TOKENS = 120
_MAX_POSTINGS = 400
_ANY_NAME = re.compile(r"\b[A-ZÀ-Þ][^\W\d_]+")
NAME = re.compile(r"(?<![.!?:\n\"“'] )(?<!^)\b[A-ZÀ-Þ][^\W\d_]+")
_UNKNOWN_WEIGHT = 1.0


class Excerpt(NamedTuple):
    """One sentence of a document."""

    stems: frozenset[str]
    words: frozenset[str]
    negated: bool
    text: str = ""


class Index:
    """Documents, made ready for looking claims up in them. Built once per set of documents."""

    def __init__(self, documents: Sequence[str]) -> None:
        room = CONTEXT_CHARS
        self.passages: list[Excerpt] = []
        self.words: set[str] = set()
        self.stems: set[str] = set()
        self.numbers: set[str] = set()
        self.pairs: set[tuple[str, str]] = set()
        self.triples: set[tuple[str, str, str]] = set()
        self.content_pairs: set[tuple[str, str]] = set()
        self.postings: dict[str, list[int]] = {}
        self.matrix: Matrix | None = None
        for document in documents:
            text = document[:room]
            room -= len(text)
            for start, end in sentence_spans(text):
                self._add(text[start:end])

    def _add(self, text: str) -> None:
        tokens = tokens_of(text)
        words = frozenset(tokens)
        content = [stem(token) for token in tokens if token not in FUNCTION_WORDS]
        stems = frozenset(content)
        number = len(self.passages)
        self.passages.append(Excerpt(stems, words, not words.isdisjoint(NEGATIONS), text))
        self.words |= words
        self.stems |= stems
        self.pairs.update(itertools.pairwise(tokens))
        self.triples.update(zip(tokens, tokens[1:], tokens[2:], strict=False))
        self.content_pairs.update(itertools.pairwise(content))
        self.numbers.update(filter(None, map(number_in, words)))
        for one in stems:
            self.postings.setdefault(one, []).append(number)

    def nearest(self, stems: Sequence[str], weights: Mapping[str, float]) -> int | None:
        """The passage that shares the greatest weight of stems; None where none shares any."""
        shared = self._shared(stems, weights)
        if not shared:
            return None
        return max(shared, key=lambda number: (shared[number], -number))

    def nearest_few(self, stems: Sequence[str], most: int) -> list[int]:
        """The passages that share most stems, at most so many, the likest first."""
        shared = self._shared(stems, {})
        return sorted(shared, key=lambda number: (-shared[number], number))[:most]

    def _shared(self, stems: Sequence[str], weights: Mapping[str, float]) -> Counter[int]:
        shared: Counter[int] = Counter()
        for one in dict.fromkeys(stems):
            postings = self.postings.get(one)
            if postings:
                weight = weights.get(one, _UNKNOWN_WEIGHT)
                for number in postings[:_MAX_POSTINGS]:
                    shared[number] += weight  # type: ignore[assignment]
        return shared


CLAIM_FEATURES = (
    "coverage", "word_coverage", "prompt_coverage", "near_coverage", "nearest_coverage",
    "pairs", "triples", "content_pairs", "reversed_pairs", "together",
    "numbers_missing", "numbers_missing_near", "names_missing", "names_unsupported", "novel",
    "negation", "opposites", "absolutes", "words_in_claim", "nearest_density",
    "function_pairs", "known_tokens", "function_unknown", "first_person",
    "like", "like_near", "strangest", "strange", "strangest_near", "window",
)  # fmt: skip
POOLED_FEATURES = (
    *(f"mean_{name}" for name in CLAIM_FEATURES),
    *(f"worst_{name}" for name in CLAIM_FEATURES),
    "wording",
)
# Where a small value is the bad one, the worst claim is the one with the least.
LOW_IS_BAD = frozenset(
    {
        "coverage", "word_coverage", "prompt_coverage", "near_coverage", "nearest_coverage",
        "pairs", "triples", "content_pairs", "together", "nearest_density",
        "function_pairs", "known_tokens", "like", "like_near", "window",
    }
)  # fmt: skip
_WORST = tuple(min if name in LOW_IS_BAD else max for name in CLAIM_FEATURES)
_FIRST_PERSON = word_set("i my me we our im us mine myself you your")
_WINDOW = 4


class Claim(NamedTuple):
    """What `CLAIM_FEATURES` names, and the words that the documents lack."""

    features: list[float]
    novelty: Novelty


def claim_features(
    text: str, index: Index, prompt_stems: frozenset[str], lexicon: WordLikeness
) -> Claim | None:
    """What is known of one claim; None where it has no content words."""
    tokens = tokens_of(text)[:_MAX_CLAIM_TOKENS]
    content = [token for token in tokens if token not in FUNCTION_WORDS]
    if not content:
        return None
    stems = [stem(token) for token in content]
    weights = lexicon.weights
    weight = [weights.get(one, _UNKNOWN_WEIGHT) for one in stems]
    total = sum(weight)

    numbers = [number_in(token) for token in content]
    known = [
        one in index.stems or (number is not None and number in index.numbers)
        for one, number in zip(stems, numbers, strict=True)
    ]
    covered = sum(itertools.compress(weight, known)) / total
    word_covered = sum(itertools.compress(weight, (t in index.words for t in content))) / total
    nearest = index.nearest(stems, weights)
    near_stems: frozenset[str] = frozenset()
    passage = Excerpt(frozenset(), frozenset(), False)
    near_words: frozenset[str] = frozenset()
    if nearest is not None:
        passage = index.passages[nearest]
        around = index.passages[max(0, nearest - 1) : nearest + 2]
        near_stems = frozenset().union(*(one.stems for one in around))
        near_words = frozenset().union(*(one.words for one in around))
    is_near = [one in near_stems for one in stems]
    nearest_covered = sum(itertools.compress(weight, (one in passage.stems for one in stems)))

    like = [1.0] * len(stems)
    if not all(known):
        if index.matrix is None:
            index.matrix = Matrix(index.stems, lexicon.vectors)
        like = likeness(stems, known, index.matrix, lexicon.vectors)
    like_near = [1.0] * len(stems)
    if not all(is_near):
        near = Matrix(near_stems, lexicon.vectors)
        like_near = likeness(stems, is_near, near, lexicon.vectors)
    alike = [w * x for w, x in zip(weight, like, strict=True)]
    strange = [w - x for w, x in zip(weight, alike, strict=True)]
    strange_near = [w * (1.0 - x) for w, x in zip(weight, like_near, strict=True)]

    pairs = list(itertools.pairwise(tokens))
    pair_known = [pair in index.pairs for pair in pairs]
    triples = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
    triple_known = sum(triple in index.triples for triple in triples)
    content_pairs = list(itertools.pairwise(stems))
    kept = sum(pair in index.content_pairs for pair in content_pairs)
    turned = sum(
        pair not in index.content_pairs and pair[::-1] in index.content_pairs
        for pair in content_pairs
    )
    together = sum(one and other for one, other in itertools.pairwise(is_near))

    figures = [number for number in numbers if number]
    near_figures = set(filter(None, map(number_in, near_words))) if figures else set()
    names = {stem(name.lower()) for name in NAME.findall(text)}
    all_names = {stem(name.lower()) for name in _ANY_NAME.findall(text)} - {stems[0]}
    asked = [one in prompt_stems for one in stems]
    novel = [not (k or a) for k, a in zip(known, asked, strict=True)]
    claim_words = frozenset(tokens)
    negated = not claim_words.isdisjoint(NEGATIONS)
    opposites = sum(
        not near_words.isdisjoint(OPPOSITES[word]) and word not in near_words
        for word in claim_words & OPPOSITES.keys()
    )
    function_pairs = [
        k
        for k, (one, other) in zip(pair_known, pairs, strict=True)
        if one in FUNCTION_WORDS or other in FUNCTION_WORDS
    ]
    unknown = [token for token in tokens if token not in index.words]
    features = [
        covered,
        word_covered,
        sum(w for w, new in zip(weight, novel, strict=True) if not new) / total,
        sum(itertools.compress(weight, is_near)) / total,
        nearest_covered / total,
        sum(pair_known) / len(pairs) if pairs else covered,
        triple_known / len(triples) if triples else covered,
        kept / len(content_pairs) if content_pairs else covered,
        turned / len(content_pairs) if content_pairs else 0.0,
        together / len(content_pairs) if content_pairs else covered,
        sum(number not in index.numbers for number in figures),
        sum(number not in near_figures for number in figures),
        len(names - index.stems - prompt_stems),
        sum(one in all_names and new for one, new in zip(stems, novel, strict=True)),
        sum(novel),
        1.0 if negated and not passage.negated else -1.0 if passage.negated > negated else 0.0,
        opposites,
        len((claim_words & ABSOLUTES) - near_words),
        math.log1p(len(content)),
        nearest_covered / max(1, len(passage.stems)),
        sum(function_pairs) / len(function_pairs) if function_pairs else covered,
        1.0 - len(unknown) / len(tokens),
        sum(token in FUNCTION_WORDS for token in unknown) / len(tokens),
        sum(token in _FIRST_PERSON for token in tokens) / len(tokens),
        sum(alike) / total,
        sum(w * x for w, x in zip(weight, like_near, strict=True)) / total,
        max(strange),
        sum(strange),
        max(strange_near),
        _least_window(weight, alike),
    ]
    return Claim(features, lexicon.novelty(stems, known, asked, like))


def _least_window(weight: Sequence[float], alike: Sequence[float]) -> float:
    """The least share of weight that is borne out among four content words in a row."""
    if len(weight) <= _WINDOW:
        return sum(alike) / sum(weight)
    weights, borne = [0.0, *itertools.accumulate(weight)], [0.0, *itertools.accumulate(alike)]
    return min(
        (borne[end] - borne[end - _WINDOW]) / max(1e-6, weights[end] - weights[end - _WINDOW])
        for end in range(_WINDOW, len(weights))
    )


def pool(claims: Sequence[Claim], lexicon: WordLikeness) -> list[float]:
    """What `POOLED_FEATURES` names, of an answer's claims (one or more)."""
    columns = list(zip(*(claim.features for claim in claims), strict=True))
    return [
        *(sum(column) / len(column) for column in columns),
        *(worst(column) for worst, column in zip(_WORST, columns, strict=True)),
        lexicon.wording([claim.novelty for claim in claims]),
    ]


def stems_of(text: str) -> frozenset[str]:
    """Content stems of a short text, as of the question asked."""
    return frozenset(stem(t) for t in tokens_of(text[:8000]) if t not in FUNCTION_WORDS)
