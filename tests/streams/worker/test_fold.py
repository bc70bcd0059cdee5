"""The window agent's promises: state before incidents before acks, and nothing twice."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from streams.config.settings import Settings
from streams.records import Incident, VerdictBatch
from streams.worker.fold import Fold
from streams.worker.metrics import Metrics
from streams.worker.snapshot_topic import Loaded, choose
from tests.support.window_helpers import batch, row, rules

RULES = "- {id: one, signal: a.x, immediate: true, window: 20s, pane: 5s, hold: 60s, playbook: p}"


class Kafka:
    """What was published, in order, and the snapshot topic that a new worker would read."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, bytes, bytes | None]] = []
        self.snapshots: list[tuple[bytes, bytes | None]] = []
        self.fails_on = ""

    async def publish(
        self, topic: str, key: bytes, value: bytes | None, partition: int | None
    ) -> None:
        if topic == self.fails_on:
            raise ConnectionError
        self.lines.append((topic, key, value))
        if topic == "llm.windows":
            assert partition == 2
            self.snapshots.append((key, value))

    async def load(self, partition: int) -> Loaded:
        return choose(self.snapshots)

    def event(self, value: VerdictBatch | bytes, offset: int) -> Any:
        body = value if isinstance(value, bytes) else msgspec.json.encode(value)
        message = SimpleNamespace(topic="llm.verdicts", partition=2, offset=offset, value=body)
        acked = (("ack", str(offset).encode(), None),)
        return SimpleNamespace(message=message, ack=lambda: self.lines.extend(acked))

    def incidents(self) -> list[Incident]:
        found = [v for topic, _, v in self.lines if topic == "llm.incidents" and v]
        return [msgspec.json.decode(value, type=Incident) for value in found]


def worker(kafka: Kafka, name: str, settings: Settings | None = None) -> tuple[Fold, Metrics]:
    metrics = Metrics([], [])
    fold = Fold(
        settings or Settings(),
        rules(RULES),
        {},
        metrics,
        kafka.publish,
        kafka.load,
        lambda topic, partition, offset: None,
        name,
    )
    return fold, metrics


def bad(offset: int, at: float) -> VerdictBatch:
    return batch([row(offset, at, scores={"a.x": 0.9})])


def rows(metrics: Metrics, result: str) -> float:
    return metrics.registry.get_sample_value("outwatch_window_rows_total", {"result": result}) or 0


def test_state_comes_before_incidents_and_acks_last() -> None:
    kafka = Kafka()
    fold, metrics = worker(kafka, "w1")
    asyncio.run(fold.handle([kafka.event(bad(0, 1), 0), kafka.event(bad(1, 2), 1)]))
    assert [topic for topic, _, _ in kafka.lines] == ["llm.windows", "llm.incidents", "ack", "ack"]
    assert rows(metrics, "folded") == 2
    open_high = {"severity": kafka.incidents()[0].severity}
    assert metrics.registry.get_sample_value("outwatch_open_incidents", open_high) == 1


