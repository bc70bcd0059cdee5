"""Reads the incidents for the contacts file, on a thread of its own, and lets them be told.

All pagers with a contacts file share the partitions of the incidents topic, by a consumer group in
which nothing is committed: whoever takes a partition up reads it whole, and the notes of whoever
had it before, and goes on from there.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from kafka import TopicPartition

from streams.config.settings import Settings
from streams.kafka.acts import partition_counts
from streams.kafka.consumer import make_consumer
from streams.kafka.read import position_of
from streams.kafka.thread import ReadingThread
from streams.paging.duty.load import reload_if_changed
from streams.paging.duty.notebook import Notebook
from streams.paging.duty.teller import Teller
from streams.paging.metrics import PagerMetrics
from streams.paging.unrouted import Unrouted
from streams.place import Place
from streams.records import Incident
from streams.words import sentence

_POLL_MS = 500
_BUSY_MS = 50
_AGAIN_S = 3.0
_RELOAD_S = 5.0
_LONGEST_ROUND_MS = 300_000
_LEAVE_S = 10.0

_decoder = msgspec.json.Decoder(Incident)


class Watch(ReadingThread):
    """The thread of the contacts file."""

    def __init__(
        self,
        settings: Settings,
        teller: Teller,
        notebook: Notebook,
        metrics: PagerMetrics,
        stop: threading.Event,
        pool: ThreadPoolExecutor,
        unrouted: Unrouted | None = None,
    ) -> None:
        super().__init__(
            settings,
            stop,
            name="contacts",
            doing="reading incidents",
            problem="no incident was read yet",
        )
        self._teller = teller
        self._notebook = notebook
        self._metrics = metrics
        self._pool = pool
        self._unrouted = unrouted
        self._looked = time.monotonic()
        self._refused = ""

    def _failed(self) -> None:
        self._metrics.restarts.labels(self.name).inc()

    def _read(self) -> None:
        kafka = self._settings.kafka
        topic = kafka.topics.pages
        if not kafka.embedded and not partition_counts(self._settings, [topic])[0]:
            self.problem = (
                f"there is no topic {topic}: make it with `outwatch topics create`; until then "
                "nobody is paged by the contacts file"
            )
            self._log.error("%s", self.problem)
            self._pause(_AGAIN_S)
            return
        consumer = make_consumer(
            self._settings,
            kafka.topics.incidents,
            # With a dot, which no receiver's name may have.
            group_id=f"{self._settings.pager.group}-.{self.name}",
            max_poll_records=500,
            session_timeout_ms=int(kafka.session_timeout_s * 1000),
            heartbeat_interval_ms=int(kafka.session_timeout_s * 1000 / 5),
            max_poll_interval_ms=_LONGEST_ROUND_MS,
        )
        try:
            self._teller.clear()
            if self._unrouted is not None:
                self._unrouted.clear()
            self._follow(consumer)
        finally:
            consumer.close(autocommit=False)

    def _follow(self, consumer: Any) -> None:
        ends: dict[TopicPartition, int] = {}
        # Until the notes are read, nobody knows whether anything is left to tell of what is over.
        waits: list[Any] = []
        asked = self._notebook.ask()
        busy = False
        while not self._stop.is_set():
            polled = consumer.poll(timeout_ms=_BUSY_MS if busy else _POLL_MS)
            assigned = consumer.assignment()
            for place in ends.keys() - assigned:
                del ends[place]
                self._teller.forget(place.partition)
                if self._unrouted is not None:
                    self._unrouted.forget(place.partition)
            if new := assigned - ends.keys():
                ends |= consumer.end_offsets(list(new))
                # Whoever had them before may have noted something until now.
                asked = self._notebook.ask()
            caught_up = all(position_of(consumer, place) >= end for place, end in ends.items())
            waits += [message for messages in polled.values() for message in messages]
            noted = self._notebook.has(asked)
            if noted:
                for message in waits:
                    if TopicPartition(message.topic, message.partition) in ends:
                        self._take(message, past=not caught_up)
                waits.clear()
            self._reload()
            if noted and caught_up:
                self.connected = True
                busy = self._teller.work()
            else:
                self._teller.collect()

    def _take(self, message: Any, *, past: bool) -> None:
        try:
            incident = _decoder.decode(message.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._log.warning(
                "an incident can't be read; nobody is paged for it by the contacts file"
            )
            return
        place = Place(message.topic, message.partition, message.offset)
        self._teller.take(place, incident)
        if self._unrouted is not None:
            self._unrouted.see(incident, message.partition, past=past)

    def _reload(self) -> None:
        if time.monotonic() - self._looked < _RELOAD_S:
            return
        self._looked = time.monotonic()
        teller = self._teller
        path = str(self._settings.pager.contacts)
        new, wrong = reload_if_changed(path, teller.contacts, teller.known)
        self._metrics.contacts_refused.set(wrong is not None)
        if wrong is not None and str(wrong) != self._refused:
            self._log.error("%s The contacts that were in force stay", sentence(str(wrong)))
        self._refused = str(wrong or "")
        if new is None:
            return
        for name in sorted(new.receivers ^ teller.contacts.receivers):
            self._log.warning(
                "the contacts file names %s since its change, or names it no more: start the pager "
                "again, so that it isn't told twice, or by nobody",
                name,
            )
        teller.contacts = new
        self._log.info("the contacts file was read again")

    def _pause(self, seconds: float) -> None:
        """Waits; what is due is told all the same, as far as it was known."""
        until = time.monotonic() + seconds
        while not self._stop.wait(0.5) and time.monotonic() < until:
            self._teller.collect()

    def _ended(self) -> None:
        """Lets the deliveries in hand end, and notes them."""
        until = time.monotonic() + _LEAVE_S
        while self._teller.busy and time.monotonic() < until:
            self._teller.collect()
            time.sleep(0.05)
        self._pool.shutdown(wait=False, cancel_futures=True)
