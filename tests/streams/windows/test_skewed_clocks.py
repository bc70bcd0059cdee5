"""Producers whose clocks are wrong lose no incident and close none, whatever the kind of rule."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest

from detectors import Batch, Scores, Signal, Suite
from streams.clock import SteppedClock
from streams.intake.skew import Dated
from streams.records import Incident, VerdictBatch
from streams.rules.conditions import KINDS, name_of
from streams.rules.load import parse_rules
from streams.scoring.scorer import Scorer, ScoringOptions, Source
from streams.windows.windows import Windows
from tests.support.window_helpers import Log

START = 1_790_000_000.0
STEP = 3.0
"""Every three seconds each of three producers writes a record."""

BAD = range(750, 960)
"""The seconds in which every record is bad: long enough for each rule."""

DAY = 86_400
SKEWS = [-DAY, -6 * 3600, -1800, -420, -90, -30, 30, 59, 61, 90, 600, 1800, 6 * 3600, DAY]

RULES = """
- {id: immediate, signal: a.x, record_above: 0.8, immediate: true, window: 60s, pane: 5s, hold: 120s}
- {id: count, signal: a.x, record_above: 0.8, count_above: 15, window: 60s, pane: 5s, hold: 120s}
- {id: rate, signal: a.x, record_above: 0.8, rate_above: 0.3, window: 60s, pane: 5s, at_least: 10, hold: 120s}
- {id: mean, signal: a.x, mean_above: 0.4, window: 60s, pane: 5s, at_least: 10, hold: 120s}
- {id: quantile, signal: a.x, quantile_above: {q: 0.5, value: 0.6}, window: 60s, pane: 5s, at_least: 10, hold: 120s}
- {id: users, signal: a.x, record_above: 0.8, distinct_users_above: 5, window: 60s, pane: 5s, hold: 120s}
- {id: shift, signal: a.x, shift: {once_in: 50000}, window: 60s, pane: 5s, at_least: 10, baseline_records: 150, hold: 120s}
- {id: drift, signal: drift.one, drift_above: 0.4, window: 120s, pane: 20s, at_least: 30, baseline_records: 150, hold: 120s}
"""


def bad_score(second: int, producer: int) -> float:
    """From 0.85 to 0.95, seldom twice the same: to a shift an equal score is no new evidence."""
    return round(0.85 + (second * 7 + producer * 31) % 101 / 1010, 4)


class Read:
    """Gives the scores that stand in the answers."""

    name = "read"
    signals: tuple[Signal, ...] = (
        Signal("a.x", "bad"),
        Signal("drift.one", "a feature", 1.0, True),
    )

    def load(self) -> None:
        """Nothing to load."""

    def score(self, batch: Batch) -> list[Scores]:
        return [Scores({"a.x": float(text), "drift.one": float(text)}) for text in batch.texts]


class Line:
    """Two partitions, a worker and the windows."""

    def __init__(self, dated: Dated = "appended", *, backlog: bool = False) -> None:
        self.clock = SteppedClock(START)
        options = ScoringOptions(hash_key=b"k", feedback_topic="llm.feedback")
        self.scorer = Scorer(options, Suite([Read()]), self.clock)
        self.windows = Windows(parse_rules(RULES))
        self.log = Log()
        self.dated = dated
        self.backlog = backlog
        self.offsets = [0, 0]
        self.rows: list[VerdictBatch] = []

    def send(self, events: list[tuple[float, float, str]]) -> None:
        """Records as (event time, score, user), got by Kafka now, in turns of the partitions.

        In a backlog, Kafka's times are those of the producers, and all are past.
        """
        for number in range(2):
            sources = []
            for at, score, user in events[number::2]:
                value = {"output": str(score), "event_time": at, "deployment": "bot", "user": user}
                value["record_id"] = f"{number}-{self.offsets[number]}"
                place = ("llm.outputs", number, self.offsets[number])
                data = json.dumps(value).encode()
                got = at if self.backlog else self.clock.now()
                sources.append(Source(*place, got, data, dated=self.dated))
                self.offsets[number] += 1
            for _, message in self.scorer.score(sources).messages:
                batch = msgspec.json.decode(message, type=VerdictBatch)
                self.rows.append(batch)
                self.windows.fold(batch)
        self.log.take(self.windows.evaluate(self.clock.now()))

    def run(self, seconds: range, skew: Callable[[int], float]) -> None:
        for second in seconds[:: int(STEP)]:
            self.clock.advance(START + second - self.clock.now())
            bad = second in BAD
            self.send(
                [
                    (
                        START + second + skew(producer),
                        bad_score(second, producer) if bad else 0.1,
                        f"u{producer}-{second}",
                    )
                    for producer in range(3)
                ]
            )

    @property
    def open(self) -> set[str]:
        return {f.rule for one in self.windows.open_incidents() for f in one.rules}

    @property
    def events(self) -> list[Incident]:
        return self.log.events


KINDS_OF_RULES = {"immediate", "count", "rate", "mean", "quantile", "users", "shift", "drift"}


def test_there_is_a_rule_of_every_kind() -> None:
    kinds = {name_of(type(rule.condition)) for rule in parse_rules(RULES).rules}
    assert kinds == {name_of(kind) for kind in KINDS}


@pytest.mark.parametrize("skew", SKEWS)
def test_one_skewed_producer_of_three_loses_and_closes_nothing(skew: float) -> None:
    def skewed(producer: int) -> float:
        return skew if producer == 2 else 0.0

    line = Line()
    line.run(range(0, BAD.stop), skewed)
    assert line.open == KINDS_OF_RULES
    recent = [one for one in line.events if one.first_seen > START + BAD.start - 300]
    assert not [one for one in recent if one.change == "resolved"]
    line.run(range(BAD.stop, BAD.stop + 300), skewed)
    assert line.open == set()


@pytest.mark.parametrize("dated", ["appended", "created"])
@pytest.mark.parametrize("ahead", [120.0, 2100.0, 72_000.0, DAY])
def test_one_record_ahead_neither_resolves_nor_silences(ahead: float, dated: Dated) -> None:
    line = Line(dated)
    line.run(range(0, BAD.start + 200), lambda producer: 0.0)
    before = line.open
    line.send([(line.clock.now() + ahead, 0.1, "u"), (line.clock.now() + ahead, 0.9, "u")])
    assert line.open == before == KINDS_OF_RULES
    line.run(range(BAD.start + 201, BAD.stop), lambda producer: 0.0)
    assert line.open == KINDS_OF_RULES
    (late,) = {one.late for one in line.windows.counts().values()}
    assert late == 0


def test_the_time_that_counts_stands_in_the_verdict() -> None:
    line = Line()
    line.send([(START + 7200.0, 0.1, "u"), (START + 59.0, 0.1, "u")])
    rows = [row for batch in line.rows for row in batch.rows]
    assert [(row.event_time, row.ahead) for row in rows] == [(START, 7200.0), (START + 59.0, 0.0)]


def test_an_import_of_old_records_is_judged_in_its_own_time() -> None:
    line = Line()
    line.clock.advance(40 * DAY)
    for second in range(0, BAD.stop + 300, int(STEP)):
        score = bad_score(second, 0) if second in BAD else 0.1
        line.send([(START + second, score, f"u{n}-{second}") for n in range(3)])
    assert {f.rule for one in line.events for f in one.rules} == KINDS_OF_RULES
    assert line.open == set()
    assert line.windows.counts()["bot"].late == 0


def test_a_backlog_of_days_keeps_its_times() -> None:
    """Kafka's times are as old as the records: a fast clock in between is bounded by those."""
    line = Line()
    line.run(range(0, BAD.start), lambda producer: 0.0)
    reading = SteppedClock(START + 3 * DAY)
    line.scorer.clock = reading
    line.run(range(BAD.start, BAD.stop), lambda producer: DAY / 2 if producer == 2 else 0.0)
    assert line.open == KINDS_OF_RULES
    assert line.windows.counts()["bot"].late == 0


