"""What was said counts once, as of what its author saw, or says why it doesn't."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from streams.config.security import Sasl
from streams.config.settings import Kafka, Settings, Topics
from streams.incidents.acts import answer, drawn_up
from streams.kafka.embedded import embedded_broker
from streams.paging.answers.acting import Acting
from streams.paging.answers.said import Said
from streams.paging.texts import key_of
from streams.records import Act, Incident
from tests.streams.paging.conftest import build
from tests.support.acts_worker import ActsWorker
from tests.support.kafka_broker import free_ports

pytestmark = pytest.mark.needs("embedded")


@pytest.fixture(scope="module")
def broker() -> Iterator[ActsWorker]:
    with embedded_broker() as address, ActsWorker(address, "answers") as running:
        yield running


@pytest.fixture
def worker(broker: ActsWorker) -> ActsWorker:
    broker.forget()
    return broker


def settings_of(worker: ActsWorker, **kafka: Any) -> Settings:
    names = ("outputs", "verdicts", "incidents", "acts", "dead")
    topics = Topics(**{name: f"{worker.prefix}.{name}" for name in names})
    given = {"brokers": worker.env["OUTWATCH_KAFKA_BROKERS"], "embedded": True} | kafka
    return Settings(kafka=Kafka(topics=topics, **given))


def acting(worker: ActsWorker, answer_s: float = 30.0) -> Acting:
    return Acting(settings_of(worker), lambda: "", answer_s)


def said(about: str, /, **changes: Any) -> Said:
    given: dict[str, Any] = {
        "kind": "acknowledge",
        "about": about,
        "actor": "slack:Ada",
        "at": time.time(),
        "revision": 1,
        "act_id": f"slack-{about}",
    } | changes
    return Said(**given)


def opened(worker: ActsWorker, id_: str, **changes: Any) -> Incident:
    incident = build(id=id_, published_at=time.time() - 60, **changes)
    worker.publish(incident)
    return incident


def by(incident: Incident, kind: Any, who: str, at: float, **fields: Any) -> Incident:
    """The incident after somebody's act."""
    act = drawn_up(incident, kind, f"{kind}-{who}", who, at, **fields)
    return answer(incident, act, 0.0, at)


def test_it_is_acknowledged_by_name_and_a_redelivery_gives_one_act(worker: ActsWorker) -> None:
    opened(worker, "inc-once")
    act = acting(worker)
    first, again = act.act(said("inc-once")), act.act(said("inc-once"))
    assert (first.came, again.came) == ("applied", "applied")
    assert "slack:Ada acknowledged it" in first.words
    assert len(worker.acts) == 1
    incident = worker.incidents["inc-once"]
    assert (incident.state, incident.acts[0].act.actor) == ("acknowledged", "slack:Ada")


