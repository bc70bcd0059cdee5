"""Batches as they come from a broker, made small enough to be read whole.

Kafka's clients unpack a batch in one step, however much it holds. Here it is unpacked piece by
piece: values that are larger than a record may be are cut (`streams.kafka.large`), and where
records would take too much memory all the same, reading stops. What goes on to the client is a
batch without compression, with its checksum anew.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from streams.kafka.large import KEPT, cut
from streams.kafka.unpack import CannotUnpack, pieces

_LENGTH_AT, _MAGIC_AT, _CRC_AT, _ATTRIBUTES_AT, _LAST_DELTA_AT = 8, 16, 17, 21, 23
_COUNT_AT, _RECORDS_AT = 57, 61
_OVERHEAD = 12
_CODEC = 0x07
_OF_A_RECORD = 256
"""About what a client's own object for a record takes, in bytes."""

_AFTER_CUTTING = 16 * 1024 * 1024
_MOST_UNPACKED = 1 << 30
_MOST_COUNTED = 50_000

TOO_MUCH = "unpacks to too much"
"""`Loss.why` for the end of a batch that would take more memory than there may be."""


class Most(msgspec.Struct, frozen=True):
    """How large values may be, and how much of one batch is taken in, in bytes."""

    record: int = 256 * 1024 * 1024
    batch: int = 256 * 1024 * 1024


class LeanRecords:
    """What a fetch brought of a partition, batch by batch; stands in for a client's own class.

    `client` is that class. `most` may be set until the first batch is taken. After each batch,
    `lost` is the first offset of it that isn't handed on, None where all is.
    """

    def __init__(self, data: Any, client: Callable[[bytes], Any], most: Most | None = None) -> None:
        self._data = memoryview(data) if data else memoryview(b"")
        self._client = client
        self.most = most or Most()
        self.lost: int | None = None

    def size_in_bytes(self) -> int:
        """How much is left."""
        return len(self._data)

    def has_next(self) -> bool:
        """Whether there is another whole batch."""
        return self._end() is not None

    def next_batch(self) -> Any:
        """The client's batch, None at the end. Raises what the client raises."""
        end = self._end()
        if end is None:
            return None
        whole = bytes(self._data[:end])
        self._data = self._data[end:]
        lean, self.lost = made_lean(whole, self.most)
        return self._client(lean).next_batch()

    def _end(self) -> int | None:
        if len(self._data) < _OVERHEAD:
            return None
        end = _OVERHEAD + int.from_bytes(self._data[_LENGTH_AT:_OVERHEAD], "big")
        return end if _MAGIC_AT < end <= len(self._data) else None


def made_lean(batch: bytes, most: Most) -> tuple[bytes, int | None]:
    """The batch without compression, and the first offset that is no longer in it.

    A broken one comes back as it is: the client says best what is wrong with it.
    """
    if batch[_MAGIC_AT] < 2 or len(batch) < _RECORDS_AT:
        return _old(batch, most)
    codec = batch[_ATTRIBUTES_AT + 1] & _CODEC
    (count,) = struct.unpack_from(">i", batch, _COUNT_AT)
    if not codec and len(batch) <= most.record and count <= _MOST_COUNTED:
        return batch, None
    if _crc(batch[_ATTRIBUTES_AT:]) != int.from_bytes(batch[_CRC_AT:_ATTRIBUTES_AT], "big"):
        return batch, None
    packed = batch[_RECORDS_AT:]
    feed = _Feed(pieces(codec, packed) if codec else iter([packed]))
    try:
        if count <= _MOST_COUNTED and feed.all_within(min(most.record, most.batch)):
            return _sealed(batch, bytes(feed.held), count), None
        found, kept, lost = _records(feed, count, most)
    except CannotUnpack:
        return batch, None
    (base,) = struct.unpack_from(">q", batch, 0)
    return _sealed(batch, bytes(found), kept), None if lost is None else base + lost


