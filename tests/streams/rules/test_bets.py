"""Bets are fair whatever the ties, win soon where scores have moved, and seldom else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rules.bets import bets_on, made
from streams.rules.kept import SCALE
from streams.rules.levels import EDGES, LEVELS, least_of, level_of
from tests.support.shifted import (
    FAMILIES,
    ONCE_IN,
    answers_until,
    best_until,
    false_alarms,
    trend_until,
)

COUNTS = st.lists(st.integers(0, 300), min_size=LEVELS, max_size=LEVELS).map(tuple).filter(any)
FEW_LEVELS = st.dictionaries(st.integers(0, LEVELS - 1), st.integers(1, 2000), min_size=1).map(
    lambda found: tuple(found.get(level, 0) for level in range(LEVELS))
)
BASELINES = st.one_of(COUNTS, FEW_LEVELS)

STREAMS, ANSWERS = 400, 6_000


@given(BASELINES, st.booleans())
def test_a_higher_score_never_pays_less(counts: tuple[int, ...], own: bool) -> None:
    pays = bets_on(counts, own=own).pays
    assert (np.diff(pays, axis=1) >= 0).all()


@given(BASELINES, st.booleans(), st.lists(st.integers(0, LEVELS - 1), max_size=30))
def test_bets_are_fair_on_whatever_is_no_higher_than_the_baseline(
    counts: tuple[int, ...], own: bool, lowered: list[int]
) -> None:
    pays = np.exp(bets_on(counts, own=own).pays / SCALE)
    records = np.array(counts, dtype=np.float64)
    # As the baseline is taken to be, and the same with some records moved down.
    records[-1] += 1 if own else records.sum() * 0.01
    for level in lowered:
        moved = records[level] / 2
        records[level] -= moved
        records[level // 2] += moved
    assert (pays @ records / records.sum() <= 1 + 1e-9).all()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("records", [100, 2000])
def test_ordinary_answers_bring_one_false_alarm_in_fifty_thousand_at_most(
    family: str, records: int
) -> None:
    rng = np.random.default_rng(7)
    alarms = false_alarms(rng, FAMILIES[family], records, STREAMS, ANSWERS)
    assert alarms <= STREAMS * ANSWERS / ONCE_IN


def test_that_would_be_seen_if_it_were_not_so() -> None:
    rng = np.random.default_rng(7)
    often = false_alarms(rng, FAMILIES["mixed"], 2000, STREAMS, ANSWERS, once_in=ONCE_IN / 10)
    assert often > STREAMS * ANSWERS / ONCE_IN


@pytest.mark.parametrize("family", ["mixed", "very mixed", "ties"])
def test_a_shift_of_three_in_ten_answers_is_found_within_forty(family: str) -> None:
    found = answers_until(np.random.default_rng(7), FAMILIES[family], 2000, 1000)
    assert (found <= 40).mean() >= 0.85


def test_two_scores_that_come_again_and_again_are_no_evidence() -> None:
    found = answers_until(np.random.default_rng(7), FAMILIES["two-valued"], 2000, 200)
    assert (found > 400).all()


@pytest.mark.parametrize("family", ["even"])
def test_where_forty_answers_are_too_few_they_are_for_who_knows_all(family: str) -> None:
    rng = np.random.default_rng(7)
    best = best_until(rng, FAMILIES[family], 1000)
    assert (best <= 40).mean() < 0.9
    found = answers_until(rng, FAMILIES[family], 2000, 1000)
    assert np.median(found) <= 1.6 * np.median(best)


def test_a_slow_trend_is_found_in_its_first_half() -> None:
    found = trend_until(np.random.default_rng(7), 2000, 1000)
    assert (found <= 200).mean() >= 0.7
    assert (found <= 300).mean() >= 0.95


@given(
    st.lists(
        st.tuples(st.integers(-9000, 30000), st.integers(-9000, 30000), st.integers(1, 50)),
        min_size=1,
        max_size=30,
    )
)
def test_what_was_made_is_the_sum_of_bets_from_each_start(
    panes: list[tuple[int, int, int]],
) -> None:
    rows = np.array(panes, dtype=np.int64)
    value, start = made(rows[:, :2], rows[:, 2])
    sums = [
        records * sum(math.exp(sum(row[bet] for row in panes[: number + 1]) / SCALE) / 2
                      for bet in (0, 1))
        for number, (*_, records) in enumerate(panes)
    ]  # fmt: skip
    assert value == pytest.approx(math.log10(sum(sums)), abs=1e-6)
    assert sums[start] == pytest.approx(max(sums))


@given(st.floats(0, 1))
def test_a_score_lies_in_its_level(score: float) -> None:
    level, rounded = level_of(score), round(score * SCALE) / SCALE
    assert least_of(level) <= rounded
    assert level == LEVELS - 1 or rounded < least_of(level + 1)


def test_levels_grow_finer_where_scores_are_low() -> None:
    assert sorted(set(EDGES)) == list(EDGES)
    assert [least_of(level_of(score)) for score in (0.0, 0.0003, 0.07, 1.0)] == [
        0.0,
        0.0001,
        0.065,
        0.99,
    ]
