"""A tar archive as a stream, in both directions, so that none of it has to stand on a disk.

Files are small enough to be held in memory one at a time; all of them together need not be.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Iterable, Iterator

from streams.errors import OutwatchError

MOST_BYTES = 64 * 1024 * 1024
"""Of one file in an archive."""

_BLOCK = 512
_NAME = re.compile(r"[a-z0-9][A-Za-z0-9._-]{0,60}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,60})?")


class BadArchive(OutwatchError):
    """An archive that isn't one of ours."""


class Packed:
    """The bytes of an archive, made while they are read.

    What `files` raises ends it and is kept in `failure`, as whoever reads may lose it.
    """

    def __init__(self, files: Iterable[tuple[str, bytes]], at: float) -> None:
        self._blocks = _blocks(files, at)
        self._left = b""
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; b"" at the end."""
        try:
            while not self._left:
                block = next(self._blocks, None)
                if block is None:
                    return b""
                self._left = block
        except BaseException as failure:
            self.failure = failure
            raise
        if size is None or size < 0:
            size = len(self._left)
        given, self._left = self._left[:size], self._left[size:]
        return given


def _blocks(files: Iterable[tuple[str, bytes]], at: float) -> Iterator[bytes]:
    for name, data in files:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = len(data), int(at), 0o600
        yield info.tobuf(tarfile.USTAR_FORMAT)
        yield from (data[n : n + 65_536] for n in range(0, len(data), 65_536))
        yield b"\0" * (-len(data) % _BLOCK)
    yield b"\0" * (2 * _BLOCK)


class Unpacker:
    """Takes the bytes of an archive as they come, and hands on each file when it is whole.

    `take` gets the file's name and content; what it raises, or `BadArchive`, is kept in
    `failure` too. Call `done` at the end.
    """

    def __init__(self, take: Callable[[str, bytes], None]) -> None:
        self._take = take
        self._buffer = bytearray()
        self._name = ""
        self._size = -1
        self._over = False
        self.failure: BaseException | None = None

    def write(self, data: bytes) -> int:
        """Takes some bytes."""
        try:
            self._buffer += data
            while self._step():
                pass
        except BaseException as failure:
            self.failure = self.failure or failure
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing waits to be written."""

    def done(self) -> None:
        """Raises `BadArchive` where the archive breaks off."""
        if not self._over:
            raise BadArchive("the archive inside breaks off")

    def _step(self) -> bool:
        if self._over:
            self._buffer.clear()
            return False
        if self._size < 0:
            if len(self._buffer) < _BLOCK:
                return False
            self._header(bytes(self._buffer[:_BLOCK]))
            del self._buffer[:_BLOCK]
            return True
        whole = self._size + -self._size % _BLOCK
        if len(self._buffer) < whole:
            return False
        content = bytes(self._buffer[: self._size])
        del self._buffer[:whole]
        self._size = -1
        self._take(self._name, content)
        return True

    def _header(self, block: bytes) -> None:
        if not block.strip(b"\0"):
            self._over = True
            return
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.TarError, UnicodeDecodeError, ValueError):
            raise BadArchive("what is inside is no archive of outwatch") from None
        if not info.isreg() or not _NAME.fullmatch(info.name) or ".." in info.name:
            raise BadArchive("the archive inside holds what outwatch never writes")
        if not 0 <= info.size <= MOST_BYTES:
            raise BadArchive("the archive inside holds a file that is too large")
        self._name, self._size = info.name, info.size
