"""A shift: found by the windows, whatever the order of records, with those that moved it shown."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.drift import baseline_from_json, baseline_to_json
from streams.errors import RulesError
from streams.records import Incident, RuleFigures, VerdictRow
from streams.rules.conditions import Shift, shift
from streams.rules.kept import Texts
from streams.rules.levels import LEVELS
from streams.rules.load import default_rules, parse_rules
from streams.rules.panes import Aggregate
from streams.rules.reference import RECORDS, ordinary, rare_score, reference
from streams.rules.rule import RuleSet
from streams.windows.baselines import freeze
from streams.windows.windows import Windows
from tests.support.shifted import FAMILIES, SHARE, baseline
from tests.support.window_helpers import START, Log, batch, in_order, row

MIXED = FAMILIES["mixed"]
RULE = (
    "- {id: moved, signal: a.x, record_above: 0.2, shift: {once_in: 50000}, baseline_records: 500,"
    " hold: 10m}\n"
)
EVERY = 7.0
"""Seconds between two answers."""


def rules(text: str = RULE) -> RuleSet:
    return parse_rules(text)


def stream(seed: int, ordinary: int, moved: int, begin: int = 0) -> list[VerdictRow]:
    """Ordinary answers, then some of which three in ten are moved; none scores 0.9."""
    rng = np.random.default_rng(seed)
    hit = (np.arange(ordinary + moved) >= ordinary) & (rng.random(ordinary + moved) < SHARE)
    scores = np.where(hit, MIXED.moved(rng, len(hit)), MIXED.ordinary(rng, len(hit)))
    return [
        row(
            begin + number,
            EVERY * (begin + number),
            scores={"a.x": round(float(min(score, 0.89)), 4)},
            user=f"u{number % 50}",
            excerpt="…",
        )
        for number, score in enumerate(scores)
    ]


def opened(rows: Sequence[VerdictRow], windows: Windows) -> list[Incident]:
    """What stands after rows that come one by one."""
    log = Log()
    for one in rows:
        windows.fold(batch([one], judged=["a.x"]))
        log.take(windows.evaluate(one.event_time))
    log.take(windows.flush())
    return [one for one in log.newest.values() if one.state != "withdrawn"]


def test_it_opens_though_no_answer_proves_anything_and_shows_those_that_moved_it() -> None:
    rows = stream(1, 700, 120)
    (incident,) = opened(rows, Windows(rules()))
    change = START + 700 * EVERY
    assert change - 30 <= incident.first_seen <= change + 40 * EVERY
    assert incident.title.startswith("A: x on bot: ")
    (figures,) = incident.rules
    (note,) = figures.notes
    assert note in incident.title
    assert note.endswith("score more than 0.20, where 4 in 100 did before")
    assert note.startswith(f"{figures.above} of {figures.records} answers")
    assert figures.condition == "shift"
    assert figures.window_start >= change - 10 * EVERY
    assert figures.above <= figures.records <= 140
    first = incident.started_by
    assert first is not None
    assert change - 10 * EVERY <= first.event_time <= change + 20 * EVERY
    highest = sorted((one.scores["a.x"] for one in rows[700:]), reverse=True)[:3]
    assert [one.score for one in incident.evidence[:3]] == highest
    assert 10 <= incident.records_above <= 60


def test_answers_like_those_before_open_nothing() -> None:
    assert opened(stream(2, 1500, 0), Windows(rules())) == []


def test_one_high_answer_long_before_is_no_part_of_it() -> None:
    rows = stream(1, 700, 120)
    rows[600].scores["a.x"] = 0.89
    (incident,) = opened(rows, Windows(rules()))
    assert incident.started_by is not None
    assert incident.started_by.event_time > rows[690].event_time
    assert rows[600].record_id not in {one.record_id for one in incident.evidence}


def test_it_is_over_when_answers_are_ordinary_again() -> None:
    rows = stream(1, 700, 100) + stream(3, 800, 0, begin=800)
    (incident,) = opened(rows, Windows(rules()))
    assert incident.state == "resolved"
    assert incident.last_seen <= START + 1400 * EVERY


def test_two_thousand_answers_in_seconds_are_judged_by_the_newest() -> None:
    """A busy deployment: a pane has hundreds of answers, and what is over is soon forgotten."""
    rows = stream(1, 3000, 3000) + stream(3, 9000, 0, begin=6000)
    for number, one in enumerate(rows):
        one.event_time = START + number / 50
    (incident,) = opened(rows, Windows(rules()))
    assert START + 30 <= incident.first_seen <= START + 80
    assert incident.last_seen <= START + 160


@pytest.fixture
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other deployments' ordinary answers are known, and score like these."""
    counts = baseline(np.random.default_rng(5), MIXED, RECORDS)
    monkeypatch.setattr(shift, "ordinary", lambda signal: counts if signal == "a.x" else ())


