"""Settings of a schema registry, and which of their combinations make sense."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from streams.config.security import Problem


class Registry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The schema registry that values' schemas are fetched from; without `url` none is asked.

    `url` may be several, separated by commas: the next is asked where one doesn't answer. The login
    is `username` with a password, or a bearer token; `headers` go with every request. Files of
    certificates are PEM; `ca_file` "" means the certificate authorities of the system. A request
    may take `timeout_s`.
    """

    url: str = ""
    username: str = ""
    password: str = ""
    password_file: str = ""
    token: str = ""
    token_file: str = ""
    headers: dict[str, str] = {}
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    timeout_s: float = 10.0

    def __repr__(self) -> str:
        """Never shows a secret, nor the URL, which may hold one."""
        return "Registry(…)"

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses, each without the slash at its end."""
        return tuple(url.strip().rstrip("/") for url in self.url.split(",") if url.strip())


def problems(registry: Registry) -> Iterator[Problem]:
    """What is wrong with a combination, by the setting's place below `intake.registry`."""
    if not registry.url:
        plain = Registry()
        for name in registry.__struct_fields__:
            if getattr(registry, name) != getattr(plain, name):
                yield (
                    name,
                    "is set, but no registry is named",
                    "Set `intake.registry.url` (OUTWATCH_INTAKE_REGISTRY_URL)",
                )
        return
    for url in registry.urls:
        if not _is_url(url):
            yield "url", "is no URL", "Write https://host:port"
            break
    for name in ("password", "token"):
        if getattr(registry, name) and getattr(registry, f"{name}_file"):
            yield name, "stands in two places", f"Keep it, or `{name}_file`"
    if (registry.password or registry.password_file) and not registry.username:
        yield "username", "is missing beside a password", "Set it"
    if registry.username and (registry.token or registry.token_file):
        yield "token", "is set beside a username", "Keep one of the two logins"
    if registry.key_file and not registry.cert_file:
        yield "key_file", "is set without a certificate", "Set `intake.registry.cert_file` too"
    if registry.timeout_s <= 0:
        yield "timeout_s", f"{registry.timeout_s:g} is not above 0", "Give a positive number"


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
