"""Intervals hold: of 400 draws of the same traffic, at least 93 % have the truth in them."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from streams.labels.estimate import Total, counted, share, total
from streams.labels.figures import figures
from streams.labels.label import Label, Scored

Row = tuple[float, bool]
SEEDS = 400


def traffic(seed: int, positives: float, skill: float) -> list[Row]:
    """Scores of 4,000 records, and whether each is so; the higher `skill`, the better they tell."""
    rng = random.Random(seed)
    rows = []
    for _ in range(4000):
        so = rng.random() < positives
        rows.append((rng.betavariate(1 + skill, 1) if so else rng.betavariate(1, 4), so))
    return rows


def drawn(rows: list[Row], seed: int, chance: Callable[[float], float]) -> list[Scored]:
    rng = random.Random(seed)
    made = []
    for number, (score, so) in enumerate(rows):
        p = chance(score)
        if rng.random() < p:
            label = Label(
                signal="s.x", label=float(so), record_id=str(number), probability=p, drawn=True
            )
            made.append(Scored(label, score, "bot", 0.0))
    return made


def by_limit(score: float) -> float:
    return 0.5 if 0.4 < score < 0.6 else 0.1 if score >= 0.6 else 0.04


@pytest.mark.parametrize(
    ("positives", "skill", "chance"),
    [
        (0.10, 3.0, by_limit),
        (0.03, 2.0, by_limit),
        (0.10, 3.0, lambda score: 0.08),
        (0.02, 4.0, lambda score: 0.3 if score > 0.4 else 0.02),
    ],
    ids=["strata", "seldom", "uniform", "hardly any below"],
)
def test_intervals_of_precision_and_recall_cover_the_truth(
    positives: float, skill: float, chance: Callable[[float], float]
) -> None:
    rows = traffic(1, positives, skill)
    above = [so for score, so in rows if score > 0.5]
    precision, recall = sum(above) / len(above), sum(above) / sum(so for _, so in rows)
    held = {"precision": 0, "recall": 0}
    for seed in range(SEEDS):
        found = figures(drawn(rows, seed, chance), 0.5)
        for name, truth in (("precision", precision), ("recall", recall)):
            one = getattr(found, name)
            held[name] += one is None or one.low <= truth <= one.high
    assert min(held.values()) >= 0.93 * SEEDS, held


def test_estimates_are_right_on_average_where_the_bare_share_isnt() -> None:
    rows = traffic(1, 0.1, 3.0)
    truth = sum(so for score, so in rows if score > 0.5) / sum(so for _, so in rows)
    means, bare = [], []
    for seed in range(SEEDS):
        scored = drawn(rows, seed, by_limit)
        found = figures(scored, 0.5).recall
        assert found is not None
        means.append(found.value)
        so = [one for one in scored if one.label.label]
        bare.append(sum(one.score > 0.5 for one in so) / len(so))
    assert abs(sum(means) / SEEDS - truth) < 0.02
    assert abs(sum(bare) / SEEDS - truth) > 0.02


def test_one_that_stands_for_many_widens_the_interval() -> None:
    light, heavy = total([1.0] * 20, 1.0), total([20.0], 20.0)
    assert light.value == heavy.value
    assert heavy.low < light.low < light.high < heavy.high


def test_where_none_was_found_there_may_yet_be_some() -> None:
    none = total([], 25.0)
    assert (none.value, none.low) == (0.0, 0.0)
    assert 80 < none.high < 100
    found = share(total([1.0] * 30, 1.0), none, 30)
    assert found is not None
    assert found.value == found.high == 1.0
    assert found.low < 0.4


def test_nothing_is_concluded_from_nothing() -> None:
    assert share(Total(0, 0, 4), Total(0, 0, 4), 0) is None
    assert counted(0, 0) is None
    assert figures([], 0.5).precision is figures([], 0.5).recall is None


def test_copies_count_as_often_as_they_are() -> None:
    def one(score: float, label: float, copies: int) -> Scored:
        made = Label(signal="s.x", label=label, record_id=f"{score}{label}", copies=copies)
        return Scored(made, score, "bot", 0.0)

    found = figures([one(0.9, 1, 3), one(0.9, 0, 1)], 0.5).precision
    assert found is not None
    assert found.value == 0.75
