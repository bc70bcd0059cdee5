"""Adds exclusions to a file that people write by hand too: what stands there stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streams.errors import UsageError
from streams.files import write_whole
from streams.rules.exclusions import (
    Exclusion,
    load_exclusions,
    parse_exclusions,
    written_exclusions,
)

_CALLED = "the file of exclusions"


def add_exclusions(path: Path, fresh: Sequence[Exclusion]) -> None:
    """Adds exclusions to a file, or makes it.

    Raises `RulesError` where the file is broken or too full, and `UsageError` where an id is taken
    or the file can't be written.
    """
    there = load_exclusions(path, _CALLED) if path.exists() else ()
    taken = {one.id for one in there} & {one.id for one in fresh}
    if taken:
        raise UsageError(f"The exclusion {min(taken)} is in force already: change it in the file")
    text = f"{path.read_text('utf-8').rstrip()}\n" if there else ""
    text += written_exclusions(fresh)
    if parse_exclusions(text, str(path)) != (*there, *fresh):
        raise UsageError("Nothing can be added to a file that is written so: add it by hand")
    try:
        write_whole(path, text.encode())
    except OSError as failure:
        raise UsageError(f"The exclusions can't be written ({failure.strerror})") from None
