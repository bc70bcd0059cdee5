"""An incident opens a moment after its records, and under the id that it keeps."""

from __future__ import annotations

from streams.windows.windows import Windows
from tests.support.window_helpers import START, batch, row, rules

ONE = "- {id: one, signal: a.x, immediate: true, window: 20s, pane: 5s, hold: 60s, playbook: p}"
NOW = 1_790_000_000.0


def bad(offset: int, at: float, partition: int):
    return batch([row(offset, at, scores={"a.x": 0.9})], partition=partition)


def calm(offset: int, at: float, partition: int):
    return batch([row(offset, at)], partition=partition)


def test_it_waits_for_the_partition_that_brings_the_earlier_record() -> None:
    windows = Windows(rules(ONE))
    windows.fold(calm(0, 0, partition=1))
    windows.fold(bad(0, 10, partition=0))
    assert windows.evaluate(NOW) == []
    windows.fold(bad(1, 4, partition=1))
    windows.fold(calm(2, 12, partition=1))
    opened = windows.evaluate(NOW + 0.3)
    assert [(i.change, i.first_seen) for i in opened] == [("opened", START + 4)]
    assert opened[0].replaces == []


def test_it_waits_a_second_at_most() -> None:
    windows = Windows(rules(ONE))
    windows.fold(calm(0, 0, partition=1))
    windows.fold(bad(0, 10, partition=0))
    assert windows.evaluate(NOW) == []
    assert windows.evaluate(NOW + 0.9) == []
    assert [i.change for i in windows.evaluate(NOW + 1.0)] == ["opened"]


def test_it_does_not_wait_for_a_partition_that_is_far_behind() -> None:
    windows = Windows(rules(ONE))
    windows.fold(calm(0, 0, partition=1))
    windows.fold(bad(0, 1_000, partition=0))
    assert [i.change for i in windows.evaluate(NOW)] == ["opened"]


def test_it_does_not_wait_where_all_partitions_have_got_there() -> None:
    windows = Windows(rules(ONE))
    windows.fold(calm(0, 20, partition=1))
    windows.fold(bad(0, 10, partition=0))
    assert [i.change for i in windows.evaluate(NOW)] == ["opened"]
