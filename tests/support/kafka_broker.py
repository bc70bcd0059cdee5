"""A real one-node Kafka that tests can start, stop, kill and start again."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "deploy" / "kafka" / "run.py"
START_SECONDS = 240.0


class Broker:
    """A broker on one port and one data folder; records outlive `stop`, `kill` and `start`.

    Use as a context manager, or call `start` and `stop`. `address` is host:port. `properties`
    is a file of broker settings that win over the usual ones.
    """

    def __init__(
        self, data: Path, rebalance_delay_ms: int = 0, properties: Path | None = None
    ) -> None:
        self.data = data
        self.port, self.controller_port = free_ports(2)
        self.address = f"127.0.0.1:{self.port}"
        self._rebalance_delay_ms = rebalance_delay_ms
        self._properties = ["--properties", str(properties)] if properties else []
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The broker's process. Raises `RuntimeError` when it isn't running."""
        if self._process is None:
            raise RuntimeError("the broker isn't running")
        return self._process.pid

    def start(self) -> None:
        """Starts the broker and waits until it answers."""
        if self._process is not None:
            return
        self.data.mkdir(parents=True, exist_ok=True)
        log = self.data / "broker.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, str(RUN), "--data", str(self.data)),
                    *("--port", str(self.port)),
                    *("--controller-port", str(self.controller_port)),
                    *("--rebalance-delay-ms", str(self._rebalance_delay_ms)),
                    *self._properties,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Tests run in a shell's background inherit that Ctrl-C is ignored.
                preexec_fn=_hear_interrupts,
            )
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.address):
            ended = self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                self.kill()
                tail = log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"Kafka didn't start; the end of its log:\n{tail}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stops cleanly, as a restart for maintenance would."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """SIGKILL: what was not yet on disk in the broker's own process is lost."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Stops cleanly and starts again on the same port and data."""
        self.stop()
        self.start()


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# Below what systems give to outgoing connections (32768 or 49152 and up): one of those could
# take a port between its choice and its use, or while a broker restarts. Processes that test at
# the same time begin at different places.
_PORTS = range(18_000, 32_000)
_candidates = itertools.cycle(
    _PORTS[(os.getpid() * 257 + n) % len(_PORTS)] for n in range(len(_PORTS))
)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, and that this process was not given before."""
    return list(itertools.islice(filter(_is_free, _candidates), count))


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def make_topic(
    address: str, name: str, partitions: int = 1, configs: dict[str, str] | None = None
) -> None:
    """Creates a topic and waits until it can be written to."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    try:
        topic = NewTopic(name, partitions, 1, topic_configs=configs or {})
        admin.create_topics([topic], wait_for_metadata=True)
    finally:
        admin.close()


def send(address: str, topic: str, values: list[bytes], **message: Any) -> None:
    """Produces values in order, all acknowledged. `message` may give key, partition, …"""
    producer = KafkaProducer(bootstrap_servers=address, max_request_size=20 * 1024 * 1024)
    try:
        sent = [producer.send(topic, value=value, **message) for value in values]
        producer.flush()
        for future in sent:
            future.get(240)
    finally:
        producer.close()


def read_all(address: str, topic: str, **options: Any) -> list[Any]:
    """All records that a topic holds now, by partition and offset.

    It reads to the topic's end, however long the broker takes; an embedded broker needs
    `api_version` among the options.
    """
    consumer = KafkaConsumer(
        bootstrap_servers=address,
        group_id=None,
        max_partition_fetch_bytes=32 * 1024 * 1024,
        **options,
    )
    try:
        numbers = consumer.partitions_for_topic(topic) or set()
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        records: list[Any] = []
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for found in consumer.poll(timeout_ms=200).values():
                records += found
        return sorted(records, key=lambda record: (record.partition, record.offset))
    finally:
        consumer.close()


def _answers(address: str) -> bool:
    host, port = address.split(":")
    try:
        with socket.create_connection((host, int(port)), timeout=10):
            pass
    except OSError:
        return False
    try:
        admin = KafkaAdminClient(bootstrap_servers=address, request_timeout_ms=30_000)
    except Exception:
        return False
    try:
        return bool(admin.describe_cluster().get("brokers"))
    except Exception:
        return False
    finally:
        admin.close()
