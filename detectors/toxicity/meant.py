"""How toxic the stretches of an answer are by what they mean: heads over the sentence encoder.

A cheap head over word pieces judges every stretch, and each of its sentences alone so that none is
drowned; those that it doubts are read. All is judged without quotations and code, in the six
languages that the encoder knows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._encoder.gate import readable
from detectors._encoder.second import logit
from detectors._linear.model_file import MODELS, BrokenModel, check, write_checksum
from detectors._meaning.encoder import LANGUAGES, SentenceEncoder, shared_sentences
from detectors._meaning.heads import Floats, cheap_logits
from detectors._meaning.spelled import Spelled, spelled_of
from detectors._text.gloss import language_of
from detectors.base import Batch

FILE: Final = "toxicity_meant.npz"
MOST_READ: Final = 8
"""Stretches and sentences of one record that are read at most, the most doubtful ones."""
LEAST_READ: Final = 4
"""Of these as many are read of a record that anything else doubts."""
ALONE: Final = 2.5
"""What the logit of a sentence loses that is judged without its neighbours."""
FARTHEST: Final = 12.0
ENGLISH: Final = "en"

_Singles = npt.NDArray[np.float32]


class MeantHeads(NamedTuple):
    """What was learned. `kinds` names the rows.

    `dear` (kinds, numbers + 1) judges vectors. `table` (pieces and pairs, 1), `steps` (1) and
    `bias` (1) are the cheap head, which doubts what is above 0. `alone` (kinds, 2, 3) holds for
    English and for other languages by what the linear model's logit and the vectors' are
    multiplied, and what is added; `beside` (kinds, 3, 2) the same where the older encoder has read
    too, what of the vectors' logit is added to its own and a number, and a third time for English
    beside a prompt.
    """

    kinds: tuple[str, ...]
    dear: _Singles
    table: npt.NDArray[np.int8]
    steps: _Singles
    bias: _Singles
    alone: _Singles
    beside: _Singles

    def cheap(self, ids: list[list[int]]) -> Floats:
        """(texts): how much texts are doubted, given by their pieces' numbers."""
        doubts: Floats = cheap_logits(self.table, self.steps, self.bias, ids)[:, 0]
        return doubts


class Glance(NamedTuple):
    """A record's stretches and their sentences alone, what each of these loses by being judged
    alone, and how much the cheap head doubts it."""

    text: str
    units: Sequence[Spelled]
    losses: Floats
    doubts: Floats

    @property
    def doubtful(self) -> bool:
        """Whether there is anything in a known language that had better be read."""
        return bool((self.doubts > 0).any()) and bool(known_language(self.text))


class Said(NamedTuple):
    """By kind the highest logit of a record's stretches, and the sentence that it stands in."""

    logits: dict[str, float]
    spans: dict[str, tuple[int, int]]
    other: bool
    """Whether the record is in another language than English."""


