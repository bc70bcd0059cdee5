"""The chunks of texts, numbered once for all the linear models of a process.

Half a dozen models read the same texts, each with weights of its own. What doesn't depend on the
weights is worked out here: which chunks a text has, their features, and the pairs that they make.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from detectors._linear.hash_many import Indices, analyse_many, pair_indices
from detectors._linear.hashing import TABLE, join_letters, windows
from detectors._text.folding import chunks

NO_PAIR: Final = 2 * TABLE
"""The feature of two neighbours that are no pair of words: the row after a table's last."""
LONGEST_PLAIN: Final = 120

_LONGEST_REMEMBERED: Final = 32
_MOST_CHUNKS: Final = 1 << 16
_MOST_TEXT_CHARS: Final = 1_000_000
_MOST_TEXTS: Final = 4_096
_CHARS_AT_ONCE: Final = 50_000
_FEATURES_EACH: Final = 16
_FEATURES_TOGETHER: Final = 1 << 14

_Kind = TypeVar("_Kind", bound=np.generic)


class Page:
    """What is known of the chunks numbered so far. It only grows, so numbers stay good."""

    def __init__(self) -> None:
        self.size = 0
        self.first = np.zeros(1024, np.uint64)
        self.last = np.zeros(1024, np.uint64)
        self.words = np.zeros(1024, np.int64)
        self.ends = np.zeros(1024, np.bool_)
        self.letter = np.zeros(1024, np.bool_)
        self.long = np.zeros(1024, np.bool_)
        self.starts = np.zeros(1025, np.int64)
        self.indices = np.zeros(1024 * _FEATURES_EACH, np.int32)
        self.values = np.zeros(1024 * _FEATURES_EACH, np.float32)

    def add(self, pieces: Sequence[str]) -> None:
        """Numbers these chunks from `size` on."""
        found = analyse_many(pieces)
        begin, end = self.size, self.size + len(pieces)
        at = int(self.starts[begin])
        until = at + len(found.indices)
        for name in ("first", "last", "words", "ends", "letter", "long"):
            setattr(self, name, _grown(getattr(self, name), end))
        self.starts = _grown(self.starts, end + 1)
        self.indices = _grown(self.indices, until)
        self.values = _grown(self.values, until)
        self.first[begin:end] = found.first
        self.last[begin:end] = found.last
        self.words[begin:end] = found.words
        self.ends[begin:end] = found.ends
        self.letter[begin:end] = found.letter
        self.long[begin:end] = [len(piece) > LONGEST_PLAIN for piece in pieces]
        self.starts[begin + 1 : end + 1] = at + np.cumsum(found.sizes)
        self.indices[at:until] = found.indices
        self.values[at:until] = found.values
        self.size = end


class Reading:
    """One text as numbers of chunks, and what follows from them alone."""

    def __init__(self, page: Page, numbers: Indices) -> None:
        self.page = page
        self.numbers = numbers
        self._pairs: Indices | None = None
        self._windows: list[tuple[int, int]] | None = None

    @property
    def pairs(self) -> Indices:
        """For each chunk the feature of the pair with the one before it, or `NO_PAIR`."""
        if self._pairs is None:
            found = np.full(len(self.numbers), NO_PAIR, np.int64)
            if len(found) > 1:
                before = self.page.last[self.numbers[:-1]]
                after = self.page.first[self.numbers[1:]]
                found[1:] = pair_indices(before, after)
                found[1:][(before == 0) | (after == 0)] = NO_PAIR
            self._pairs = found
        return self._pairs

    @property
    def words(self) -> Indices:
        """How many words each chunk counts as."""
        found: Indices = self.page.words[self.numbers]
        return found

    @property
    def windows(self) -> list[tuple[int, int]]:
        """The windows over the chunks that are judged together."""
        if self._windows is None:
            self._windows = windows(self.page.ends[self.numbers], self.words)
        return self._windows


