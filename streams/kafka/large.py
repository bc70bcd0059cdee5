"""Values that are too large to be taken in: what is kept of one, and how that is told.

The thread that reads from Kafka cuts them, and hands on the beginning behind a mark that no
message can hold by chance or on purpose, since each process draws its own.
"""

from __future__ import annotations

import os

_MARK = b"\x00cut " + os.urandom(16)

KEPT = 64 * 1024
"""How much of such a value is kept, for its dead letter."""


def cut(head: bytes, size: int) -> bytes:
    """What stands for a value of `size` bytes that begins with `head`."""
    return _MARK + size.to_bytes(8, "big") + head[:KEPT]


def was_cut(value: bytes | None) -> tuple[int, bytes] | None:
    """The size and the beginning of a value that was cut; None for any other."""
    if value is None or not value.startswith(_MARK):
        return None
    at = len(_MARK)
    return int.from_bytes(value[at : at + 8], "big"), value[at + 8 :]
