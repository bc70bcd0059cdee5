"""Exports: every row once, in three formats that say the same."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import Finding
from streams.errors import UsageError
from streams.export.columns import COLUMNS, clickhouse_ddl, rows
from streams.export.verdicts import Chosen
from streams.export.writers import format_of, parquet_schema, write
from streams.records import VerdictBatch, VerdictRow

START = 1_764_000_000.0


def row(offset: int, **fields: Any) -> VerdictRow:
    return VerdictRow(offset=offset, record_id=f"r{offset}", event_time=START + offset, **fields)


def batch(*given: VerdictRow, **fields: Any) -> VerdictBatch:
    known: dict[str, Any] = {
        "deployment": "bot",
        "topic": "llm.outputs",
        "partition": 1,
        "first_offset": given[0].offset,
        "last_offset": given[-1].offset,
        "last_part": given[-1].part,
        "rows": list(given),
        "judged": [["pii.any", "drift.length"], ["pii.any"]],
        "scored_at": START + 100,
    }
    return VerdictBatch(**{**known, **fields})


FULL = row(
    3,
    part=2,
    judged=1,
    scores={"pii.any": 0.75, "drift.length": 0.9},
    findings=[Finding("pii.any", "email", 0, 5, 'an "address", é', 0.75)],
    excerpt="masked-excerpt",
    conversation_id="c-1",
    trace_id="ab" * 16,
    span_id="cd" * 8,
    response_id="resp-1",
    tenant="acme",
    user="0123456789abcdef",
    model="m",
    model_version="m-1",
    backends={"pii": "presidio"},
    errors={"leak": "ValueError"},
)
BATCH = batch(FULL, row(4))


def test_a_row() -> None:
    full, bare = rows(BATCH)
    assert list(full) == [column.name for column in COLUMNS] == list(bare)
    assert full["event_time"] == datetime.fromtimestamp(START + 3, UTC)
    assert (full["topic"], full["partition"], full["offset"], full["part"]) == (
        "llm.outputs",
        1,
        3,
        2,
    )
    assert (full["top_signal"], full["top_score"]) == ("pii.any", 0.75)
    assert full["scores"] == {"pii.any": 0.75, "drift.length": 0.9}
    assert full["judged"] == ["pii.any"]
    assert full["finding_kinds"] == ["email"]
    assert full["user_hash"] == "0123456789abcdef"
    assert (bare["top_signal"], bare["top_score"], bare["tenant"]) == (None, 0.0, None)
    assert "masked-excerpt" not in str(full)


def test_formats_say_the_same(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    for name in ("v.jsonl", "v.csv", "v.parquet"):
        path = str(tmp_path / name)
        assert write(rows(BATCH), path, format_of(path)) == 2
    from_json = [json.loads(line) for line in (tmp_path / "v.jsonl").read_text().splitlines()]
    table = pq.read_table(tmp_path / "v.parquet")
    assert table.schema.equals(parquet_schema())
    from_parquet = [
        {
            name: dict(value) if name in ("scores", "backends", "errors") else value
            for name, value in r.items()
        }
        for r in table.to_pylist()
    ]
    with (tmp_path / "v.csv").open(newline="") as lines:
        from_csv = list(csv.DictReader(lines))
    for j, p, c, original in zip(from_json, from_parquet, from_csv, rows(BATCH), strict=True):
        assert p == {**original, "scores": pytest.approx(original["scores"])}
        for name, value in original.items():
            if isinstance(value, datetime):
                assert datetime.fromisoformat(j[name]) == datetime.fromisoformat(c[name]) == value
            elif isinstance(value, list | dict):
                assert j[name] == (json.loads(c[name]) if c[name] else type(value)()) == value
            else:
                assert j[name] == value
                assert c[name] == ("" if value is None else str(value))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v.csv", "v.jsonl", "v.parquet"]


def test_an_export_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    def broken() -> Any:
        yield from rows(BATCH)
        raise RuntimeError

    for form in ("jsonl", "csv", "parquet"):
        with pytest.raises(RuntimeError):
            write(broken(), str(tmp_path / "out"), form)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_there_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        write(_failing(), str(path), "csv")
    assert path.read_text() == "old"
    write(rows(BATCH), str(path), "csv")
    assert path.read_text().startswith("event_time,deployment,")


def _failing() -> Any:
    raise RuntimeError
    yield


def test_no_rows_are_a_file_with_columns(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    assert write([], str(tmp_path / "v.parquet"), "parquet") == 0
    assert pq.read_table(tmp_path / "v.parquet").num_rows == 0


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be written"):
        write([], str(tmp_path / "none" / "v.csv"), "csv")


@pytest.mark.parametrize("path", ["verdicts", "verdicts.txt", ".csv"], ids=["none", "txt", "dot"])
def test_names_that_tell_no_format(path: str) -> None:
    with pytest.raises(UsageError, match="--format"):
        format_of(path)


def exported(chosen: Chosen, *batches: VerdictBatch) -> list[tuple[int, int]]:
    values = [msgspec.json.encode(given) for given in batches]
    return [(r["offset"], r["part"]) for r in chosen.rows(values)]


def test_rows_published_twice_are_written_once() -> None:
    chosen = Chosen()
    first, second = batch(row(1), row(2)), batch(row(2), row(3), row(3, part=1))
    other = batch(row(1), partition=2)
    assert exported(chosen, first, first, second, other) == [(1, 0), (2, 0), (3, 0), (3, 1), (1, 0)]
    assert (chosen.read, chosen.repeated) == (8, 3)


def test_a_message_in_several_batches_keeps_all_parts() -> None:
    first = batch(row(5), row(5, part=1))
    second = batch(row(5, part=2), row(6))
    assert exported(Chosen(), first, second, first, second) == [(5, 0), (5, 1), (5, 2), (6, 0)]


@given(st.lists(st.integers(0, 30), unique=True, min_size=1).map(sorted), st.data())
def test_any_repetition_of_batches_gives_each_row_once(
    offsets: list[int], data: st.DataObject
) -> None:
    published, at = [], 0
    while at < len(offsets):
        size = data.draw(st.integers(1, 5))
        published.append(batch(*(row(offset) for offset in offsets[at : at + size])))
        # A worker killed before its commit begins again somewhat earlier.
        at = (
            data.draw(st.integers(max(0, at - 3), at))
            if data.draw(st.booleans()) and len(published) < 20
            else at + size
        )
    assert exported(Chosen(), *published) == [(offset, 0) for offset in offsets]


def test_what_is_chosen() -> None:
    given = batch(*(row(n) for n in range(6)))
    assert exported(Chosen(since=START + 2, until=START + 4), given) == [(2, 0), (3, 0)]
    assert exported(Chosen(deployments=frozenset({"other"})), given) == []


def test_what_cannot_be_read_is_counted() -> None:
    chosen = Chosen()
    values = [b"{", b"\xff", b'{"rows": 7}', msgspec.json.encode(batch(row(1)))]
    assert len(list(chosen.rows(values))) == 1
    assert chosen.unreadable == 3


def test_ddl_has_every_column_and_a_key_that_tells_rows_apart() -> None:
    ddl = clickhouse_ddl("verdicts")
    assert ddl.startswith("CREATE TABLE IF NOT EXISTS verdicts\n")
    for column in COLUMNS:
        assert f"`{column.name}`" in ddl
    assert "findings\\' reasons" in ddl
    assert "ORDER BY (deployment, event_time, topic, `partition`, `offset`, part)" in ddl


def test_csv_cells_with_quotes_and_lines_survive() -> None:
    from streams.export.writers import _csv

    out = io.BytesIO()
    odd = batch(row(1, tenant='a "b",\nc'))
    _csv(rows(odd), out)
    (read,) = csv.DictReader(io.StringIO(out.getvalue().decode(), newline=""))
    assert read["tenant"] == 'a "b",\nc'
