"""Workers as processes of their own, which a test can kill; and what they left in Kafka."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition

from streams.config.settings import Settings
from streams.records import Incident, VerdictBatch
from streams.worker.snapshot_topic import Snapshot, choose
from tests.support.kafka_broker import ROOT, free_ports, read_all
from tests.support.plugged import PLUGINS

PATIENCE_S = 240.0


class WorkerProcess:
    """`outwatch worker` as a process. `log` is what it wrote; `port` serves its metrics."""

    def __init__(self, settings: Settings, folder: Path, plugins: bool = False) -> None:
        self.port = free_ports(1)[0]
        self.log = folder / f"worker-{self.port}.log"
        web = msgspec.structs.replace(settings.web, port=self.port)
        config = folder / f"worker-{self.port}.json"
        config.write_bytes(msgspec.json.encode(msgspec.structs.replace(settings, web=web)))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
        environment["PYTHONPATH"] = os.pathsep.join(
            [str(ROOT), *([str(PLUGINS)] if plugins else [])]
        )
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "--config", str(config), "worker"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
            )

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            sys.stderr.write(f"--- {self.log}\n{self.log.read_text(errors='replace')[-6000:]}\n")
        if self._process.poll() is None:
            self.kill()

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL, and nothing is cleaned up."""
        self._process.kill()
        self._process.wait()

    def stop(self, seconds: float = PATIENCE_S) -> int:
        """SIGTERM; the exit code. Raises `TimeoutExpired` when it doesn't leave."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(seconds)

    def ended(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    def page(self, path: str) -> tuple[int, str]:
        """Status and body of one of the worker's web pages; 0 when it doesn't answer."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=60
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def ready(self) -> bool:
        """Whether /ready says yes. Raises `AssertionError` when the process has ended."""
        assert self.ended() is None, self.log.read_text(errors="replace")[-6000:]
        return self.page("/ready")[0] == 200

    def metric(self, name: str, **labels: str) -> float:
        """The sum of all series of one name that carry these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        total = 0.0
        for line in self.page("/metrics")[1].splitlines():
            series, _, value = line.rpartition(" ")
            if series.split("{")[0] == name and all(label in series for label in wanted):
                total += float(value)
        return total


def wait_for(what: str, condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Waits until a condition holds. Raises `AssertionError` naming what didn't come.

    The limit is there for what never comes: a busy machine may take many times as long as usual.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:g} s"
        time.sleep(0.25)


def committed(settings: Settings, *topics: str) -> int:
    """Messages of these topics whose offsets the workers' group has committed."""
    return sum(position for position, _ in _positions(settings, topics))


def waiting(settings: Settings, *topics: str) -> int:
    """Messages of these topics that the workers' group has not committed yet."""
    return sum(end - position for position, end in _positions(settings, topics))


def _positions(settings: Settings, topics: tuple[str, ...]) -> list[tuple[int, int]]:
    consumer = KafkaConsumer(
        bootstrap_servers=settings.kafka.brokers,
        group_id=settings.kafka.group,
        enable_auto_commit=False,
    )
    try:
        partitions = [
            TopicPartition(topic, number)
            for topic in topics
            for number in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        ends = consumer.end_offsets(partitions)
        return [(consumer.committed(p) or 0, ends[p]) for p in partitions]
    finally:
        consumer.close()


def verdict_batches(settings: Settings) -> list[VerdictBatch]:
    """All verdict messages."""
    decoder = msgspec.json.Decoder(VerdictBatch)
    return [
        decoder.decode(record.value)
        for record in read_all(settings.kafka.brokers, settings.kafka.topics.verdicts)
    ]


def standing_incidents(settings: Settings) -> dict[str, Incident]:
    """The newest of each incident, without those that late records have withdrawn."""
    newest: dict[bytes, Incident] = {}
    for record in read_all(settings.kafka.brokers, settings.kafka.topics.incidents):
        newest[record.key] = msgspec.json.decode(record.value, type=Incident)
    return {i.id: i for i in newest.values() if i.state != "withdrawn"}


def final_snapshots(settings: Settings) -> dict[str, Snapshot]:
    """The snapshot of each deployment that a new worker would go on from."""
    messages = [
        (record.key, record.value)
        for record in read_all(settings.kafka.brokers, settings.kafka.topics.windows)
    ]
    return choose(messages).best


def dead_letters(settings: Settings) -> list[dict[str, Any]]:
    """All dead letters."""
    records = read_all(settings.kafka.brokers, settings.kafka.topics.dead)
    return [json.loads(record.value) for record in records]
