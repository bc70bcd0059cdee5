"""What started an incident and whom it met is of the records that its rules counted."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.records import VerdictRow
from streams.rules.load import parse_rules
from streams.windows.windows import Windows
from tests.support.window_helpers import START, batch, row

RULES = """
- {id: count, signal: a.x, count_above: 3, window: 20s, pane: 5s, hold: 10s, playbook: p}
- {id: users, signal: b.y, distinct_users_above: 2, window: 30s, pane: 10s, hold: 10s, playbook: p}
- {id: rate, signal: a.x, rate_above: 0.4, window: 20s, pane: 5s, at_least: 4, hold: 10s, playbook: p}
- {id: one, signal: b.y, record_above: 0.95, immediate: true, window: 5s, pane: 5s, hold: 10s, playbook: p}
"""


def stream(rng: random.Random) -> list[VerdictRow]:
    rows = []
    at = 0.0
    for offset in range(160):
        at += rng.expovariate(1.0)
        bad = 0.6 if 40 < offset < 60 or 120 < offset < 135 else 0.06
        scores = {name: 0.51 + rng.random() * 0.49 for name in ("a.x", "b.y") if rng.random() < bad}
        user = rng.choice([None, *(f"u{n}" for n in range(12))])
        rows.append(row(offset, round(at, 3), scores=scores, user=user))
    return rows


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.randoms())
def test_it_is_of_the_rows_in_windows_that_broke_a_rule(seed: int, order: random.Random) -> None:
    rows = stream(random.Random(seed))
    windows = Windows(parse_rules(RULES))
    parts: list[list[VerdictRow]] = [[], [], []]
    for one in rows:
        order.choice(parts).append(one)
    for partition, part in enumerate(parts):
        windows.fold(batch(part, partition=partition))
    written = {one.id: one for one in windows.flush()}
    (plan,) = windows._deployments["bot"].plans.values()
    (cause,) = plan.causes.values()
    episodes = cause.episodes()
    incidents = {known.slot: written[id_] for id_, known in cause.published.items()}
    assert len(incidents) == len(episodes)
    for episode in episodes:
        met: dict[str, VerdictRow] = {}
        for rule_id, panes in episode.broken.items():
            rule, aggregate = plan.rules[rule_id], cause.aggregates[rule_id]
            for one in rows:
                if not one.scores.get(rule.signal, 0.0) > rule.record_above:
                    continue
                pane = int(one.event_time // rule.pane)
                # The first broken window that has it, of this episode or of an earlier one.
                has = [p for p in sorted(aggregate.broken) if p - rule.panes < pane <= p]
                if has and has[0] in panes:
                    met[one.record_id] = one
        incident = incidents[plan.slot(episode.first)]
        first = min(met.values(), key=lambda one: (one.event_time, one.record_id))
        assert incident.started_by is not None
        assert incident.started_by.record_id == first.record_id
        assert incident.first_seen == first.event_time
        assert incident.last_record == max(one.event_time for one in met.values())
        assert incident.first_seen <= incident.last_record <= incident.last_seen
        assert incident.user_hashes == sorted({one.user for one in met.values() if one.user})
        assert incident.users == len(incident.user_hashes) <= incident.records_above <= len(met)
        assert {one.record_id for one in incident.evidence} <= met.keys()
        best = max(max(one.scores[s] for s in one.scores) for one in met.values())
        assert incident.evidence[0].score <= best


def test_noise_before_the_burst_did_not_start_it() -> None:
    """Neither a record of 28 s before, nor one of 346 s before."""
    rule = "- {id: one, signal: a.x, count_above: 3, window: 300s, pane: 5s, hold: 60s}\n"
    windows = Windows(parse_rules(rule))
    times = [0.0, 346.0, *(400.0 + n for n in range(6))]
    windows.fold(batch([row(n, at, scores={"a.x": 0.9}) for n, at in enumerate(times)]))
    (incident,) = windows.flush()
    assert incident.started_by is not None
    assert incident.started_by.event_time == START + 346.0
    assert incident.records_above == 7
    short = rule.replace("300s", "20s")
    windows = Windows(parse_rules(short))
    windows.fold(batch([row(n, at, scores={"a.x": 0.9}) for n, at in enumerate(times)]))
    (incident,) = windows.flush()
    assert incident.started_by is not None
    assert incident.started_by.event_time == START + 400.0
    assert {one.record_id for one in incident.evidence} == {"r2", "r3", "r4", "r7"}


def test_rules_that_count_different_records_of_more_users_than_one_counted() -> None:
    text = (
        "- {id: a, signal: a.x, count_above: 1, window: 20s, pane: 5s, hold: 10s, playbook: p}\n"
        "- {id: b, signal: b.y, count_above: 1, window: 20s, pane: 5s, hold: 10s, playbook: p}\n"
    )
    windows = Windows(parse_rules(text))
    scores = [{"a.x": 0.9}] * 3 + [{"b.y": 0.9}] * 3
    made = [row(n, n, scores=one, user=f"u{n}") for n, one in enumerate(scores)]
    windows.fold(batch(made))
    (incident,) = windows.flush()
    assert (incident.users, incident.records_above) == (6, 6)
    assert "6 records are affected. 6 users met it." in incident.summary