def test_in_a_file_one_record_ahead_doesnt_move_the_clock() -> None:
    line = Line("")
    line.scorer.clock = SteppedClock(START + 30 * DAY)
    line.run(range(0, BAD.start + 200), lambda producer: 0.0)
    line.send([(line.clock.now() + 72_000.0, 0.1, "u")])
    assert line.open == KINDS_OF_RULES
    line.run(range(BAD.start + 201, BAD.stop), lambda producer: 0.0)
    assert line.open == KINDS_OF_RULES
    assert line.windows.counts()["bot"].late == 0


def test_in_a_file_a_night_without_records_is_followed() -> None:
    line = Line("")
    line.scorer.clock = SteppedClock(START + 30 * DAY)
    line.run(range(0, BAD.start + 200), lambda producer: 0.0)
    assert line.open == KINDS_OF_RULES
    line.run(range(30_000, 30_200), lambda producer: 0.0)
    assert line.open == set()


def test_a_clock_that_a_fast_one_moved_before_comes_back() -> None:
    """Snapshots from before times were bounded may hold a clock that is hours ahead."""
    line = Line()
    line.run(range(0, BAD.start - 100), lambda producer: 0.0)
    poisoned = msgspec.json.decode(line.windows.snapshot("bot"))
    poisoned["newest"] = {name: at + 72_000.0 for name, at in poisoned["newest"].items()}
    for plan in poisoned["plans"]:
        plan[1] = START + 71_000.0
    poisoned["evicted_at"] = START + 72_000.0
    line.windows.restore("bot", msgspec.json.encode(poisoned))
    line.run(range(BAD.start - 99, BAD.stop), lambda producer: 0.0)
    assert line.open == KINDS_OF_RULES
    assert line.windows.counts()["bot"].late == 0


