"""What a request asks for, by its vector: for requests that say so in words of their own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._linear.model_file import MODELS, BrokenModel, check
from detectors._meaning.encoder import Vectors, vectors
from detectors._text.asked_for import Kinds

FILE = "meaning_requests.npz"
_PART = 400
_REMEMBERED = 1_024


class RequestHeads(NamedTuple):
    """A linear head for each kind: `weights` (kinds, numbers + 1), 0 at the threshold."""

    kinds: tuple[str, ...]
    weights: npt.NDArray[np.float32]

    def logits(self, of: Vectors) -> npt.NDArray[np.float64]:
        """(requests, kinds): above 0 where a kind is asked for."""
        found: npt.NDArray[np.float64] = of.astype(np.float64) @ self.weights[:, :-1].T
        return found + self.weights[:, -1]


def kinds_by_meaning(text: str) -> Kinds:
    """The kinds that a request asks for by its vector; of a long one its beginning and its end are
    read, each by itself. Raises `NoEncoder` or `BrokenModel`."""
    return _kinds_of(parts_of(text)) if text.strip() else frozenset()


@lru_cache(_REMEMBERED)
def _kinds_of(parts: tuple[str, ...]) -> Kinds:
    heads = shared_request_heads()
    high = heads.logits(vectors(parts)).max(axis=0) > 0
    return frozenset(kind for kind, asked in zip(heads.kinds, high, strict=True) if asked)


def parts_of(text: str) -> tuple[str, ...]:
    """The texts that stand for a request.

    >>> parts_of("Write me a poem."), len(parts_of("word " * 500))
    (('Write me a poem.',), 2)
    """
    return (text,) if len(text) <= 2 * _PART else (text[:_PART], text[-_PART:])


@cache
def shared_request_heads() -> RequestHeads:
    """The shipped heads, once per process. Raises `BrokenModel`."""
    path = MODELS / FILE
    check(path)
    try:
        with np.load(path) as held:
            kinds = tuple(held["kinds"].tobytes().decode().split())
            return RequestHeads(kinds, held["weights"].astype(np.float32))
    except (KeyError, ValueError, OSError) as error:
        raise BrokenModel(f"{FILE} holds no heads; reinstall outwatch") from error


def write_request_heads(kinds: Sequence[str], weights: npt.NDArray[np.float32], path: Path) -> None:
    """Writes heads as `shared_request_heads` reads them."""
    names = np.frombuffer(" ".join(kinds).encode(), np.uint8)
    np.savez(path, kinds=names, weights=weights.astype(np.float16))
