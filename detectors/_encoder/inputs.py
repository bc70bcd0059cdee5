"""From texts to the encoder's token numbers: spelling folded, long texts cut in the middle.

Training and scoring both go through here, so that the encoder is trained on what it will see.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

from tokenizers import Tokenizer

from detectors._text.folding import chunks, fold

SINGLE: Final = 126
"""Most tokens of an input of one text, without the special ones."""
PAIR: Final = 154
"""Most tokens of both texts of a pair together."""
SECOND: Final = 106
"""Most tokens of a pair's second text."""

_TAIL: Final = PAIR // 3
_HEAD: Final = PAIR - _TAIL
"""What is read of a text at most: so many tokens of its beginning, and of its end."""
_CHARS_PER_TOKEN: Final = 12
_LONG: Final = 1_000
_PLAIN = re.compile(r"[A-Za-z0-9]")
_SPACE = re.compile(r"\s+")


class Input(NamedTuple):
    """What one pass reads: a text, or two where the first is what the second is judged against.

    A pair is (prompt, answer), (documents, claim); a single text an answer, a prompt, a passage.
    """

    first: str
    second: str = ""


def readable(text: str) -> str:
    """The text with invisible characters, look-alikes and stretched words folded away.

    >>> readable("I h\u200bаte   you")
    'I hate you'
    """
    if text.isascii():
        return _SPACE.sub(" ", text).strip()
    return " ".join(
        chunk if chunk.isascii() else fold(chunk) for chunk in chunks(text) if chunk != "\n"
    )


def read_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a file, which neither cuts nor pads."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


class Reader:
    """Turns inputs into token numbers."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._start = int(tokenizer.token_to_id("[CLS]") or 0)
        self._end = int(tokenizer.token_to_id("[SEP]") or 0)

    def read(self, inputs: list[Input]) -> list[tuple[list[int], int]]:
        """For each input its token numbers, and where the second text begins (or the end)."""
        texts = [part for one in inputs for part in one]
        pieces = self._tokenizer.encode_batch_fast(
            [_bounded(text) for text in texts], add_special_tokens=False
        )
        found = []
        for place in range(0, len(pieces), 2):
            first, second = pieces[place].ids, pieces[place + 1].ids
            if second:
                second = middle_cut(second, SECOND)
                first = middle_cut(first, PAIR - len(second))
                ids = [self._start, *first, self._end, *second, self._end]
            else:
                ids = [self._start, *middle_cut(first, SINGLE), self._end]
            found.append((ids, len(first) + 2 if second else len(ids)))
        return found


def middle_cut(ids: list[int], most: int) -> list[int]:
    """The first two thirds and the last third of what fits.

    >>> middle_cut([1, 2, 3, 4, 5], 3)
    [1, 2, 5]
    """
    if len(ids) <= most:
        return ids
    tail = most // 3
    return ids[: most - tail] + ids[len(ids) - tail :]


def _bounded(text: str) -> str:
    most = _CHARS_PER_TOKEN * PAIR
    if len(text) > 2 * most:
        text = f"{text[:most]} {text[-most:]}"
    return _without_middle(readable(text.encode("utf-8", "replace").decode()))


def _without_middle(text: str) -> str:
    """A text, given as `readable` gives it, without words in its middle that are never read.

    Each word is at least one token if it has a plain letter or digit, and no token goes beyond one.
    """
    if len(text) <= _LONG:
        return text
    words = text.split(" ")
    kept = [*words[:_HEAD], *words[-_TAIL:]]
    return " ".join(kept) if len(kept) < len(words) and all(map(_PLAIN.search, kept)) else text
