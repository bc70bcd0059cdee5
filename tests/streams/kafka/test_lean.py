"""Batches that hold too much: what is cut, what is lost, and that all others stay as they are."""

from __future__ import annotations

import gzip
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from typing import Any

import cramjam
import lz4.frame  # type: ignore[import-untyped]
import pytest
import zstandard
from aiokafka.record import memory_records as aiokafka_records
from hypothesis import given
from hypothesis import strategies as st
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder

from streams.kafka.batches import Loss, Losses, SoundRecords
from streams.kafka.large import KEPT, was_cut
from streams.kafka.lean import TOO_MUCH, LeanRecords, Most
from streams.kafka.unpack import GZIP, LZ4, PIECE, SNAPPY, ZSTD, CannotUnpack, pieces

CODECS = {"gzip": GZIP, "snappy": SNAPPY, "lz4": LZ4, "zstd": ZSTD}
CLIENTS = [
    pytest.param(MemoryRecords, id="kafka-python"),
    pytest.param(aiokafka_records.MemoryRecords, id="aiokafka"),
]
SMALL = Most(record=1_000, batch=10_000)


def batch(values: list[bytes | None], codec: int = 0, first: int = 0, magic: int = 2) -> bytes:
    builder = MemoryRecordsBuilder(magic, codec, 1 << 30, offset=first)
    for number, value in enumerate(values):
        headers = [("h", b"x")] if magic == 2 else []
        builder.append(timestamp=5, key=b"k%d" % number, value=value, headers=headers)
    builder.close()
    return bytes(builder.buffer())


def read(
    data: bytes, client: Callable[[bytes], Any], most: Most, told: list[Loss] | None = None
) -> list[Any]:
    losses = Losses(lambda loss: None if told is None else told.append(loss))
    sound = SoundRecords(LeanRecords(data, client, most), "t", 0, 0, losses)
    found = []
    while sound.has_next():
        found += list(sound.next_batch())
    return found


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("codec", [0, *CODECS.values()])
@pytest.mark.parametrize("most", [Most(), Most(record=60, batch=1 << 20)], ids=["fits", "walked"])
def test_what_fits_stays_as_it_is(client: Callable[[bytes], Any], codec: int, most: Most) -> None:
    values: list[bytes | None] = [b"one", None, b"", b"three" * 8]
    (bare, lean) = (
        [(r.offset, r.timestamp, r.key, r.value, list(r.headers)) for r in records]
        for records in (
            read(batch(values), client, Most()),
            read(batch(values, codec), client, most),
        )
    )
    assert lean == bare
    assert [value for _, _, _, value, _ in lean] == values


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("codec", [0, *CODECS.values()])
def test_a_value_that_is_too_large_is_cut_and_its_neighbours_stay(
    client: Callable[[bytes], Any], codec: int
) -> None:
    large = bytes(range(256)) * 1_000
    told: list[Loss] = []
    found = read(batch([b"a", large, b"b"], codec, 7), client, SMALL, told)
    assert [record.offset for record in found] == [7, 8, 9]
    assert [found[0].value, found[2].value] == [b"a", b"b"]
    assert was_cut(found[0].value) is None
    size, head = was_cut(found[1].value) or (0, b"")
    assert size == len(large)
    assert large.startswith(head)
    assert len(head) <= KEPT
    assert found[1].key == b"k1"
    assert told == []


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_when_a_batch_holds_too_much_the_rest_of_it_is_cut(codec: int) -> None:
    values: list[bytes | None] = [b"x" * 900] * 40
    found = read(batch(values, codec), aiokafka_records.MemoryRecords, SMALL)
    cut = [was_cut(record.value) is not None for record in found]
    assert len(found) == 40
    assert cut == sorted(cut)
    assert 0 < cut.index(True) < 20
    assert sum(len(record.value) for record in found) < 3 * SMALL.batch


