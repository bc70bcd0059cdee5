"""PagerDuty, Slack and Alertmanager, on servers that refuse what the services would refuse."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.paging.contract import Answer, Page
from streams.paging.options import Secret
from streams.paging.receivers.alertmanager import Alertmanager
from streams.paging.receivers.pagerduty import PagerDuty
from streams.paging.receivers.slack import Slack
from streams.paging.texts import clip
from streams.records import Evidence, Incident, LogEntry
from tests.streams.paging.conftest import build
from tests.support.paging_services import (
    SECRET,
    Service,
    alertmanager_problems,
    pagerduty_problems,
    slack_problems,
)

Build = Callable[..., Incident]
LINKS = {
    "incident_url": "https://console.example/incident/{id}",
    "runbook_url": "https://books.example/{playbook}",
}
NOW = 1_700_000_000.0
EXCERPT = "Sure! Log in with [aws_key] <!channel> & go"
EVIDENCE = Evidence(
    topic="llm.outputs",
    partition=3,
    offset=1,
    record_id="answer-1",
    event_time=1.0,
    signal="secrets.any",
    score=0.97,
    excerpt=EXCERPT,
)
DETAILS = {"evidence": [EVIDENCE], "started_by": EVIDENCE, "next_steps": ["See it", "Mend it"]}


@pytest.fixture
def pagerduty() -> Iterator[tuple[PagerDuty, Service]]:
    service = Service(pagerduty_problems, 202)
    options = PagerDuty.Options(routing_key=Secret(SECRET), url=service.url, **LINKS)
    receiver = PagerDuty("duty", options, now=lambda: NOW)
    yield receiver, service
    receiver.close()
    service.stop()


@pytest.fixture
def slack() -> Iterator[tuple[Slack, Service]]:
    service = Service(slack_problems)
    url = Secret(f"{service.url}/services/T0/B0/{SECRET}")
    receiver = Slack("room", Slack.Options(url=url, **LINKS))
    yield receiver, service
    receiver.close()
    service.stop()


@pytest.fixture
def alertmanager() -> Iterator[tuple[Alertmanager, Service]]:
    service = Service(alertmanager_problems)
    options = Alertmanager.Options(urls=[service.url], **LINKS)
    receiver = Alertmanager("alerts", options, now=lambda: NOW)
    yield receiver, service
    receiver.close()
    service.stop()


def test_pagerduty_events(pagerduty: tuple[PagerDuty, Service], incident: Build) -> None:
    receiver, service = pagerduty
    high = incident(**DETAILS)
    critical = incident(revision=2, severity="critical")
    over = incident(revision=3, severity="critical", state="resolved")
    for page in (
        Page("trigger", high),
        Page("update", critical, "high"),
        Page("acknowledge", critical, "critical"),
        Page("resolve", over, "critical"),
    ):
        assert receiver.deliver(page) == Answer("delivered", "HTTP 202")
    assert service.problems == []
    actions = [body["event_action"] for body in service.bodies]
    assert actions == ["trigger", "trigger", "acknowledge", "resolve"]
    assert {body["dedup_key"] for body in service.bodies} == {"inc-1"}
    first, second = service.bodies[0], service.bodies[1]
    assert (first["payload"]["severity"], second["payload"]["severity"]) == ("error", "critical")
    assert first["payload"]["summary"] == "HIGH A secret in answers of support-bot"
    assert second["payload"]["summary"].startswith("CRITICAL (was high) more severe:")
    assert first["payload"]["source"] == "support-bot"
    assert first["links"] == [
        {"href": "https://console.example/incident/inc-1", "text": "Incident"},
        {"href": "https://books.example/secret-leak", "text": "Playbook"},
    ]
    details = first["payload"]["custom_details"]
    assert EXCERPT in details["evidence"][0]
    assert "a key or a password" in details["for executives"]
    assert EXCERPT not in details["for executives"] + details["for the press"]


def test_critical_that_is_already_over_says_so(
    pagerduty: tuple[PagerDuty, Service], incident: Build
) -> None:
    receiver, service = pagerduty
    receiver.deliver(Page("trigger", incident(severity="critical", state="resolved")))
    assert service.bodies[0]["payload"]["summary"].startswith("CRITICAL (already over)")


@pytest.mark.parametrize(
    ("region", "host"),
    [("us", "events.pagerduty.com"), ("eu", "events.eu.pagerduty.com")],
    ids=["us", "eu"],
)
def test_pagerduty_region(region: Any, host: str) -> None:
    receiver = PagerDuty("duty", PagerDuty.Options(routing_key=Secret(SECRET), region=region))
    assert (receiver._url.scheme, receiver._url.host) == ("https", host)
    assert receiver._url.path == "/v2/enqueue"
    receiver.close()


def test_slack_messages(slack: tuple[Slack, Service], incident: Build) -> None:
    receiver, service = slack
    raised = incident(
        revision=2,
        severity="critical",
        log=[LogEntry(at=1.0, what="Severity high becomes critical")],
    )
    for page in (Page("trigger", incident(**DETAILS)), Page("update", raised, "high")):
        assert receiver.deliver(page).kind == "delivered"
    assert service.problems == []
    first, second = (json.dumps(body, ensure_ascii=False) for body in service.bodies)
    assert "&lt;!channel&gt; &amp; go" in first
    assert "<https://console.example/incident/inc-1|Incident>" in first
    assert "1. See it\\n2. Mend it" in first
    assert "*For executives* Our monitoring suggests that" in first
    assert "*For the press* Our monitoring suggests that" in first
    assert "CRITICAL (was high) more severe: A secret in answers" in second
    assert "*More severe* Severity high becomes critical" in second
    assert service.bodies[0]["text"] == "HIGH A secret in answers of support-bot"


RAISED = build(
    severity="critical", log=[LogEntry(at=1.0, what="Severity high becomes critical")], **DETAILS
)


@pytest.mark.parametrize("url", ["", "https://console.example/incident/{id}"])
@pytest.mark.parametrize(
    ("page", "whole"),
    [
        (Page("trigger", build(**DETAILS)), True),
        (Page("update", RAISED, "high"), True),
        (Page("update", build(**DETAILS), "high"), False),
        (Page("update", build(severity="low", **DETAILS), "high"), False),
        (Page("acknowledge", build(state="acknowledged", **DETAILS), "high"), False),
        (Page("resolve", build(state="resolved", **DETAILS), "high"), False),
        (Page("trigger", build(**DETAILS), brief=True), False),
    ],
)
def test_every_message_to_slack_says_which_incident_and_where(
    page: Page, whole: bool, url: str
) -> None:
    options = Slack.Options(url=Secret("https://a.example/services/T/B/0"), incident_url=url)
    with closing(Slack("room", options)) as room:
        message = room.message(page)
    last = message["blocks"][-1]
    foot = (last.get("elements") or [last["text"]])[0]["text"]
    where = "<https://console.example/incident/inc-1|Incident>" if url else ""
    assert foot[foot.index("inc-1") :] == f"inc-1 · {where or 'outwatch incident show inc-1'}"
    text = json.dumps(message, ensure_ascii=False)
    for part in ("1. See it", "*When*", "*For executives*"):
        assert (part in text) is whole
    if page.raised:
        assert "(was high)" in text
        assert "*More severe* Severity high becomes critical" in text


@pytest.mark.parametrize(
    ("page", "button"),
    [
        (Page("trigger", build(revision=3)), True),
        (Page("trigger", build(revision=3), brief=True), True),
        (Page("update", build(revision=3, severity="critical"), "high"), True),
        (Page("update", build(revision=3), "high"), False),
        (Page("acknowledge", build(revision=3, state="acknowledged"), "high"), False),
        (Page("trigger", build(revision=3, state="acknowledged")), False),
        (Page("resolve", build(revision=3, state="resolved"), "high"), False),
        (Page("trigger", build(id="group-1", playbook="")), False),
        (Page("trigger", build(id="inc-\ud800")), False),
        (Page("trigger", build(id="inc-" + "1" * 400)), False),
    ],
)
def test_a_button_stands_where_somebody_is_to_see_to_it(page: Page, button: bool) -> None:
    service = Service(slack_problems)
    url = Secret(f"{service.url}/services/T0/B0/{SECRET}")
    with closing(Slack("room", Slack.Options(url=url, answer_secret=Secret(SECRET)))) as room:
        room.deliver(page)
    service.stop()
    assert service.problems == []
    (body,) = service.bodies
    found = [block for block in body["blocks"] if block["type"] == "actions"]
    assert len(found) == button
    if button:
        value = found[0]["elements"][0]["value"]
        assert json.loads(value) == {"incident": "inc-1", "revision": 3}


def test_without_a_secret_there_is_no_button(slack: tuple[Slack, Service]) -> None:
    assert "actions" not in json.dumps(slack[0].message(Page("trigger", build())))


def test_a_test_and_a_storm_say_nothing_to_the_press(
    slack: tuple[Slack, Service], pagerduty: tuple[PagerDuty, Service], incident: Build
) -> None:
    page = Page("trigger", incident(playbook="", title="TEST of outwatch: nothing is wrong"))
    assert "executives" not in json.dumps(slack[0].message(page))
    assert "for executives" not in pagerduty[0].event(page)["payload"]["custom_details"]


def test_what_was_open_before_is_one_line_in_slack(
    slack: tuple[Slack, Service], incident: Build
) -> None:
    receiver, _ = slack
    message = receiver.message(Page("trigger", incident(), brief=True))
    (block,) = message["blocks"]
    text = block["text"]["text"]
    assert "\n" not in text
    assert text.startswith(
        "*Open already* HIGH A secret in answers of support-bot since 1970-01-01"
    )
    assert "(open already)" in message["text"]


def test_alert(alertmanager: tuple[Alertmanager, Service], incident: Build) -> None:
    receiver, service = alertmanager
    event = incident(next_steps=["See it", "Mend it"], first_seen=NOW - 60)
    assert receiver.deliver(Page("trigger", event)).kind == "delivered"
    assert receiver.deliver(Page("resolve", event, "high")).kind == "delivered"
    assert service.problems == []
    ((firing,), (over,)) = service.bodies
    assert firing["labels"] == {
        "alertname": "OutwatchIncident",
        "severity": "high",
        "playbook": "secret-leak",
        "incident": "inc-1",
        "deployment": "support-bot",
    }
    assert over["labels"] == firing["labels"]
    assert "a key or a password" in firing["annotations"]["for_executives"]
    assert "a key or a password" in firing["annotations"]["for_press"]
    assert firing["annotations"]["runbook_url"] == "https://books.example/secret-leak"
    assert firing["generatorURL"] == "https://console.example/incident/inc-1"
    assert firing["startsAt"] == "2023-11-14T22:12:20.000+00:00"
    assert firing["endsAt"] == "2023-11-14T22:17:25.000+00:00"
    assert over["endsAt"] == "2023-11-14T22:13:20.000+00:00"


def test_alert_with_another_severity_ends_the_old_one(
    alertmanager: tuple[Alertmanager, Service], incident: Build
) -> None:
    receiver, service = alertmanager
    receiver.deliver(Page("update", incident(severity="critical"), "high"))
    old, new = service.bodies[0]
    assert (old["labels"]["severity"], old["endsAt"]) == ("high", "2023-11-14T22:13:20.000+00:00")
    assert new["labels"]["severity"] == "critical"
    assert new["endsAt"] > old["endsAt"]
    assert service.problems == []


def test_open_incidents_are_sent_again_in_bounded_requests(
    alertmanager: tuple[Alertmanager, Service], incident: Build
) -> None:
    receiver, service = alertmanager
    many = [incident(id=f"inc-{number}") for number in range(450)]
    assert receiver.keep_alive(many).kind == "delivered"
    assert [len(body) for body in service.bodies] == [200, 200, 50]


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        pytest.param((200, 200), "delivered", id="both"),
        pytest.param((200, 503), "delivered", id="one is down"),
        pytest.param((400, 200), "delivered", id="one refuses"),
        pytest.param((400, 503), "retry", id="none yet"),
        pytest.param((400, 404), "never", id="none ever"),
    ],
)
def test_every_alertmanager_of_a_cluster_is_told(
    incident: Build, answers: tuple[int, int], kind: str
) -> None:
    members = [Service(alertmanager_problems) for _ in answers]
    for member, answer in zip(members, answers, strict=True):
        member.answers.append(answer)
    receiver = Alertmanager("a", Alertmanager.Options(urls=[m.url for m in members]))
    try:
        assert receiver.deliver(Page("trigger", incident())).kind == kind
    finally:
        receiver.close()
        for member in members:
            member.stop()
    assert [len(member.bodies) for member in members] == [1, 1]


@pytest.mark.parametrize("name", ["pagerduty", "slack", "alertmanager"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(400, ("never", 0.0), id="400"),
        pytest.param(404, ("never", 0.0), id="404"),
        pytest.param(429, ("retry", 0.0), id="429"),
        pytest.param((429, {"Retry-After": "30"}), ("retry", 30.0), id="429 and when"),
        pytest.param(500, ("retry", 0.0), id="500"),
        pytest.param((301, {"Location": "/x"}), ("never", 0.0), id="moved"),
    ],
)
def test_answers(
    request: pytest.FixtureRequest,
    incident: Build,
    caplog: pytest.LogCaptureFixture,
    name: str,
    answer: Any,
    expected: tuple[str, float],
) -> None:
    receiver, service = request.getfixturevalue(name)
    service.answers.append(answer)
    with caplog.at_level(logging.DEBUG):
        got = receiver.deliver(Page("trigger", incident(**DETAILS)))
    assert (got.kind, got.retry_after_s) == expected
    assert SECRET not in caplog.text + got.why
    assert "aws_key" not in caplog.text + got.why


TEXT = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=st.characters(), min_size=1, max_size=8).map(lambda t: t * 2000),
    st.sampled_from(["", " ", "\x00", "\x1b[2J", "<&>" * 3000, "\U0001f600" * 4000, "&" * 2998]),
)
TIME = st.one_of(st.floats(), st.floats(0, 4e9))
NAMES = st.lists(TEXT, max_size=30)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    evidence = st.builds(
        Evidence,
        topic=TEXT,
        partition=st.integers(0),
        offset=st.integers(0),
        record_id=TEXT,
        event_time=TIME,
        signal=TEXT,
        score=st.floats(0, 1),
        excerpt=TEXT,
    )
    severity = st.sampled_from(["critical", "high", "low"])
    state = st.sampled_from(["open", "acknowledged", "resolved", "false_alarm", "withdrawn"])
    event = Incident(
        id=draw(TEXT),
        page_key=draw(TEXT),
        revision=draw(st.integers(0, 1 << 40)),
        change="opened",
        state=draw(state),
        severity=draw(severity),
        playbook=draw(TEXT),
        title=draw(TEXT),
        summary=draw(TEXT),
        group=draw(st.dictionaries(TEXT, TEXT, max_size=4) | st.just({"deployment": "bot"})),
        first_seen=draw(TIME),
        last_seen=draw(TIME),
        window_seconds=60.0,
        rules=[],
        started_by=draw(st.none() | evidence),
        started_note=draw(TEXT),
        evidence=draw(st.lists(evidence, max_size=8)),
        users=draw(st.integers(0, 1 << 40)),
        tenants=draw(NAMES),
        model_versions=draw(NAMES),
        next_steps=draw(NAMES),
        log=draw(st.lists(st.builds(LogEntry, at=TIME, what=TEXT), max_size=3)),
    )
    action = draw(st.sampled_from(["trigger", "update", "acknowledge", "resolve"]))
    return Page(action, event, None if action == "trigger" else draw(severity))


@settings(max_examples=60, suppress_health_check=list(HealthCheck), derandomize=True)
@given(page=pages())
def test_any_incident_stays_within_what_the_services_take(page: Page) -> None:
    duty = PagerDuty("d", PagerDuty.Options(routing_key=Secret(SECRET), **LINKS), lambda: NOW)
    room = Slack("r", Slack.Options(url=Secret("https://x.example/services/a"), **LINKS))
    alerts = Alertmanager(
        "a", Alertmanager.Options(urls=["http://x.example"], **LINKS), lambda: NOW
    )
    try:
        event = json.loads(json.dumps(duty.event(page)))
        assert pagerduty_problems("/v2/enqueue", event) == []
        assert len(json.dumps(event)) < 512_000
        assert slack_problems("/services/a", room.message(page)) == []
        alert = alerts.alert(page.incident, page.incident.severity, page.action != "resolve")
        assert alertmanager_problems("/api/v2/alerts", [alert]) == []
    finally:
        for receiver in (duty, room, alerts):
            receiver.close()


@given(text=st.text(), most=st.integers(1, 40))
def test_cut_texts_keep_their_beginning_and_stay_short(text: str, most: int) -> None:
    cut = clip(text, most)
    units = len(cut.encode("utf-16-le")) // 2
    assert units <= most or cut == text == ""
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))
