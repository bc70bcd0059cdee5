"""Metrics by deployment: what is counted, what is bounded, and what exemplars may say."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from detectors import Signal
from streams.builtin_signals import FEEDBACK
from streams.records import Incident, RuleFigures, VerdictBatch, VerdictRow
from streams.windows.counting import Totals
from streams.windows.windows import OTHER
from streams.worker.deployment_metrics import (
    MOST_NAMED,
    MOST_VERSIONS,
    QUIET_S,
    DeploymentMetrics,
    exemplar_labels,
)
from tests.streams.worker.test_fold import Kafka, bad, worker
from tests.support.window_helpers import START, batch, row, rules

SIGNAL = Signal(name="a.x", meaning="bad", threshold=0.6)
FEATURE = Signal(name="drift.one", meaning="long", threshold=1.0, feature=True)


def metrics(
    most: int = 3, clock: Callable[[], float] = lambda: 0.0
) -> tuple[DeploymentMetrics, CollectorRegistry]:
    registry = CollectorRegistry()
    collector = DeploymentMetrics([SIGNAL, FEATURE], most, clock)
    registry.register(collector)
    return collector, registry


def count(collector: DeploymentMetrics, one: VerdictBatch, folded: int | None = None) -> None:
    folded = len(one.rows) if folded is None else folded
    collector.count(one, folded, {"rule": Totals(judged=9, above=4)}, {"v1": START - 60})


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def figures(rule: str) -> RuleFigures:
    return RuleFigures(
        rule=rule,
        condition="c",
        signal="a.x",
        value=1,
        threshold=0,
        records=1,
        above=1,
        window_start=0,
        window_end=1,
    )


def incident(id_: str, deployment: str = "bot", state: str = "open", **fields: Any) -> Incident:
    given = {"severity": "high", "playbook": "leak", "change": "opened"} | fields
    return Incident(
        id=id_,
        page_key=id_,
        revision=1,
        state=state,  # type: ignore[arg-type]
        title="t",
        summary="s",
        group={"deployment": deployment},
        first_seen=0,
        last_seen=1,
        window_seconds=1,
        rules=[figures("r")],
        **given,
    )


def test_records_are_counted_by_the_signals_judged_and_above_by_the_threshold() -> None:
    collector, registry = metrics()
    scores = [0.0, 0.6, 0.61, 1.0]
    rows = [row(n, n, scores={"a.x": s, "drift.one": 1.0}) for n, s in enumerate(scores)]
    count(collector, batch(rows))
    labels = {"deployment": "bot", "signal": "a.x"}
    assert value(registry, "outwatch_signal_records_total", **labels) == 4
    assert value(registry, "outwatch_signal_above_total", **labels) == 2
    assert value(registry, "outwatch_signal_threshold_ratio", signal="a.x") == 0.6
    assert value(registry, "outwatch_rule_records_total", deployment="bot", rule="rule") == 9
    assert value(registry, "outwatch_rule_above_total", deployment="bot", rule="rule") == 4
    text = generate_latest(registry).decode()
    assert "drift.one" not in text
    assert "b.y" not in text


@pytest.mark.parametrize("signal", [signal.name for signal in FEEDBACK.values()])
def test_all_kinds_of_feedback_are_counted(signal: str) -> None:
    collector, registry = metrics()
    rows = [row(n, n, scores={signal: score}) for n, score in enumerate([1.0, 0.5, 0.2])]
    count(collector, batch(rows, judged=[signal]))
    labels = {"deployment": "bot", "signal": signal}
    assert value(registry, "outwatch_signal_records_total", **labels) == 3
    assert value(registry, "outwatch_signal_above_total", **labels) == 1
    assert value(registry, "outwatch_signal_threshold_ratio", signal=signal) == 0.5


def test_rows_folded_before_a_restart_are_not_counted_again() -> None:
    collector, registry = metrics()
    one = batch([row(n, n, scores={"a.x": 0.9}) for n in range(5)])
    count(collector, one, folded=2)
    count(collector, one, folded=0)
    labels = {"deployment": "bot", "signal": "a.x"}
    assert value(registry, "outwatch_signal_records_total", **labels) == 2
    assert value(registry, "outwatch_signal_above_total", **labels) == 2
    assert value(registry, "outwatch_deployment_records_total", deployment="bot") == 2


def test_what_comes_beyond_the_bounds_is_other() -> None:
    collector, registry = metrics(most=2)
    for number in range(4):
        rows = [row(n, n, model_version=f"m{n}") for n in range(MOST_VERSIONS + 3)]
        count(collector, batch(rows, deployment=f"d{number}"))
    names = {s.labels.get("deployment") for f in registry.collect() for s in f.samples} - {None}
    assert names == {"d0", "d1", OTHER}
    records = "outwatch_signal_records_total"
    assert value(registry, records, deployment=OTHER, signal="a.x") == 2 * (MOST_VERSIONS + 3)
    versions = "outwatch_model_version_records_total"
    assert value(registry, versions, deployment="d0", model_version=OTHER) == 3
    assert value(registry, versions, deployment="d0", model_version="m0") == 1
    # One deployment's rule counts would replace another's.
    assert value(registry, "outwatch_rule_records_total", deployment=OTHER, rule="rule") is None


def test_a_model_version_began_when_the_windows_say_so() -> None:
    collector, registry = metrics()
    count(collector, batch([row(1, 5, model_version="v1"), row(2, 6, model_version="v2")]))
    name = "outwatch_model_version_first_seen_timestamp_seconds"
    assert value(registry, name, deployment="bot", model_version="v1") == START - 60
    assert value(registry, name, deployment="bot", model_version="v2") == START + 6


def test_open_incidents_go_to_zero_and_not_away() -> None:
    collector, registry = metrics()
    labels = {"deployment": "bot", "playbook": "leak", "severity": "high"}
    name = "outwatch_deployment_open_incidents"
    collector.note(0, [incident("a"), incident("b"), incident("a", state="acknowledged")])
    assert value(registry, name, **labels) == 2
    assert collector.open_by_severity() == {"high": 2}
    collector.note(0, [incident("a", state="resolved"), incident("b", state="withdrawn")])
    assert value(registry, name, **labels) == 0
    collector.note(0, [incident("c", severity="critical")])
    collector.forget()
    assert value(registry, name, **labels) is None
    assert not collector.open_by_severity()


def test_open_incidents_are_named_until_they_are_over() -> None:
    collector, registry = metrics()
    text = "- {id: one, signal: a.x, immediate: true, title: Wrong words, playbook: leak}"
    collector.show_rules(rules(text))
    name = "outwatch_open_incident_first_seen_timestamp_seconds"
    labels = {"deployment": "bot", "playbook": "leak", "severity": "high"}
    # A title in full holds figures, which change; one by the rule's title stays one series.
    one = msgspec.structs.replace(
        incident("a"), first_seen=START, rules=[figures("one")], title="Wrong words on bot: 3 of 7"
    )
    collector.note(0, [one])
    assert value(registry, name, incident="a", title="Wrong words", **labels) == START
    collector.note(0, [msgspec.structs.replace(one, state="resolved")])
    assert value(registry, name, incident="a", title="Wrong words", **labels) is None


def test_of_too_many_open_incidents_the_worst_are_named() -> None:
    collector, registry = metrics()
    many = [
        msgspec.structs.replace(incident(f"i{number}"), first_seen=START + number)
        for number in range(MOST_NAMED + 5)
    ]
    collector.note(0, [*many, incident("worst", severity="critical")])
    family = "outwatch_open_incident_first_seen_timestamp_seconds"
    named = [
        sample.labels["incident"]
        for one in registry.collect()
        if one.name == family
        for sample in one.samples
    ]
    assert len(named) == MOST_NAMED
    assert named[:2] == ["worst", f"i{MOST_NAMED + 4}"]


def test_the_window_agent_fills_them() -> None:
    kafka = Kafka()
    fold, all_metrics = worker(kafka, "w1")
    asyncio.run(fold.handle([kafka.event(bad(0, 1), 0), kafka.event(bad(0, 1), 1)]))
    registry = all_metrics.registry
    assert value(registry, "outwatch_rule_above_total", deployment="bot", rule="one") == 1
    limit = {"rule": "one", "signal": "a.x", "condition": "immediate", "severity": "high"}
    assert value(registry, "outwatch_rule_limit", **limit) == 0
    assert value(registry, "outwatch_rule_window_seconds", rule="one") == 20
    fold.replace_rules(rules("- {id: two, signal: a.x, immediate: true, window: 20s, playbook: p}"))
    assert value(registry, "outwatch_rule_limit", **limit) is None
    assert value(registry, "outwatch_rules_loaded") == 1


@given(
    st.text(max_size=300),
    st.text(max_size=300),
    st.integers(0, 10_000),
    st.integers(0, 2**63),
    st.integers(0, 10_000),
)
def test_exemplars_stay_within_openmetrics(
    topic: str, record: str, number: int, offset: int, part: int
) -> None:
    one = VerdictBatch(
        deployment="bot",
        topic=topic,
        partition=number,
        first_offset=offset,
        last_offset=offset,
        rows=[
            VerdictRow(
                offset=offset, part=part, record_id=record, event_time=1.0, scores={"a.x": 1.0}
            )
        ],
        judged=[["a.x"]],
    )
    labels = exemplar_labels(one, one.rows[0])
    assert sum(len(name) + len(text) for name, text in labels.items()) <= 128
    assert all(char.isprintable() for text in labels.values() for char in text)
    collector, registry = metrics()
    count(collector, one)
    # No place is cut: a cut one would point to another record.
    if "place" in labels:
        assert labels["place"].endswith(
            f"/{number}/{offset}#{part}" if part else f"/{number}/{offset}"
        )
    families = list(text_string_to_metric_families(generate_latest(registry).decode()))
    (found,) = [
        s.exemplar for f in families for s in f.samples if s.name == "outwatch_signal_above_total"
    ]
    assert found is not None
    assert math.isclose(found.value, 1.0)


@pytest.mark.parametrize(
    ("deployment", "shown"),
    [("a\nb\x00c", "a?b?c"), ("x" * 500, "x" * 100), ("été 🙂", "été 🙂")],
    ids=["control characters", "long", "unicode"],
)
def test_deployment_names_are_made_printable(deployment: str, shown: str) -> None:
    collector, registry = metrics()
    count(collector, batch([row(1, 1)], deployment=deployment))
    labels = {"deployment": shown, "signal": "a.x"}
    assert value(registry, "outwatch_signal_records_total", **labels) == 1


def test_times_that_are_wrong_are_shown_by_deployment() -> None:
    collector, registry = metrics()
    rows = [row(0, 0.0), row(1, 0.0, ahead=7200.0), row(2, 0.0, ahead=90.0)]
    collector.count(batch(rows), 3, {}, {}, late=2)
    # The first two were folded before a restart.
    collector.count(batch(rows), 1, {}, {})
    name = "outwatch_deployment"
    assert value(registry, f"{name}_ahead_records_total", deployment="bot") == 3
    assert value(registry, f"{name}_ahead_seconds", deployment="bot") == 90.0
    assert value(registry, f"{name}_late_records_total", deployment="bot") == 2
    count(collector, batch([row(3, 0.0)], deployment="calm"))
    assert value(registry, f"{name}_ahead_records_total", deployment="calm") == 0
    assert value(registry, f"{name}_ahead_seconds", deployment="calm") == 0.0


def named(collector: DeploymentMetrics, name: str, *, known: bool = False) -> None:
    collector.count(batch([row(1, 0)], deployment=name), 1, {}, {}, known=known)


def shown(registry: CollectorRegistry, *names: str) -> list[float | None]:
    family = "outwatch_deployment_records_total"
    return [value(registry, family, deployment=name) for name in names]


def test_a_known_deployment_takes_the_series_of_a_stranger() -> None:
    now = [0.0]
    collector, registry = metrics(2, lambda: now[0])
    named(collector, "old", known=True)
    for number in range(5):
        now[0] += 1
        named(collector, f"stranger{number}")
    assert shown(registry, "old", "stranger0", "stranger1", OTHER) == [1, 1, None, 4]
    named(collector, "real", known=True)
    assert shown(registry, "old", "stranger0", "real", OTHER) == [1, None, 1, 4]
    named(collector, "another", known=True)
    assert shown(registry, "old", "real", "another", OTHER) == [1, 1, None, 5]


def test_what_was_quiet_for_long_makes_room() -> None:
    now = [0.0]
    collector, registry = metrics(1, lambda: now[0])
    named(collector, "gone", known=True)
    collector.note(0, [incident("i", "gone")])
    now[0] = QUIET_S
    named(collector, "new")
    assert shown(registry, "gone", "new") == [None, 1]
    family = "outwatch_deployment_open_incidents"
    labels = {"playbook": "leak", "severity": "high"}
    assert value(registry, family, deployment="gone", **labels) is None
    assert value(registry, family, deployment=OTHER, **labels) == 1


def test_a_new_model_version_takes_the_series_of_one_that_is_out_of_use() -> None:
    now = [0.0]
    collector, registry = metrics(1, lambda: now[0])
    for number in range(MOST_VERSIONS + 1):
        count(collector, batch([row(number, 0, model_version=f"v{number}")]))
    now[0] = QUIET_S
    count(collector, batch([row(99, 0, model_version="next")]))
    family = "outwatch_model_version_records_total"
    found = [value(registry, family, deployment="bot", model_version=v) for v in ("v0", "next")]
    assert found == [None, 1]