def test_without_any_baseline_nothing_is_judged() -> None:
    assert opened(stream(4, 100, 200), Windows(rules())) == []


@pytest.mark.usefixtures("_known")
def test_until_there_is_a_baseline_others_answers_serve() -> None:
    (incident,) = opened(stream(4, 100, 200), Windows(rules()))
    assert START + 100 * EVERY < incident.first_seen <= START + 180 * EVERY
    assert "do in ordinary traffic" in incident.rules[0].notes[0]


@pytest.mark.usefixtures("_known")
def test_what_is_ordinary_here_is_learnt_and_others_answers_count_no_more() -> None:
    rng = np.random.default_rng(6)
    scores = np.minimum(0.89, MIXED.moved(rng, 1500))
    scores[:60] = MIXED.ordinary(rng, 60)
    rows = [
        row(n, EVERY * n, scores={"a.x": round(float(score), 4)}) for n, score in enumerate(scores)
    ]
    (incident,) = opened(rows, Windows(rules()))
    assert incident.state == "resolved"
    assert "do in ordinary traffic" in incident.rules[0].notes[0]
    assert incident.last_seen <= START + 520 * EVERY


def told(scores: Iterable[float]) -> list[VerdictRow]:
    """Answers with such scores, of whole ten-thousandths."""
    return [
        row(n, EVERY * n, scores={"a.x": round(float(score), 4)}, user=f"u{n % 50}")
        for n, score in enumerate(scores)
    ]


@pytest.mark.usefixtures("_known")
@pytest.mark.parametrize("scores", [[0.45], [0.4, 0.03, 0.6, 0.2], [0.3, 0.31, 0.32], [0.99, 0.01]])
@pytest.mark.parametrize("after", [0, 60, 600])
def test_answers_that_come_again_and_again_are_evidence_once(
    scores: list[float], after: int
) -> None:
    """From the first answer on, later, and where the deployment has a baseline."""
    before = MIXED.ordinary(np.random.default_rng(3), after)
    assert opened(told([*before, *(scores * 150)[:300]]), Windows(rules())) == []


@pytest.mark.usefixtures("_known")
@pytest.mark.parametrize(("low", "high"), [(0.2, 0.3), (0.35, 0.6), (0.05, 0.6), (0.8, 1.0)])
def test_what_a_deployment_says_all_the_time_is_no_shift_there(low: float, high: float) -> None:
    """Answers made of few templates: none scores the same, and all score high."""
    rng = np.random.default_rng(4)
    assert opened(told(rng.uniform(low, high, 1200)), Windows(rules())) == []


@pytest.mark.usefixtures("_known")
@pytest.mark.parametrize("after", [60, 600])
def test_scores_that_rise_where_all_is_harmless_open_nothing(after: int) -> None:
    """All are far higher than before, and none is suspicious by itself."""
    rng = np.random.default_rng(4)
    scores = np.concatenate([rng.uniform(0, 0.01, after), rng.uniform(0.02, 0.049, 400)])
    assert opened(told(scores), Windows(rules())) == []


@pytest.mark.parametrize(("high", "found"), [(0.15, False), (0.25, True)])
def test_a_shift_has_records_above(high: float, found: bool) -> None:
    """Scores that are surely higher, above `record_above` or just below it."""
    rng = np.random.default_rng(5)
    scores = np.concatenate([rng.uniform(0, 0.06, 600), rng.uniform(high, high + 0.04, 60)])
    incidents = opened(told(scores), Windows(rules()))
    assert bool(incidents) == found
    for incident in incidents:
        assert incident.records_above >= 3
        assert incident.started_by is not None
        assert min(one.score for one in (incident.started_by, *incident.evidence)) > 0.2


def test_a_snapshot_from_before_scores_were_kept_is_read_as_it_was() -> None:
    (rule,) = rules().rules
    levels, old = rule.condition.keep(rule), rule.condition.keep(rule)
    for pane, score in ((1, 0.3), (1, 0.31), (2, 0.3), (2, 0.6), (2, 0.01)):
        levels.score(pane, score)
    levels.evict([1], {1: 2})
    stored = levels.write(Texts())
    assert stored["kept"][3] == [[2, 3000, 6000]]
    old.read({"kept": stored["kept"][:3]}, Texts())
    assert {pane: len(scores) for pane, scores in old.scores.items()} == {2: 2}
    assert (old.fresh([2]) == levels.fresh([2])).all()
    assert (old.first.counts == levels.first.counts).all()
    assert old.first.end == 1


