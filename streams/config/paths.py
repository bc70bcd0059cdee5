"""Paths that stand in the configuration, as errors name them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_WRITTEN_BY_HAND: Final = frozenset([".yaml", ".yml"])


def shown_path(path: Path | str, otherwise: str) -> str:
    """A path as errors name it; `otherwise` where nothing is there and no folder for it is,
    for it may be a secret in the wrong place.

    >>> shown_path("/usr/lost.pem", "that file"), shown_path("hunter2", "that file")
    ('/usr/lost.pem', 'that file')
    """
    try:
        where = Path(path).expanduser()
        around = where.parent
        known = (
            where.exists()
            or (around.is_dir() and around not in (Path(), Path(where.anchor)))
            or where.suffix in _WRITTEN_BY_HAND
        )
    except (OSError, RuntimeError, ValueError):
        return otherwise
    return str(path) if known else otherwise
