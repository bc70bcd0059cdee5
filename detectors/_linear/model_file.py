"""Model files that are shipped with a checksum beside them, and are read only if it fits."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

MODELS: Final = Path(__file__).parents[1] / "models"
"""The folder of the models that ship."""


class BrokenModel(ValueError):
    """A model file is not the one that was shipped, or can't be read as one."""


def write_checksum(path: Path) -> str:
    """Writes the SHA-256 of a file to `<path>.sha256`, and returns it."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    _beside(path).write_text(f"{digest}  {path.name}\n")
    return digest


def check(path: Path) -> None:
    """Raises `BrokenModel` unless the file is what `<path>.sha256` says."""
    try:
        expected = _beside(path).read_text().split()[0]
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, IndexError) as error:
        raise BrokenModel(f"{path.name} or its checksum can't be read; reinstall it") from error
    if found != expected:
        raise BrokenModel(f"{path.name} is not the file that was shipped; reinstall outwatch")


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
