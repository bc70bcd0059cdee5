"""Lines out of files that people name: plain, gzipped, or standard input."""

from __future__ import annotations

import gzip
import sys
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from streams.errors import UsageError

MAX_LINE_BYTES = 20_000_000
"""As large as a message may be. What a longer line has beyond this is dropped."""

_GZIP_MAGIC = b"\x1f\x8b"


class Lines:
    """The lines of some files, one after the other; `-` is standard input.

    `size` is the bytes on disk of all of them (None with standard input) and `position` how
    many of those were read. Opening raises `UsageError` for a file that can't be read, before
    the first line; so does iterating over one that breaks off.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._opened: list[tuple[str, IO[bytes]]] = []
        self._done = 0
        self._read = 0
        self._starts: list[int] = []
        self._current: IO[bytes] | None = None
        for path in paths:
            self._opened.append((path, _open(path)))
        plain = "-" not in paths
        self.size = sum(Path(path).stat().st_size for path in paths) if plain else None

    @property
    def position(self) -> int:
        """Bytes on disk that were read so far."""
        return self._done + (self._current.tell() if self._current else 0)

    def position_of(self, number: int) -> int:
        """About how many bytes on disk the first `number` lines are, of those read so far: who
        reads ahead has done less than was read."""
        return self.position * min(number, self._read) // self._read if self._read else 0

    def __iter__(self) -> Iterator[bytes]:
        for path, raw in self._opened:
            self._current = raw if path != "-" else None
            self._starts.append(self._read)
            try:
                for line in _lines(_unpacked(raw)):
                    self._read += 1
                    yield line
            except (OSError, EOFError, zlib.error) as failure:
                raise UsageError(
                    f"{path}: breaks off or is damaged ({type(failure).__name__}). Copy it again"
                ) from failure
            self._done = self.position
            self._current = None

    def place(self, number: int) -> tuple[str, int]:
        """The file of a line that was read, and its number there; lines are counted from 0."""
        file = bisect_right(self._starts, number) - 1
        path = self._opened[file][0]
        return (path if path != "-" else "stdin"), number - self._starts[file]

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *exc: object) -> None:
        """Closes the files."""
        for path, raw in self._opened:
            if path != "-":
                raw.close()


def _open(path: str) -> IO[bytes]:
    if path == "-":
        return sys.stdin.buffer
    try:
        return Path(path).open("rb")
    except OSError as failure:
        problem = failure.strerror or type(failure).__name__
        raise UsageError(f"{path}: can't be read ({problem}). Check the path") from failure


def _unpacked(raw: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    peek = getattr(raw, "peek", None)
    if peek is not None and peek(2)[:2] == _GZIP_MAGIC:
        return gzip.open(raw, "rb")
    return raw


def _lines(stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    while line := stream.readline(MAX_LINE_BYTES):
        yield line
        # Cut off, such a line is no JSON any more: it ends as one dead letter.
        while not line.endswith(b"\n") and len(line) == MAX_LINE_BYTES:
            line = stream.readline(MAX_LINE_BYTES)
