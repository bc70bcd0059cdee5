"""An incident's title and summary tell of all of it so far, and of no moment within it."""

from __future__ import annotations

import pytest

from streams.incidents.acts import drawn_up
from streams.incidents.render import figures_words
from streams.records import Incident, RuleFigures
from streams.windows.windows import Windows
from tests.support.window_helpers import Log, batch, row, rules

NOW = 1_790_000_000.0
ONE = "- {id: one, title: Bad, signal: a.x, immediate: true, window: 5m, hold: 5m}"
COUNT = "- {id: count, title: Bad, signal: a.x, count_above: 2, window: 60s, pane: 5s, hold: 5m}"
RATE = (
    "- {id: rate, title: Bad, signal: a.x, rate_above: 0.3, window: 60s, pane: 5s, at_least: 3,"
    " hold: 5m}"
)
QUANTILE = RATE.replace("rate_above: 0.3", "quantile_above: {q: 0.7, value: 0.5}")
USERS = COUNT.replace("count_above", "distinct_users_above")


def only(log: Log) -> Incident:
    (incident,) = log.newest.values()
    return incident


def minutes(windows: Windows, log: Log, first: int, last: int) -> None:
    """In each minute four bad answers, then a good one."""
    for minute in range(first, last):
        rows = [
            row(
                5 * minute + n,
                60.0 * minute + n,
                user=f"u{n}",
                scores={"a.x": 0.9 if n < 4 else 0.0},
            )
            for n in range(5)
        ]
        windows.fold(batch(rows))
        log.take(windows.evaluate(NOW + 60.0 * minute))
        log.take(windows.evaluate(NOW + 60.0 * minute + 40))


@pytest.mark.parametrize(
    ("rule", "opened", "grown"),
    [
        (ONE, "Bad on bot: 4 answers", "Bad on bot: 40 answers"),
        (COUNT, "4 of 5 answers in 1 min, limit 2", "limit 2; 40 such answers in all"),
        (RATE, "of 5 answers in 1 min, limit 30 %", "limit 30 %; 40 such answers in all"),
        (QUANTILE, "above 0.50 in 1 min, limit 30 %", "limit 30 %; 40 such answers in all"),
        (USERS, "3 users or more in 1 min, limit 2", "limit 2; 40 such answers in all"),
    ],
    ids=["immediate", "count", "rate", "quantile", "users"],
)
def test_each_update_tells_the_totals_so_far(rule: str, opened: str, grown: str) -> None:
    windows, log = Windows(rules(rule)), Log()
    minutes(windows, log, 0, 10)
    log.take(windows.flush())
    first, last = log.events[0], only(log)
    assert first.title.endswith(opened)
    assert last.title.endswith(grown)
    assert grown.rpartition("; ")[2].removeprefix("Bad on bot: ") in last.summary
    assert len({one.title for one in log.events}) > 2
    assert {(one.id, one.page_key) for one in log.events} == {(first.id, first.page_key)}
    assert last.log[0].what == first.title, "what it began with stays"


def test_one_answer_of_many_is_told_without_those_that_came_in_its_moment() -> None:
    windows, log = Windows(rules(ONE)), Log()
    rows = [row(n, 2.0 * n, scores={"a.x": 0.9 if n == 15 else 0.0}) for n in range(31)]
    windows.fold(batch(rows))
    log.take(windows.evaluate(NOW))
    incident = only(log)
    assert incident.title == "Bad on bot: 1 answer"
    assert incident.summary.startswith("Bad: 1 answer. So far 1 record is affected.")
    assert figures_words(incident.rules[0]) == "one: any record of a.x; 1 record"


def test_the_summary_says_from_when_to_when_it_counts() -> None:
    windows, log = Windows(rules(ONE)), Log()
    minutes(windows, log, 0, 10)
    assert "Bad: 40 answers (between 2023-11-14 22:13:20 UTC and 22:22:24)" in only(log).summary
    windows, log = Windows(rules(COUNT)), Log()
    minutes(windows, log, 0, 10)
    assert "40 such answers in all (at worst between 2023" in only(log).summary
    (figures,) = only(log).rules
    assert (figures.above, figures.total) == (4, 40)
    assert figures_words(figures).endswith("4 of 5 records at worst, 40 in all")


@pytest.mark.parametrize("rule", [ONE, COUNT, RATE])
def test_totals_are_those_of_a_replay_and_outlive_a_kill(rule: str) -> None:
    live, log = Windows(rules(rule)), Log()
    minutes(live, log, 0, 5)
    after = Windows(rules(rule))
    after.restore("bot", live.snapshot("bot"))
    minutes(after, log, 5, 60)
    log.take(after.flush())
    whole, again = Windows(rules(rule)), Log()
    minutes(whole, again, 0, 60)
    again.take(whole.flush())
    assert only(log).title == only(again).title
    assert "240" in only(log).title


def test_what_is_open_again_is_told_with_what_came_since() -> None:
    windows, log = Windows(rules(ONE)), Log()
    minutes(windows, log, 0, 1)
    act = drawn_up(only(log), "resolve", "a", "ada", NOW + 41, text="done")
    assert windows.act(act, NOW + 41) == "applied"
    minutes(windows, log, 5, 7)
    assert only(log).state == "open"
    assert only(log).title == "Bad on bot: 12 answers"
    assert "22:19:24" in only(log).summary


def test_figures_from_before_totals_were_kept_tell_of_their_worst_window() -> None:
    old = RuleFigures(
        rule="one", condition="immediate", signal="a.x", value=2.0, threshold=0.0, records=5,
        above=2, window_start=0.0, window_end=5.0,
    )  # fmt: skip
    assert figures_words(old) == "one: any record of a.x; 2 records"
