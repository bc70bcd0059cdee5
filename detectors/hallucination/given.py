"""What the model was given, and whether a source stands in it, in whatever writing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property
from typing import Final

from detectors.hallucination.grounding import CONTEXT_CHARS
from detectors.hallucination.written import folded, keys_in

_WORD: Final = re.compile(r"[^\W_]+")
_LETTERED_YEAR: Final = re.compile(r"\d{4}[a-z]")
_MOST_PLACES: Final = 40
_MOST_SOUGHT: Final = 1_000
# Words before and after the author's name that a reference has at most.
_BEFORE, _AFTER = 20, 60
_MOST_OF: Final = 0.7
_PREPRINT: Final = "10.48550/arxiv."


def words_in(text: str) -> list[str]:
    """The words of a text, folded, and without accents."""
    text = folded(text)
    if not text.isascii():
        text = "".join(
            one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one)
        )
    return _WORD.findall(text)


class Given:
    """A text, its first 600,000 characters, read only as far as something is sought in it."""

    def __init__(self, text: str) -> None:
        self._text = text[:CONTEXT_CHARS]
        self._keys: dict[str, dict[str, None]] = {}
        self._said: dict[str, bool] = {}
        self._works: dict[tuple[str, str, frozenset[str]], bool] = {}

    @cached_property
    def _folded(self) -> str:
        return folded(self._text)

    def has(self, kind: str, key: str, written: str) -> bool:
        """Whether an identifier stands there; one without a key is sought as it is written."""
        if not key:
            return self.says(written)
        if kind not in self._keys:
            self._keys[kind] = keys_in(kind, self._folded)
        if kind == "doi" and key.startswith(_PREPRINT):
            return key in self._keys[kind] or self.has("arxiv", key[len(_PREPRINT) :], written)
        return key in self._keys[kind]

    def says(self, written: str) -> bool:
        """Whether a text stands there and isn't part of a longer word or number.

        Of more than 1,000 texts it says of the rest that they don't.
        """
        sought = folded(written).strip().rstrip(".,;:)")
        if sought not in self._said:
            if not sought or len(self._said) >= _MOST_SOUGHT:
                return False
            self._said[sought] = self._finds(sought)
        return self._said[sought]

    def _finds(self, sought: str) -> bool:
        text, at = self._folded, -1
        for _ in range(_MOST_PLACES):
            at = text.find(sought, at + 1)
            if at < 0:
                return False
            end = at + len(sought)
            before = at and sought[0].isalnum() and text[at - 1].isalnum()
            if not before and not (sought[-1].isalnum() and text[end : end + 1].isalnum()):
                return True
        return False

    @cached_property
    def _words(self) -> list[str]:
        return [one[:4] if _LETTERED_YEAR.fullmatch(one) else one for one in words_in(self._text)]

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for at, word in enumerate(self._words):
            found = places.setdefault(word, [])
            if len(found) < _MOST_PLACES:
                found.append(at)
        return places

    def has_work(self, author: str, year: str, title: Iterable[str]) -> bool:
        """Whether an author's name stands near the year and near most words of the title."""
        names, sought = words_in(author), frozenset(one for one in title if len(one) > 2)
        if not names or not self._text:
            return False
        work = max(names, key=len), year, sought
        if work not in self._works:
            self._works[work] = any(
                (not year or year in near) and len(sought & near) >= _MOST_OF * len(sought)
                for near in map(self._near, self._places.get(work[0], ()))
            )
        return self._works[work]

    def _near(self, at: int) -> frozenset[str]:
        return frozenset(self._words[max(0, at - _BEFORE) : at + _AFTER])
