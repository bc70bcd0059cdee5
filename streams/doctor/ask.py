"""What answers at an address of this machine, where its port is taken."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from email.message import Message
from typing import NamedTuple

ANSWER_S = 2.0
"""Seconds that an answer may take."""

_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


class Answer(NamedTuple):
    """What was answered: headers, and the body as far as it was read."""

    headers: Message
    body: bytes


def ask(host: str, port: int, path: str, most: int) -> Answer | None:
    """What is answered with status 200, `most` bytes of it; None for nothing, or anything else.

    On all addresses, the machine's own is asked.
    """
    asked = _ALL.get(host.strip("[]"), host.strip("[]"))
    asked = f"[{asked}]" if ":" in asked else asked
    try:
        # As it would be asked itself: by no proxy.
        plain = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with plain.open(f"http://{asked}:{port}{path}", timeout=ANSWER_S) as answer:
            return Answer(answer.headers, answer.read(most))
    # A host that is none is refused by `http.client` in its own way.
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
        return None
