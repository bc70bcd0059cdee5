"""One deployment: every signal, the limits, and which model version it came with."""

from __future__ import annotations

from typing import Any

from grafana.panels import (
    DEPLOYMENT,
    INSTANCE,
    JOB,
    TARGETS,
    Query,
    Variable,
    annotation,
    graph,
    number,
    page,
    rate,
    rows,
    total,
)

_HERE = 'deployment=~"$deployment"'
_SIGNAL = Variable(
    "signal",
    "Signal",
    f"label_values(outwatch_signal_records_total{{{TARGETS}, {_HERE}}}, signal)",
    meaning="What detectors judge",
)
_VERSION = Variable(
    "model_version",
    "Model version",
    f"label_values(outwatch_model_version_records_total{{{TARGETS}, {_HERE}}}, model_version)",
    meaning="As producers name it",
)


def build() -> dict[str, Any]:
    """The dashboard as JSON values."""
    chosen = f'{_HERE}, signal=~"$signal"'
    version = f'{_HERE}, model_version=~"$model_version"'
    judged = rate("outwatch_rule_records_total", "rule", _HERE)
    shares = f"({rate('outwatch_rule_above_total', 'rule', _HERE)} / {judged})"
    began = f"outwatch_model_version_first_seen_timestamp_seconds{{{TARGETS}, {version}}}"
    first = f"min by (model_version) ({began}) * 1000"
    summary = [
        number(
            "Open incidents",
            "Open now in this deployment",
            "short",
            Query(total("outwatch_deployment_open_incidents", matchers=_HERE)),
            [(None, "green"), (1.0, "red")],
            span=6,
        ),
        number(
            "Outputs",
            "Verdict rows per second",
            "reqps",
            Query(f"sum({rate('outwatch_deployment_records_total', 'deployment', _HERE)})"),
            [(None, "blue")],
            span=6,
        ),
        number(
            "Model versions",
            "Versions that answered within the last minutes",
            "short",
            Query(
                "count("
                + rate("outwatch_model_version_records_total", "model_version", _HERE)
                + " > 0)"
            ),
            [(None, "blue"), (2.0, "orange")],
            span=6,
        ),
        number(
            "Complaints",
            "User complaints per second",
            "reqps",
            Query(
                "sum("
                + rate(
                    "outwatch_signal_above_total",
                    "signal",
                    f'{_HERE}, signal="feedback.complaint"',
                )
                + ") or vector(0)"
            ),
            [(None, "green"), (0.1, "orange")],
            span=6,
        ),
    ]
    signals = [
        graph(
            "Share of outputs above the threshold, by signal",
            "Of the outputs on which a signal was judged. Points are examples: `outwatch show`"
            " takes their place",
            "percentunit",
            Query(
                f"{rate('outwatch_signal_above_total', 'signal', chosen)}"
                f" / {rate('outwatch_signal_records_total', 'signal', chosen)} > 0",
                "{{signal}}",
                exemplars=True,
            ),
            span=24,
        ),
        graph(
            "Outputs above the threshold, by signal",
            "Per second",
            "reqps",
            Query(
                rate("outwatch_signal_above_total", "signal", chosen) + " > 0",
                "{{signal}}",
                exemplars=True,
            ),
        ),
        rows(
            "Thresholds of the signals",
            "The score above which a record counts in the graphs of signals",
            "percentunit",
            Query(
                f'max by (signal) (outwatch_signal_threshold_ratio{{{TARGETS}, signal=~"$signal"}})'
            ),
            {"signal": "Signal", "Value": "Threshold"},
        ),
    ]
    limits = [
        graph(
            "Rules by rate: share of the limit reached",
            "Share of records above the rule's record_above, over the rule's limit; from 1 on an"
            " incident opens once the confidence bound agrees. The interval shown may differ from"
            " the rule's window",
            "percentunit",
            Query(
                f"{shares} / on (rule) group_left ()"
                f' max by (rule) (outwatch_rule_limit{{{TARGETS}, condition="rate"}})',
                "{{rule}}",
            ),
            limit=1.0,
        ),
        graph(
            "Records above, by rule",
            "Records per second above the rule's record_above, for rules of any kind",
            "reqps",
            Query(rate("outwatch_rule_above_total", "rule", _HERE) + " > 0", "{{rule}}"),
        ),
        rows(
            "Rules and their limits",
            "What a rule's figure must exceed: a share or score, or a number of records or users",
            "none",
            Query(f"max by (rule, signal, condition, severity) (outwatch_rule_limit{{{TARGETS}}})"),
            {
                "rule": "Rule",
                "signal": "Signal",
                "condition": "Condition",
                "severity": "Severity",
                "Value": "Limit",
            },
        ),
        graph(
            "Open incidents",
            "By playbook and severity",
            "short",
            Query(
                total("outwatch_deployment_open_incidents", "playbook, severity", _HERE),
                "{{playbook}} {{severity}}",
            ),
            stacked=True,
        ),
    ]
    versions = [
        graph(
            "Outputs by model version",
            "Per second",
            "reqps",
            Query(
                rate("outwatch_model_version_records_total", "model_version", version),
                "{{model_version}}",
            ),
            stacked=True,
        ),
        rows(
            "Model versions began",
            "Event time of the first record of each version",
            "dateTimeAsIso",
            Query(first),
            {"model_version": "Model version", "Value": "First record"},
        ),
    ]
    return page(
        "outwatch-incident",
        "outwatch / Incident",
        "One deployment: every signal against its limits, incidents, and model versions.",
        [
            JOB,
            INSTANCE,
            DEPLOYMENT._replace(multi=False),
            _VERSION,
            _SIGNAL,
        ],
        {
            "Now": summary,
            "Signals": signals,
            "Rules": limits,
            "Model versions": versions,
        },
        [
            annotation(
                "Incidents",
                "sum by (playbook, severity) "
                f"(outwatch_deployment_open_incidents{{{TARGETS}, {_HERE}}}) > 0",
                "red",
                titleFormat="{{playbook}}",
                textFormat="open, {{severity}}",
                tagKeys="playbook,severity",
            ),
            annotation(
                "Model versions",
                f"min by (model_version) ({began}) * 1000",
                "purple",
                titleFormat="New model version",
                textFormat="{{model_version}}",
                useValueForTime=True,
            ),
        ],
    )
