"""Where answers are heard: signed ones only, of a bounded size, within a time, and told in words."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from streams.errors import UsageError
from streams.health import Server
from streams.paging.answers.acting import Outcome
from streams.paging.answers.listener import LONGEST, Desk, listen
from streams.paging.answers.pagerduty import PagerDutyAnswers
from streams.paging.answers.said import Answers, Said
from streams.paging.answers.slack import SlackAnswers
from streams.paging.answers.webhook import WebhookAnswers
from streams.paging.metrics import ANSWER_OUTCOMES, PagerMetrics
from streams.paging.receivers.webhook import signature
from tests.support import signed_answers as signed

NOW = 1_790_000_000.0
HOOK = httpx.URL("https://hooks.slack.com/services/T/B/x")


class Room:
    """A listener whose acts go nowhere; `outcome` is what comes of them."""

    def __init__(self, limit_s: float) -> None:
        self.said: list[Said] = []
        self.replies: list[bytes] = []
        self.outcome = Outcome("applied", "inc-1: it is acknowledged.")
        self.registry = CollectorRegistry()
        key = base64.b64decode(signed.WEBHOOK.removeprefix("whsec_"))
        answers: dict[str, Answers] = {
            "duty": PagerDutyAnswers(signed.PAGERDUTY),
            "room": SlackAnswers(signed.SLACK, HOOK, lambda url, body: self.replies.append(body)),
            "audit": WebhookAnswers(key, signature),
        }
        desk = Desk(answers, self._act, PagerMetrics(self.registry, []), lambda: NOW)
        self.listener: Server[Desk] = listen("127.0.0.1", 0, desk, limit_s=limit_s)

    def _act(self, said: Said) -> Outcome:
        self.said.append(said)
        return self.outcome

    def post(self, path: str, request: signed.Request) -> tuple[int, dict[str, Any]]:
        client = http.client.HTTPConnection("127.0.0.1", self.listener.port, timeout=60)
        with closing(client):
            client.request("POST", path, request[1], request[0])
            answer = client.getresponse()
            return answer.status, json.loads(answer.read())

    def raw(self, sent: bytes) -> bytes:
        """What comes back for these bytes, until the connection is closed."""
        with socket.create_connection(("127.0.0.1", self.listener.port), timeout=60) as client:
            client.sendall(sent)
            return b"".join(iter(lambda: client.recv(65536), b""))

    def count(self, service: str, outcome: str) -> float:
        labels = {"service": service, "outcome": outcome}
        return self.registry.get_sample_value("outwatch_pager_answers_total", labels) or 0.0


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room(limit_s=60.0)
    yield made
    made.listener.close()


def pagerduty() -> signed.Request:
    return signed.pagerduty("inc-1", NOW)


def slack() -> signed.Request:
    return signed.slack("inc-1", 3, NOW)


def webhook() -> signed.Request:
    return signed.webhook("inc-1", 3, NOW)


@pytest.mark.parametrize(
    ("path", "request_", "service"),
    [
        ("duty", pagerduty(), "pagerduty"),
        ("room", slack(), "slack"),
        ("audit", webhook(), "webhook"),
    ],
)
def test_what_is_signed_is_heard_at_its_own_path_alone(
    room: Room, path: str, request_: signed.Request, service: str
) -> None:
    assert room.post(f"/answers/{path}", request_) == (
        200,
        {"outcome": "applied", "said": "inc-1: it is acknowledged."},
    )
    for other in {"duty", "room", "audit"} - {path}:
        status, body = room.post(f"/answers/{other}", request_)
        assert (status, body["outcome"]) == (401, "unsigned")
    for nowhere in ("/", "/answers", "/answers/", "/answers/nobody", f"/{path}", "/metrics"):
        assert room.post(nowhere, request_)[0] == 404
    assert len(room.said) == 1
    assert room.count(service, "applied") == 1
    assert room.count("none", "malformed") == 6


@pytest.mark.parametrize(
    ("came", "strict", "lenient"),
    [
        ("applied", 200, 200),
        ("refused", 409, 200),
        ("unanswered", 202, 200),
        ("unknown", 404, 200),
        ("malformed", 400, 200),
        ("unavailable", 503, 503),
    ],
)
def test_the_answer_says_what_came_of_it(room: Room, came: Any, strict: int, lenient: int) -> None:
    room.outcome = Outcome(came, "since revision 1, bob acknowledged it")
    for path, request, status in (
        ("audit", webhook(), strict),
        ("duty", pagerduty(), lenient),
        ("room", slack(), lenient),
    ):
        got, body = room.post(f"/answers/{path}", request)
        assert (got, body["outcome"]) == (status, came)
        assert "bob acknowledged it" in json.dumps(body)
    room.listener.close()
    # Slack shows its user nothing of that, so it is told once more.
    assert "bob acknowledged it" in json.loads(room.replies[0])["text"]


def test_nothing_is_read_here_and_all_series_exist_from_the_start(room: Room) -> None:
    assert room.raw(b"GET /answers/duty HTTP/1.0\r\n\r\n").split()[1] == b"405"
    put = b"PUT /answers/duty HTTP/1.0\r\nContent-Length: 1\r\n\r\nx"
    assert room.raw(put).split()[1] == b"405"
    for service in ("pagerduty", "slack", "webhook"):
        for outcome in ANSWER_OUTCOMES:
            labels = {"service": service, "outcome": outcome}
            value = room.registry.get_sample_value("outwatch_pager_answers_total", labels)
            assert value == 0.0


@pytest.mark.parametrize("declared", [LONGEST + 1, 1_000_000, 10**30])
def test_a_body_that_is_too_long_is_not_read(room: Room, declared: int) -> None:
    head = b"POST /answers/duty HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % declared
    client = socket.create_connection(("127.0.0.1", room.listener.port), timeout=60)
    with client:
        # Nothing of the body is sent, so whoever waited for it would wait for ever.
        client.sendall(head)
        assert client.recv(65536).split()[1] == b"413"
    assert room.said == []


def test_a_megabyte_that_is_sent_gets_its_answer(room: Room) -> None:
    headers, body = pagerduty()
    assert room.post("/answers/duty", (headers, body + b" " * 1_000_000))[0] == 413
    assert room.said == []


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Content-Length: -1\r\n",
        b"Content-Length: many\r\n",
        b"Content-Length: \xb2\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\n",
    ],
)
def test_a_body_without_a_length_is_refused(room: Room, head: bytes) -> None:
    answer = room.raw(b"POST /answers/duty HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n")
    assert answer.split()[1] == b"400"


@pytest.mark.parametrize("sent", [b"", b"POST /answers/du", b"half"])
def test_who_is_slow_is_dropped_and_keeps_nobody_waiting(sent: bytes) -> None:
    room = Room(limit_s=0.3)
    headers, body = webhook()
    if sent == b"half":
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST /answers/audit HTTP/1.0\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
        sent = head.encode() + body[: len(body) // 2]
    try:
        with socket.create_connection(("127.0.0.1", room.listener.port), timeout=60) as slow:
            slow.sendall(sent)
            # Somebody else is answered meanwhile.
            assert room.post("/answers/audit", (headers, body))[0] == 200
            assert slow.recv(65536) == b""
    finally:
        room.listener.close()
    assert len(room.said) == 1


def test_a_slow_act_keeps_its_connection() -> None:
    room = Room(limit_s=0.3)
    acted = room._act

    def slowly(said: Said) -> Outcome:
        time.sleep(1.0)
        return acted(said)

    room.listener.pages._act = slowly
    try:
        assert room.post("/answers/audit", webhook())[0] == 200
    finally:
        room.listener.close()


def test_two_at_once_are_both_heard(room: Room) -> None:
    both = threading.Barrier(2, timeout=60)
    acted = room._act

    def together(said: Said) -> Outcome:
        both.wait()
        return acted(said)

    room.listener.pages._act = together
    got: list[int] = []
    threads = [
        threading.Thread(target=lambda p=p, r=r: got.append(room.post(p, r)[0]))
        for p, r in (("/answers/duty", pagerduty()), ("/answers/room", slack()))
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert got == [200, 200]


def test_nothing_of_a_request_is_logged_or_sent_back(
    room: Room, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "walrus on the line"
    requests = [
        ("duty", signed.pagerduty(secret, NOW)),
        ("duty", signed.pagerduty(secret, NOW, secret="x" * 30)),
        ("duty", signed.pagerduty("inc-1", NOW, kind=secret)),
        ("duty", signed.pagerduty("inc-1", NOW, occurred_at=secret)),
        ("room", signed.slack("inc-1", 3, NOW, type=secret)),
        ("room", signed.slack("inc-1", 3, NOW, actions=[{"action_id": secret}])),
        ("audit", signed.webhook("inc-1", 3, NOW, text=secret)),
        ("audit", signed.webhook("inc-1", 3, NOW, act=secret)),
        (secret.replace(" ", "-"), webhook()),
    ]
    with caplog.at_level(logging.DEBUG):
        answers = [room.post(f"/answers/{path}", request) for path, request in requests]
    shown = caplog.text + "".join(capfd.readouterr()) + json.dumps(answers)
    for private in ("walrus", signed.PAGERDUTY, signed.SLACK, signed.WEBHOOK):
        assert private not in shown


def test_a_port_that_is_taken_is_told_with_the_remedy(room: Room) -> None:
    with pytest.raises(UsageError, match="OUTWATCH_PAGER_ANSWERS_PORT"):
        listen("127.0.0.1", room.listener.port, room.listener.pages)
