"""Records that come late, as after an outage: an incident is found when it is found."""

from __future__ import annotations

import pytest

from streams.incidents.acts import drawn_up
from streams.incidents.clocks.running import detected
from streams.incidents.postmortem.times import times_of
from streams.incidents.report import report
from streams.windows.windows import Windows
from tests.support.window_helpers import START, Log, batch, row, rules

ONE = "- {id: one, signal: a.x, immediate: true, window: 20s, pane: 5s, hold: 60s, playbook: p}"
LATE = START + 7_200.0


@pytest.mark.parametrize("at", [0.0, 3_000.0, 7_190.0])
@pytest.mark.parametrize("first", ["bad", "calm"])
def test_it_is_found_by_the_clock(at: float, first: str) -> None:
    windows, log = Windows(rules(ONE)), Log()
    if first == "calm":
        windows.fold(batch([row(0, 0.0)]))
        log.take(windows.evaluate(LATE - 5))
    windows.fold(batch([row(1, at, scores={"a.x": 0.9})]))
    for second in range(3):
        log.take(windows.evaluate(LATE + second))
    (incident,) = log.newest.values()
    assert LATE <= incident.log[0].at <= LATE + 2
    assert detected(incident) == incident.log[0].at
    times = times_of(incident)
    assert times.began.at == START + at
    assert times.detect() == pytest.approx(LATE - START - at, abs=2)

    act = drawn_up(incident, "acknowledge", "a", "ada", LATE + 240)
    assert windows.act(act, LATE + 240) == "applied"
    log.take(windows.evaluate(LATE + 240))
    (incident,) = log.newest.values()
    assert times_of(incident).acknowledge() == pytest.approx(240, abs=2)


def test_one_that_was_over_before_it_was_found_says_so() -> None:
    windows, log = Windows(rules(ONE)), Log()
    windows.fold(batch([row(0, 0.0, scores={"a.x": 0.9}), row(1, 600.0)]))
    log.take(windows.evaluate(LATE))
    log.take(windows.evaluate(LATE + 20))
    told = report(log.newest, START - 100, LATE + 60)
    assert told.open == 0
    assert told.medians["resolve"].left_out == {
        "it was over before it was found, as its records came late": 1
    }
    assert told.medians["detect"].seconds == pytest.approx(7_200, abs=2)


def test_in_a_replay_it_is_found_in_event_time() -> None:
    windows, log = Windows(rules(ONE)), Log()
    windows.fold(batch([row(0, 0.0, scores={"a.x": 0.9}), row(1, 2.0)]))
    log.take(windows.flush())
    (incident,) = log.newest.values()
    assert incident.log[0].at == START + 2
