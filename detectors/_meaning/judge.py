"""How sure the stretches of answers are of each signal: cheap heads first, the encoder in doubt.

Worked out once for a batch, whichever detectors ask. The cheap heads judge every stretch of every
answer; the encoder reads those that they doubt, the most doubtful `MOST_READ` of a record, so that
nobody buys time by padding: what it doesn't read the cheap heads judge alone.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from detectors._encoder.session import NoEncoder
from detectors._linear.model_file import MODELS
from detectors._meaning.encoder import (
    PIECES,
    SentenceEncoder,
    Vectors,
    shared_sentences,
)
from detectors._meaning.exemplars import (
    Exemplar,
    entries,
    is_quiet,
    logit_near,
    read,
    word_vectors,
)
from detectors._meaning.heads import Floats, Heads, shared_heads
from detectors._meaning.pieces import Pieces, read_pieces
from detectors._meaning.spelled import spelled_of
from detectors._meaning.stretches import Stretch
from detectors._policy import PolicyFile
from detectors._text.passages import Passage
from detectors._tiers import AUDIT_SHARE, Cascade, Tier
from detectors.base import Batch

MOST_READ: Final = 16
"""Stretches of one record that the encoder reads at most, for one detector."""
STATIC: Final = "static"
ENCODER: Final = "encoder"
OFF: Final = "off"
MOST_PLACES: Final = 5
TOGETHER: Final = 0.6
"""By how much a stretch may be surer than the surest of its sentences."""
MOST_PARTS: Final = 6
"""Sentences of a stretch that are read to bear it out, at most."""
_DOUBT_ALONE: Final = 0.8
"""By how much a cheap head must doubt such a sentence more before the encoder reads it; less than
one in a hundred of what is found in written examples is lost."""
_ALIKE: Final = 0.35
_NAME: Final = "meaning"
"""One for all detectors, so that the same records are audited for each."""


class Place(NamedTuple):
    """A stretch of a record, for a signal: its logit, its sentence, and the whole stretch.

    0 stands at the signal's threshold. `start` and `end` are the sentence's, by what the cheap head
    makes of each; `first` and `last` the stretch's, all as offsets into the output.
    """

    logit: float
    start: int
    end: int
    first: int
    last: int


class Sense(NamedTuple):
    """What a record means, for the signals asked for: the places of each, the surest first.

    Each signal has its surest stretch, and further ones above the threshold, `MOST_PLACES` in all;
    none where the record has no text. `settled` says whether the cheap heads left no doubt.
    """

    places: tuple[tuple[Place, ...], ...]
    settled: bool

    @property
    def fires(self) -> bool:
        """Whether any signal is above its threshold."""
        return any(some and some[0].logit > 0 for some in self.places)


class Meanings:
    """The stretches of a batch's records, and what is known of each so far."""

    def __init__(
        self,
        batch: Batch,
        heads: Heads,
        pieces: Pieces,
        encoder: SentenceEncoder | None,
        all_read: bool = False,
    ) -> None:
        self._all_read = all_read
        self._heads = heads
        self._pieces = pieces
        self._encoder = encoder
        joined = spelled_of(batch, pieces)
        found: list[list[Stretch]] = []
        ids: list[list[int]] = []
        for some in joined:
            found.append([])
            for one, alone in some:
                # Together for what only neighbours tell, and each alone, so that none is drowned.
                found[-1] += [one, *(one.parts() if len(alone) > 1 else ())]
                ids += [list(chain(*alone)), *(alone if len(alone) > 1 else ())]
        self._bounds = np.cumsum([0, *map(len, found)])
        self._stretches: list[Stretch] = [one for some in found for one in some]
        cheap = heads.cheap(ids)
        short = np.array(
            [kind for some in joined for one, _ in some for kind in _alone(one)], np.float64
        )
        self._stricter = short[:, None] * heads.alone
        self._logits = heads.by_cheap(cheap) - self._stricter
        self._lead = (cheap - heads.gate).max(axis=1, initial=-np.inf) - _DOUBT_ALONE * short
        self._read: set[int] = set()

    def cheaply(self, records: Sequence[int], columns: Sequence[int]) -> list[Sense]:
        """For each record, by its place, the places of each signal, given by its column.

        Without an encoder all is settled.
        """
        return [self._sense(record, columns) for record in records]

    def dearly(self, records: Sequence[int], columns: Sequence[int]) -> list[Sense]:
        """The same after the encoder has read what any signal doubts in these records.

        Of a record without doubt, which is asked for to learn what the cheap heads miss, it reads
        what they find least ordinary, and so of all records where `all_read`.
        """
        wanted: list[int] = []
        for record in records:
            if record not in self._read:
                self._read.add(record)
                first, last = self._bounds[record : record + 2]
                lead = self._lead[first:last]
                order = np.argsort(-lead, kind="stable")[:MOST_READ]
                doubtful = order[lead[order] > 0]
                settled = self._all_read or not len(doubtful)
                wanted += (first + (order if settled else doubtful)).tolist()
        if self._encoder is not None and wanted:
            dear = self._judged(self._encoder, wanted)
            self._logits[wanted] = dear - self._stricter[wanted]
            self._borne_out(self._encoder, dict(zip(wanted, dear, strict=True)))
        return [self._sense(record, columns) for record in records]

    def _judged(self, encoder: SentenceEncoder, places: Sequence[int]) -> Floats:
        vectors = encoder.vectors([self._stretches[one].text for one in places])
        return self._heads.by_dear(self._heads.dearly(vectors))

    def _borne_out(self, encoder: SentenceEncoder, known: dict[int, Floats]) -> None:
        """Lowers stretches that none of their sentences bears out.

        Sentences that have nothing to do with each other sound odd together, and odd is what heads
        find that learned from what sounds as it should. `known` are logits of what was read, by its
        place, without what single sentences lose; the sentences of what is found are read too.
        """
        found = [(one, self._parts(one)) for one in known if (self._logits[one] > 0).any()]
        missing = [part for _, parts in found for part in parts if part not in known]
        if missing:
            known |= dict(zip(missing, self._judged(encoder, missing), strict=True))
        for one, parts in found:
            if parts:
                most = np.max([known[part] for part in parts], axis=0) + TOGETHER
                self._logits[one] = np.minimum(self._logits[one], most)

    def _parts(self, place: int) -> list[int]:
        """The places of a stretch's sentences, which stand behind it where it has several: those
        that the cheap heads doubt most, `MOST_PARTS` at most."""
        count = len(self._stretches[place].passages)
        places = range(place + 1, place + 1 + count) if count > 1 else range(0)
        return sorted(places, key=lambda one: -self._lead[one])[:MOST_PARTS]

    def beside(
        self, record: int, columns: Sequence[int], exemplars: Sequence[Exemplar]
    ) -> tuple[tuple[Place, ...], ...]:
        """The places of each signal once an operator's exemplars have been heard too.

        They are compared with single sentences: with those that the heads found, and with the
        `MOST_READ` of a record whose words come closest to any exemplar's.
        """
        first, last = (int(bound) for bound in self._bounds[record : record + 2])
        heard = self._sense(record, columns).places
        whole = {one.start: one for some in self._stretches[first:last] for one in some.passages}
        passages = list(whole.values())
        if self._encoder is None or not exemplars or not passages:
            return heard
        words = word_vectors(self._pieces, self._pieces.ids([one.text for one in passages]))
        likely = np.max([(words @ one.words.T).max(axis=1) for one in exemplars], axis=0)
        order = np.argsort(-likely, kind="stable")[:MOST_READ]
        found = {place.start for places in heard for place in places if place.logit > 0}
        chosen = [
            one
            for number, one in enumerate(passages)
            if one.start in found or (number in order and likely[number] > _ALIKE)
        ]
        vectors = self._encoder.vectors([one.text.strip() for one in chosen])
        return tuple(
            self._compared(
                places,
                chosen,
                vectors,
                [one for one in exemplars if one.head == self._heads.signals[column]],
            )
            for column, places in zip(columns, heard, strict=True)
        )

    def _compared(
        self,
        places: tuple[Place, ...],
        chosen: Sequence[Passage],
        vectors: Vectors,
        exemplars: Sequence[Exemplar],
    ) -> tuple[Place, ...]:
        if not exemplars or not chosen:
            return places
        both = np.array([one.closeness(vectors) for one in exemplars]).max(axis=0)
        quiet = {
            one.start
            for one, near, far in zip(chosen, *both.tolist(), strict=True)
            if is_quiet(near, far)
        }
        close = [
            Place(logit_near(near, far), one.start, one.end, one.start, one.end)
            for one, near, far in zip(chosen, *both.tolist(), strict=True)
            if logit_near(near, far) > 0
        ]
        kept = [place for place in places if place.start not in quiet]
        return tuple(sorted([*kept, *close], key=lambda one: -one.logit)[:MOST_PLACES])

    def _sense(self, record: int, columns: Sequence[int]) -> Sense:
        first, last = (int(bound) for bound in self._bounds[record : record + 2])
        settled = self._encoder is None or not bool((self._lead[first:last] > 0).any())
        logits = self._logits[first:last]
        return Sense(tuple(self._places(logits, first, column) for column in columns), settled)

    def _places(self, logits: Floats, first: int, column: int) -> tuple[Place, ...]:
        these = logits[:, column]
        if len(these):
            surest = int(these.argmax())
            if these[surest] <= 0:
                return (self._place(first + surest, column, float(these[surest])),)
        order = np.argsort(-these, kind="stable")[: 2 * MOST_PLACES].tolist()
        places: dict[int, Place] = {}
        for rank, one in enumerate(order):
            if rank == 0 or logits[one, column] > 0:
                place = self._place(first + one, column, float(logits[one, column]))
                places.setdefault(place.start, place)
        return tuple(places.values())[:MOST_PLACES]

    def _place(self, place: int, column: int, logit: float) -> Place:
        some = self._stretches[place].passages
        best = 0
        if logit > 0 and len(some) > 1:
            cheap = self._heads.cheap(self._pieces.ids([passage.text for passage in some]))
            best = int(np.argmax(cheap[:, column]))
        return Place(logit, some[best].start, some[best].end, some[0].start, some[-1].end)


