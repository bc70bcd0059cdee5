"""From texts to the word pieces that the sentence encoder knows, and what it starts from for each.

Pieces are those of its vocabulary that the supported languages need; what none of them spells is
an unknown one. Disguises are taken off first: invisible characters, and look-alikes from other
scripts inside words of Latin letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from detectors._linear.model_file import BrokenModel, check
from detectors._text.folding import fold

Floats = npt.NDArray[np.float32]

START: Final = "<s>"
END: Final = "</s>"
UNKNOWN: Final = "<unk>"
MOST_TOKENS: Final = 126
"""Of a text of more the middle is left out."""

_BEGUN: Final = "▁"
"""What stands before each word."""
_BLOCK: Final = 32
_REMEMBERED: Final = 1 << 16
_WORD_CHARS: Final = 24
"""Words of more are spelled anew each time: there are too many of them."""
_NO_SPACE = re.compile(r"[\x1c-\x1f]")
"""What parts words for Python, and not for the tokenizer."""
_CHARS_PER_TOKEN: Final = 12
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)
_DISGUISED = re.compile(r"[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")
_WORD = re.compile(r"\S+")


class Pieces:
    """The vocabulary of a file that `detectors.training.meaning.encoder` wrote."""

    def __init__(self, names: Sequence[str], scores: Floats, held: dict[str, Any]) -> None:
        self.tokenizer = tokenizer_of(names, scores)
        self._model = self.tokenizer.model
        self.start, self.end = names.index(START), names.index(END)
        self.size = len(names)
        self._nibbles = held["nibbles"]
        self._steps = held["steps"]
        self._places = held["places"].astype(np.float32)
        self.centre: Floats = held["centre"]
        self._spelled: dict[str, tuple[int, ...]] = {}

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of each text's pieces, without special ones.

        No piece goes beyond a word, so that words are spelled once and remembered.
        """
        words = [_words(undisguised(text)) for text in texts]
        known = self._spelled
        fresh = list(set().union(*words).difference(known))
        known.update(self._spell(fresh))
        found = [list(chain.from_iterable(map(known.__getitem__, some))) for some in words]
        for word in fresh:
            if len(word) > _WORD_CHARS:
                del known[word]
        if len(known) > _REMEMBERED:
            known.clear()
        return found

    def _spell(self, words: Sequence[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Words with the numbers of their pieces."""
        others = []
        for word in words:
            # Nothing is normalised in such a word, so the model alone is enough, and much quicker.
            if word.isascii() and word.isprintable():
                yield word, tuple([piece.id for piece in self._model.tokenize(_BEGUN + word)])
            else:
                others.append(word)
        if others:
            spelled = self.tokenizer.encode_batch_fast(others, add_special_tokens=False)
            for word, pieces in zip(others, spelled, strict=True):
                yield word, tuple(pieces.ids)

    def begun(self, numbers: npt.NDArray[np.int64]) -> Floats:
        """(texts, pieces, numbers): what the encoder starts from, for rows of pieces' numbers."""
        rows = self.words(numbers)
        rows += self._places[: numbers.shape[1]]
        return rows

    def words(self, numbers: npt.NDArray[np.int64]) -> Floats:
        """(…, numbers): the vectors of pieces alone, wherever they stand."""
        halves = self._nibbles[numbers]
        steps = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - 8.0
        steps *= self._steps[numbers][..., None]
        rows: Floats = steps.reshape(*numbers.shape, -1)
        return rows


def _words(text: str) -> list[str]:
    return [text] if _NO_SPACE.search(text) else text.split()


def tokenizer_of(names: Sequence[str], scores: Floats) -> Tokenizer:
    """Splits texts into the likeliest pieces (a unigram model: Kudo 2018)."""
    vocabulary = [(name, float(score)) for name, score in zip(names, scores, strict=True)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=names.index(UNKNOWN)))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_BEGUN, prepend_scheme="always")
    return tokenizer


def undisguised(text: str) -> str:
    """A text without invisible characters and look-alikes; of a long one the middle is cut.

    >>> undisguised("I h\u200bаte größere Städte, я тоже")
    'I hate größere Städte, я тоже'
    """
    most = _CHARS_PER_TOKEN * MOST_TOKENS
    if len(text) > 2 * most:
        text = f"{text[:most]} {text[-most:]}"
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", text.encode("utf-8", "replace").decode())
    return _WORD.sub(_plain, text) if _DISGUISED.search(text) else text


def _plain(word: re.Match[str]) -> str:
    return fold(word[0]) if _DISGUISED.search(word[0]) else word[0]


def read_pieces(path: Path) -> Pieces:
    """The vocabulary of a file. Raises `BrokenModel`."""
    check(path)
    try:
        with np.load(path) as held:
            names = held["names"].tobytes().decode().split("\n")
            return Pieces(names, held["scores"], {name: held[name] for name in held.files})
    except (KeyError, ValueError, OSError) as error:
        raise BrokenModel(f"{path.name} holds no vocabulary; reinstall outwatch") from error


def blocks(rows: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
    """Nibbles and steps of (rows, bytes) in blocks of 18 bytes: a step, then 32 weights."""
    cut = rows.reshape(len(rows), -1, 2 + _BLOCK // 2)
    return cut[:, :, 2:].copy(), cut[:, :, :2].copy().view(np.float16)[:, :, 0]