@pytest.mark.parametrize("client", CLIENTS)
def test_what_would_take_too_much_memory_even_cut_is_lost_and_told(
    client: Callable[[bytes], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.kafka.lean._AFTER_CUTTING", 10_000)
    told: list[Loss] = []
    data = batch([b"x" * 900] * 200, ZSTD, 3) + batch([b"after"], 0, 203)
    found = read(data, client, SMALL, told)
    assert [record.offset for record in found[:-1]] == list(range(3, 3 + len(found) - 1))
    assert found[-1].value == b"after"
    assert [(loss.first, loss.last, loss.why) for loss in told] == [
        (3 + len(found) - 1, 202, TOO_MUCH)
    ]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("magic", [0, 1])
def test_messages_of_old_formats_are_read_or_lost_as_a_whole(
    client: Callable[[bytes], Any], magic: int
) -> None:
    told: list[Loss] = []
    data = batch([b"a", b"b"], GZIP, 0, magic) + batch([b"x" * 30_000], GZIP, 2, magic)
    data += batch([b"c"], 0, 3, magic)
    found = read(data, client, SMALL, told)
    assert [record.value for record in found] == [b"a", b"b", b"c"]
    assert [(loss.count, loss.why) for loss in told] == [(1, TOO_MUCH)]


def test_the_mark_of_what_was_cut_cannot_be_written_by_a_producer() -> None:
    (found,) = read(batch([b"x" * 5_000], GZIP), aiokafka_records.MemoryRecords, SMALL)
    mark = found.value[:5]
    assert was_cut(mark + b"\x00" * 16 + (9).to_bytes(8, "big")) is None


def redpanda(data: bytes) -> bytes:
    """Snappy in blocks, with the versions written as Redpanda wrote them."""
    made = b"\x82SNAPPY\x00" + struct.pack("<ii", 1, 1)
    for at in range(0, len(data), 1_000):
        block = bytes(cramjam.snappy.compress_raw(data[at : at + 1_000]))
        made += struct.pack(">i", len(block)) + block
    return made


def java(data: bytes) -> bytes:
    made = redpanda(data)
    return made[:8] + struct.pack(">ii", 1, 1) + made[16:]


PACK: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "gzip": (GZIP, gzip.compress),
    "gzip in two": (GZIP, lambda data: gzip.compress(data[:5]) + gzip.compress(data[5:])),
    "snappy": (SNAPPY, lambda data: bytes(cramjam.snappy.compress_raw(data))),
    "snappy of Java": (SNAPPY, java),
    "snappy of Redpanda": (SNAPPY, redpanda),
    "lz4": (LZ4, lz4.frame.compress),
    "zstd": (ZSTD, zstandard.compress),
}


@pytest.mark.parametrize("name", PACK)
@given(data=st.binary(min_size=1, max_size=3_000), times=st.sampled_from([1, 300]))
def test_pieces_are_what_was_packed(name: str, data: bytes, times: int) -> None:
    codec, pack = PACK[name]
    assert b"".join(pieces(codec, pack(data * times))) == data * times


@pytest.mark.parametrize("name", ["gzip", "snappy of Java", "lz4", "zstd"])
def test_of_much_only_a_piece_is_unpacked_at_a_time(name: str) -> None:
    codec, pack = PACK[name]
    found = pieces(codec, pack(bytes(20_000_000)))
    assert [len(next(found)) <= 2 * PIECE for _ in range(5)] == [True] * 5


@pytest.mark.parametrize("name", PACK)
def test_what_is_cut_short_is_no_message(name: str) -> None:
    codec, pack = PACK[name]
    whole = pack(b"all is well " * 100)
    with pytest.raises(CannotUnpack):
        list(pieces(codec, whole[: len(whole) // 2]))


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
@given(noise=st.binary(min_size=1, max_size=200))
def test_noise_raises_nothing_else(codec: int, noise: bytes) -> None:
    try:
        list(pieces(codec, noise))
    except CannotUnpack:
        return


def test_a_block_of_snappy_that_claims_gigabytes_is_refused() -> None:
    with pytest.raises(CannotUnpack, match="over"):
        list(pieces(SNAPPY, b"\xff\xff\xff\xff\x0f" + zlib.compress(b"x")))


_BOMB = """
import resource, struct, sys, zlib
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from streams.kafka.batches import Losses, SoundRecords
from streams.kafka.large import was_cut
from streams.kafka.lean import LeanRecords, Most, _varint

count, size = 50, 15_000_000
pack = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
packed = b""
for number in range(count):
    head = b"\\0" + _varint(0) + _varint(number) + _varint(-1) + _varint(size)
    packed += pack.compress(_varint(len(head) + size + 1) + head)
    for _ in range(15):
        packed += pack.compress(bytes(1_000_000))
    packed += pack.compress(_varint(0))
packed += pack.flush()
body = struct.pack(">hiqqqhii", 1, count - 1, 5, 5, -1, -1, -1, count) + packed
data = struct.pack(">qiibI", 0, len(body) + 9, -1, 2, calc_crc32c(body)) + body
del packed, body, pack
with open("/proc/self/statm") as statm:
    now = int(statm.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + 100_000_000,) * 2)
told = []
sound = SoundRecords(
    LeanRecords(data, MemoryRecords, Most(8 << 20, 32 << 20)), "t", 0, 0, Losses(told.append)
)
records = list(sound.next_batch())
print(len(records), {was_cut(one.value)[0] for one in records}, told)
"""


def test_a_bomb_is_read_in_little_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _BOMB], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.split("\n")[0] == "50 {15000000} []", done.stderr[-400:]
