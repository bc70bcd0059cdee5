"""Whether a signal has fallen: by what came since alone, and not before enough of it came."""

from __future__ import annotations

from typing import Any

import pytest

from streams.builtin_signals import TOPIC_PREFIX
from streams.containment.signal import Since, judged
from streams.incidents.by_hand import opened, opening
from streams.records import Incident, RuleFigures, VerdictBatch
from tests.streams.paging.conftest import build
from tests.support.window_helpers import batch, row, rules

RULES = rules(
    """
- {id: rate, signal: a.x, rate_above: 0.1, window: 60s, pane: 5s, at_least: 3, hold: 60s}
- {id: one, signal: a.x, immediate: true, window: 5s, pane: 5s, hold: 60s}
- {id: by-tenant, signal: a.x, immediate: true, window: 5s, pane: 5s, hold: 60s, by: [tenant]}
- {id: moved, signal: drift.*, drift_above: 0.5, window: 120s, pane: 20s, at_least: 30, baseline_records: 60, hold: 20s}
"""
)


def incident(rule: str = "rate", above: int = 30, records: int = 100, **fields: Any) -> Incident:
    figures = RuleFigures(
        rule=rule, condition="x", signal="a.x", value=0.3, threshold=0.1, records=records,
        above=above, window_start=0.0, window_end=60.0,
    )  # fmt: skip
    return build(**({"group": {"deployment": "bot"}, "rules": [figures]} | fields))


def seen(bad: int, good: int, **fields: Any) -> tuple[VerdictBatch, ...]:
    marks = [0.9] * bad + [0.0] * good
    rows = [row(n, n * 0.1, scores={"a.x": mark}, **fields) for n, mark in enumerate(marks)]
    return (batch(rows),) if rows else ()


@pytest.mark.parametrize(
    ("batches", "current", "elapsed", "fallen", "why"),
    [
        (seen(5, 5), True, 30.0, False, "rule rate is broken by 10 records since"),
        (seen(5, 5), True, 9_000.0, False, "rule rate is broken"),
        (seen(0, 9), True, 30.0, False, "too early to say: 9 records since"),
        (seen(0, 10), True, 30.0, True, "no rule is broken by 10 records since"),
        (seen(0, 10), False, 30.0, False, "the workers are behind"),
        (seen(0, 9), True, 60.0, True, "no rule is broken in 1 min, by 9 records"),
        (seen(0, 0), True, 59.0, False, "too early to say: 0 records since"),
        (seen(0, 1), True, 60.0, True, "no rule is broken in 1 min, by 1 record"),
        # Silence proves nothing.
        (seen(0, 0), True, 60.0, False, "nothing was judged since"),
        (seen(0, 0), True, 9_000.0, False, "nothing was judged since"),
        (seen(0, 0), False, 9_000.0, False, "the workers are behind"),
        (seen(1, 29), True, 30.0, True, "no rule is broken by 30 records since"),
    ],
)
def test_when_it_has_fallen(
    batches: tuple[VerdictBatch, ...], current: bool, elapsed: float, fallen: bool, why: str
) -> None:
    found = judged(incident(), RULES, Since(batches, current, elapsed), quiet_s=60.0)
    assert (found.fallen, why in found.why) == (fallen, True), found


def test_one_in_a_thousand_needs_thousands() -> None:
    rare = incident("one", above=1, records=1_000)
    few = judged(rare, RULES, Since(seen(0, 500), True, 30.0), quiet_s=600.0)
    many = judged(rare, RULES, Since(seen(0, 3_000), True, 30.0), quiet_s=600.0)
    assert (few.fallen, many.fallen) == (False, True)
    assert not judged(rare, RULES, Since(seen(1, 3_000), True, 9e3), quiet_s=600.0).fallen


def test_another_tenant_is_another_incident() -> None:
    mine = incident("by-tenant", group={"deployment": "bot", "tenant": "acme"})
    for tenant, fallen in (("acme", False), ("other", True)):
        since = Since(seen(3, 20, tenant=tenant), True, 90.0)
        assert judged(mine, RULES, since, quiet_s=60.0).fallen == fallen


@pytest.mark.parametrize(
    ("batches", "current", "elapsed", "known"),
    [
        (seen(5, 5), True, 30.0, True),
        (seen(5, 5), False, 30.0, True),
        (seen(0, 10), True, 30.0, True),
        (seen(0, 0), True, 59.0, False),
        (seen(0, 0), True, 60.0, False),
        (seen(0, 0), False, 9_000.0, False),
    ],
)
def test_too_early_is_no_signal_that_stands(
    batches: tuple[VerdictBatch, ...], current: bool, elapsed: float, known: bool
) -> None:
    assert judged(incident(), RULES, Since(batches, current, elapsed), 60.0).known == known


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (incident("gone"), "aren't in force any more"),
        (
            opened(opening("bot", "threat", "high", "a1", "ada", 1.0, "told"), 1.0, 1.0).incident,
            "people opened it by hand",
        ),
        (incident("moved"), "a baseline"),
        (incident(group={"deployment": "other"}), "isn't one of a deployment's records"),
        (incident(group={"deployment": f"{TOPIC_PREFIX}llm.outputs"}), "isn't one of"),
    ],
)
def test_what_cannot_be_judged_has_not_fallen(one: Incident, why: str) -> None:
    found = judged(one, RULES, Since((), True, 9e3), quiet_s=60.0)
    assert (found.fallen, found.known, found.judgeable) == (False, False, False), found
    assert why in found.why


@pytest.mark.parametrize(("bad", "fallen"), [(0, True), (5, False)])
def test_what_broke_a_limit_too_is_judged_by_that_alone(bad: int, fallen: bool) -> None:
    rate, moved = incident().rules[0], incident("moved", above=99).rules[0]
    both = incident(rules=[rate, moved])
    found = judged(both, RULES, Since(seen(bad, 10), True, 30.0), quiet_s=600.0)
    assert (found.fallen, found.judgeable) == (fallen, True), found
    # Of nine records the rate alone would have brought too few above to say anything.
    few = judged(both, RULES, Since(seen(0, 9), True, 30.0), quiet_s=600.0)
    assert not few.known
