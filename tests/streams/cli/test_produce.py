"""`outwatch produce`: what is in the files is on the topics, and the count is exact."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition

from streams.config.settings import Kafka, Settings
from streams.kafka.connect import client_options
from streams.kafka.embedded import embedded_broker
from tests.support.kafka_broker import free_ports

LINES = [
    b'{"record_id": "a", "output": "one", "conversation_id": "c", "event_time": 1767225600}',
    b"{nope",
    b"",
    b'{"record_id": "b", "output": "two", "event_time": "2026-01-01T00:00:10Z"}',
]
COMPLAINT = b'{"feedback_id": "f", "kind": "complaint", "deployment": "bot"}'


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with embedded_broker() as address:
        yield address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "records.jsonl").write_bytes(b"\n".join(LINES))
    (tmp_path / "feedback.jsonl").write_bytes(COMPLAINT)
    return tmp_path


def produce(
    broker: str, prefix: str, *arguments: str, embedded: bool = True
) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
    variables = {
        "OUTWATCH_KAFKA_BROKERS": broker,
        "OUTWATCH_KAFKA_EMBEDDED": str(embedded).lower(),
        "OUTWATCH_KAFKA_TOPICS_OUTPUTS": f"{prefix}.outputs",
        "OUTWATCH_KAFKA_TOPICS_FEEDBACK": f"{prefix}.feedback",
    }
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", "produce", *arguments],
        env=inherited | variables,
        capture_output=True,
        text=True,
        timeout=240,
    )


def read(broker: str, topic: str, count: int) -> list[tuple[bytes | None, bytes]]:
    settings = Settings(kafka=Kafka(brokers=broker, embedded=True))
    consumer = KafkaConsumer(
        **client_options(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        consumer_timeout_ms=240_000,
    )
    places = [TopicPartition(topic, number) for number in range(4)]
    consumer.assign(places)
    assert sum(consumer.end_offsets(places).values()) == count
    messages = [next(consumer) for _ in range(count)]
    consumer.close()
    return [(message.key, message.value) for message in messages]


@pytest.mark.needs("embedded")
def test_lines_are_sent_as_they_are(broker: str, folder: Path) -> None:
    done = produce(broker, "as-is", str(folder / "records.jsonl"))
    assert (done.returncode, done.stdout) == (0, "as-is.outputs: 3 confirmed\n"), done.stderr
    sent = read(broker, "as-is.outputs", 3)
    assert sorted(sent, key=str) == sorted(
        [(b"c", LINES[0]), (None, LINES[1]), (b"b", LINES[3])], key=str
    )


@pytest.mark.needs("embedded")
def test_checked_leaves_out_what_cannot_be_read(broker: str, folder: Path) -> None:
    done = produce(broker, "checked", str(folder / "records.jsonl"), "--checked")
    assert "checked.outputs: 2 confirmed\nleft out, as unreadable: 1 line" in done.stdout
    assert len(read(broker, "checked.outputs", 2)) == 2
    again = produce(broker, "checked", str(folder / "records.jsonl"), "--checked", "--json")
    assert json.loads(again.stdout) == {"confirmed": {"checked.outputs": 2}, "left_out": 1}


@pytest.mark.needs("embedded")
def test_times_are_moved_to_now(broker: str, folder: Path) -> None:
    before = time.time()
    produce(broker, "moved", str(folder / "records.jsonl"), "--shift-to-now")
    values = [json.loads(v) for _, v in read(broker, "moved.outputs", 3) if v != LINES[1]]
    first, second = sorted(value["event_time"] for value in values)
    assert before - 1 <= first <= time.time()
    assert second - first == pytest.approx(10, abs=0.01)


@pytest.mark.needs("embedded")
def test_files_are_repeated_with_their_feedback(broker: str, folder: Path) -> None:
    feedback = str(folder / "feedback.jsonl")
    done = produce(
        broker, "again", str(folder / "records.jsonl"), "--feedback", feedback, "--repeat", "3"
    )
    assert done.stdout == "again.outputs: 9 confirmed\nagain.feedback: 3 confirmed\n"
    assert read(broker, "again.feedback", 3) == [(b"bot", COMPLAINT)] * 3


@pytest.mark.needs("embedded")
def test_the_rate_is_kept(broker: str, folder: Path) -> None:
    def seconds(*arguments: str) -> float:
        started = time.monotonic()
        done = produce(broker, "rate", str(folder / "records.jsonl"), "--repeat", "5", *arguments)
        assert done.stdout == "rate.outputs: 15 confirmed\n"
        return time.monotonic() - started

    assert seconds("--rate", "5") >= 14 / 5


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        pytest.param(["{folder}/missing"], 2, "missing: can't be read", id="no-file"),
        pytest.param(
            ["-", "--repeat", "2"], 2, "Standard input can be sent once", id="stdin-twice"
        ),
        pytest.param(["{folder}/records.jsonl"], 1, "no Kafka answers", id="no-broker"),
        pytest.param(["{folder}/records.jsonl"], 1, "`outwatch doctor`", id="what-to-do"),
    ],
)
def test_what_is_wrong_is_told_in_one_message(
    folder: Path, arguments: list[str], code: int, told: str
) -> None:
    (port,) = free_ports(1)
    given = [argument.format(folder=folder) for argument in arguments]
    done = produce(f"127.0.0.1:{port}", "none", *given, embedded=False)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr
