"""The demo: an embedded broker, a worker and a pager, and traffic in which things go wrong."""

from __future__ import annotations

import heapq
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
from kafka import TopicPartition

from streams.config.settings import Kafka, Settings, Web
from streams.demo.samples import (
    DEMO,
    DEMO_FEEDBACK,
    DEMO_RULES,
    ORDINARY,
    SCENARIO_SECONDS,
    START,
    Timed,
    may_identify,
    sample_lines,
)
from streams.demo.screen import View
from streams.errors import OutwatchError
from streams.kafka.consumer import make_consumer
from streams.kafka.send import Sender
from streams.records import (
    DEAD,
    FEEDBACK,
    INCIDENTS,
    OUTPUTS,
    VERDICTS,
    WINDOWS,
    Incident,
    VerdictBatch,
)

PARTITIONS = 4
ORDINARY_SPEED = 1.5

CHILDREN = ("worker", "pager")
SENT = (OUTPUTS, FEEDBACK)
TOPICS = (*SENT, VERDICTS, INCIDENTS, WINDOWS, DEAD)

_GRACE_SECONDS = 15.0
_START_SECONDS = 180.0

_batches = msgspec.json.Decoder(VerdictBatch)
_incidents = msgspec.json.Decoder(Incident)


class DemoFailed(OutwatchError):
    """A process of the demo ended by itself, or never got ready."""


class Due(NamedTuple):
    """A line to send, `offset` seconds after the traffic's start."""

    offset: float
    feedback: bool
    line: Timed


def traffic(speed: float) -> Iterator[Due]:
    """The scenario, played `speed` times as fast, and then ordinary traffic without end."""
    outputs = (Due(line.offset, False, line) for line in sample_lines(DEMO))
    feedback = (Due(line.offset, True, line) for line in sample_lines(DEMO_FEEDBACK))
    for due in heapq.merge(outputs, feedback, key=lambda due: due.offset):
        yield due._replace(offset=due.offset / speed)
    start = SCENARIO_SECONDS / speed
    for turn in itertools.count(1):
        offset = 0.0
        for line in sample_lines(ORDINARY):
            if may_identify(line.data["output"]):
                continue
            offset = line.offset / ORDINARY_SPEED
            data = {**line.data, "record_id": f"{line.data['record_id']}-{turn}"}
            yield Due(start + offset, False, Timed(line.offset, line.key, data))
        start += offset


def write_scenario(folder: Path) -> tuple[Path, Path]:
    """Writes the scenario's records and feedback, as `outwatch replay` takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    records, feedback = folder / "demo.jsonl", folder / "feedback.jsonl"
    for path, sample in ((records, DEMO), (feedback, DEMO_FEEDBACK)):
        path.write_bytes(b"".join(line.line(START) + b"\n" for line in sample_lines(sample)))
    return records, feedback


def demo_settings(broker: str, port: int) -> Settings:
    """Settings of the demo's processes, whatever is configured on this machine."""
    return Settings(
        kafka=Kafka(brokers=broker, embedded=True),
        web=Web(port=port),
        rules=str(DEMO_RULES),
    )


def environment(settings: Settings, state: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables that hand the demo's settings to a child process."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("OUTWATCH_")}
    return kept | {
        "OUTWATCH_KAFKA_BROKERS": settings.kafka.brokers,
        "OUTWATCH_KAFKA_EMBEDDED": "true",
        "OUTWATCH_RULES": settings.rules,
        "OUTWATCH_STATE_DIR": str(state),
        "OUTWATCH_WEB_PORT": str(settings.web.port),
        "OUTWATCH_PAGER_PORT": "0",
        "OMP_NUM_THREADS": "1",
    }


def free_port(wanted: int) -> int:
    """The wanted port of this machine, or another where that one is taken."""
    for port in (wanted, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = trial.getsockname()[1]
            return found
    raise DemoFailed("No port of this machine is free")


class Child:
    """One of our commands as a process, its output in a log file."""

    def __init__(self, name: str, log: Path, variables: Mapping[str, str]) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output:
            # A session of its own: Ctrl-C is the demo's to handle, in its order.
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "streams.cli", name],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(variables),
                start_new_session=True,
            )

    def check(self) -> None:
        """Raises `DemoFailed`, with the end of its log, when the process is gone."""
        code = self._process.poll()
        if code is not None:
            tail = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-12:])
            raise DemoFailed(f"The {self.name} ended with code {code}. Its last lines:\n{tail}")

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *exc: object) -> None:
        """Asks it to end, and ends it where it doesn't within 15 s."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()


def is_ready(port: int) -> bool:
    """Whether a worker on this machine says that it is ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            status: int = answer.status
            return status == 200
    except (urllib.error.URLError, OSError):
        return False


class Feed:
    """Reads what the worker publishes into the view."""

    def __init__(self, settings: Settings, view: View) -> None:
        self._view = view
        self._consumer = make_consumer(settings)
        self._consumer.assign(
            [
                TopicPartition(topic, number)
                for topic in (VERDICTS, INCIDENTS, DEAD)
                for number in range(PARTITIONS)
            ]
        )

    def read(self, seconds: float) -> list[str]:
        """Waits up to so long for messages; lines about incidents that changed."""
        news = []
        for place, messages in self._consumer.poll(timeout_ms=int(seconds * 1000)).items():
            for message in messages:
                if place.topic == DEAD:
                    self._view.dead += 1
                elif place.topic == VERDICTS:
                    batch = _batches.decode(message.value)
                    self._view.fold(batch, time.time(), batch.topic == FEEDBACK)
                elif message.value:
                    news.append(self._view.change(_incidents.decode(message.value)))
        return news

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *exc: object) -> None:
        """Ends the reading."""
        self._consumer.close()


class Play:
    """Sends what is due."""

    def __init__(self, sender: Sender, view: View, speed: float) -> None:
        self._sender = sender
        self._view = view
        self._traffic = traffic(speed)
        self._next = next(self._traffic)

    def send_due(self, started: float, now: float) -> None:
        """Sends every line whose time has come; its event time is that moment."""
        while started + self._next.offset <= now:
            due = self._next
            data = {**due.line.data, "event_time": round(started + due.offset, 3)}
            topic = FEEDBACK if due.feedback else OUTPUTS
            self._sender.send(topic, due.line.key.encode(), msgspec.json.encode(data))
            self._view.produced += not due.feedback
            self._view.feedback_produced += due.feedback
            self._next = next(self._traffic)


def wait_until_ready(children: list[Child], port: int) -> Iterator[float]:
    """Yields the seconds waited until the worker is ready. Raises `DemoFailed`."""
    started = time.monotonic()
    while not is_ready(port):
        for child in children:
            child.check()
        waited = time.monotonic() - started
        if waited > _START_SECONDS:
            raise DemoFailed(f"The worker is not ready after {waited:.0f} s")
        yield waited
        time.sleep(0.2)


def interrupt_on_sigterm() -> None:
    """Makes SIGTERM end this process as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def variables() -> Mapping[str, str]:
    """This process's variables."""
    return os.environ
