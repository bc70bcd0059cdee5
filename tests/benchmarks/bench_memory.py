"""What a worker takes at most: `python tests/benchmarks/bench_memory.py`.

A real worker with the chart's settings reads from a real Kafka, within the chart's memory limit
where control groups may be made, a compressed batch of records that are too large and records that
are made to take long. Prints the peak beside the limit, and what became of the records.

The peak is the sum of the processes' proportional set sizes, sampled; the control group's own
counter holds cached files too, which the kernel gives back when it needs them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import psutil
import yaml
from kafka import KafkaProducer

from streams.config.settings import Kafka, Pool, Settings
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from tests.faults.cluster import WorkerProcess, dead_letters, verdict_batches, wait_for, waiting
from tests.support.hostile_records import cases
from tests.support.kafka_broker import ROOT, Broker

VALUES = ROOT / "deploy/helm/outwatch/values.yaml"
GROUPS = Path("/sys/fs/cgroup")
MIB = 1 << 20
LARGE = 15_000_000
HOSTILE = ("cards", "random words", "one line of base64", "csv", "chinese", "web tokens", "json")


def chart() -> tuple[int, int]:
    """A worker's memory limit in bytes, and its scoring processes, as the chart sets them."""
    values: dict[str, Any] = yaml.safe_load(VALUES.read_text(encoding="utf-8"))
    limit = values["worker"]["resources"]["limits"]["memory"]
    assert limit.endswith("Gi"), limit
    return int(float(limit[:-2]) * 1024 * MIB), int(values["config"]["pool"]["processes"])


class Bounded:
    """A control group with a memory limit, of either version; without one where none may be made."""

    def __init__(self, limit: int) -> None:
        self.folder: Path | None = None
        unified = (GROUPS / "cgroup.controllers").exists()
        folder = (GROUPS if unified else GROUPS / "memory") / f"outwatch-bench-{os.getpid()}"
        name = "memory.max" if unified else "memory.limit_in_bytes"
        with suppress(OSError):
            folder.mkdir()
            self.folder = folder
            (folder / name).write_text(str(limit))

    def take(self, pid: int) -> None:
        """Puts a process into the group, and with it those that it starts from now on."""
        if self.folder is not None:
            (self.folder / "cgroup.procs").write_text(str(pid))

    def end(self) -> None:
        """Removes the group, whose processes have ended."""
        if self.folder is not None:
            with suppress(OSError):
                self.folder.rmdir()


class Sampler(threading.Thread):
    """Adds up what a process and its children take, four times a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.now = 0
        self._process = psutil.Process(pid)
        self._over = threading.Event()

    def run(self) -> None:
        """Until `stop`."""
        while not self._over.wait(0.25):
            taken = 0
            with suppress(psutil.Error):
                for one in [self._process, *self._process.children(recursive=True)]:
                    with suppress(psutil.Error):
                        taken += one.memory_full_info().pss
            self.now = taken
            self.peak = max(self.peak, taken)

    def stop(self) -> None:
        """Ends the thread."""
        self._over.set()
        self.join()


def send_large(address: str, topic: str, count: int) -> None:
    """One compressed batch of records of `LARGE` characters each."""
    with_room = 2 * count * LARGE
    producer = KafkaProducer(
        bootstrap_servers=address,
        compression_type="gzip",
        batch_size=with_room,
        max_request_size=with_room,
        linger_ms=300_000,
        delivery_timeout_ms=900_000,
    )
    text = "All of this is one sentence that says nothing. " * (LARGE // 47)
    for number in range(count):
        value = msgspec.json.encode({"record_id": f"large-{number}", "output": text})
        producer.send(topic, value, partition=0)
    producer.flush()
    producer.close()


def send_hostile(address: str, topic: str, size: int) -> int:
    """Hostile records, each a batch of its own; how many."""
    producer = KafkaProducer(bootstrap_servers=address, max_request_size=64 * MIB)
    made = dict(cases())
    for name in HOSTILE:
        output = made[name](size).output
        value = msgspec.json.encode({"record_id": name, "output": output})
        producer.send(topic, value, partition=1)
        producer.flush()
    producer.close()
    return len(HOSTILE)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=50, help="records of 15 MB in one batch")
    parser.add_argument("--size", type=int, default=900_000, help="characters of a hostile record")
    asked = parser.parse_args()
    limit, processes = chart()
    folder = Path(tempfile.mkdtemp(prefix="outwatch-memory-"))
    with Broker(folder / "kafka") as broker:
        settings = Settings(kafka=Kafka(brokers=broker.address), pool=Pool(processes=processes))
        with admin_client(settings) as admin:
            create_topics(admin, settings)
        topic = settings.kafka.topics.outputs
        group = Bounded(limit)
        with WorkerProcess(settings, folder) as worker:
            group.take(worker.pid)
            sampler = Sampler(worker.pid)
            sampler.start()
            wait_for("a ready worker", worker.ready)
            time.sleep(1.0)
            idle = sampler.now
            started = time.monotonic()
            send_large(broker.address, topic, asked.large)
            count = asked.large + send_hostile(broker.address, topic, asked.size)

            def settled() -> bool:
                assert worker.ended() is None, f"the worker ended with {worker.ended()}"
                return waiting(settings, topic) == 0

            wait_for("the last record", settled, 900.0)
            took = time.monotonic() - started
            restarts = worker.metric("outwatch_pool_restarts_total")
            sampler.stop()
            worker.kill()
        rows = sum(len(batch.rows) for batch in verdict_batches(settings))
        dead = len(dead_letters(settings))
        group.end()
    bound = "within it" if group.folder else "without a control group, which may not be made here"
    print(f"limit of the chart: {limit / MIB:,.0f} MiB, {processes} scoring processes; run {bound}")
    print(f"ready and idle:     {idle / MIB:,.0f} MiB")
    print(f"peak:               {sampler.peak / MIB:,.0f} MiB")
    print(f"{count} records in {took:.0f} s: {rows} judged, {dead} dead letters, ", end="")
    print(f"{restarts:.0f} scoring processes lost")


if __name__ == "__main__":
    main()
