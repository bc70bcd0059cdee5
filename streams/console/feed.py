"""Reads the topics into the store, on two threads: what people work on, and verdicts.

It reads as a member of no group, goes on where the store stands, and begins again after whatever
goes wrong. Where Kafka doesn't answer, `Feed.standing` says since when; the store keeps what it
has.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from kafka import TopicPartition

from streams.config.settings import Settings, output_topics
from streams.console import fill
from streams.console.progress import Progress, progress
from streams.console.store import Store, tell, trim_events
from streams.kafka.read import free_reader, messages_at, partitions_of, position_of, stand_at
from streams.kafka.thread import ReadingThread

log = logging.getLogger(__name__)

Topic = Literal["incidents", "acts", "pages", "verdicts", "dead"]

_POLL_MS = 500
_LOOK_S = 4.0
_ANSWER_MS = 3_000
_STALLED_S = 20.0
_TRAFFIC_S = 3.0
_TRIM_S = 60.0
# Messages of one transaction: a verdict holds hundreds of rows, and incidents don't wait long.
_MOST_VERDICTS, _MOST_OTHERS = 40, 1_000

WORKED_ON: Final[tuple[Topic, ...]] = ("incidents", "acts", "pages")
"""Read from their beginning: small, and what a page can't do without."""

SEEN: Final[tuple[Topic, ...]] = ("verdicts", "dead")
"""Read from some hours back on."""


class Standing(msgspec.Struct, frozen=True):
    """How the feed stands. `away_since` is since when Kafka hasn't answered, in seconds since the
    epoch, None while it does; `why` says what is wrong. `behind` are messages still to be read,
    None where that isn't known. `progress` says whether records are being scored, None before
    that was looked at."""

    away_since: float | None = None
    why: str = ""
    behind: int | None = None
    progress: Progress | None = None


class Feed:
    """Both threads. `start`, then `stop` and `join`; `woken` is called after each change."""

    def __init__(self, settings: Settings, store: Store, woken: Callable[[], None]) -> None:
        self._stop = threading.Event()
        self._readers = [
            _Reader(settings, store, topics, woken, self._stop) for topics in (WORKED_ON, SEEN)
        ]

    def start(self) -> None:
        """Starts reading."""
        for one in self._readers:
            one.start()

    def stop(self) -> None:
        """Ends reading, and waits for it."""
        self._stop.set()
        for one in self._readers:
            one.join(_STALLED_S)

    def standing(self) -> Standing:
        """How it stands now, over both threads."""
        found = [one.standing for one in self._readers]
        away = [one for one in found if one.away_since is not None]
        known = [one.behind for one in found if one.behind is not None]
        return Standing(
            away_since=min((one.away_since or 0.0 for one in away), default=None),
            why=next((one.why for one in away if one.why), ""),
            behind=sum(known) if len(known) == len(found) else None,
            progress=found[-1].progress,
        )


class _Reader(ReadingThread):
    """One thread: its topics, by their names among the settings."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        topics: Sequence[Topic],
        woken: Callable[[], None],
        stop: threading.Event,
    ) -> None:
        super().__init__(
            settings,
            stop,
            name=f"the console's {topics[0]}",
            doing="reading",
            problem="it is asked for the first time",
        )
        self._store = store
        self._names: dict[str, Topic] = {
            getattr(settings.kafka.topics, topic): topic for topic in topics
        }
        self._at_once = _MOST_VERDICTS if "verdicts" in topics else _MOST_OTHERS
        self._woken = woken
        self._answered = time.time()
        self._looked = self._told = self._trimmed = 0.0
        self._behind: int | None = None
        self._progress: Progress | None = None
        self._said_min = 0

    @property
    def standing(self) -> Standing:
        """How it stands."""
        if self.connected:
            return Standing(behind=self._behind, progress=self._progress)
        return Standing(away_since=self._answered, why=self.problem)

    def _failed(self) -> None:
        self._progress = None
        self._tell_health()

    def _read(self) -> None:
        with free_reader(self._settings, max_poll_records=self._at_once) as consumer:
            places = self._stand(consumer)
            while not self._stop.is_set():
                polled = consumer.poll(timeout_ms=_POLL_MS) if places else {}
                if polled:
                    self._take(consumer, polled)
                if not places:
                    self._stop.wait(_LOOK_S)
                if time.monotonic() - self._looked > _LOOK_S:
                    self._look(consumer, places)
                    if self._places(consumer) != places:
                        return

    def _places(self, consumer: Any) -> list[TopicPartition]:
        return [place for name in self._names for place in partitions_of(consumer, name)]

    def _stand(self, consumer: Any) -> list[TopicPartition]:
        """Puts the consumer where the store stands; what was read of topics made anew goes."""
        places = self._places(consumer)
        if not places:
            return places
        known = {
            TopicPartition(row["topic"], row["partition"]): (row["next"], row["at_ms"])
            for row in self._store.rows("SELECT * FROM positions")
        }
        console = self._settings.console
        since = int((time.time() - min(console.begin_s, console.keep_s)) * 1000)
        ends = stand_at(consumer, places)
        changed = {
            place.topic
            for place in places
            if place in known and not _same(consumer, place, *known[place], ends[place])
        }
        for name in changed:
            log.info("%s was made anew, so it is read anew", name)
            self._forget(name)
        # The demo's broker knows no times, and keeps little.
        whole = "verdicts" not in self._names.values() or self._settings.kafka.embedded
        stand_at(consumer, places, 0 if whole else since)
        for place in places:
            if place in known and place.topic not in changed:
                consumer.seek(place, known[place][0])
        return places

    def _forget(self, name: str) -> None:
        with self._store.writing() as connection:
            connection.execute("DELETE FROM positions WHERE topic = ?", (name,))
            self._store.forget(self._names[name])
            tell(connection, "anew", self._names[name])

    def _take(self, consumer: Any, polled: Mapping[TopicPartition, Sequence[Any]]) -> None:
        with self._store.writing() as connection:
            for place, messages in polled.items():
                add = self._names[place.topic]
                for message in messages:
                    if not _add(connection, add, message):
                        log.warning(
                            "%s/%d/%d can't be read", place.topic, place.partition, message.offset
                        )
                connection.execute(
                    "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)",
                    (
                        place.topic,
                        place.partition,
                        position_of(consumer, place),
                        messages[-1].timestamp if messages else 0,
                    ),
                )
            if "verdicts" in self._names.values() and time.monotonic() - self._told > _TRAFFIC_S:
                self._told = time.monotonic()
                tell(connection, "traffic")
            if time.monotonic() - self._trimmed > _TRIM_S:
                self._trimmed = time.monotonic()
                console = self._settings.console
                fill.trim(connection, time.time() - console.keep_s, console.most_records)
                trim_events(connection)
        self._woken()

    def _look(self, consumer: Any, places: list[TopicPartition]) -> None:
        """Asks where the topics end, which also shows whether Kafka still answers."""
        ends = consumer.end_offsets(places, timeout_ms=_ANSWER_MS) if places else {}
        behind = sum(max(0, end - position_of(consumer, place)) for place, end in ends.items())
        self._behind = behind
        if "verdicts" in self._names.values():
            self._look_at_outputs(consumer)
        self._looked, self._answered = time.monotonic(), time.time()
        if not self.connected:
            self.connected = True
            self._tell_health()

    def _look_at_outputs(self, consumer: Any) -> None:
        """Looks whether records are being scored, and tells who listens where they aren't: no
        verdict would."""
        places = [
            place
            for topic in output_topics(self._settings)
            for place in partitions_of(consumer, topic)
        ]
        found = consumer.end_offsets(places, timeout_ms=_ANSWER_MS) if places else {}
        ends = {(place.topic, place.partition): end for place, end in found.items()}
        now = time.time()
        self._progress = progress(self._progress, reached(self._store), ends, now)
        stuck_min = int(self._progress.stuck_s(now) // 60)
        if stuck_min != self._said_min:
            self._said_min = stuck_min
            self._tell_health()

    def _tell_health(self) -> None:
        with self._store.writing() as connection:
            tell(connection, "health")
        self._woken()


def _same(consumer: Any, place: TopicPartition, next_: int, at_ms: int, end: int) -> bool:
    """Whether a partition is the one that was read before, as far as can be told: it is as long at
    least, and what was read last has the same time, if it is there still."""
    if next_ > end:
        return False
    if next_ <= consumer.beginning_offsets([place])[place]:
        return True
    last = next(messages_at(consumer, place, [next_ - 1], _STALLED_S), (0, None))[1]
    return last is None or last.timestamp == at_ms


def reached(store: Store) -> dict[tuple[str, int], int]:
    """By topic and partition of outputs, the offset after the last one that a verdict covers."""
    return {
        (row["topic"], row["partition"]): row["reached"] + 1
        for row in store.rows(
            "SELECT topic, partition, max(last_offset) AS reached FROM sources"
            " GROUP BY topic, partition"
        )
    }


def _add(connection: Any, topic: Topic, message: Any) -> bool:
    match topic:
        case "incidents":
            return fill.add_incident(connection, message.value)
        case "acts":
            return fill.add_act(connection, message.value)
        case "pages":
            place = f"{message.topic}/{message.partition}/{message.offset}"
            return fill.add_page(connection, place, message.value)
        case "verdicts":
            return fill.add_verdicts(connection, message.value)
        case "dead":
            return fill.add_dead(connection, message.value)
