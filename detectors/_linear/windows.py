"""The linear model: table look-ups and sums, no library but numpy.

A window's logit is the sum of its features' weights over the square root of its number of words
(of 4 where there are fewer, so that no single word decides alone). A record's is that of its
worst window: one toxic sentence in a long answer counts in full, and length by itself for
nothing. Platt's method (1999) makes probabilities of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._linear.hashing import TABLE
from detectors._linear.lexicon import Lexicon, Reading, Rows, shared_lexicon
from detectors._linear.model_file import BrokenModel, check, write_checksum
from detectors._text.folding import chunk_spans

Floats = npt.NDArray[np.float32]

FEWEST_WORDS: Final = 4
MAX_CHARS: Final = 1_000_000

_SLICE_CHARS: Final = 50_000
_PENDING: Final = 1 << 14
_NOTHING: Final = -1e9


class Weights(NamedTuple):
    """What training makes: `table` is (2 * TABLE, heads), the others are one value a head."""

    heads: tuple[str, ...]
    table: Floats
    bias: Floats
    slope: Floats
    offset: Floats


class Judged(NamedTuple):
    """What the model says of one text.

    `probabilities` is one value in [0, 1] a head; `worst` gives for each head the window with the
    highest logit, as (first character of the slice, first chunk, last chunk excluded).
    """

    probabilities: npt.NDArray[np.float64]
    worst: tuple[tuple[int, int, int], ...]


class _Slice(NamedTuple):
    text: int
    start: int
    reading: Reading


class LinearModel:
    """Judges texts. What it has worked out for the chunks it met is remembered, within bounds."""

    def __init__(self, weights: Weights, lexicon: Lexicon | None = None) -> None:
        self.heads = weights.heads
        self._weights = weights._replace(table=weights.table[:0])
        self._rows = Rows(weights.table)
        self._lexicon = lexicon or shared_lexicon()

    def judge(self, texts: Sequence[str]) -> list[Judged]:
        """One answer per text, in order. A text without a word gets zeros.

        Of a text longer than `MAX_CHARS` the first and last halves of that many are judged.
        """
        logits, worst = self.logits(texts)
        exponent = np.clip(logits * self._weights.slope + self._weights.offset, -60.0, 60.0)
        probabilities = np.where(logits > _NOTHING / 2, 1.0 / (1.0 + np.exp(-exponent)), 0.0)
        return [Judged(*pair) for pair in zip(probabilities, worst, strict=True)]

    def logits(
        self, texts: Sequence[str]
    ) -> tuple[npt.NDArray[np.float64], list[tuple[tuple[int, int, int], ...]]]:
        """Logits before calibration, (texts, heads), and each head's worst window."""
        heads = len(self.heads)
        best = np.full((len(texts), heads), _NOTHING)
        worst = [[(0, 0, 0)] * heads for _ in texts]
        pending: list[_Slice] = []
        waiting = 0
        sliced = [_slices(text) for text in texts]
        if len(texts) > 1:
            self._lexicon.look_over([part for some in sliced for _, part in some])
        for number, some in enumerate(sliced):
            for start, part in some:
                reading = self._lexicon.joined(part)
                if not reading.windows:
                    continue
                if pending and (
                    reading.page is not pending[0].reading.page
                    or waiting + len(reading.numbers) > _PENDING
                ):
                    self._settle(pending, best, worst)
                    pending, waiting = [], 0
                pending.append(_Slice(number, start, reading))
                waiting += len(reading.numbers)
        if pending:
            self._settle(pending, best, worst)
        return best + self._weights.bias, [tuple(spans) for spans in worst]

    def _settle(
        self,
        pending: list[_Slice],
        best: npt.NDArray[np.float64],
        worst: list[list[tuple[int, int, int]]],
    ) -> None:
        page = pending[0].reading.page
        readings = [part.reading for part in pending]
        slots = np.concatenate([reading.numbers for reading in readings])
        lengths = np.array([len(reading.numbers) for reading in readings])
        starts = np.cumsum(lengths) - lengths
        pairs = self._rows.table[np.concatenate([reading.pairs for reading in readings])]
        rows = self._rows.of(page)[slots] + pairs
        sums = np.zeros((len(slots) + 1, len(self.heads)))
        np.cumsum(rows, axis=0, out=sums[1:])
        counts = np.zeros(len(slots) + 1)
        np.cumsum(page.words[slots], out=counts[1:])

        spans = np.array([span for reading in readings for span in reading.windows])
        per_part = np.array([len(reading.windows) for reading in readings])
        edges = spans + np.repeat(starts, per_part)[:, None]
        size = counts[edges[:, 1]] - counts[edges[:, 0]]
        logits = sums[edges[:, 1]] - sums[edges[:, 0]] - pairs[edges[:, 0]]
        logits /= np.sqrt(np.maximum(size, FEWEST_WORDS))[:, None]
        tops = np.maximum.reduceat(logits, np.cumsum(per_part) - per_part, axis=0)

        window = 0
        for index, part in enumerate(pending):
            here = logits[window : window + per_part[index]]
            better = np.flatnonzero(tops[index] > best[part.text])
            if len(better):
                at = here.argmax(axis=0)
                for head in better:
                    first, last = part.reading.windows[at[head]]
                    worst[part.text][head] = (part.start, first, last)
                    best[part.text, head] = tops[index, head]
            window += per_part[index]


def span_of(text: str, window: tuple[int, int, int]) -> tuple[int, int]:
    """Where a window of `Judged.worst` lies in the text, in code points."""
    start, first, last = window
    spans = chunk_spans(text[start : start + _SLICE_CHARS])[first:last]
    return (start + spans[0][0], start + spans[-1][1]) if spans else (start, start)


def _slices(text: str) -> list[tuple[int, str]]:
    """Parts of at most `_SLICE_CHARS`, cut at white space where there is some near."""
    if len(text) <= _SLICE_CHARS:
        return [(0, text)]
    half = MAX_CHARS // 2
    ranges = (
        [(0, len(text))]
        if len(text) <= MAX_CHARS
        else [
            (0, half),
            (len(text) - half, len(text)),
        ]
    )
    parts = []
    for start, stop in ranges:
        while start < stop:
            end = min(start + _SLICE_CHARS, stop)
            if end < stop:
                near = end - 200
                end = max(text.rfind(" ", near, end), text.rfind("\n", near, end)) + 1 or end
            parts.append((start, text[start:end]))
            start = end
    return parts


def save(weights: Weights, path: Path) -> str:
    """Writes the weights and their checksum, which it returns; equal weights give equal bytes."""
    used = np.flatnonzero(np.abs(weights.table).max(axis=1) > 0)
    arrays = {
        "heads": np.array(weights.heads),
        "used": used.astype(np.uint32),
        "values": weights.table[used].astype(np.float16),
        "bias": weights.bias,
        "slope": weights.slope,
        "offset": weights.offset,
    }
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    return write_checksum(path)


def load(path: Path) -> Weights:
    """Reads weights and checks them against the checksum in `<path>.sha256`.

    Raises `BrokenModel` when either file is missing, unreadable, or not what was shipped.
    """
    check(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            heads = tuple(str(head) for head in file["heads"])
            table = np.zeros((2 * TABLE, len(heads)), np.float32)
            table[file["used"]] = file["values"]
            return Weights(heads, table, file["bias"], file["slope"], file["offset"])
    except (KeyError, IndexError, ValueError, OSError) as error:
        raise BrokenModel(f"{path.name} holds no model; reinstall outwatch") from error
