"""Verdicts out of Parquet exports, read by column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from streams.errors import UsageError
from streams.installing import pip_install
from streams.records import VerdictBatch, VerdictRow

_SOURCE = ("deployment", "topic", "partition", "scored_at")
_NEEDED = ("event_time", "record_id", "offset", "deployment", "topic", "partition")
_DEFAULTS: dict[str, Any] = {
    "part": 0, "judged": [], "scores": {}, "errors": {}, "unfinished": [], "excluded": {},
}  # fmt: skip
_TEXTS = ("conversation_id", "tenant", "user_hash", "model", "model_version")
_MORE = ("scored_at", *_DEFAULTS, *_TEXTS)
_ROW = ("event_time", "record_id", "offset", *_DEFAULTS, *_TEXTS)
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_AT_ONCE = 16_384
_ROWS = 64
_UNREADABLE = b"{"


def is_parquet(path: str) -> bool:
    """Whether a file's name says that it is one."""
    return Path(path).suffix.lower() in (".parquet", ".pq")


def excluded_of(told: Sequence[str]) -> dict[str, str]:
    """By signal, the exclusion that covers its score, as an export tells it.

    >>> excluded_of(["pii.any=our-own-address"])
    {'pii.any': 'our-own-address'}
    """
    return {signal: name for signal, _, name in (one.partition("=") for one in told)}


def parquet_lines(path: str) -> Iterator[VerdictBatch | bytes]:
    """The rows of a Parquet export, as messages of those that follow each other and belong
    together; for one that lacks what a row needs, a line that can't be read.

    Raises `UsageError` where pyarrow is missing, or the file isn't one.
    """
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        import pyarrow.parquet as pq  # type: ignore[import-untyped]
    except ImportError as missing:
        raise UsageError(
            f"Parquet needs pyarrow. Install it with: {pip_install('outwatch[export]')}"
        ) from missing
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            lacking = [name for name in _NEEDED if name not in names]
            if lacking:
                raise UsageError(f"{path}: no export of verdicts, it has no column {lacking[0]}")
            columns = [name for name in (*_NEEDED, *_MORE) if name in names]
            _check_types(pa, path, file.schema_arrow, columns)
            for chunk in file.iter_batches(_AT_ONCE, columns=columns):
                yield from _batches(_columns(pa, chunk), chunk.num_rows)
    except (OSError, pa.ArrowException) as failure:
        raise UsageError(
            f"{path}: no Parquet file that can be read ({type(failure).__name__})"
        ) from failure


def _check_types(pa: Any, path: str, schema: Any, names: Sequence[str]) -> None:
    """Raises `UsageError` for a column that isn't what an export writes."""
    types = pa.types
    fits = {
        "event_time": types.is_timestamp,
        "scored_at": types.is_timestamp,
        "partition": types.is_integer,
        "offset": types.is_integer,
        "part": types.is_integer,
        "judged": types.is_list,
        "unfinished": types.is_list,
        "scores": types.is_map,
        "errors": types.is_map,
        "excluded": types.is_list,
    }
    for name in names:
        kind = schema.field(name).type
        if not fits.get(name, types.is_string)(kind):
            raise UsageError(f"{path}: no export of verdicts, its column {name} is of {kind}")


def _columns(pa: Any, chunk: Any) -> dict[str, list[Any]]:
    """The columns as lists, with what a row has where nothing is given."""
    found: dict[str, list[Any]] = {}
    for name in chunk.schema.names:
        column = chunk.column(name)
        if pa.types.is_timestamp(column.type):
            unit = _UNITS[column.type.unit]
            whole = column.cast(pa.int64()).to_pylist()
            found[name] = [None if one is None else one / unit for one in whole]
        elif pa.types.is_map(column.type):
            found[name] = _mappings(pa, column)
        elif pa.types.is_list(column.type):
            found[name] = _lists(column)
        else:
            found[name] = column.to_pylist()
    nothing: list[Any] = [None] * chunk.num_rows
    return {
        name: [_DEFAULTS[name] if value is None else value for value in found.get(name, nothing)]
        if name in _DEFAULTS
        else found.get(name, nothing)
        for name in (*_NEEDED, *_MORE)
    }


def _mappings(pa: Any, column: Any) -> list[dict[str, Any]]:
    bounds = column.offsets.to_pylist()
    keys = _words(column.keys)
    if pa.types.is_floating(column.type.item_type):
        # Scores have four digits, which 32 bits hold but don't show.
        items = np.round(column.items.to_numpy(zero_copy_only=False).astype(float), 4).tolist()
    else:
        items = column.items.to_pylist()
    return [
        dict(zip(keys[begin:end], items[begin:end], strict=True)) for begin, end in pairwise(bounds)
    ]


def _lists(column: Any) -> list[list[str]]:
    """Lists of words, of which most rows have the same."""
    coded = column.values.dictionary_encode()
    words, numbers = coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False)
    known: dict[bytes, list[str]] = {}
    found = []
    for begin, end in pairwise(column.offsets.to_pylist()):
        part = numbers[begin:end]
        key = part.tobytes()
        if key not in known:
            known[key] = [words[one] for one in part.tolist()]
        found.append(known[key])
    return found


def _words(column: Any) -> list[str]:
    coded = column.dictionary_encode()
    words = coded.dictionary.to_pylist()
    return [words[one] for one in coded.indices.to_pylist()]


def _batches(columns: dict[str, list[Any]], number: int) -> Iterator[VerdictBatch | bytes]:
    """Batches of rows of one source that were scored together."""
    sources = list(zip(*(columns[name] for name in _SOURCE), strict=True))
    begin = 0
    for place in range(1, number + 1):
        if place < number and place - begin < _ROWS and sources[place] == sources[begin]:
            continue
        deployment, topic, partition, scored_at = sources[begin]
        rows, judged = _rows(columns, begin, place)
        if None in (deployment, topic, partition):
            rows = []
        yield from [_UNREADABLE] * (place - begin - len(rows))
        if rows:
            yield VerdictBatch(
                deployment=deployment,
                topic=topic,
                partition=partition,
                first_offset=rows[0].offset,
                last_offset=rows[-1].offset,
                last_part=rows[-1].part,
                rows=rows,
                judged=judged,
                scored_at=scored_at or 0.0,
            )
        begin = place


def _rows(
    columns: dict[str, list[Any]], begin: int, end: int
) -> tuple[list[VerdictRow], list[list[str]]]:
    """The rows that have what a row needs, and the sets of signals judged on them."""
    judged: dict[tuple[str, ...], int] = {}
    known: dict[int, int] = {}
    rows: list[VerdictRow] = []
    parts = (columns[name][begin:end] for name in _ROW)
    for at, id_, offset, part, heard, scores, errors, unfinished, excluded, *texts in zip(
        *parts, strict=True
    ):
        if at is None or id_ is None or offset is None:
            continue
        number = known.get(id(heard))
        if number is None:
            number = known[id(heard)] = judged.setdefault(tuple(heard), len(judged))
        conversation, tenant, user, model, version = texts
        rows.append(
            VerdictRow(
                offset=offset,
                part=part,
                record_id=id_,
                event_time=at,
                judged=number,
                scores=scores,
                errors=errors,
                unfinished=unfinished,
                excluded=excluded_of(excluded),
                conversation_id=conversation,
                tenant=tenant,
                user=user,
                model=model,
                model_version=version,
            )
        )
    return rows, [list(one) for one in judged]
