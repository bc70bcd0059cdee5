"""Ten thousand made-up names of each kind: what windows and metrics keep of them is bounded."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from streams.records import VerdictRow
from streams.rules.load import default_rules
from streams.windows.deployment import Limits
from streams.windows.windows import Windows
from streams.worker.deployment_metrics import DeploymentMetrics
from tests.support.window_helpers import batch, row, rules

NAMES = 10_000
AT_ONCE = 500
MOST = 300
TOGETHER = """
- {id: rate, signal: a.x, rate_above: 0.3, window: 600s, pane: 60s, hold: 60s, at_least: 3}
- {id: users, signal: a.x, distinct_users_above: 3, window: 600s, pane: 60s, hold: 60s}
"""
BY_GROUP = """
- {id: by-user, signal: a.x, count_above: 2, window: 600s, pane: 60s, hold: 60s, by: [user]}
- {id: by-tenant, signal: a.x, immediate: true, window: 600s, pane: 60s, hold: 60s, by: [tenant]}
- {id: by-version, signal: a.x, mean_above: 0.9, window: 600s, pane: 60s, hold: 60s, at_least: 3, by: [model_version]}
"""
KINDS: dict[str, Callable[[int], dict[str, str]]] = {
    "tenant": lambda n: {"tenant": f"tenant-{n:05d}"},
    "user": lambda n: {"user": f"{n:032x}"},
    "version": lambda n: {"model_version": f"version-{n:05d}"},
    "model": lambda n: {"model": f"model-{n:05d}"},
    "all": lambda n: dict.fromkeys(("tenant", "user", "model_version", "model"), f"name-{n:05d}"),
}


def fed(windows: Windows, name: Callable[[int], dict[str, str]], deployments: int = 1) -> None:
    for start in range(0, NAMES, AT_ONCE):
        of: dict[str, list[VerdictRow]] = {}
        for n in range(start, start + AT_ONCE):
            one = row(n, n * 0.01, scores={"a.x": 0.9}, **name(n))
            of.setdefault(f"bot-{n % deployments}", []).append(one)
        for deployment, rows in of.items():
            windows.fold(batch(rows, deployment=deployment))
        windows.evaluate(0.0)


@pytest.mark.parametrize(("kind", "text"), [*((one, TOGETHER) for one in KINDS), ("all", "")])
def test_a_state_does_not_grow_with_names(kind: str, text: str) -> None:
    windows = Windows(rules(text) if text else default_rules())
    fed(windows, KINDS[kind])
    # Of a pane 512 users, 32 tenants and 32 versions are kept, and 200 versions in all.
    assert len(windows.snapshot("bot-0")) < 100_000
    assert len(windows.first_seen("bot-0")) <= 200


@pytest.mark.parametrize(
    ("kind", "deployments"), [("tenant", 1), ("user", 1), ("version", 1), ("all", 20)]
)
def test_groups_of_all_deployments_are_bounded_together(kind: str, deployments: int) -> None:
    windows = Windows(rules(BY_GROUP), limits=Limits(most_groups_in_all=MOST))
    fed(windows, KINDS[kind], deployments)
    assert sum(len(one.panes) for one in windows.counts().values()) <= MOST
    assert windows.groups_dropped >= NAMES - MOST
    assert len(windows.open_incidents()) <= MOST
    assert sum(len(windows.snapshot(name)) for name in windows.deployments) < 12_000 * MOST


def test_whoever_has_most_groups_loses_some_and_others_none() -> None:
    windows = Windows(rules(BY_GROUP), limits=Limits(most_groups_in_all=MOST))
    quiet = [row(n, 0.0, scores={"a.x": 0.9}, tenant=f"t{n}") for n in range(20)]
    windows.fold(batch(quiet, deployment="quiet", partition=1))
    before = windows.counts()["quiet"].panes
    fed(windows, KINDS["tenant"])
    assert windows.counts()["quiet"].panes == before


def test_metrics_keep_a_few_versions_of_many() -> None:
    registry = CollectorRegistry()
    metrics = DeploymentMetrics([])
    registry.register(metrics)
    windows = Windows(rules(TOGETHER))
    for start in range(0, NAMES, AT_ONCE):
        some = batch([row(n, n * 0.01, **KINDS["all"](n)) for n in range(start, start + AT_ONCE)])
        stats = windows.fold(some)
        metrics.count(some, stats.rows, windows.totals("bot"), windows.first_seen("bot"))
    page = generate_latest(registry).decode()
    assert page.count("outwatch_model_version_records_total{") == 9
    assert f"}} {NAMES - 8}.0" in page
    assert "tenant-" not in page
    assert len(page) < 20_000
