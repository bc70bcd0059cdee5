"""Whether Kafka answers, and whether the topics that a process needs are there, seen from a
thread of its own: clients wait in silence for a broker that is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError
from prometheus_client import CollectorRegistry, Gauge

from streams.config.settings import Settings
from streams.errors import UsageError
from streams.kafka.connect import admin_client, client_options
from streams.kafka.trouble import explain

log = logging.getLogger(__name__)

SILENT_S = 7.0
"""After so many seconds without an answer, Kafka counts as away."""

_EVERY_S = 2.0
_REQUEST_MS = 4_000
_UNKNOWN_TOPIC = 3
_AGAIN_S = 2.0


def answers_gauge(registry: CollectorRegistry) -> Gauge:
    """The metric that says whether Kafka answers, for a process to have on its registry."""
    gauge = Gauge(
        "outwatch_kafka_answers",
        f"Whether Kafka answered this process within the last {SILENT_S:g} s (1) or not (0)",
        registry=registry,
    )
    gauge.set(1)
    return gauge


class Probe:
    """Asks Kafka every two seconds. `start` it, and `stop` it.

    All of `topics` must be there, and of `sources` (none for a process that reads no outputs) at
    least one: teams make theirs when they need them, and the others are read meanwhile.
    Before it was started, nothing is wrong. What it finds is shown by `gauge`, that of
    `answers_gauge`.
    """

    def __init__(
        self,
        settings: Settings,
        topics: Sequence[str],
        gauge: Gauge,
        timer: Callable[[], float] = time.monotonic,
        sources: Sequence[str] = (),
    ) -> None:
        gauge.set_function(lambda: float(self.answers))
        self._settings = settings
        self._sources = tuple(dict.fromkeys(sources))
        self._topics = list(dict.fromkeys((*self._sources, *topics)))
        self._timer = timer
        self._answered: float | None = None
        self._trouble = ""
        self._missing: tuple[str, ...] = ()
        self._stop = threading.Event()

    def start(self) -> None:
        """Starts asking."""
        self._answered = self._timer()
        threading.Thread(target=self._run, name="kafka-probe", daemon=True).start()

    def stop(self) -> None:
        """Ends asking."""
        self._stop.set()

    @property
    def answers(self) -> bool:
        """Whether Kafka answered lately."""
        return self._answered is None or self._timer() - self._answered < SILENT_S

    @property
    def problem(self) -> str:
        """What is wrong with Kafka or its topics; "" for nothing."""
        if not self.answers:
            silent = self._timer() - (self._answered or 0.0)
            why = self._trouble or "no answer from Kafka at the hosts of `kafka.brokers`"
            return f"{why} (for {silent:.0f} s)"
        missing, sources = self._missing, self.missing_sources
        if len(sources) < len(self._sources):
            missing = tuple(name for name in missing if name not in sources)
        if missing:
            names = ", ".join(missing)
            be = "is" if len(missing) == 1 else "are"
            return f"{names} {be} missing on Kafka: outwatch topics create"
        return ""

    @property
    def missing_sources(self) -> tuple[str, ...]:
        """The topics of outputs that aren't on Kafka; they are read as soon as they are."""
        return tuple(name for name in self._missing if name in self._sources)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                options = client_options(self._settings)
                with closing(KafkaAdminClient(**options, request_timeout_ms=_REQUEST_MS)) as admin:
                    while not self._stop.is_set():
                        self._ask(admin)
                        self._stop.wait(_EVERY_S)
            except Exception as failure:
                self._trouble = str(self._explained(failure))
                self._stop.wait(_AGAIN_S)

    def _ask(self, admin: Any) -> None:
        if self._settings.kafka.embedded:
            admin.describe_cluster()
        else:
            described = admin.describe_topics(self._topics)
            unknown = {one["name"] for one in described if one["error_code"] == _UNKNOWN_TOPIC}
            self._missing = tuple(name for name in self._topics if name in unknown)
        self._answered = self._timer()
        self._trouble = ""

    def _explained(self, failure: Exception) -> str:
        if isinstance(failure, KafkaError):
            return str(explain(self._settings, failure))
        return str(failure) if isinstance(failure, UsageError) else type(failure).__name__


def wait_for_broker(settings: Settings, stop: threading.Event | None = None) -> bool:
    """Returns when a broker answers: True, or False when `stop` was set meanwhile.

    Says what it waits for, and why. Raises `UsageError` for what waiting won't mend, such as a
    wrong password.
    """
    stop = stop or threading.Event()
    while not stop.is_set():
        try:
            with admin_client(settings) as admin:
                admin.describe_cluster()
                return True
        except KafkaError as failure:
            trouble = explain(settings, failure)
            if trouble.lasting:
                raise UsageError(str(trouble)) from failure
            log.warning("waiting for Kafka: %s", trouble)
            stop.wait(_AGAIN_S)
    return False
