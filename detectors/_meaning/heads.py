"""What signals there are, and how sure a text is of each: linear heads over two kinds of features.

The cheap head adds up weights of word pieces and of pairs of neighbouring ones. It has learned what
the dear head says, which judges the encoder's vector.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._linear.model_file import MODELS, BrokenModel, check
from detectors._meaning.encoder import Vectors

Floats = npt.NDArray[np.float64]

FILE: Final = "meaning_heads.npz"
PAIRS: Final = 1 << 16
"""Rows of the table for pairs of pieces, which share them by chance."""

_LEFT: Final = 1_000_003
_RIGHT: Final = 7_919
_PIECES_AT_ONCE: Final = 16_384


class Heads(NamedTuple):
    """Everything that was learned; `signals` names the columns.

    `table` and `steps` are the cheap head's weights (pieces and pairs, signals) in whole steps, and
    `bias` what it adds; `dear` (signals, numbers + 1) the encoder's head. `gate` are the cheap
    logits above which the encoder reads. `read` and `unread` (signals, 2) hold by what a dear and a
    cheap logit are multiplied and what is added, so that 0 stands at the threshold. `alone`
    (signals) is what the logit of a sentence loses that is judged without its neighbours.
    """

    signals: tuple[str, ...]
    table: npt.NDArray[np.int8]
    steps: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    dear: npt.NDArray[np.float32]
    gate: npt.NDArray[np.float32]
    read: npt.NDArray[np.float32]
    unread: npt.NDArray[np.float32]
    alone: npt.NDArray[np.float32]

    def cheap(self, ids: list[list[int]]) -> Floats:
        """(texts, signals): the cheap logits of texts, given by their pieces' numbers."""
        return cheap_logits(self.table, self.steps, self.bias, ids)

    def dearly(self, vectors: Vectors) -> Floats:
        """(texts, signals): the dear logits of texts, given by the encoder's vectors."""
        logits: Floats = vectors.astype(np.float64) @ self.dear[:, :-1].T + self.dear[:, -1]
        return logits

    def by_dear(self, logits: Floats) -> Floats:
        """(texts, signals): dear logits with 0 at the threshold."""
        found: Floats = logits * self.read[:, 0] + self.read[:, 1]
        return found

    def by_cheap(self, logits: Floats) -> Floats:
        """(texts, signals): cheap logits with 0 at the threshold where the encoder hasn't read."""
        found: Floats = logits * self.unread[:, 0] + self.unread[:, 1]
        return found


def cheap_logits(
    table: npt.NDArray[np.int8],
    steps: npt.NDArray[np.float32],
    bias: npt.NDArray[np.float32],
    ids: list[list[int]],
) -> Floats:
    """(texts, columns): what a table of pieces and pairs says of texts, given by their pieces."""
    found = np.zeros((len(ids), table.shape[1]))
    sizes = np.array([len(some) for some in ids], np.int64)
    flat, owners = rows_of(ids, sizes, len(table) - PAIRS)
    for first in range(0, len(flat), _PIECES_AT_ONCE):
        part = table[flat[first : first + _PIECES_AT_ONCE]].astype(np.float64)
        whose = owners[first : first + _PIECES_AT_ONCE]
        starts = np.flatnonzero(np.diff(whose, prepend=-1))
        found[whose[starts]] += np.add.reduceat(part, starts, axis=0)
    found *= steps / np.sqrt(np.maximum(sizes, 1))[:, None]
    found += bias
    return found


def rows_of(
    ids: list[list[int]], sizes: npt.NDArray[np.int64], pieces: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The table's rows of texts' pieces and pairs, and whose each is, text by text."""
    singles = np.array([number for some in ids for number in some], np.int64)
    owners = np.repeat(np.arange(len(ids)), sizes)
    if not len(singles):
        return singles, owners
    same = owners[1:] == owners[:-1]
    pairs = pieces + (singles[:-1] * _LEFT + singles[1:] * _RIGHT) % PAIRS
    rows = np.concatenate([singles, pairs[same]])
    whose = np.concatenate([owners, owners[1:][same]])
    order = np.argsort(whose, kind="stable")
    return rows[order], whose[order]


@cache
def shared_heads() -> Heads:
    """The shipped heads, once per process. Raises `BrokenModel`."""
    return read_heads(MODELS / FILE)


def read_heads(path: Path) -> Heads:
    """The heads of a file. Raises `BrokenModel`."""
    check(path)
    try:
        with np.load(path) as held:
            found: dict[str, Any] = {name: held[name] for name in held.files}
        found["signals"] = tuple(found["signals"].tobytes().decode().split())
        return Heads(**found)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise BrokenModel(f"{path.name} holds no heads; reinstall outwatch") from error


def write_heads(heads: Heads, path: Path) -> None:
    """Writes heads as `read_heads` reads them."""
    names = np.frombuffer(" ".join(heads.signals).encode(), np.uint8)
    np.savez(path, **{**heads._asdict(), "signals": names})
