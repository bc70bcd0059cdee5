"""Incidents that no receiver takes: found in the settings, counted while they are open."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from streams.paging.metrics import PagerMetrics
from streams.paging.routes import Route
from streams.paging.unrouted import Unrouted, gaps
from streams.records import Incident
from streams.rules.load import default_rules, parse_rules

Build = Callable[..., Incident]
RULES = """
- {id: leak, signal: a.b, immediate: true, severity: critical}
- {id: rude, signal: a.b, immediate: true, severity: high, playbook: manners}
- {id: odd, signal: a.b, immediate: true, severity: low, deployments: [shop, "bot-*"]}
- {id: acme, signal: a.b, immediate: true, severity: low, tenants: [acme, "eu-*"]}
"""


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        pytest.param([{}], [], id="everything"),
        pytest.param([{"severities": ["critical", "high", "low"]}], [], id="all severities"),
        pytest.param(
            [{"severities": ["critical"]}], ["severity high", "severity low"], id="severity"
        ),
        pytest.param([{"severities": ["critical"]}, {"severities": ["high", "low"]}], [], id="two"),
        pytest.param(
            [{"severities": ["critical"]}, {"playbooks": ["manners", "odd"]}],
            ["playbook acme (severity low)"],
            id="playbook",
        ),
        pytest.param(
            [{"playbooks": ["leak", "man*"]}],
            ["playbook odd (severity low)", "playbook acme (severity low)"],
            id="two playbooks",
        ),
        pytest.param([{"playbooks": ["*"]}], [], id="any playbook"),
        pytest.param(
            [{"deployments": ["shop", "bot-*"]}],
            ["deployments that no receiver names (severity critical, high and low)"],
            id="deployment",
        ),
        pytest.param(
            [{"deployments": ["bot-7"]}, {"severities": ["critical", "high"]}],
            [
                "deployment shop (severity low)",
                "deployment bot-* (severity low)",
                "deployments that no receiver names (severity low)",
            ],
            id="deployments of rules",
        ),
        pytest.param(
            [{"tenants": ["acme", "eu-*"]}],
            [
                "what has no tenant (severity critical, high and low)",
                "tenants that no receiver names (severity critical, high and low)",
            ],
            id="tenant",
        ),
        pytest.param(
            [{"tenants": ["zeta"]}, {"severities": ["critical", "high"]}],
            [
                "what has no tenant (severity low)",
                "tenants that no receiver names (severity low)",
                "tenant acme (severity low)",
                "tenant eu-* (severity low)",
            ],
            id="tenants of rules",
        ),
        pytest.param([{"tenants": ["*"]}], [], id="any tenant"),
        pytest.param([{"severities": ["critical"]}, {"besides": ()}], [], id="fallback"),
        pytest.param([], ["severity critical", "severity high", "severity low"], id="nobody"),
    ],
)
def test_gaps(routes: list[dict[str, Any]], expected: list[str]) -> None:
    assert gaps(parse_rules(RULES).rules, [Route(**one) for one in routes]) == expected


def test_of_the_default_rules_no_severity_is_missing_from_the_documentation() -> None:
    routes = [Route(severities=["critical"])]
    assert gaps(default_rules().rules, routes) == ["severity high", "severity low"]


class Watched:
    def __init__(self, *routes: Route) -> None:
        self.registry = CollectorRegistry()
        self.unrouted = Unrouted(routes, PagerMetrics(self.registry, []))

    def counts(self) -> dict[str, float]:
        found = {
            severity: self.registry.get_sample_value(
                "outwatch_pager_unrouted_incidents", {"severity": severity}
            )
            for severity in ("critical", "high", "low")
        }
        assert None not in found.values()
        return {severity: value for severity, value in found.items() if value}


def test_what_is_open_is_counted_until_it_is_over(incident: Build) -> None:
    watched = Watched(Route(severities=["critical"]))
    see = watched.unrouted.see
    see(incident(), 0, past=False)
    see(incident(id="two", severity="low"), 0, past=False)
    see(incident(id="three", severity="critical"), 1, past=False)
    assert watched.counts() == {"high": 1, "low": 1}
    see(incident(revision=2, severity="low"), 0, past=False)
    assert watched.counts() == {"low": 2}
    see(incident(revision=3, severity="critical"), 0, past=False)
    assert watched.counts() == {"low": 1}
    see(incident(id="two", severity="low", state="resolved", change="resolved"), 0, past=False)
    assert watched.counts() == {}


def test_the_old_id_of_one_that_goes_on_takes_nothing_away(incident: Build) -> None:
    watched = Watched(Route(severities=["critical"]))
    see = watched.unrouted.see
    see(incident(), 0, past=False)
    see(incident(id="inc-2", page_key="inc-1", replaces=["inc-1"]), 0, past=False)
    see(incident(state="withdrawn", replaced_by="inc-2"), 0, past=False)
    assert watched.counts() == {"high": 1}


def test_partitions_of_others_are_forgotten(incident: Build) -> None:
    watched = Watched(Route(severities=["critical"]))
    for number in range(4):
        watched.unrouted.see(incident(id=f"i{number}"), number % 2, past=False)
    watched.unrouted.forget(1)
    assert watched.counts() == {"high": 2}
    watched.unrouted.clear()
    assert watched.counts() == {}


def test_each_is_logged_once_and_the_past_not_at_all(
    incident: Build, caplog: pytest.LogCaptureFixture
) -> None:
    watched = Watched(Route(severities=["critical"]))
    with caplog.at_level(logging.WARNING):
        watched.unrouted.see(incident(id="old"), 0, past=True)
        for revision in (1, 2):
            watched.unrouted.see(incident(revision=revision), 0, past=False)
    (record,) = caplog.records
    assert "nobody is told of inc-1: no receiver takes severity high" in record.getMessage()


@pytest.mark.parametrize(
    ("own", "others", "takes"),
    [
        pytest.param({}, [{"severities": ["critical"]}], True, id="left over"),
        pytest.param({}, [{}], False, id="nothing left"),
        pytest.param({}, [], True, id="alone"),
        pytest.param({"severities": ["high"]}, [{}], True, id="its own"),
        pytest.param({"severities": ["low"]}, [{}], False, id="neither"),
        pytest.param({"severities": ["low"]}, [{"playbooks": ["x"]}], True, id="left, not its own"),
    ],
)
def test_a_fallback_takes_what_is_left(
    own: dict[str, Any], others: list[dict[str, Any]], takes: bool, incident: Build
) -> None:
    besides = tuple(Route(**one) for one in others)
    assert Route(**own, besides=besides).takes(incident()) == takes


def test_a_route_is_a_value() -> None:
    route = Route(besides=(Route(severities=["low"]),))
    assert msgspec.structs.replace(route) == route
