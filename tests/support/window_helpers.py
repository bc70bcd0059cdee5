"""Verdicts, rules and a log of incidents for the tests of windows."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from streams.records import Incident, VerdictBatch, VerdictRow
from streams.rules.load import parse_rules
from streams.rules.rule import RuleSet
from streams.windows.windows import Windows

START = 1_700_000_000.0
SIGNALS = ["a.x", "b.y", "drift.one", "drift.two"]

RULES = """
- {id: rate, signal: a.x, rate_above: 0.3, window: 60s, pane: 5s, at_least: 3, hold: 30s, playbook: first}
- {id: count, signal: b.y, count_above: 3, window: 60s, pane: 10s, hold: 40s, playbook: first, severity: critical}
- {id: mean, signal: a.x, mean_above: 0.5, window: 30s, pane: 5s, at_least: 3, hold: 20s}
- {id: quantile, signal: b.y, quantile_above: {q: 0.8, value: 0.6}, window: 40s, pane: 5s, at_least: 3, hold: 20s}
- {id: users, signal: a.x, distinct_users_above: 3, window: 60s, pane: 5s, hold: 20s}
- {id: one, signal: b.y, record_above: 0.97, immediate: true, window: 20s, pane: 5s, hold: 20s, by: [tenant]}
- {id: tenants, signal: "*.?", rate_above: 0.6, window: 60s, pane: 5s, at_least: 2, hold: 20s, by: [tenant, model_version]}
- {id: single-user, signal: a.x, count_above: 2, window: 60s, pane: 5s, hold: 20s, by: [user]}
- {id: errors, signal: monitor.detector_error, rate_above: 0.2, window: 60s, pane: 5s, at_least: 3, hold: 20s}
- {id: shift, signal: a.x, shift: {once_in: 1000}, window: 60s, pane: 5s, at_least: 3, baseline_records: 100, hold: 20s}
- {id: drift, signal: drift.*, drift_above: 0.5, window: 120s, pane: 20s, at_least: 30, baseline_records: 60, hold: 20s}
"""


def rules(text: str = RULES) -> RuleSet:
    return parse_rules(text)


def row(offset: int, at: float, **fields: object) -> VerdictRow:
    """A row `at` seconds after the start."""
    return VerdictRow(offset=offset, record_id=f"r{offset}", event_time=START + at, **fields)


def batch(
    rows: Sequence[VerdictRow],
    *,
    partition: int = 0,
    deployment: str = "bot",
    judged: Sequence[str] = SIGNALS,
    topic: str = "llm.outputs",
) -> VerdictBatch:
    return VerdictBatch(
        deployment=deployment,
        topic=topic,
        partition=partition,
        first_offset=rows[0].offset if rows else 0,
        last_offset=rows[-1].offset if rows else 0,
        rows=list(rows),
        judged=[list(judged)],
    )


def scored(
    times: Iterable[float], score: float, signal: str = "a.x", **fields: object
) -> VerdictBatch:
    """One batch of rows that all have one score."""
    return batch([row(n, at, scores={signal: score}, **fields) for n, at in enumerate(times)])


def random_rows(rng: random.Random, count: int, span: float, jitter: float) -> list[VerdictRow]:
    """Rows of one source partition, in order of time but for the jitter; with a bad stretch."""
    begin = rng.uniform(0, span)
    end = begin + rng.uniform(0, span / 3)
    rows = []
    for offset in range(count):
        at = span * offset / count + rng.uniform(-jitter, jitter)
        bad = begin < at < end
        scores = {
            "a.x": rng.uniform(0.4, 1) if bad else rng.uniform(0, 0.6),
            "drift.one": rng.uniform(0.5, 1) if bad else rng.uniform(0, 0.5),
            "drift.two": rng.random(),
        }
        if rng.random() < 0.5:
            scores["b.y"] = rng.random()
        rows.append(
            row(
                offset,
                round(at, 3),
                scores={name: round(score, 4) for name, score in scores.items()},
                tenant=rng.choice([None, "t1", "t2"]),
                user=rng.choice([None, "u1", "u2", "u3", "u4", "u5"]),
                model_version=rng.choice(["v1", "v2"]),
                errors={"a": "ValueError"} if rng.random() < (0.4 if bad else 0.02) else {},
                excerpt="…",
            )
        )
    return rows


class Log:
    """What was published: the newest event of each incident stands."""

    def __init__(self) -> None:
        self.newest: dict[str, Incident] = {}
        self.events: list[Incident] = []

    def take(self, events: Iterable[Incident]) -> None:
        for event in events:
            self.events.append(event)
            self.newest[event.id] = event

    @property
    def standing(self) -> set[str]:
        return {id_ for id_, event in self.newest.items() if event.state != "withdrawn"}


def in_order(sources: Sequence[Sequence[VerdictRow]], ruleset: RuleSet) -> tuple[Windows, Log]:
    """A replay in order of time: each row a batch of its own, and one evaluation at the end."""
    windows, log = Windows(ruleset), Log()
    every = [
        (one.event_time, partition, one) for partition, rows in enumerate(sources) for one in rows
    ]
    ahead = dict.fromkeys(range(len(sources)), 0)
    for _, partition, _ in sorted(every, key=lambda item: item[:2]):
        # The next row of the partition, which may not be the one: its offsets keep their order.
        windows.fold(batch([sources[partition][ahead[partition]]], partition=partition))
        ahead[partition] += 1
    log.take(windows.flush())
    return windows, log
