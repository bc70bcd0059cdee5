"""Vectors of what short texts mean, in six languages, by a small transformer.

It is the first seven of the twelve layers of multilingual-e5-small (Wang et al. 2024:
"Multilingual E5 Text Embeddings"), whose vectors tell tones and intentions apart better than the
last one's, taught what these vectors are for (`detectors.training.meaning.tune`), with products of
eight bits on both sides. A piece's activations are rounded by themselves, so that texts of like
length run together without a text's vector depending on its neighbours. What was read is remembered
by its digest, as answers repeat themselves.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from detectors._encoder.exact import precision
from detectors._encoder.inputs import middle_cut
from detectors._encoder.session import cannot_run, load_runtime, open_session
from detectors._linear.model_file import MODELS, check
from detectors._meaning.pieces import MOST_TOKENS, Pieces, read_pieces

Vectors = npt.NDArray[np.float32]

MODEL: Final = "meaning_encoder.onnx"
PIECES: Final = "meaning_pieces.npz"
WIDTH: Final = 384
LANGUAGES: Final = ("en", "de", "es", "fr", "pt", "zh")

_REMEMBERED: Final = 8_192
_TOKENS_AT_ONCE: Final = 256
_FILLED_UP: Final = 4
"""Pieces of filling that a pass may hold: another pass costs about as much as reading these."""
_HIDDEN: Final = -1e4
_SHORTEST: Final = 1e-6


class SentenceEncoder:
    """Makes vectors of texts, and remembers the last `remembered` of them."""

    def __init__(self, session: Any, pieces: Pieces, remembered: int = _REMEMBERED) -> None:
        self.pieces = pieces
        self.passes = 0
        """How many texts were read, those remembered left out."""
        self._session = session
        self._remembered = remembered
        self._known: OrderedDict[bytes, Vectors] = OrderedDict()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """(texts, `WIDTH`): a vector of length 1 for each text, in order.

        Their products are cosines, about 0 for texts that have nothing in common. Made for a
        sentence or a few: of a text of more than `MOST_TOKENS` pieces the first two thirds and the
        last third of that are read. An empty text has a vector too, which means nothing.
        """
        ids = [middle_cut(some, MOST_TOKENS) for some in self.pieces.ids(texts)]
        keys = [
            hashlib.blake2b(np.array(some, np.int32).tobytes(), digest_size=16).digest()
            for some in ids
        ]
        found = np.zeros((len(texts), WIDTH), np.float32)
        wanted: dict[bytes, list[int]] = {}
        for row, key in enumerate(keys):
            known = self._known.get(key)
            if known is None:
                wanted.setdefault(key, []).append(row)
            else:
                self._known.move_to_end(key)
                found[row] = known
        fresh = sorted(wanted.values(), key=lambda rows: len(ids[rows[0]]))
        for some in _batches(fresh, ids):
            for rows, vector in zip(some, self._read([ids[rows[0]] for rows in some]), strict=True):
                found[rows] = vector
                self._known[keys[rows[0]]] = vector
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return found

    def _read(self, ids: list[list[int]]) -> Vectors:
        self.passes += len(ids)
        longest = max(map(len, ids)) + 2
        numbers = np.full((len(ids), longest), self.pieces.end, np.int64)
        hidden = np.full((len(ids), 1, 1, longest), _HIDDEN, np.float32)
        kept = np.zeros((len(ids), longest, 1), np.float32)
        for row, some in enumerate(ids):
            numbers[row, : len(some) + 2] = (self.pieces.start, *some, self.pieces.end)
            hidden[row, ..., : len(some) + 2] = 0.0
            kept[row, : len(some) + 2] = 1.0 / (len(some) + 2)
        feed = {"embedded": self.pieces.begun(numbers), "hidden": hidden}
        (states,) = self._session.run(None, feed)
        # Sentences have most of their direction in common, which tells nothing.
        return _units(_units((states * kept).sum(axis=1)) - self.pieces.centre)


def _units(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Vectors = vectors / np.maximum(lengths, _SHORTEST)
    return units


def vectors(texts: Sequence[str]) -> Vectors:
    """(texts, `WIDTH`), float32: `SentenceEncoder.vectors` of the shipped encoder.

    A sentence takes about 2 ms the first time. Raises what `shared_sentences` raises.

    >>> from detectors._meaning.encoder import vectors
    >>> a, b, c = vectors(["Where is my parcel?", "Wo bleibt mein Paket?", "Bake it for an hour."])
    >>> bool(a @ b > a @ c)
    True
    """
    return shared_sentences().vectors(texts)


@cache
def shared_sentences() -> SentenceEncoder:
    """The shipped sentence encoder, once per process.

    Raises `NoEncoder` where onnxruntime can't be loaded, and `BrokenModel` where a file is not the
    one that was shipped.
    """
    return read_sentences(MODELS)


def read_sentences(folder: Path) -> SentenceEncoder:
    """The sentence encoder of a folder. Raises `NoEncoder` or `BrokenModel`."""
    runtime = load_runtime()
    check(folder / MODEL)
    try:
        session = open_session(runtime, folder / MODEL, precision(runtime))
    except Exception as error:
        # onnxruntime's own errors have no common base but Exception.
        raise cannot_run(runtime, MODEL, error) from error
    return SentenceEncoder(session, read_pieces(folder / PIECES))


def _batches(rows: list[list[int]], ids: list[list[int]]) -> Iterator[list[list[int]]]:
    """Texts of like length, given from short to long, as many at once as there is room for."""
    some: list[list[int]] = []
    filling = 0
    for one in rows:
        length = len(ids[one[0]])
        more = len(some) * (length - len(ids[some[-1][0]])) if some else 0
        full = (len(some) + 1) * (length + 2) > _TOKENS_AT_ONCE
        if some and (full or filling + more > _FILLED_UP):
            yield some
            some, filling, more = [], 0, 0
        some.append(one)
        filling += more
    if some:
        yield some