def test_the_title_speaks_of_a_past_only_where_there_is_one() -> None:
    rule = next(one for one in default_rules().rules if one.id == "persona-manipulation-shift")
    figures = RuleFigures(
        rule=rule.id,
        signal=rule.signal,
        condition="shift",
        value=5.0,
        threshold=4.7,
        records=30,
        above=5,
        window_start=0.0,
        window_end=60.0,
    )
    new = msgspec.structs.replace(figures, notes=["1, where 1 in 100 do in ordinary traffic"])
    known = msgspec.structs.replace(figures, notes=["1, where 1 in 100 did before"])
    assert rule.condition.title(rule, new) == "Answers more manipulative than ordinary traffic"
    assert rule.condition.title(rule, known) == "Answers more manipulative than before"


def test_a_frozen_baseline_serves_from_the_first_answer_on() -> None:
    past = stream(8, 2000, 0)
    frozen = freeze([batch(past, judged=["a.x"])], "bot", 0.0)
    assert sum(frozen.levels["a.x"]) == 2000
    frozen = baseline_from_json(baseline_to_json(frozen))
    (incident,) = opened(stream(9, 50, 100), Windows(rules(), {"bot": frozen}))
    assert START + 50 * EVERY < incident.first_seen <= START + 90 * EVERY
    # One from before there were levels: the deployment learns its own.
    frozen.levels = {}
    assert opened(stream(9, 50, 100), Windows(rules(), {"bot": frozen})) == []


def test_what_comes_slowly_is_not_learnt() -> None:
    """The baseline is the oldest answers, whatever comes after."""
    (rule,) = rules().rules
    aggregate = Aggregate(rule)
    rng = np.random.default_rng(1)

    def past() -> object:
        return aggregate.kept.oldest(aggregate.kept.learnt, aggregate.judged)

    def come(pane: int) -> None:
        aggregate.add_judged(pane, 10)
        for score in MIXED.ordinary(rng, 10):
            aggregate.kept.score(pane, score + pane / 10_000)

    for pane in range(50):
        come(pane)
    before = past()
    assert before is not None
    for pane in range(50, 1000):
        come(pane)
    assert past() == before
    aggregate.evict(aggregate.end(900))
    assert past() == before
    assert len(aggregate.kept.panes) == 99


def shuffled(rng: random.Random, rows: Sequence[VerdictRow]) -> list[list[VerdictRow]]:
    """The rows of two partitions, each in order of its offsets but not of time."""
    sources: list[list[VerdictRow]] = [[], []]
    for one in sorted(rows, key=lambda one: one.event_time + rng.uniform(0, 120)):
        source = rng.choice(sources)
        source.append(row(len(source), one.event_time - START, scores=one.scores, user=one.user))
    return sources


def taken(
    rng: random.Random, sources: Sequence[Sequence[VerdictRow]], ruleset: RuleSet
) -> tuple[Windows, Log]:
    """Batches of any size, some twice, evaluated now and then, with snapshots between."""
    windows, log = Windows(ruleset), Log()
    done = [0, 0]
    while left := [n for n in range(2) if done[n] < len(sources[n])]:
        slowest = min(left, key=lambda n: sources[n][done[n]].event_time)
        size, again = rng.randint(1, 60), rng.choice([0, 0, 5])
        rows = sources[slowest][max(0, done[slowest] - again) : done[slowest] + size]
        windows.fold(batch(rows, partition=slowest))
        done[slowest] += size
        if rng.random() < 0.3:
            log.take(windows.evaluate(0.0))
        if rng.random() < 0.1:
            data = windows.snapshot("bot")
            windows = Windows(ruleset)
            windows.restore("bot", data)
            assert windows.snapshot("bot") == data
    log.take(windows.flush())
    return windows, log


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_however_the_records_come_it_is_the_same_incident(seed: int) -> None:
    rng = random.Random(seed)
    rows = stream(seed, rng.randint(450, 700), rng.randint(20, 150))
    sources = shuffled(rng, rows)
    ruleset = rules(RULE.replace("50000", "2000"))
    expected, wanted = in_order(sources, ruleset)
    windows, log = taken(rng, sources, ruleset)
    assert windows.counts() == expected.counts()
    assert log.standing == wanted.standing
    for id_ in wanted.standing:
        got, want = log.newest[id_], wanted.newest[id_]
        assert (got.rules, got.started_by, got.evidence, got.users) == (
            want.rules,
            want.started_by,
            want.evidence,
            want.users,
        )


def test_a_keener_limit_counts_what_was_counted_before() -> None:
    rows = stream(1, 700, 22)
    windows = Windows(rules(RULE.replace("50000", "100000000")))
    assert opened(rows, windows) == []
    windows.replace_rules(rules(RULE.replace("50000", "1000")))
    (incident,) = windows.flush()
    assert incident.change == "opened"
    windows.replace_rules(rules(RULE.replace("baseline_records: 500", "baseline_records: 400")))
    (after,) = windows.flush()
    assert (after.id, after.state) == (incident.id, "resolved")
    assert "baseline records 500 became 400" in after.log[-1].what