def _alone(stretch: Stretch) -> list[float]:
    """For a stretch and its parts, where it has several, 1 for each part."""
    return [0.0, *([1.0] * len(stretch.passages) if len(stretch.passages) > 1 else ())]


class _Asked(NamedTuple):
    """A record of a batch, by its place."""

    meanings: Meanings
    place: int


class Meant:
    """What records mean, for one detector: its signals by their names in the heads' file.

    `meaning` is "encoder" where what the cheap heads doubt goes to the sentence encoder, "static"
    where the cheap heads judge alone, and "off" where nothing is judged by its meaning.
    `audit_share`, in [0, 1], is the share of settled records that the encoder reads too. `cascade`
    belongs into the `cascades` of a detector with tiers. `exemplars` is a file of the operator's
    own, see `detectors._meaning.exemplars`, which is read again when it changes, and heard where
    the encoder can be. Raises `ValueError` for other words, and for a share out of range.
    """

    def __init__(
        self,
        signals: Sequence[str],
        meaning: str = ENCODER,
        audit_share: float = AUDIT_SHARE,
        exemplars: str | Path | None = None,
    ) -> None:
        self._exemplars = PolicyFile(exemplars, _read_exemplars) if exemplars else None
        self._signals = tuple(signals)
        if meaning not in (ENCODER, STATIC, OFF):
            raise ValueError(f"meaning must be {ENCODER}, {STATIC} or {OFF}")
        self._meaning = meaning
        self._columns: list[int] = []
        tiers: list[Tier[_Asked, Sense]] = [
            Tier(STATIC, self._cheaply, lambda found: found.settled),
            Tier(ENCODER, self._dearly, lambda _: True),
        ]
        self.cascade = Cascade(_NAME, tiers, lambda found: found.fires, audit_share)

    def load(self) -> None:
        """Reads the models and the exemplars.

        Raises `BrokenModel` for files that were changed, and `PolicyError` for exemplars that are
        missing or wrong.
        """
        if self._meaning != OFF:
            heads = shared_heads()
            self._columns = [heads.signals.index(signal) for signal in self._signals]
            read_shared(self._meaning == ENCODER)
            if self._exemplars is not None:
                self._exemplars.load()

    def judge(self, batch: Batch) -> list[tuple[tuple[Place, ...], ...]]:
        """For each record the places of each signal, in the signals' order; see `Sense`."""
        if self._meaning == OFF:
            return [((),) * len(self._signals)] * len(batch)
        meanings = meanings_of(batch, self._meaning == ENCODER, self.cascade.audit_share >= 1)
        ids = [record.record_id for record in batch.records]
        found = self.cascade.run(ids, [_Asked(meanings, place) for place in range(len(batch))])
        if self._exemplars is None:
            return [one.places for one in found]
        exemplars = self._exemplars.current()
        return [
            meanings.beside(
                place, self._columns, [one for one in exemplars if one.holds_for(record.deployment)]
            )
            for place, record in enumerate(batch.records)
        ]

    def _cheaply(self, asked: Sequence[_Asked]) -> list[Sense]:
        return asked[0].meanings.cheaply([one.place for one in asked], self._columns)

    def _dearly(self, asked: Sequence[_Asked]) -> list[Sense]:
        return asked[0].meanings.dearly([one.place for one in asked], self._columns)


