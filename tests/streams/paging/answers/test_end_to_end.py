"""From a page to a signed acknowledgement, after which nobody is paged for it any more."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.config.settings import Kafka, Pager, Settings, Topics, Web
from streams.doctor.pager import check_pager
from streams.errors import UsageError
from streams.kafka.embedded import embedded_broker
from streams.paging.bridge import run
from streams.paging.configured import contacts
from tests.streams.paging.conftest import Server, build
from tests.support import signed_answers as signed
from tests.support.acts_worker import ActsWorker
from tests.support.kafka_broker import free_ports

CONTACTS = """
roles:
  on-call: {always: [ada]}
  team-lead: {always: [bob]}
escalation:
  critical:
    steps:
      - {tell: [on-call], wait: 4s}
      - {tell: [team-lead], wait: 1d}
"""
NAMES = ("outputs", "verdicts", "incidents", "acts", "dead", "pages")


@pytest.fixture
def worker() -> Iterator[ActsWorker]:
    with embedded_broker() as address, ActsWorker(address, "told") as running:
        running.producer.partitions_for("told.pages")
        yield running


@pytest.fixture
def phones() -> Iterator[dict[str, Server]]:
    made = {"ada": Server(), "bob": Server()}
    yield made
    for one in made.values():
        one.stop()


SECRETS = {"webhook": signed.WEBHOOK, "pagerduty": signed.PAGERDUTY, "slack": signed.SLACK}
ACTORS = {
    "webhook": "webhook:ada",
    "pagerduty": "pagerduty:Tenex Engineer",
    "slack": "slack:roadrunner",
}


def settings_of(
    worker: ActsWorker, folder: Path, phones: dict[str, Server], service: str
) -> Settings:
    file = folder / "contacts.yaml"
    file.write_text(CONTACTS)
    port, answers = free_ports(2)
    receivers: dict[str, Any] = {
        "ada": {"type": service, "url": phones["ada"].url, "answer_secret": SECRETS[service]},
        "bob": {"type": "webhook", "url": phones["bob"].url},
    }
    if service == "pagerduty":
        receivers["ada"]["routing_key"] = "k" * 32
    return Settings(
        kafka=Kafka(
            brokers=worker.env["OUTWATCH_KAFKA_BROKERS"],
            embedded=True,
            topics=Topics(**{name: f"{worker.prefix}.{name}" for name in NAMES}),
        ),
        pager=Pager(
            contacts=str(file), receivers=receivers, port=port, answers_port=answers, group="told"
        ),
        web=Web(port=0),
    )


def answer_to(phone: Server, service: str, **changes: Any) -> signed.Request:
    """What the service of the first page sends when its reader acknowledges."""
    told, now = json.loads(phone.requests[0][1]), time.time()
    if service == "webhook":
        return signed.webhook(told["id"], told["revision"], now, **changes)
    if service == "pagerduty":
        return signed.pagerduty(told["dedup_key"], now, **changes)
    (button,) = [block for block in told["blocks"] if block["type"] == "actions"]
    seen = json.loads(button["elements"][0]["value"])
    return signed.slack(seen["incident"], seen["revision"], now, response_url=phone.url, **changes)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen in time"
        time.sleep(0.05)


def pages(phone: Server) -> list[tuple[str, str]]:
    """What somebody was told: the incident, and what to do with it."""
    return [
        (json.loads(body)["id"], headers["X-Outwatch-Action"]) for headers, body in phone.requests
    ]


def posted(settings: Settings, request: signed.Request) -> tuple[int, dict[str, Any]]:
    client = http.client.HTTPConnection("127.0.0.1", settings.pager.answers_port, timeout=60)
    with closing(client):
        client.request("POST", "/answers/ada", request[1], request[0])
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.mark.needs("embedded")
@pytest.mark.parametrize("service", SECRETS)
def test_a_page_its_signed_answer_and_no_page_after_it(
    worker: ActsWorker, tmp_path: Path, phones: dict[str, Server], service: str
) -> None:
    settings = settings_of(worker, tmp_path, phones, service)
    ada = phones["ada"]
    stop = threading.Event()
    pager = threading.Thread(target=run, args=(settings, contacts(settings.pager), stop))
    pager.start()
    try:
        now = time.time()
        worker.publish(build(id="inc-1", severity="critical", published_at=now))
        wait_for(lambda: len(ada.requests) == 1)
        wrong = SECRETS[service][:-4] + "AAA="
        assert posted(settings, answer_to(ada, service, secret=wrong))[0] == 401
        assert worker.acts == []
        request = answer_to(ada, service)
        status, body = posted(settings, request)
        assert status in (200, 202), body
        wait_for(lambda: len(ada.requests) >= 2)
        wait_for(lambda: worker.incidents["inc-1"].state == "acknowledged")
        assert posted(settings, request)[0] == 200
        # Another one goes through all its steps meanwhile, and began later.
        worker.publish(build(id="inc-2", severity="critical", published_at=time.time()))
        wait_for(lambda: ("inc-2", "trigger") in pages(phones["bob"]))
    finally:
        stop.set()
        pager.join(60)
    assert [act.actor for act in worker.acts] == [ACTORS[service]]
    assert pages(phones["bob"]) == [("inc-2", "trigger")]
    if service == "slack":
        said = [json.loads(body) for _, body in ada.requests]
        replies = [one["text"] for one in said if one.get("response_type") == "ephemeral"]
        assert len(replies) == 2
        assert all("slack:roadrunner acknowledged it" in one for one in replies)


def checked(**pager: Any) -> list[tuple[str, str]]:
    settings = Settings(pager=Pager(**pager), detectors=["secrets"])
    return [(one.status, one.found) for one in check_pager(settings) if one.name == "answers"]


def test_the_check_says_where_answers_are_heard_or_why_nowhere() -> None:
    duty = {"type": "pagerduty", "routing_key": "k" * 32}
    able = {"duty": duty | {"answer_secret": "s" * 40}}
    assert checked(receivers={"duty": duty}) == []
    assert checked(receivers=able, answers_port=9467) == [
        ("ok", "heard on 127.0.0.1:9467 under /answers/duty")
    ]
    ((status, found),) = checked(receivers=able)
    assert (status, "no port hears" in found) == ("warn", True)
    ((status, found),) = checked(receivers={"duty": duty}, answers_port=9467)
    assert (status, "no receiver has an `answer_secret`" in found) == ("fail", True)
    ((status, found),) = checked(receivers=able, answers_port=9465)
    assert (status, "that of the metrics" in found) == ("fail", True)


def test_a_port_that_nobody_could_answer_on_stops_the_pager() -> None:
    settings = Settings(pager=Pager(answers_port=9467, port=0))
    with pytest.raises(UsageError, match="answer_secret"):
        run(settings, contacts(settings.pager), threading.Event())


def test_one_secret_for_both_ways_is_refused() -> None:
    hook = {"type": "webhook", "url": "http://a.example", "secret": signed.WEBHOOK}
    settings = Pager(receivers={"audit": hook | {"answer_secret": signed.WEBHOOK}})
    with pytest.raises(UsageError, match="the same as `secret`") as refused:
        contacts(settings)
    assert signed.WEBHOOK not in str(refused.value)


def test_secrets_come_from_a_variable_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "slack.secret"
    path.write_text(f"{signed.SLACK}\n")
    receivers = {
        "room": {
            "type": "slack",
            "url": "https://hooks.slack.com/services/T/B/x",
            "answer_secret_file": str(path),
        },
        "duty": {
            "type": "pagerduty",
            "routing_key": "k" * 32,
            "answer_secret_env": "PD_WEBHOOK",
        },
    }
    told = contacts(Pager(receivers=receivers), {"PD_WEBHOOK": signed.PAGERDUTY})
    shown = repr(told) + str(msgspec.structs.asdict(told[0]))
    assert signed.SLACK not in shown
    assert signed.PAGERDUTY not in shown
    assert all(getattr(one.receiver, "answers", None) is not None for one in told)
