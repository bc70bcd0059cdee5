"""Hosts are shown if they are addresses or were found, else by the setting that holds them."""

from __future__ import annotations

import io
import logging
import socket
from typing import Any

import pytest

from streams.cli._process import _Formatter
from streams.config.addresses import shown, without_hosts
from streams.config.settings import Kafka, Settings
from streams.kafka import trouble

LEAKED = "hunter2secretXQ9"
PLACE = "the host of `kafka.brokers`"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all names only `kafka` and `localhost` are found."""
    found = socket.getaddrinfo

    def look_up(host: str, port: Any, *more: Any, **options: Any) -> Any:
        if host.startswith("kafka"):
            host = "127.0.0.1"
        elif not host[0].isdigit() and host not in ("localhost", "::1"):
            raise socket.gaierror(-2, "Name or service not known")
        return found(host, port, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    ("brokers", "said"),
    [
        ("127.0.0.1:9092", "127.0.0.1:9092"),
        ("[::1]:9092", "[::1]:9092"),
        ("localhost", "localhost"),
        ("kafka:9092", "kafka:9092"),
        (LEAKED, PLACE),
        (f"{LEAKED}:9092", PLACE),
        (f"kafka:9092, {LEAKED}", "kafka:9092,host 2 of `kafka.brokers`"),
        (f"{LEAKED},10.0.0.1", "host 1 of `kafka.brokers`,10.0.0.1"),
        ("a" * 80, PLACE),
    ],
)
def test_what_is_shown(brokers: str, said: str) -> None:
    assert shown(brokers) == said


@pytest.mark.parametrize(
    ("text", "brokers", "said"),
    [
        (f"DNS lookup failed for {LEAKED}:9092, gaierror(-2)", LEAKED, f"for {PLACE}:9092, gaier"),
        (f"Unable to bootstrap from ['{LEAKED}']", LEAKED, f"from ['{PLACE}']"),
        (f"Unable to bootstrap from {LEAKED.lower()}", LEAKED, f"from {PLACE}"),
        ("b:9092 is away", "a.b:9092,b:9092", "host 2 of `kafka.brokers`:9092 is away"),
        ("a.b:9092 is away", "b:9092,a.b:9092", "host 2 of `kafka.brokers`:9092 is away"),
        ("127.0.0.1:9092 is away", "127.0.0.1", "127.0.0.1:9092 is away"),
        ("localhost:9092 is away", "localhost", "localhost:9092 is away"),
        ("nothing of it", LEAKED, "nothing of it"),
        ("kafka.conn Kafka went", "kafka:9092", "kafka.conn Kafka went"),
        ("kafka.conn from kafka:9092", "kafka:9092", f"kafka.conn from {PLACE}:9092"),
        ("host=kafka:9092 ['kafka']", "kafka", f"host={PLACE}:9092 ['{PLACE}']"),
    ],
)
def test_what_other_libraries_say(text: str, brokers: str, said: str) -> None:
    assert said in without_hosts(text, brokers)


@pytest.mark.parametrize("brokers", [LEAKED, f"{LEAKED}:9093", f"{LEAKED},{LEAKED}:1", "a" * 80])
def test_a_name_that_is_not_found_is_told_by_its_place(brokers: str) -> None:
    found = trouble.probe(Settings(kafka=Kafka(brokers=brokers)))
    assert found is not None
    assert "of `kafka.brokers` can't be resolved" in found.problem
    assert brokers.partition(":")[0].partition(",")[0] not in str(found)


def test_a_name_that_is_found_is_shown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = trouble.probe(Settings(kafka=Kafka(brokers=f"kafka:{port}")))
    assert found is not None
    assert f"no Kafka answers at kafka:{port}" in found.problem


@pytest.mark.parametrize(("name", "shows"), [("kafka.net.inet", False), ("streams.worker", True)])
def test_lines_of_the_log(name: str, shows: bool) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Formatter(LEAKED))
    try:
        raise OSError(f"no {LEAKED}:9092")
    except OSError as failure:
        given = (type(failure), failure, failure.__traceback__)
    record = logging.LogRecord(name, 30, "x", 1, "failed for %s:%d", (LEAKED, 9092), given)
    handler.emit(record)
    assert (LEAKED in stream.getvalue()) == shows
    assert (PLACE in stream.getvalue()) != shows
