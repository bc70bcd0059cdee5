"""The stretches of a batch's answers in word pieces, worked out once for all that judge them."""

from __future__ import annotations

import weakref
from typing import Final, NamedTuple

from detectors._meaning.pieces import Pieces
from detectors._meaning.stretches import Stretch, stretches
from detectors._text.spoken import spoken_of
from detectors.base import Batch


class Spelled(NamedTuple):
    """A stretch, and the numbers of the pieces of each of its passages."""

    stretch: Stretch
    ids: list[list[int]]


_known: Final[weakref.WeakKeyDictionary[Batch, list[list[Spelled]]]] = weakref.WeakKeyDictionary()


def spelled_of(batch: Batch, pieces: Pieces) -> list[list[Spelled]]:
    """The stretches of each output, in order. All vocabularies of a process are alike."""
    known = _known.get(batch)
    if known is None:
        joined = [
            stretches(some, text) for some, text in zip(spoken_of(batch), batch.texts, strict=True)
        ]
        texts = [
            passage.text.strip() for some in joined for one in some for passage in one.passages
        ]
        spelled = iter(pieces.ids(texts))
        known = _known[batch] = [
            [Spelled(one, [next(spelled) for _ in one.passages]) for one in some] for some in joined
        ]
    return known
