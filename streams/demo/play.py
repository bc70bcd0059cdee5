"""The demo: a broker, a worker, a pager and the console, and traffic in which things go wrong."""

from __future__ import annotations

import heapq
import itertools
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from kafka import TopicPartition

import streams
from streams.config.settings import CALLED, Console, Kafka, Settings, Web
from streams.demo import stories
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
from streams.installing import CONSOLE, missing
from streams.kafka.consumer import make_consumer
from streams.kafka.send import Sender
from streams.records import (
    ACTS,
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
STORY_SPEED = 20.0
"""A story's twenty minutes pass in one: event times begin in the past and catch up."""

TOLD = {"one-dollar-car": (38.0, 50.0), "falls-in-love": (66.0, 82.0)}
"""Stories that the scenario holds too, and when: from and to, in seconds from its start."""

CHILDREN = ("worker", "pager")
SENT = (OUTPUTS, FEEDBACK)
TOPICS = (*SENT, VERDICTS, INCIDENTS, WINDOWS, ACTS, DEAD)

Options = dict[str, dict[str, Any]]

_GRACE_SECONDS = 15.0
_START_SECONDS = 180.0
_COUNT_SECONDS = 1.0

_batches = msgspec.json.Decoder(VerdictBatch)
_incidents = msgspec.json.Decoder(Incident)


class DemoFailed(OutwatchError):
    """A process of the demo ended by itself, or never got ready."""


class Due(NamedTuple):
    """A line to send `offset` seconds after the traffic's start; `event` is its event time,
    counted from there too."""

    offset: float
    event: float
    feedback: bool
    line: Timed


def scenario() -> list[Timed]:
    """The scenario's outputs in order of time, with the stories that are told in it."""
    lines = list(sample_lines(DEMO))
    for name, (begin, end) in TOLD.items():
        told = stories.told(name)
        step = (end - begin) / len(told)
        lines += (
            Timed(begin + (number + 0.5) * step, data["conversation_id"], data)
            for number, data in enumerate(told)
        )
    return sorted(lines, key=lambda line: line.offset)


def traffic(speed: float) -> Iterator[Due]:
    """The scenario, played `speed` times as fast, and then ordinary traffic without end."""
    outputs = (Due(line.offset, 0.0, False, line) for line in scenario())
    feedback = (Due(line.offset, 0.0, True, line) for line in sample_lines(DEMO_FEEDBACK))
    for due in heapq.merge(outputs, feedback, key=lambda due: due.offset):
        at = due.offset / speed
        yield due._replace(offset=at, event=at)
    yield from _ordinary(SCENARIO_SECONDS / speed)


def story_traffic(name: str, speed: float, seed: int) -> Iterator[Due]:
    """A story, played `STORY_SPEED` times `speed` as fast, and then ordinary traffic without end.

    Raises `UsageError` for a name that no story has.
    """
    pace = STORY_SPEED * speed
    length = stories.LENGTH / pace
    for line in stories.stream(name, seed):
        yield Due(line.offset / pace, line.offset - stories.LENGTH + length, False, line)
    yield from _ordinary(length)


def _ordinary(start: float) -> Iterator[Due]:
    for turn in itertools.count(1):
        offset = 0.0
        for line in sample_lines(ORDINARY):
            if may_identify(line.data["output"]):
                continue
            offset = line.offset / ORDINARY_SPEED
            data = {**line.data, "record_id": f"{line.data['record_id']}-{turn}"}
            at = start + offset
            yield Due(at, at, False, Timed(line.offset, line.key, data))
        start += offset


def write_scenario(folder: Path) -> tuple[Path, Path]:
    """Writes the scenario's records and feedback, as `outwatch replay` takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    records, feedback = folder / "demo.jsonl", folder / "feedback.jsonl"
    _write(records, scenario())
    _write(feedback, sample_lines(DEMO_FEEDBACK))
    return records, feedback


def write_story(folder: Path, name: str, seed: int) -> tuple[Path, Options]:
    """Writes a story's records and what else it needs; the file, and options of detectors.

    Raises `UsageError` for a name that no story has.
    """
    lines = stories.stream(name, seed)
    folder.mkdir(parents=True, exist_ok=True)
    records = folder / f"{name}.jsonl"
    _write(records, lines)
    return records, stories.detector_options(stories.load(name), folder)


def _write(path: Path, lines: Iterable[Timed]) -> None:
    path.write_bytes(b"".join(line.line(START) + b"\n" for line in lines))


def demo_settings(
    broker: str,
    port: int,
    rules: str = str(DEMO_RULES),
    options: Options | None = None,
    console: Console | None = None,
) -> Settings:
    """Settings of the demo's processes, whatever is configured on this machine.

    `rules` "" are the default ones; `options` are those of detectors.
    """
    return Settings(
        kafka=Kafka(brokers=broker, embedded=True),
        web=Web(port=port),
        console=console or Console(port=0),
        rules=rules,
        detector_options=options or {},
    )


def environment(settings: Settings, state: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables that hand the demo's settings to a child process."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("OUTWATCH_")}
    return kept | {
        "OUTWATCH_KAFKA_BROKERS": settings.kafka.brokers,
        "OUTWATCH_KAFKA_EMBEDDED": "true",
        "OUTWATCH_RULES": settings.rules,
        "OUTWATCH_DETECTOR_OPTIONS": msgspec.json.encode(settings.detector_options).decode(),
        "OUTWATCH_STATE_DIR": str(state),
        "OUTWATCH_WEB_PORT": str(settings.web.port),
        "OUTWATCH_PAGER_PORT": "0",
        "OUTWATCH_CONSOLE_PORT": str(settings.console.port),
        "OUTWATCH_CONSOLE_COMMAND": settings.console.command,
        CALLED: settings.console.command,
        "OMP_NUM_THREADS": "1",
    }


def typed_command(state: Path) -> str:
    """What is typed in place of `outwatch`, in any terminal, to act on the demo."""
    return shlex.quote(str(state / _COMMAND))


def write_command(settings: Settings, state: Path) -> None:
    """Writes the script that `typed_command` names.

    It finds this outwatch and the demo's settings wherever it is called, whatever else is
    installed or set there.
    """
    config = state / "on.json"
    config.write_bytes(msgspec.json.encode(msgspec.structs.replace(settings, state_dir=str(state))))
    called = [sys.executable, "-P", "-m", "streams.cli", "--config", str(config)]
    script = state / _COMMAND
    typed = shlex.quote(typed_command(state))
    script.write_text(
        _SCRIPT.format(
            root=shlex.quote(_ROOT), variable=CALLED, typed=typed, called=shlex.join(called)
        )
    )
    script.chmod(0o700)


_COMMAND = "outwatch"
_ROOT = str(Path(streams.__file__ or "").parent.parent)
_SCRIPT = """\
#!/bin/sh
# outwatch on the demo. What else is set in this terminal is for another one.
for name in $(env | sed -n 's/^\\(OUTWATCH_[A-Z_]*\\)=.*/\\1/p'); do
    [ "$name" = OUTWATCH_ACTOR ] || unset "$name"
done
PYTHONPATH={root} {variable}={typed} exec {called} "$@"
"""


def has_console() -> bool:
    """Whether the console's extra is installed; then the demo serves it too."""
    return not missing(CONSOLE)


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
    """Reads what the worker publishes into the view, and how much there is to judge."""

    def __init__(self, settings: Settings, view: View) -> None:
        self._view = view
        self._count_at = 0.0
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
                    news += self._view.change(_incidents.decode(message.value))
        if time.monotonic() >= self._count_at:
            self._count_at = time.monotonic() + _COUNT_SECONDS
            self._count()
        return news

    def _count(self) -> None:
        places = [TopicPartition(topic, n) for topic in SENT for n in range(PARTITIONS)]
        ends = self._consumer.end_offsets(places)
        arrived = {
            topic: sum(end for place, end in ends.items() if place.topic == topic) for topic in SENT
        }
        self._view.arrived, self._view.feedback_arrived = arrived[OUTPUTS], arrived[FEEDBACK]

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *exc: object) -> None:
        """Ends the reading."""
        self._consumer.close()


class Play:
    """Sends what is due."""

    def __init__(self, sender: Sender, view: View, coming: Iterator[Due]) -> None:
        self._sender = sender
        self._view = view
        self._traffic = coming
        self._next = next(self._traffic)

    def send_due(self, started: float, now: float) -> None:
        """Sends every line whose time has come."""
        while started + self._next.offset <= now:
            due = self._next
            data = {**due.line.data, "event_time": round(started + due.event, 3)}
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


def interrupt_on_signals() -> None:
    """Makes SIGTERM end this process as Ctrl-C does, and that wherever it was started: a shell
    makes what it starts beside itself ignore Ctrl-C."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, interrupt)


def variables() -> Mapping[str, str]:
    """This process's variables."""
    return os.environ
