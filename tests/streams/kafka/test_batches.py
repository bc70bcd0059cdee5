"""Broken batches: what is handed on of them, what is lost, and that it is told once."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import aiokafka.consumer.fetcher
import pytest
from aiokafka.record import memory_records as aiokafka_records
from kafka.consumer.fetcher import Fetcher
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder
from kafka.record.util import calc_crc32c
from kafka.structs import TopicPartition

from streams.kafka.batches import Loss, Losses, SoundRecords, read_around

PER_BATCH = 3
_CRC, _ATTRIBUTES, _COUNT, _DATA = 17, 21, 57, 61


def batch(first: int, codec: int = 0) -> bytearray:
    """A batch with the messages `first` and the two after it."""
    builder = MemoryRecordsBuilder(2, codec, 1_000_000, offset=first)
    for number in range(first, first + PER_BATCH):
        builder.append(timestamp=1, key=None, value=b"v%d" % number * 50)
    builder.close()
    return bytearray(builder.buffer())


def resealed(data: bytearray) -> bytearray:
    """The batch with the checksum that belongs to what it holds now."""
    data[_CRC:_ATTRIBUTES] = calc_crc32c(bytes(data[_ATTRIBUTES:])).to_bytes(4, "big")
    return data


def flipped(data: bytearray) -> bytearray:
    data[-1] ^= 0xFF
    return data


def unpackable(data: bytearray) -> bytearray:
    data[_DATA:] = bytes(len(data) - _DATA)
    return resealed(data)


def half_gone(data: bytearray) -> bytearray:
    """A batch that says it holds more messages than it does."""
    data[_COUNT:_DATA] = (PER_BATCH + 1).to_bytes(4, "big")
    return resealed(data)


def unknown_codec(data: bytearray) -> bytearray:
    data[_ATTRIBUTES + 1] |= 0x07
    return resealed(data)


def drained(records: Any) -> list[int]:
    offsets = []
    while records.has_next():
        offsets += [record.offset for record in records.next_batch()]
    return offsets


CLIENTS = [
    pytest.param(MemoryRecords, id="kafka-python"),
    pytest.param(aiokafka_records.MemoryRecords, id="aiokafka"),
]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("harm", "codec", "kept", "lost"),
    [
        pytest.param(bytearray, 0, [3, 4, 5], None, id="sound"),
        pytest.param(bytearray, 4, [3, 4, 5], None, id="sound, zstd"),
        pytest.param(flipped, 0, [], (3, 5), id="wrong checksum"),
        pytest.param(unpackable, 1, [], (3, 5), id="no gzip"),
        pytest.param(unpackable, 2, [], (3, 5), id="no snappy"),
        pytest.param(unpackable, 3, [], (3, 5), id="no lz4"),
        pytest.param(unpackable, 4, [], (3, 5), id="no zstd"),
        pytest.param(unknown_codec, 0, [], (3, 5), id="a codec that doesn't exist"),
        pytest.param(unpackable, 0, [], (3, 5), id="no records"),
        pytest.param(half_gone, 0, [3, 4, 5], None, id="one record too few, none of them lost"),
    ],
)
def test_a_broken_batch_is_passed(
    client: Callable[[bytes], Any],
    harm: Callable[[bytearray], bytearray],
    codec: int,
    kept: list[int],
    lost: tuple[int, int] | None,
) -> None:
    data = bytes(batch(0) + harm(batch(3, codec)) + batch(6))
    told: list[Loss] = []
    losses = Losses(told.append)
    read: list[int] = []
    following = 0
    # A wrong checksum is tried again, as the clients do: by another fetch from where they stand.
    for _ in range(3):
        sound = SoundRecords(client(data), "t", 0, following, losses)
        while sound.has_next():
            one = sound.next_batch()
            assert one.validate_crc()
            read += [r.offset for r in one if r.offset >= following]
            following = max(following, one.next_offset)
    assert read == [0, 1, 2, *kept, 6, 7, 8]
    assert following == 9
    assert [(loss.first, loss.last) for loss in told] == ([lost] if lost else [])


def test_a_wrong_checksum_is_tried_again_before_it_is_given_up() -> None:
    good, bad = bytes(batch(0)), bytes(flipped(batch(0)))
    told: list[Loss] = []
    losses = Losses(told.append)
    assert drained(SoundRecords(MemoryRecords(bad), "t", 0, 0, losses)) == []
    assert drained(SoundRecords(MemoryRecords(good), "t", 0, 0, losses)) == [0, 1, 2]
    assert told == []


def test_a_loss_is_told_once() -> None:
    told: list[Loss] = []
    losses = Losses(told.append)
    losses.lose(Loss("t", 0, 3, 5, "checksum"))
    losses.lose(Loss("t", 0, 3, 5, "checksum"))
    losses.lose(Loss("t", 0, 4, 7, "checksum"))
    losses.lose(Loss("t", 1, 3, 5, "checksum"))
    assert [(loss.partition, loss.first, loss.last) for loss in told] == [
        (0, 3, 5),
        (0, 6, 7),
        (1, 3, 5),
    ]
    losses.forget("t", 0)
    losses.lose(Loss("t", 0, 0, 1, "checksum"))
    assert told[-1].count == 2


def test_a_header_that_lies_doesnt_take_the_partition_along() -> None:
    data = batch(0)
    data[23:27] = (2**31 - 1).to_bytes(4, "big")
    told: list[Loss] = []
    losses = Losses(told.append)
    for _ in range(3):
        drained(SoundRecords(MemoryRecords(bytes(data)), "t", 0, 0, losses))
    assert [(loss.first, loss.last) for loss in told] == [(0, 0)]


def test_the_seams_in_the_clients_are_there() -> None:
    fetcher = SimpleNamespace(PartitionRecords=Fetcher.PartitionRecords)
    losses = Losses()
    read_around(SimpleNamespace(_fetcher=fetcher), losses)
    data = bytes(batch(0) + unpackable(batch(3, 4)) + batch(6))
    part = fetcher.PartitionRecords(0, TopicPartition("t", 0), MemoryRecords(data))
    assert [record.offset for record in part.take()] == [0, 1, 2, 6, 7, 8]
    assert part.next_fetch_offset == 9
    assert (
        "PartitionRecords"
        in aiokafka.consumer.fetcher.Fetcher._proc_fetch_request.__code__.co_names
    )
