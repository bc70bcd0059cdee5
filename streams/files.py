"""Files that are written whole or not at all, so that a full disk leaves no half of one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

NEW_FILE = 0o666
"""The permissions of a file for everybody, less what the process's umask takes."""


PRIVATE = 0o600
"""The permissions of a file for its owner's eyes alone."""


def open_private(path: Path, flags: int = 0) -> BinaryIO:
    """Opens a file to write, which only its owner may read where it is new. Raises `OSError`."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flags, PRIVATE), "wb")


def target(path: Path) -> Path:
    """Where a path leads to, through all links; there need be nothing yet."""
    return Path(os.path.realpath(path))


def write_whole(path: Path, data: bytes, *, mode: int = NEW_FILE, keep: bool = False) -> None:
    """Writes a file in place of what is there; with `keep`, only where nothing is.

    The data are on the disk before the file has its name. A link stays, and what it leads to is
    written. Raises `OSError`, and leaves then what was there.
    """
    path = target(path)
    if path.exists() and not path.is_file():
        # A pipe or a device takes the data as they come; nothing can stand in its place.
        path.write_bytes(data)
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as new:
            new.write(data)
            new.flush()
            os.fsync(new.fileno())
        if keep:
            _name_new(partial, path)
        else:
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """Nobody else who asks so changes the file meanwhile, on this machine, by whatever link it is
    named. Raises `OSError`."""
    path = target(path)
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _name_new(partial: Path, path: Path) -> None:
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    except OSError:
        # Some file systems have no links.
        if not path.exists():
            partial.replace(path)
