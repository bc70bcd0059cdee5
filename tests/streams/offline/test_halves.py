"""However the work of a backtest is parted, what is found is the same."""

from __future__ import annotations

import random
from functools import partial
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.cli import _verdicts
from streams.config.settings import Settings
from streams.export.verdicts import Chosen
from streams.export.writers import write
from streams.offline.backtest import Opened, Trial, halves, run, run_in_two
from streams.offline.gathered import MOST_ROWS, Gathered
from streams.offline.stored import Stored
from streams.records import Incident, VerdictBatch
from streams.rules.load import default_rules, parse_rules
from streams.windows.windows import Windows
from tests.benchmarks.bench_backtest import lines as traffic
from tests.support.worsening import batches, rows

GIVEN = list(traffic(6_000, 3.0, 0.05, 2))


def told(trials: list[Trial]) -> list[list[tuple[str, float, int, float]]]:
    return [
        [
            (one.incident.id, one.found, one.incident.records_above, one.incident.last_seen)
            for one in trial.opened
        ]
        for trial in trials
    ]


def again() -> list[VerdictBatch]:
    return list(Stored().batches(GIVEN))


def test_rules_are_halved_by_whole_causes_and_none_is_lost() -> None:
    rules = default_rules()
    parts = halves(rules)
    assert len(parts) == 2
    causes = [{rule.cause for rule in part.rules} for part in parts]
    assert not causes[0] & causes[1]
    assert {rule.id for part in parts for rule in part.rules} == {r.id for r in rules.rules}
    few = parse_rules("- {id: one, signal: a.b, immediate: true}")
    assert halves(few) == [few]


def test_two_processes_find_what_one_does() -> None:
    few = parse_rules("- {id: haiku, signal: form.haiku, count_above: 1, window: 10m}")
    sets = [default_rules(), few]
    alone = run(Stored().batches(GIVEN), sets)
    shared = run_in_two(Stored().batches(GIVEN), again, sets)
    assert [len(trial.opened) > 0 for trial in alone] == [True, True]
    assert told(shared) == told(alone)


def test_one_set_for_all_rules_opens_the_same_as_the_halves() -> None:
    windows = Windows(default_rules())
    standing: dict[str, Incident] = {}
    for batch in Stored().batches(GIVEN):
        windows.fold(batch)
        newest = max(row.event_time for row in batch.rows)
        standing |= {one.id: one for one in windows.evaluate(newest)}
    standing |= {one.id: one for one in windows.flush(newest)}
    live = {
        (one.id, one.records_above, one.last_seen)
        for one in standing.values()
        if one.state != "withdrawn"
    }
    (trial,) = run(Stored().batches(GIVEN), [default_rules()])
    found = [one.incident for one in trial.opened]
    assert {(one.id, one.records_above, one.last_seen) for one in found} == live


@pytest.mark.parametrize("parquet", [False, True])
def test_a_large_file_is_read_twice_and_once_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, parquet: bool
) -> None:
    path = tmp_path / ("v.parquet" if parquet else "v.jsonl")
    if parquet:
        pytest.importorskip("pyarrow")
        write(Chosen().rows(GIVEN), str(path), "parquet")
    else:
        path.write_bytes(b"".join(GIVEN))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    found = []
    for least in (0, 10**12):
        monkeypatch.setattr(_verdicts, "_WORTH_SHARING", least)
        stored = Stored("bot-1", since=1_760_000_300.0)
        trials = _verdicts.tried(Settings(), (str(path),), stored, [default_rules()])
        assert stored.read > 1000
        found.append(told(trials))
    assert found[0] == found[1]
    assert found[0][0]


def test_what_fails_in_the_other_process_is_raised() -> None:
    bad = partial(open, "/nowhere/at/all")
    with pytest.raises(FileNotFoundError):
        run_in_two(Stored().batches(GIVEN), bad, [default_rules()])  # type: ignore[arg-type]


def folded(given: list[VerdictBatch], *, gathered: bool) -> Windows:
    windows, waiting, newest = Windows(default_rules()), Gathered(), float("-inf")
    for batch in given:
        newest = max(newest, *(row.event_time for row in batch.rows))
        for one in waiting.take(batch, newest) if gathered else [batch]:
            windows.fold(one)
    for one in waiting.all():
        windows.fold(one)
    return windows


@st.composite
def parted(draw: st.DrawFn) -> list[VerdictBatch]:
    """Rows in messages of any sizes, some of which come again, of some sources, some judged on
    less, scored before or after they happened."""
    made = []
    for partition in range(draw(st.integers(1, 2))):
        cuts = sorted({0, 300, *draw(st.lists(st.integers(1, 299), max_size=12))})
        for first, last in pairwise(cuts):
            (one,) = batches(rows(first + 400, last + 400), size=1_000)
            one.partition = partition
            one.scored_at = draw(st.sampled_from([0.0, one.rows[0].event_time - 9_000, 1e10]))
            one.loose = draw(st.booleans())
            if draw(st.booleans()):
                one.judged = [["form.haiku"], *one.judged]
                for number, row in enumerate(one.rows):
                    row.judged = number % 3
            made.append(one)
            if draw(st.booleans()):
                made.append(made[draw(st.integers(0, len(made) - 1))])
    order = random.Random(draw(st.integers(0, 99)))
    if draw(st.booleans()):
        made.sort(key=lambda one: (one.rows[0].event_time, order.random()))
    return made


@settings(max_examples=60, deadline=None)
@given(parted())
def test_what_is_gathered_counts_as_if_it_had_come_one_by_one(given: list[VerdictBatch]) -> None:
    plain, gathered = folded(given, gathered=False), folded(given, gathered=True)
    assert gathered.counts() == plain.counts()
    for name in plain.deployments:
        assert gathered.offsets(name) == plain.offsets(name)
        assert gathered.snapshot(name) == plain.snapshot(name)


def test_so_many_rows_wait_at_most() -> None:
    waiting = Gathered()
    given = batches(rows(0, 500), size=100)
    out = 0
    for turn in range(2 * MOST_ROWS // 500):
        for batch in given:
            shift = turn * 500
            moved = msgspec.structs.replace(
                batch,
                rows=[msgspec.structs.replace(r, offset=r.offset + shift) for r in batch.rows],
                first_offset=batch.first_offset + shift,
                last_offset=batch.last_offset + shift,
            )
            out += sum(len(one.rows) for one in waiting.take(moved, 0.0))
    assert out == 2 * MOST_ROWS


def test_opened_is_in_the_order_in_which_it_was_found() -> None:
    (trial,) = run(Stored().batches(GIVEN), [default_rules()])
    times: list[Opened] = trial.opened
    assert [one.found for one in times] == sorted(one.found for one in times)
