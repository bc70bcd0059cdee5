"""The features of many chunks at once: those of `hashing.analyse`, worked out in arrays.

A text of random words has tens of thousands of chunks that no other text has, each with dozens of
n-grams. One at a time their hashes take seconds, together a fraction of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from detectors._linear.hashing import (
    GRAM_SEED,
    MASK,
    NGRAM_WEIGHT,
    NGRAMS,
    TABLE,
    ends_sentence,
    is_letter,
    word_hash,
    words_of,
)

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_Codes = npt.NDArray[np.uint32]
_Kind = TypeVar("_Kind", bound=np.generic)

_BYTE: Final = np.uint32(0xFF)
_REPLACED: Final = ord("?")
"""What a lone surrogate, which UTF-8 can't hold, counts as."""
_MOST_BYTES: Final = 4


class Chunks(NamedTuple):
    """What `hashing.Chunk` says of each of many chunks; `sizes` are their numbers of features."""

    indices: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    sizes: Indices
    first: npt.NDArray[np.uint64]
    last: npt.NDArray[np.uint64]
    words: Indices
    ends: Flags
    letter: Flags


def analyse_many(pieces: Sequence[str]) -> Chunks:
    """The features of these chunks, in order, as `hashing.analyse` gives them one by one."""
    found = [words_of(piece) for piece in pieces]
    words = [word for some in found for word in some]
    per_chunk = np.array([len(some) for some in found], np.int64)
    hashes = np.array(list(map(word_hash, words)), np.uint64)
    filled = per_chunk > 0
    ends = np.cumsum(per_chunk)
    first, last = np.zeros(len(found), np.uint64), np.zeros(len(found), np.uint64)
    first[filled] = hashes[(ends - per_chunk)[filled]]
    last[filled] = hashes[ends[filled] - 1]
    indices, values, sizes = _features(words, hashes, per_chunk)
    return Chunks(
        *_merged(indices, values, sizes),
        first=first,
        last=last,
        words=per_chunk,
        ends=np.array(list(map(ends_sentence, pieces)), np.bool_),
        letter=np.array(list(map(is_letter, found)), np.bool_),
    )


def pair_indices(before: npt.NDArray[np.uint64], after: npt.NDArray[np.uint64]) -> Indices:
    """The features of pairs of neighbouring words, as `bigram_index` gives them one by one."""
    mixed = before * np.uint64(0x9E3779B1) + after * np.uint64(0x85EBCA77)
    return TABLE + ((mixed >> np.uint64(15)) & np.uint64(MASK)).astype(np.int64)


def _features(
    words: list[str], hashes: npt.NDArray[np.uint64], per_chunk: Indices
) -> tuple[Indices, npt.NDArray[np.float64], Indices]:
    """Indices, values and numbers of features by chunk: its words, each with its n-grams before
    the next word, then their pairs."""
    lengths = np.array(list(map(len, words)), np.int64)
    bounded = lengths + 2
    grams = [np.where(lengths < 2, 0, np.maximum(bounded - n + 1, 0)) for n in NGRAMS]
    per_word: Indices = np.add.reduce(np.array(grams, np.int64), axis=0)
    pairs = np.maximum(per_chunk - 1, 0)
    chunk_of = np.repeat(np.arange(len(per_chunk)), per_chunk)
    sizes = np.bincount(chunk_of, 1 + per_word, len(per_chunk)).astype(np.int64) + pairs
    # A word's features begin behind those of the words before it and the pairs of earlier chunks.
    pairs_before = np.cumsum(pairs) - pairs
    at = _before(1 + per_word) + pairs_before[chunk_of]

    indices = np.zeros(int(sizes.sum()), np.int64)
    values = np.ones(len(indices))
    indices[at] = (hashes & np.uint64(MASK)).astype(np.int64)
    weights = NGRAM_WEIGHT / np.maximum(per_word, 1) ** 0.5
    starts, done = _before(bounded), at + 1
    for counts, hashed in zip(grams, _gram_hashes("".join(f"<{w}>" for w in words)), strict=True):
        places = _runs(done, counts)
        indices[places] = hashed[_runs(starts, counts)] & MASK
        values[places] = np.repeat(weights, counts)
        done = done + counts
    seconds = np.flatnonzero(chunk_of[1:] == chunk_of[:-1]) + 1
    indices[_runs(np.cumsum(sizes) - pairs, pairs)] = pair_indices(
        hashes[seconds - 1], hashes[seconds]
    )
    return indices, values, sizes