def test_final_figures_come_from_ticks_alone_after_a_kill(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka, clock = Kafka(), SimpleNamespace(time=lambda: 1_790_000_000.0)
    monkeypatch.setattr("streams.worker.fold.time", clock)
    fold, _ = worker(kafka, "w1")
    asyncio.run(fold.handle([kafka.event(bad(offset, offset / 50), offset) for offset in (0, 1)]))
    # Not twice as many: this one isn't told before the kill.
    asyncio.run(fold.handle([kafka.event(bad(2, 0.1), 2)]))
    assert kafka.incidents()[-1].records_above == 2

    again, _ = worker(kafka, "w2")

    async def owned() -> None:
        again.forget([2])
        await again.acts_after(2)
        for second in range(60):
            clock.time = lambda at=second: 1_790_000_100.0 + at
            await again.tick()

    asyncio.run(owned())
    assert kafka.incidents()[-1].records_above == 3


def test_a_batch_read_again_changes_nothing() -> None:
    kafka = Kafka()
    fold, _ = worker(kafka, "w1")
    asyncio.run(fold.handle([kafka.event(bad(0, 1), 0)]))
    successor, metrics = worker(kafka, "w2")
    asyncio.run(successor.handle([kafka.event(bad(0, 1), 0)]))
    assert rows(metrics, "duplicate") == 1
    assert rows(metrics, "folded") == 0
    assert {incident.id for incident in kafka.incidents()} == {kafka.incidents()[0].id}


def test_incidents_that_a_crash_kept_back_are_published_by_the_successor() -> None:
    kafka = Kafka()
    kafka.fails_on = "llm.incidents"
    fold, _ = worker(kafka, "w1")
    with pytest.raises(ConnectionError):
        asyncio.run(fold.handle([kafka.event(bad(0, 1), 0)]))
    assert kafka.incidents() == []
    assert not any(topic == "ack" for topic, _, _ in kafka.lines)
    kafka.fails_on = ""
    successor, _ = worker(kafka, "w2")
    asyncio.run(successor.handle([kafka.event(bad(0, 1), 0)]))
    assert [incident.change for incident in kafka.incidents()] == ["opened"]


def test_a_crash_before_the_snapshot_counts_the_batch_once() -> None:
    kafka = Kafka()
    kafka.fails_on = "llm.windows"
    fold, _ = worker(kafka, "w1")
    with pytest.raises(ConnectionError):
        asyncio.run(fold.handle([kafka.event(bad(0, 1), 0)]))
    kafka.fails_on = ""
    successor, metrics = worker(kafka, "w2")
    asyncio.run(successor.handle([kafka.event(bad(0, 1), 0)]))
    assert rows(metrics, "folded") == 1


def test_a_successor_removes_the_snapshot_it_went_on_from_after_its_own_is_safe() -> None:
    kafka = Kafka()
    asyncio.run(worker(kafka, "w1")[0].handle([kafka.event(bad(0, 1), 0)]))
    asyncio.run(worker(kafka, "w2")[0].handle([kafka.event(bad(1, 2), 1)]))
    writers = [(key.decode().rsplit("/", 1)[1], value is None) for key, value in kafka.snapshots]
    assert writers == [("w1", False), ("w2", False), ("w1", True)]


def test_a_snapshot_of_another_version_is_counted_and_the_windows_begin_anew() -> None:
    kafka = Kafka()
    fold, _ = worker(kafka, "w1")
    asyncio.run(fold.handle([kafka.event(bad(0, 1), 0)]))
    key, value = kafka.snapshots[-1]
    assert value is not None
    other = msgspec.json.decode(value)
    other["state"]["format"] = 99
    kafka.snapshots[-1] = (key, msgspec.json.encode(other))
    successor, metrics = worker(kafka, "w2")
    asyncio.run(successor.handle([kafka.event(bad(1, 2), 1)]))
    assert rows(metrics, "folded") == 1
    assert metrics.registry.get_sample_value("outwatch_snapshot_load_errors_total") == 1


def test_after_a_rebalance_state_is_read_again() -> None:
    kafka = Kafka()
    fold, metrics = worker(kafka, "w1")
    asyncio.run(fold.handle([kafka.event(bad(0, 1), 0)]))
    severity = {"severity": kafka.incidents()[0].severity}
    fold.forget()
    assert metrics.registry.get_sample_value("outwatch_open_incidents", severity) == 0
    asyncio.run(fold.handle([kafka.event(bad(0, 1), 0), kafka.event(bad(1, 3), 1)]))
    assert metrics.registry.get_sample_value("outwatch_open_incidents", severity) == 1
    assert rows(metrics, "duplicate") == 1
    assert rows(metrics, "folded") == 2


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"{", id="cut"),
        pytest.param(b"\xff", id="not-utf8"),
        pytest.param(b"{}", id="another-message"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_a_message_that_is_no_verdict_is_counted_and_left_out(value: bytes) -> None:
    kafka = Kafka()
    fold, metrics = worker(kafka, "w1")
    asyncio.run(fold.handle([kafka.event(value, 0), kafka.event(bad(0, 1), 1)]))
    assert rows(metrics, "unreadable") == 1
    assert rows(metrics, "folded") == 1
    assert [topic for topic, _, _ in kafka.lines][-2:] == ["ack", "ack"]


def test_a_deployment_that_makes_room_is_gone_after_a_restart_too() -> None:
    kafka = Kafka()
    events = [
        kafka.event(batch([row(n, at)], deployment=name), n)
        for n, (name, at) in enumerate([("old", 0.0), ("second", 5_000.0), ("new", 5_001.0)])
    ]
    settings = Settings(most_deployments=2)
    fold, metrics = worker(kafka, "w1", settings)
    asyncio.run(fold.handle(events[:1]))
    asyncio.run(fold.handle(events[1:]))
    assert set(choose(kafka.snapshots).best) == {"second", "new"}
    find = metrics.registry.get_sample_value
    assert find("outwatch_window_deployments", {"partition": "2"}) == 2
    assert find("outwatch_window_deployments_given_up_total") == 1
    asyncio.run(fold.handle([kafka.event(batch([row(9, 5_002.0)], deployment="third"), 3)]))
    assert find("outwatch_window_rows_of_others_total") == 1
    assert set(choose(kafka.snapshots).best) == {"second", "new", "other"}


def test_more_deployments_than_there_is_room_for_do_not_come_back() -> None:
    kafka = Kafka()
    fold, _ = worker(kafka, "w1")
    rows = [kafka.event(batch([row(n, n)], deployment=f"d{n}"), n) for n in range(20)]
    asyncio.run(fold.handle(rows))
    assert len(choose(kafka.snapshots).best) == 20
    successor, metrics = worker(kafka, "w2", Settings(most_deployments=5))
    asyncio.run(successor.handle([kafka.event(batch([row(99, 99)], deployment="d19"), 20)]))
    assert sorted(choose(kafka.snapshots).best) == [f"d{n}" for n in range(15, 20)]
    assert metrics.registry.get_sample_value("outwatch_window_deployments_given_up_total") == 15
