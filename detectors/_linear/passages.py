"""A linear model over passages, for detectors that ask who speaks and how.

The model is the toxicity detector's: sums of hashed words and pairs of words. Here each passage
is judged alone, a `gate` weakens what the passage's grammar belies, and a record scores as its
worst passage.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._linear.lexicon import Reading, Rows, shared_lexicon
from detectors._linear.windows import FEWEST_WORDS, Weights
from detectors._text.folding import chunks, fold
from detectors._text.passages import Passage, passages_of
from detectors.base import Batch

Floats = npt.NDArray[np.float64]
Gate = Callable[[str], tuple[float, ...]]
Settle = Callable[[Floats], Floats]

_NO_WORD: Final = -1e6
_NOTHING: Final = -1e9
_CHARS_AT_ONCE: Final = 50_000


class PassageVerdict(NamedTuple):
    """What the model says of a record.

    `probabilities` are those of the worst passage unless the model settles them otherwise, one a
    head, and `spans` where the worst lies;
    `overall` is made of the mean over all passages, without floors and gate.
    """

    probabilities: tuple[float, ...]
    spans: tuple[tuple[int, int], ...]
    overall: tuple[float, ...]


class _Parts(NamedTuple):
    """Some texts side by side, and how many chunks each has."""

    reading: Reading
    sizes: npt.NDArray[np.int64]


class _Read(NamedTuple):
    """The passages of a batch's records, and all of them as the models read them."""

    passages: list[list[Passage]]
    parts: list[_Parts]


_read: weakref.WeakKeyDictionary[Batch, _Read] = weakref.WeakKeyDictionary()


def _passages_of(batch: Batch) -> _Read:
    """Worked out once for all the detectors that ask about a batch."""
    known = _read.get(batch)
    if known is None:
        found = passages_of(batch)
        known = _Read(found, _parts([passage.text for some in found for passage in some]))
        _read[batch] = known
    return known


def _parts(texts: list[str]) -> list[_Parts]:
    parts = []
    first = chars = 0
    for place, text in enumerate(texts):
        chars += len(text)
        if chars >= _CHARS_AT_ONCE or place == len(texts) - 1:
            parts.append(_Parts(*shared_lexicon().beside(texts[first : place + 1])))
            first, chars = place + 1, 0
    return parts


class PassageModel:
    """Judges the passages of records.

    Of a passage that the model finds at all suspicious, `floors` says the least that each head
    scores, `gate` by what factor in [0, 1] it is weakened, and `shifts` what is added to its logits
    before calibration. Only the first `gated` heads are looked at for that, all by default.
    `settle` makes an answer's probabilities out of those of its passages, (passages, heads); by
    default the worst counts. A passage is suspicious above a probability of `worth_a_look`.
    """

    def __init__(
        self,
        weights: Weights,
        gate: Gate,
        floors: Gate,
        gated: int | None = None,
        *,
        shifts: Gate | None = None,
        settle: Settle | None = None,
        worth_a_look: float = 0.06,
    ) -> None:
        self.heads = weights.heads
        self._rows = Rows(weights.table)
        self._weights = weights._replace(table=weights.table[:0])
        self._gate = gate
        self._floors = floors
        self._gated = gated
        self._shifts = shifts
        self._settle = settle
        self._worth_a_look = worth_a_look

    def judge(self, batch: Batch) -> list[PassageVerdict]:
        """One verdict per record, in order."""
        found, parts = _passages_of(batch)
        texts = [passage.text for some in found for passage in some]
        logits, probabilities = self._both(texts, parts)
        verdicts = []
        first = 0
        for some in found:
            last = first + len(some)
            verdicts.append(self._verdict(some, logits[first:last], probabilities[first:last]))
            first = last
        return verdicts

    def probabilities(self, texts: list[str]) -> Floats:
        """(texts, heads): what the model says of passages, after floors and gate."""
        return self._both(texts, _parts(texts))[1]

    def _both(self, texts: list[str], parts: list[_Parts]) -> tuple[Floats, Floats]:
        if not texts:
            nothing = np.zeros((0, len(self.heads)))
            return nothing, nothing
        logits = np.concatenate([self._logits(*part) for part in parts])
        return logits, self.weighed(texts, logits)

    def weighed(self, texts: list[str], logits: Floats) -> Floats:
        """(texts, heads): what the model says of passages whose logits, uncalibrated, are known."""
        found = self._calibrated(logits)
        highest = found[:, : self._gated].max(axis=1)
        for row in np.flatnonzero(highest > self._worth_a_look).tolist():
            words = plain(texts[row])
            if self._shifts is not None:
                found[row] = self._calibrated(logits[row] + self._shifts(words))
            found[row] = np.maximum(found[row], self._floors(words)) * self._gate(words)
        return found

    def _logits(self, reading: Reading, sizes: npt.NDArray[np.int64]) -> Floats:
        """(texts, heads): logits before calibration; far below `_NO_WORD` without a word."""
        found = np.full((len(sizes), len(self.heads)), _NOTHING)
        if not sizes.any():
            return found
        starts = (np.cumsum(sizes) - sizes)[sizes > 0]
        rows = self._rows.of(reading.page)[reading.numbers] + self._rows.table[reading.pairs]
        words = np.add.reduceat(reading.words, starts)
        sums = np.add.reduceat(rows, starts, axis=0)
        sums /= np.sqrt(np.maximum(words, FEWEST_WORDS))[:, None]
        sums += self._weights.bias
        sums[words == 0] = _NOTHING
        found[sizes > 0] = sums
        return found

    def _calibrated(self, logits: Floats) -> Floats:
        exponent = np.clip(logits * self._weights.slope + self._weights.offset, -60.0, 60.0)
        found: Floats = np.where(logits > _NO_WORD, 1.0 / (1.0 + np.exp(-exponent)), 0.0)
        return found

    def _verdict(self, some: list[Passage], logits: Floats, rows: Floats) -> PassageVerdict:
        nothing = (0.0,) * len(self.heads)
        read = logits[logits.max(axis=1) > _NO_WORD] if some else logits
        if not len(read):
            return PassageVerdict(nothing, ((0, 0),) * len(self.heads), nothing)
        places = rows.argmax(axis=0).tolist()
        worst = rows.max(axis=0) if self._settle is None else self._settle(rows)
        return PassageVerdict(
            tuple(worst.tolist()),
            tuple((some[place].start, some[place].end) for place in places),
            tuple(self._calibrated(read.mean(axis=0)).tolist()),
        )


def plain(text: str) -> str:
    """Lower case with one spelling for many, as the model reads it.

    >>> plain("I аm’ Here")
    "i am' here"
    """
    if text.isascii():
        return text.lower()
    return " ".join(fold(chunk) for chunk in chunks(text)).replace("’", "'")
