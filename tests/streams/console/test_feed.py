"""Against the embedded broker: what is written to topics arrives in the store, once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.config.settings import Kafka, Settings
from streams.console import feed as module
from streams.console.feed import Feed
from streams.console.store import Store
from streams.kafka.embedded import embedded_broker
from streams.kafka.send import Sender
from streams.records import ACTS, DEAD, INCIDENTS, OUTPUTS, PAGES, TOPICS, VERDICTS
from tests.support.console import batch, incident

pytest.importorskip("confluent_kafka")

ALL = (OUTPUTS, VERDICTS, INCIDENTS, ACTS, PAGES, DEAD)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with embedded_broker(ALL) as broker:
        yield Settings(kafka=Kafka(brokers=broker, embedded=True), state_dir=str(tmp_path))


@contextmanager
def reading(settings: Settings, store: Store) -> Iterator[Feed]:
    feed = Feed(settings, store, lambda: None)
    feed.start()
    try:
        yield feed
    finally:
        feed.stop()


def send(settings: Settings, *messages: Any) -> None:
    topics = {kind: topic for topic, kind in TOPICS.items()}
    with Sender(settings, ALL) as sender:
        for one in messages:
            sender.send(topics[type(one)], b"key", msgspec.json.encode(one))


def until(true: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def counts(store: Store) -> list[int]:
    return [
        store.value(f"SELECT {what}") or 0
        for what in (
            "count(*) FROM incidents",
            "sum(records) FROM traffic",
            "count(*) FROM records",
        )
    ]


def ids(store: Store) -> list[str]:
    return [row["id"] for row in store.rows("SELECT id FROM incidents")]


def now_batch(number: int) -> Any:
    return batch(0.9, 0.1, first=2 * number, at=time.time())


def test_a_restart_goes_on_where_it_stood(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    store = Store(path)
    send(settings, incident("drift"), now_batch(0))
    with reading(settings, store) as feed:
        until(lambda: counts(store) == [1, 2, 2], "the first messages")
        until(lambda: feed.standing().away_since is None, "Kafka answers")
    store.close()
    send(settings, incident("drift", id="inc-2"), now_batch(1))
    store = Store(path)
    # At once, before anything is read.
    assert counts(store) == [1, 2, 2]
    with reading(settings, store):
        until(lambda: counts(store) == [2, 4, 4], "the others, and no message twice")
    store.close()


def test_other_topics_of_the_same_names_are_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    store = Store(path)
    for name in ("inc-1", "inc-2"):
        with embedded_broker(ALL) as broker:
            settings = Settings(kafka=Kafka(brokers=broker, embedded=True))
            # As long as the one before, so that only the messages themselves tell.
            send(settings, incident("drift", id=name), now_batch(0))
            with reading(settings, store):
                until(lambda: ids(store) == [name], "only what is there now")  # noqa: B023
                until(lambda: counts(store)[1] == 2, "verdicts count once")
    store.close()


def test_it_says_since_when_kafka_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.5)
    store = Store(tmp_path / "x.sqlite")
    before = time.time()
    with embedded_broker(ALL) as broker:
        settings = Settings(kafka=Kafka(brokers=broker, embedded=True))
        send(settings, incident("drift"))
        feed = Feed(settings, store, lambda: None)
        feed.start()
        until(lambda: feed.standing().away_since is None, "Kafka answers")
        until(lambda: counts(store)[0] == 1, "the incident")
    until(lambda: feed.standing().away_since is not None, "Kafka is away")
    until(lambda: settings.kafka.brokers in feed.standing().why, "why")
    standing = feed.standing()
    assert standing.away_since is not None
    assert before < standing.away_since < time.time()
    assert counts(store)[0] == 1
    assert store.value("SELECT count(*) FROM events WHERE kind = 'health'") >= 2
    feed.stop()
    store.close()
