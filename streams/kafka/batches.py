"""Reads around batches that can't be read: a broken one ends no process and stops no partition.

Kafka's clients raise where a batch's checksum is wrong, or where it can't be unpacked. One of
them then raises for ever at the same place, the other turns in a circle. Here such a batch is
handed on as one without records, so that the reader's position moves past it, and what was lost
by that is told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from streams.dead_letters import dead_letter
from streams.kafka.lean import TOO_MUCH, LeanRecords
from streams.place import Place
from streams.records import DeadLetter

log = logging.getLogger(__name__)

GONE = "deleted before they were read"
"""`Loss.why` where retention, or somebody, took messages that weren't read."""

_TRIES = 3
"""So often a batch with a wrong checksum is asked for: it may have broken on the way."""

# A header that can't be trusted must not make a reader skip the whole partition.
_MOST_OFFSETS = 1 << 20


class Loss(msgspec.Struct, frozen=True):
    """Offsets that can't be read, `first` and `last` included. `why` holds no content."""

    topic: str
    partition: int
    first: int
    last: int
    why: str

    @property
    def count(self) -> int:
        """How many offsets; a compacted topic may have had fewer messages there."""
        return self.last - self.first + 1


def lost_letter(loss: Loss, now: float, worker: str) -> DeadLetter:
    """The dead letter on a batch: where it stands, for as long as its topic keeps it.

    It carries nothing: what can't be unpacked can't be judged, nor cleaned before it is shown.
    """
    return dead_letter(
        Place(loss.topic, loss.partition, loss.first),
        b"",
        "unreadable_batch",
        f"offsets {loss.first} to {loss.last} can't be read ({loss.why})",
        failed_at=now,
        most_bytes=0,
        worker=worker,
        complete=False,
    )


class Losses:
    """What one process couldn't read, each offset told once."""

    def __init__(self, tell: Callable[[Loss], None] = lambda loss: None) -> None:
        self._tell = tell
        self._told: dict[tuple[str, int], int] = {}
        self._tries: dict[tuple[str, int], tuple[int, int]] = {}

    def again(self, topic: str, partition: int, offset: int) -> bool:
        """Whether a batch with a wrong checksum is to be asked for once more."""
        tried, times = self._tries.get((topic, partition), (offset, 0))
        times = times + 1 if tried == offset else 1
        self._tries[topic, partition] = offset, times
        return times < _TRIES

    def lose(self, loss: Loss) -> None:
        """Logs and tells a loss, without what was told of it before."""
        place = loss.topic, loss.partition
        first = max(loss.first, self._told.get(place, -1) + 1)
        if first > loss.last:
            return
        loss = msgspec.structs.replace(loss, first=first)
        self._told[place] = loss.last
        log.error(
            "%s-%d: offsets %d to %d can't be read (%s); they are skipped, up to %d messages are"
            " lost",
            loss.topic,
            loss.partition,
            loss.first,
            loss.last,
            loss.why,
            loss.count,
        )
        self._tell(loss)

    def forget(self, topic: str, partition: int) -> None:
        """The partition begins anew: its offsets count from the beginning."""
        self._told.pop((topic, partition), None)
        self._tries.pop((topic, partition), None)


