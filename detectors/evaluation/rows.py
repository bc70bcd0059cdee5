"""Labelled rows as they stand in files: one JSON object a line, plain, gzipped or as xz."""

from __future__ import annotations

import gzip
import lzma
import random
import zlib
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

_GZIP_MAGIC = b"\x1f\x8b"
_XZ_MAGIC = b"\xfd7"
_ENDINGS = (".gz", ".xz", ".jsonl", ".json")


class BrokenSet(ValueError):
    """A file that can't be read as labelled rows: says which line and why, quoting nothing."""

    def __init__(self, path: Path | str, line: int | None, problem: str) -> None:
        super().__init__(f"{path}{f':{line}' if line else ''}: {problem}")
        self.path, self.line, self.problem = str(path), line, problem

    def __reduce__(self) -> tuple[Any, ...]:
        return BrokenSet, (self.path, self.line, self.problem)


class Span(msgspec.Struct, frozen=True):
    """A labelled stretch of `Row.output`: code-point offsets, `end` excluded."""

    start: int
    end: int
    type: str = ""


class Row(msgspec.Struct, frozen=True):
    """One labelled text.

    `label` is 0 or 1 (other numbers are a class left out), a list of spans, or a name (the
    model version, for drift); `spans` are gold spans beside a number. `meta["group"]` names what
    belongs together (a template, a question) and is never torn apart.
    """

    task: str
    output: str
    label: bool | int | str | list[Span]
    id: str | int = ""
    prompt: str | None = None
    context: str | list[str] | None = None
    system_prompt: str | None = None
    spans: list[Span] | None = None
    license: str | None = None
    source: str | None = None
    meta: dict[str, Any] = {}

    @property
    def group(self) -> str | None:
        """What this row may not be torn from; None where nothing is said of it."""
        group = self.meta.get("group")
        return None if group is None else str(group)

    @property
    def gold(self) -> list[Span] | None:
        """The gold spans, from whichever field holds them; None where there are none known."""
        return self.label if isinstance(self.label, list) else self.spans


def set_name(path: Path | str) -> str:
    """The file's name without its endings."""
    name = Path(path).name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def read_rows(path: Path | str, tasks: Collection[str] | None = None) -> list[Row]:
    """All rows of a file; blank lines are skipped.

    Raises `BrokenSet` for a file or a line that can't be read, and for a task not in `tasks`.
    """
    decoder = msgspec.json.Decoder(Row)
    rows = []
    line = 0
    try:
        with Path(path).open("rb") as raw:
            lines: Iterable[bytes] = raw
            magic = raw.peek(2)[:2]
            if magic == _GZIP_MAGIC:
                lines = gzip.GzipFile(fileobj=raw)
            elif magic == _XZ_MAGIC:
                lines = lzma.LZMAFile(raw)  # noqa: SIM115 - `raw` is closed
            for text in lines:
                line += 1
                if not text.isspace():
                    rows.append(decoder.decode(text))
                    _check(rows[-1], tasks)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise BrokenSet(path, None, f"can't be read ({problem})") from error
    except (EOFError, zlib.error, lzma.LZMAError) as error:
        raise BrokenSet(path, line + 1, "breaks off or is damaged; copy it again") from error
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        # msgspec names types and fields, never values.
        said = str(error) if not isinstance(error, UnicodeDecodeError) else "no UTF-8"
        raise BrokenSet(path, line, said) from error
    if not rows:
        raise BrokenSet(path, None, "holds no rows")
    return rows


def _check(row: Row, tasks: Collection[str] | None) -> None:
    if tasks is not None and row.task not in tasks:
        raise ValueError(f"no such task. There are: {', '.join(tasks)}")
    for span in row.gold or ():
        if not 0 <= span.start <= span.end <= len(row.output):
            raise ValueError("a span lies outside the output")


def sample_rows(rows: Sequence[Row], limit: int, seed: int = 0) -> list[Row]:
    """At most `limit` rows: whole groups in a seeded order, the last one cut where it must be.

    The order of the file is kept among the rows that are chosen.
    """
    if len(rows) <= limit:
        return list(rows)
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(row.group or f" row {number}", []).append(number)
    names = sorted(groups)
    random.Random(seed).shuffle(names)
    chosen = [number for name in names for number in groups[name]][:limit]
    return [rows[number] for number in sorted(chosen)]
