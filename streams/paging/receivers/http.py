"""Posts to services over HTTP: one client, and one way to read their answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

import httpx

import detectors
from streams.errors import UsageError
from streams.paging.contract import Answer
from streams.proxies import Proxied

_LATER = frozenset({408, 425, 429})


class Http:
    """POSTs bodies, once each. Redirects are not followed, and answers' bodies not read.

    2xx is delivered; 408, 425, 429, 5xx and what the network does is worth another try; all
    else is never accepted. `hints` says in words what a status means at this service. No
    answer holds a URL. Raises `UsageError` where the environment names a proxy that can't be
    used.
    """

    def __init__(
        self,
        timeout_s: float,
        hints: Mapping[int, str] | None = None,
        now: Callable[[], float] = time.time,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        # At its "info" level httpx logs the URL of every request.
        for library in ("httpx", "httpcore"):
            logging.getLogger(library).setLevel(logging.WARNING)
        self._hints = hints or {}
        self._now = now
        self._client = httpx.Client(
            timeout=timeout_s,
            follow_redirects=False,
            transport=transport or Proxied(),
            # The environment's proxies are read in `Proxied`.
            trust_env=False,
            headers={"User-Agent": f"outwatch/{detectors.__version__}"},
        )

    def post(
        self,
        url: httpx.URL,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Answer:
        """Posts JSON once."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        chosen = httpx.BasicAuth(*auth) if auth else httpx.USE_CLIENT_DEFAULT
        try:
            with self._client.stream(
                "POST", url, content=body, headers=sent, auth=chosen
            ) as response:
                return self._classify(response)
        except httpx.UnsupportedProtocol as error:
            return Answer("never", type(error).__name__)
        except httpx.HTTPError as error:
            return Answer("retry", type(error).__name__)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _classify(self, response: httpx.Response) -> Answer:
        status = response.status_code
        hint = self._hints.get(status)
        why = f"HTTP {status}: {hint}" if hint else f"HTTP {status}"
        if response.is_success:
            return Answer("delivered", why)
        if status in _LATER or status >= 500:
            return Answer("retry", why, self._retry_after(response.headers.get("Retry-After", "")))
        return Answer("never", why)

    def _retry_after(self, value: str) -> float:
        """Seconds to wait; 0 where the header says nothing that can be understood."""
        value = value.strip()
        if value.isascii() and value.isdigit():
            return float(value[:9])
        try:
            moment = parsedate_to_datetime(value).timestamp()
        except (ValueError, OverflowError, TypeError):
            return 0.0
        return max(0.0, moment - self._now())


def checked_url(url: str, setting: str) -> httpx.URL:
    """An http or https URL. Raises `UsageError` naming the setting, and never the URL."""
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError):
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UsageError(
            f"`{setting}` is no http or https URL. Correct it (its value is not shown: it may "
            "hold a secret)"
        )
    return parsed
