"""The pager on a real Kafka: commits after delivery, loses nothing, leaves when told to."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaAdminClient

from streams.config.settings import Kafka, Pager, Settings, Topics, Web
from streams.kafka.embedded import embedded_broker
from streams.paging.bridge import run
from streams.paging.contact import Contact
from streams.paging.contract import Answer, Page
from streams.paging.grouping import Habits
from streams.paging.line import Line
from streams.paging.routes import Route
from streams.place import Place
from streams.records import DeadLetter, Incident
from tests.support.kafka_broker import Broker, free_ports, make_topic, read_all, send

Build = Callable[..., Incident]
DELIVERED = Answer("delivered")


class Told:
    """A receiver that remembers what it was told."""

    def __init__(self, name: str, answer: Answer = DELIVERED, **contact: Any) -> None:
        self.name = name
        self.answer = answer
        self.pages: list[Page] = []
        self.delivered: list[Page] = []
        self.contact = Contact(self, **contact)

    def deliver(self, page: Page) -> Answer:
        answer = self.answer
        self.pages.append(page)
        if answer == DELIVERED:
            self.delivered.append(page)
        return answer

    def told_keys(self) -> list[str]:
        return [page.idempotency_key for page in self.pages]


def wait_for(condition: Callable[[], object], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen in time"
        time.sleep(0.05)


@contextmanager
def running(settings: Settings, *told: Told) -> Iterator[None]:
    stop = threading.Event()
    left: list[bool] = []
    contacts = [one.contact for one in told]
    thread = threading.Thread(target=lambda: left.append(run(settings, contacts, stop)))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(120)
    assert left == [True]


@pytest.fixture
def settings(kafka: str, kafka_settings: Settings) -> Settings:
    topics = kafka_settings.kafka.topics
    make_topic(kafka, topics.incidents, partitions=2)
    make_topic(kafka, topics.dead)
    return with_pager(kafka_settings)


def with_pager(settings: Settings, **pager: Any) -> Settings:
    group = f"{settings.kafka.group}-pager"
    given = {"group": group, "port": free_ports(1)[0], "terminal": False} | pager
    return msgspec.structs.replace(settings, pager=Pager(**given), web=Web(port=0))


def publish(settings: Settings, *values: Incident | bytes, partition: int = 0) -> None:
    encoded = [v if isinstance(v, bytes) else msgspec.json.encode(v) for v in values]
    send(settings.kafka.brokers, settings.kafka.topics.incidents, encoded, partition=partition)


def dead_letters(settings: Settings) -> list[DeadLetter]:
    found = read_all(settings.kafka.brokers, settings.kafka.topics.dead)
    return [msgspec.json.decode(record.value, type=DeadLetter) for record in found]


def committed(settings: Settings, receiver: str) -> int:
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka.brokers)
    try:
        group = f"{settings.pager.group}-{receiver}"
        return sum(place.offset for place in admin.list_group_offsets(group)[group].values())
    finally:
        admin.close()


@pytest.mark.needs("kafka")
def test_a_new_receiver_hears_of_what_is_open_and_what_none_takes_is_counted(
    settings: Settings, incident: Build
) -> None:
    for partition in (0, 1):
        over = incident(id=f"over-{partition}", severity="critical")
        ended = msgspec.structs.replace(over, revision=2, state="resolved", change="resolved")
        still = incident(id=f"open-{partition}")
        publish(settings, over, ended, still, incident(id="x", severity="low"), partition=partition)
    told = Told("a", route=Route(severities=["critical", "high"]))
    other = Told("b", route=Route(severities=["critical"]))
    with running(settings, told, other):
        wait_for(lambda: len(told.pages) == 2)
        publish(settings, incident(id="later"))
        wait_for(lambda: len(told.pages) == 3)
        page = f"http://127.0.0.1:{settings.pager.port}/metrics"
        with urllib.request.urlopen(page) as answer:
            metrics = answer.read().decode()
    assert {(page.incident.id, page.action, page.brief) for page in told.pages} == {
        ("open-0", "trigger", True),
        ("open-1", "trigger", True),
        ("later", "trigger", False),
    }
    assert other.pages == []
    assert 'outwatch_pager_unrouted_incidents{severity="low"} 1.0' in metrics
    assert 'outwatch_pager_unrouted_incidents{severity="high"} 0.0' in metrics


@pytest.mark.needs("kafka")
def test_pages_poison_and_a_second_start(settings: Settings, incident: Build) -> None:
    first, second = Told("a"), Told("b", Answer("never", "HTTP 400"))
    with running(settings, first, second):
        publish(settings, incident(), b"poison")
        publish(settings, incident(id="inc-2"), partition=1)
        wait_for(lambda: len(first.pages) == 2 and len(dead_letters(settings)) == 4)
        publish(settings, incident(revision=2))
        wait_for(lambda: len(first.pages) == 3 and len(dead_letters(settings)) == 5)
        base = f"http://127.0.0.1:{settings.pager.port}"
        wait_for(lambda: urllib.request.urlopen(f"{base}/ready").status == 200)
        assert urllib.request.urlopen(f"{base}/live").status == 200
        metrics = urllib.request.urlopen(f"{base}/metrics").read().decode()
    for action, number in (("trigger", 2.0), ("update", 1.0)):
        told = f'outwatch_pages_total{{action="{action}",outcome="delivered",receiver="a"}}'
        assert f"{told} {number}" in metrics
    actions = {page.idempotency_key: page.action for page in first.pages}
    assert actions == {"inc-1-1": "trigger", "inc-1-2": "update", "inc-2-1": "trigger"}
    reasons = sorted(letter.reason for letter in dead_letters(settings))
    assert reasons == ["page_undeliverable"] * 3 + ["page_unreadable"] * 2
    poison = next(d for d in dead_letters(settings) if d.reason == "page_unreadable")
    assert base64.b64decode(poison.payload) == b"poison"

    again = Told("a")
    publish(settings, incident(revision=3), incident(id="inc-3"))
    with running(settings, again):
        wait_for(lambda: len(again.pages) == 2)
        wait_for(lambda: committed(settings, "a") == 6)
    assert {page.idempotency_key: page.action for page in again.pages} == {
        "inc-1-3": "update",
        "inc-3-1": "trigger",
    }


@pytest.mark.needs("kafka")
def test_receiver_that_is_down_delays_no_other(settings: Settings, incident: Build) -> None:
    down, up = Told("down", Answer("retry", "HTTP 503", 300.0)), Told("up")
    publish(settings, *(incident(id=f"inc-{number}") for number in range(20)))
    with running(settings, down, up):
        wait_for(lambda: len(up.pages) == 20 and down.pages)
        wait_for(lambda: committed(settings, "up") == 20)
    assert down.told_keys() == ["inc-0-1"]
    assert committed(settings, "down") == 0


@pytest.mark.needs("kafka")
def test_waiting_keeps_the_place_in_the_group_and_then_tells_the_newest_state(
    settings: Settings, incident: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A pager that didn't poll while it waits would lose its partitions after this long. It is
    # also the longest that a busy machine may keep one from its work here.
    longest_s = 12.0
    monkeypatch.setattr("streams.paging.reader._LONGEST_ROUND_MS", int(longest_s * 1000))
    kafka = msgspec.structs.replace(settings.kafka, session_timeout_s=longest_s)
    settings = msgspec.structs.replace(settings, kafka=kafka)
    taken: list[Place] = []
    take = Line.take

    def noted(line: Line, place: Place, *event: Any) -> None:
        take(line, place, *event)
        taken.append(place)

    monkeypatch.setattr(Line, "take", noted)
    told = Told("slow", Answer("retry", "HTTP 503"))
    with running(settings, told):
        publish(settings, *(incident(revision=n) for n in range(1, 4)))
        wait_for(lambda: told.pages)
        publish(settings, incident(id="gone"), partition=1)
        wait_for(lambda: len(taken) == 4)
        time.sleep(longest_s + 2)
        publish(settings, incident(id="gone", revision=2, state="resolved"), partition=1)
        publish(settings, incident(revision=4))
        wait_for(lambda: len(taken) == 6)
        told.answer = DELIVERED
        wait_for(lambda: committed(settings, "slow") == 6)
        base = f"http://127.0.0.1:{settings.pager.port}"
        metrics = urllib.request.urlopen(f"{base}/metrics").read().decode()
    # A try that failed may have been heard, so its end is told; without one there is no need.
    tried = any(page.idempotency_key == "gone-1" for page in told.pages)
    assert {page.idempotency_key: page.action for page in told.delivered} == {
        "inc-1-4": "trigger",
        **({"gone-2-resolve": "resolve"} if tried else {}),
    }
    assert len(told.delivered) == 1 + tried
    assert 'outwatch_pager_reconnects_total{receiver="slow"} 0.0' in metrics


@pytest.mark.needs("kafka")
def test_groups_and_their_members_are_known_after_a_restart(
    settings: Settings, incident: Build
) -> None:
    habits = Habits(group_above=3)
    first, second = Told("a", habits=habits), Told("a", habits=habits)
    with running(settings, first):
        for partition in range(2):
            opened = [incident(id=f"inc-{number}") for number in range(partition, 12, 2)]
            publish(settings, *opened, partition=partition)
        wait_for(lambda: committed(settings, "a") == 12)
    group = next(p.incident for p in first.pages if p.incident.id.startswith("group-"))
    alone = {p.incident.id for p in first.pages if not p.incident.id.startswith("group-")}
    with running(settings, second):
        for partition in range(2):
            over = [
                incident(id=f"inc-{number}", revision=2, state="resolved", change="resolved")
                for number in range(partition, 12, 2)
            ]
            publish(settings, *over, partition=partition)
        wait_for(lambda: committed(settings, "a") == 24)
    resolved = {p.incident.page_key for p in second.pages if p.action == "resolve"}
    assert resolved == alone | {group.page_key}


@pytest.mark.needs("kafka")
def test_killed_in_the_middle_of_deliveries_tells_all_of_them(
    settings: Settings, incident: Build, server: Any, tmp_path: Path
) -> None:
    with_webhook = with_pager(settings, webhook_url=server.url)
    publish(with_webhook, *(incident(id=f"inc-{number}") for number in range(10)))
    process = pager(with_webhook, tmp_path)
    server.on_request = lambda: process.kill() if len(server.requests) in (3, 7) else None
    for _ in range(2):
        assert process.wait(180) == -signal.SIGKILL
        process = pager(with_webhook, tmp_path)
    try:
        wait_for(lambda: committed(with_webhook, "webhook") == 10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(180) == 0
    finally:
        process.kill()
        process.wait()
    keys = [headers["Idempotency-Key"] for headers, _ in server.requests]
    assert set(keys) == {f"inc-{number}-1" for number in range(10)}
    # Only what was in hand when it was killed may have come twice, with the same key.
    assert len(keys) <= 12
    assert "s3cr3t" not in (tmp_path / "pager.log").read_text()


@pytest.mark.needs("kafka")
def test_sigterm_finishes_the_delivery_in_hand(
    settings: Settings, incident: Build, server: Any, tmp_path: Path
) -> None:
    with_webhook = with_pager(settings, webhook_url=server.url, webhook_timeout_s=180.0)
    publish(with_webhook, incident(), incident(id="inc-2"))
    arrived, answer = threading.Event(), threading.Event()

    def hold() -> None:
        arrived.set()
        answer.wait(180)

    server.on_request = hold
    process = pager(with_webhook, tmp_path)
    try:
        assert arrived.wait(180)
        process.send_signal(signal.SIGTERM)
        # A second signal ends the process: once it has heard the first, it catches none.
        wait_for(lambda: not catches(process, signal.SIGTERM))
        time.sleep(0.5)
        assert process.poll() is None
        answer.set()
        assert process.wait(180) == 0
    finally:
        answer.set()
        process.kill()
        process.wait()
    assert len(server.requests) == 1
    assert committed(with_webhook, "webhook") == 1


@pytest.mark.needs("kafka")
def test_broker_that_dies_and_comes_back_loses_no_page(
    tmp_path: Path, topics: Topics, incident: Build, server: Any
) -> None:
    def keys() -> list[str]:
        return [headers["Idempotency-Key"] for headers, _ in server.requests]

    with Broker(tmp_path / "kafka") as broker:
        kafka = Kafka(brokers=broker.address, topics=topics, session_timeout_s=6.0)
        settings = with_pager(Settings(kafka=kafka), webhook_url=server.url)
        make_topic(broker.address, topics.incidents)
        make_topic(broker.address, topics.dead)
        publish(settings, incident())
        process = pager(settings, tmp_path)
        try:
            wait_for(lambda: keys() == ["inc-1-1"])
            broker.kill()
            broker.start()
            publish(settings, incident(revision=2))
            wait_for(lambda: "inc-1-2" in keys())
            process.send_signal(signal.SIGTERM)
            assert process.wait(180) == 0
        finally:
            process.kill()
            process.wait()
    assert sorted(set(keys())) == ["inc-1-1", "inc-1-2"]


@pytest.mark.needs("embedded")
def test_embedded_broker(topics: Topics, incident: Build) -> None:
    told = Told("a")
    with embedded_broker([topics.incidents]) as address:
        kafka = Kafka(brokers=address, topics=topics, embedded=True, session_timeout_s=6.0)
        settings = with_pager(Settings(kafka=kafka))
        with running(settings, told):
            from kafka import KafkaProducer

            producer = KafkaProducer(bootstrap_servers=address, api_version=(2, 0))
            producer.send(topics.incidents, msgspec.json.encode(incident())).get(120)
            producer.close()
            wait_for(lambda: told.told_keys() == ["inc-1-1"])


def catches(process: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    status = Path(f"/proc/{process.pid}/status").read_text()
    (caught,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
    return bool(int(caught, 16) >> (number - 1) & 1)


def pager(settings: Settings, folder: Path) -> subprocess.Popen[bytes]:
    config = folder / "outwatch.json"
    config.write_bytes(msgspec.json.encode(settings))
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
    with (folder / "pager.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "--config", str(config), "pager"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environ,
        )
