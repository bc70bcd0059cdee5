"""Posts each page to a URL, signed if there is a secret.

The body is the incident as JSON (`outwatch schema llm.incidents`). Whoever listens keeps it by
`page_key`: its `id` changes when late records move its beginning, and the end of the old id is
told to nobody, since nothing is over. Headers:

- `Idempotency-Key` and `Webhook-Id`: the same when a page is sent again
- `X-Outwatch-Action`: trigger, update, acknowledge or resolve
- `Webhook-Timestamp`: seconds since the epoch when it was sent (signed only)
- `Webhook-Signature`: `v1,` and the signature in base64 (signed only)

The signature is that of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over the id,
the timestamp and the body, joined by dots. Its libraries verify it, or these lines do:

>>> import base64, hashlib, hmac
>>> def genuine(secret: str, headers: dict[str, str], body: bytes, now: float) -> bool:
...     key = base64.b64decode(secret.removeprefix("whsec_"))
...     parts = (headers["Webhook-Id"].encode(), headers["Webhook-Timestamp"].encode(), body)
...     wanted = base64.b64encode(hmac.digest(key, b".".join(parts), "sha256"))
...     version, _, given = headers["Webhook-Signature"].partition(",")
...     fresh = abs(now - int(headers["Webhook-Timestamp"])) < 300
...     return fresh and version == "v1" and hmac.compare_digest(wanted, given.encode())

>>> secret = "whsec_" + base64.b64encode(b"thirty-two bytes, all of them so").decode()
>>> headers = signature(base64.b64decode(secret[6:]), "inc-1-1", 1_700_000_000, b"{}")
>>> genuine(secret, headers, b"{}", now=1_700_000_010)
True
>>> genuine(secret, headers, b'{"id": "another"}', now=1_700_000_010)
False
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable

import msgspec

from streams.errors import UsageError
from streams.inert import every, lines
from streams.paging.answers.webhook import WebhookAnswers
from streams.paging.contract import Answer, Page
from streams.paging.grouping import Habits
from streams.paging.options import Secret
from streams.paging.receivers.http import Http, checked_url
from streams.paging.texts import key_of

_PREFIX = "whsec_"


class Webhook:
    """POSTs the incident's JSON; whoever listens must answer 2xx within the time-out.

    Redirects are not followed. The URL may hold a secret, so it is in no log and no error.
    """

    class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """`secret` is `whsec_` and 24 to 64 bytes in base64; without it nothing is signed.
        With `answer_secret`, another one, the program may say what people did."""

        url: Secret
        secret: Secret | None = None
        answer_secret: Secret | None = None
        timeout_s: float = 5.0

    # A program reads it: it wants every incident, and can bear them.
    habits = Habits()
    stateful = True

    def __init__(self, name: str, options: Options, now: Callable[[], float] = time.time) -> None:
        self.name = name
        self._url = checked_url(options.url.reveal(), "url")
        self._key = _key(options.secret.reveal(), "secret") if options.secret else b""
        self.answers = self._answers(options)
        self._now = now
        self._http = Http(options.timeout_s, None, now)

    def _answers(self, options: Options) -> WebhookAnswers | None:
        if not options.answer_secret:
            return None
        key = _key(options.answer_secret.reveal(), "answer_secret")
        if key == self._key:
            raise UsageError(
                "`answer_secret` is the same as `secret`. Make another one, so that nobody can "
                "send back what we signed"
            )
        return WebhookAnswers(key, signature)

    def deliver(self, page: Page) -> Answer:
        """Posts the page once."""
        body = msgspec.json.encode(every(page.incident, lines))
        identity = key_of(page.idempotency_key, 300).encode("ascii", "backslashreplace").decode()
        headers = {"Idempotency-Key": identity, "X-Outwatch-Action": page.action}
        if self._key:
            headers |= signature(self._key, identity, int(self._now()), body)
        return self._http.post(self._url, body, headers)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()


def signature(key: bytes, identity: str, at: int, body: bytes) -> dict[str, str]:
    """The headers that prove where a body comes from, and when it was sent."""
    signed = b".".join((identity.encode(), str(at).encode(), body))
    proof = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "Webhook-Id": identity,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": f"v1,{proof}",
    }


def _key(secret: str, setting: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise UsageError(
            f"`{setting}` is not {_PREFIX} and 24 to 64 bytes in base64. Make one: "
            f'echo "{_PREFIX}$(openssl rand -base64 32)"'
        )
    return key
