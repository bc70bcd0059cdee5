"""Every metric of the pager, in one place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.incidents.states import SEVERITIES
from streams.kafka.probe import answers_gauge
from streams.paging.contract import Action

ACTIONS = (*get_args(Action), "none")
OUTCOMES = (
    "delivered",
    "grouped",
    "overtaken",
    "undeliverable",
    "unreadable",
    "silenced",
    "skipped",
)
ANSWERS = ("delivered", "retry", "never")
ANSWER_OUTCOMES = (
    "applied",
    "refused",
    "unanswered",
    "ignored",
    "unknown",
    "unsigned",
    "malformed",
    "unavailable",
)
ESCALATIONS = ("trigger", "acknowledge", "resolve")
_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class PagerMetrics:
    """Metrics of the receivers, on the registry given; all series exist from the start.

    Every incident event read ends in one outcome of `pages`: delivered on its own, grouped
    (told by a group's page), overtaken (a newer state of the same incident was told in its
    place, or it was over before anybody could be told), undeliverable or unreadable (both
    are dead letters), silenced (it is told when the silence ends, if it is still open), or
    skipped, since there was nothing to tell this receiver. The action is "none" for what ended
    before it was decided what to tell.
    """

    def __init__(self, registry: CollectorRegistry, receivers: Iterable[str]) -> None:
        self.registry = registry
        self.kafka_answers = answers_gauge(registry)

        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(name, meaning, ["receiver", *labels], registry=registry)

        def gauge(name: str, meaning: str) -> Gauge:
            return Gauge(name, meaning, ["receiver"], registry=registry)

        self.pages = counter(
            "outwatch_pages",
            "What became of the incident events read, by receiver",
            "action",
            "outcome",
        )
        self.tries = counter(
            "outwatch_page_tries",
            "Deliveries tried, those of group pages included, by the answer",
            "answer",
        )
        self.retries = counter("outwatch_page_retries", "Deliveries put off to be tried again")
        self.limited = counter(
            "outwatch_page_rate_limited", "Times that pages had to wait for the rate limit"
        )
        self.groups = counter("outwatch_page_groups", "Grouped pages opened")
        self.keep_alives = counter(
            "outwatch_page_keep_alives", "Times that all open incidents were told again", "answer"
        )
        self.restarts = counter(
            "outwatch_pager_reconnects", "Times a receiver's reader lost Kafka and began again"
        )
        self.lag = gauge(
            "outwatch_pager_lag_records", "Incident events not yet committed as dealt with"
        )
        self.waiting = gauge("outwatch_pager_waiting_pages", "Incidents that wait to be told")
        self.open = gauge("outwatch_pager_open_incidents", "Incidents told and not yet over")
        self.up = gauge(
            "outwatch_pager_receiver_up", "Whether the last delivery tried went through (or none)"
        )
        self.success = gauge(
            "outwatch_pager_last_success_timestamp_seconds",
            "When a delivery last went through; the pager's start before the first",
        )
        self.unrouted = Gauge(
            "outwatch_pager_unrouted_incidents",
            "Open incidents that no receiver takes, so that nobody is told of them",
            ["severity"],
            registry=registry,
        )
        self.escalations = counter(
            "outwatch_escalation_pages",
            "What the contacts file had told, by receiver",
            "action",
            "outcome",
        )
        self.nobody = Gauge(
            "outwatch_escalation_nobody_reached",
            "Open incidents whose last step has begun and of which nobody could be told",
            ["severity"],
            registry=registry,
        )
        self.contacts_refused = Gauge(
            "outwatch_contacts_file_refused",
            "Whether the contacts file has a mistake now, so that an older one is in force",
            registry=registry,
        )
        self.silenced = Gauge(
            "outwatch_pager_silenced_incidents",
            "Incidents that a receiver wasn't told of, as a silence hides them",
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
        self.answers = Counter(
            "outwatch_pager_answers",
            "What came of what people said by PagerDuty, Slack or a webhook",
            ["service", "outcome"],
            registry=registry,
        )
        self.answers.labels("none", "malformed")
        for severity in SEVERITIES:
            self.unrouted.labels(severity).set(0)
            self.nobody.labels(severity).set(0)
        for receiver in receivers:
            for action in ACTIONS:
                for outcome in OUTCOMES:
                    self.pages.labels(receiver, action, outcome)
            for answer in ANSWERS:
                self.tries.labels(receiver, answer)
                self.keep_alives.labels(receiver, answer)
            for action in ESCALATIONS:
                for outcome in ("delivered", "undeliverable"):
                    self.escalations.labels(receiver, action, outcome)
            for metric in (self.retries, self.limited, self.groups, self.restarts):
                metric.labels(receiver)
            for level in (self.lag, self.waiting, self.open, self.silenced):
                level.labels(receiver)
            self.up.labels(receiver).set(1)
            self.success.labels(receiver).set_to_current_time()
            self.seconds.labels(receiver)

    def answer_outcomes(self, service: str) -> None:
        """Lets all series of a service's answers exist."""
        for outcome in ANSWER_OUTCOMES:
            self.answers.labels(service, outcome)
