"""Which attacks are the same, and which belong together.

Texts are sets of pairs of neighbouring content words. MinHash (Broder 1997) in bands finds those
that may have much in common, and the sets themselves say how much, so that no estimate decides.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from detectors.jailbreak.museum import LEAST_COSINE, MakeVectors, content_words, without_kinds
from streams.museum.entry import Entry

DUPLICATE: Final = 0.6
"""Share of pairs that two texts have in common from which one is a near-copy of the other."""
TOGETHER: Final = 0.2
"""The same from which they belong to one cluster."""

_HASHES: Final = 128
_BANDS: Final = 64
_MEANT_AT_ONCE: Final = 1_000
_random = np.random.default_rng(20_261_130)
_FACTORS: Final = _random.integers(0, 1 << 63, _HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(
    1
)
_TERMS: Final = _random.integers(0, 1 << 63, _HASHES, dtype=np.uint64)
_HIGH: Final = np.uint64(32)


def shingles(text: str) -> frozenset[int]:
    """Its pairs of content words that are at most one apart, as numbers that are always the same.
    What was masked counts for nothing."""
    words = content_words(text)
    pairs = [*pairwise(words), *zip(words, words[2:], strict=False)]
    return frozenset(_number(" ".join(sorted(pair))) for pair in pairs if pair[0] != pair[1])


def resemblance(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of all their pairs that both have, in [0, 1]."""
    return len(one & other) / len(one | other) if one or other else 0.0


def signature(pairs: frozenset[int]) -> npt.NDArray[np.uint64]:
    """(128,): for each of as many hash functions the least value of any pair. The share that two
    signatures have in common is about the resemblance of their sets."""
    if not pairs:
        return np.full(_HASHES, np.iinfo(np.uint64).max, np.uint64)
    numbers = np.fromiter(pairs, np.uint64, len(pairs))
    hashed = (numbers[:, None] * _FACTORS + _TERMS) >> _HIGH
    least: npt.NDArray[np.uint64] = hashed.min(axis=0)
    return least


class Alike:
    """Texts by name, to be searched for those that resemble another."""

    def __init__(self) -> None:
        self._sets: dict[str, frozenset[int]] = {}
        self._bands: defaultdict[tuple[int, bytes], list[str]] = defaultdict(list)

    def add(self, name: str, text: str) -> None:
        """Adds a text."""
        pairs = shingles(text)
        self._sets[name] = pairs
        for key in _bands(pairs):
            self._bands[key].append(name)

    def near(self, text: str, least: float) -> list[tuple[str, float]]:
        """The names of texts that resemble this one by `least` and more, the closest first."""
        pairs = shingles(text)
        names = dict.fromkeys(
            name for key in _bands(pairs) if key in self._bands for name in self._bands[key]
        )
        found = [(name, resemblance(pairs, self._sets[name])) for name in names]
        return sorted((one for one in found if one[1] >= least), key=lambda one: (-one[1], one[0]))


def duplicate(entries: Iterable[Entry], text: str) -> tuple[Entry, float] | None:
    """The entry that a text is a near-copy of, and how much they have in common; also a revoked
    one."""
    known = {one.id: one for one in entries}
    alike = Alike()
    for one in known.values():
        alike.add(one.id, one.text)
    near = alike.near(text, DUPLICATE)
    return (known[near[0][0]], near[0][1]) if near else None


def clusters(entries: Sequence[Entry], vectors: MakeVectors | None = None) -> dict[str, str]:
    """The cluster of each entry, named after its first one.

    Together are entries that resemble each other, directly or by others between them; those that
    `vectors` finds to mean the same; and those that a person said are variants.
    """
    leader = {one.id: one.id for one in entries}

    def first(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    place = {one.id: number for number, one in enumerate(entries)}

    def join(one: str, other: str) -> None:
        low, high = sorted((first(one), first(other)), key=place.__getitem__)
        leader[high] = low

    alike = Alike()
    for entry in entries:
        for name, _ in alike.near(entry.text, TOGETHER):
            join(entry.id, name)
        alike.add(entry.id, entry.text)
        if entry.variant_of in leader:
            join(entry.id, entry.variant_of)
    if vectors is not None and entries:
        for one, other in _same_meaning(entries, vectors):
            join(one, other)
    return {one.id: first(one.id) for one in entries}


def held_out(cluster: str, share: float) -> bool:
    """Whether a cluster is among those that are kept aside; the same whenever it is asked."""
    digest = hashlib.blake2b(cluster.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64


def parted(
    entries: Sequence[Entry], cluster_of: Mapping[str, str], share: float
) -> tuple[list[Entry], list[Entry]]:
    """Entries to learn from, and those kept aside: no cluster has some in both."""
    aside = [one for one in entries if held_out(cluster_of[one.id], share)]
    return [one for one in entries if not held_out(cluster_of[one.id], share)], aside


def _same_meaning(entries: Sequence[Entry], vectors: MakeVectors) -> list[tuple[str, str]]:
    found = vectors([without_kinds(one.text) for one in entries])
    pairs: list[tuple[str, str]] = []
    for start in range(0, len(entries), _MEANT_AT_ONCE):
        close = found[start : start + _MEANT_AT_ONCE] @ found.T >= LEAST_COSINE
        for row, column in zip(*map(np.ndarray.tolist, np.nonzero(close)), strict=True):
            if start + row < column:
                pairs.append((entries[start + row].id, entries[column].id))
    return pairs


def _bands(pairs: frozenset[int]) -> list[tuple[int, bytes]]:
    if not pairs:
        return []
    rows = signature(pairs).reshape(_BANDS, -1)
    return [(number, row.tobytes()) for number, row in enumerate(rows)]


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())
