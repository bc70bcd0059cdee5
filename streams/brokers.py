"""Connections to Kafka for everything but the worker: one place for options and for waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient

from streams.embedded import API_VERSION
from streams.settings import Settings

_UNREACHABLE = ("Timeout", "TimedOut", "Connection", "NoBrokers", "NodeNotReady")

BOOTSTRAP_S = 8.0
"""How long a command waits for the first answer of a broker."""


def client_options(settings: Settings) -> dict[str, Any]:
    """Options that every kafka-python client takes: addresses, and the version where it must be."""
    options: dict[str, Any] = {
        "bootstrap_servers": [address.strip() for address in settings.kafka.brokers.split(",")],
        "bootstrap_timeout_ms": int(BOOTSTRAP_S * 1000),
        "client_id": "outwatch",
    }
    if settings.kafka.embedded:
        options["api_version"] = API_VERSION
    return options


@contextmanager
def admin_client(settings: Settings) -> Iterator[Any]:
    """A connected admin client. Raises kafka-python's `KafkaError` where nobody answers."""
    admin = KafkaAdminClient(**client_options(settings))
    try:
        yield admin
    finally:
        admin.close()


def unreachable(error: Exception) -> bool:
    """Whether a Kafka client's error means that nobody answered, rather than that one refused."""
    return any(part in type(error).__name__ for part in _UNREACHABLE)
