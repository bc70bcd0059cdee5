"""An incident comes to its final figures though nothing follows, and tells it in a quiet way."""

from __future__ import annotations

from itertools import pairwise

import pytest

from streams.incidents.acts import drawn_up
from streams.records import Incident, VerdictBatch
from streams.windows.windows import Windows
from tests.support.window_helpers import START, Log, batch, row, rules

ONE = "- {id: one, signal: a.x, immediate: true, window: 20s, pane: 5s, hold: 1h, playbook: p}"
RATE = "- {id: rate, signal: a.x, rate_above: 0.5, window: 60s, pane: 5s, at_least: 3, hold: 1h}"
MEAN = "- {id: mean, signal: a.x, mean_above: 0.5, window: 60s, pane: 5s, at_least: 3, hold: 1h}"
COUNT = "- {id: count, signal: a.x, count_above: 3, window: 60s, pane: 5s, hold: 1h}"
BY = "- {id: one, signal: a.x, immediate: true, pane: 5s, hold: 1h, by: [tenant]}"
NOW = 1_790_000_000.0


def bad(first: int, last: int, partition: int = 0) -> VerdictBatch:
    rows = [
        row(n, n / 50, scores={"a.x": 0.9}, user=f"u{n}", tenant="t") for n in range(first, last)
    ]
    return batch(rows, partition=partition)


def calm(offset: int, at: float) -> VerdictBatch:
    return batch([row(offset, at, tenant="t")])


def tick(windows: Windows, log: Log, since: float, seconds: int) -> None:
    for second in range(seconds):
        log.take(windows.evaluate(since + second))


def only(log: Log) -> Incident:
    (incident,) = log.newest.values()
    return incident


def burst(rule: str) -> tuple[Windows, Log]:
    """105 records and their incident, then 45 more that aren't twice as many."""
    windows, log = Windows(rules(rule)), Log()
    windows.fold(bad(0, 105))
    tick(windows, log, NOW, 12)
    assert only(log).records_above == 105
    windows.fold(bad(105, 150))
    log.take(windows.evaluate(NOW + 12))
    return windows, log


@pytest.mark.parametrize("rule", [ONE, RATE, MEAN, COUNT, BY])
def test_final_figures_come_though_nothing_follows(rule: str) -> None:
    windows, log = burst(rule)
    tick(windows, log, NOW + 13, 60)
    assert (only(log).records_above, only(log).users) == (150, 150)
    assert only(log).state == "open"
    told = len(log.events)
    tick(windows, log, NOW + 73, 300)
    assert len(log.events) == told, "nothing changed"


@pytest.mark.parametrize("rule", [ONE, RATE, MEAN, COUNT, BY])
def test_final_figures_come_after_a_kill(rule: str) -> None:
    before, log = burst(rule)
    windows = Windows(rules(rule))
    windows.restore("bot", before.snapshot("bot"))
    tick(windows, log, NOW + 100, 60)
    assert (only(log).records_above, only(log).users) == (150, 150)


def test_figures_also_come_while_good_answers_go_on() -> None:
    windows, log = burst(ONE)
    for second in range(60):
        windows.fold(calm(150 + second, 4.0 + second))
        log.take(windows.evaluate(NOW + 13 + second))
    assert only(log).records_above == 150


@pytest.mark.parametrize("kind", ["resolve", "false_alarm", "acknowledge", "contain"])
def test_figures_also_come_after_people_acted(kind: str) -> None:
    windows, log = burst(ONE)
    fields = {"reason": "expected"} if kind == "false_alarm" else {}
    act = drawn_up(only(log), kind, "a", "ada", NOW + 13, **fields)  # type: ignore[arg-type]
    assert windows.act(act, NOW + 13) == "applied"
    log.take(windows.evaluate(NOW + 13))
    state = only(log).state
    tick(windows, log, NOW + 14, 60)
    assert only(log).records_above == 150
    assert only(log).state == state


def test_figures_alone_are_told_seldom_and_in_one_line() -> None:
    windows, log = Windows(rules(ONE)), Log()
    for second in range(600):
        windows.fold(batch([row(second, second, scores={"a.x": 0.9}, user="u")]))
        log.take(windows.evaluate(NOW + second))
    told = [one for one in log.events if one.only_figures[1] == one.revision]
    assert 5 <= len(told) <= 600 / 30
    lines = [entry.what for entry in only(log).log]
    assert all(one != after for one, after in pairwise(lines))
    assert only(log).records_above >= 570
    assert START > 0


def test_a_change_that_matters_is_no_matter_of_figures() -> None:
    windows, log = burst(ONE)
    tick(windows, log, NOW + 13, 40)
    since, until = only(log).only_figures
    assert (until, since) == (only(log).revision, only(log).revision - 1)
    windows.fold(batch([row(400, 8.0, scores={"a.x": 0.9}, user="v", model_version="v9")]))
    tick(windows, log, NOW + 60, 40)
    assert "v9" in only(log).model_versions
    assert only(log).only_figures[1] < only(log).revision


def test_live_ends_like_a_replay() -> None:
    windows, log = burst(ONE)
    tick(windows, log, NOW + 13, 60)
    again, replay = Windows(rules(ONE)), Log()
    again.fold(bad(0, 150))
    replay.take(again.flush())
    log.take(windows.flush())
    fields = ("id", "summary", "title", "evidence", "user_hashes", "records_above", "severity")
    for field in fields:
        assert getattr(only(log), field) == getattr(only(replay), field)
