"""Kafka's codecs, unpacked piece by piece: a megabyte may hold gigabytes.

What a codec's own package does in one step is done here in steps of a bounded size, so that
whoever reads can stop, or throw away what it has no use for.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
"""As the attributes of a batch name them."""

PIECE = 1 << 18
"""About how many bytes come at a time."""

MOST_AT_ONCE = 64 * 1024 * 1024
"""The largest block of snappy that is unpacked: it can't be taken in parts."""

_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEADER = 16


class CannotUnpack(ValueError):
    """The bytes are not what the codec makes, or are more than can be unpacked."""


def pieces(codec: int, data: bytes) -> Iterator[bytes]:
    """What compressed bytes hold, in order. Raises `CannotUnpack`, maybe after some pieces."""
    try:
        yield from _CODECS[codec](data)
    except KeyError:
        raise CannotUnpack("a codec that doesn't exist") from None
    except CannotUnpack:
        raise
    except Exception as broken:
        raise CannotUnpack(type(broken).__name__) from broken


def _gzip(data: bytes) -> Iterator[bytes]:
    rest = data
    while rest:
        stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        while not stream.eof:
            piece = stream.decompress(rest, PIECE)
            rest = stream.unconsumed_tail
            if not piece and not rest and not stream.eof:
                raise CannotUnpack("cut short")
            yield piece
        # Zeros may follow, as gzip's own tools allow.
        rest = stream.unused_data.lstrip(b"\x00")


def _snappy(data: bytes) -> Iterator[bytes]:
    if not data.startswith(_XERIAL) or len(data) < _XERIAL_HEADER:
        yield from _snappy_block(data)
        return
    # The two numbers behind the mark are versions. Kafka's clients write them with the high byte
    # first and Redpanda wrote them with the low one first; the lengths of blocks are alike.
    at = _XERIAL_HEADER
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            raise CannotUnpack("cut short")
        yield from _snappy_block(data[at + 4 : end])
        at = end


def _snappy_block(data: bytes) -> Iterator[bytes]:
    import cramjam

    # A block begins with the length of what it holds.
    length = shift = 0
    for byte in data[:5]:
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if length > MOST_AT_ONCE:
        raise CannotUnpack(f"a block of over {MOST_AT_ONCE:,} bytes")
    yield bytes(cramjam.snappy.decompress_raw(data))


def _lz4(data: bytes) -> Iterator[bytes]:
    import lz4.frame  # type: ignore[import-untyped]

    rest: bytes = data
    while rest:
        stream = lz4.frame.LZ4FrameDecompressor()
        while not stream.eof:
            piece = stream.decompress(rest, PIECE)
            rest = b""
            if not piece and stream.needs_input and not stream.eof:
                raise CannotUnpack("cut short")
            yield piece
        rest = stream.unused_data or b""


def _zstd(data: bytes) -> Iterator[bytes]:
    import zstandard

    stream = zstandard.ZstdDecompressor(max_window_size=MOST_AT_ONCE).stream_reader(
        data, read_across_frames=True
    )
    found = False
    while piece := stream.read(PIECE):
        found = True
        yield piece
    if not found and data:
        raise CannotUnpack("nothing in it")


_CODECS = {GZIP: _gzip, SNAPPY: _snappy, LZ4: _lz4, ZSTD: _zstd}
