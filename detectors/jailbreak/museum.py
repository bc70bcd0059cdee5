"""Known attacks on models, and how close a prompt comes to one of them.

Near-duplicates by shingles (Broder 1997: "On the resemblance and containment of documents"), over
pairs of neighbouring content words in either order, one word apart at most: a copy in which a third
of the words are others still shares half of them. Attacks told in other words are found by the
vectors of what they mean, where there is an encoder. A prompt that comes at least as close to a
twin, a harmless prompt that looks like an attack, is none. What is kept of an attack is hashes,
keyed anew in each process, and vectors.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from math import exp
from typing import Any, Final, NamedTuple

import numpy as np
import yaml

from detectors._meaning.encoder import Vectors
from detectors._text.folding import chunks, fold
from detectors._text.words import FUNCTION_WORDS, stem

ENDINGS: Final = (".yaml", ".yml", ".jsonl")
LEAST_SHARED: Final = 0.3
"""Share of an attack's pairs from which a prompt counts as close to it."""
LEAST_COSINE: Final = 0.75
"""Cosine from which a prompt counts as an attack in other words. Of 365 ordinary prompts none came
as close to one of 14 attacks, of 28 paraphrases of these 25."""
MOST_MEANT: Final = 500
"""Texts that are read for their meaning: each takes some 20 ms once."""

_SHARP: Final = 20.0
_STRETCH: Final = 80
_MOST_STRETCHES: Final = 6
_KIND: Final = re.compile(r"\[[a-z][a-z0-9_.-]{1,40}\]")

_LEAST_PAIRS: Final = 8
_MOST_CHARS: Final = 32_000
_MOST_EXEMPLARS: Final = 50_000
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_FILLERS: Final = frozenset({"please", "really", "now", "then"})


class Exemplar(NamedTuple):
    """A known attack: a short name, its text, and those of harmless prompts that look like it."""

    id: str
    text: str
    twins: tuple[str, ...] = ()


class Close(NamedTuple):
    """The attack that a prompt comes closest to, and the share of its pairs that it holds."""

    id: str
    shared: float

    @property
    def score(self) -> float:
        """How surely it is that attack again, in [0, 1]: above 0.9 from a third of the pairs on.

        Of 4,900 ordinary prompts in public sets none shared as much with a packaged attack; of
        those attacks with three words in ten exchanged or left out, nine in ten do.
        """
        return min(0.99, 0.5 + 1.25 * self.shared)


class Meant(NamedTuple):
    """The attack that a prompt comes closest to in what it means, and by how much its cosine lies
    above the least that counts, or above that to a twin."""

    id: str
    margin: float

    @property
    def score(self) -> float:
        """How surely it is that attack in other words, in [0, 1]: above 0.9 for margins above 0."""
        return min(0.99, 1.0 / (1.0 + exp(-_SHARP * self.margin) / 9.0))


MakeVectors = Callable[[Sequence[str]], Vectors]
"""Vectors of length 1 for texts, in order."""


class Museum:
    """All known attacks: their pairs by hashes, and with `vectors` what they mean.

    Only of the last `MOST_MEANT` texts, twins among them, vectors are made.
    """

    def __init__(self, exemplars: tuple[Exemplar, ...], vectors: MakeVectors | None = None) -> None:
        self._ids = tuple(one.id for one in exemplars)
        self._attacks = _Pairs([(one.id, one.text) for one in exemplars])
        self._twins = _Pairs(
            [(f"{one.id} {n}", twin) for one in exemplars for n, twin in enumerate(one.twins)]
        )
        self._meant = None if vectors is None else _Meanings(exemplars, vectors)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def reads_meaning(self) -> bool:
        """Whether `nearest` may find something."""
        return self._meant is not None

    def closest(self, text: str) -> Close | None:
        """The attack that a text is a copy of, also a reworded one; None where it is of none, or
        rather of a twin.

        Of a longer text the first 24,000 and the last 8,000 characters are read.
        """
        if len(text) > _MOST_CHARS:
            text = f"{text[:24_000]}\n{text[-8_000:]}"
        pairs = _pairs(text)
        close = self._attacks.closest(pairs)
        if close is None:
            return None
        twin = self._twins.closest(pairs)
        return close if twin is None or close.shared > twin.shared else None

    def nearest(self, vectors: Vectors) -> Meant | None:
        """The attack that one of some texts, given by their vectors, is in other words."""
        return None if self._meant is None else self._meant.nearest(vectors)


