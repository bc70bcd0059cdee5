"""What is said of rules: how often, how soon, how rightly; and what a change or a limit does."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import UsageError
from streams.labels.label import Label, Scores
from streams.offline.backtest import Opened, run
from streams.offline.measure import (
    Measured,
    compared,
    measured,
    most_allowed,
    per_day,
    rate,
)
from streams.offline.stored import Stored
from streams.offline.svg import picture
from streams.offline.sweep import swept
from streams.records import Incident
from streams.rules.load import default_rules, parse_rules
from streams.rules.rule import RuleSet
from streams.windows.windows import Windows
from tests.support.worsening import START, STEP, batches, lines, refusing, rows

KEEN = parse_rules(
    "- {id: keen, signal: refusal.full, count_above: 3, window: 10m, playbook: over-refusal}"
)


def opened(rules: RuleSet | None = None) -> list[Opened]:
    return run(Stored().batches(lines()), [rules or default_rules()])[0].opened


def one(rules: RuleSet, past: Sequence[Incident] = (), labels: Sequence[Label] = ()) -> Measured:
    scores = Scores(labels)
    (trial,) = run(Stored().batches(lines()), [rules], None, scores.look)
    (row,) = [
        row
        for row in measured(rules, trial.opened, 1000 * STEP, past, scores.found)
        if row.incidents
    ]
    return row


def test_a_past_incident_that_people_confirmed_is_found_so_many_minutes_after_it_began() -> None:
    row = one(default_rules(), [refusing()])
    assert (row.rule, row.incidents, row.found, row.past, row.false) == ("refusals", 1, 1, 1, 0)
    assert row.right is not None
    assert row.right.low < row.right.value == 1.0
    assert row.minutes is not None
    sooner = one(KEEN, [refusing()]).minutes
    assert sooner is not None
    assert 0 < sooner < row.minutes < 15


def test_a_false_alarm_is_no_past_incident() -> None:
    alarm = msgspec.structs.replace(refusing(), state="false_alarm")
    row = one(default_rules(), [alarm])
    assert (row.found, row.past, row.false, row.minutes) == (0, 0, 1, None)
    assert row.right is not None
    assert row.right.value == 0.0


def test_one_of_another_deployment_or_kind_isnt_it() -> None:
    for changed in ({"group": {"deployment": "another"}}, {"playbook": "jailbreak"}):
        row = one(default_rules(), [msgspec.structs.replace(refusing(), **changed)])
        assert (row.found, row.false, row.right) == (0, 0, None)


def test_labels_say_how_the_limit_does_and_when_it_began() -> None:
    labels = [
        Label(
            signal="refusal.full",
            label=float(made.scores["refusal.full"] > 0.5) if n != 701 else 1.0,
            record_id=made.record_id,
        )
        for n, made in enumerate(rows())
        if n % 10 == 1 or made.scores["refusal.full"] > 0.5
    ]
    row = one(default_rules(), labels=labels)
    assert row.limit is not None
    assert row.limit.labels == len(labels)
    assert row.limit.precision is not None
    assert row.limit.precision.value == 1.0
    assert row.limit.recall is not None
    assert row.minutes is not None


def test_less_than_a_day_counts_as_one() -> None:
    assert per_day(3, 3600.0) == 3.0
    assert per_day(3, 3 * 86_400.0) == 1.0
    assert rate(4, 7200.0, 3600.0) == 2.0


@pytest.mark.parametrize(
    ("text", "found"),
    [("3/day", (3, 86_400.0)), ("0 / hour", (0, 3600.0)), ("12/week", (12, 604_800.0))],
)
def test_a_rate(text: str, found: tuple[int, float]) -> None:
    assert most_allowed(text) == found


@pytest.mark.parametrize("text", ["", "3", "3/year", "-1/day", "x/day", "1.5/day"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(UsageError, match="such as 3/day"):
        most_allowed(text)


def test_what_a_change_adds_and_drops() -> None:
    silent = parse_rules("- {id: silent, signal: form.haiku, immediate: true}")
    assert compared(opened(), opened()) == compared([], [])
    dropped = compared(opened(), opened(silent))
    assert (len(dropped.adds), len(dropped.drops)) == (0, 1)
    added = compared(opened(silent), opened())
    assert (len(added.adds), len(added.drops)) == (1, 0)
    # The same incident, found sooner.
    assert compared(opened(), opened(KEEN)) == compared([], [])


def test_a_sweep_opens_less_the_higher_the_limit() -> None:
    which, sets = swept(default_rules(), "refusals", 0.1, 0.95, 5)
    assert which == "condition"
    trials = run(Stored().batches(lines()), [one for _, one in sets])
    counts = [len(trial.opened) for trial in trials]
    assert counts == sorted(counts, reverse=True)
    assert (counts[0], counts[-1]) == (1, 0)
    first = trials[0].opened[0].found
    assert first < opened()[0].found


@pytest.mark.parametrize(
    ("rule", "low", "high", "which", "why"),
    [
        ("refusal", 0.1, 0.5, None, "Did you mean `refusals`"),
        ("refusals", 0.5, 0.1, None, "less than the second"),
        ("refusals", 0.1, 3.0, None, "between 0 and 1"),
        ("complaints", -3.0, 5.0, None, "between 0 and 1"),
        ("threat", 0.1, 0.5, "condition", "no limit but record_above"),
    ],
)
def test_a_sweep_that_makes_no_sense(
    rule: str, low: float, high: float, which: str | None, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        swept(default_rules(), rule, low, high, 3, which)  # type: ignore[arg-type]


def test_a_sweep_of_numbers_of_records_is_of_whole_ones() -> None:
    _, sets = swept(default_rules(), "complaints", 1, 4, 10)
    assert [value for value, _ in sets] == [1.0, 2.0, 3.0, 4.0]
    which, sets = swept(default_rules(), "threat", 0.5, 0.9, 3)
    assert (which, [one.rules[0].record_above for _, one in sets]) == (
        "record_above",
        [0.5, 0.7, 0.9],
    )


def test_the_picture_is_inert_xml() -> None:
    text = picture("a <b> & 'c'", "x<y", [(0.1, 3.0, 1.0), (0.5, 0.0, None), (0.9, 0.0, 0.5)])
    root = ElementTree.fromstring(text)
    lines_ = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(one.attrib["points"].split()) for one in lines_] == [3, 2]
    assert len(ElementTree.fromstring(picture("t", "l", [(1.0, 0.0, None)])))


@given(
    st.lists(st.booleans(), min_size=30, max_size=150),
    st.integers(1, 40),
    st.sampled_from(["count_above: 3", "rate_above: 0.2, at_least: 10", "immediate: true"]),
)
def test_a_backtest_opens_what_the_live_fold_opens(
    bad: list[bool], size: int, condition: str
) -> None:
    rules = parse_rules(f"- {{id: one, signal: refusal.full, window: 2m, hold: 3m, {condition}}}"
                        if "immediate" not in condition else
                        f"- {{id: one, signal: refusal.full, hold: 3m, {condition}}}")  # fmt: skip
    made = [
        msgspec.structs.replace(row, scores={"refusal.full": 0.9} if so else {})
        for row, so in zip(rows(0, len(bad)), bad, strict=True)
    ]
    given_ = batches(made, size)
    live = Windows(rules)
    standing: dict[str, Incident] = {}
    newest = START
    for batch in given_:
        live.fold(batch)
        newest = max(newest, *(row.event_time for row in batch.rows))
        standing.update((it.id, it) for it in live.evaluate(newest))
    standing.update((it.id, it) for it in live.flush(newest))
    (trial,) = run(Stored().batches(lines(given_)), [rules])
    wanted = {(it.id, it.records_above) for it in standing.values() if it.state != "withdrawn"}
    assert {(it.incident.id, it.incident.records_above) for it in trial.opened} == wanted
