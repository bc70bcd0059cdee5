"""What listens and is no working broker is called by what it does."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from streams.config.security import Sasl, Tls
from streams.config.settings import Kafka, Settings
from streams.kafka import trouble

LOGIN = Sasl(mechanism="PLAIN", username="u", password="pass" + "-word-of-tests")


@contextlib.contextmanager
def listening(*, hangs_up: bool) -> Iterator[str]:
    """A port that takes connections and never says a word."""
    with contextlib.ExitStack() as held:
        server = held.enter_context(socket.create_server(("127.0.0.1", 0)))

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    if hangs_up:
                        connection.close()
                    else:
                        held.enter_context(connection)

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble, "_STEP_S", 0.2)


def settings(brokers: str, sasl: Sasl, *, tls: bool = False) -> Settings:
    return Settings(kafka=Kafka(brokers=brokers, tls=Tls(enabled=tls), sasl=sasl))


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("sasl", [Sasl(), LOGIN])
def test_a_broker_that_hangs_accepts_and_doesnt_answer(sasl: Sasl, tls: bool) -> None:
    with listening(hangs_up=False) as address:
        found = trouble.probe(settings(address, sasl, tls=tls))
    assert found is not None
    assert found.problem == f"{address} accepts connections, but doesn't answer within 0.2 s"
    assert "TLS" not in str(found)
    assert not found.lasting


@pytest.mark.parametrize("sasl", [Sasl(), LOGIN])
def test_one_that_closes_hangs_up(sasl: Sasl) -> None:
    with listening(hangs_up=True) as address:
        found = trouble.probe(settings(address, sasl))
    assert found is not None
    assert found.problem == f"{address} hangs up on a connection without TLS"
    assert "OUTWATCH_KAFKA_TLS_ENABLED" in found.remedy


def test_a_hung_broker_is_named_before_those_that_are_away() -> None:
    with listening(hangs_up=False) as address:
        found = trouble.probe(settings(f"{address},127.0.0.1:1", Sasl()))
    assert found is not None
    assert found.problem.startswith(f"{address} accepts connections")
