"""Every receiver: no secret and no evidence shows in an answer, log, dead letter or metric."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from streams.clock import SteppedClock
from streams.config.settings import Pager
from streams.paging.configured import contacts, types
from streams.paging.contract import Page
from streams.paging.line import Line
from streams.paging.metrics import PagerMetrics
from streams.paging.retry import Patience
from streams.paging.trial import send_trial
from streams.place import Place
from streams.records import DeadLetter, Evidence, Incident

Build = Callable[..., Incident]

SECRET = "s3cr3t" + "9" * 26
SIGNED = "whsec_" + base64.b64encode(SECRET.encode()).decode()
ANSWERING = "whsec_" + base64.b64encode(SECRET.upper().encode()).decode()
EXCERPT = "my password is on the yellow note"
EVIDENCE = Evidence(
    topic="llm.outputs",
    partition=3,
    offset=1,
    record_id="answer-1",
    event_time=1.0,
    signal="secrets.any",
    score=0.97,
    reason="yellow note",
    excerpt=EXCERPT,
)


def named(kind: str, url: str) -> dict[str, Any]:
    """Settings of a receiver of each type, with secrets wherever it takes them."""
    base, port = url.rsplit("/hook", 1)[0], url.split(":")[2].split("/")[0]
    return {
        "alertmanager": {"urls": [url], "username": "me", "password": SECRET, "timeout_s": 0.3},
        "apprise": {"url": f"json://me:{SECRET}@127.0.0.1:{port}/{SECRET}?rto=0.3&cto=0.3"},
        "pagerduty": {
            "url": base,
            "routing_key": SECRET,
            "answer_secret": SECRET,
            "timeout_s": 0.3,
        },
        "slack": {"url": f"{url}/{SECRET}", "answer_secret": SECRET, "timeout_s": 0.3},
        "terminal": {},
        "webhook": {
            "url": f"{url}/{SECRET}",
            "secret": SIGNED,
            "answer_secret": ANSWERING,
            "timeout_s": 0.3,
        },
    }[kind] | {"type": kind}


def test_every_type_is_tested() -> None:
    assert types() == ["alertmanager", "apprise", "pagerduty", "slack", "terminal", "webhook"]


@pytest.mark.parametrize(
    ("entry", "delivered"),
    [
        pytest.param(202, True, id="202"),
        pytest.param(400, False, id="400"),
        pytest.param((429, {"Retry-After": "7"}), False, id="429"),
        pytest.param(500, False, id="500"),
        pytest.param((302, {"Location": f"http://127.0.0.1/{SECRET}"}), False, id="moved"),
        pytest.param("garbage", False, id="garbage"),
        pytest.param("hang up", False, id="hang up"),
        pytest.param("silence", False, id="silence"),
    ],
)
@pytest.mark.parametrize(
    "kind", ["alertmanager", "apprise", "pagerduty", "slack", "terminal", "webhook"]
)
def test_nothing_shows(
    server: Any,
    incident: Build,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    entry: Any,
    delivered: bool,
) -> None:
    server.script = [entry]
    (contact,) = contacts(Pager(receivers={"duty": named(kind, server.url)}), {})
    contact = msgspec.structs.replace(contact, patience=Patience(1))
    registry = CollectorRegistry()
    dead: list[DeadLetter] = []
    line = Line(contact, PagerMetrics(registry, ["duty"]), SteppedClock(1e9), dead.append, 100_000)
    line.start(0, 0, "")
    event = incident(evidence=[EVIDENCE], started_by=EVIDENCE)
    with caplog.at_level(logging.DEBUG):
        line.take(Place("llm.incidents", 0, 0), msgspec.json.encode(event))
        line.work()
        line.keep_alive()
        answer = contact.receiver.deliver(Page("update", event, "low"))
        trial = list(send_trial([contact], 0.0))
    close = getattr(contact.receiver, "close", None)
    if close is not None:
        close()
    told = delivered or kind == "terminal"
    assert (answer.kind == "delivered") == told
    assert len(dead) == (0 if told else 1)
    assert [result.delivered for result in trial] == ([True, True] if told else [False])
    shown = [caplog.text, generate_latest(registry).decode(), repr(contact), repr(answer)]
    shown += [repr(trial), *map(repr, dead)]
    shown += [base64.b64decode(letter.payload).decode() for letter in dead]
    if kind != "terminal":
        # What is printed by anything but the terminal's own pages is a log, too.
        shown += list(capsys.readouterr())
    for text in shown:
        assert SECRET not in text
        assert SIGNED not in text
        assert ANSWERING not in text
        assert "yellow note" not in text
