"""Draws records for review by strata, each with its known probability of being drawn.

One pass over verdicts, by reservoirs (Vitter 1985): each record of a stratum is as likely as any
other of it. Of records that are alike one is drawn, which stands for all of them.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec

from streams.labels.alike import FEWEST_WORDS, words_of
from streams.place import row_place
from streams.records import VerdictBatch, VerdictRow

Stratum = Literal["opened", "disagree", "near", "doubt", "above", "rest"]
STRATA: tuple[Stratum, ...] = ("opened", "disagree", "near", "doubt", "above", "rest")
"""What opened an incident; where two tiers gave much different scores; what is near the limit; what
a cheap tier left to a dearer one, audits among it; what is above the limit; and all else. A record
is of the first that it fits."""

NEAR = 0.1
"""A score no further from the limit is near it."""

LATER_TIERS = ("encoder", "detoxify")
"""How the names of tiers begin that judge what an earlier one didn't settle, or what is audited."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One record to be judged on one signal: where it stands and why it was drawn, never its text.

    `probability` is that with which it was drawn, `copies` how many records alike it stands for,
    itself among them, and `reviewers` how many people are to judge it.
    """

    place: str
    record_id: str
    deployment: str
    event_time: float
    signal: str
    score: float
    limit: float
    stratum: Stratum
    probability: float
    copies: int = 1
    reviewers: int = 1

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others of its queue."""
        return self.place, self.signal


class _Reservoir:
    """A fair sample of what came, each kind of text once."""

    def __init__(self, size: int, rng: random.Random) -> None:
        self._size = size
        self._rng = rng
        self.copies: dict[bytes, int] = {}
        self.kept: list[tuple[bytes, Item]] = []

    def take(self, like: bytes, item: Item) -> None:
        if like in self.copies:
            self.copies[like] += 1
            return
        self.copies[like] = 1
        if len(self.kept) < self._size:
            self.kept.append((like, item))
            return
        place = self._rng.randrange(len(self.copies))
        if place < self._size:
            self.kept[place] = like, item


class Draw:
    """Takes verdicts, and gives the items drawn of them.

    `limits` are by signal. `opened` are places of records that opened incidents. `twice` in [0, 1]
    is the share of items that two people are to judge.
    """

    def __init__(
        self,
        limits: Mapping[str, float],
        size: int,
        *,
        opened: Collection[str] = (),
        twice: float = 0.2,
        seed: int = 0,
    ) -> None:
        self._limits = dict(limits)
        self._size = size
        self._opened = frozenset(opened)
        self._twice = twice
        self._rng = random.Random(seed)
        self._reservoirs: dict[tuple[str, Stratum], _Reservoir] = {}

    def look(self, batch: VerdictBatch) -> None:
        """Takes the rows of a batch."""
        for row in batch.rows:
            judged = batch.judged[row.judged] if 0 <= row.judged < len(batch.judged) else []
            for signal, limit in self._limits.items():
                if signal in judged:
                    self._take(batch, row, signal, limit)

    def items(self) -> list[Item]:
        """Those drawn, `size` of each signal or all there are, in an order that tells nothing."""
        found: list[Item] = []
        for signal in self._limits:
            mine = {s: self._reservoirs[signal, s] for s in STRATA if (signal, s) in
                    self._reservoirs}  # fmt: skip
            shares = _shared(self._size, {s: len(one.copies) for s, one in mine.items()})
            for stratum, reservoir in mine.items():
                number = shares[stratum]
                probability = number / len(reservoir.copies)
                for like, item in self._rng.sample(reservoir.kept, number):
                    found.append(
                        msgspec.structs.replace(
                            item,
                            probability=probability,
                            copies=reservoir.copies[like],
                            reviewers=2 if self._rng.random() < self._twice else 1,
                        )
                    )
        self._rng.shuffle(found)
        return found

    def _take(self, batch: VerdictBatch, row: VerdictRow, signal: str, limit: float) -> None:
        place, score = row_place(batch, row), row.scores.get(signal, 0.0)
        stratum = _stratum(row, signal, score, limit, opened=place in self._opened)
        key = signal, stratum
        if key not in self._reservoirs:
            self._reservoirs[key] = _Reservoir(self._size, self._rng)
        item = Item(
            place=place,
            record_id=row.record_id,
            deployment=batch.deployment,
            event_time=row.event_time,
            signal=signal,
            score=score,
            limit=limit,
            stratum=stratum,
            probability=1.0,
        )
        self._reservoirs[key].take(_likeness(batch, row, place, above=score > limit), item)


def _stratum(row: VerdictRow, signal: str, score: float, limit: float, *, opened: bool) -> Stratum:
    if opened and score > limit:
        return "opened"
    if signal in row.cheap:
        return "disagree"
    if abs(score - limit) <= NEAR:
        return "near"
    if row.backends.get(signal.partition(".")[0], "").startswith(LATER_TIERS):
        return "doubt"
    return "above" if score > limit else "rest"


def _likeness(batch: VerdictBatch, row: VerdictRow, place: str, *, above: bool) -> bytes:
    """The same for records of one side of the limit whose masked excerpts have the same words,
    whatever numbers, masked names, case and order; with few words, the record's own."""
    words = sorted(words_of(row.excerpt))
    text = " ".join([str(above), batch.deployment, *words]) if len(words) >= FEWEST_WORDS else place
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()


def _shared(size: int, there: Mapping[Stratum, int]) -> dict[Stratum, int]:
    """How many of each stratum: evenly, and what one lacks goes to the others."""
    shares = dict.fromkeys(there, 0)
    left = min(size, sum(there.values()))
    while left:
        open_ = [stratum for stratum in there if shares[stratum] < there[stratum]]
        part = max(1, left // len(open_))
        for stratum in open_:
            given = min(part, there[stratum] - shares[stratum], left)
            shares[stratum] += given
            left -= given
    return shares


def response(items: Sequence[Item], labelled: Collection[tuple[str, str]]) -> dict[
    tuple[str, Stratum], float
]:  # fmt: skip
    """By signal and stratum, the share of the items drawn that were judged so far."""
    drawn: dict[tuple[str, Stratum], list[bool]] = {}
    for item in items:
        drawn.setdefault((item.signal, item.stratum), []).append(item.key in labelled)
    return {key: sum(done) / len(done) for key, done in drawn.items()}
