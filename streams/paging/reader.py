"""Reads the incidents topic for one receiver, and commits what its line has dealt with.

Each receiver reads in a consumer group of its own (`outwatch-pager-webhook`), on a thread of
its own. So Kafka itself keeps each one's progress, and a receiver that is down delays nobody
else. The thread goes on polling while pages wait, so the group keeps its member however long
a receiver is down; what isn't told isn't committed.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import msgspec
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from streams.config.settings import Settings
from streams.kafka.batches import Loss, Losses
from streams.kafka.consumer import make_consumer
from streams.kafka.read import free_reader, position_of, read_until
from streams.kafka.thread import ReadingThread
from streams.paging.line import Line, Phase
from streams.paging.metrics import PagerMetrics
from streams.place import Place

_POLL_S = 0.5
_WORK_S = 2.0
_LOOK_S = 5.0
_REMEMBERED = 50_000
_REMEMBER_S = 60.0
_CATCH_UP_S = 30.0
_ANSWER_MS = 5_000
# Far longer than a delivery may block: who blocks longer loses its partitions.
_LONGEST_ROUND_MS = 300_000


class _Reach(msgspec.Struct, frozen=True):
    """How far a partition went when it was taken up, and whether it was ever read before."""

    end: int
    phase: Phase


class Reader(ReadingThread):
    """One receiver's thread."""

    def __init__(
        self, settings: Settings, line: Line, metrics: PagerMetrics, stop: threading.Event
    ) -> None:
        super().__init__(
            settings,
            stop,
            name=line.name,
            doing="reading incidents",
            problem="no incident was read yet",
        )
        self._metrics = metrics
        self._line = line
        self._consumer: Any = None
        self._losses = Losses(self._lost)
        self._reach: dict[TopicPartition, _Reach] = {}
        self._next: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, tuple[int, str]] = {}
        self._catch_up_until = 0.0
        self._looked = 0.0
        self._began_ms = time.time() * 1000

    def _failed(self) -> None:
        self._metrics.restarts.labels(self.name).inc()

    def _read(self) -> None:
        kafka = self._settings.kafka
        self._consumer = make_consumer(
            self._settings,
            kafka.topics.incidents,
            losses=self._losses,
            group_id=f"{self._settings.pager.group}-{self.name}",
            max_poll_records=500,
            session_timeout_ms=int(kafka.session_timeout_s * 1000),
            heartbeat_interval_ms=int(kafka.session_timeout_s * 1000 / 5),
            max_poll_interval_ms=_LONGEST_ROUND_MS,
        )
        try:
            self._line.clear()
            self._reach, self._next, self._committed = {}, {}, {}
            while not self._stop.is_set():
                pause_s = _POLL_S if self._behind() else min(_POLL_S, self._line.rest_s())
                polled = self._consumer.poll(timeout_ms=int(pause_s * 1000))
                self._follow_assignment()
                for partition, messages in polled.items():
                    self._take(partition, messages)
                self._pass_markers()
                self._commit()
                if not self._behind():
                    self._line.keep_alive()
                    self._work()
                self._hold_back()
                self._look(0 if polled else _LOOK_S)
        finally:
            self._consumer.close(autocommit=False)

    def _lost(self, loss: Loss) -> None:
        self._metrics.pages.labels(self.name, "none", "unreadable").inc(loss.count)

    def _follow_assignment(self) -> None:
        assigned = self._consumer.assignment()
        for partition in self._reach.keys() - assigned:
            del self._reach[partition]
            self._committed.pop(partition, None)
            self._next.pop(partition, None)
            self._line.forget(partition.partition)
        for partition in assigned - self._reach.keys():
            self._take_up(partition)
            self._catch_up_until = time.monotonic() + _CATCH_UP_S

    def _take(self, partition: TopicPartition, messages: list[Any]) -> None:
        reach = self._reach[partition]
        for message in messages:
            phase: Phase = reach.phase if message.offset < reach.end else "live"
            if phase == "history" and message.timestamp >= self._began_ms:
                # Joining the group takes seconds, in which incidents come like any other.
                phase = "live"
            place = Place(message.topic, message.partition, message.offset)
            self._line.take(place, message.value, phase)
            self._next[partition] = message.offset + 1

    def _pass_markers(self) -> None:
        # Transactions end with an offset that holds no message.
        for partition in self._reach:
            position = position_of(self._consumer, partition)
            if position > self._next[partition]:
                self._next[partition] = position
                self._line.desk.pass_to(partition.partition, position)

    def _work(self) -> None:
        """Tells what is due, for a while: then Kafka must be asked again."""
        until = time.monotonic() + _WORK_S
        while not self._stop.is_set() and self._line.work():
            self._commit()
            if time.monotonic() > until:
                return
        self._commit()

    def _behind(self) -> bool:
        """Whether newer states of what waits are still to be read, so that telling can wait.

        For what came before a receiver's first start it waits however long that takes: most of
        it is over.
        """
        if self._line.desk.full:
            return False
        patient = time.monotonic() <= self._catch_up_until
        return any(
            self._next[place] < reach.end
            for place, reach in self._reach.items()
            if patient or reach.phase == "history"
        )

    def _hold_back(self) -> None:
        if self._line.desk.full:
            self._consumer.pause(*self._consumer.assignment())
        elif self._consumer.paused():
            self._consumer.resume(*self._consumer.paused())

    def _commit(self) -> None:
        commits = self._line.commits()
        changed = {}
        for partition in self._reach:
            wanted = commits.get(partition.partition)
            if wanted is not None and wanted != self._committed.get(partition):
                changed[partition] = wanted
        if changed:
            self._consumer.commit({p: OffsetAndMetadata(o, m, -1) for p, (o, m) in changed.items()})
            self._committed |= changed

    def _take_up(self, partition: TopicPartition) -> None:
        """Tells the line what was dealt with before, from the topic."""
        end = int(self._consumer.end_offsets([partition])[partition])
        committed = self._consumer.committed(partition, metadata=True)
        if committed is None or committed.offset < 0:
            first = int(self._consumer.beginning_offsets([partition])[partition])
            self._line.start(partition.partition, first, "")
            self._next[partition] = first
            self._reach[partition] = _Reach(end, "history")
            return
        offset = int(committed.offset)
        self._line.start(partition.partition, offset, committed.metadata or "")
        with free_reader(self._settings) as reader:
            reader.assign([partition])
            first = reader.beginning_offsets([partition])[partition]
            reader.seek(partition, max(first, offset - _REMEMBERED))
            deadline = time.monotonic() + _REMEMBER_S
            for messages in read_until(reader, {partition: offset}):
                for message in messages:
                    self._line.recall(partition.partition, message.value)
                if time.monotonic() > deadline:
                    self._log.warning("%s: not all earlier incidents could be read", self.name)
                    break
        self._committed[partition] = (offset, committed.metadata or "")
        self._next[partition] = offset
        self._reach[partition] = _Reach(end, "catch-up")

    def _look(self, every_s: float) -> None:
        """Measures the lag now and then, which also shows whether Kafka still answers."""
        if time.monotonic() - self._looked < every_s and self.connected:
            return
        assigned = list(self._reach)
        ends = self._consumer.end_offsets(assigned, timeout_ms=_ANSWER_MS) if assigned else {}
        done = self._line.desk.offsets()
        behind = sum(max(0, end - done[place.partition]) for place, end in ends.items())
        self._metrics.lag.labels(self.name).set(behind)
        self._looked = time.monotonic()
        self.connected = True
