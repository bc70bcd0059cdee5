"""Rows for grounding that are made out of others: support taken away, sentences spliced."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from detectors.base import sentence_spans
from detectors.hallucination.claims import claim_spans
from detectors.hallucination.grounding import Index, stems_of

_UNKNOWN_WEIGHT = 1.0
_TAKEN = (1, 2, 3, 4)
_SENTENCES = 4


def without_support(
    rows: Sequence[Mapping[str, Any]], weights: Mapping[str, float], seed: int = 0
) -> Iterator[dict[str, Any]]:
    """Each grounded row, and again, ungrounded, with the sentences gone that support it best.

    One to four sentences are taken from the documents for each claim: those that share the
    greatest weight of stems with it. Documents of under four sentences are left whole.
    """
    chance = random.Random(seed)
    for row in rows:
        if row["label"] != 0:
            continue
        yield dict(row)
        document, answer = row["context"], row["output"]
        spans = sentence_spans(document)
        passages = Index([document]).passages
        if len(spans) < _SENTENCES or len(spans) != len(passages):
            continue
        gone: set[int] = set()
        for start, end in claim_spans(answer)[0]:
            stems = stems_of(answer[start:end])
            shared = Counter(
                {
                    place: sum(
                        weights.get(one, _UNKNOWN_WEIGHT) for one in sorted(stems & passage.stems)
                    )
                    for place, passage in enumerate(passages)
                }
            )
            ranked = sorted(shared, key=lambda place: (-shared[place], place))
            gone |= set(ranked[: chance.choice(_TAKEN)])
        left = [document[a:b] for place, (a, b) in enumerate(spans) if place not in gone]
        if left:
            yield dict(row) | {"context": " ".join(left), "label": 1}


def spliced(documents: Mapping[str, str], each: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Two sentences of a document, shortened and shuffled, `each` times; and as often again with
    one that begins as it does and ends as another sentence near it. Keys are groups."""
    chance = random.Random(seed)
    for group, document in documents.items():
        sentences = [
            words
            for start, end in sentence_spans(document)
            if 8 <= len(words := document[start:end].split()) <= 40
        ]
        if len(sentences) <= _SENTENCES:
            continue
        for label in (0, 1):
            for _ in range(each):
                one, other = chance.sample(range(len(sentences)), 2)
                first = (_crossed if label else _shortened)(sentences, one, chance)
                said = [" ".join(first), " ".join(_shortened(sentences, other, chance))]
                chance.shuffle(said)
                yield {
                    "context": document,
                    "prompt": "",
                    "output": " ".join(part.rstrip(".,") + "." for part in said),
                    "label": label,
                    "meta": {"group": group},
                }


def _shortened(sentences: Sequence[list[str]], place: int, chance: random.Random) -> list[str]:
    words = sentences[place]
    how = chance.randrange(4)
    if how == 1:
        return words[: max(6, len(words) - chance.randint(1, 6))]
    if how == 2 and len(words) > 12:
        cut = chance.randint(3, len(words) - 6)
        return words[:cut] + words[cut + chance.randint(1, 3) :]
    return words


def _crossed(sentences: Sequence[list[str]], place: int, chance: random.Random) -> list[str]:
    words = sentences[place]
    near = range(max(0, place - _SENTENCES), min(len(sentences), place + _SENTENCES + 1))
    other = sentences[chance.choice([at for at in near if at != place])]
    third = len(other) // 3
    return (
        words[: chance.randint(3, len(words) - 4)] + other[chance.randint(third, len(other) - 3) :]
    )
