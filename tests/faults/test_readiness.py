"""What is broken is named by /ready within ten seconds, and a signal ends what waits for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaAdminClient

from streams.config.settings import Kafka, Pager, Pool, Results, Settings, Web
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from tests.faults.cluster import wait_for
from tests.support.kafka_broker import ROOT, Broker, free_ports, send

NAMED_WITHIN = 10.0
ENDED_WITHIN = 30.0
PROCESSES = ("worker", "pager", "results")

pytestmark = [pytest.mark.needs("kafka"), pytest.mark.timeout(400)]


class Process:
    """One of our processes, its page of readiness, and its log."""

    def __init__(self, name: str, port: int, config: Path) -> None:
        self.name, self.port = name, port
        self.log = config.with_name(f"{name}-{port}.log")
        environ = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
        environ["PYTHONPATH"] = str(ROOT)
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "--config", str(config), name],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environ,
            )

    def ready(self) -> tuple[bool, str]:
        """Whether it is ready, and what its problem is."""
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as answer:
                return True, str(json.load(answer)["problem"])
        except urllib.error.HTTPError as refused:
            return False, str(json.load(refused)["problem"])
        except OSError:
            return False, ""

    def end(self) -> float:
        """SIGTERM; how many seconds it took to end."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(ENDED_WITHIN)
        return time.monotonic() - started

    def kill(self) -> None:
        """SIGKILL, where it still runs."""
        self.process.kill()
        self.process.wait()


class Rig:
    """A broker of its own with the topics, and processes that a test starts."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.broker, self.folder = broker, folder
        self.started: list[Process] = []

    def settings(self, **ports: int) -> Settings:
        return Settings(
            kafka=Kafka(brokers=self.broker.address, session_timeout_s=6.0),
            web=Web(port=ports.get("worker", 0)),
            pager=Pager(port=ports.get("pager", 0), terminal=True),
            results=Results(port=ports.get("results", 0), otel_topic="otel"),
            pool=Pool(processes=1),
            detectors=["secrets"],
            hash_key="0123456789abcdef",
            state_dir=str(self.folder),
        )

    def start(self) -> list[Process]:
        """All three processes."""
        ports = dict(zip(PROCESSES, free_ports(len(PROCESSES)), strict=True))
        config = self.folder / f"outwatch-{ports['worker']}.json"
        config.write_bytes(msgspec.json.encode(self.settings(**ports)))
        started = [Process(name, ports[name], config) for name in PROCESSES]
        self.started += started
        return started

    def create(self) -> None:
        """The topics."""
        settings = self.settings()
        with admin_client(settings) as admin:
            create_topics(admin, settings)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Broker(tmp_path / "kafka") as broker:
        made = Rig(broker, tmp_path)
        made.create()
        try:
            yield made
        finally:
            for process in made.started:
                process.kill()


def all_named(processes: list[Process], words: str) -> None:
    """Waits until each process says that it isn't ready, and why."""
    until = time.monotonic() + NAMED_WITHIN
    waiting = list(processes)
    while waiting and time.monotonic() < until:
        answers = {process.name: process.ready() for process in waiting}
        waiting = [p for p in waiting if answers[p.name][0] or words not in answers[p.name][1]]
        time.sleep(0.2)
    assert not waiting, {process.name: process.ready() for process in waiting}


def all_ready(processes: list[Process]) -> None:
    for process in processes:
        wait_for(f"a ready {process.name}", partial(_ready, process))


def _ready(process: Process) -> bool:
    return process.ready()[0]


def _waits(process: Process) -> bool:
    return "nothing listens there" in process.ready()[1]


def test_each_broken_part_is_named_and_a_signal_ends_all(rig: Rig) -> None:
    processes = rig.start()
    all_ready(processes)
    worker, pager, results = processes

    # A broker that doesn't answer, and one that is dead.
    os.kill(rig.broker.pid, signal.SIGSTOP)
    all_named(processes, "for ")
    os.kill(rig.broker.pid, signal.SIGCONT)
    all_ready(processes)

    # A topic that is gone.
    with_admin = KafkaAdminClient(bootstrap_servers=rig.broker.address)
    with_admin.delete_topics(["llm.verdicts"])
    all_named([worker, results], "llm.verdicts is missing")
    record = {"record_id": "r1", "deployment": "bot", "output": "A plain answer."}
    send(rig.broker.address, "llm.outputs", [json.dumps(record).encode()] * 5)
    with_admin.delete_topics(["llm.incidents"])
    all_named([pager], "llm.incidents")
    with_admin.close()
    for process in processes:
        assert process.end() < ENDED_WITHIN

    # The dead one, and a log that doesn't drown.
    rig.create()
    processes = rig.start()
    all_ready(processes)
    rig.broker.kill()
    all_named(processes, "Kafka")
    time.sleep(10)
    for process in processes:
        assert process.end() < ENDED_WITHIN
        assert len(process.log.read_text().splitlines()) < 120, process.name


def test_without_kafka_all_wait_and_say_what_for(tmp_path: Path) -> None:
    nobody = Broker(tmp_path / "never-started")
    made = Rig(nobody, tmp_path)
    processes = made.start()
    try:
        for process in processes:
            wait_for(f"what {process.name} waits for", partial(_waits, process))
        time.sleep(2)
        for process in processes:
            assert process.process.poll() is None
            assert "waiting for Kafka: no Kafka answers" in process.log.read_text()
            assert process.end() < ENDED_WITHIN
            assert process.process.returncode == 0
    finally:
        for process in processes:
            process.kill()