ODD = [-DAY, -2100.0, 2100.0, 72_000.0, 400.0 * DAY]
"""How far one wrong clock may be off, in seconds."""


def lone(position: int, odd: float, dated: Dated, *, every: int, run: int = 1) -> Line:
    """150 records a second apart, the middle ones bad, of which `run` alone are off."""
    line = Line(dated, backlog=True)
    line.scorer.clock = SteppedClock(START + 1000 * DAY)
    held: list[tuple[float, float, str]] = []
    for number in range(150):
        at = START + number + (odd if position <= number < position + run else 0.0)
        held.append((at, 0.9 if 40 <= number < 100 else 0.1, f"u{number}"))
        if len(held) == every or number == 149:
            line.clock.advance(1.0)
            line.send(held)
            held = []
    return line


@pytest.mark.parametrize("dated", ["created", ""])
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("position", range(6))
@pytest.mark.parametrize("every", [1, 30])
def test_one_odd_record_among_the_first_harms_nothing(
    position: int, odd: float, dated: Dated, every: int
) -> None:
    right = lone(position, 0.0, dated, every=every)
    line = lone(position, odd, dated, every=every)
    right.log.take(right.windows.flush())
    line.log.take(line.windows.flush())
    assert {f.rule for one in right.events for f in one.rules} == KINDS_OF_RULES - {
        "shift",
        "drift",
    }
    assert line.open == right.open
    # A record far behind may be late itself, and nothing but that.
    assert line.windows.counts()["bot"].late <= (odd < 0)
    assert not [one for one in line.events if one.change == "resolved"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("position", range(3))
def test_a_few_odd_ones_first_set_no_clock(position: int, odd: float) -> None:
    line = lone(position, odd, "", every=1, run=3)
    line.log.take(line.windows.flush())
    assert line.open == KINDS_OF_RULES - {"shift", "drift"}
    assert line.windows.counts()["bot"].late == 0


@pytest.mark.parametrize("position", [0, 1, 5])
@pytest.mark.parametrize("odd", [-DAY, 2100.0, 400.0 * DAY])
def test_with_every_kind_of_rule(position: int, odd: float) -> None:
    """Drift needs a long past, which a first odd record must not spoil."""
    line = Line("created", backlog=True)
    line.scorer.clock = SteppedClock(START + 1000 * DAY)
    line.send([(START - 6 + n + (odd if n == position else 0.0), 0.1, "u") for n in range(6)])
    line.run(range(0, BAD.stop), lambda producer: 0.0)
    assert line.open == KINDS_OF_RULES
    recent = [one for one in line.events if one.first_seen > START + BAD.start - 300]
    assert not [one for one in recent if one.change == "resolved"]
    assert line.windows.counts()["bot"].late <= (odd < 0)


@pytest.mark.parametrize("dated", ["created", ""])
@pytest.mark.parametrize("odd", [0.0, *ODD])
def test_the_only_record_opens_its_incident_at_once(odd: float, dated: Dated) -> None:
    line = Line(dated, backlog=True)
    line.scorer.clock = SteppedClock(START + 1000 * DAY)
    line.send([(START + odd, 0.9, "u")])
    (incident,) = line.events
    assert line.open == {"immediate"}
    assert incident.first_seen == incident.reached == START + odd
    line.clock.advance(60.0)
    line.send([])
    assert line.open == {"immediate"}
    line.clock.advance(600.0)
    line.send([])
    assert line.open == set()


@pytest.mark.parametrize("apart", [61.0, 300.0, 3600.0])
def test_rare_records_start_the_clock_too(apart: float) -> None:
    line = Line("")
    line.scorer.clock = SteppedClock(START + 1000 * DAY)
    for number in range(60):
        line.clock.advance(1.0)
        line.send([(START + number * apart, 0.9 if number == 30 else 0.1, "u")])
    assert line.events[0].change == "opened"
    assert line.open == set()


def test_a_start_goes_on_after_a_restart() -> None:
    lines = lone(0, 2100.0, "", every=1), Line("")
    for batch in lines[0].rows:
        lines[1].windows.fold(batch)
        lines[1].log.take(lines[1].windows.evaluate(START))
        lines[1].windows.restore("bot", lines[1].windows.snapshot("bot"))
    kept = [one.windows.counts()["bot"] for one in lines]
    assert kept[0] == kept[1]
    assert lines[0].open == lines[1].open != set()
