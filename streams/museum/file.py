"""The museum's file: one entry a line, for its owner's eyes only, changed by one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec

from streams.config.paths import shown_path
from streams.config.settings import Settings
from streams.errors import OutwatchError, UsageError
from streams.files import alone_with, write_whole
from streams.museum.entry import Entry, read_entries

NOT_THERE: Final = "there is no entry of this id. See `outwatch museum list`"


def museum_path(settings: Settings, given: Path | None) -> Path:
    """The file that is named, or that of the settings. Raises `UsageError` where neither is."""
    path = given or settings.detector_options.get("jailbreak", {}).get("museum")
    if not path:
        raise UsageError(
            "name a museum with --file, or set detector_options.jailbreak.museum to one"
        )
    found = Path(path).expanduser()
    if found.is_dir():
        raise UsageError(f"{named(found)}: is a folder; name one file in it with --file")
    if found.suffix != ".jsonl":
        raise UsageError(f"{named(found)}: must end with .jsonl, which is how workers read it")
    return found


def load(path: Path) -> list[Entry]:
    """All entries. Raises `UsageError` where the file is missing or wrong; it quotes nothing."""
    try:
        return read_entries(path.read_bytes())
    except FileNotFoundError:
        raise UsageError(
            f"{named(path)}: there is no such file. `outwatch museum add` makes it"
        ) from None
    except OSError as failure:
        raise UsageError(f"{named(path)}: can't be read ({failure.strerror})") from None
    except ValueError as wrong:
        raise UsageError(f"{named(path)}: {wrong}") from None


def change(path: Path, made: Callable[[list[Entry]], Sequence[Entry]]) -> None:
    """Writes what `made` makes of the entries; a file that isn't there is empty.

    Lines that begin with # stay, at the top. Raises `UsageError` where the file is wrong, and
    `OutwatchError` where it can't be written.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(alone_with(path))
            before = path.read_bytes() if path.exists() else b""
        except OSError as failure:
            raise _unwritten(path, failure) from None
        entries = load(path) if before else []
        after = made(entries)
        remarks = [line for line in before.splitlines() if line.lstrip().startswith(b"#")]
        data = b"".join(
            line + b"\n" for line in (*remarks, *(msgspec.json.encode(one) for one in after))
        )
        try:
            write_whole(path, data, mode=0o600)
        except OSError as failure:
            raise _unwritten(path, failure) from None


def change_entries(path: Path, ids: Sequence[str], made: Callable[[Entry], Entry]) -> list[Entry]:
    """The entries of ids as `made` makes them, written. Raises `UsageError` for an id that isn't
    there, and changes nothing then."""
    after: dict[str, Entry] = {}

    def changed(entries: list[Entry]) -> list[Entry]:
        known = {one.id: one for one in entries}
        for id_ in ids:
            if id_ not in known:
                raise UsageError(f"{named(path)}: {NOT_THERE}")
            after[id_] = made(known[id_])
        return [after.get(one.id, one) for one in entries]

    load(path)
    change(path, changed)
    return [after[id_] for id_ in ids]


def named(path: Path) -> str:
    """The file as errors name it."""
    return shown_path(path, "the museum that is named")


def _unwritten(path: Path, failure: OSError) -> OutwatchError:
    return OutwatchError(f"{named(path)}: can't be written ({failure.strerror})")
