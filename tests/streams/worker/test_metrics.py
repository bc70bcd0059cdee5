"""A worker's metrics: what exists from the start, what is counted, and the list of them all."""

from __future__ import annotations

import time

import pytest
from prometheus_client import generate_latest

from detectors.discover import available
from streams.incidents.states import CHANGES, SEVERITIES
from streams.rules.load import default_rules
from streams.worker.metric_docs import metric_families
from streams.worker.metrics import OUTCOMES, Metrics


def new() -> Metrics:
    return Metrics([], ["pii"], sources=["llm.outputs"], sinks=["llm.verdicts"])


def test_what_alerts_ask_for_exists_at_zero() -> None:
    value = new().registry.get_sample_value
    for outcome in OUTCOMES:
        assert value("outwatch_records_total", {"outcome": outcome}) == 0
    for severity in SEVERITIES:
        assert value("outwatch_open_incidents", {"severity": severity}) == 0
        for change in CHANGES:
            labels = {"change": change, "severity": severity}
            assert value("outwatch_incident_changes_total", labels) == 0
    assert value("outwatch_records_read_total", {"topic": "llm.outputs"}) == 0
    assert value("outwatch_publish_retries_total", {"topic": "llm.verdicts"}) == 0
    assert value("outwatch_detector_errors_total", {"detector": "pii"}) == 0
    for name in ("snapshots", "snapshot_load_errors", "pool_restarts", "rules_reload_errors"):
        assert value(f"outwatch_{name}_total") == 0
    assert value("outwatch_rules_refused") == 0
    assert value("outwatch_verdict_delay_seconds_count") == 0


def test_delays_are_counted_for_each_message_from_its_arrival(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    metrics = new()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    metrics.count_delays([now, now - 1.5, now - 40, now + 5])
    value = metrics.registry.get_sample_value
    assert value("outwatch_verdict_delay_seconds_count") == 4
    assert value("outwatch_verdict_delay_seconds_bucket", {"le": "1.0"}) == 2
    assert value("outwatch_verdict_delay_seconds_bucket", {"le": "2.0"}) == 3
    assert value("outwatch_verdict_delay_seconds_bucket", {"le": "30.0"}) == 3
    assert value("outwatch_verdict_delay_seconds_bucket", {"le": "60.0"}) == 4


def test_rules_are_shown_with_their_limits() -> None:
    metrics = new()
    metrics.show_rules(default_rules())
    value = metrics.registry.get_sample_value
    assert value("outwatch_rules_loaded") == len(default_rules().rules)
    (rule,) = [rule for rule in default_rules().rules if rule.id == "hallucination-rate"]
    labels = {"rule": rule.id, "signal": rule.signal, "condition": "rate", "severity": "high"}
    assert value("outwatch_rule_limit", labels) == rule.condition.threshold
    assert value("outwatch_rule_window_seconds", {"rule": rule.id}) == rule.window


def test_no_series_says_when_a_counter_began() -> None:
    assert b"_created" not in generate_latest(new().registry)


def test_the_list_has_every_metric_with_labels_and_meaning() -> None:
    families = {family.name: family for family in metric_families(detector_names=available())}
    assert families["outwatch_dead_letters_total"].labels == ("reason",)
    assert families["outwatch_signal_above_total"].labels == ("deployment", "signal")
    assert families["outwatch_page_seconds"].process == "pager"
    assert families["outwatch_score"].type == "histogram"
    assert families["outwatch_build_info"].series == ("outwatch_build_info",)
    assert all(family.help for family in families.values())
    exposed = {family.name for family in new().registry.collect()}
    assert {name.removesuffix("_total").removesuffix("_info") for name in families} >= {
        name.removesuffix("_info") for name in exposed
    }
