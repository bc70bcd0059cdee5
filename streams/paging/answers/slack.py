"""Buttons in Slack's messages.

Signature, payload and answers: Slack's pages on verifying requests, on `block_actions` and on
handling user interaction. A request is a form with one field, `payload`, and is to be answered
within three seconds; what came of it is said by the `response_url` in it, to its author alone.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import httpx
import msgspec

from streams.errors import UsageError
from streams.inert import mrkdwn
from streams.paging.answers.said import (
    Malformed,
    NothingSaid,
    Said,
    Unsigned,
    author,
    fresh,
    genuine,
)
from streams.records import Incident

ACTION = "outwatch_acknowledge"
_LEAST = 16
_LONGEST = 2_000


class _Seen(msgspec.Struct):
    """What a button names."""

    incident: str
    revision: int


class _User(msgspec.Struct, frozen=True):
    id: str = ""
    name: str = ""
    username: str = ""


class _Action(msgspec.Struct):
    action_id: str = ""
    action_ts: str = ""
    value: str = ""


class _Payload(msgspec.Struct):
    type: str
    user: _User = _User()
    actions: list[_Action] = []
    response_url: str = ""


_payload = msgspec.json.Decoder(_Payload)
_seen = msgspec.json.Decoder(_Seen)


def button(incident: Incident) -> dict[str, Any]:
    """A block with the button that acknowledges an incident as it stands."""
    seen = _Seen(incident.id, incident.revision)
    return {
        "type": "actions",
        "block_id": "outwatch",
        "elements": [
            {
                "type": "button",
                "action_id": ACTION,
                "style": "primary",
                "text": {"type": "plain_text", "text": "Acknowledge", "emoji": False},
                "value": msgspec.json.encode(seen).decode(),
            }
        ],
    }


class SlackAnswers:
    """Presses of our button. Replies go to `url`'s host alone, that of the incoming webhook, by
    `post`."""

    service = "slack"
    lenient = True

    def __init__(
        self, secret: str, url: httpx.URL, post: Callable[[httpx.URL, bytes], object]
    ) -> None:
        if len(secret) < _LEAST:
            raise UsageError(
                f"`answer_secret` has fewer than {_LEAST} characters. Copy the signing secret of "
                "the Slack app, under Basic Information"
            )
        self._key = secret.encode()
        self._at = (url.scheme, url.host, url.port)
        self._post = post

    def read(self, headers: Mapping[str, str], body: bytes, now: float) -> Said:
        """What the button says that somebody pressed."""
        stamp = headers.get("x-slack-request-timestamp", "")
        signed = b":".join((b"v0", stamp.encode("utf-8", "replace"), body))
        wanted = "v0=" + hmac.new(self._key, signed, hashlib.sha256).hexdigest()
        if not genuine(wanted, headers.get("x-slack-signature", "")):
            raise Unsigned("the signature in X-Slack-Signature doesn't fit")
        if not fresh(stamp, now):
            raise Unsigned("it was signed more than five minutes from now; are both clocks right?")
        payload = _read(body)
        pressed = [one for one in payload.actions if one.action_id == ACTION]
        if payload.type != "block_actions" or not pressed:
            raise NothingSaid("it is none of our buttons")
        try:
            seen = _seen.decode(pressed[0].value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Malformed("the button doesn't say which incident it is about") from None
        who = payload.user
        once = f"{who.id} {pressed[0].action_ts} {seen.incident} {seen.revision}"
        return Said(
            kind="acknowledge",
            about=seen.incident,
            actor=author(self.service, who.name, who.username, who.id),
            at=now,
            revision=seen.revision,
            act_id=f"slack-{hashlib.sha256(once.encode('utf-8', 'replace')).hexdigest()[:32]}",
        )

    def reply(self, body: bytes, words: str) -> None:
        """Says to whoever pressed the button what came of it."""
        try:
            url = httpx.URL(_read(body).response_url)
        except (Malformed, httpx.InvalidURL, ValueError):
            return
        if (url.scheme, url.host, url.port) == self._at:
            text = {
                "response_type": "ephemeral",
                "replace_original": False,
                "text": mrkdwn(words[:_LONGEST]),
            }
            self._post(url, msgspec.json.encode(text))


def _read(body: bytes) -> _Payload:
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=10, strict_parsing=True)
        return _payload.decode(fields["payload"][0])
    except (ValueError, KeyError, RecursionError):
        raise Malformed("the body is no form with a payload of Slack's") from None
