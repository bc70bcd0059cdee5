from __future__ import annotations

import pytest

from streams.console.progress import Progress, progress

A, B = ("llm.outputs", 0), ("llm.outputs", 1)


def after(*looks: tuple[float, dict[tuple[str, int], int], dict[tuple[str, int], int]]) -> Progress:
    """How it stands after looks: the time, what verdicts cover, where outputs end."""
    found: Progress | None = None
    for at, reached, ends in looks:
        found = progress(found, reached, ends, at)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        pytest.param([(0, {A: 5}, {A: 9}), (90, {A: 5}, {A: 20})], "while 11 records came", id="frozen"),
        pytest.param([(0, {A: 9}, {A: 9}), (60, {A: 9}, {A: 9}), (121, {A: 9}, {A: 10})], "1 record came", id="frozen later"),
        pytest.param([(0, {A: 9}, {A: 9}), (60, {A: 9}, {A: 9}), (70, {A: 9}, {A: 10})], "", id="only just"),
        pytest.param([(0, {A: 5}, {A: 9}), (90, {A: 6}, {A: 90})], "", id="slow"),
        pytest.param([(0, {A: 9}, {A: 9}), (900, {A: 9}, {A: 9})], "", id="nothing comes"),
        pytest.param([(0, {A: 8}, {A: 9}), (900, {A: 8}, {A: 9})], "", id="a mark at the end is no record"),
        pytest.param([(0, {A: 9}, {A: 9, B: 0}), (900, {A: 9}, {A: 9, B: 4})], "while 4 records came", id="a part alone"),
        pytest.param([(0, {}, {A: 79}), (90, {}, {A: 79})], "No answer was scored", id="no worker ever"),
        pytest.param([(0, {}, {A: 79}), (90, {}, {A: 99})], "20 of them new", id="no worker, and more come"),
        pytest.param([(0, {}, {A: 79}), (20, {}, {A: 99})], "", id="no worker yet"),
        pytest.param([(0, {}, {A: 0}), (900, {}, {A: 0})], "", id="no record ever"),
        pytest.param([(0, {}, {}), (900, {}, {})], "", id="no topic"),
    ],
)  # fmt: skip
def test_a_worker_that_scores_nothing_is_told_from_one_without_work(
    looks: list[tuple[float, dict[tuple[str, int], int], dict[tuple[str, int], int]]], said: str
) -> None:
    wrong = after(*looks).wrong(looks[-1][0])
    assert said in wrong
    assert bool(said) is bool(wrong)


@pytest.mark.parametrize(
    ("reached", "ends", "lag"),
    [({A: 5}, {A: 9, B: 3}, 4), ({}, {A: 9}, None), ({}, {A: 0}, 0), ({}, {}, 0), ({A: 9}, {A: 8}, 0)],
)  # fmt: skip
def test_a_lag_that_isnt_known_is_none(
    reached: dict[tuple[str, int], int], ends: dict[tuple[str, int], int], lag: int | None
) -> None:
    assert progress(None, reached, ends, 0.0).lag == lag