@pytest.mark.parametrize("peak", [1, 3, 40])
def test_false_alarms_are_as_few_at_any_volume(peak: int) -> None:
    """Panes of one answer or of dozens, with more by day than at night."""
    rng = np.random.default_rng(3)
    (rule,) = rules(RULE.replace("50000", "1000")).rules
    alarms, answers = 0, 0
    for _ in range(10):
        aggregate = Aggregate(rule)
        pane = 0
        while sum(aggregate.judged.values()) < 3000:
            number = rng.poisson(peak * (1 + np.sin(pane / 60)) / 2)
            if number:
                aggregate.add_judged(pane, int(number))
                for score in MIXED.ordinary(rng, number):
                    aggregate.kept.score(pane, float(score))
            pane += 1
        aggregate.judge(float("inf"), float("-inf"), None)
        broken = sorted(aggregate.broken)
        # Those within the hold time of one another are one incident.
        before = [float("-inf"), *broken[:-1]] if broken else []
        pairs = zip(before, broken, strict=True)
        alarms += sum(one - last > rule.hold / rule.pane for last, one in pairs)
        answers += 2500
    assert alarms <= answers / 1000


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("shift: 50000", "shift must have exactly once_in. Write it like {once_in: 50000}"),
        ("shift: {}", "shift must have exactly once_in"),
        ("shift: {once_in: 50000, window: 5m}", "shift must have exactly once_in"),
        ("shift: {once_in: often}", "once_in must be a whole number from 1000 to 100000000"),
        ("shift: {once_in: true}", "once_in must be a whole number"),
        ("shift: {once_in: 999}", "once_in must be a whole number"),
        ("shift: {once_in: 5000.5}", "once_in must be a whole number"),
    ],
)
def test_a_mistake_is_told_with_its_line(line: str, words: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse_rules(f"- id: one\n  signal: a.x\n  {line}\n", "rules.yaml")
    assert f"rules.yaml:3: {words}" in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "number", "words"),
    [
        ("signal: a.*\n  shift: {once_in: 50000}", 2, "a shift rule is on one signal"),
        ("signal: a.x\n  shift: {once_in: 50000}\n  by: [user]", 4, "can't be grouped"),
        (
            "signal: a.x\n  shift: {once_in: 50000}\n  baseline_records: 99",
            4,
            "baseline_records must be a whole number. Give a whole number from 100",
        ),
        ("signal: a.x\n  shift: {once_in: 50000}\n  rate_above: 0.1", 4, "2 conditions"),
    ],
)
def test_what_means_nothing_for_a_shift_is_refused(lines: str, number: int, words: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse_rules(f"- id: one\n  {lines}\n", "rules.yaml")
    assert str(caught.value).startswith(f"rules.yaml:{number}: ")
    assert words in str(caught.value)


def test_what_it_says_is_plain() -> None:
    (rule,) = rules().rules
    assert rule.condition.describe(rule) == (
        "scores on a.x higher than ordinary ones, a false alarm in 50,000 ordinary records at most"
    )
    assert rule.condition.number(4.699) == "once in 50,000"
    assert rule.condition.number(6.512) == "once in 3,300,000"
    assert rule.condition.number(30.0) == "less than once in a billion"
    (incident,) = opened(stream(1, 700, 120), Windows(rules()))
    note = incident.rules[0].notes[0]
    assert incident.title == (
        f"A: x on bot: {note}; luck shows that less than once in a billion, limit once in 50,000"
    )


SHIFTS = [rule.signal for rule in default_rules().rules if isinstance(rule.condition, Shift)]
LEARNT_FIRST = {"jailbreak.success"}


@pytest.mark.parametrize("signal", sorted({*SHIFTS} - LEARNT_FIRST))
def test_ordinary_answers_are_known_for_the_default_rules(signal: str) -> None:
    counts = ordinary(signal)
    assert sum(counts) == RECORDS
    bar = rare_score(signal)
    assert 0.0 <= bar < 1.0


def test_the_reference_is_whole() -> None:
    assert "ordinary answers" in reference().source
    for counts in reference().signals.values():
        assert (len(counts), sum(counts), min(counts) >= 0) == (LEVELS, RECORDS, True)


@pytest.mark.parametrize(
    ("rare", "level", "bar"),
    [(20, 30, 0.0), (20, 1, 0.0), (21, 30, 0.7499), (21, 1, 0.0004), (0, 30, 0.0)],
)
def test_what_one_in_a_hundred_exceed(
    monkeypatch: pytest.MonkeyPatch, rare: int, level: int, bar: float
) -> None:
    from streams.rules import reference as module

    counts = [0] * LEVELS
    counts[0], counts[level] = RECORDS - rare, rare
    monkeypatch.setattr(module, "ordinary", lambda signal: tuple(counts))
    assert rare_score("a.x") == bar
