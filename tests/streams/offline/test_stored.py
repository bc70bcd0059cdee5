"""Verdicts that were kept are read again, from messages and from exports, and fold the same."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import UsageError
from streams.export.columns import rows as flat_rows
from streams.export.verdicts import Chosen
from streams.export.writers import write
from streams.offline.stored import Stored, is_parquet, parquet_lines
from tests.support.worsening import START, STEP, batches, lines, rows


def facts(stored: Stored, given: list[bytes]) -> list[tuple[object, ...]]:
    return [
        (
            row.offset,
            row.record_id,
            row.event_time,
            row.scores,
            batch.judged[row.judged],
            (batch.deployment, row.user, row.tenant, row.model_version),
        )
        for batch in stored.batches(given)
        for row in batch.rows
    ]


def test_messages_and_exported_rows_say_the_same() -> None:
    whole = facts(Stored(), lines())
    flat = [msgspec.json.encode(row) for batch in batches() for row in flat_rows(batch)]
    assert len(whole) == 1000
    assert facts(Stored(), flat) == whole
    mixed = Stored()
    assert facts(mixed, [*lines(batches(rows(0, 500))), *flat[500:]]) == whole
    assert (mixed.read, mixed.first, mixed.last) == (1000, START, START + 999 * STEP)


def test_parquet_says_the_same(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = str(tmp_path / "v.parquet")
    write(Chosen().rows(lines()), path, "parquet")
    assert is_parquet(path)
    found = facts(Stored(), list(parquet_lines(path)))
    assert [one[:3] for one in found] == [one[:3] for one in facts(Stored(), lines())]
    assert found[-1][3] == {"refusal.full": pytest.approx(0.01)}
    (tmp_path / "x.parquet").write_bytes(b"PAR1 it isn't")
    with pytest.raises(UsageError, match=r"x\.parquet: no Parquet file"):
        list(parquet_lines(str(tmp_path / "x.parquet")))


@pytest.mark.parametrize("bad", [b"{", b"\xff", b"[]", b'{"rows": 1}', b"[" * 100_000, b'"a"'])
def test_what_is_neither_is_counted(bad: bytes) -> None:
    stored = Stored()
    assert list(stored.batches([b"", b"\n", bad])) == []
    assert stored.unreadable == 1


def test_one_deployment_and_a_stretch_of_time() -> None:
    stored = Stored("support-bot", START + 10 * STEP, START + 20 * STEP)
    assert [one[0] for one in facts(stored, lines())] == list(range(10, 20))
    assert facts(Stored("other"), lines()) == []


@given(st.integers(1, 400), st.floats(0.05, 30))
def test_no_slice_is_longer_than_a_second_and_none_is_lost(size: int, step: float) -> None:
    made = [
        msgspec.structs.replace(row, event_time=START + row.offset * step) for row in rows(0, 60)
    ]
    found = list(Stored().batches(lines(batches(made, size))))
    assert [row.offset for one in found for row in one.rows] == list(range(60))
    for one in found:
        assert one.rows[-1].event_time - one.rows[0].event_time < 1.0
        assert (one.first_offset, one.last_offset) == (one.rows[0].offset, one.rows[-1].offset)


@pytest.mark.parametrize("turned", [False, True])
def test_batches_that_overlap_are_told_by_event_time(turned: bool) -> None:
    both = [
        *batches(rows(0, 300)),
        *(
            msgspec.structs.replace(one, deployment="other-bot", topic="other")
            for one in batches(rows(0, 300))
        ),
    ]
    # As they are merged: by the event time with which a message begins.
    both.sort(key=lambda one: (one.rows[0].event_time, (one.topic == "other") == turned))
    told = [
        (row.event_time, batch.deployment)
        for batch in Stored().batches(map(msgspec.json.encode, both))
        for row in batch.rows
    ]
    assert len(told) == 600
    times = [at for at, _ in told]
    assert times == sorted(times)


def test_what_is_late_in_its_source_keeps_its_order() -> None:
    late = rows(0, 3) + rows(10, 13) + rows(3, 6)
    (batch,) = [msgspec.structs.replace(one, rows=late) for one in batches(rows(0, 3))]
    told = [
        row.offset for one in Stored().batches([msgspec.json.encode(batch)]) for row in one.rows
    ]
    assert told == [0, 1, 2, 10, 11, 12, 3, 4, 5]
