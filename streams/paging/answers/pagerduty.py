"""PagerDuty's webhooks of version 3.

Payload, signature and delivery: github.com/PagerDuty/developer-docs, docs/webhooks. The signature
covers the body alone, and several may stand in the header while a secret is changed. The body has
no timestamp of its sending, so a delivery that comes again is known by the id of its event.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

import msgspec

from streams.errors import UsageError
from streams.paging.answers.said import Malformed, NothingSaid, Said, Unsigned, author, genuine
from streams.records import ActKind

_LEAST = 16
# PagerDuty tries for about 20 minutes.
_OLDEST_S = 3600.0
_AHEAD_S = 300.0
_KINDS: dict[str, ActKind] = {
    "incident.acknowledged": "acknowledge",
    "incident.resolved": "resolve",
}


class _Agent(msgspec.Struct):
    id: str = ""
    type: str = ""
    summary: str | None = None


class _Data(msgspec.Struct):
    incident_key: str | None = None


class _Event(msgspec.Struct):
    id: str
    event_type: str
    occurred_at: str = ""
    agent: _Agent | None = None
    data: _Data | None = None


class _Body(msgspec.Struct):
    event: _Event


_body = msgspec.json.Decoder(_Body)


class PagerDutyAnswers:
    """Acknowledging and resolving by people, under the key of the alert that we sent.

    What isn't a person's is left out: our own acknowledgements come back as events, too.
    """

    service = "pagerduty"
    lenient = True

    def __init__(self, secret: str) -> None:
        if len(secret) < _LEAST:
            raise UsageError(
                f"`answer_secret` has fewer than {_LEAST} characters. Copy the secret that "
                "PagerDuty showed when the webhook subscription was made"
            )
        self._key = secret.encode()

    def read(self, headers: Mapping[str, str], body: bytes, now: float) -> Said:
        """What a person did to one of our alerts."""
        wanted = "v1=" + hmac.new(self._key, body, hashlib.sha256).hexdigest()
        given = headers.get("x-pagerduty-signature", "").split(",")
        if not any(genuine(wanted, one.strip()) for one in given):
            raise Unsigned("no signature in X-PagerDuty-Signature fits")
        try:
            event = _body.decode(body).event
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Malformed("the body is no event of PagerDuty's webhooks of version 3") from None
        kind = _KINDS.get(event.event_type)
        if kind is None:
            raise NothingSaid("events of this type are no acts")
        if event.agent is None or not event.agent.type.startswith("user"):
            raise NothingSaid("no person did it")
        if event.data is None or not event.data.incident_key or not event.id:
            raise Malformed("the event doesn't name an incident by its key")
        at = _seconds(event.occurred_at)
        if not now - _OLDEST_S <= at <= now + _AHEAD_S:
            raise NothingSaid("it happened too long ago, or in the future")
        return Said(
            kind=kind,
            about=event.data.incident_key,
            by_key=True,
            actor=author(self.service, event.agent.summary or "", event.agent.id),
            at=min(at, now),
            revision=None,
            act_id=f"pagerduty-{event.id}"[:200],
        )


def _seconds(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed("the event doesn't say when it happened") from None
    if moment.tzinfo is None:
        raise Malformed("the event doesn't say when it happened")
    return moment.timestamp()
