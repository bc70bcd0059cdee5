"""Verdicts of an incident's records since a time, read as they come; and whom an action touches.

Reads as a member of no group, so nobody's progress changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from kafka import TopicPartition

from streams.config.settings import Settings, output_topics
from streams.containment.action import Scope
from streams.containment.signal import MOST_ROWS, Since
from streams.incidents.belongs import belongs
from streams.kafka.read import free_reader, partitions_of, read_until, stand_at
from streams.records import Incident, VerdictBatch

TRAFFIC_S = 300.0
"""Seconds of traffic by which it is said whom an action touches."""

ON_THE_WAY_S = 10.0
"""A record that came so many seconds ago is judged by now, unless the workers are behind."""

_STALLED_S = 20.0
_LOOK_S = 5.0

_batches = msgspec.json.Decoder(VerdictBatch)


class Traffic(msgspec.Struct, frozen=True):
    """What came of a deployment in the last minutes: records and users (hashes). Not `whole`:
    there were more than could be read in a few seconds."""

    records: int
    users: int
    whole: bool


@contextmanager
def verdicts_since(
    settings: Settings, incident: Incident, at: float
) -> Iterator[Callable[[float], Since]]:
    """Gives a function that says, at a time, what came of an incident's group since `at`.

    It raises `TimeoutError` where Kafka stops answering, and kafka-python's `KafkaError`.
    """
    deployment = incident.group.get("deployment", "")
    kept: list[VerdictBatch] = []
    covered: dict[tuple[str, int], int] = {}
    rows = 0
    with free_reader(settings) as consumer:
        partitions = partitions_of(consumer, settings.kafka.topics.verdicts)
        if partitions:
            # The embedded broker finds nothing by time.
            stand_at(consumer, partitions, 0 if settings.kafka.embedded else int(at * 1000))
        progress = _Progress(consumer, settings, at)

        def look(now: float) -> Since:
            nonlocal rows
            ends = consumer.end_offsets(partitions) if partitions else {}
            for messages in read_until(consumer, ends, _STALLED_S):
                for message in messages:
                    batch = _decoded(message.value)
                    if batch is None:
                        continue
                    place = (batch.topic, batch.partition)
                    covered[place] = max(covered.get(place, -1), batch.last_offset)
                    if batch.deployment != deployment or rows > MOST_ROWS:
                        continue
                    fresh = [r for r in batch.rows if r.event_time > at and belongs(incident, r)]
                    rows += len(fresh)
                    if fresh:
                        kept.append(msgspec.structs.replace(batch, rows=fresh))
            current = progress.current(covered, now)
            return Since(tuple(kept), current, max(0.0, now - at))

        yield look


def traffic(settings: Settings, deployment: str, scope: Scope, now: float) -> Traffic:
    """Whom an action touches, by what came in the last minutes. Raises as above."""
    users: set[str] = set()
    records = 0
    since = now - TRAFFIC_S
    with free_reader(settings) as consumer:
        partitions = partitions_of(consumer, settings.kafka.topics.verdicts)
        if not partitions:
            return Traffic(0, 0, True)
        began = 0 if settings.kafka.embedded else int(since * 1000)
        ends = stand_at(consumer, partitions, began)
        deadline = time.monotonic() + _LOOK_S
        for messages in read_until(consumer, ends, _STALLED_S):
            for message in messages:
                batch = _decoded(message.value)
                if batch is None or batch.deployment != deployment:
                    continue
                for row in batch.rows:
                    touched = (
                        row.event_time > since
                        and (not scope.tenants or row.tenant in scope.tenants)
                        and (not scope.models or row.model_version in scope.models)
                    )
                    records += touched
                    if touched and row.user:
                        users.add(row.user)
            if time.monotonic() > deadline:
                return Traffic(records, len(users), False)
    return Traffic(records, len(users), True)


class _Progress:
    """How far outputs had come when, so that it can be told whether the workers keep up."""

    def __init__(self, consumer: Any, settings: Settings, now: float) -> None:
        self._consumer = consumer
        self._places = [
            place for topic in output_topics(settings) for place in partitions_of(consumer, topic)
        ]
        self._began = self._ends()
        self._noted = [(now, self._began)]

    def current(self, covered: dict[tuple[str, int], int], now: float) -> bool:
        """Whether all outputs that came since, but for the last moments, are judged."""
        self._noted.append((now, self._ends()))
        known = [ends for at, ends in self._noted if at <= now - ON_THE_WAY_S]
        until = known[-1] if known else self._began
        return all(
            covered.get((place.topic, place.partition), -1) >= until[place] - 1
            for place in self._places
            if until[place] > self._began[place]
        )

    def _ends(self) -> dict[TopicPartition, int]:
        ends: dict[TopicPartition, int] = self._consumer.end_offsets(self._places)
        return ends


def _decoded(value: bytes | None) -> VerdictBatch | None:
    try:
        return _batches.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
