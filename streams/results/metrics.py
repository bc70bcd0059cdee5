"""Every metric of `outwatch results`, in one place."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from streams.kafka.probe import answers_gauge


class ResultsMetrics:
    """Metrics of the process, on the registry given; all series exist from the start.

    Every row read is either published or left out, and the reasons add up.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.kafka_answers = answers_gauge(registry)
        self.rows = Counter(
            "outwatch_results_rows",
            "Verdict rows read, by what became of them",
            ["outcome"],
            registry=registry,
        )
        self.sent = Counter(
            "outwatch_results_messages", "Messages published", ["kind"], registry=registry
        )
        self.unreadable = Counter(
            "outwatch_results_unreadable", "Verdicts that can't be read", registry=registry
        )
        self.restarts = Counter(
            "outwatch_results_reconnects", "Times Kafka was lost and found", registry=registry
        )
        self.lag = Gauge(
            "outwatch_results_lag_messages", "Verdict messages not yet read", registry=registry
        )
        for outcome in ("published", "below", "feedback", "monitor"):
            self.rows.labels(outcome)
        for kind in ("cloudevents", "otel"):
            self.sent.labels(kind)