def test_the_same_one_twice_at_once_is_sent_once(worker: ActsWorker) -> None:
    opened(worker, "inc-both")
    act, came = acting(worker), []
    threads = [
        threading.Thread(target=lambda: came.append(act.act(said("inc-both")).came))
        for _ in range(2)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert came == ["applied", "applied"]
    assert len(worker.acts) == 1


def test_two_people_at_once_are_one_acknowledgement(worker: ActsWorker) -> None:
    opened(worker, "inc-two")
    act = acting(worker)
    outcomes = [
        act.act(said("inc-two", actor=f"slack:{who}", act_id=f"slack-{who}"))
        for who in ("Ada", "Bob")
    ]
    assert [one.came for one in outcomes] == ["applied", "refused"]
    assert "since revision 1, slack:Ada acknowledged it" in outcomes[1].words


def test_a_page_that_is_stale_is_refused_and_says_since_when(worker: ActsWorker) -> None:
    incident = build(id="inc-stale", published_at=time.time() - 60)
    worker.publish(by(incident, "assign", "bob", time.time() - 30, assignee="eve"))
    outcome = acting(worker).act(said("inc-stale"))
    assert outcome.came == "refused"
    assert "since revision 1, bob assigned it to eve" in outcome.words
    assert worker.acts == []
    assert acting(worker).act(said("inc-stale", revision=2)).came == "applied"


def test_pagerduty_knows_it_by_its_key_and_what_was_seen_by_its_time(worker: ActsWorker) -> None:
    now = time.time()
    incident = build(id="inc-moved", page_key="inc-\x00first", published_at=now - 60)
    worker.publish(by(incident, "assign", "bob", now - 30, assignee="eve"))
    meant = {"by_key": True, "about": key_of("inc-\x00first", 255), "revision": None}
    before = acting(worker).act(said("", **meant, at=now - 40, act_id="pagerduty-1"))
    after = acting(worker).act(said("", **meant, at=now - 20, act_id="pagerduty-2"))
    assert (before.came, after.came) == ("refused", "applied")
    assert "bob assigned it" in before.words


def test_a_late_delivery_speaks_for_no_more_than_was_there_then(worker: ActsWorker) -> None:
    incident = opened(worker, "inc-late", reached=1000.0)
    at = incident.published_at - 100.0
    acting(worker).act(said("inc-late", kind="resolve", at=at, revision=None))
    assert worker.acts[0].through == pytest.approx(900.0)


def test_one_that_goes_on_under_another_id_is_found(worker: ActsWorker) -> None:
    opened(worker, "inc-old", state="withdrawn", replaced_by="inc-new", revision=9)
    opened(worker, "inc-new", page_key="inc-old", replaces=["inc-old"], revision=2)
    outcome = acting(worker).act(said("inc-old", revision=8))
    assert (outcome.came, worker.acts[0].incident) == ("applied", "inc-new")


@pytest.mark.parametrize(
    ("changes", "came"),
    [
        ({"about": "inc-nowhere"}, "unknown"),
        ({"about": "inc-nowhere", "by_key": True, "revision": None}, "unknown"),
        ({"revision": 7}, "malformed"),
        ({"kind": "note", "text": " "}, "malformed"),
        ({"kind": "note", "text": "it said ada@mail.example"}, "malformed"),
        ({"text": "x" * 2001}, "malformed"),
        ({"act_id": "slack-inc-taken"}, "malformed"),
    ],
)
def test_what_cant_be_is_not_sent(worker: ActsWorker, changes: dict[str, Any], came: str) -> None:
    taken = build(id="inc-taken", published_at=time.time())
    act = drawn_up(taken, "note", "slack-inc-taken", "bob", time.time(), text="seen")
    worker.publish(answer(taken, act, 0.0, time.time()))
    opened(worker, "inc-fine")
    outcome = acting(worker).act(said("inc-fine", **changes))
    assert outcome.came == came
    assert "mail.example" not in outcome.words
    assert worker.acts == []


def test_what_is_over_is_not_acknowledged(worker: ActsWorker) -> None:
    opened(worker, "inc-over", state="resolved", severity="low", resolved_at=time.time())
    outcome = acting(worker).act(said("inc-over"))
    assert (outcome.came, "it is over" in outcome.words) == ("refused", True)


def test_what_was_bad_and_nobody_looked_at_is_acknowledged_after_its_end(
    worker: ActsWorker,
) -> None:
    opened(worker, "inc-unattended", state="resolved", severity="high", resolved_at=time.time())
    assert acting(worker).act(said("inc-unattended")).came == "applied"


def test_without_a_worker_it_is_sent_and_counts_later(worker: ActsWorker) -> None:
    incident = opened(worker, "inc-deaf")
    worker.deaf = True
    act = acting(worker, answer_s=0.1)
    assert act.act(said("inc-deaf")).came == "unanswered"
    worker.wait_for("acknowledge")
    # A worker is there again, and has what came meanwhile.
    worker.deaf = False
    (sent,) = worker.acts
    worker.publish(answer(incident, sent, 0.0, time.time()))
    assert act.act(said("inc-deaf")).came == "applied"
    assert len(worker.acts) == 1


def test_with_kafka_away_nothing_is_half_done(worker: ActsWorker) -> None:
    opened(worker, "inc-away")
    # A broker that is given its version, as the embedded one is, is waited for much longer.
    away = settings_of(worker, brokers=f"127.0.0.1:{free_ports(1)[0]}", embedded=False)
    sasl = Sasl(mechanism="PLAIN", username="pager", password_file="/nowhere")
    outcomes = [
        Acting(away, lambda: "").act(said("inc-away")),
        Acting(settings_of(worker, sasl=sasl), lambda: "").act(said("inc-away")),
        Acting(settings_of(worker), lambda: "no answer").act(said("inc-away")),
    ]
    assert [one.came for one in outcomes] == ["unavailable"] * 3
    assert "nowhere" not in outcomes[1].words
    assert worker.acts == []
    # The same request again counts once.
    assert acting(worker).act(said("inc-away")).came == "applied"


def test_acts_are_whole_as_those_of_the_command_line(worker: ActsWorker) -> None:
    incident = opened(worker, "inc-whole", severity="critical")
    acting(worker).act(said("inc-whole"))
    (act,) = worker.acts
    assert isinstance(act, Act)
    assert (act.deployment, act.revision, act.seen) == ("support-bot", incident.revision, "")
    assert (act.was, act.incident) == ("critical", "inc-whole")
