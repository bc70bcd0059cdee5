"""Where an export's verdicts come from: the topic as it is now, or files of its messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition

from streams.brokers import client_options
from streams.errors import BadRecord, UsageError
from streams.export.columns import rows
from streams.intake.decode import decode_json
from streams.records import VerdictBatch
from streams.settings import Settings

_decoder = msgspec.json.Decoder(VerdictBatch)
_ANSWER_MS = 60_000
# A record's verdict is published after it was made, unless clocks differ.
_SLACK_S = 600.0


class Chosen(msgspec.Struct, kw_only=True):
    """Which rows to export, and what was seen while reading.

    `since` (included) and `until` (excluded) are event times in seconds. Counted are rows read,
    rows that came again, and messages that can't be read.
    """

    since: float | None = None
    until: float | None = None
    deployments: frozenset[str] = frozenset()
    read: int = 0
    repeated: int = 0
    unreadable: int = 0
    _done: dict[tuple[str, str], tuple[int, int]] = {}

    def rows(self, values: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        """The rows wanted of verdict messages, each once, in order."""
        for value in values:
            try:
                batch = decode_json(value, _decoder, VerdictBatch)
            except BadRecord:
                self.unreadable += 1
                continue
            yield from self._of(batch)

    def _of(self, batch: VerdictBatch) -> Iterator[dict[str, Any]]:
        if self.deployments and batch.deployment not in self.deployments:
            return
        key = batch.deployment, batch.source
        done = self._done.get(key, (-1, -1))
        for row, flat in zip(batch.rows, rows(batch), strict=True):
            self.read += 1
            # A worker that was killed publishes again what it hadn't committed.
            if (row.offset, row.part) <= done:
                self.repeated += 1
            elif self._within(row.event_time):
                yield flat
        self._done[key] = max(done, (batch.last_offset, batch.last_part))

    def _within(self, moment: float) -> bool:
        return (self.since is None or moment >= self.since) and (
            self.until is None or moment < self.until
        )


def from_kafka(
    settings: Settings, since: float | None, moved: Callable[[int, int], None]
) -> Iterator[bytes]:
    """The messages on the verdicts topic now; `moved` hears how many of how many were read.

    Raises `UsageError` where there is no such topic, or it stops answering, and kafka-python's
    `KafkaError`.
    """
    topic = settings.kafka.topics.verdicts
    consumer = KafkaConsumer(**client_options(settings), group_id=None, enable_auto_commit=False)
    try:
        places = [
            TopicPartition(topic, number)
            for number in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        if not places:
            raise UsageError(f"there is no topic {topic}. Make it with: outwatch topics create")
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        consumer.seek_to_beginning(*places)
        if since is not None and since > _SLACK_S:
            times = dict.fromkeys(places, int((since - _SLACK_S) * 1000))
            for place, found in consumer.offsets_for_times(times).items():
                consumer.seek(place, found.offset if found is not None else ends[place])
        left = {place: ends[place] - consumer.position(place) for place in places}
        total = sum(left.values())
        while any(amount > 0 for amount in left.values()):
            polled = consumer.poll(timeout_ms=_ANSWER_MS)
            if not polled:
                raise UsageError(
                    f"{topic} gave nothing for {_ANSWER_MS // 1000} s. Try again, or look with: "
                    "outwatch doctor"
                )
            for place, messages in polled.items():
                for message in messages:
                    if message.offset < ends[place] and message.value is not None:
                        yield message.value
                left[place] = ends[place] - consumer.position(place)
            moved(total - sum(max(0, amount) for amount in left.values()), total)
    finally:
        consumer.close(autocommit=False)
