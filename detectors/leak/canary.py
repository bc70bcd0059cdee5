"""Planted canaries: strings that stand only where nobody should read, and so in no answer.

Each is looked for as it is, backwards, shifted, in letters that look alike, in parts, with words
between its parts, and so in every reading of the text (`detectors.leak.readings`).
"""

from __future__ import annotations

import base64
import codecs
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from detectors._text.squeeze import fold, span_in, squeeze
from detectors.leak.canary_file import Canary, read_canaries
from detectors.leak.readings import readings

_MOST_HITS: Final = 100

_LEAST: Final = 8
"""Letters and digits of a needle that is as sure as the canary itself."""
_PART: Final = 12
_PART_STEP: Final = 4
_PART_DIGITS: Final = 3
"""So many letters and digits in a row give a part of a canary away, when so many are digits: words
may stand anywhere."""
_LEET_LEAST: Final = 14
_FORWARD: Final = ("plain", "a part")

_ATBASH: Final = bytes.maketrans(bytes(range(97, 123)), bytes(range(122, 96, -1)))
_ROT47: Final = {code: 33 + (code - 33 + 47) % 94 for code in range(33, 127)}
_LEET: Final = bytes.maketrans(b"0134578!@$+|l", b"oieastbiastii")
_WIDE_LEET: Final = dict(enumerate(_LEET.decode("latin-1")[:128]))
_WORD = re.compile(r"[^\W_]+")
_SHORTEST_PIECE: Final = 2
_LONGEST_PIECE: Final = 12
_WORDS_BETWEEN: Final = 40
_MOST_BEGUN: Final = 64


class CanaryHit(NamedTuple):
    """A canary's place among those searched for (from 0), how it was written, and from where to
    where it stands in the text, in characters."""

    place: int
    writing: str
    start: int
    end: int


class Canaries:
    """Finds canaries in texts, in every writing of them. `known` are those searched for."""

    def __init__(self, known: Sequence[Canary]) -> None:
        self.known = tuple(known)
        self._needles: dict[bytes, list[tuple[bytes, int, str]]] = {}
        self._begins: defaultdict[str, list[int]] = defaultdict(list)
        self._plain = [squeeze(one.token).decode() for one in known]
        for place, one in enumerate(known):
            for needle, writing in writings(one.token):
                alike = self._needles.setdefault(needle[:_LEAST], [])
                if all(needle != other for other, _, _ in alike):
                    alike.append((needle, place, writing))
            for length in range(_SHORTEST_PIECE, _LONGEST_PIECE + 1):
                self._begins[self._plain[place][:length]].append(place)
        for alike in self._needles.values():
            alike.sort(key=lambda one: -len(one[0]))

    def find(self, text: str) -> list[CanaryHit]:
        """The canaries in a text, each in the plainest writing of it, in order."""
        hits: dict[int, CanaryHit] = {}
        for place, writing, start, end in self._met(squeeze(text)):
            hits.setdefault(place, CanaryHit(place, writing, *span_in(text, start, end)))
        others = (self._alike(text), self._in_pieces(text), self._read(text))
        for hit in (hit for some in others for hit in some):
            hits.setdefault(hit.place, hit)
            if len(hits) >= _MOST_HITS:
                break
        return sorted(hits.values(), key=lambda hit: hit.start)

    def _met(self, squeezed: bytes) -> Iterator[tuple[int, str, int, int]]:
        known = self._needles
        starts = range(len(squeezed) - _LEAST + 1)
        for start in [one for one in starts if squeezed[one : one + _LEAST] in known]:
            for needle, place, writing in known[squeezed[start : start + _LEAST]]:
                if squeezed.startswith(needle, start):
                    yield place, writing, start, start + len(needle)
                    break

    def _alike(self, text: str) -> Iterator[CanaryHit]:
        for place, _, _, _ in self._met(squeeze(_leet(text))):
            yield CanaryHit(place, "look-alikes", 0, len(text))

    def _read(self, text: str) -> Iterator[CanaryHit]:
        for reading in readings(text):
            for place, writing, _, _ in self._met(squeeze(reading.text)):
                how = "" if writing in _FORWARD else f" of {writing}"
                yield CanaryHit(place, reading.writing + how, reading.start, reading.end)

    def _in_pieces(self, text: str) -> Iterator[CanaryHit]:
        """Canaries whose pieces stand in order, with other words between them."""
        begun: list[tuple[int, int, int, int]] = []
        for number, match in enumerate(_WORD.finditer(fold(text))):
            word = match[0]
            if len(word) < _SHORTEST_PIECE:
                continue
            following = []
            for place, at, start, last in begun:
                if number - last > _WORDS_BETWEEN:
                    continue
                if not self._plain[place].startswith(word, at):
                    following.append((place, at, start, last))
                elif at + len(word) == len(self._plain[place]):
                    yield CanaryHit(place, "pieces", start, match.end())
                else:
                    following.append((place, at + len(word), start, number))
            for place in self._begins.get(word, ()):
                following.append((place, len(word), match.start(), number))
            begun = following[-_MOST_BEGUN:]


def parse_canaries(data: bytes) -> Canaries:
    """Those of a file that aren't revoked. Raises `ValueError` as `read_canaries` does."""
    return Canaries([one for one in read_canaries(data) if one.revoked_at is None])


def writings(token: str) -> Iterator[tuple[bytes, str]]:
    """The squeezed needles that betray a canary, the surest first, each with how it is written.

    Base64 has one needle for each of the three ways it can fall into a longer encoded text,
    less the characters at its ends that its neighbours decide.
    """
    plain = squeeze(token)
    for needle, writing in (
        (plain, "plain"),
        (plain[::-1], "reversed"),
        (codecs.encode(plain.decode(), "rot13").encode(), "rot13"),
        (plain.translate(_ATBASH), "atbash"),
        (squeeze(token.translate(_ROT47)), "rot47"),
        *_coded(token),
    ):
        if len(needle) >= _LEAST:
            yield needle, writing
    alike = squeeze(_leet(token))
    if len(alike) >= _LEET_LEAST:
        yield alike, "look-alikes"
    last = len(plain) - _PART
    for start in sorted({*range(0, last + 1, _PART_STEP), *range(last, -1, -_PART_STEP)}):
        part = plain[start : start + _PART]
        if sum(48 <= code < 58 for code in part) >= _PART_DIGITS:
            yield part, "a part"


def _coded(token: str) -> Iterable[tuple[bytes, str]]:
    for spelling in dict.fromkeys((token, token.lower(), token.upper())):
        for data in dict.fromkeys((spelling.encode(), spelling[::-1].encode())):
            yield data.hex().encode(), "hex"
            for shift in range(3):
                coded = base64.b64encode(b"\0" * shift + data)
                first = (shift * 8 + 5) // 6
                last = (shift + len(data)) * 8 // 6
                yield squeeze(coded[first:last].decode()), "base64"


def _leet(text: str) -> str:
    if text.isascii():
        return text.lower().encode().translate(_LEET).decode()
    return fold(text).translate(_WIDE_LEET)
