"""The one-node Kafka for tests: stops cleanly, keeps its records, says what is missing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.kafka_broker import RUN, Broker, make_topic, read_all, send


def run(tmp_path: Path, *options: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if key != "JAVA_HOME"}
    return subprocess.run(
        [sys.executable, str(RUN), "--data", str(tmp_path / "data"), *options],
        env=environ | ({"PATH": path} if path is not None else {}),
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_without_java_says_how_to_get_it(tmp_path: Path) -> None:
    done = run(tmp_path, path=str(tmp_path))
    assert done.returncode == 1
    assert "there is no Java here. Install Java 17" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.needs("kafka")
def test_taken_port_is_one_message(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(tmp_path, "--port", str(port))
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.needs("kafka")
def test_records_outlive_stop_and_kill(tmp_path: Path) -> None:
    with Broker(tmp_path / "data") as broker:
        make_topic(broker.address, "kept", partitions=2)
        send(broker.address, "kept", [b"one"], partition=0)
        broker.restart()
        send(broker.address, "kept", [b"two"], partition=1)
        broker.kill()
        broker.start()
        assert [record.value for record in read_all(broker.address, "kept")] == [b"one", b"two"]


@pytest.mark.needs("kafka")
def test_ctrl_c_stops_cleanly(tmp_path: Path) -> None:
    with Broker(tmp_path / "data") as broker:
        process = broker._process
        assert process is not None
        process.send_signal(signal.SIGINT)
        assert process.wait(240) == 130
