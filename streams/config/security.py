"""Settings of TLS and SASL towards Kafka, and which of their combinations make sense.

The structs hold no files' contents: what stands in them is read by `streams.kafka.credentials`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

PASSWORD_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
MECHANISMS = (*PASSWORD_MECHANISMS, "OAUTHBEARER")

Problem = tuple[str, str, str]
"""The setting's place below `kafka`, what is wrong with it, and the remedy."""


class Tls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """TLS to the brokers, off by default. Files are PEM.

    `ca_file` "" means the certificate authorities of the system. `cert_file` is this client's
    own certificate with its chain, for brokers that ask for one; its key stands in `key_file`,
    or in the same file. Changed files are read anew for later connections.
    """

    enabled: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    key_password: str = ""
    key_password_file: str = ""
    check_hostname: bool = True

    def __repr__(self) -> str:
        """Never shows the password."""
        return f"Tls(enabled={self.enabled}, …)"


class OAuth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where OAUTHBEARER gets its token.

    Either `token_file`, read at each connection, or `token_url`, which is asked for one with
    the client credentials grant (RFC 6749, section 4.4). `ca_file` "" means the certificate
    authorities of the system.
    """

    token_file: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    client_secret_file: str = ""
    scope: str = ""
    ca_file: str = ""

    def __repr__(self) -> str:
        """Never shows the secret, nor the URL, which may hold one."""
        return "OAuth(…)"


class Sasl(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to log in to the brokers; without `mechanism` not at all."""

    mechanism: str = ""
    username: str = ""
    password: str = ""
    password_file: str = ""
    oauth: OAuth = OAuth()

    def __repr__(self) -> str:
        """Never shows the password."""
        return f"Sasl(mechanism={self.mechanism!r}, …)"


def problems(tls: Tls, sasl: Sasl, embedded: bool) -> Iterator[Problem]:
    """What is wrong with a combination, most important first. No secret is ever quoted."""
    if embedded and (tls.enabled or sasl.mechanism):
        what = "tls.enabled" if tls.enabled else "sasl.mechanism"
        yield what, "the embedded broker has neither TLS nor SASL", "Take it out, or `embedded`"
    yield from _tls_problems(tls)
    yield from _sasl_problems(sasl)


def _tls_problems(tls: Tls) -> Iterator[Problem]:
    if not tls.enabled:
        for name in _given(tls):
            yield (
                f"tls.{name}",
                "is set, but TLS is off",
                "Set `kafka.tls.enabled: true` (OUTWATCH_KAFKA_TLS_ENABLED=true)",
            )
        return
    if tls.key_file and not tls.cert_file:
        yield "tls.key_file", "is set without a certificate", "Set `kafka.tls.cert_file` too"
    for name in ("key_password", "key_password_file"):
        if getattr(tls, name) and not tls.cert_file:
            yield (
                f"tls.{name}",
                "is set without a key",
                "Set `kafka.tls.cert_file` and `kafka.tls.key_file` too",
            )
    if tls.key_password and tls.key_password_file:
        yield "tls.key_password", "stands in two places", "Keep it, or `key_password_file`"


def _sasl_problems(sasl: Sasl) -> Iterator[Problem]:
    if not sasl.mechanism:
        for name in _given(sasl):
            yield (
                f"sasl.{name}",
                "is set without a mechanism",
                f"Set `kafka.sasl.mechanism` to one of {', '.join(MECHANISMS)}",
            )
    elif sasl.mechanism in PASSWORD_MECHANISMS:
        yield from _password_problems(sasl)
    elif sasl.mechanism == "OAUTHBEARER":
        yield from _oauth_problems(sasl)
    else:
        yield "sasl.mechanism", f"is none of {', '.join(MECHANISMS)}", "Pick one of them"


def _password_problems(sasl: Sasl) -> Iterator[Problem]:
    if not sasl.username:
        yield "sasl.username", f"is missing: {sasl.mechanism} needs one", "Set it"
    if not (sasl.password or sasl.password_file):
        yield (
            "sasl.password",
            f"is missing: {sasl.mechanism} needs one",
            "Set OUTWATCH_KAFKA_SASL_PASSWORD, or `kafka.sasl.password_file`",
        )
    if sasl.password and sasl.password_file:
        yield "sasl.password", "stands in two places", "Keep it, or `password_file`"
    if sasl.oauth != OAuth():
        yield (
            "sasl.oauth",
            f"is set, but the mechanism is {sasl.mechanism}",
            "Take it out, or set `kafka.sasl.mechanism: OAUTHBEARER`",
        )


def _oauth_problems(sasl: Sasl) -> Iterator[Problem]:
    oauth = sasl.oauth
    for name in ("username", "password", "password_file"):
        if getattr(sasl, name):
            yield (
                f"sasl.{name}",
                "is set, but OAUTHBEARER has none",
                "Take it out; the client's name and secret belong in `kafka.sasl.oauth`",
            )
    if not (oauth.token_url or oauth.token_file):
        yield (
            "sasl.oauth",
            "names no place to get a token from",
            "Set `token_url` with `client_id` and `client_secret_file`, or `token_file`",
        )
        return
    if oauth.token_url and oauth.token_file:
        yield "sasl.oauth.token_file", "`token_url` is set as well", "Keep one of the two"
    elif oauth.token_file:
        for name in _given(oauth):
            if name != "token_file":
                yield f"sasl.oauth.{name}", "means nothing with `token_file`", "Take it out"
    else:
        yield from _client_problems(oauth)


def _client_problems(oauth: OAuth) -> Iterator[Problem]:
    if not oauth.token_url.startswith(("https://", "http://")):
        yield "sasl.oauth.token_url", "is no URL", "Write https://host/path"
    if not oauth.client_id:
        yield "sasl.oauth.client_id", "is missing", "Set it"
    if not (oauth.client_secret or oauth.client_secret_file):
        yield (
            "sasl.oauth.client_secret",
            "is missing",
            "Set OUTWATCH_KAFKA_SASL_OAUTH_CLIENT_SECRET, or `client_secret_file`",
        )
    if oauth.client_secret and oauth.client_secret_file:
        yield "sasl.oauth.client_secret", "stands in two places", "Keep one of the two"


def _given(struct: msgspec.Struct) -> list[str]:
    plain: Any = type(struct)()
    names = struct.__struct_fields__
    return [name for name in names if getattr(struct, name) != getattr(plain, name)]
