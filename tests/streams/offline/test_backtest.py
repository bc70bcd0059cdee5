"""A backtest opens what the live pipeline opens, whatever the batches were."""

from __future__ import annotations

import pytest

from streams.offline.backtest import Trial, overlaps, run
from streams.offline.stored import Stored
from streams.rules.load import default_rules, parse_rules
from streams.rules.rule import RuleSet
from tests.streams.paging.conftest import build
from tests.support.worsening import START, STEP, batches, lines, refusing, rows


def opened(given: list[bytes], *sets: RuleSet) -> list[Trial]:
    return run(Stored().batches(given), sets or [default_rules()])


def test_it_opens_the_same_incident_as_the_live_windows() -> None:
    (trial,) = opened(lines())
    (one,) = trial.opened
    live = refusing()
    assert (one.incident.id, one.incident.records_above) == (live.id, live.records_above)
    # Not later: a live worker looks once for each batch.
    assert START + 500 * STEP < one.found <= live.log[0].at


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_when_it_is_found_doesnt_depend_on_batches(size: int) -> None:
    (trial,) = opened(lines(batches(size=size)))
    (whole,) = opened(lines())
    assert [(one.incident.id, one.found) for one in trial.opened] == [
        (one.incident.id, one.found) for one in whole.opened
    ]


def test_what_came_twice_counts_once() -> None:
    doubled = [line for line in lines() for _ in range(2)]
    (twice,), (once,) = opened(doubled), opened(lines())
    assert twice.opened[0].incident.records_above == once.opened[0].incident.records_above


def test_several_sets_in_one_pass_dont_meet() -> None:
    keen = parse_rules(
        "- {id: keen, signal: refusal.full, count_above: 3, window: 10m, playbook: over-refusal}"
    )
    silent = parse_rules("- {id: silent, signal: form.haiku, immediate: true}")
    seen: list[int] = []
    trials = run(
        Stored().batches(lines()),
        [default_rules(), keen, silent],
        look=lambda batch: seen.append(len(batch.rows)),
    )
    assert [len(trial.opened) for trial in trials] == [1, 1, 0]
    assert trials[1].opened[0].found < trials[0].opened[0].found
    assert sum(seen) == 1000


def test_nothing_to_read_opens_nothing() -> None:
    (trial,) = opened([])
    assert trial.opened == []
    assert opened(lines(batches(rows(0, 400))))[0].opened == []


@pytest.mark.parametrize(
    ("start", "end", "same"), [(0, 99, False), (0, 100, True), (160, 170, True), (161, 170, False)]
)
def test_overlaps(start: float, end: float, same: bool) -> None:
    assert overlaps(build(first_seen=100.0, last_seen=160.0), start, end) == same
