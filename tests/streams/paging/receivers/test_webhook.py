"""The webhook against a real local server: each answer classified, no secret told."""

from __future__ import annotations

import base64
import hmac
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from streams.errors import UsageError
from streams.paging.contract import Answer, Page
from streams.paging.options import Secret
from streams.paging.receivers.webhook import Webhook
from streams.records import Incident
from tests.support.kafka_broker import free_ports

Build = Callable[..., Incident]
NOW = 1_700_000_000.0
SIGNING = "whsec_" + base64.b64encode(b"k" * 32).decode()


def hook(url: str, timeout_s: float = 60, secret: str = "", **given: Any) -> Webhook:
    signed = Secret(secret) if secret else None
    options = Webhook.Options(url=Secret(url), secret=signed, timeout_s=timeout_s)
    return Webhook("webhook", options, **given)


def patience(entry: Any) -> float:
    """Seconds to wait for an answer: few only where none comes."""
    return 1.0 if entry == "silence" else 60.0


@pytest.mark.parametrize(
    ("entry", "answer"),
    [
        pytest.param(200, Answer("delivered", "HTTP 200"), id="200"),
        pytest.param(202, Answer("delivered", "HTTP 202"), id="202"),
        pytest.param((302, {"Location": "/x"}), Answer("never", "HTTP 302"), id="redirect"),
        pytest.param(400, Answer("never", "HTTP 400"), id="400"),
        pytest.param(404, Answer("never", "HTTP 404"), id="404"),
        pytest.param(408, Answer("retry", "HTTP 408"), id="408"),
        pytest.param(429, Answer("retry", "HTTP 429"), id="429"),
        pytest.param(
            (429, {"Retry-After": "17"}), Answer("retry", "HTTP 429", 17.0), id="429 seconds"
        ),
        pytest.param(
            (503, {"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"}),
            Answer("retry", "HTTP 503", 30.0),
            id="503 date",
        ),
        pytest.param(
            (503, {"Retry-After": "Tue, 14 Nov 2000 22:13:50 GMT"}),
            Answer("retry", "HTTP 503", 0.0),
            id="503 past date",
        ),
        pytest.param(
            (503, {"Retry-After": "soon"}), Answer("retry", "HTTP 503", 0.0), id="503 nonsense"
        ),
        pytest.param(500, Answer("retry", "HTTP 500"), id="500"),
        pytest.param("garbage", Answer("retry", "RemoteProtocolError"), id="garbage"),
        pytest.param("hang up", Answer("retry", "RemoteProtocolError"), id="hang up"),
        pytest.param("silence", Answer("retry", "ReadTimeout"), id="silence"),
    ],
)
def test_answer(server: Any, incident: Build, entry: Any, answer: Answer) -> None:
    server.script = [entry]
    webhook = hook(server.url, patience(entry), now=lambda: NOW)
    try:
        assert webhook.deliver(Page("trigger", incident())) == answer
    finally:
        webhook.close()
    assert len(server.requests) == 1


def test_nobody_listens(incident: Build) -> None:
    webhook = hook(f"http://127.0.0.1:{free_ports(1)[0]}/")
    try:
        assert webhook.deliver(Page("trigger", incident())).kind == "retry"
    finally:
        webhook.close()


def test_sends_the_incident_and_how_to_tell_it_twice(server: Any, incident: Build) -> None:
    webhook = hook(server.url)
    try:
        for _ in range(2):
            webhook.deliver(Page("update", incident(revision=4)))
    finally:
        webhook.close()
    (headers, body), (headers_again, _) = server.requests
    assert headers["Idempotency-Key"] == headers_again["Idempotency-Key"] == "inc-1-4"
    assert headers["X-Outwatch-Action"] == "update"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body)["title"] == "A secret in answers of support-bot"


@pytest.mark.parametrize("secret", ["", SIGNING], ids=["unsigned", "signed"])
def test_signed_where_there_is_a_secret(server: Any, incident: Build, secret: str) -> None:
    webhook = hook(server.url, secret=secret, now=lambda: NOW)
    try:
        webhook.deliver(Page("trigger", incident()))
    finally:
        webhook.close()
    ((headers, body),) = server.requests
    signed = b".".join((headers["Idempotency-Key"].encode(), b"1700000000", body))
    proof = base64.b64encode(hmac.digest(b"k" * 32, signed, "sha256")).decode()
    given = {name: value for name, value in headers.items() if name.startswith("Webhook-")}
    assert given == (
        {
            "Webhook-Id": "inc-1-1",
            "Webhook-Timestamp": "1700000000",
            "Webhook-Signature": f"v1,{proof}",
        }
        if secret
        else {}
    )


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("ftp://host/s3cr3t", id="scheme"),
        pytest.param("host/s3cr3t", id="no scheme"),
        pytest.param("https:///s3cr3t", id="no host"),
        pytest.param("https://host:s3cr3t/", id="port"),
        pytest.param("http://\x00s3cr3t", id="control character"),
    ],
)
def test_wrong_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(UsageError, match="`url` is no http or https URL") as refused:
        hook(url)
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(200, id="200"),
        pytest.param(400, id="400"),
        pytest.param(500, id="500"),
        pytest.param("garbage", id="garbage"),
        pytest.param("silence", id="silence"),
    ],
)
def test_url_is_in_no_log(
    server: Any, incident: Build, entry: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.script = [entry]
    webhook = hook(server.url, patience(entry))
    with caplog.at_level(logging.DEBUG):
        answer = webhook.deliver(Page("trigger", incident()))
    webhook.close()
    assert "s3cr3t" not in caplog.text
    assert "s3cr3t" not in answer.why
