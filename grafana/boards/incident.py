"""One deployment: every signal, the limits, and which model version it came with."""

from __future__ import annotations

from typing import Any

from grafana.panels import (
    ANSWERS_A_SECOND,
    DEPLOYMENT,
    INSTANCE,
    JOB,
    OPEN_INCIDENT_COLUMNS,
    RECORDS_A_SECOND,
    TARGETS,
    Query,
    Variable,
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
            "Answers with a verdict",
            ANSWERS_A_SECOND,
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
            "Of users, in the hour before",
            "suffix: complaints/h",
            Query(
                hourly("outwatch_signal_above_total", "", f'{_HERE}, signal="feedback.complaint"')
                + " or vector(0)"
            ),
            [(None, "green"), (10.0, "orange")],
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
            "Points are examples, too",
            ANSWERS_A_SECOND,
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
            "Above the rule's record_above, for rules of any kind",
            RECORDS_A_SECOND,
            Query(rate("outwatch_rule_above_total", "rule", _HERE) + " > 0", "{{rule}}"),
        ),
        rows(
            "Rules and their limits",
            "What a rule's figure must exceed: a share or score, a number of records or users, or"
            " of a shift the decimal logarithm of once_in",
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
            "Number of open incidents",
            "By playbook and severity",
            "short",
            Query(
                total("outwatch_deployment_open_incidents", "playbook, severity", _HERE),
                "{{playbook}} {{severity}}",
            ),
            stacked=True,
        ),
        rows(
            "Open incidents",
            "The worst first; `outwatch show ID` prints one whole",
            "dateTimeFromNow",
            Query(open_incidents(_HERE)),
            OPEN_INCIDENT_COLUMNS,
            span=24,
        ),
    ]
    versions = [
        graph(
            "Outputs by model version",
            "Answers of each version",
            ANSWERS_A_SECOND,
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
                open_incidents(_HERE),
                "red",
                titleFormat="{{title}}",
                textFormat="{{incident}}, {{severity}}",
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
