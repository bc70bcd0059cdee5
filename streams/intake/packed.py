"""Values that an application compressed with gzip before it sent them.

Kafka's own compression is undone by its client; some producers compress the value itself, and
its bytes then begin as a file of gzip does. Nothing else that is read begins so.
"""

from __future__ import annotations

import zlib

from streams.errors import BadRecord

MOST_BYTES = 64 * 1024 * 1024
"""How large an unpacked value may be: a small message can claim to be gigabytes."""

_MAGIC = b"\x1f\x8b\x08"
_GZIP = 16 + zlib.MAX_WBITS


def unpacked(value: bytes) -> bytes:
    """The value, unpacked where it is one of gzip. Raises `BadRecord` for one that is broken,
    cut short or too large."""
    if not value.startswith(_MAGIC):
        return value
    whole = bytearray()
    rest = value
    while rest.startswith(_MAGIC):
        stream = zlib.decompressobj(_GZIP)
        try:
            whole += stream.decompress(rest, MOST_BYTES - len(whole) + 1)
        except zlib.error:
            raise BadRecord("invalid_field", "the value is gzip, and broken") from None
        if len(whole) > MOST_BYTES:
            raise BadRecord(
                "invalid_field", f"the value is gzip, and unpacks to over {MOST_BYTES:,} bytes"
            )
        if not stream.eof:
            raise BadRecord("invalid_field", "the value is gzip, and cut short")
        rest = stream.unused_data
    if not whole:
        raise BadRecord("empty_message", "the value is gzip, with nothing in it")
    return bytes(whole)
