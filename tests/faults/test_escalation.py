"""A pager killed at every step of an escalation: each page once, and none much too late."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from streams.config.settings import Pager, Settings
from streams.incidents.acts import answer, drawn_up
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from streams.records import Incident, PageNote
from tests.faults.cluster import wait_for
from tests.streams.paging.conftest import build
from tests.support.kafka_broker import ROOT, free_ports, read_all, send

CONTACTS = """
roles:
  on-call: {always: [ada]}
  team-lead: {always: [bob]}
  executives: {always: [boss]}
escalation:
  critical:
    steps:
      - {tell: [on-call], wait: 4s}
      - {tell: [team-lead, on-call], wait: 4s}
      - {tell: [executives], wait: 4s}
    acknowledged_for: 30m
"""
WAIT_S = 4.0
LATE_S = 60.0


class Arrived(NamedTuple):
    """A page as it reached somebody."""

    at: float
    who: str
    key: str
    action: str


class Phones:
    """Webhooks of several people. `on_page` runs before a page is answered."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        self.on_page: Callable[[Arrived], None] = lambda page: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                page = Arrived(
                    time.time(),
                    self.path.strip("/"),
                    self.headers["Idempotency-Key"],
                    self.headers["X-Outwatch-Action"],
                )
                outer.arrived.append(page)
                outer.on_page(page)
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    # Whoever sent it is no more.
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def url(self, who: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{who}"

    def keys(self, who: str, action: str = "trigger") -> set[str]:
        return {page.key for page in self.arrived if (page.who, page.action) == (who, action)}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def phones() -> Iterator[Phones]:
    made = Phones()
    yield made
    made.stop()


@pytest.fixture
def settings(kafka_settings: Settings, tmp_path: Path, phones: Phones) -> Settings:
    contacts = tmp_path / "contacts.yaml"
    contacts.write_text(CONTACTS)
    pager = Pager(
        contacts=str(contacts),
        receivers={
            who: {"type": "webhook", "url": phones.url(who)} for who in ("ada", "bob", "boss")
        },
        group=f"{kafka_settings.kafka.group}-pager",
        port=free_ports(1)[0],
    )
    made = msgspec.structs.replace(kafka_settings, pager=pager)
    with admin_client(made) as admin:
        create_topics(admin, made)
    return made


class Process:
    """`outwatch pager`, started again whenever it was killed."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._config = folder / "outwatch.json"
        self._config.write_bytes(msgspec.json.encode(settings))
        self._log = folder / "pager.log"
        self.start()

    def start(self) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
        paths = [str(ROOT), *filter(None, [environment.get("PYTHONPATH", "")])]
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "--config", str(self._config), "pager"],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment | {"PYTHONPATH": os.pathsep.join(paths)},
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]


def publish(settings: Settings, *incidents: Incident) -> None:
    topic = settings.kafka.topics.incidents
    now = time.time()
    for one in incidents:
        stamped = msgspec.structs.replace(one, published_at=now)
        value = msgspec.json.encode(stamped)
        send(settings.kafka.brokers, topic, [value], key=one.id.encode())


def notes(settings: Settings) -> list[PageNote]:
    records = read_all(settings.kafka.brokers, settings.kafka.topics.pages)
    return [msgspec.json.decode(record.value, type=PageNote) for record in records]


@pytest.mark.needs("kafka")
def test_a_pager_killed_at_each_step_pages_each_once(
    settings: Settings, tmp_path: Path, phones: Phones
) -> None:
    killed: list[str] = []
    pager = Process(settings, tmp_path)

    lock = threading.Lock()

    def die_once_a_step(page: Arrived) -> None:
        # It has reached somebody, and nobody has noted it.
        with lock:
            if page.action == "trigger" and page.key not in killed:
                killed.append(page.key)
                pager.kill()
                pager.start()

    phones.on_page = die_once_a_step
    try:
        incident = build(id="inc-1", severity="critical")
        publish(settings, incident, build(id="inc-2", severity="low"))
        wait_for("the last step", lambda: phones.keys("boss") != set())
        wait_for("its note", lambda: any(one.receiver == "boss" for one in notes(settings)))
    finally:
        if sys.exc_info()[0] is not None:
            sys.stderr.write(pager.log())
        pager.kill()
    assert len(killed) == 3
    assert [len(phones.keys(who)) for who in ("ada", "bob", "boss")] == [2, 1, 1]
    begun = {one.number: one for one in notes(settings) if one.kind == "step"}
    assert sorted(begun) == [0, 1, 2]
    for number, who in ((0, "ada"), (1, "ada"), (1, "bob"), (2, "boss")):
        first = min(p.at for p in phones.arrived if p.who == who and f".{number}-" in p.key)
        due = begun[number].at if number == 0 else begun[number - 1].at + WAIT_S
        assert -0.1 <= first - due <= LATE_S

    # Somebody takes it while no pager runs: nobody is paged after that.
    act = drawn_up(incident, "acknowledge", "a", "ada", time.time())
    taken = answer(incident, act, 0.0, time.time())
    before = len([page for page in phones.arrived if page.action == "trigger"])
    publish(settings, taken)
    pager.start()
    try:
        wait_for(
            "the word that somebody is at it",
            lambda: all(phones.keys(who, "acknowledge") for who in ("ada", "bob", "boss")),
        )
    finally:
        pager.kill()
    assert len([page for page in phones.arrived if page.action == "trigger"]) == before


@pytest.mark.needs("kafka")
def test_a_storm_is_one_page_though_the_pager_is_killed_as_it_arrives(
    settings: Settings, tmp_path: Path, phones: Phones
) -> None:
    Path(str(settings.pager.contacts)).write_text(
        CONTACTS + "  high: {steps: [{tell: [on-call], wait: 1d}]}\n"
    )
    receivers = {name: {**one, "group_above": 3} for name, one in settings.pager.receivers.items()}
    pager_settings = msgspec.structs.replace(settings.pager, receivers=receivers)
    settings = msgspec.structs.replace(settings, pager=pager_settings)
    publish(settings, *(build(id=f"inc-{number}") for number in range(12)))
    pager = Process(settings, tmp_path)
    killed: list[str] = []
    lock = threading.Lock()

    def die_once(page: Arrived) -> None:
        with lock:
            if page.key not in killed:
                killed.append(page.key)
                pager.kill()
                pager.start()

    phones.on_page = die_once
    try:
        wait_for(
            "the group's note",
            lambda: any(one.kind == "told" and one.group for one in notes(settings)),
        )
    finally:
        if sys.exc_info()[0] is not None:
            sys.stderr.write(pager.log())
        pager.kill()
    (key,) = phones.keys("ada")
    assert key.startswith("group-")
    assert killed == [key]
    told = {one.page_key for one in notes(settings) if one.kind == "told" and not one.group}
    assert told == {f"inc-{number}" for number in range(12)}
