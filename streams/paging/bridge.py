"""The pager: one reader per receiver, dead letters, metrics and health."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import msgspec
from kafka import KafkaProducer
from prometheus_client import CollectorRegistry

from streams.clock import Clock, SystemClock
from streams.config.settings import Settings
from streams.dead_letters import letter_key
from streams.health import Pages, all_of, serve
from streams.kafka.connect import client_options
from streams.paging.contact import Contact
from streams.paging.line import Line
from streams.paging.metrics import PagerMetrics
from streams.paging.reader import Reader
from streams.records import DeadLetter

log = logging.getLogger(__name__)

_ACKNOWLEDGED_S = 30.0
_LEAVE_S = 30.0


def run(
    settings: Settings,
    told: Sequence[Contact],
    stop: threading.Event,
    registry: CollectorRegistry | None = None,
    clock: Clock | None = None,
) -> bool:
    """Delivers incidents until `stop` is set; then finishes what is in hand and commits it.

    Gives False when a delivery in hand took so long that it was left (it is delivered
    again). Raises `UsageError` when the port is taken, and kafka-python's `KafkaError` when
    no broker answers at the start; later it waits for one to come back.
    """
    metrics = PagerMetrics(registry or CollectorRegistry(), [contact.name for contact in told])
    producer = KafkaProducer(**client_options(settings), acks="all")
    send_dead = _dead_letters(settings, producer)
    time = clock or SystemClock()
    readers = [
        Reader(
            settings,
            Line(contact, metrics, time, send_dead, settings.dead_payload_bytes),
            metrics,
            stop,
        )
        for contact in told
    ]

    pages = Pages(
        metrics.registry,
        ready=lambda: all_of({reader.name: reader.connected for reader in readers}),
        live=lambda: all_of({reader.name: reader.alive for reader in readers}),
    )
    remedy = "Free it, or set `pager.port` or OUTWATCH_PAGER_PORT to another"
    try:
        with closing(serve(settings.web.host, settings.pager.port, pages, remedy)) as server:
            names = ", ".join(reader.name for reader in readers)
            log.info("telling %s of incidents; metrics on port %d", names, server.port)
            for reader in readers:
                reader.start()
            stop.wait()
            left = [reader.name for reader in readers if not reader.join(_LEAVE_S)]
            return not left
    finally:
        stop.set()
        producer.close(timeout=5)


def _dead_letters(settings: Settings, producer: Any) -> Callable[[DeadLetter], None]:
    def send(letter: DeadLetter) -> None:
        key = letter_key(letter).encode()
        sent = producer.send(settings.kafka.topics.dead, key=key, value=msgspec.json.encode(letter))
        sent.get(_ACKNOWLEDGED_S)

    return send
