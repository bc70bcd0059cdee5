"""A linear model over parts of a text: its opening, its ending, and all of it.

A part's value is the sum of its words', word pairs' and characters' weights over the square root
of its number of words. How an answer begins says most about whether it refuses; the rest says
whether it goes on to help after all. What is dear is a function of one chunk of text, so it is
remembered, within bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import log1p
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._linear.hashing import TABLE, Chunk, analyse
from detectors._linear.lexicon import LONGEST_PLAIN, Reading, Rows, shared_lexicon
from detectors._linear.model_file import BrokenModel, check, write_checksum
from detectors._text.folding import chunk_spans

Floats = npt.NDArray[np.float64]

PARTS: Final = ("opening", "all", "ending")
FEWEST_WORDS: Final = 4
OPENING_CHUNKS: Final = 40
ENDING_CHUNKS: Final = 30

_HEAD_CHARS: Final = 24_000
_TAIL_CHARS: Final = 8_000
_PASSAGE_CHUNKS: Final = 24
_MOST_TEXTS: Final = 256


class PartsWeights(NamedTuple):
    """What training makes.

    `heads` are named "<task>.<part>" with a part of `PARTS`; `table` is (2 * TABLE, heads).
    `dense` maps a task to the weights of its plain numbers; `scale` maps it to (bias, slope,
    offset): probability = 1 / (1 + exp(-(slope * (sum + bias) + offset))), Platt's method (1999).
    """

    heads: tuple[str, ...]
    table: npt.NDArray[np.float32]
    dense: dict[str, Floats]
    scale: dict[str, tuple[float, float, float]]


def judged_part(text: str) -> str:
    """What is read of a text: all of it, or the first 24,000 and last 8,000 characters."""
    if len(text) <= _HEAD_CHARS + _TAIL_CHARS:
        return text
    return text[:_HEAD_CHARS] + "\n" + text[-_TAIL_CHARS:]


def length(text: str) -> float:
    """The logarithm of the number of words that are read, plus one."""
    return log1p(len(judged_part(text).split()))


def analyse_chunk(chunk: str) -> Chunk:
    """The features of one chunk; only the first 120 characters of a longer one count."""
    return analyse(chunk[:LONGEST_PLAIN])


def part_bounds(size: int) -> tuple[tuple[int, int], ...]:
    """Where each of `PARTS` begins and ends among that many chunks."""
    return (
        (0, min(size, OPENING_CHUNKS)),
        (0, size),
        (max(0, size - ENDING_CHUNKS), size),
    )


class PartsModel:
    """Reads texts with the weights of several tasks."""

    def __init__(self, weights: PartsWeights) -> None:
        self.weights = weights._replace(table=weights.table[:0])
        self._columns = np.array(
            [PARTS.index(head.rpartition(".")[2]) for head in weights.heads], np.int64
        )
        self._heads = np.arange(len(weights.heads))
        self._tasks = {
            task: np.flatnonzero([head.rpartition(".")[0] == task for head in weights.heads])
            for task in weights.scale
        }
        self._rows = Rows(weights.table)
        self._lexicon = shared_lexicon()
        self._values: dict[str, Floats] = {}

    def read(self, text: str) -> Floats:
        """One value per head. Detectors ask about the same texts, so the last are remembered."""
        part = judged_part(text)
        known = self._values.get(part)
        if known is None:
            if len(self._values) >= _MOST_TEXTS:
                self._values.clear()
            known = self._values[part] = self._read(part)
        return known

    def _read(self, part: str) -> Floats:
        reading = self._lexicon.plain(part)
        rows, words = self._chunk_values(reading), reading.words
        if not len(words):
            return np.zeros(len(self.weights.heads))
        bounds = part_bounds(len(words))
        sums = np.stack([rows[start:end].sum(axis=0, dtype=np.float64) for start, end in bounds])
        sizes = np.array([words[start:end].sum() for start, end in bounds])
        sums /= np.sqrt(np.maximum(sizes, FEWEST_WORDS))[:, None]
        result: Floats = sums[self._columns, self._heads]
        return result

    def logit(self, task: str, values: Floats, numbers: Sequence[float]) -> float:
        """The calibrated logit of one task, of the values of `read` and its plain numbers."""
        bias, slope, offset = self.weights.scale[task]
        total = values[self._tasks[task]].sum() + np.dot(self.weights.dense[task], numbers) + bias
        return min(max(float(slope * total + offset), -30.0), 30.0)

    def passage(self, task: str, text: str) -> tuple[int, int]:
        """Where the 24 chunks lie that say most for a task, in code points of the text."""
        part = text[:_HEAD_CHARS]
        spans = chunk_spans(part)
        rows = self._chunk_values(self._lexicon.plain(part))
        if not len(rows):
            return (0, 0)
        sums = np.concatenate([[0.0], np.cumsum(rows[:, self._tasks[task]].sum(axis=1))])
        size = min(_PASSAGE_CHUNKS, len(spans))
        first = int((sums[size:] - sums[:-size]).argmax())
        return spans[first][0], spans[first + size - 1][1]

    def _chunk_values(self, reading: Reading) -> npt.NDArray[np.float32]:
        """Sums of weights, (chunks, heads); each pair's weight is with its second chunk."""
        rows: npt.NDArray[np.float32] = self._rows.of(reading.page)[reading.numbers]
        rows += self._rows.table[reading.pairs]
        return rows


@cache
def shared_model(path: Path) -> PartsModel:
    """The model of a file, once per process. Raises `BrokenModel` as `load` does."""
    return PartsModel(load(path))


def probability(logit: float) -> float:
    """A logit as a probability in (0, 1)."""
    return float(1.0 / (1.0 + np.exp(-logit)))


def save(weights: PartsWeights, path: Path) -> None:
    """Writes weights and their checksum; the same weights give the same bytes."""
    used = np.flatnonzero(np.abs(weights.table).max(axis=1) > 0)
    arrays = {
        "heads": np.array(weights.heads),
        "used": used.astype(np.uint32),
        "values": weights.table[used].astype(np.float16),
    }
    arrays |= {f"dense.{task}": values for task, values in weights.dense.items()}
    arrays |= {f"scale.{task}": np.array(values) for task, values in weights.scale.items()}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    write_checksum(path)


def load(path: Path) -> PartsWeights:
    """Reads weights and checks them against the checksum in `<path>.sha256`.

    Raises `BrokenModel` when either file is missing, unreadable, or not what was shipped.
    """
    check(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            heads = tuple(str(head) for head in file["heads"])
            table = np.zeros((2 * TABLE, len(heads)), np.float32)
            table[file["used"]] = file["values"]
            dense = {
                key.partition(".")[2]: file[key].astype(np.float64)
                for key in file.files
                if key.startswith("dense.")
            }
            scale = {}
            for key in file.files:
                if key.startswith("scale."):
                    bias, slope, offset = file[key].tolist()
                    scale[key.partition(".")[2]] = (bias, slope, offset)
            return PartsWeights(heads, table, dense, scale)
    except (KeyError, IndexError, ValueError, OSError) as error:
        raise BrokenModel(f"{path.name} holds no model; reinstall outwatch") from error
