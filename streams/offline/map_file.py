"""A file of score maps and the versions before it, which stand beside it: FILE.1, FILE.2, …"""

from __future__ import annotations

from pathlib import Path

import msgspec

from streams.errors import UsageError
from streams.files import write_whole
from streams.rules.score_maps import ScoreMaps, load_score_maps, written_score_maps

_CALLED = "the file of score maps"


def read_maps(path: Path) -> ScoreMaps:
    """The maps of a file; none of version 0 where there is no file. Raises `RulesError`."""
    return load_score_maps(path, _CALLED) if path.exists() else ScoreMaps()


def put_maps(path: Path, maps: ScoreMaps) -> None:
    """Puts maps into the place of those of a file, which are kept beside it under their version.

    Raises `RulesError` where the file is there and broken, and `UsageError` where it can't be
    written.
    """
    before = read_maps(path)
    try:
        if before.version:
            write_whole(_kept(path, before.version), path.read_bytes())
        write_whole(path, written_score_maps(maps).encode())
    except OSError as failure:
        raise UsageError(f"The score maps can't be written ({failure.strerror})") from None


def put_back(path: Path, version: int, now: float) -> ScoreMaps:
    """Puts the maps of a former version in force again, as the next version; 0 is none at all.

    `now` is in seconds since the epoch. Raises `UsageError` where that version isn't kept.
    """
    if version and version not in versions(path):
        known = ", ".join(str(one) for one in versions(path)) or "none"
        raise UsageError(f"There is no version {version} of these maps. Kept: {known}")
    former = load_score_maps(_kept(path, version), _CALLED) if version else ScoreMaps()
    fresh = msgspec.structs.replace(former, version=read_maps(path).version + 1, made=now)
    put_maps(path, fresh)
    return fresh


def versions(path: Path) -> list[int]:
    """The versions that are kept beside a file, the oldest first."""
    found = (one.name.removeprefix(f"{path.name}.") for one in path.parent.glob(f"{path.name}.*"))
    return sorted(int(one) for one in found if one.isdecimal())


def _kept(path: Path, version: int) -> Path:
    return path.with_name(f"{path.name}.{version}")
