"""Long verbatim runs of a protected corpus, of which only fingerprints are kept.

Winnowing (Schleimer, Wilkerson, Aiken 2003: "Winnowing: local algorithms for document
fingerprinting"): of the hashes of all runs of k characters, the least in each window of w is
kept. Every run of at least w + k - 1 squeezed characters that an answer shares with the corpus
holds a kept fingerprint. Fingerprints are 64-bit hashes of 32 characters: they tell nothing of
texts that can't be guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._text.squeeze import squeeze

K: Final = 32
WINDOW: Final = 33
_MAGIC: Final = b"outwatch-fingerprints 1\n"
_DIGEST: Final = 32
_SIFT_BITS: Final = 20
_ROUNDS: Final = (1, 2, 4, 8, 16)
_MOST_BYTES: Final = 2_000_000

Hashes = npt.NDArray[np.uint64]


class Run(NamedTuple):
    """A verbatim run in the squeezed text: its first and last (excluded) byte."""

    start: int
    end: int


class Corpus:
    """A corpus's fingerprints, sorted, with a sift that drops most of what isn't among them."""

    def __init__(self, fingerprints: Hashes) -> None:
        self._known = fingerprints
        self._sift = np.zeros(1 << _SIFT_BITS, np.bool_)
        self._sift[_sifted(fingerprints)] = True

    def __len__(self) -> int:
        return len(self._known)

    def runs(self, squeezed: bytes) -> list[Run]:
        """Runs of an answer that stand in the corpus. A run is known from K characters on.

        Of more than 2 MB the first 2 MB are compared.
        """
        hashes = _hashes(squeezed[:_MOST_BYTES])
        if not len(hashes) or not len(self._known):
            return []
        places = np.flatnonzero(self._sift[_sifted(hashes)])
        if not len(places):
            return []
        wanted = hashes[places]
        at = np.minimum(np.searchsorted(self._known, wanted), len(self._known) - 1)
        places = places[self._known[at] == wanted]
        found: list[Run] = []
        for place in places.tolist():
            # Between two neighbours of one run lie fewer than a window's characters.
            if found and place - (found[-1].end - K) <= WINDOW:
                found[-1] = Run(found[-1].start, place + K)
            else:
                found.append(Run(place, place + K))
        return found


def fingerprint(texts: Iterable[str]) -> bytes:
    """A file of the texts' fingerprints, for the option `corpus`.

    Texts shorter than 64 letters and digits leave no trace. The file is a line that names the
    format, the sorted distinct hashes (8 bytes each, least significant first) and the SHA-256
    of both: about 0.5 bytes a character of the corpus.
    """
    kept = [np.unique(_winnow(_hashes(squeeze(text)))) for text in texts]
    hashes = np.unique(np.concatenate(kept)) if kept else np.zeros(0, np.uint64)
    body = _MAGIC + hashes.astype("<u8").tobytes()
    return body + hashlib.sha256(body).digest()


def parse_corpus(data: bytes) -> Corpus:
    """Reads what `fingerprint` made. Raises `ValueError` for anything else."""
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    if not body.startswith(_MAGIC):
        raise ValueError("is not a file of fingerprints")
    if hashlib.sha256(body).digest() != digest:
        raise ValueError("is damaged: make the fingerprints again")
    hashes = np.frombuffer(body[len(_MAGIC) :], "<u8").astype(np.uint64)
    return Corpus(hashes)


def _hashes(data: bytes) -> Hashes:
    """Hashes of all runs of K bytes, in order: pairs of halves, five times over (K = 2 ** 5)."""
    if len(data) < K:
        return np.zeros(0, np.uint64)
    hashes: Hashes = np.frombuffer(data, np.uint8).astype(np.uint64) + np.uint64(1)
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    for step in _ROUNDS:
        hashes = (hashes[:-step] * np.uint64(0xD6E8FEB86659FD93)) ^ hashes[step:]
        hashes ^= hashes >> np.uint64(29)
    return hashes * np.uint64(0xBF58476D1CE4E5B9)


def _winnow(hashes: Hashes) -> Hashes:
    if len(hashes) <= WINDOW:
        return hashes[:0] if not len(hashes) else hashes.min(keepdims=True)
    windows: Hashes = np.lib.stride_tricks.sliding_window_view(hashes, WINDOW)
    least: Hashes = windows.min(axis=1)
    return least


def _sifted(hashes: Hashes) -> npt.NDArray[np.int64]:
    return (hashes >> np.uint64(64 - _SIFT_BITS)).astype(np.int64)
