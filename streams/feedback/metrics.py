"""Every metric of the process that hears feedback."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from streams.kafka.probe import answers_gauge

OUTCOMES: Final = (
    "taken",
    "repeated",
    "unauthorised",
    "forbidden",
    "malformed",
    "too_large",
    "limited",
    "unavailable",
)


class FeedbackMetrics:
    """Metrics on the registry given; all series exist from the start. Every request to send
    something ends in one outcome."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.kafka_answers = answers_gauge(registry)
        self.requests = Counter(
            "outwatch_feedback_requests",
            "What came of the requests to take feedback over HTTP",
            ["outcome"],
            registry=registry,
        )
        self.tokens = Gauge(
            "outwatch_feedback_tokens",
            "Tokens in force; with 0 nobody can send feedback",
            registry=registry,
        )
        self.tokens_refused = Gauge(
            "outwatch_feedback_tokens_refused",
            "Whether the file of tokens has a mistake now, so that an older one is in force",
            registry=registry,
        )
        for outcome in OUTCOMES:
            self.requests.labels(outcome)