def _gram_hashes(text: str) -> list[_Codes]:
    """CRC-32 of the n characters from each place on, for each n of `NGRAMS`; the last few places,
    at which no n-gram begins, hold anything."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    if not text.isascii():
        codes = np.where((codes >= 0xD800) & (codes <= 0xDFFF), np.uint32(_REPLACED), codes)
    padded = np.concatenate([codes, np.zeros(max(NGRAMS), np.uint32)])
    state = np.full(len(codes), GRAM_SEED ^ 0xFFFFFFFF, np.uint32)
    found = []
    for n in range(max(NGRAMS)):
        state = _with_character(state, padded[n : n + len(codes)])
        if n + 1 in NGRAMS:
            found.append(state ^ np.uint32(0xFFFFFFFF))
    return found


def _with_character(state: _Codes, codes: _Codes) -> _Codes:
    """CRC-32 of what was read before and one more character, in UTF-8."""
    plain = codes < 0x80
    if plain.all():
        return _with_byte(state, codes)
    read = _with_byte(state, codes & _BYTE)
    other = np.flatnonzero(~plain)
    some, code = state[other], codes[other]
    size = 2 + (code >= 0x800).astype(np.uint32) + (code >= 0x10000)
    lead = np.choose(size - 2, [np.uint32(0xC0), np.uint32(0xE0), np.uint32(0xF0)])
    for place in range(_MOST_BYTES):
        shift = np.uint32(6) * np.maximum(size.astype(np.int64) - 1 - place, 0).astype(np.uint32)
        bits = code >> shift
        byte = (lead | bits) if place == 0 else (np.uint32(0x80) | (bits & np.uint32(0x3F)))
        some = np.where(place < size, _with_byte(some, byte & _BYTE), some)
    read[other] = some
    return read


def _with_byte(state: _Codes, byte: _Codes) -> _Codes:
    read: _Codes = _CRC[(state ^ byte) & _BYTE] ^ (state >> np.uint32(8))
    return read


def _crc_table() -> _Codes:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & np.uint32(1), np.uint32(0xEDB88320), np.uint32(0)) ^ (
            table >> np.uint32(1)
        )
    return table


_CRC: Final = _crc_table()


def _merged(
    indices: Indices, values: npt.NDArray[np.float64], sizes: Indices
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], Indices]:
    """The features with those that a chunk has twice added up where the first of them stands."""
    chunk_of = np.repeat(np.arange(len(sizes)), sizes)
    keys = chunk_of * (2 * TABLE) + indices
    ordered = np.sort(keys)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]] // (2 * TABLE))
    if len(twice):
        concerned = np.zeros(len(sizes), np.bool_)
        concerned[twice] = True
        some = np.flatnonzero(concerned[chunk_of])
        _, firsts, groups = np.unique(keys[some], return_index=True, return_inverse=True)
        # Added up in order, so that the sums are those of one chunk alone to the last bit.
        values[some[firsts]] = np.bincount(groups, values[some])
        kept = np.ones(len(indices), np.bool_)
        kept[some] = False
        kept[some[firsts]] = True
        indices, values = indices[kept], values[kept]
        sizes = np.bincount(chunk_of[kept], minlength=len(sizes)).astype(np.int64)
    return indices.astype(np.int32), values.astype(np.float32), sizes


def _before(counts: Indices) -> Indices:
    """How many there are before each."""
    return np.cumsum(counts) - counts


def _runs(starts: Indices, counts: Indices) -> Indices:
    """The numbers from each start on, as many as its count, behind each other."""
    return np.repeat(starts - _before(counts), counts) + np.arange(int(counts.sum()))
