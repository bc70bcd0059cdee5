"""What services say is believed only as they signed it, and read only as a person meant it."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from streams.errors import UsageError
from streams.paging.answers.pagerduty import PagerDutyAnswers
from streams.paging.answers.said import Answers, Malformed, NothingSaid, Unsigned
from streams.paging.answers.slack import SlackAnswers
from streams.paging.answers.webhook import WebhookAnswers
from streams.paging.receivers.webhook import signature
from tests.support import signed_answers as signed
from tests.support.signed_answers import Request

NOW = 1_790_000_000.0
HOOK = httpx.URL("https://hooks.slack.com/services/T/B/x")


def key_of(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))


SERVICES: dict[str, Answers] = {
    "pagerduty": PagerDutyAnswers(signed.PAGERDUTY),
    "slack": SlackAnswers(signed.SLACK, HOOK, lambda url, body: None),
    "webhook": WebhookAnswers(key_of(signed.WEBHOOK), signature),
}
MADE: dict[str, Any] = {
    "pagerduty": lambda at, **more: signed.pagerduty("inc-1", at, **more),
    "slack": lambda at, **more: signed.slack("inc-1", 3, at, **more),
    "webhook": lambda at, **more: signed.webhook("inc-1", 3, at, **more),
}
OTHER = {
    "pagerduty": "pd-" + "8" * 40,
    "slack": "0" * 32,
    "webhook": "whsec_" + base64.b64encode(b"b" * 32).decode(),
}
each_service = pytest.mark.parametrize("service", SERVICES)


def read(service: str, request: Request, now: float = NOW) -> Any:
    headers, body = request
    return SERVICES[service].read({k.lower(): v for k, v in headers.items()}, body, now)


@each_service
def test_a_signed_acknowledgement_is_read(service: str) -> None:
    said = read(service, MADE[service](NOW - 20))
    names = {
        "pagerduty": "pagerduty:Tenex Engineer",
        "slack": "slack:roadrunner",
        "webhook": "webhook:ada",
    }
    assert (said.kind, said.about, said.actor) == ("acknowledge", "inc-1", names[service])
    assert said.revision == (None if service == "pagerduty" else 3)
    assert said.at == (NOW - 20 if service == "pagerduty" else NOW)
    assert said.act_id == read(service, MADE[service](NOW - 20)).act_id


def test_the_signatures_are_those_that_the_services_document() -> None:
    # Slack's page on verifying requests.
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&"
        b"channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&"
        b"command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id="
        b"398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    proof = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    headers = {"X-Slack-Request-Timestamp": "1531420618", "X-Slack-Signature": proof}
    with pytest.raises(Malformed):
        read("slack", (headers, body), 1531420618.0)
    with pytest.raises(Unsigned):
        read("slack", (headers, body + b"0"), 1531420618.0)
    # Standard Webhooks' example.
    service = WebhookAnswers(key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), signature)
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    with pytest.raises(Malformed):
        service.read(headers, b'{"test": 2432232314}', 1614265330.0)
    with pytest.raises(Unsigned):
        service.read(headers, b'{"test": 2432232315}', 1614265330.0)


@each_service
@pytest.mark.parametrize("what", ["body", "signature", "no signature", "another secret", "prefix"])
def test_what_is_tampered_with_is_not_read(service: str, what: str) -> None:
    headers, body = MADE[service](NOW)
    if what == "another secret":
        headers, body = MADE[service](NOW, secret=OTHER[service])
    elif what == "body":
        body = body.replace(b"inc-1", b"inc-2")
    else:
        name = next(name for name in headers if name.endswith("Signature"))
        if what == "no signature":
            del headers[name]
        elif what == "signature":
            headers[name] = headers[name][:-6] + "Ab01=="
        else:
            headers[name] = headers[name].replace("v1", "v2").replace("v0", "v2")
    with pytest.raises(Unsigned):
        read(service, (headers, body))


@pytest.mark.parametrize("service", ["slack", "webhook"])
@pytest.mark.parametrize("seconds", [-301, 301])
def test_five_minutes_are_the_most(service: str, seconds: int) -> None:
    request = MADE[service](NOW)
    assert read(service, request, NOW + (seconds // abs(seconds)) * 300)
    with pytest.raises(Unsigned, match="minutes"):
        read(service, request, NOW + seconds)


@pytest.mark.parametrize("stamp", ["", "soon", "-5", "1e9", "²", "9" * 400])
def test_a_timestamp_that_is_none(stamp: str) -> None:
    for service, name in (("slack", "X-Slack-Request-Timestamp"), ("webhook", "Webhook-Timestamp")):
        headers, body = MADE[service](NOW)
        with pytest.raises(Unsigned):
            read(service, (headers | {name: stamp}, body))


def test_the_time_is_signed_too() -> None:
    for service, name in (("slack", "X-Slack-Request-Timestamp"), ("webhook", "Webhook-Timestamp")):
        headers, body = MADE[service](NOW - 3600)
        with pytest.raises(Unsigned):
            read(service, (headers | {name: str(int(NOW))}, body))


def test_an_old_event_of_pagerduty_says_nothing() -> None:
    assert read("pagerduty", MADE["pagerduty"](NOW - 3500))
    with pytest.raises(NothingSaid, match="too long ago"):
        read("pagerduty", MADE["pagerduty"](NOW - 3700))


@each_service
def test_another_services_request_is_not_read(service: str) -> None:
    for other, made in MADE.items():
        if other != service:
            with pytest.raises(Unsigned):
                read(service, made(NOW))


@pytest.mark.parametrize(
    "agent",
    [
        None,
        {"id": "P1", "type": "inbound_integration_reference", "summary": "outwatch"},
        {"id": "P2", "type": "service_reference", "summary": "A service"},
    ],
)
def test_what_no_person_did_at_pagerduty_is_no_act(agent: Any) -> None:
    with pytest.raises(NothingSaid, match="no person"):
        read("pagerduty", signed.pagerduty("inc-1", NOW, agent=agent))


@pytest.mark.parametrize("kind", ["annotated", "triggered", "unacknowledged", "reassigned"])
def test_other_events_of_pagerduty_are_no_acts(kind: str) -> None:
    with pytest.raises(NothingSaid):
        read("pagerduty", signed.pagerduty("inc-1", NOW, kind=kind))


def test_resolving_at_pagerduty_is_resolving() -> None:
    assert read("pagerduty", signed.pagerduty("inc-1", NOW, kind="resolved")).kind == "resolve"


@pytest.mark.parametrize(
    "request_",
    [
        signed.pagerduty("inc-1", NOW, data=None),
        signed.pagerduty("", NOW),
        signed.pagerduty("inc-1", NOW, occurred_at="yesterday"),
        signed.pagerduty("inc-1", NOW, occurred_at="2026-09-21T14:13:20"),
        signed.pagerduty("inc-1", NOW, id=""),
    ],
)
def test_an_event_of_pagerduty_that_lacks_something(request_: Request) -> None:
    with pytest.raises(Malformed):
        read("pagerduty", request_)


def test_other_buttons_in_slack_are_not_ours() -> None:
    for payload in ({"actions": []}, {"type": "view_submission"}, {"actions": [{"value": "x"}]}):
        with pytest.raises(NothingSaid):
            read("slack", signed.slack("inc-1", 3, NOW, **payload))
    broken = {"action_id": "outwatch_acknowledge", "value": "inc-1"}
    with pytest.raises(Malformed):
        read("slack", signed.slack("inc-1", 3, NOW, actions=[broken]))


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "false_alarm"},
        {"act": "contain"},
        {"revision": "3"},
        {"actor": " "},
        {"incident": None},
        {"more": 1},
    ],
)
def test_a_program_says_what_acts_have_and_nothing_else(fields: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read("webhook", signed.webhook("inc-1", 3, NOW, **fields))


@pytest.mark.parametrize(
    ("name", "author"),
    [
        ("Ada", "slack:Ada"),
        ("ada@mail.example", "slack:ada"),
        ("DE89 3704 0044 0532 0130 00", "slack:U2CERLKJA"),
        ("A\nda\u202e", "slack:A\ufffdda\ufffd"),
        ("", "slack:U2CERLKJA"),
        ("x" * 500, f"slack:{'x' * 100}"),
    ],
)
def test_who_acts_has_a_name_that_can_be_kept(name: str, author: str) -> None:
    user = {"id": "U2CERLKJA", "name": name, "username": ""}
    said = read("slack", signed.slack("inc-1", 3, NOW, user=user))
    assert said.actor == author


def test_a_press_counts_once_and_the_next_one_anew() -> None:
    first = read("slack", signed.slack("inc-1", 3, NOW))
    again = read("slack", signed.slack("inc-1", 3, NOW + 5))
    later = {"action_id": "outwatch_acknowledge", "action_ts": "2", "value": ""}
    later["value"] = '{"incident": "inc-1", "revision": 3}'
    assert first.act_id == again.act_id
    assert read("slack", signed.slack("inc-1", 3, NOW, actions=[later])).act_id != first.act_id


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://hooks.slack.com/actions/T1/2/3", True),
        ("https://hooks.slack.com:444/actions/T1/2/3", False),
        ("http://hooks.slack.com/actions/T1/2/3", False),
        ("https://evil.example/actions", False),
        ("https://hooks.slack.com.evil.example/actions", False),
        ("not a url", False),
        ("", False),
    ],
)
def test_replies_go_to_slack_alone(url: str, told: bool) -> None:
    posted: list[bytes] = []
    service = SlackAnswers(signed.SLACK, HOOK, lambda to, body: posted.append(body))
    _, body = signed.slack("inc-1", 3, NOW, response_url=url)
    service.reply(body, "taken <!channel>")
    service.reply(b"nothing of Slack's", "taken")
    assert len(posted) == told
    assert not told or b"&lt;!channel&gt;" in posted[0]


def test_secrets_that_are_none_are_refused_and_not_shown() -> None:
    for make in (
        lambda: PagerDutyAnswers("short-one"),
        lambda: SlackAnswers("short-one", HOOK, lambda url, body: None),
    ):
        with pytest.raises(UsageError, match="answer_secret") as refused:
            make()
        assert "short-one" not in str(refused.value)
