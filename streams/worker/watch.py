"""Looks at a worker from outside its event loop: lag, stalls, readiness, liveness.

A thread of its own asks the broker how long the assigned partitions are. A partition that has
lag and doesn't move, or an event loop that doesn't turn, ends the process with a clear
message, so that its supervisor starts it anew: nothing is lost by that, since whatever was
not acknowledged is read again.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from kafka import TopicPartition

from streams.config.settings import Settings, output_topics
from streams.health import Pages, Server, serve
from streams.kafka.consumer import make_consumer
from streams.kafka.probe import Probe
from streams.kafka.trouble import refusal
from streams.worker.metrics import Metrics

log = logging.getLogger(__name__)

STALLED_EXIT = 70
"""Exit code of a worker that the watchdog has ended."""

_INTERVAL_S = 2.0
_UNSENT_S = 5.0
_STARTING = "starting"
_Partition = tuple[str, int]

_UNASSIGNED = (
    "no partition is assigned: the group is settling, or there are more workers than partitions"
)


class Watch:
    """State shared between the event loop (which writes) and the watching thread."""

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        memory: Callable[[], Iterable[int]] = tuple,
        end: Callable[[int], None] = os._exit,
        reached: Callable[[TopicPartition, int], int] = lambda place, processed: processed,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._memory = memory
        self._end = end
        self._reached = reached
        self._lock = threading.Lock()
        self._assigned: dict[_Partition, float] = {}
        self._next: dict[_Partition, int] = {}
        self._beat_at = time.monotonic()
        self._stop = threading.Event()
        self._lag: dict[_Partition, int] = {}
        self._server: Server[Pages] | None = None
        self._sent = 0
        self._sends: dict[int, tuple[str, float]] = {}
        self._unsent: dict[str, tuple[str, float]] = {}
        topics = settings.kafka.topics
        self._probe = Probe(
            settings,
            (
                *(topics.feedback, topics.acts, topics.verdicts, topics.windows),
                *(topics.incidents, topics.dead),
            ),
            metrics.kafka_answers,
            sources=output_topics(settings),
        )
        self.models_loaded = False
        self.problem = _STARTING
        self.waits: Callable[[], str] = lambda: ""
        self.no_acts: Callable[[], str] = lambda: ""
        self.pages = Pages(metrics.registry, self.ready, self.live)

    def beat(self) -> None:
        """The event loop turns."""
        self._beat_at = time.monotonic()

    def assign(self, places: Iterable[_Partition]) -> None:
        """These partitions, and no others, are this worker's now."""
        now = time.monotonic()
        with self._lock:
            self._assigned = dict.fromkeys(places, now)
            self._next = {}
            self._lag = {}
        counts: dict[str, int] = {}
        for topic, _ in self._assigned:
            counts[topic] = counts.get(topic, 0) + 1
        self._metrics.lag.clear()
        self._metrics.assigned.clear()
        for topic, count in counts.items():
            self._metrics.assigned.labels(topic).set(count)

    def moved(self, topic: str, partition: int, offset: int) -> None:
        """Everything before this offset is processed."""
        place = (topic, partition)
        with self._lock:
            if place in self._assigned:
                self._assigned[place] = time.monotonic()
                self._next[place] = offset

    def working(self) -> None:
        """One batch of outputs takes long, but goes on: all that wait for it don't stand still."""
        topics = {*output_topics(self._settings), self._settings.kafka.topics.feedback}
        now = time.monotonic()
        with self._lock:
            for place in self._assigned:
                if place[0] in topics:
                    self._assigned[place] = now

    def lag(self) -> int:
        """Messages of the outputs topics that wait in this worker's partitions."""
        topics = output_topics(self._settings)
        with self._lock:
            return sum(lag for (name, _), lag in self._lag.items() if name in topics)

    def ready(self) -> tuple[bool, dict[str, object]]:
        """Whether this worker does its work, and why not."""
        with self._lock:
            assigned = len(self._assigned)
            lag = {f"{topic}-{n}": value for (topic, n), value in self._lag.items()}
        unsent = self._unsent_problem()
        kafka = self._probe.problem
        answers = self._probe.answers
        problems = {
            "broker_answers": "" if answers else kafka,
            "topics_there": kafka if answers else "",
            "publishing": unsent,
            "models_loaded": "" if self.models_loaded else "the detectors aren't loaded yet",
            "assigned": "" if assigned else _UNASSIGNED,
            "event_loop_turns": "" if self._turns() else "the event loop doesn't turn",
            "not_stalled": self.problem,
            "schemas_at_hand": self.waits(),
        }
        told = [problem for problem in problems.values() if problem]
        if self.problem == _STARTING and not (kafka or unsent):
            told = [_STARTING]
        # Records are scored without people's acts, so that alone makes no worker unready.
        elif not kafka and (no_acts := self.no_acts()):
            told.append(no_acts)
        checks = {name: not problem for name, problem in problems.items()}
        return all(checks.values()), {
            "ready": all(checks.values()),
            "checks": checks,
            "partitions": assigned,
            "lag": lag,
            "missing_sources": list(self._probe.missing_sources),
            "problem": "; ".join(told),
        }

    @contextmanager
    def sending(self, topic: str) -> Iterator[None]:
        """Surrounds one try to send a message, so that it is seen when none gets through."""
        with self._lock:
            self._sent += 1
            number = self._sent
            self._sends[number] = topic, time.monotonic()
        try:
            yield
        except Exception as failure:
            with self._lock:
                since = self._unsent.get(topic, ("", time.monotonic()))[1]
                self._unsent[topic] = refusal(self._settings, failure), since
            raise
        else:
            with self._lock:
                self._unsent.pop(topic, None)
        finally:
            with self._lock:
                del self._sends[number]

    def _unsent_problem(self) -> str:
        now = time.monotonic()
        with self._lock:
            failing = {topic: (why, now - since) for topic, (why, since) in self._unsent.items()}
            for topic, since in self._sends.values():
                if now - since > max(_UNSENT_S, failing.get(topic, ("", 0.0))[1]):
                    failing[topic] = "no answer", now - since
        return "; ".join(
            f"sending to {topic} fails ({why}, for {seconds:.0f} s)"
            for topic, (why, seconds) in sorted(failing.items())
        )

    def live(self) -> tuple[bool, dict[str, object]]:
        """Whether the event loop turns."""
        turns = self._turns()
        return turns, {"live": turns}

    def start(self) -> None:
        """Starts the server of the pages (none if the port is 0) and the watching thread.

        Raises `UsageError` where the port can't be had.
        """
        web = self._settings.web
        if web.port:
            self._server = serve(
                web.host,
                web.port,
                self.pages,
                "Give each worker of a machine a port of its own with OUTWATCH_WEB_PORT, or 0 for "
                "none",
            )
        self._probe.start()
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def stop(self) -> None:
        """Ends the watching and the pages: the worker is leaving by itself."""
        self._stop.set()
        self._probe.stop()
        if self._server is not None:
            self._server.close()
            self._server = None

    def _turns(self) -> bool:
        return time.monotonic() - self._beat_at < self._settings.stall_timeout_s

    def _watch(self) -> None:
        consumer: Any = None
        while not self._stop.wait(_INTERVAL_S):
            try:
                if consumer is None:
                    consumer = self._consumer()
                self._measure(consumer)
            except Exception as failure:
                # The broker may be away; the partitions' own clocks go on below.
                log.debug("lag can't be measured: %s", type(failure).__name__)
                if consumer is not None:
                    consumer.close()
                consumer = None
            self._judge()
        if consumer is not None:
            consumer.close()

    def _consumer(self) -> Any:
        return make_consumer(
            self._settings, group_id=self._settings.kafka.group, request_timeout_ms=10_000
        )

    def _measure(self, consumer: Any) -> None:
        with self._lock:
            places = list(self._assigned)
            known = dict(self._next)
        partitions = [TopicPartition(topic, number) for topic, number in places]
        ends = consumer.end_offsets(partitions) if partitions else {}
        fresh = [place for place in partitions if place not in known]
        starts = consumer.beginning_offsets(fresh) if fresh else {}
        lags = {}
        for partition in partitions:
            place = (partition.topic, partition.partition)
            if place not in known:
                committed = consumer.committed(partition)
                known[place] = starts[partition] if committed is None else committed
            lags[place] = max(0, ends[partition] - self._reached(partition, known[place]))
        now = time.monotonic()
        with self._lock:
            self._lag = {place: lag for place, lag in lags.items() if place in self._assigned}
            for place, lag in self._lag.items():
                if lag == 0:
                    self._assigned[place] = now
        for (topic, number), lag in self._lag.items():
            self._metrics.lag.labels(topic, str(number)).set(lag)
        self._metrics.pool_memory.set(resident_bytes(self._memory()))

    def _judge(self) -> None:
        limit = self._settings.stall_timeout_s
        now = time.monotonic()
        with self._lock:
            stuck = [
                f"{topic}-{number}"
                for (topic, number), moved_at in self._assigned.items()
                if now - moved_at > limit and self._lag.get((topic, number), 0) > 0
            ]
            if not self._probe.answers:
                # What stands still then stands for that reason, and may go on when it is back.
                stuck = []
                self._assigned = dict.fromkeys(self._assigned, now)
        self.problem = ""
        if not self._turns():
            self.problem = f"the event loop has not turned for {limit:g} s"
        elif stuck:
            self.problem = f"{', '.join(stuck)} had lag and did not move for {limit:g} s"
        self._metrics.stalled.set(bool(self.problem))
        if self.problem:
            log.critical(
                "%s; ending with code %d so that a supervisor starts a new worker",
                self.problem,
                STALLED_EXIT,
            )
            logging.shutdown()
            self._end(STALLED_EXIT)


def resident_bytes(pids: Iterable[int]) -> int:
    """Resident memory of some processes; those that have just ended count nothing."""
    total = 0
    for pid in pids:
        try:
            total += psutil.Process(pid).memory_info().rss
        except psutil.Error:
            continue
    return total
