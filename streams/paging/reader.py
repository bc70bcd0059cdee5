"""Reads the incidents topic for one receiver, and commits what its line has dealt with.

Each receiver reads in a consumer group of its own (`outwatch-pager-webhook`), on a thread of
its own. So Kafka itself keeps each one's progress, a receiver that is down delays nobody
else, and nothing piles up in memory: what waits, waits in Kafka.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from streams.brokers import client_options
from streams.paging.line import Line, Place
from streams.paging.metrics import PagerMetrics
from streams.settings import Settings

log = logging.getLogger(__name__)

_POLL_S = 0.5
_LOOK_S = 5.0
_AGAIN_S = 3.0
_REMEMBERED = 10_000
_REMEMBER_S = 60.0
_ANSWER_MS = 5_000
# Longer than all tries at one page take, Retry-After included.
_LONGEST_DELIVERY_MS = 3_600_000


class Reader:
    """One receiver's thread. `start`, then `stop` and `join`.

    `connected` says whether Kafka answered lately.
    """

    def __init__(
        self,
        settings: Settings,
        make_line: Callable[[Callable[[float], bool]], Line],
        metrics: PagerMetrics,
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._metrics = metrics
        self._line = make_line(self._wait)
        self.name = self._line.name
        self.connected = False
        self._consumer: Any = None
        self._done: dict[TopicPartition, int] = {}
        self._looked = 0.0
        self._thread = threading.Thread(target=self._run, name=f"pager-{self.name}", daemon=True)

    def start(self) -> None:
        """Starts reading."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def join(self, timeout_s: float) -> bool:
        """Waits for the thread's end; False when it takes longer."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except Exception as failure:
                # Whatever it was, nothing uncommitted is lost by beginning again.
                self.connected = False
                kind = type(failure).__name__
                known = isinstance(failure, KafkaError)
                log.log(
                    logging.WARNING if known else logging.ERROR,
                    "%s: reading incidents failed (%s); beginning again",
                    self.name,
                    kind,
                )
                self._metrics.restarts.labels(self.name).inc()
                self._stop.wait(_AGAIN_S)
        self.connected = False

    def _read(self) -> None:
        kafka = self._settings.kafka
        self._consumer = KafkaConsumer(
            kafka.topics.incidents,
            **client_options(self._settings),
            group_id=f"{self._settings.pager.group}-{self.name}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=50,
            session_timeout_ms=int(kafka.session_timeout_s * 1000),
            heartbeat_interval_ms=int(kafka.session_timeout_s * 1000 / 5),
            max_poll_interval_ms=_LONGEST_DELIVERY_MS,
        )
        try:
            self._done = {}
            while not self._stop.is_set():
                polled = self._consumer.poll(timeout_ms=int(_POLL_S * 1000))
                assigned = self._consumer.assignment()
                for partition in assigned - self._done.keys():
                    self._done[partition] = self._remember(partition)
                for partition in self._done.keys() - assigned:
                    del self._done[partition]
                for partition, messages in polled.items():
                    if not self._handle(partition, messages):
                        return
                self._look(0 if polled else _LOOK_S)
        finally:
            self._consumer.close(autocommit=False)

    def _handle(self, partition: TopicPartition, messages: list[Any]) -> bool:
        for message in messages:
            if self._stop.is_set():
                return False
            place = Place(message.topic, message.partition, message.offset)
            if not self._line.handle(place, message.value):
                return False
            done = message.offset + 1
            self._consumer.commit({partition: OffsetAndMetadata(done, "", -1)})
            self._done[partition] = done
            self._look(_LOOK_S)
        return True

    def _remember(self, partition: TopicPartition) -> int:
        """Tells the line what was dealt with before, from the topic; gives the next offset."""
        committed = self._consumer.committed(partition)
        if not committed:
            return int(self._consumer.beginning_offsets([partition])[partition])
        reader = KafkaConsumer(**client_options(self._settings), group_id=None)
        try:
            reader.assign([partition])
            first = reader.beginning_offsets([partition])[partition]
            reader.seek(partition, max(first, committed - _REMEMBERED))
            deadline = time.monotonic() + _REMEMBER_S
            while reader.position(partition) < committed:
                for message in reader.poll(timeout_ms=500).get(partition, []):
                    if message.offset < committed:
                        self._line.remember(message.value)
                if time.monotonic() > deadline:
                    log.warning("%s: not all earlier incidents could be read", self.name)
                    break
        finally:
            reader.close()
        return int(committed)

    def _look(self, every_s: float) -> None:
        """Measures the lag now and then, which also shows whether Kafka still answers."""
        if time.monotonic() - self._looked < every_s and self.connected:
            return
        assigned = list(self._consumer.assignment())
        ends = self._consumer.end_offsets(assigned, timeout_ms=_ANSWER_MS) if assigned else {}
        behind = sum(max(0, end - self._done[place]) for place, end in ends.items())
        self._metrics.lag.labels(self.name).set(behind)
        self._looked = time.monotonic()
        self.connected = True

    def _wait(self, seconds: float) -> bool:
        """Waits before another try, and keeps the lag true meanwhile."""
        deadline = time.monotonic() + seconds
        while not self._stop.is_set() and (left := deadline - time.monotonic()) > 0:
            self._stop.wait(min(left, _LOOK_S))
            try:
                self._look(_LOOK_S)
            except KafkaError:
                self.connected = False
        return self._stop.is_set()
