"""Values that an application compressed with gzip before it sent them.

Kafka's own compression is undone by its client; some producers compress the value itself, and
its bytes then begin as a file of gzip does. Nothing else that is read begins so. Bytes that stand
in base64 inside a message may be packed too (`Packed`).
"""

from __future__ import annotations

import zlib

import msgspec

from streams.errors import BadRecord
from streams.words import count

_MAGIC = b"\x1f\x8b\x08"
_GZIP = 16 + zlib.MAX_WBITS

MOST_BYTES = 8 * 1024 * 1024
"""How large a message may be, unpacked, unless something else is said."""


def unpacked(value: bytes, most_bytes: int) -> bytes:
    """The value, unpacked where it is one of gzip. Raises `BadRecord` for one that is broken,
    cut short or unpacks to more than `most_bytes`: a small message can hold gigabytes."""
    if not value.startswith(_MAGIC):
        return value
    whole = bytearray()
    rest = value
    while rest.startswith(_MAGIC):
        stream = zlib.decompressobj(_GZIP)
        try:
            whole += stream.decompress(rest, most_bytes - len(whole) + 1)
        except zlib.error:
            raise BadRecord("invalid_field", "the value is gzip, and broken") from None
        if len(whole) > most_bytes:
            raise BadRecord(
                "too_large", f"the value is gzip, and unpacks to over {count(most_bytes, 'byte')}"
            )
        if not stream.eof:
            raise BadRecord("invalid_field", "the value is gzip, and cut short")
        rest = stream.unused_data
    if not whole:
        raise BadRecord("empty_message", "the value is gzip, with nothing in it")
    return bytes(whole)


class Packed(msgspec.Struct):
    """What is packed inside one message: all of it together may unpack to `most_bytes`, however
    many values there are. `used` is how much of that is spent."""

    most_bytes: int
    used: int = 0

    def unpacked(self, value: bytes) -> bytes:
        """The value, unpacked where it is one of gzip. Raises `BadRecord` as `unpacked` does."""
        try:
            whole = unpacked(value, self.most_bytes - self.used)
        except BadRecord as bad:
            if bad.reason != "too_large":
                raise
            self.used = self.most_bytes
            raise BadRecord(
                "too_large",
                "what is gzip in the message unpacks to over "
                f"{count(self.most_bytes, 'byte')} together",
            ) from None
        if whole is not value:
            self.used += len(whole)
        return whole
