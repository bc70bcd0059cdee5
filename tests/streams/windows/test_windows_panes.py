"""Panes and details merge in any order, and drift is measured against the right baseline."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.drift import Baseline, Sketch
from streams.incidents.episodes import Past, RulePart, Worst, joined
from streams.records import Incident, VerdictRow
from streams.rules.kept import Figure, Names
from streams.rules.load import parse_rules
from streams.rules.panes import Details
from streams.windows.windows import Windows
from tests.support.window_helpers import START, Log, batch, row

names = st.lists(st.text("abc", min_size=1, max_size=3), max_size=12)


def of(items: list[str], limit: int = 4) -> Names:
    made = Names(limit)
    for item in items:
        made.add(item)
    return made


@given(names, names, names)
def test_capped_names_merge_in_any_order(one: list[str], two: list[str], three: list[str]) -> None:
    together = of(one + two + three)
    left = of(one)
    left.merge(of(two))
    left.merge(of(three))
    right = of(three)
    right.merge(of(one))
    right.merge(of(two))
    assert left == right == together
    assert together.kept == set(sorted(set(one + two + three))[:4])
    assert together.capped == (len(set(one + two + three)) > 4)


rows = st.lists(
    st.builds(
        lambda offset, at, score, user: (
            VerdictRow(offset=offset, record_id=f"r{offset}", event_time=float(at), user=user),
            score / 4,
        ),
        st.integers(0, 50),
        st.integers(0, 5),
        st.integers(0, 4),
        st.sampled_from([None, "u1", "u2"]),
    ),
    max_size=12,
    unique_by=lambda pair: pair[0].offset,
)


def details_of(pairs: list[tuple[VerdictRow, float]]) -> Details:
    details = Details()
    for one, score in pairs:
        details.add(batch([one]), one, "a.x", score)
    return details


@given(rows, st.integers(0, 12), st.randoms())
def test_details_merge_in_any_order(
    pairs: list[tuple[VerdictRow, float]], cut: int, rng: random.Random
) -> None:
    together = details_of(pairs)
    shuffled = rng.sample(pairs, len(pairs))
    merged = details_of(shuffled[:cut])
    merged.merge(details_of(shuffled[cut:]))
    assert merged == together
    worst = sorted(pairs, key=lambda pair: (-pair[1], pair[0].record_id))[:3]
    assert [one.record_id for one in together.top] == [one.record_id for one, _ in worst]
    if pairs:
        first = min(pairs, key=lambda pair: (pair[0].event_time, pair[0].record_id))
        assert together.first is not None
        assert together.first.record_id == first[0].record_id


parts = st.builds(
    lambda start, length, above, value: Past(
        float(start),
        float(start),
        float(start + length),
        {
            "one": RulePart(
                above, Worst(Figure(value / 4, 10, above), float(start), float(start + 1))
            )
        },
    ),
    st.integers(0, 9),
    st.integers(1, 9),
    st.integers(0, 9),
    st.integers(0, 4),
)


@given(parts, parts, parts)
def test_pasts_join_in_any_order(one: Past, two: Past, three: Past) -> None:
    assert joined(joined(one, two), three) == joined(one, joined(three, two))


DRIFT = """
- id: drift
  signal: drift.*
  drift_above: 0.5
  window: 100s
  pane: 10s
  at_least: 50
  baseline_records: 200
  hold: 60s
"""


def answers(count: int, begin: float, level: float, seed: int, first: int = 0) -> list[VerdictRow]:
    """One answer a second; two features, one of them around a level."""
    rng = random.Random(seed)
    return [
        row(
            first + n,
            begin + n,
            scores={
                "drift.one": round(min(1, max(0, rng.gauss(level, 0.1))), 4),
                "drift.two": round(rng.random(), 4),
            },
            model_version="v1" if level < 0.5 else "v2",
        )
        for n in range(count)
    ]


def drifted(parts_: list[list[VerdictRow]], baseline: Baseline | None = None) -> list[Incident]:
    windows = Windows(parse_rules(DRIFT), {"bot": baseline} if baseline else {})
    for partition, part in enumerate(parts_):
        windows.fold(batch(part, partition=partition))
    return windows.flush()


def test_no_drift_while_nothing_changes() -> None:
    assert drifted([answers(1500, 0, 0.3, 1)]) == []


def test_drift_from_the_learnt_baseline() -> None:
    rows_ = answers(600, 0, 0.3, 1) + answers(400, 600, 0.7, 2, 600)
    (incident,) = drifted([rows_])
    assert 600 <= incident.first_seen - START <= 680
    assert incident.rules[0].notes
    assert "drift.one" in " ".join(incident.rules[0].notes) or "up from" in incident.title


def test_the_baseline_is_the_first_by_event_time_not_by_arrival() -> None:
    early, late = answers(300, 0, 0.3, 1), answers(400, 300, 0.7, 2)
    found = drifted([late, early])
    (expected,) = drifted([early, late])
    assert [one.id for one in found] == [expected.id]


def test_too_few_records_for_a_baseline_are_no_drift() -> None:
    assert drifted([answers(150, 0, 0.3, 1) + answers(49, 150, 0.7, 2, 150)]) == []


def test_a_frozen_baseline_is_used_from_the_first_window() -> None:
    sketches = {"drift.one": Sketch(), "drift.two": Sketch()}
    for one in answers(500, 0, 0.3, 3):
        for signal, sketch in sketches.items():
            sketch.add(one.scores[signal])
    frozen = Baseline(
        deployment="bot", model_version="v1", records=500, created=START, sketches=sketches
    )
    assert drifted([answers(150, 0, 0.3, 1)], frozen) == []
    (incident,) = drifted([answers(150, 0, 0.7, 1)], frozen)
    assert incident.first_seen - START < 80


def test_a_learnt_baseline_outlives_its_panes_and_a_restart() -> None:
    rules = parse_rules(DRIFT)
    windows, log = Windows(rules), Log()
    for begin in range(0, 6000, 100):
        windows.fold(batch(answers(100, begin, 0.3, begin, begin)))
        log.take(windows.evaluate(0.0))
        data = windows.snapshot("bot")
        windows = Windows(rules)
        windows.restore("bot", data)
    assert log.events == []
    assert len(data) < 60_000
    windows.fold(batch(answers(200, 6000, 0.7, 2, 6000)))
    log.take(windows.flush())
    assert len(log.standing) == 1


@pytest.mark.parametrize("signal", ["drift.one", "'*'"], ids=["one-signal", "all-signals"])
def test_drift_of_other_signals(signal: str) -> None:
    windows = Windows(parse_rules(DRIFT.replace("drift.*", signal)))
    windows.fold(batch(answers(400, 0, 0.3, 1) + answers(300, 400, 0.7, 2, 400)))
    assert len(windows.flush()) == 1


def test_drift_names_the_model_version_that_came_with_it() -> None:
    rows_ = answers(600, 0, 0.3, 1) + answers(400, 600, 0.7, 2, 600)
    (incident,) = drifted([rows_])
    assert "Model version v2 came at" in incident.started_note
    assert "(until then: v1)" in incident.summary
    assert incident.model_versions == ["v2"]
    assert any("rolling it back" in step for step in incident.next_steps)


def test_drift_without_a_new_version_blames_none() -> None:
    rows_ = answers(600, 0, 0.3, 1) + answers(400, 600, 0.7, 2, 600)
    for one in rows_:
        one.model_version = "v1"
    (incident,) = drifted([rows_])
    assert incident.started_note == ""
    assert incident.model_versions == []
