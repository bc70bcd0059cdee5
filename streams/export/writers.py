"""Rows into files: JSON lines, CSV, Parquet. A file appears under its name once it is whole."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

from streams.errors import UsageError
from streams.export.columns import COLUMNS, Kind
from streams.inert import cell, document
from streams.installing import pip_install

Format = Literal["parquet", "jsonl", "csv"]
_SUFFIXES: dict[str, Format] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
}
_ROWS_PER_GROUP = 20_000


def format_of(path: str) -> Format:
    """The format that a file's name asks for; JSON lines for standard output.

    Raises `UsageError` for a name that tells none.
    """
    if path == "-":
        return "jsonl"
    found = _SUFFIXES.get(Path(path).suffix.lower())
    if found is None:
        raise UsageError(
            f"{path}: the name doesn't tell the format. Give --format parquet, jsonl or csv"
        )
    return found


def write(rows: Iterable[dict[str, Any]], path: str, form: Format) -> int:
    """Writes the rows and gives their number; "-" is standard output.

    Raises `UsageError` where the file can't be written, or pyarrow is missing for Parquet.
    """
    writer = {"parquet": _parquet, "jsonl": _jsonl, "csv": _csv}[form]
    if form == "parquet":
        _pyarrow()
    with _opened(path) as out:
        return writer(rows, out)


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    growing = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with growing.open("wb") as out:
            yield out
        growing.replace(target)
    except OSError as failure:
        raise UsageError(
            f"{path} can't be written ({failure.strerror}). Give another path to --out"
        ) from failure
    finally:
        growing.unlink(missing_ok=True)


def _jsonl(rows: Iterable[dict[str, Any]], out: IO[bytes]) -> int:
    count = 0
    encoder = msgspec.json.Encoder()
    for row in rows:
        out.write(document(encoder.encode(row).decode()).encode() + b"\n")
        count += 1
    return count


def _csv(rows: Iterable[dict[str, Any]], out: IO[bytes]) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    count = 0
    try:
        writer = csv.writer(text)
        writer.writerow([column.name for column in COLUMNS])
        for row in rows:
            writer.writerow([_cell(row[column.name]) for column in COLUMNS])
            count += 1
    finally:
        text.detach()
    return count


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | dict):
        return document(json.dumps(value, ensure_ascii=False)) if value else ""
    return cell(value) if isinstance(value, str) else value


def _pyarrow() -> Any:
    try:
        import pyarrow  # type: ignore[import-untyped]
        import pyarrow.parquet  # type: ignore[import-untyped]
    except ImportError as missing:
        raise UsageError(
            f"Parquet needs pyarrow. Install it with: {pip_install('outwatch[export]')}"
        ) from missing
    return pyarrow


def parquet_schema() -> Any:
    """The schema of a Parquet export, with each column's meaning."""
    pa = _pyarrow()
    types: dict[Kind, Any] = {
        "text": pa.string(),
        "word": pa.string(),
        "integer": pa.int64(),
        "real": pa.float32(),
        "time": pa.timestamp("us", tz="UTC"),
        "words": pa.list_(pa.string()),
        "scores": pa.map_(pa.string(), pa.float32()),
        "pairs": pa.map_(pa.string(), pa.string()),
    }
    return pa.schema(
        [
            pa.field(column.name, types[column.kind], metadata={"meaning": column.meaning})
            for column in COLUMNS
        ]
    )


def _parquet(rows: Iterable[dict[str, Any]], out: IO[bytes]) -> int:
    pa = _pyarrow()
    schema = parquet_schema()
    maps = [column.name for column in COLUMNS if column.kind in ("scores", "pairs")]
    waiting = iter(rows)
    count = 0
    with pa.parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        while chunk := list(islice(waiting, _ROWS_PER_GROUP)):
            for row in chunk:
                for name in maps:
                    row[name] = list(row[name].items())
            writer.write_table(pa.Table.from_pylist(chunk, schema=schema))
            count += len(chunk)
    return count
