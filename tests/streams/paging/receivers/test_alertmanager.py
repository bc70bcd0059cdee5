"""The real Alertmanager: alerts appear, stay, end, and are there again after its restart."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from streams.clock import SystemClock
from streams.paging.contact import Contact
from streams.paging.line import Line
from streams.paging.metrics import PagerMetrics
from streams.paging.receivers.alertmanager import Alertmanager
from streams.place import Place
from streams.records import Incident
from tests.support.kafka_broker import free_ports

Build = Callable[..., Incident]

CONFIG = """
global: {resolve_timeout: 2s}
route: {receiver: nobody, group_wait: 1s, group_interval: 1s}
receivers: [{name: nobody}]
"""


class Server:
    """An Alertmanager of its own, on loopback, that keeps nothing over a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "config.yml").write_text(CONFIG)
        self._port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    def start(self) -> None:
        program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
        assert program is not None
        self._starts += 1
        data = self._folder / f"data-{self._starts}"
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    program,
                    f"--config.file={self._folder / 'config.yml'}",
                    f"--storage.path={data}",
                    f"--web.listen-address=127.0.0.1:{self._port}",
                    "--cluster.listen-address=",
                ],
                stdout=log,
                stderr=log,
            )
        wait_for(self._ready)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            return bool(urllib.request.urlopen(f"{self.url}/-/ready", timeout=30).status == 200)
        except OSError:
            return False

    def alerts(self) -> list[dict[str, Any]]:
        found = subprocess.run(
            ["amtool", "alert", "query", f"--alertmanager.url={self.url}", "--output=json"],
            capture_output=True,
            check=True,
            timeout=240,
        )
        return list(json.loads(found.stdout or b"[]"))


def wait_for(condition: Callable[[], object], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen in time"
        time.sleep(0.2)


def severities(server: Server) -> list[str]:
    return [alert["labels"]["severity"] for alert in server.alerts()]


def outlives_what_was_told(server: Server) -> None:
    """Waits until the alert is there although its end, as told by now, has passed."""
    wait_for(server.alerts)
    (alert,) = server.alerts()
    end = datetime.fromisoformat(alert["endsAt"]).timestamp()
    wait_for(lambda: time.time() > end and severities(server) == ["critical"])


class Running:
    """A line that works on a thread, as the reader lets it, without Kafka."""

    def __init__(self, url: str, recalled: list[Incident]) -> None:
        # An alert ends by itself after four rounds and a time-out: 5 seconds.
        options = Alertmanager.Options(urls=[url], resend_s=1, timeout_s=1)
        self.receiver = Alertmanager("alerts", options)
        metrics = PagerMetrics(CollectorRegistry(), ["alerts"])
        self.line = Line(Contact(self.receiver), metrics, SystemClock(), _no_dead_letter, 1000)
        self.line.start(0, 0, "")
        for event in recalled:
            self.line.recall(0, msgspec.json.encode(event))
        self._offset = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def take(self, event: Incident) -> None:
        with self._lock:
            self.line.take(Place("llm.incidents", 0, self._offset), msgspec.json.encode(event))
            self._offset += 1

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            with self._lock:
                self.line.keep_alive()
                self.line.work()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()
        self.receiver.close()


def _no_dead_letter(letter: object) -> None:
    raise AssertionError(letter)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.mark.needs("alertmanager")
def test_alert_lives_as_long_as_its_incident(server: Server, incident: Build) -> None:
    now = time.time()
    event = incident(first_seen=now - 60, severity="low")
    pager = Running(server.url, recalled=[])
    try:
        pager.take(event)
        wait_for(server.alerts)
        (alert,) = server.alerts()
        assert alert["labels"] == {
            "alertname": "OutwatchIncident",
            "severity": "low",
            "playbook": "secret-leak",
            "incident": "inc-1",
            "deployment": "support-bot",
        }
        assert alert["annotations"]["summary"] == "A secret in answers of support-bot"

        pager.take(msgspec.structs.replace(event, revision=2, severity="critical"))
        wait_for(lambda: severities(server) == ["critical"])
        outlives_what_was_told(server)

        server.stop()
        server.start()
        wait_for(lambda: severities(server) == ["critical"])
    finally:
        pager.end()

    told = msgspec.structs.replace(event, revision=2, severity="critical")
    again = Running(server.url, recalled=[told])
    try:
        outlives_what_was_told(server)
        again.take(msgspec.structs.replace(told, revision=3, state="resolved"))
        wait_for(lambda: server.alerts() == [])
    finally:
        again.end()


@pytest.mark.needs("alertmanager")
def test_alert_of_a_pager_that_is_gone_ends_by_itself(server: Server, incident: Build) -> None:
    receiver = Alertmanager("alerts", Alertmanager.Options(urls=[server.url], resend_s=0.1))
    try:
        answer = receiver.keep_alive([incident(first_seen=time.time())])
        assert answer.kind == "delivered"
    finally:
        receiver.close()
    wait_for(server.alerts)
    wait_for(lambda: server.alerts() == [])
