"""The same connections for the worker's own clients: aiokafka, and Faust on top of it.

Apart from `streams.kafka.connect`, since importing Faust takes longer than most commands run.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.abc import AbstractTokenProvider
from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials

from streams.config.settings import Settings
from streams.kafka.connect import addresses, security_options
from streams.kafka.credentials import Tokens


class _Token(AbstractTokenProvider):
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def token(self) -> str:
        return await asyncio.to_thread(self._tokens.get)


def aiokafka_options(settings: Settings) -> dict[str, Any]:
    """Options that every aiokafka client takes: addresses, TLS and login. Raises `UsageError`."""
    return {
        "bootstrap_servers": addresses(settings),
        "client_id": "outwatch",
        **security_options(settings, _Token),
    }


def faust_credentials(settings: Settings) -> Any:
    """The same as Faust wants it; None where there is neither TLS nor login.

    The password is read once; later connections take changed TLS files and new tokens, but
    not a new password. Raises `UsageError`.
    """
    options = security_options(settings, _Token)
    context = options.get("ssl_context")
    if "sasl_oauth_token_provider" in options:
        return OAuthCredentials(oauth_cb=options["sasl_oauth_token_provider"], ssl_context=context)
    if "sasl_mechanism" in options:
        return SASLCredentials(
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            mechanism=options["sasl_mechanism"],
            ssl_context=context,
        )
    return SSLCredentials(context) if context is not None else None
