"""How far a partition was read, and what is committed of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

import pytest
from aiokafka import TopicPartition

from streams.kafka.batches import Losses
from streams.worker.transport import MOST_HELD, Progress, _Consumer

HERE = TopicPartition("llm.outputs", 0)


def progress() -> Progress:
    return Progress(Losses(), lambda topics: dict.fromkeys(topics, "id"))


@pytest.mark.parametrize(
    ("handed", "position", "processed", "reached"),
    [
        pytest.param(None, 0, 0, 0, id="nothing there"),
        pytest.param(None, 7, 4, 7, id="only markers since the last commit"),
        pytest.param(5, 5, 5, 5, id="all processed"),
        pytest.param(5, 6, 5, 6, id="all processed, and a marker"),
        pytest.param(5, 6, 4, 4, id="a message before the marker waits"),
        pytest.param(50, 90, 50, 90, id="the end was compacted away"),
        pytest.param(50, 90, 7, 7, id="messages with gaps wait"),
    ],
)
def test_how_far_a_partition_is_dealt_with(
    handed: int | None, position: int, processed: int, reached: int
) -> None:
    made = progress()
    made.read(HERE, handed, position)
    assert made.reached(HERE, processed) == reached


def test_a_partition_that_was_never_read_is_as_far_as_it_was_processed() -> None:
    assert progress().reached(HERE, 3) == 3


def test_the_last_message_is_remembered_while_only_markers_come() -> None:
    made = progress()
    made.read(HERE, 5, 5)
    made.read(HERE, None, 6)
    assert made.reached(HERE, 4) == 4
    assert not made.settled(HERE)
    made.acked[HERE] = 5
    assert made.settled(HERE)
    made.forget([HERE])
    assert made.settled(HERE)
    assert made.reached(HERE, 4) == 4


@pytest.mark.parametrize(
    ("committed", "acked", "position", "commits"),
    [
        pytest.param(None, [], 0, None, id="nothing"),
        pytest.param(None, [0, 1], 4, 2, id="two of four"),
        pytest.param(2, [2, 3], 4, 4, id="the others"),
        pytest.param(2, [900, 10**12], 10**12 + 1, 10**12 + 1, id="gaps of any size"),
        pytest.param(4, [], 5, 5, id="a marker alone"),
    ],
)
def test_what_is_committed(
    committed: int | None, acked: list[int], position: int, commits: int | None
) -> None:
    class Bare(_Consumer):
        def __init__(self) -> None:
            self._acked: Any = defaultdict(list, {HERE: acked})
            self._acked_index: Any = defaultdict(set, {HERE: set(acked)})
            self._committed_offset: Any = {HERE: committed}

    consumer = Bare()
    consumer.done = progress()
    consumer.done.read(HERE, position if position != 5 else 4, position)
    assert consumer._new_offset(HERE) == commits
    assert not consumer._acked[HERE]
    assert not consumer._acked_index[HERE]


def test_reading_waits_while_much_is_unpacked_and_not_processed() -> None:
    progress = Progress(Losses(), lambda topics: {})
    here, there = TopicPartition("t", 0), TopicPartition("t", 1)
    progress.read(here, 10, 10)
    progress.hold(here, 4, MOST_HELD // 2)
    progress.hold(there, 9, MOST_HELD // 4)
    assert not progress.full()
    progress.hold(here, 9, MOST_HELD // 2)
    assert progress.full()
    progress.acked[here] = 5
    assert not progress.full()
    progress.hold(there, 12, MOST_HELD)
    assert progress.full()
    progress.forget([there])
    assert not progress.full()


def test_what_nobody_will_ack_does_not_stop_reading_for_ever() -> None:
    progress = Progress(Losses(), lambda topics: {})
    place = TopicPartition("t", 0)
    # Nothing of it is handed on: its transaction was aborted.
    progress.hold(place, 9, 2 * MOST_HELD)
    assert progress.full()
    progress.let_go()
    assert not progress.full()


class Waiting(_Consumer):
    """A consumer of which a message is processed for ever."""

    def __init__(self, done: Progress) -> None:
        self.done = done
        self._unacked_messages = {object()}
        self.committed = 0

    def _clean_unacked_messages(self) -> None:
        """Nothing was acked meanwhile."""

    async def commit_and_end_transactions(self) -> None:
        self.committed += 1


@pytest.mark.asyncio
async def test_a_worker_that_leaves_waits_for_a_backlog_no_longer_than_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streams.worker.transport.CALM_S", 0.05)
    done = progress()
    assert done.patience is None
    consumer = Waiting(done)
    done.leave()
    # Faust waits twice: once for the application, once for its consumer.
    for _ in range(2):
        await asyncio.wait_for(consumer.wait_empty(), 30)
    assert consumer.committed == 2
    assert done.patience == 0.0
