"""Is anything wrong, and where."""

from __future__ import annotations

from typing import Any

from grafana.panels import (
    ANSWERS_A_SECOND,
    DEPLOYMENT,
    INSTANCE,
    JOB,
    OPEN_INCIDENT_COLUMNS,
    TARGETS,
    Query,
    annotation,
    graph,
    hourly,
    number,
    open_incidents,
    page,
    rate,
    rows,
    total,
)

_BAD = [(None, "green"), (1.0, "red")]
_ALERTS = 'ALERTS{alertname=~"Outwatch.*", alertstate="firing"}'
_CHOSEN = 'deployment=~"$deployment"'


def build() -> dict[str, Any]:
    """The dashboard as JSON values."""
    within = (
        f'sum(rate(outwatch_verdict_delay_seconds_bucket{{{TARGETS}, le="2.0"}}[$__rate_interval]))'
        f" / sum(rate(outwatch_verdict_delay_seconds_count{{{TARGETS}}}[$__rate_interval]))"
    )
    wrong = [
        number(
            "Critical incidents",
            "Incidents of severity critical that are open now",
            "short",
            Query(total("outwatch_open_incidents", matchers='severity="critical"')),
            _BAD,
        ),
        number(
            "High incidents",
            "Incidents of severity high that are open now",
            "short",
            Query(total("outwatch_open_incidents", matchers='severity="high"')),
            [(None, "green"), (1.0, "orange")],
        ),
        number(
            "Low incidents",
            "Incidents of severity low that are open now",
            "short",
            Query(total("outwatch_open_incidents", matchers='severity="low"')),
            [(None, "green"), (1.0, "blue")],
        ),
        number(
            "Alerts on outwatch",
            "Firing alerts on the monitor itself; the runbook says what to do about each",
            "short",
            Query(f"count({_ALERTS}) or vector(0)"),
            _BAD,
        ),
        number(
            "Workers",
            "Workers that Prometheus reaches",
            "short",
            Query(f"count(outwatch_rules_loaded{{{TARGETS}}})"),
            [(None, "red"), (1.0, "green")],
        ),
        number(
            "Verdicts within 2 s",
            "Share of messages with a verdict within 2 seconds of their arrival in Kafka",
            "percentunit",
            Query(within),
            [(None, "red"), (0.99, "green")],
        ),
        number(
            "Waiting messages",
            "Messages of all topics that no worker has processed yet",
            "short",
            Query(total("outwatch_lag_records")),
            [(None, "green"), (1000.0, "orange"), (100_000.0, "red")],
        ),
        number(
            "Waiting pages",
            "Incidents that a receiver has not been told of yet",
            "short",
            Query(total("outwatch_pager_waiting_pages")),
            _BAD,
        ),
    ]
    where = [
        rows(
            "Open incidents",
            "The worst first; `outwatch show ID` prints one whole, and a click leads to its"
            " deployment. A worker names its worst hundred",
            "dateTimeFromNow",
            Query(open_incidents(_CHOSEN)),
            OPEN_INCIDENT_COLUMNS,
            span=24,
            points_to_incident=True,
        ),
        graph(
            "Open incidents by severity",
            "Incidents open in the partitions that workers have",
            "short",
            Query(total("outwatch_open_incidents", "severity"), "{{severity}}"),
            stacked=True,
        ),
        graph(
            "Most frequent signals",
            "Answers above the signal's threshold; points are examples: `outwatch show` takes their"
            " place",
            ANSWERS_A_SECOND,
            Query(
                f"topk(10, {rate('outwatch_signal_above_total', 'deployment, signal', _CHOSEN)})",
                "{{deployment}} {{signal}}",
                exemplars=True,
            ),
            points_to_incident=True,
        ),
        graph(
            "Outputs by deployment",
            "Answers with a verdict",
            ANSWERS_A_SECOND,
            Query(
                rate("outwatch_deployment_records_total", "deployment", _CHOSEN), "{{deployment}}"
            ),
            points_to_incident=True,
        ),
    ]
    told = [
        graph(
            "Changes of incidents",
            "Opened, updated, resolved and withdrawn, in the hour before",
            "suffix: incidents/h",
            Query(hourly("outwatch_incident_changes_total", "change"), "{{change}}"),
        ),
        graph(
            "Pages",
            "What became of incident events in the hour before, by receiver",
            "suffix: pages/h",
            Query(hourly("outwatch_pages_total", "receiver, outcome"), "{{receiver}} {{outcome}}"),
        ),
    ]
    return page(
        "outwatch-overview",
        "outwatch / Overview",
        "Whether anything is wrong with the models or with the monitor, and where.",
        [JOB, INSTANCE, DEPLOYMENT],
        {"Is anything wrong?": wrong, "Where?": where, "Who was told?": told},
        [
            annotation(
                "Incidents opened",
                open_incidents(_CHOSEN),
                "red",
                titleFormat="{{title}}",
                textFormat="{{incident}}, {{severity}}",
                useValueForTime=True,
            ),
        ],
    )