class _Pairs:
    """Texts by the hashes of their pairs of words."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        self._sizes: dict[str, int] = {}
        self._holders: defaultdict[int, list[str]] = defaultdict(list)
        for name, text in texts:
            pairs = _pairs(without_kinds(text))
            self._sizes[name] = len(pairs)
            for pair in pairs:
                self._holders[pair].append(name)

    def closest(self, pairs: set[int]) -> Close | None:
        known = self._holders.keys() & pairs
        found = Counter(chain.from_iterable(self._holders[pair] for pair in known))
        close = [
            Close(name, count / self._sizes[name])
            for name, count in found.items()
            if count >= min(_LEAST_PAIRS, self._sizes[name])
            and count >= LEAST_SHARED * self._sizes[name]
        ]
        return max(close, key=lambda one: one.shared, default=None)


class _Meanings:
    """Attacks and twins by their vectors."""

    def __init__(self, exemplars: tuple[Exemplar, ...], vectors: MakeVectors) -> None:
        self._ids: list[str] = []
        attacks: list[str] = []
        twins: list[str] = []
        # The newest stand last, and are what is tried now.
        for one in reversed(exemplars):
            if len(attacks) + len(twins) + 1 + len(one.twins) > MOST_MEANT:
                break
            self._ids.append(one.id)
            attacks.append(without_kinds(one.text))
            twins += [without_kinds(twin) for twin in one.twins]
        self._attacks = vectors(attacks)
        self._twins = vectors(twins)

    def nearest(self, vectors: Vectors) -> Meant | None:
        if not self._ids or not len(vectors):
            return None
        attacks = vectors @ self._attacks.T
        best = attacks.argmax(axis=1)
        close = attacks.max(axis=1)
        bar = np.full(len(vectors), LEAST_COSINE, np.float32)
        if len(self._twins):
            twins = (vectors @ self._twins.T).max(axis=1)
            bar = np.maximum(bar, twins)
            close = np.where(twins >= close, -np.inf, close)
        row = int(np.argmax(close - bar))
        margin = float(close[row] - bar[row])
        return Meant(self._ids[int(best[row])], margin) if np.isfinite(margin) else None


def without_kinds(text: str) -> str:
    """A text without the kinds that stand for what was masked, such as `[name]`."""
    return _KIND.sub(" ", text)


def parts_of_prompt(text: str) -> list[str]:
    """The texts of a prompt that may be an attack: itself, and of a longer one its stretches of
    about as many words as attacks have, which overlap."""
    words = text[:_MOST_CHARS].split()
    if len(words) <= 2 * _STRETCH:
        return [" ".join(words)]
    starts = range(0, min(len(words) - _STRETCH, _MOST_STRETCHES * _STRETCH), _STRETCH)
    return [" ".join(words[at : at + 3 * _STRETCH // 2]) for at in (*starts, len(words) - _STRETCH)]


def parse(files: Mapping[str, bytes], vectors: MakeVectors | None = None) -> Museum:
    """The museum of some files: YAML with `exemplars`, or JSON lines.

    Each has `id` and `text`, perhaps `twins` (texts, or mappings with `text`), and is left out if
    it has a time in `revoked_at`.

    Raises `ValueError` for what is neither: it names the file and the line, and quotes nothing.
    """
    exemplars: list[Exemplar | None] = []
    for name in sorted(files):
        try:
            read = _json_lines if name.endswith(".jsonl") else _yaml
            exemplars += read(files[name])
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    if len(exemplars) > _MOST_EXEMPLARS:
        raise ValueError(f"holds more than {_MOST_EXEMPLARS:,} attacks")
    kept = tuple(one for one in exemplars if one is not None)
    twice = [name for name, count in Counter(one.id for one in kept).items() if count > 1]
    if twice:
        raise ValueError(f"{len(twice)} ids stand there twice")
    return Museum(kept, vectors)


def _yaml(data: bytes) -> list[Exemplar | None]:
    try:
        found = yaml.safe_load(data)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ValueError(f"is not YAML, see line {line}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ValueError("is not YAML") from None
    listed = found.get("exemplars") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise ValueError("must hold a list named exemplars")  # noqa: TRY004 - as for other faults
    return [_exemplar(one, f"number {number}") for number, one in enumerate(listed, 1)]


def _json_lines(data: bytes) -> list[Exemplar | None]:
    made: list[Exemplar | None] = []
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(b"#"):
            continue
        try:
            found = json.loads(line)
        except ValueError:
            raise ValueError(f"line {number} is not JSON") from None
        made.append(_exemplar(found, f"line {number}"))
    return made


def _exemplar(found: Any, where: str) -> Exemplar | None:
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        raise ValueError(f"{where} must hold an id and a text")  # noqa: TRY004
    name = found.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise ValueError(f"{where}: an id is up to 64 lower-case letters, digits, dots and dashes")
    if found.get("revoked_at") is not None:
        return None
    if too_short(found["text"]):
        raise ValueError(f"{where} is too short to be told from ordinary prompts")
    return Exemplar(name, found["text"], _twins_of(found, where))


def _twins_of(found: dict[str, Any], where: str) -> tuple[str, ...]:
    given = found.get("twins") or []
    texts = [one.get("text") if isinstance(one, dict) else one for one in given]
    if not isinstance(given, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{where}: twins must be a list of texts")
    return tuple(text for text in texts if isinstance(text, str))


def too_short(text: str) -> bool:
    """Whether an attack has too few words to be told from ordinary prompts."""
    return len(_pairs(without_kinds(text))) < _LEAST_PAIRS


def content_words(text: str) -> list[str]:
    """Its words that have a meaning of their own, folded and stemmed, in order; without kinds that
    stand for what was masked."""
    text = without_kinds(text)
    if not text.isascii():
        folded = (_folded(chunk) for chunk in chunks(text) if chunk != "\n")
        text = unicodedata.normalize("NFKC", " ".join(folded))
    return [
        stem(word[:40])
        for word in _WORD.findall(text.lower())
        if word not in FUNCTION_WORDS and word not in _FILLERS
    ]


def _pairs(text: str) -> set[int]:
    if not text.isascii():
        folded = (_folded(chunk) for chunk in chunks(text) if chunk != "\n")
        text = unicodedata.normalize("NFKC", " ".join(folded))
    codes = [code for code in map(_code, _WORD.findall(text.lower())) if code]
    pairs = {a ^ b for a, b in pairwise(codes)}
    pairs.update(a ^ b for a, b in zip(codes, codes[2:], strict=False))
    pairs.discard(0)  # a word beside itself
    return pairs


@lru_cache(maxsize=1 << 15)
def _code(word: str) -> int:
    """A hash of the word's stem, 0 for words without a meaning of their own."""
    return 0 if word in FUNCTION_WORDS or word in _FILLERS else hash(stem(word[:40]))


@lru_cache(maxsize=1 << 14)
def _folded(chunk: str) -> str:
    return fold(chunk[:120])
