"""Posts each page to a URL."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx
import msgspec

import detectors
from streams.errors import UsageError
from streams.paging.pages import Answer, Page

_LATER = frozenset({408, 425, 429})


class Webhook:
    """POSTs the incident's JSON; whoever listens must answer 2xx within the time-out.

    The header `Idempotency-Key` is the same when a page is sent again, and
    `X-Outwatch-Action` is trigger, update or resolve. Redirects are not followed. The URL
    may hold a secret, so it is in no log and no error. Raises `UsageError` for a URL that
    is none.
    """

    name = "webhook"

    def __init__(
        self,
        url: str,
        timeout_s: float,
        now: Callable[[], float] = time.time,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        # At its "info" level httpx logs the URL of every request.
        for library in ("httpx", "httpcore"):
            logging.getLogger(library).setLevel(logging.WARNING)
        self._url = _checked(url)
        self._now = now
        self._client = httpx.Client(
            timeout=timeout_s,
            follow_redirects=False,
            transport=transport,
            headers={"User-Agent": f"outwatch/{detectors.__version__}"},
        )

    def deliver(self, page: Page) -> Answer:
        """Posts the page once. The answer's body isn't read."""
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": page.idempotency_key,
            "X-Outwatch-Action": page.action,
        }
        body = msgspec.json.encode(page.incident)
        try:
            with self._client.stream("POST", self._url, content=body, headers=headers) as response:
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
        why = f"HTTP {status}"
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


def _checked(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError):
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UsageError(
            "`pager.webhook_url` is no http or https URL. Correct it, or the variable "
            "OUTWATCH_PAGER_WEBHOOK_URL (its value is not shown: it may hold a secret)"
        )
    return parsed
