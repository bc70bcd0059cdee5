"""Acts from programs of your own, signed as our webhooks are (Standard Webhooks)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from streams.paging.answers.said import Malformed, Said, Unsigned, author, fresh, genuine

Sign = Callable[[bytes, str, int, bytes], dict[str, str]]


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    act: Literal["acknowledge", "resolve", "note"]
    incident: str
    revision: int
    actor: str
    text: str = ""


_body = msgspec.json.Decoder(_Body)


class WebhookAnswers:
    """What a program says that somebody did, with the id of the delivery as that of the act.

    `sign` gives the headers of a signed body, by key, id and time.
    """

    service = "webhook"
    lenient = False

    def __init__(self, key: bytes, sign: Sign) -> None:
        self._key = key
        self._sign = sign

    def read(self, headers: Mapping[str, str], body: bytes, now: float) -> Said:
        """What a program says."""
        identity = headers.get("webhook-id", "")
        stamp = headers.get("webhook-timestamp", "")
        if not identity or len(identity) > 150 or not identity.isprintable():
            raise Unsigned("Webhook-Id is missing, or no id")
        if not fresh(stamp, now):
            raise Unsigned("Webhook-Timestamp isn't within five minutes of our clock")
        wanted = self._sign(self._key, identity, int(stamp), body)["Webhook-Signature"]
        given = headers.get("webhook-signature", "").split(" ")
        if not any(genuine(wanted, one) for one in given):
            raise Unsigned("no signature in Webhook-Signature fits")
        try:
            said = _body.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Malformed(
                "the body is no act: give `act` (acknowledge, resolve or note), `incident`, "
                "`revision` and `actor`, perhaps `text`"
            ) from None
        if not said.actor.strip():
            raise Malformed("the body doesn't say who acts: give `actor`")
        return Said(
            kind=said.act,
            about=said.incident,
            actor=author(self.service, said.actor),
            at=now,
            revision=said.revision,
            act_id=f"webhook-{identity}",
            text=said.text,
        )
