"""Reading a topic to its present end: what lies before it, once, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition

from streams.config.settings import Settings
from streams.kafka.connect import admin_client
from streams.kafka.read import free_reader, partitions_of, read_merged, read_until, stand_at
from tests.support.kafka_broker import make_topic, send

HOUR_MS = 60 * 60 * 1000
NOW_MS = 1_764_000_000_000


class Scripted:
    """A consumer of one partition that is polled by a script: (offsets given, position after)."""

    def __init__(self, *script: tuple[list[int], int | None], position: int | None = 0) -> None:
        self._script = list(script)
        self._position = position

    def position(self, partition: TopicPartition) -> int | None:
        return self._position

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        offsets, self._position = self._script.pop(0) if self._script else ([], self._position)
        return {ONE: [SimpleNamespace(offset=offset) for offset in offsets]} if offsets else {}


ONE = TopicPartition("t", 0)


def read(consumer: Any, end: int, stalled_after_s: float = float("inf")) -> list[list[int]]:
    return [
        [message.offset for message in messages]
        for messages in read_until(consumer, {ONE: end}, stalled_after_s)
    ]


@pytest.mark.parametrize(
    ("script", "start", "end", "found"),
    [
        pytest.param([], 0, 0, [], id="empty"),
        pytest.param([([0, 1], 2)], 0, 2, [[0, 1]], id="whole"),
        pytest.param([([0, 1, 2], 3)], 0, 2, [[0, 1]], id="not what came meanwhile"),
        pytest.param([([], 0), ([0], 1)], 0, 1, [[], [0]], id="a poll that brings nothing"),
        pytest.param([([0], 1), ([], 5)], 0, 5, [[0], []], id="ends with what compaction left"),
        pytest.param([([], None), ([0], 1)], None, 1, [[], [0]], id="position not known at first"),
    ],
)
def test_reads_to_the_end(
    script: list[tuple[list[int], int | None]],
    start: int | None,
    end: int,
    found: list[list[int]],
) -> None:
    assert read(Scripted(*script, position=start), end) == found


def test_one_that_never_moves_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        read(Scripted(([0], 1)), 2, stalled_after_s=0.0)


@pytest.mark.needs("kafka")
def test_since_a_time_and_to_the_present_end(kafka: str, kafka_settings: Settings) -> None:
    topic = kafka_settings.kafka.topics.verdicts
    make_topic(kafka, topic, partitions=3)
    old, new = NOW_MS - HOUR_MS, NOW_MS - 60_000
    send(kafka, topic, [b"old"], partition=0, timestamp_ms=old)
    send(kafka, topic, [b"new"], partition=0, timestamp_ms=new)
    send(kafka, topic, [b"old only"], partition=1, timestamp_ms=old)
    for since, expected in ((0, {b"old", b"new", b"old only"}), (NOW_MS, {b"new"})):
        with free_reader(kafka_settings) as consumer:
            partitions = partitions_of(consumer, topic)
            assert [partition.partition for partition in partitions] == [0, 1, 2]
            ends = stand_at(consumer, partitions, since)
            send(kafka, topic, [b"late"], partition=2, timestamp_ms=NOW_MS)
            found = [m.value for messages in read_until(consumer, ends) for m in messages]
            assert set(found) - {b"late"} == expected
            assert len(found) == len(set(found))
            assert ends[TopicPartition(topic, 2)] == found.count(b"late")


@pytest.mark.needs("kafka")
def test_goes_on_with_what_retention_has_left(kafka: str, kafka_settings: Settings) -> None:
    topic = kafka_settings.kafka.topics.verdicts
    make_topic(kafka, topic)
    send(kafka, topic, [b"0", b"1", b"2", b"3"])
    with free_reader(kafka_settings) as consumer:
        (partition,) = partitions_of(consumer, topic)
        ends = stand_at(consumer, [partition])
        consumer.seek(partition, 0)
        with admin_client(kafka_settings) as admin:
            admin.delete_records({partition: 2})
        found = [m.value for messages in read_until(consumer, ends) for m in messages]
    assert found == [b"2", b"3"]


@pytest.mark.needs("kafka")
def test_a_topic_that_isnt_there_has_no_partitions(kafka_settings: Settings) -> None:
    with free_reader(kafka_settings) as consumer:
        assert partitions_of(consumer, "no-such-topic") == []


class Apart:
    """A consumer of two partitions that gives one after the other, and honours what is paused."""

    def __init__(self, keys: dict[int, list[int]], size: int) -> None:
        self.keys, self.size = keys, size
        self.at = dict.fromkeys(keys, 0)
        self.stopped: set[TopicPartition] = set()
        self.most_waiting = 0

    def position(self, partition: TopicPartition) -> int:
        return self.at[partition.partition]

    def paused(self) -> set[TopicPartition]:
        return self.stopped

    def pause(self, *partitions: TopicPartition) -> None:
        self.stopped |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self.stopped -= set(partitions)

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        for number, keys in self.keys.items():
            place = TopicPartition("t", number)
            begin = self.at[number]
            if begin < len(keys) and place not in self.stopped:
                self.at[number] = min(len(keys), begin + self.size)
                return {
                    place: [
                        SimpleNamespace(topic="t", partition=number, offset=n, key=keys[n])
                        for n in range(begin, self.at[number])
                    ]
                }
        return {}


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({0: [5, 6, 7, 8], 1: [1, 2, 6, 9]}, [1, 2, 5, 6, 6, 7, 8, 9]),
        ({0: [5, 6], 1: []}, [5, 6]),
        ({0: [], 1: []}, []),
        # What is late in its partition comes as soon as it can, and that keeps its order.
        ({0: [5, 2, 7], 1: [3, 6]}, [3, 5, 2, 6, 7]),
    ],
)
def test_partitions_are_merged(keys: dict[int, list[int]], found: list[int], size: int) -> None:
    ends = {TopicPartition("t", number): len(its) for number, its in keys.items()}
    merged = read_merged(Apart(keys, size), ends, lambda message: message.key)
    assert [message.key for messages in merged for message in messages] == found


def test_merging_holds_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.kafka.read._MOST_WAITING", 5)
    consumer = Apart({0: list(range(100, 200)), 1: list(range(100))}, 5)
    ends = {TopicPartition("t", number): 100 for number in (0, 1)}
    first = next(
        messages
        for messages in read_merged(consumer, ends, lambda message: message.key)
        if messages
    )
    assert [message.key for message in first] == [0, 1, 2, 3, 4]
    assert consumer.at == {0: 5, 1: 5}
    rest = read_merged(Apart(consumer.keys, 5), ends, lambda message: message.key)
    assert [message.key for messages in rest for message in messages] == list(range(200))
