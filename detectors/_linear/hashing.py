"""From chunks of a text to hashed features: their words, n-grams of them, and pairs.

Training and scoring both go through here, so that the model is trained on what it will see.
Everything dear is a function of one chunk, so that it can be remembered. `hash_many` does the same
for many chunks at once.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from detectors._text.folding import fold, unstretched

BITS: Final = 18
TABLE: Final = 1 << BITS
MASK: Final = TABLE - 1

_MAX_WORD: Final = 40
_NO_WORD: Final = 0
_CHARS_PER_PIECE: Final = 64
_MOST_FOLDED: Final = 4 * _CHARS_PER_PIECE
"""Characters that are read of a folded piece: one character may fold to eighteen."""
NGRAMS: Final = (3, 4, 5)
NGRAM_WEIGHT: Final = 1.0
GRAM_SEED: Final = 0x5BD1E995
_WINDOW_WORDS: Final = 5
_WINDOW_CHUNKS: Final = 32

_WORD = re.compile(r"[^\W_]+(?:[*'’]+[^\W_]+)*|[\u2600-\u27bf\U0001f300-\U0001faff]")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]*_]{0,3}\Z")
# Only what folding leaves alone: "@" makes a name of what follows it.
_AROUND_WORDS: Final = ".,;:!?()[]\"'"


class Chunk(NamedTuple):
    """What one chunk adds to its window.

    `indices` and `values` are its features; `first` and `last` the hashes of its outer words, from
    which bigrams with the neighbours are made (0 for none); `words` how many words it counts as.
    """

    indices: tuple[int, ...]
    values: tuple[float, ...]
    first: int
    last: int
    words: int
    ends_sentence: bool
    is_letter: bool


_NOTHING: Final = Chunk((), (), _NO_WORD, _NO_WORD, 0, False, False)


def word_hash(word: str) -> int:
    """A 32-bit hash of a word, never 0."""
    return crc32(word.encode("utf-8", "replace")) or 1


def bigram_index(first: int, second: int) -> int:
    """The feature of two words side by side, in the upper half of the table."""
    mixed = (first * 0x9E3779B1 + second * 0x85EBCA77) & 0xFFFFFFFFFFFFFFFF
    return TABLE + ((mixed >> 15) & MASK)


def analyse(chunk: str) -> Chunk:
    """The features of one chunk. Takes time linear in its length."""
    return _of_words(words_of(chunk))._replace(ends_sentence=ends_sentence(chunk))


def ends_sentence(chunk: str) -> bool:
    """Whether a sentence ends with this chunk."""
    return chunk == "\n" or (
        not chunk[-1:].isalnum() and _SENTENCE_END.search(chunk[-8:]) is not None
    )


def words_of(chunk: str) -> list[str]:
    """The words that a chunk counts as, in one spelling for many."""
    core = chunk.strip(_AROUND_WORDS)
    if len(chunk) <= _CHARS_PER_PIECE and core.isascii() and core.isalpha():
        return [unstretched(core.lower())[:_MAX_WORD]]
    return [
        word.replace("'", "").replace("’", "")[:_MAX_WORD]
        for start in range(0, len(chunk), _CHARS_PER_PIECE)
        for word in _WORD.findall(fold(chunk[start : start + _CHARS_PER_PIECE])[:_MOST_FOLDED])
    ]


def is_letter(words: list[str]) -> bool:
    """Whether a chunk is one letter that may be of a word spelled out."""
    return len(words) == 1 and len(words[0]) == 1 and words[0].isascii() and words[0].isalpha()


def _of_words(words: list[str]) -> Chunk:
    if not words:
        return _NOTHING
    found: dict[int, float] = {}
    hashes = [word_hash(word) for word in words]
    for word, hashed in zip(words, hashes, strict=True):
        found[hashed & MASK] = found.get(hashed & MASK, 0.0) + 1.0
        grams = _ngrams(word)
        for gram in grams:
            index = crc32(gram, GRAM_SEED) & MASK
            found[index] = found.get(index, 0.0) + NGRAM_WEIGHT / len(grams) ** 0.5
    for before, after in pairwise(hashes):
        index = bigram_index(before, after)
        found[index] = found.get(index, 0.0) + 1.0
    return Chunk(
        tuple(found),
        tuple(found.values()),
        hashes[0],
        hashes[-1],
        len(words),
        False,
        is_letter(words),
    )


def _ngrams(word: str) -> list[bytes]:
    if len(word) < 2:
        return []
    bounded = f"<{word}>"
    size = len(bounded)
    if bounded.isascii():
        plain = bounded.encode()
        return [plain[start : start + n] for n in NGRAMS for start in range(size - n + 1)]
    return [
        bounded[start : start + n].encode("utf-8", "replace")
        for n in NGRAMS
        for start in range(size - n + 1)
    ]


def join_letters(pieces: list[str], is_letter: list[bool]) -> list[str]:
    """Chunks with every run of three or more single letters joined: spelling out hides nothing.

    The word takes the place of the run's last letter and the others become empty, so that chunks
    keep their places.
    """
    joined = list(pieces)
    start = 0
    for index in range(len(pieces) + 1):
        if index < len(pieces) and is_letter[index]:
            continue
        if index - start >= 3:
            word = "".join(filter(str.isalnum, "".join(pieces[start:index])))
            joined[start:index] = [""] * (index - start - 1) + [word]
        start = index + 1
    return joined


def windows(
    ends_sentence: npt.NDArray[np.bool_], words: npt.NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Windows over chunks, as (first, last excluded): what is judged together.

    Whole sentences up to the first end at or after 5 words; longer ones are cut into pieces of
    32 chunks that overlap by half. Windows without a word are left out.
    """
    if not words.any():
        return []
    counts = np.concatenate([[0], np.cumsum(words)])
    found: list[tuple[int, int]] = []
    start = 0
    last = len(words)
    stops = (np.flatnonzero(ends_sentence) + 1).tolist()
    if not stops or stops[-1] != last:
        stops.append(last)
    reached = counts[stops].tolist()
    base = 0
    for stop, count in zip(stops, reached, strict=True):
        if stop < last and count - base < _WINDOW_WORDS:
            continue
        if count > base:
            while stop - start > _WINDOW_CHUNKS:
                found.append((start, start + _WINDOW_CHUNKS))
                start += _WINDOW_CHUNKS // 2
            found.append((start, stop))
        start, base = stop, count
    return [span for span in found if counts[span[1]] > counts[span[0]]]
