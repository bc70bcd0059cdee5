"""Which proxy a request over HTTP goes through, as the environment says.

`HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` name proxies, `NO_PROXY` the hosts that are reached
without one, each in upper or lower case, as curl and most other clients read them. httpx reads
them too, but takes no networks (`10.0.0.0/8`) and no brackets in `NO_PROXY`, and what it can't
take ends in errors of its own. Here every value works, or is told with the variable's name and
never with its content: it may hold a password.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import httpx
import msgspec

from streams.errors import UsageError
from streams.installing import pip_install

_SCHEMES = ("http", "https", "socks5", "socks5h")
_BRACKETS = re.compile(r"\[([0-9a-fA-F:.%]+)\](/\d+)?(?::(\d+))?")


class _Exempt(msgspec.Struct, frozen=True):
    """What one entry of `NO_PROXY` stands for: a network, or a name and all below it; at one
    port alone where it names one. The name "*" is every host."""

    name: str = ""
    network: IPv4Network | IPv6Network | None = None
    port: int | None = None

    def covers(self, host: str, port: int | None) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is None:
            return self.name == "*" or host == self.name or host.endswith(f".{self.name}")
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return address.version == self.network.version and address in self.network


class Proxied(httpx.BaseTransport):
    """Sends each request through the proxy that the environment names for it, or straight."""

    def __init__(
        self, verify: ssl.SSLContext | bool = True, environ: Mapping[str, str] | None = None
    ) -> None:
        """Raises `UsageError` for a variable whose value can't be used."""
        environ = os.environ if environ is None else environ
        self._exempt = _exempt(environ)
        try:
            verify = httpx.create_ssl_context(verify)
        except OSError:
            raise UsageError(
                "the environment's `SSL_CERT_FILE` or `SSL_CERT_DIR` names no certificates that "
                "can be used. Give files in PEM, or unset it"
            ) from None
        self._direct = httpx.HTTPTransport(verify=verify)
        self._through: dict[str, httpx.HTTPTransport] = {}
        for scheme in ("http", "https"):
            proxy = _proxy(environ, f"{scheme}_proxy", "all_proxy")
            if proxy is not None:
                self._through[scheme] = httpx.HTTPTransport(verify=verify, proxy=proxy)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request."""
        return self._for(request.url).handle_request(request)

    def _for(self, url: httpx.URL) -> httpx.HTTPTransport:
        through = self._through.get(url.scheme)
        if through is None:
            return self._direct
        host = url.host.lower().rstrip(".")
        port = url.port or {"http": 80, "https": 443}.get(url.scheme)
        return self._direct if any(one.covers(host, port) for one in self._exempt) else through

    def close(self) -> None:
        """Closes the connections."""
        for transport in (self._direct, *self._through.values()):
            transport.close()


def _value(environ: Mapping[str, str], *names: str) -> tuple[str, str]:
    """The first of the variables that is set to something, and its value."""
    for name in names:
        for variable in (name, name.upper()):
            # Set by a web server from a request's header `Proxy`, not by a person.
            if variable == "HTTP_PROXY" and "REQUEST_METHOD" in environ:
                continue
            if value := environ.get(variable, "").strip():
                return variable, value
    return "", ""


def _proxy(environ: Mapping[str, str], *names: str) -> httpx.Proxy | None:
    variable, value = _value(environ, *names)
    if not value:
        return None
    try:
        url = httpx.URL(value if "://" in value else f"http://{value}")
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if url.scheme not in _SCHEMES or not re.fullmatch(r"[\w.:-]+", url.host):
        raise UsageError(
            f"the environment's `{variable}` is no proxy that can be used. Give a URL that begins "
            f"with {', '.join(f'{scheme}://' for scheme in _SCHEMES)}, with what is special in a "
            "password percent-encoded, or unset it (its value is not shown: it may hold a secret)"
        )
    if url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise UsageError(
            f"the environment's `{variable}` is a SOCKS proxy, which needs the package socksio. "
            f"Run `{pip_install('socksio')}`, or name an HTTP proxy, or put the host in "
            f"`NO_PROXY` and unset `{variable}` for this process"
        )
    return httpx.Proxy(url)


def _exempt(environ: Mapping[str, str]) -> list[_Exempt]:
    variable, value = _value(environ, "no_proxy")
    found = []
    for number, entry in enumerate(re.split(r"[,\s]+", value), start=1):
        try:
            if entry:
                found.append(_one(entry))
        except ValueError:
            raise UsageError(
                f"the environment's `{variable}`: entry {number} is neither a host, an address nor "
                "a network. Write them as `example.org`, `10.1.2.3`, `10.0.0.0/8` or `[::1]`, "
                "separated by commas"
            ) from None
    return found


def _one(entry: str) -> _Exempt:
    entry = entry.lower().partition("://")[2] or entry.lower()
    if bracketed := _BRACKETS.fullmatch(entry):
        address, length, port = bracketed.groups()
        return _Exempt(network=_network(address + (length or "")), port=int(port) if port else None)
    if "/" in entry.rstrip("/"):
        return _Exempt(network=_network(entry))
    entry = entry.rstrip("/")
    try:
        return _Exempt(network=_network(entry))
    except ValueError:
        pass
    name, colon, port = entry.partition(":")
    if ":" in port or "[" in entry or (colon and not port.isdecimal()):
        raise ValueError
    at = int(port) if port else None
    try:
        return _Exempt(network=_network(name), port=at)
    except ValueError:
        bare = name.removeprefix("*").strip(".") if name != "*" else name
        if not bare:
            raise
        return _Exempt(name=bare, port=at)


def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text.partition("%")[0], strict=False)
