"""Connections to Kafka: the one place where all clients get addresses, TLS and login from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from kafka import KafkaAdminClient
from kafka.net.sasl import get_sasl_mechanism
from kafka.net.sasl.oauth import AbstractTokenProvider

from streams.config.security import OAuth
from streams.config.settings import Settings
from streams.kafka.credentials import Tokens, password, tls_context
from streams.kafka.embedded import API_VERSION

BOOTSTRAP_S = 8.0
"""How long a command waits for the first answer of a broker."""


class _Token(AbstractTokenProvider):
    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = tokens

    def token(self) -> str:
        return self._tokens.get()


@cache
def tokens(oauth: OAuth) -> Tokens:
    """One token for all clients of the process."""
    return Tokens(oauth)


def addresses(settings: Settings) -> list[str]:
    """The brokers' addresses, each host:port."""
    return [address.strip() for address in settings.kafka.brokers.split(",")]


def client_options(settings: Settings) -> dict[str, Any]:
    """Options that every kafka-python client takes: addresses, TLS, login, and the version.

    Reads the files that the settings name, so a client made later has what is new in them.
    Raises `UsageError` where one can't be used.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": addresses(settings),
        "bootstrap_timeout_ms": int(BOOTSTRAP_S * 1000),
        "client_id": "outwatch",
        **security_options(settings, _Token),
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


def sasl_mechanism(settings: Settings, host: str) -> Any:
    """The client's side of one login, as kafka-python drives it. Raises `UsageError`."""
    options = security_options(settings, _Token)
    return get_sasl_mechanism(options["sasl_mechanism"])(host=host, **options)


def security_options(settings: Settings, provider: Callable[[Tokens], Any]) -> dict[str, Any]:
    """TLS and login under the names that kafka-python and aiokafka share.

    `provider` wraps a source of tokens as the client wants it. Raises `UsageError`.
    """
    sasl = settings.kafka.sasl
    context = tls_context(settings.kafka.tls)
    options: dict[str, Any] = {}
    if context is not None:
        options |= {"security_protocol": "SSL", "ssl_context": context}
    if sasl.mechanism:
        options["security_protocol"] = "SASL_PLAINTEXT" if context is None else "SASL_SSL"
        options["sasl_mechanism"] = sasl.mechanism
    if sasl.mechanism == "OAUTHBEARER":
        options["sasl_oauth_token_provider"] = provider(tokens(sasl.oauth))
    elif sasl.mechanism:
        options["sasl_plain_username"] = sasl.username
        options["sasl_plain_password"] = password(sasl)
    return options
