"""Cheap tiers before dear ones, and how much the cheap ones let slip.

A detector with tiers keeps one or more `Cascade`s in its attribute `cascades`; `Suite` collects
what they counted, and the worker makes metrics of it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

import msgspec

AUDIT_SHARE: Final = 0.002
"""Of the records that a tier settles before the last, the share that the last one judges too."""

OUTCOMES: Final = ("settled", "passed", "audited", "missed")
"""`TierCounts`' numbers of records. The first two add up to what the tier saw."""

_REMEMBERED: Final = 1_024
"""Detectors that ask for the same of a batch have cascades of one name."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class TierCounts(msgspec.Struct):
    """What a tier did: numbers of records, and seconds.

    `settled` it answered, `passed` it handed on. Of those settled, `audited` were judged by the
    last tier too, and of these `missed` are those it took for nothing and the last tier did not:
    `missed / audited` estimates what share of the settled records hold what nobody sees.
    `seconds` include the tier's work on audited records.
    """

    settled: int = 0
    passed: int = 0
    audited: int = 0
    missed: int = 0
    seconds: float = 0.0

    def add(self, other: TierCounts) -> None:
        """Adds another's numbers to these."""
        self.settled += other.settled
        self.passed += other.passed
        self.audited += other.audited
        self.missed += other.missed
        self.seconds += other.seconds


class Tier(NamedTuple, Generic[Item, Answer]):
    """One step: `answer` gives one answer per item, in order; `settles` says whether it stands.

    The last tier's answers stand whatever `settles` says.
    """

    name: str
    answer: Callable[[Sequence[Item]], Sequence[Answer]]
    settles: Callable[[Answer], bool]


class Cascade(Generic[Item, Answer]):
    """Tiers from cheap to dear. Each item goes on until a tier is certain.

    `found` tells whether an answer says that there is something. Of the items settled before the
    last tier, `audit_share` (in [0, 1], drawn by a hash of the record's id and `name`, so the same
    in every run) go to the last tier too, and its answer stands; 1 is as if there were no tiers.
    `clock` gives seconds. Raises `ValueError` for no tiers, two of one name, and shares out of
    range.

    >>> cheap = Tier("length", lambda texts: [0.0] * len(texts), lambda _: True)
    >>> dear = Tier("count", lambda texts: [text.count("!") for text in texts], lambda _: True)
    >>> cascade = Cascade("shouting", [cheap, dear], found=bool, audit_share=1.0)
    >>> cascade.run(["record-1", "record-2"], ["fine", "no!"])
    [0, 1]
    >>> cascade.take()["length"].missed
    1
    """

    def __init__(
        self,
        name: str,
        tiers: Sequence[Tier[Item, Answer]],
        found: Callable[[Answer], bool],
        audit_share: float = AUDIT_SHARE,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.names = tuple(tier.name for tier in tiers)
        if not tiers or len(set(self.names)) < len(tiers):
            raise ValueError("a cascade takes tiers, each with a name of its own")
        check_audit_share(audit_share)
        self.name = name
        self.audit_share = audit_share
        self.clock = clock
        self._tiers = tuple(tiers)
        self._found = found
        self._counts = {name: TierCounts() for name in self.names}

    def run(self, record_ids: Sequence[str], items: Sequence[Item]) -> list[Answer]:
        """The answer that stands for each item, in order. Raises what a tier raises.

        Items of a run that a tier raised on are not counted, so that they can be run again.
        """
        counts = {name: TierCounts() for name in self.names}
        answers: dict[int, Answer] = {}
        settled_by: dict[int, TierCounts] = {}
        places: list[int] = list(range(len(items)))
        for tier in self._tiers[:-1]:
            mine = counts[tier.name]
            answers |= self._answers(tier, places, items, mine)
            going_on = []
            for place in places:
                if tier.settles(answers[place]):
                    mine.settled += 1
                    if is_audited(self.name, record_ids[place], self.audit_share):
                        mine.audited += 1
                        settled_by[place] = mine
                else:
                    mine.passed += 1
                    going_on.append(place)
            places = going_on
        last = self._tiers[-1]
        counts[last.name].settled = len(places)
        dear = self._answers(last, sorted([*places, *settled_by]), items, counts[last.name])
        for place, by in settled_by.items():
            by.missed += self._found(dear[place]) and not self._found(answers[place])
        answers |= dear
        for name, count in counts.items():
            self._counts[name].add(count)
        return [answers[place] for place in range(len(items))]

    def take(self) -> dict[str, TierCounts]:
        """What each tier did since this was last called, zeros included."""
        counts, self._counts = self._counts, {name: TierCounts() for name in self.names}
        return counts

    def _answers(
        self,
        tier: Tier[Item, Answer],
        places: Sequence[int],
        items: Sequence[Item],
        counts: TierCounts,
    ) -> dict[int, Answer]:
        if not places:
            return {}
        started = self.clock()
        answers = tier.answer([items[place] for place in places])
        counts.seconds += self.clock() - started
        return dict(zip(places, answers, strict=True))


@runtime_checkable
class Tiered(Protocol):
    """A detector with tiers. Several cascades of one detector name their tiers apart."""

    cascades: Sequence[Cascade[Any, Any]]


def take_all(cascades: Iterable[Cascade[Any, Any]]) -> dict[str, TierCounts]:
    """What the tiers of several cascades did since last asked; tiers of one name are added up."""
    taken: dict[str, TierCounts] = {}
    for cascade in cascades:
        merge(taken, cascade.take())
    return taken


def merge(into: dict[str, TierCounts], counts: Mapping[str, TierCounts]) -> None:
    """Adds counts by tier to others."""
    for name, count in counts.items():
        into.setdefault(name, TierCounts()).add(count)


@lru_cache(_REMEMBERED)
def is_audited(cascade: str, record_id: str, share: float) -> bool:
    """Whether a record is among the share, in [0, 1], that the last tier judges anyway."""
    if share <= 0.0:
        return False
    salt = cascade.encode("utf-8", "replace")[:16]
    digest = hashlib.blake2b(record_id.encode("utf-8", "replace"), digest_size=8, person=salt)
    return int.from_bytes(digest.digest()) < share * 2**64


def check_audit_share(share: float) -> None:
    """Raises `ValueError` unless the share is in [0, 1]."""
    if not 0.0 <= share <= 1.0:
        raise ValueError("audit_share must be in [0, 1]")