class Meant:
    """Judges records by what they mean."""

    def __init__(self, heads: MeantHeads, sentences: SentenceEncoder) -> None:
        self._heads = heads
        self._sentences = sentences

    def glances(self, batch: Batch) -> list[Glance]:
        """What the cheap head makes of each record's stretches."""
        units = [_units(some) for some in spelled_of(batch, self._sentences.pieces)]
        losses = ALONE * np.array([alone for each in units for _, alone in each], np.float64)
        ids = [list(chain(*one.ids)) for each in units for one, _ in each]
        doubts = self._heads.cheap(ids) - losses
        found, first = [], 0
        for text, each in zip(batch.texts, units, strict=True):
            mine = slice(first, first + len(each))
            found.append(Glance(text, [one for one, _ in each], losses[mine], doubts[mine]))
            first += len(each)
        return found

    def read(self, glances: Sequence[Glance], thoroughly: Sequence[bool]) -> list[Said | None]:
        """What records say; None for one in a language that isn't known.

        What is doubted is read, and of those to be read thoroughly what is doubted most, however
        little that is.
        """
        languages = [known_language(glance.text) for glance in glances]
        chosen = [
            _chosen(glance, all_the_same) if language else []
            for glance, all_the_same, language in zip(glances, thoroughly, languages, strict=True)
        ]
        texts = [
            glance.units[one].stretch.text
            for glance, some in zip(glances, chosen, strict=True)
            for one in some
        ]
        dear = self._heads.dear.astype(np.float64)
        logits = self._sentences.vectors(texts).astype(np.float64) @ dear[:, :-1].T + dear[:, -1]
        losses = [glance.losses[some] for glance, some in zip(glances, chosen, strict=True)]
        logits -= np.concatenate([np.zeros(0), *losses])[:, None]
        logits = np.clip(logits, -FARTHEST, FARTHEST)
        found: list[Said | None] = []
        first = 0
        for glance, some, language in zip(glances, chosen, languages, strict=True):
            mine = logits[first : first + len(some)]
            first += len(some)
            found.append(self._said(glance, some, mine, language) if some else None)
        return found

    def _said(self, glance: Glance, some: Sequence[int], logits: Floats, language: str) -> Said:
        worst = logits.argmax(axis=0).tolist()
        best = logits.max(axis=0).tolist()
        spans = {place: self._sentence(glance.units[some[place]]) for place in set(worst)}
        return Said(
            dict(zip(self._heads.kinds, best, strict=True)),
            {kind: spans[place] for kind, place in zip(self._heads.kinds, worst, strict=True)},
            language != ENGLISH,
        )

    def _sentence(self, spelled: Spelled) -> tuple[int, int]:
        """The span of the sentence of a stretch that the cheap head likes least."""
        worst = spelled.stretch.passages[int(self._heads.cheap(spelled.ids).argmax())]
        return worst.start, worst.end

    def joined(self, kind: str, linear: float, said: Said) -> float:
        """A kind's probability by its linear one and what the record says."""
        if kind not in said.logits:
            return linear
        row = self._heads.alone[self._heads.kinds.index(kind), int(said.other)].tolist()
        return _probability(row[0] * logit(linear) + row[1] * said.logits[kind] + row[2])

    def beside(self, kind: str, encoder: float, said: Said, prompted: bool) -> float:
        """The same by its probability where the older encoder has read too, beside a prompt where
        `prompted`."""
        if kind not in said.logits:
            return encoder
        column = 1 if said.other else 2 * prompted
        row = self._heads.beside[self._heads.kinds.index(kind), column].tolist()
        return _probability(logit(encoder) + row[0] * said.logits[kind] + row[1])


def _units(spelled: Sequence[Spelled]) -> list[tuple[Spelled, bool]]:
    """Stretches, each before its sentences where it has several, and whether it is one of these."""
    found = []
    for one in spelled:
        found.append((one, False))
        if len(one.ids) > 1:
            parts = zip(one.stretch.parts(), one.ids, strict=True)
            found += [(Spelled(part, [ids]), True) for part, ids in parts]
    return found


def _chosen(glance: Glance, thoroughly: bool) -> list[int]:
    order = np.argsort(-glance.doubts, kind="stable")[:MOST_READ].tolist()
    anyway = LEAST_READ if thoroughly else 0
    return [one for rank, one in enumerate(order) if rank < anyway or glance.doubts[one] > 0]


def _probability(exponent: float) -> float:
    return 1.0 / (1.0 + math.exp(-exponent))


def known_language(text: str) -> str:
    """The language of a text among those that the sentence encoder knows, "" for none of them.

    >>> known_language("Where is my parcel?"), known_language("Это другой язык")
    ('en', '')
    """
    language = language_of(text) or (ENGLISH if readable(text) else "")
    return language if language in LANGUAGES else ""


@cache
def shared_meant() -> Meant:
    """The shipped heads with the sentence encoder, once per process.

    Raises `BrokenModel`, and `NoEncoder` where onnxruntime can't be loaded.
    """
    return Meant(read_meant(MODELS / FILE), shared_sentences())


def read_meant(path: Path) -> MeantHeads:
    """The heads of a file. Raises `BrokenModel`."""
    check(path)
    try:
        with np.load(path, allow_pickle=False) as held:
            kinds = tuple(held["kinds"].tobytes().decode().split())
            single = {
                name: held[name].astype(np.float32)
                for name in ("dear", "steps", "bias", "alone", "beside")
            }
            return MeantHeads(kinds=kinds, table=held["table"], **single)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise BrokenModel(f"{path.name} holds no heads; reinstall outwatch") from error


def write_meant(heads: MeantHeads, path: Path) -> str:
    """Writes heads and their checksum, which it returns; the same give the same bytes."""
    held = heads._asdict()
    held["kinds"] = np.frombuffer(" ".join(heads.kinds).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **held)
    return write_checksum(path)
