"""Every query of dashboards, alerts and recording rules, on a live pipeline.

Two workers and the pager on a real Kafka work through the demo's traffic; a real
Prometheus with the product's own rules scrapes all three.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from streams.config.settings import Kafka
from streams.demo.play import (
    PARTITIONS,
    SENT,
    TOPICS,
    Child,
    Feed,
    Play,
    demo_settings,
    environment,
    is_ready,
    traffic,
    variables,
)
from streams.demo.samples import SCENARIO_SECONDS
from streams.demo.screen import View
from streams.kafka.send import Sender
from streams.records import FEEDBACK
from tests.deploy.test_prometheus_rules import rules
from tests.grafana.prometheus import Prometheus, selectors
from tests.grafana.test_dashboards import BOARDS, expressions, panels
from tests.support.kafka_broker import Broker, free_ports, make_topic

SPEED = 3.0
DRAIN_SECONDS = 240.0
READY_SECONDS = 240.0

pytestmark = [pytest.mark.needs("prometheus", "kafka"), pytest.mark.timeout(900)]

VALUES = {
    "$__rate_interval": "15s",
    "$__range": "2m",
    "$job": ".+",
    "$instance": ".+",
    "$deployment": ".+",
    "$model_version": ".+",
    "$detector": ".+",
    "$signal": ".+",
}

# Series that only come into being with trouble that the demo doesn't make.
ONLY_IN_TROUBLE = {
    'outwatch_deployment_records_total{deployment="other"}',
}


class Live(NamedTuple):
    prometheus: Prometheus
    view: View
    feed: Feed
    started: float


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    state = tmp_path_factory.mktemp("live")
    ports = free_ports(3)
    with ExitStack() as stack:
        # Not the embedded one, which doesn't settle with two members in a group.
        broker = stack.enter_context(Broker(state / "kafka"))
        for topic in TOPICS:
            make_topic(broker.address, topic, PARTITIONS)
        settings = demo_settings(broker.address, ports[0])
        settings = msgspec.structs.replace(settings, kafka=Kafka(brokers=broker.address))
        view = View(broker.address, (), time.time())
        given = environment(settings, state, variables())
        given |= {
            "OUTWATCH_KAFKA_EMBEDDED": "false",
            "OUTWATCH_POOL_PROCESSES": "1",
            "OUTWATCH_PAGER_PORT": str(ports[2]),
        }
        for number, name in enumerate(("worker", "worker", "pager")):
            of_its_own = {"OUTWATCH_WEB_PORT": str(ports[number])} if name == "worker" else {}
            log = state / f"{name}-{number}.log"
            stack.enter_context(Child(name, log, given | of_its_own))
        prometheus = stack.enter_context(Prometheus(state, ports[:2], ports[2:]))
        deadline = time.monotonic() + READY_SECONDS
        while not all(map(is_ready, ports)):
            assert time.monotonic() < deadline, _ends_of_logs(state)
            time.sleep(0.2)
        feed = stack.enter_context(Feed(settings, view))
        sender = stack.enter_context(Sender(settings, SENT))
        play = Play(sender, view, traffic(SPEED))
        started = time.time()
        while time.time() < started + SCENARIO_SECONDS / SPEED:
            play.send_due(started, time.time())
            feed.read(0.1)
        play.send_due(started, started + SCENARIO_SECONDS / SPEED)
        sender.flush()
        deadline = time.monotonic() + DRAIN_SECONDS
        while view.waiting or _lag(prometheus):
            assert time.monotonic() < deadline, _ends_of_logs(state)
            feed.read(0.2)
        prometheus.settle(time.time(), DRAIN_SECONDS)
        yield Live(prometheus, view, feed, started - 5)


def _lag(prometheus: Prometheus) -> float:
    return prometheus.value("sum(outwatch_lag_records)")


def _ends_of_logs(state: Path) -> str:
    return "\n".join(log.read_text(errors="replace")[-1500:] for log in state.glob("*.log"))


def substituted(expression: str) -> str:
    for name, value in VALUES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression


def test_every_panel_has_data(live: Live) -> None:
    empty = [
        f"{name} / {panel['title']}: {expression}"
        for name, panel in panels()
        for expression in map(substituted, expressions(panel))
        if not live.prometheus.samples(expression, live.started)
    ]
    assert empty == []


def test_every_annotation_and_variable_has_values(live: Live) -> None:
    for name, board in BOARDS.items():
        for annotation in board["annotations"]["list"]:
            expression = substituted(annotation["expr"])
            assert live.prometheus.samples(expression, live.started), f"{name}: {expression}"
        for variable in board["templating"]["list"][1:]:
            query = substituted(variable["query"]["query"])
            selector, label = query.removeprefix("label_values(").removesuffix(")").rsplit(", ", 1)
            found = live.prometheus.get(f"label/{label}/values", **{"match[]": selector})
            assert found, f"{name}: {query}"


def test_every_rule_is_evaluated_and_its_series_are_there(live: Live) -> None:
    groups = live.prometheus.get("rules")["groups"]
    seen: dict[str, Any] = {rule["name"]: rule for group in groups for rule in group["rules"]}
    for rule in rules():
        known = seen[rule.get("alert") or rule["record"]]
        assert (known["health"], known.get("lastError", "")) == ("ok", ""), rule
        for selector in selectors(rule["expr"]):
            if selector not in ONLY_IN_TROUBLE:
                assert live.prometheus.samples(selector, live.started), selector
        if "record" in rule:
            assert live.prometheus.samples(rule["record"], live.started), rule["record"]


def test_no_alert_on_outwatch_fires_while_all_is_well(live: Live) -> None:
    firing = live.prometheus.get(
        "query", query='count by (alertname) (ALERTS{alertstate="firing"})'
    )["result"]
    assert [one["metric"] for one in firing] == []


def test_figures_of_two_workers_add_up(live: Live) -> None:
    value, becomes = live.prometheus.value, live.prometheus.becomes
    becomes('count(up{job="outwatch-worker"} == 1)', 2)
    becomes('count(up{job="outwatch-pager"} == 1)', 1)
    becomes('count(sum by (instance) (outwatch_records_total{outcome="scored"}) > 0)', 2)
    becomes(f'sum(outwatch_records_read_total{{topic!="{FEEDBACK}"}})', live.view.produced)
    becomes(f'sum(outwatch_records_read_total{{topic="{FEEDBACK}"}})', 24)
    becomes("sum(outwatch_records_read_total) - sum(outwatch_records_total)", 0)
    becomes('sum(outwatch_records_total{outcome="dead"})', 2)
    rows = live.view.produced - 2 + 24
    becomes('sum(outwatch_window_rows_total{result="folded"})', rows)
    becomes("sum(outwatch_deployment_records_total)", rows)
    # Of the demo's seven, that of ungrounded answers needs its traffic at its own pace: played so
    # much faster, ordinary answers of the same window keep their rate below the limit.
    opened = 'sum(outwatch_incident_changes_total{change="opened"})'
    withdrawn = 'sum(outwatch_incident_changes_total{change="withdrawn"})'
    deadline = time.monotonic() + DRAIN_SECONDS
    while value(f"{opened} - {withdrawn}") < 6:
        assert time.monotonic() < deadline, "fewer incidents than the demo's traffic holds"
        time.sleep(1)


def test_open_incidents_are_those_on_the_topic(live: Live) -> None:
    # Time goes on for quiet deployments, so incidents may still be resolved meanwhile.
    deadline = time.monotonic() + DRAIN_SECONDS
    while True:
        live.feed.read(0.5)
        states = [incident.state for incident in live.view.standing()]
        standing = sum(state not in ("resolved", "withdrawn") for state in states)
        shown = [
            live.prometheus.value(f"sum({metric})")
            for metric in ("outwatch_open_incidents", "outwatch_deployment_open_incidents")
        ]
        if shown == [standing, standing]:
            break
        assert time.monotonic() < deadline, (shown, standing)


def test_exemplars_point_to_records(live: Live) -> None:
    found = live.prometheus.get(
        "query_exemplars",
        query='outwatch_signal_above_total{signal="secrets.any"}',
        start=live.started,
        end=time.time(),
    )
    labels = [exemplar["labels"] for series in found for exemplar in series["exemplars"]]
    assert labels
    for one in labels:
        assert one["place"].startswith("llm.outputs/")
        assert one["record_id"]


def test_what_is_exposed_holds_no_text_of_a_record(live: Live) -> None:
    names = live.prometheus.get("label/__name__/values")
    assert "outwatch_signal_above_total" in names
    for label in live.prometheus.get("labels"):
        for value in live.prometheus.get(f"label/{label}/values"):
            assert len(value) <= 100, label
    assert "AK" + "IA" not in json.dumps(
        live.prometheus.get("series", **{"match[]": "{job=~'.+'}"})
    )
