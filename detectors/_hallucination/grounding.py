"""How well each claim of an answer is borne out by the documents it should rest on."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from detectors._hallucination.words import (
    ABSOLUTES,
    FUNCTION_WORDS,
    NEGATIONS,
    OPPOSITES,
    number_in,
    stem,
    tokens_of,
)
from detectors.batch import sentence_spans

# About 250 pages. What stands after them isn't indexed, and can't support a claim.
CONTEXT_CHARS = 600_000
# A longer answer is judged by its first claims.
MAX_CLAIMS = 48
MAX_ANSWER_CHARS = 24_000
_MAX_CLAIM_TOKENS = 120
_MAX_POSTINGS = 400
_NAME = re.compile(r"(?<![.!?:\n\"“'] )(?<!^)\b[A-ZÀ-Þ][^\W\d_]+")
_UNKNOWN_WEIGHT = 1.0


class Passage(NamedTuple):
    """One sentence of a document."""

    stems: frozenset[str]
    words: frozenset[str]
    negated: bool


class Index:
    """Documents, made ready for looking claims up in them. Built once per set of documents."""

    def __init__(self, documents: Sequence[str]) -> None:
        room = CONTEXT_CHARS
        self.passages: list[Passage] = []
        self.words: set[str] = set()
        self.stems: set[str] = set()
        self.numbers: set[str] = set()
        self.pairs: set[tuple[str, str]] = set()
        self.triples: set[tuple[str, str, str]] = set()
        self.content_pairs: set[tuple[str, str]] = set()
        self.postings: dict[str, list[int]] = {}
        self.size = 0
        for document in documents:
            text = document[:room]
            room -= len(text)
            for start, end in sentence_spans(text):
                self._add(tokens_of(text[start:end]))

    def _add(self, tokens: list[str]) -> None:
        words = frozenset(tokens)
        content = [stem(token) for token in tokens if token not in FUNCTION_WORDS]
        stems = frozenset(content)
        number = len(self.passages)
        self.passages.append(Passage(stems, words, not words.isdisjoint(NEGATIONS)))
        self.size += len(tokens)
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
        shared: Counter[int] = Counter()
        for one in set(stems):
            postings = self.postings.get(one)
            if postings:
                weight = weights.get(one, _UNKNOWN_WEIGHT)
                for number in postings[:_MAX_POSTINGS]:
                    shared[number] += weight  # type: ignore[assignment]
        if not shared:
            return None
        return max(shared, key=lambda number: (shared[number], -number))


CLAIM_FEATURES = (
    "coverage", "word_coverage", "prompt_coverage", "near_coverage", "nearest_coverage",
    "pairs", "triples", "longest_run", "content_pairs", "reversed_pairs", "together",
    "numbers_missing", "numbers_missing_near", "names_missing", "novel", "novel_rare",
    "negation", "opposites", "absolutes", "single_gaps", "words_in_claim", "nearest_density",
    "function_pairs",
)  # fmt: skip
POOLED_FEATURES = (
    *(f"mean_{name}" for name in CLAIM_FEATURES),
    *(f"worst_{name}" for name in CLAIM_FEATURES),
    "claims",
    "answer_words",
    "first_person",
)
# Where a small value is the bad one, the worst claim is the one with the least.
LOW_IS_BAD = frozenset(
    {
        "coverage", "word_coverage", "prompt_coverage", "near_coverage", "nearest_coverage",
        "pairs", "triples", "longest_run", "content_pairs", "together", "nearest_density",
        "function_pairs",
    }
)  # fmt: skip
_WORST = tuple(min if name in LOW_IS_BAD else max for name in CLAIM_FEATURES)
_FIRST_PERSON = frozenset(("i", "my", "me", "we", "our", "im"))


def claim_features(
    claim: str, index: Index, prompt_stems: frozenset[str], weights: Mapping[str, float]
) -> list[float] | None:
    """What `CLAIM_FEATURES` names, of one claim; None where it has no content words."""
    tokens = tokens_of(claim)[:_MAX_CLAIM_TOKENS]
    content = [token for token in tokens if token not in FUNCTION_WORDS]
    if not content:
        return None
    stems = [stem(token) for token in content]
    weight = [weights.get(one, _UNKNOWN_WEIGHT) for one in stems]
    total = sum(weight)

    known = [one in index.stems for one in stems]
    covered = sum(w for w, k in zip(weight, known, strict=True) if k) / total
    word_covered = (
        sum(w for w, token in zip(weight, content, strict=True) if token in index.words) / total
    )
    with_prompt = (
        sum(w for w, k, one in zip(weight, known, stems, strict=True) if k or one in prompt_stems)
        / total
    )
    nearest = index.nearest(stems, weights)
    near_stems: frozenset[str] = frozenset()
    passage = Passage(frozenset(), frozenset(), False)
    near_words: frozenset[str] = frozenset()
    if nearest is not None:
        passage = index.passages[nearest]
        around = index.passages[max(0, nearest - 1) : nearest + 2]
        near_stems = frozenset().union(*(one.stems for one in around))
        near_words = frozenset().union(*(one.words for one in around))
    nearest_covered = sum(w for w, s in zip(weight, stems, strict=True) if s in passage.stems)
    near_covered = sum(w for w, s in zip(weight, stems, strict=True) if s in near_stems)

    pairs = list(itertools.pairwise(tokens))
    pair_known = [pair in index.pairs for pair in pairs]
    triples = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
    triple_known = sum(triple in index.triples for triple in triples)
    run = longest = 0
    for one in pair_known:
        run = run + 1 if one else 0
        longest = max(longest, run)
    content_pairs = list(itertools.pairwise(stems))
    kept = sum(pair in index.content_pairs for pair in content_pairs)
    turned = sum(
        pair not in index.content_pairs and pair[::-1] in index.content_pairs
        for pair in content_pairs
    )
    together = sum(one in near_stems and other in near_stems for one, other in content_pairs)

    numbers = [number for number in map(number_in, content) if number]
    numbers_missing = sum(number not in index.numbers for number in numbers)
    near_numbers = set(filter(None, map(number_in, near_words)))
    numbers_missing_near = sum(number not in near_numbers for number in numbers)
    names = {stem(name.lower()) for name in _NAME.findall(claim)}
    names_missing = len(names - index.stems - prompt_stems)

    novel = [
        w
        for w, k, one in zip(weight, known, stems, strict=True)
        if not k and one not in prompt_stems
    ]
    # A strange word between two familiar ones looks like one fact exchanged for another.
    gaps = sum(not known[i] and known[i - 1] and known[i + 1] for i in range(1, len(known) - 1))
    claim_words = frozenset(tokens)
    negated = not claim_words.isdisjoint(NEGATIONS)
    opposites = sum(
        not near_words.isdisjoint(OPPOSITES[word]) and word not in near_words
        for word in claim_words & OPPOSITES.keys()
    )
    absolutes = len((claim_words & ABSOLUTES) - near_words)
    function_pairs = [
        k
        for k, (one, other) in zip(pair_known, pairs, strict=True)
        if one in FUNCTION_WORDS or other in FUNCTION_WORDS
    ]
    return [
        covered,
        word_covered,
        with_prompt,
        near_covered / total,
        nearest_covered / total,
        sum(pair_known) / len(pairs) if pairs else covered,
        triple_known / len(triples) if triples else covered,
        (longest + 1) / len(tokens) if longest else 0.0,
        kept / len(content_pairs) if content_pairs else covered,
        turned / len(content_pairs) if content_pairs else 0.0,
        together / len(content_pairs) if content_pairs else covered,
        numbers_missing,
        numbers_missing_near,
        names_missing,
        len(novel),
        max(novel, default=0.0),
        1.0 if negated and not passage.negated else -1.0 if passage.negated > negated else 0.0,
        opposites,
        absolutes,
        gaps,
        math.log1p(len(content)),
        nearest_covered / max(1, len(passage.stems)),
        sum(function_pairs) / len(function_pairs) if function_pairs else covered,
    ]


def pool(claims: Sequence[Sequence[float]], answer: str) -> list[float]:
    """What `POOLED_FEATURES` names, of the features of an answer's claims (one or more)."""
    columns = list(zip(*claims, strict=True))
    words = sum(math.expm1(count) for count in columns[CLAIM_FEATURES.index("words_in_claim")])
    tokens = tokens_of(answer[:2000])
    return [
        *(sum(column) / len(column) for column in columns),
        *(worst(column) for worst, column in zip(_WORST, columns, strict=True)),
        math.log1p(len(claims)),
        math.log1p(words),
        sum(token in _FIRST_PERSON for token in tokens) / max(1, len(tokens)),
    ]


def stems_of(text: str) -> frozenset[str]:
    """Content stems of a short text, as of the question asked."""
    return frozenset(stem(t) for t in tokens_of(text[:8000]) if t not in FUNCTION_WORDS)
