"""Every metric of the pager, in one place."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

OUTCOMES = ("delivered", "undeliverable", "unreadable", "skipped")
_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class PagerMetrics:
    """Metrics of the receivers, on the registry given; all series exist from the start.

    Every incident read ends in one outcome: delivered, undeliverable or unreadable (both are
    dead letters), or skipped, since there was nothing to tell.
    """

    def __init__(self, registry: CollectorRegistry, receivers: Iterable[str]) -> None:
        self.registry = registry
        self.pages = Counter(
            "outwatch_pages",
            "What became of the incidents read, by receiver",
            ["receiver", "outcome"],
            registry=registry,
        )
        self.retries = Counter(
            "outwatch_page_retries",
            "Deliveries tried again",
            ["receiver"],
            registry=registry,
        )
        self.restarts = Counter(
            "outwatch_pager_reconnects",
            "Times a receiver's reader lost Kafka and began again",
            ["receiver"],
            registry=registry,
        )
        self.lag = Gauge(
            "outwatch_pager_lag_records",
            "Incidents that wait to be delivered",
            ["receiver"],
            registry=registry,
        )
        self.seconds = Histogram(
            "outwatch_page_seconds",
            "From an incident published to its delivery",
            ["receiver"],
            buckets=_SECONDS,
            registry=registry,
        )
        for receiver in receivers:
            for outcome in OUTCOMES:
                self.pages.labels(receiver, outcome)
            self.retries.labels(receiver)
            self.restarts.labels(receiver)
            self.lag.labels(receiver)
            self.seconds.labels(receiver)
