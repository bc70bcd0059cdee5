"""Requests as PagerDuty, Slack and programs sign them, in the forms that they document."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

PAGERDUTY = "pd-" + "7" * 40
SLACK = "8f742231b10e8888abcd99yyyzzz85a5"
WEBHOOK = "whsec_" + base64.b64encode(b"a" * 32).decode()

Request = tuple[dict[str, str], bytes]


def pagerduty(
    key: str, at: float, secret: str = PAGERDUTY, kind: str = "acknowledged", **event: Any
) -> Request:
    """An event of a webhook subscription, with two signatures as while a secret is changed."""
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = json.dumps(
        {
            "event": {
                "id": "01BRB6ZP4M6T8ZG4X6BP63ZB9O",
                "event_type": f"incident.{kind}",
                "resource_type": "incident",
                "occurred_at": when,
                "agent": {"id": "PLH1HKV", "summary": "Tenex Engineer", "type": "user_reference"},
                "client": {"name": "PagerDuty"},
                "data": {
                    "id": "PGR0VU2",
                    "type": "incident",
                    "status": "acknowledged",
                    "incident_key": key,
                    "title": "HIGH A secret in answers",
                    "service": {"id": "PF9KMXH", "type": "service_reference"},
                    "priority": None,
                },
            }
            | event
        }
    ).encode()
    good = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    older = hmac.new(b"the one before", body, hashlib.sha256).hexdigest()
    return {"X-PagerDuty-Signature": f"v1={older},v1={good}"}, body


def slack(
    incident: str,
    revision: int,
    at: float,
    secret: str = SLACK,
    response_url: str = "https://hooks.slack.com/actions/T1/2/3",
    **payload: Any,
) -> Request:
    """A button that somebody pressed."""
    value = json.dumps({"incident": incident, "revision": revision})
    pressed = {
        "type": "block_actions",
        "team": {"id": "T1DC2JH3J", "domain": "testteamnow"},
        "user": {"id": "U2CERLKJA", "username": "roadrunner", "name": "roadrunner"},
        "api_app_id": "A02",
        "trigger_id": "12466734323.1395872398",
        "response_url": response_url,
        "actions": [
            {
                "action_id": "outwatch_acknowledge",
                "block_id": "outwatch",
                "type": "button",
                "value": value,
                "action_ts": "1548426417.840180",
            }
        ],
    } | payload
    body = urlencode({"payload": json.dumps(pressed)}).encode()
    stamp = str(int(at))
    signed = b":".join((b"v0", stamp.encode(), body))
    proof = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    kind = "application/x-www-form-urlencoded"
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={proof}"}
    return headers | {"Content-Type": kind}, body


def webhook(
    incident: str,
    revision: int,
    at: float,
    /,
    secret: str = WEBHOOK,
    identity: str = "msg_p5jXN8AQM9LWM0D4loKWxJek",
    **fields: Any,
) -> Request:
    """An act that a program says somebody did."""
    given = {"act": "acknowledge", "incident": incident, "revision": revision, "actor": "ada"}
    body = json.dumps(given | fields).encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    stamp = str(int(at))
    signed = b".".join((identity.encode(), stamp.encode(), body))
    proof = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "Webhook-Id": identity,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": f"v1,b2xkZXI= v1,{proof}",
    }, body
