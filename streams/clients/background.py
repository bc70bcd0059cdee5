"""Sending records to Kafka from within somebody's request path, without ever being felt there."""

from __future__ import annotations

import atexit
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from kafka import KafkaProducer

from streams.config.addresses import shown
from streams.config.settings import Settings
from streams.kafka.connect import client_options

MAX_QUEUED = 1_000
MAX_MESSAGE_BYTES = 20_000_000

_CLOSE_SECONDS = 5.0
_FIRST_RETRY_SECONDS = 0.5
_LONGEST_RETRY_SECONDS = 30.0

_logger = logging.getLogger(__name__)

Record = dict[str, Any]


class BackgroundSender:
    """Takes records at once and sends them from a thread of its own, one per process.

    `put` never waits and never raises. Records wait in a queue of `max_queued`, and as many may
    be under way to the brokers; what doesn't fit is dropped and counted in `dropped`, and so is
    what can't be written as JSON or isn't taken by the brokers. `sent` counts what they have
    confirmed. The first drop is logged, and how many there were once records pass again; neither
    with any content. At the end of the process, at most five seconds are spent on what waits.

    `key_of` gives a record's key: records with the same key keep their order.
    """

    def __init__(
        self,
        settings: Settings,
        topic: str,
        key_of: Callable[[Record], str | None],
        max_queued: int = MAX_QUEUED,
    ) -> None:
        self.sent = 0
        self.dropped = 0
        self._settings = settings
        self._topic = topic
        self._key_of = key_of
        self._max_queued = max_queued
        self._dropping_since: int | None = None
        self._warned = False
        self._forget()
        # A forked process has neither the thread nor the connections of its parent.
        os.register_at_fork(after_in_child=self._forget)

    def put(self, record: Record) -> None:
        """Takes a record to be sent; drops it where too many wait already."""
        try:
            if not self._started:
                self._start()
            self._queue.put_nowait(record)
        except queue.Full:
            self._drop("too many records wait")
        except Exception as failure:
            self._drop(type(failure).__name__)

    def close(self, timeout: float = _CLOSE_SECONDS) -> None:
        """Sends what waits, for at most `timeout` seconds; what is left then is dropped."""
        if not self._started:
            return
        self._deadline = time.monotonic() + timeout
        self._closing.set()
        self._thread.join(timeout + 1.0)

    def _forget(self) -> None:
        self._started = False
        self._lock = threading.Lock()
        self._queue: queue.Queue[Record] = queue.Queue(self._max_queued)
        self._room = threading.Semaphore(self._max_queued)
        self._closing = threading.Event()
        self._deadline = float("inf")

    def _start(self) -> None:
        with self._lock:
            if self._started:
                return
            self._thread = threading.Thread(target=self._run, name="outwatch-sender", daemon=True)
            self._thread.start()
            atexit.register(self.close)
            self._started = True

    def _run(self) -> None:
        producer = self._connected()
        while producer is not None and not self._done():
            try:
                record = self._queue.get(timeout=0.1)
            except queue.Empty:
                continue
            if not self._room.acquire(timeout=self._patience()):
                self._drop("the brokers don't confirm")
                continue
            self._send(producer, record)
        if producer is not None:
            left = self._patience()
            try:
                producer.close(timeout=left)
            except Exception as failure:
                self._drop(type(failure).__name__)
        for _ in range(self._queue.qsize()):
            self._drop("the process ended")

    def _done(self) -> bool:
        ended = self._closing.is_set()
        return ended and (self._queue.empty() or time.monotonic() > self._deadline)

    def _patience(self) -> float:
        return min(max(self._deadline - time.monotonic(), 0.0), _LONGEST_RETRY_SECONDS)

    def _connected(self) -> Any:
        """A producer; None where the process ends before there is one."""
        wait = _FIRST_RETRY_SECONDS
        while True:
            clients: list[Any] = []
            try:
                return KafkaProducer(
                    acks="all",
                    linger_ms=20,
                    max_block_ms=10_000,
                    max_request_size=MAX_MESSAGE_BYTES,
                    kafka_client=_remembering(clients),
                    **client_options(self._settings),
                )
            except Exception as failure:
                self._warn(f"No connection to {shown(self._settings.kafka.brokers)}", failure)
            for client in clients:
                client.close()
            if self._closing.wait(min(wait, self._patience())):
                return None
            wait = min(wait * 2, _LONGEST_RETRY_SECONDS)

    def _send(self, producer: Any, record: Record) -> None:
        try:
            value = json.dumps(record, default=str).encode("utf-8", "replace")
            key = self._key_of(record)
            coded = key.encode("utf-8", "replace") if key else None
            future = producer.send(self._topic, key=coded, value=value)
        except Exception as failure:
            self._room.release()
            self._drop(type(failure).__name__)
            return
        future.add_callback(self._confirm)
        future.add_errback(self._fail)

    def _confirm(self, _: object) -> None:
        self._room.release()
        with self._lock:
            self.sent += 1
            lost = None if self._dropping_since is None else self.dropped - self._dropping_since
            self._dropping_since = None
        if lost:
            _logger.warning("Records reach %s again; %d were dropped meanwhile", self._topic, lost)

    def _fail(self, failure: BaseException) -> None:
        self._room.release()
        self._drop(type(failure).__name__)

    def _drop(self, why: str) -> None:
        with self._lock:
            first = self._dropping_since is None
            if first:
                self._dropping_since = self.dropped
            self.dropped += 1
        if first:
            _logger.warning(
                "Dropping records for topic %s on %s: %s. The answers themselves aren't affected;"
                " look whether the brokers are up and have the topic",
                *(self._topic, self._settings.kafka.brokers, why),
            )

    def _warn(self, what: str, failure: Exception) -> None:
        if not self._warned:
            self._warned = True
            _logger.warning(
                "%s (%s); trying again. OUTWATCH_KAFKA_BROKERS names the brokers",
                *(what, type(failure).__name__),
            )


def _remembering(clients: list[Any]) -> Callable[..., Any]:
    # A producer that finds no broker leaves its client behind, with a thread and two sockets.
    def made(**options: Any) -> Any:
        clients.append(KafkaProducer.DEFAULT_CONFIG["kafka_client"](**options))
        return clients[-1]

    return made