class Lexicon:
    """Numbers chunks, and remembers the last texts and the chunks met, within bounds.

    May be used from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._page = Page()
        self._numbers: dict[str, int] = {}
        self._texts: dict[str, tuple[Reading, Reading]] = {}
        self._text_chars = 0

    def joined(self, text: str) -> Reading:
        """A text with letters that stand apart ("m o r o n") joined into words."""
        return self._read(text)[0]

    def plain(self, text: str) -> Reading:
        """A text as written, only the first 120 characters of each chunk."""
        return self._read(text)[1]

    def look_over(self, texts: Sequence[str]) -> None:
        """Numbers what is new in these texts together, which takes a fraction of one by one."""
        new: dict[str, None] = {}
        chars = 0
        for text in texts:
            if text in self._texts:
                continue
            new.update(dict.fromkeys(chunks(text)))
            chars += len(text)
            if chars > _CHARS_AT_ONCE:
                self._look_over(new)
                new, chars = {}, 0
        self._look_over(new)

    def _look_over(self, pieces: Iterable[str]) -> None:
        with self._lock:
            new = [
                piece
                for piece in pieces
                if piece not in self._numbers and len(piece) <= _LONGEST_REMEMBERED
            ]
            if new:
                self._number(new)

    def beside(self, texts: Sequence[str]) -> tuple[Reading, Indices]:
        """Many short texts as one reading, and how many chunks each of them has.

        No pair reaches from one text into the next.
        """
        pieces: list[str] = []
        sizes = np.zeros(len(texts), np.int64)
        for place, text in enumerate(texts):
            some = chunks(text)
            pieces += some
            sizes[place] = len(some)
        with self._lock:
            reading = self._joined(pieces, self._number(pieces))
        reading.pairs[(np.cumsum(sizes) - sizes)[sizes > 0]] = NO_PAIR
        return reading, sizes

    def _read(self, text: str) -> tuple[Reading, Reading]:
        known = self._texts.get(text)
        if known is not None:
            return known
        with self._lock:
            pieces = chunks(text)
            numbers = self._number(pieces)
            joined = plain = self._joined(pieces, numbers)
            if joined.numbers is not numbers:
                plain = Reading(self._page, numbers)
            if self._page.long[numbers].any():
                cut = self._number([piece[:LONGEST_PLAIN] for piece in pieces], turn=False)
                plain = Reading(self._page, cut)
            self._remember(text, (joined, plain))
        return joined, plain

    def _joined(self, pieces: list[str], numbers: Indices) -> Reading:
        letters = self._page.letter[numbers]
        if (letters[2:] & letters[1:-1] & letters[:-2]).any():
            numbers = self._number(join_letters(pieces, letters.tolist()), turn=False)
        return Reading(self._page, numbers)

    def _number(self, pieces: list[str], turn: bool = True) -> Indices:
        if turn and self._page.size > _MOST_CHUNKS:
            self._turn()
        numbers = list(map(self._numbers.get, pieces))
        if None in numbers:
            new: dict[str, int] = {}
            size = self._page.size
            for piece, number in zip(pieces, numbers, strict=True):
                if number is None and piece not in new:
                    new[piece] = size + len(new)
            self._page.add(list(new))
            numbers = [
                new[piece] if number is None else number
                for piece, number in zip(pieces, numbers, strict=True)
            ]
            for piece, number in new.items():
                if len(piece) <= _LONGEST_REMEMBERED:
                    self._numbers[piece] = number
        return np.array(numbers, np.int64)

    def _remember(self, text: str, reading: tuple[Reading, Reading]) -> None:
        if len(text) > _MOST_TEXT_CHARS:
            return
        self._text_chars += len(text)
        if self._text_chars > _MOST_TEXT_CHARS or len(self._texts) >= _MOST_TEXTS:
            self._texts = {}
            self._text_chars = len(text)
        self._texts[text] = reading

    def _turn(self) -> None:
        self._page = Page()
        self._numbers, self._texts, self._text_chars = {}, {}, 0


class Rows:
    """The sums of a model's weights over each chunk's features, worked out when first asked for.

    `table` has a row a feature, and one more of zeros for `NO_PAIR`.
    """

    def __init__(self, weights: npt.NDArray[np.float32]) -> None:
        self.table = np.concatenate([weights, np.zeros((1, weights.shape[1]), np.float32)])
        self._page: Page | None = None
        self._rows = np.zeros((0, weights.shape[1]), np.float32)
        self._done = 0

    def of(self, page: Page) -> npt.NDArray[np.float32]:
        """A row for every number of the page."""
        if page is not self._page:
            self._page, self._done = page, 0
            self._rows = np.zeros((0, self.table.shape[1]), np.float32)
        size = page.size
        if self._done < size:
            self._rows = _grown(self._rows, size)
            self._rows[self._done : size] = self._sums(page, self._done, size)
            self._done = size
        return self._rows

    def _sums(self, page: Page, begin: int, end: int) -> npt.NDArray[np.float32]:
        found = np.zeros((end - begin, self.table.shape[1]), np.float32)
        starts = page.starts[begin : end + 1]
        first = 0
        while first < len(found):
            # A few at a time: all features of a long text at once are hundreds of megabytes.
            most = int(starts[first]) + _FEATURES_TOGETHER
            last = max(first + 1, int(np.searchsorted(starts, most, "right")) - 1)
            self._sum(page, starts[first : last + 1], found[first:last])
            first = last
        return found

    def _sum(self, page: Page, starts: Indices, found: npt.NDArray[np.float32]) -> None:
        part = slice(int(starts[0]), int(starts[-1]))
        some = starts[1:] > starts[:-1]
        if some.any():
            weighted = self.table[page.indices[part]] * page.values[part, None]
            found[some] = np.add.reduceat(weighted, starts[:-1][some] - starts[0], axis=0)


@cache
def shared_lexicon() -> Lexicon:
    """The one that all models of the process share."""
    return Lexicon()


def _grown(array: npt.NDArray[_Kind], size: int) -> npt.NDArray[_Kind]:
    if len(array) >= size:
        return array
    longer = np.zeros((max(size, 2 * len(array)), *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer
