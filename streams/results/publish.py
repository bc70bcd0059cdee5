"""Reads verdicts in a consumer group of its own and publishes them as results.

What was read is committed once the brokers have all of its results, so nothing is lost; after
a crash some come again, under the same ids. A worker's promises don't depend on any of this.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.structs import OffsetAndMetadata
from prometheus_client import CollectorRegistry

from streams.builtin_signals import TOPIC_PREFIX
from streams.clock import Clock, SystemClock
from streams.config.settings import Settings
from streams.dead_letters import dead_letter, letter_key
from streams.errors import BadRecord, UsageError
from streams.health import Pages, all_of, none_of, serve
from streams.intake.decode import decode_json
from streams.kafka.batches import Losses
from streams.kafka.connect import admin_client, client_options
from streams.kafka.consumer import make_consumer
from streams.kafka.probe import Probe, wait_for_broker
from streams.kafka.topics import create_missing, designs
from streams.kafka.trouble import refusal
from streams.place import Place
from streams.records import VerdictBatch
from streams.results import cloudevents, otel
from streams.results.metrics import ResultsMetrics
from streams.results.signals import Judging

log = logging.getLogger(__name__)

Message = tuple[str, str, bytes, list[tuple[str, bytes]]]
"""Topic, key, value and headers of a message to send."""

_POLL_MS = 500
_MOST_PER_POLL = 50
_ACKNOWLEDGED_S = 60.0
_LOOK_S = 5.0
_BLOCKED_MS = 10_000
_AGAIN_S = 3.0
_CLOSED_MS = 5_000

_decoder = msgspec.json.Decoder(VerdictBatch)


def results(
    settings: Settings, batch: VerdictBatch, judging: Judging, metrics: ResultsMetrics
) -> list[Message]:
    """The messages that a batch of verdicts becomes. Reports of people are nobody's verdict, and
    those on a topic's silence none on an output."""
    if batch.deployment.startswith(TOPIC_PREFIX):
        metrics.rows.labels("monitor").inc(len(batch.rows))
        return []
    if batch.topic == settings.kafka.topics.feedback:
        metrics.rows.labels("feedback").inc(len(batch.rows))
        return []
    wanted = [row for row in batch.rows if judging.wanted(row)]
    metrics.rows.labels("published").inc(len(wanted))
    metrics.rows.labels("below").inc(len(batch.rows) - len(wanted))
    made: list[Message] = []
    if settings.results.cloudevents_topic:
        made += [
            (
                settings.results.cloudevents_topic,
                row.record_id,
                cloudevents.event(batch, row, judging),
                cloudevents.HEADERS,
            )
            for row in wanted
        ]
        metrics.sent.labels("cloudevents").inc(len(wanted))
    if settings.results.otel_topic:
        logs = otel.messages(batch, judging, settings.results.encoding)
        made += [(settings.results.otel_topic, batch.deployment, value, []) for value in logs]
        metrics.sent.labels("otel").inc(len(logs))
    return made


def run(
    settings: Settings,
    stop: threading.Event,
    *,
    registry: CollectorRegistry | None = None,
    make_producer: Callable[..., Any] = KafkaProducer,
    clock: Clock | None = None,
) -> None:
    """Publishes until `stop` is set; what was read by then is finished and committed.

    While no broker answers it waits, and says what for. Raises `UsageError` where no topic is
    configured, the port is taken, a topic can't be made, or waiting won't mend what is wrong.
    """
    if not (settings.results.cloudevents_topic or settings.results.otel_topic):
        raise UsageError(
            "nowhere to send results: set `results.cloudevents_topic` or `results.otel_topic` "
            "(OUTWATCH_RESULTS_OTEL_TOPIC) to a topic's name"
        )
    metrics = ResultsMetrics(registry or CollectorRegistry())
    judging = Judging.from_settings(settings)
    sent_to = (settings.results.cloudevents_topic, settings.results.otel_topic)
    needed = [settings.kafka.topics.verdicts, *filter(None, sent_to)]
    probe = Probe(settings, needed, metrics.kafka_answers)
    loop = _Loop(settings, judging, metrics, stop, make_producer, clock or SystemClock())
    pages = Pages(
        metrics.registry,
        ready=lambda: none_of({"kafka": probe.problem, "results": loop.problem}),
        live=lambda: all_of({"process": True}),
    )
    remedy = "Free it, or set `results.port` or OUTWATCH_RESULTS_PORT to another"
    with closing(serve(settings.web.host, settings.results.port, pages, remedy)) as server:
        log.info("publishing results; metrics on port %d", server.port)
        probe.start()
        try:
            _publish(settings, stop, loop, metrics)
        finally:
            probe.stop()


def _publish(
    settings: Settings, stop: threading.Event, loop: _Loop, metrics: ResultsMetrics
) -> None:
    made = False
    while wait_for_broker(settings, stop):
        try:
            if not made:
                create_result_topics(settings)
                made = True
            loop.read()
        except KafkaError as failure:
            # Nothing uncommitted is lost by beginning again.
            why = refusal(settings, failure)
            loop.problem = f"Kafka failed ({why})"
            metrics.restarts.inc()
            log.warning("Kafka failed (%s); beginning again", why)
            stop.wait(_AGAIN_S)


def create_result_topics(settings: Settings) -> None:
    """Creates the topics of the results that aren't there. Raises `UsageError` and `KafkaError`."""
    sent = {settings.results.cloudevents_topic, settings.results.otel_topic}
    designed = designs(settings.kafka.topics, settings.results)
    with admin_client(settings) as admin:
        made = create_missing(admin, [design for design in designed if design.name in sent])
    for topic in made:
        if topic.result == "failed":
            raise UsageError(
                f"topic {topic.name} can't be made: {topic.problem.rstrip('.')}. {topic.remedy}"
            )


class _Loop:
    def __init__(
        self,
        settings: Settings,
        judging: Judging,
        metrics: ResultsMetrics,
        stop: threading.Event,
        make_producer: Callable[..., Any],
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._judging = judging
        self._metrics = metrics
        self._stop = stop
        self._make_producer = make_producer
        self._clock = clock
        self._losses = Losses(lambda loss: metrics.unreadable.inc(loss.count))
        self.problem = "waiting for Kafka"

    def read(self) -> None:
        """Reads, publishes and commits until told to stop, or until Kafka fails."""
        options = client_options(self._settings)
        producer = self._make_producer(**options, acks="all", max_block_ms=_BLOCKED_MS)
        consumer = make_consumer(
            self._settings,
            self._settings.kafka.topics.verdicts,
            losses=self._losses,
            group_id=self._settings.results.group,
            max_poll_records=_MOST_PER_POLL,
            session_timeout_ms=int(self._settings.kafka.session_timeout_s * 1000),
            heartbeat_interval_ms=int(self._settings.kafka.session_timeout_s * 1000 / 5),
        )
        try:
            while not self._stop.is_set():
                polled = consumer.poll(timeout_ms=_POLL_MS)
                if not polled:
                    self.problem = ""
                sent = [
                    producer.send(topic, key=key.encode("utf-8", "replace"), value=value, headers=h)
                    for messages in polled.values()
                    for message in messages
                    for topic, key, value, h in self._messages(message)
                ]
                for future in sent:
                    self._acknowledged(future)
                self.problem = ""
                if polled:
                    consumer.commit(
                        {
                            partition: OffsetAndMetadata(messages[-1].offset + 1, "", -1)
                            for partition, messages in polled.items()
                        }
                    )
                self._measure(consumer)
        finally:
            consumer.close(autocommit=False, timeout_ms=_CLOSED_MS)
            producer.close(timeout=_CLOSED_MS / 1000)

    def _acknowledged(self, future: Any) -> None:
        """Waits until the brokers have a message, or a stop leaves it for the next start."""
        until = time.monotonic() + _ACKNOWLEDGED_S
        while True:
            try:
                future.get(_LOOK_S)
                return
            except KafkaTimeoutError:
                if future.is_done or time.monotonic() > until or self._stop.is_set():
                    raise
                self.problem = "results can't be sent: no answer"

    def _messages(self, message: Any) -> list[Message]:
        try:
            batch = decode_json(message.value, _decoder, VerdictBatch)
        except BadRecord as bad:
            self._metrics.unreadable.inc()
            return [self._dead(message, bad)]
        return results(self._settings, batch, self._judging, self._metrics)

    def _dead(self, message: Any, bad: BadRecord) -> Message:
        # Without the verdicts: they stand on their topic, and need no second copy for longer.
        letter = dead_letter(
            Place(message.topic, message.partition, message.offset),
            message.value or b"",
            bad.reason,
            f"results: {bad.detail}",
            failed_at=self._clock.now(),
            most_bytes=0,
        )
        dead = self._settings.kafka.topics.dead
        return dead, letter_key(letter), msgspec.json.encode(letter), []

    def _measure(self, consumer: Any) -> None:
        lags = [
            max(0, (consumer.highwater(partition) or 0) - consumer.position(partition))
            for partition in consumer.assignment()
        ]
        self._metrics.lag.set(sum(lags))