class SoundRecords:
    """The batches of one fetch as the clients' own classes give them, but for broken ones.

    `records` is aiokafka's or kafka-python's `MemoryRecords`, or `LeanRecords` around it, and
    this is used in its place. Each batch that is taken is told to `opened`, with its last offset
    and how many bytes its values have; where `full` says so none is taken, as if there were none.
    """

    def __init__(
        self,
        records: Any,
        topic: str,
        partition: int,
        fetch_offset: int,
        losses: Losses,
        *,
        full: Callable[[], bool] = lambda: False,
        opened: Callable[[int, int], object] = lambda last, size: None,
    ) -> None:
        self._full = full
        self._opened = opened
        self._records = records
        self._place = topic, partition
        self._next = fetch_offset
        self._losses = losses
        self._ahead: Any = None
        self._ended = False

    def has_next(self) -> bool:
        """Whether there is another batch."""
        if self._ahead is None and not self._ended:
            self._ahead = self._checked()
            self._ended = self._ahead is None
        return self._ahead is not None

    def next_batch(self) -> Any:
        """The next batch, None at the end. Never raises for what a batch holds."""
        if not self.has_next():
            return None
        batch, self._ahead = self._ahead, None
        self._next = max(self._next, batch.next_offset)
        return batch

    def _checked(self) -> Any:
        if not self._records.has_next() or self._full():
            return None
        try:
            batch = self._records.next_batch()
            lost: int | None = getattr(self._records, "lost", None)
            if batch is None and lost is not None:
                return self._skip(self._next, max(self._next, lost), TOO_MUCH)
            sound = batch.validate_crc()
        except Exception as broken:
            # Without a header nobody knows how long the batch is, nor where the next begins.
            self._ended = True
            return self._skip(self._next, self._next, type(broken).__name__)
        if not sound:
            return self._corrupt(batch)
        found: list[Any] = []
        try:
            # One by one: those before the broken one are good.
            for record in batch:
                found.append(record)
        except Exception as broken:
            first = found[-1].offset + 1 if found else _first(batch, self._next)
            last = _last(batch, first)
            self._lose(first, last, type(broken).__name__)
            return _Unpacked(batch, found, last + 1)
        last = _last(batch, found[-1].offset if found else -1)
        if lost is not None:
            self._lose(lost, last, TOO_MUCH)
        self._opened(last, sum(len(one.value or b"") for one in found))
        return _Unpacked(batch, found, last + 1)

    def _corrupt(self, batch: Any) -> Any:
        first = _first(batch, self._next)
        if self._losses.again(*self._place, first):
            return None
        # The header was checked with the rest, so what it says is to be doubted.
        last = _last(batch, first)
        believable = first <= last < first + _MOST_OFFSETS
        return self._skip(first, last if believable else first, "checksum")

    def _skip(self, first: int, last: int, why: str) -> Any:
        self._lose(first, last, why)
        return _Nothing(first, last)

    def _lose(self, first: int, last: int, why: str) -> None:
        first = max(first, self._next)
        if first <= last:
            self._losses.lose(Loss(*self._place, first, last, why))


class _Unpacked:
    """A batch whose records are unpacked already."""

    def __init__(self, batch: Any, records: list[Any], next_offset: int) -> None:
        self._batch = batch
        self._records = iter(records)
        self.next_offset = next_offset

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        return self._records

    def __next__(self) -> Any:
        return next(self._records)

    def validate_crc(self) -> bool:
        return True


class _Nothing:
    """A batch without records, as compaction leaves one."""

    magic = 2
    leader_epoch = -1
    producer_id = None
    is_control_batch = False
    is_transactional = False

    def __init__(self, first: int, last: int) -> None:
        self.base_offset = first
        self.last_offset = last
        self.next_offset = last + 1

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def has_producer_id(self) -> bool:
        return False

    def validate_crc(self) -> bool:
        return True


def _first(batch: Any, otherwise: int) -> int:
    return int(getattr(batch, "base_offset", otherwise))


def _last(batch: Any, otherwise: int) -> int:
    # Only batches of the old formats lack it, and with them an offset is one message.
    following = getattr(batch, "next_offset", None)
    return otherwise if following is None else int(following) - 1


def read_around(consumer: Any, losses: Losses) -> None:
    """Makes a kafka-python consumer read around broken batches, and unpack what others can't."""
    import kafka.consumer.fetcher

    if not hasattr(kafka.consumer.fetcher.MemoryRecords, "lean"):
        kafka.consumer.fetcher.MemoryRecords = lean(kafka.consumer.fetcher.MemoryRecords)
    fetcher = consumer._fetcher
    made = fetcher.PartitionRecords

    def sound(fetch_offset: int, place: Any, records: Any, **options: Any) -> Any:
        wrapped = SoundRecords(records, place.topic, place.partition, fetch_offset, losses)
        return made(fetch_offset, place, wrapped, **options)

    fetcher.PartitionRecords = sound


def lean(client: Any) -> Any:
    """A client's class of what a fetch brought, read through `LeanRecords`."""

    def made(data: Any) -> LeanRecords:
        return LeanRecords(data, client)

    made.lean = True  # type: ignore[attr-defined]
    return made
