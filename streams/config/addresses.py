"""Whether addresses of brokers can be addresses at all, and how they are named to people.

A host may be a password that was put into the wrong place, so it is shown only if it is an address
of a network or was found; else by the setting that holds it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator
from typing import Final

PORTS = range(1, 65_536)
USUAL_PORT = 9092

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%\w]+\]|[^\s:/@\[\]]+)(?::(?P<port>[^\s:/@]*))?")

_ENDS: Final = r"(?![\w-])"
_AS_ADDRESS: Final = r"(?=:\d|['\"])"


def split_address(address: str) -> tuple[str, int]:
    """The host, without brackets, and the port. Raises `ValueError` for no address."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError("not host:port")
    port = found["port"]
    number = USUAL_PORT if port is None else int(port) if port.isascii() and port.isdigit() else 0
    if number not in PORTS:
        raise ValueError("no port from 1 to 65535")
    return found["host"].strip("[]"), number


def wrong_address(brokers: str) -> str | None:
    """What is wrong with a list of addresses; None where nothing is. Quotes no address, which
    may hold a password."""
    addresses = brokers.split(",")
    for number, address in enumerate(addresses, 1):
        try:
            split_address(address.strip())
        except ValueError as wrong:
            which = f"address {number} of {len(addresses)}" if len(addresses) > 1 else "the address"
            verb = "has" if str(wrong).startswith("no port") else "is"
            return f"{which} {verb} {wrong}"
    return None


def shown(brokers: str) -> str:
    """The addresses as they may be shown; those of hosts that aren't found, by their place.

    >>> shown("127.0.0.1:9092,127.0.0.2:9092")
    '127.0.0.1:9092,127.0.0.2:9092'
    """
    addresses = [address.strip() for address in brokers.split(",")]
    return ",".join(
        address if _is_found(address) else place_of(number, brokers)
        for number, address in enumerate(addresses, 1)
    )


def place_of(number: int, brokers: str) -> str:
    """Which of the addresses one is, counted from 1.

    >>> place_of(1, "a:9092"), place_of(2, "a:9092,b:9092")
    ('the host of `kafka.brokers`', 'host 2 of `kafka.brokers`')
    """
    return f"host {number} of `kafka.brokers`" if "," in brokers else "the host of `kafka.brokers`"


def _is_found(address: str) -> bool:
    try:
        host, port = split_address(address)
        return _is_plain(host) or bool(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, ValueError):
        return False


def _is_plain(host: str) -> bool:
    """Whether a host is an address of a network, or this machine."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def without_hosts(text: str, brokers: str) -> str:
    """What another library says, with the place of each host in its stead: whether it was found
    isn't asked there, where that could take seconds.

    A host of small letters alone may be a word of the text, and counts only as an address.

    >>> without_hosts("DNS lookup failed for pa55word:9092", "pa55word,b")
    'DNS lookup failed for host 1 of `kafka.brokers`:9092'
    >>> without_hosts("kafka.errors.NoBrokersAvailable: kafka:9092", "kafka:9092")
    'kafka.errors.NoBrokersAvailable: the host of `kafka.brokers`:9092'
    """
    for host, place in _named(brokers):
        ends = _AS_ADDRESS if host.isascii() and host.isalpha() and host.islower() else _ENDS
        # Escaped where it is shown as Python writes text.
        for written in {host, repr(host)[1:-1]}:
            bounded = rf"(?<![\w.-]){re.escape(written)}{ends}"
            text = re.sub(bounded, place, text, flags=re.IGNORECASE)
    return text


def _named(brokers: str) -> Iterator[tuple[str, str]]:
    hosts: dict[str, str] = {}
    for number, address in enumerate(brokers.split(","), 1):
        try:
            host, _ = split_address(address.strip())
        except ValueError:
            continue
        if not _is_plain(host):
            hosts.setdefault(host, place_of(number, brokers))
    # A longer one may hold another.
    yield from sorted(hosts.items(), key=lambda one: -len(one[0]))
