"""Whether addresses of brokers can be addresses at all."""

from __future__ import annotations

import re

PORTS = range(1, 65_536)
USUAL_PORT = 9092

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%\w]+\]|[^\s:/@\[\]]+)(?::(?P<port>[^\s:/@]*))?")


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