def _records(feed: _Feed, count: int, most: Most) -> tuple[bytearray, int, int | None]:
    """The records as far as they may be kept, how many, and where they end before their time."""
    found = bytearray()
    weight = 0
    after = 0
    for number in range(count):
        if weight > most.batch + _AFTER_CUTTING or feed.unpacked > _MOST_UNPACKED:
            return found, number, after
        room = max(0, min(most.record, most.batch - weight))
        try:
            length = feed.varint()
            if length < 0:
                raise CannotUnpack("a record of a negative length")
            start = feed.taken
            head = bytearray(feed.take(1))
            head += _varint(feed.varint())
            delta = feed.varint()
            head += _varint(delta)
            if length <= room:
                record = bytes(head) + feed.take(length - (feed.taken - start))
            else:
                record = bytes(head) + _cut_record(feed, start + length, room)
        except CannotUnpack:
            if not found:
                raise
            # What was read before is good.
            return found, number, after
        found += _varint(len(record)) + record
        weight += len(record) + _OF_A_RECORD
        after = delta + 1
    return found, count, None


def _cut_record(feed: _Feed, end: int, room: int) -> bytes:
    """Key and value of a record that is too large, the value cut, without headers."""
    size = feed.varint()
    key = None
    if 0 <= size <= min(room, KEPT):
        key = feed.take(size)
    elif size > 0:
        feed.skip(size)
    size = feed.varint()
    kept = feed.take(min(max(size, 0), room, KEPT))
    feed.skip(end - feed.taken)
    value = cut(kept, max(size, 0))
    made = _varint(-1) if key is None else _varint(len(key)) + key
    return made + _varint(len(value)) + value + _varint(0)


def _sealed(batch: bytes, records: bytes, count: int) -> bytes:
    made = bytearray(batch[:_RECORDS_AT]) + records
    made[_ATTRIBUTES_AT + 1] &= ~_CODEC & 0xFF
    made[_COUNT_AT:_RECORDS_AT] = struct.pack(">i", count)
    made[_LENGTH_AT:_OVERHEAD] = struct.pack(">i", len(made) - _OVERHEAD)
    made[_CRC_AT:_ATTRIBUTES_AT] = struct.pack(">I", _crc(bytes(made[_ATTRIBUTES_AT:])))
    return bytes(made)


def _old(batch: bytes, most: Most) -> tuple[bytes, int | None]:
    """A message of the formats before 0.11: whole, or, where it unpacks to too much, without."""
    if len(batch) < _MAGIC_AT + 2 or not (codec := batch[_MAGIC_AT + 1] & _CODEC):
        return batch, None
    at = _MAGIC_AT + (10 if batch[_MAGIC_AT] else 2)
    key = int.from_bytes(batch[at : at + 4], "big", signed=True)
    packed = batch[at + 8 + max(0, key) :]
    try:
        within = _Feed(pieces(codec, packed)).all_within(most.batch)
    except CannotUnpack:
        return batch, None
    if within:
        return batch, None
    (offset,) = struct.unpack_from(">q", batch, 0)
    return _EMPTY, offset


def _crc(data: bytes) -> int:
    from aiokafka.record.util import calc_crc32c

    return int(calc_crc32c(data))


class _Feed:
    """Unpacked bytes, of which only what is asked for is kept."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self.held = bytearray()
        self._at = 0
        self.unpacked = 0
        self.taken = 0

    def all_within(self, most: int) -> bool:
        """Whether all there is fits; then it is `held`."""
        while len(self.held) <= most:
            if not self._more():
                return True
        return False

    def _more(self) -> bool:
        piece = next(self._source, None)
        if piece is None:
            return False
        if self._at:
            del self.held[: self._at]
            self._at = 0
        self.held += piece
        self.unpacked += len(piece)
        return True

    def take(self, size: int) -> bytes:
        while len(self.held) - self._at < size:
            if not self._more():
                raise CannotUnpack("cut short")
        made = bytes(self.held[self._at : self._at + size])
        self._at += size
        self.taken += size
        return made

    def skip(self, size: int) -> None:
        if size < 0:
            raise CannotUnpack("a record of a wrong length")
        self.taken += size
        while size > len(self.held) - self._at:
            size -= len(self.held) - self._at
            self.held.clear()
            self._at = 0
            if self.unpacked > _MOST_UNPACKED or not self._more():
                raise CannotUnpack("cut short")
        self._at += size

    def varint(self) -> int:
        value = shift = 0
        while True:
            (byte,) = self.take(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7
            if shift > 63:
                raise CannotUnpack("a number that is too long")


def _varint(number: int) -> bytes:
    value = (number << 1) ^ (number >> 63)
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


_EMPTY = b""