_Way = tuple[bool, bool]
_known: weakref.WeakKeyDictionary[Batch, dict[_Way, Meanings]] = weakref.WeakKeyDictionary()


def meanings_of(batch: Batch, encoder: bool = True, all_read: bool = False) -> Meanings:
    """The meanings of a batch, worked out once.

    `encoder` says whether it may be asked, and `all_read` whether it reads what is settled too, as
    if there were no cheap heads.
    """
    known = _known.setdefault(batch, {})
    way = encoder, all_read
    if way not in known:
        pieces, sentences = read_shared(encoder)
        known[way] = Meanings(batch, shared_heads(), pieces, sentences, all_read)
    return known[way]


def _read_exemplars(data: bytes) -> tuple[Exemplar, ...]:
    """An operator's exemplars as vectors; none where the encoder can't be had."""
    found = entries(data)
    _, encoder = read_shared(True)
    return read(found, encoder) if encoder is not None else ()


@cache
def read_shared(encoder: bool) -> tuple[Pieces, SentenceEncoder | None]:
    """The vocabulary, and the encoder where it is wanted and can be had; once per process.

    Raises `BrokenModel`.
    """
    if encoder:
        try:
            sentences = shared_sentences()
            return sentences.pieces, sentences
        except NoEncoder:
            pass
    return read_pieces(MODELS / PIECES), None
