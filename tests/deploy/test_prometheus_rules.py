"""Alerts and recording rules: what fires, what stays quiet, and that all they ask for exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from detectors.discover import available
from streams.worker.metric_docs import metric_families
from tests.support.kafka_broker import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTMANAGER = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
RULE_FILES = sorted((PROMETHEUS / "rules").glob("*.yaml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yaml"))


def groups(path: Path) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = yaml.safe_load(path.read_text())["groups"]
    return read


def rules() -> list[dict[str, Any]]:
    return [rule for path in RULE_FILES for group in groups(path) for rule in group["rules"]]


ALERTS = [rule for rule in rules() if "alert" in rule]
PAGER_ALERTS = [
    rule
    for path in RULE_FILES
    for group in groups(path)
    if group["name"] == "outwatch-pager"
    for rule in group["rules"]
]
RECORDED = [rule for rule in rules() if "record" in rule]


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expected(path: Path, fires: bool) -> set[str]:
    """The alerts that a file of tests expects to fire, or not to."""
    return {
        name
        for test in yaml.safe_load(path.read_text())["tests"]
        for one in test["promql_expr_test"]
        if bool(one["exp_samples"]) == fires
        for name in re.findall(r'alertname="(\w+)"', one["expr"])
    }


@pytest.mark.needs("prometheus")
def test_promtool_accepts_configuration_and_rules() -> None:
    run("promtool", "check", "config", PROMETHEUS / "prometheus.yml")
    run("promtool", "check", "rules", *RULE_FILES)


@pytest.mark.needs("prometheus")
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_fire_and_stay_quiet(path: Path) -> None:
    run("promtool", "test", "rules", path)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_a_file_of_tests_evaluates_what_is_recorded_before_what_reads_it(path: Path) -> None:
    """Groups without a place in the order are evaluated in one that changes from run to run.

    A record read before it is made is as old as the last evaluation; where that is more than
    five minutes ago, Prometheus finds none.
    """
    told = yaml.safe_load(path.read_text())
    ruled = {
        group["name"]: group["rules"]
        for name in told["rule_files"]
        for group in groups(path.parent / name)
    }
    assert sorted(told["group_eval_order"]) == sorted(ruled)
    made: set[str] = set()
    recorded = {rule["record"] for rule in RECORDED}
    for group in told["group_eval_order"]:
        for rule in ruled[group]:
            asked = set(re.findall(r"\b[a-z_]+:outwatch_\w+:\w+", rule["expr"]))
            assert asked & recorded <= made, rule.get("alert") or rule["record"]
            made |= {rule["record"]} if "record" in rule else set()
    assert made == recorded


def test_each_alert_is_shown_to_fire_and_to_stay_quiet() -> None:
    names = {alert["alert"] for alert in ALERTS}
    assert set().union(*(expected(path, True) for path in TESTS)) == names
    assert set().union(*(expected(path, False) for path in TESTS)) == names


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_what_a_person_needs(alert: dict[str, Any]) -> None:
    name, notes = alert["alert"], alert["annotations"]
    assert re.fullmatch(r"Outwatch([A-Z][a-z]+)+", name)
    assert alert["labels"]["severity"] in ("critical", "warning", "info")
    assert set(notes) == {"summary", "description", "runbook_url"}
    # A pager in trouble isn't asked for what to do about it.
    port = 9464 if alert in PAGER_ALERTS else 9465
    assert notes["runbook_url"] == f"http://localhost:{port}/runbook#{name.lower()}"
    assert "{{" not in notes["summary"], "a summary with figures makes a new notification each time"
    assert notes["description"].endswith(".")


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_a_description_names_labels_that_the_alert_has(alert: dict[str, Any]) -> None:
    expression = alert["expr"]
    kept = {label for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(", ")}
    for level in re.findall(r"\b([a-z_]+):outwatch", expression):
        kept |= set(level.split("_"))
    if not kept:
        kept = {"instance", "partition"}
    used = set(re.findall(r"\$labels\.(\w+)", alert["annotations"]["description"]))
    assert used <= kept


@pytest.mark.parametrize("rule", RECORDED, ids=lambda rule: rule["record"])
def test_recorded_names_are_level_metric_operations(rule: dict[str, Any]) -> None:
    level, metric, operations = rule["record"].split(":")
    (labels, *_) = re.findall(r"by \(([^)]*)\)", rule["expr"]) or [""]
    if labels:
        given = [label for label in labels.split(", ") if label != "namespace"]
        assert "_".join(given).removeprefix("job_") in (level.removeprefix("job_"), "instance")
    assert re.fullmatch(r"outwatch_[a-z_]+", metric)
    window = re.findall(r"\[(\w+)\]", rule["expr"])
    if window:
        assert operations.endswith(f"rate{window[0]}")
    else:
        assert operations in ("sum", "ratio")


def test_rules_ask_only_for_metrics_and_buckets_that_exist() -> None:
    names = set(available())
    families = metric_families(detector_names=names)
    series = {name for family in families for name in family.series}
    recorded = {rule["record"] for rule in RECORDED}
    for rule in rules():
        asked = set(re.findall(r"\b[a-z_]*:?outwatch_[a-z_]+(?::\w+)?", rule["expr"]))
        assert asked <= series | recorded, rule.get("alert") or rule["record"]
        for metric, bound in re.findall(r'(\w+)_bucket\{le="([^"]+)"', rule["expr"]):
            (family,) = [one for one in families if one.name == metric]
            assert bound in buckets(family.name), f"{metric} has no bucket {bound}"


def buckets(name: str) -> set[str]:
    """The bounds of a histogram, as they are exposed."""
    from prometheus_client import CollectorRegistry

    from streams.paging.metrics import PagerMetrics
    from streams.worker.metrics import Metrics

    registries = [Metrics([], []).registry, PagerMetrics(CollectorRegistry(), ["r"]).registry]
    return {
        sample.labels["le"]
        for registry in registries
        for family in registry.collect()
        if family.name == name
        for sample in family.samples
        if "le" in sample.labels
    }


@pytest.mark.needs("alertmanager")
def test_amtool_accepts_the_configuration_and_routes_by_severity() -> None:
    run("amtool", "check-config", ALERTMANAGER)
    for severity, receiver in {
        "critical": "on-call",
        "high": "on-call",
        "warning": "morning",
        "low": "morning",
        "info": "nobody",
    }.items():
        told = run(
            *("amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}"),
            *(f"severity={severity}", "alertname=OutwatchNoWorker"),
        )
        assert told.split() == [receiver]


def test_inhibitions_name_alerts_that_exist() -> None:
    names = {alert["alert"] for alert in ALERTS}
    for one in yaml.safe_load(ALERTMANAGER.read_text())["inhibit_rules"]:
        for matcher in one["source_matchers"] + one["target_matchers"]:
            pattern = matcher.partition("=")[2].removeprefix("~").strip('"')
            for alternative in pattern.split("|"):
                assert any(re.fullmatch(alternative, name) for name in names), alternative
