"""Acts reach the window agent in order, from where the snapshots say, as long as it has them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import msgspec
import pytest
from kafka import KafkaProducer

from streams.config.settings import Kafka, Settings, Topics
from streams.kafka.acts import incidents_named, partition_counts
from streams.kafka.connect_async import aiokafka_options
from streams.kafka.embedded import API_VERSION, embedded_broker
from streams.worker.acts_topic import ActsReader
from tests.streams.paging.conftest import build

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with embedded_broker(["llm.acts", "llm.incidents"]) as address:
        yield address


@pytest.fixture
def settings(broker: str, request: pytest.FixtureRequest) -> Settings:
    name = request.node.name
    topics = Topics(acts=f"{name}.acts", incidents=f"{name}.incidents")
    return Settings(kafka=Kafka(brokers=broker, embedded=True, topics=topics))


class Agent:
    """A window agent that only notes what it is handed."""

    def __init__(self, *owned: int, after: int = -1) -> None:
        self.generation = 1
        self.mine = frozenset(owned)
        self.after = after
        self.acts: list[tuple[int, bytes]] = []
        self.fails: Exception | None = None

    def owned(self) -> frozenset[int]:
        return self.mine

    async def acts_after(self, number: int) -> int:
        return self.after

    def acts_anew(self, number: int) -> None:
        self.after = -1

    async def act(self, message: Any, generation: int) -> None:
        if self.fails is not None:
            raise self.fails
        assert generation == self.generation
        self.acts.append((message.partition, message.value))


def send(settings: Settings, topic: str, *messages: tuple[bytes, bytes], partition: int) -> None:
    producer = KafkaProducer(bootstrap_servers=settings.kafka.brokers, api_version=API_VERSION)
    for key, value in messages:
        producer.send(topic, value, key, partition=partition)
    producer.flush()
    producer.close()


def run(settings: Settings, agent: Agent, work: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        reader = ActsReader(settings, agent, aiokafka_options(settings))
        reading = asyncio.create_task(reader.run())
        await asyncio.wait_for(work(), PATIENCE_S)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.05)


def test_those_of_its_partitions_in_order_after_what_was_folded(settings: Settings) -> None:
    topic = settings.kafka.topics.acts
    agent = Agent(1, after=0)
    values = [b"a", b"b", b"c"]
    send(settings, topic, *[(b"bot", value) for value in values], partition=1)
    send(settings, topic, (b"bot", b"other"), partition=2)

    async def work() -> None:
        await until(lambda: len(agent.acts) == 2)
        agent.mine, agent.after = frozenset([2]), -1
        agent.generation += 1
        await until(lambda: len(agent.acts) == 3)

    run(settings, agent, work)
    assert agent.acts == [(1, b"b"), (1, b"c"), (2, b"other")]


def test_a_snapshot_ahead_of_a_topic_made_anew_is_not_believed(settings: Settings) -> None:
    agent = Agent(0, after=50)
    send(settings, settings.kafka.topics.acts, (b"bot", b"a"), partition=0)

    async def work() -> None:
        await until(lambda: len(agent.acts) == 1)

    run(settings, agent, work)
    assert agent.after == -1


def test_what_folding_raises_ends_it(settings: Settings) -> None:
    agent = Agent(0)
    agent.fails = ZeroDivisionError()
    send(settings, settings.kafka.topics.acts, (b"bot", b"a"), partition=0)

    async def main() -> None:
        reader = ActsReader(settings, agent, aiokafka_options(settings))
        await asyncio.wait_for(reader.run(), PATIENCE_S)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(main())


@pytest.mark.parametrize(
    ("counts", "said"),
    [([0, 4], "there is no topic llm.acts"), ([3, 4], "llm.acts has 3 partitions")],
)
def test_a_topic_that_does_not_fit_is_named_once(
    broker: str,
    counts: list[int],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked: list[object] = []

    def counted(*given: object) -> list[int]:
        asked.append(given)
        return list(counts)

    monkeypatch.setattr("streams.worker.acts_topic.partition_counts", counted)
    monkeypatch.setattr("streams.worker.acts_topic._MISSING_S", 0.05)
    settings = Settings(kafka=Kafka(brokers=broker))
    agent = Agent(0)

    async def main() -> None:
        reader = ActsReader(settings, agent, aiokafka_options(settings))
        reading = asyncio.create_task(reader.run())
        await asyncio.wait_for(until(lambda: len(asked) > 2), PATIENCE_S)
        assert said in reader.problem
        counts[0] = counts[1]
        await asyncio.wait_for(until(lambda: not reader.problem), PATIENCE_S)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    with caplog.at_level(logging.WARNING, "streams.worker.acts_topic"):
        asyncio.run(main())
    assert [record.message for record in caplog.records if said in record.message] == [
        caplog.records[0].message
    ]


def test_incidents_are_found_by_the_ids_that_they_had(settings: Settings) -> None:
    topic = settings.kafka.topics.incidents
    gone = build(id="inc-1", state="withdrawn", replaced_by="inc-2")
    for number, one in enumerate([build(id="inc-1"), gone, build(id="inc-2"), build(id="inc-3")]):
        message = (one.id.encode(), msgspec.json.encode(one))
        send(settings, topic, message, partition=number % 2)
    found = incidents_named(settings, ["inc-1", "inc-9"])
    assert set(found) == {"inc-1", "inc-2"}
    assert incidents_named(settings, []) == {}


def test_asking_for_a_topic_makes_none(settings: Settings) -> None:
    for _ in range(2):
        assert partition_counts(settings, ["no.such.topic"]) == [0]
