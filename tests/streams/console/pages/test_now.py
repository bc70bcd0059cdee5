from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.console.feed import Standing
from streams.console.progress import Progress
from streams.records import Incident
from tests.support.console import NOW, Room, batch, incident
from tests.support.hostile_texts import TEXTS, problems


def many(number: int) -> list[Incident]:
    one = incident("personal-data-leak")
    severities = ("critical", "high", "low")
    return [
        msgspec.structs.replace(
            one,
            id=f"inc-{index:05}",
            page_key=f"inc-{index:05}",
            severity=severities[index % 3],
            last_seen=NOW - index,
        )
        for index in range(number)
    ]


def test_nothing_is_open(made: Room) -> None:
    with made.browser() as client:
        assert "Nothing is open" in client.get("/").text


def test_the_worst_come_first_with_who_has_them(made: Room) -> None:
    made.put(
        incident("drift", id="inc-low", severity="low", title="A low one", assignee="", acts=[]),
        incident("drift", id="inc-bad", severity="critical", title="A bad one", assignee="ada"),
        incident(
            "drift",
            id="inc-over",
            severity="critical",
            title="Over",
            state="resolved",
            resolved_at=NOW,
        ),
    )
    with made.browser() as client:
        text = client.get("/").text
    assert text.index("A bad one") < text.index("A low one")
    assert text.index("A low one") < text.index("Over, and nobody acknowledged")
    assert "<bdi>ada</bdi> has it" in text
    assert "nobody has it" in text


def test_ten_thousand_fit_on_a_page_of_a_hundred_kilobytes(made: Room) -> None:
    made.put(*many(10_000))
    made.put(batch(*[0.9, 0.1] * 50, at=NOW - 120))
    with made.browser() as client:
        answer = client.get("/")
        assert len(answer.content) < 100_000
        assert answer.text.count("data-acknowledge") == 50
        assert "1 of 200" in answer.text
        further = client.get("/?page=2").text
        assert "inc-00150" in further
        assert "inc-00000" not in further
        assert client.get("/?page=99999999").status_code == 200
        assert client.get("/?page=%E0%A4%A").status_code == 200


def test_kafka_away_is_said_and_nothing_can_be_done(made: Room) -> None:
    made.put(incident("drift"))
    made.standing = Standing(away_since=NOW - 300, why="no Kafka answers at b:9092")
    with made.browser() as client:
        text = client.get("/").text
        assert "Kafka hasn&#39;t answered since 2026-09-21 14:08:20 UTC (5 min)" in text
        assert "Trouble on" in text
        assert "data-acknowledge" not in text


@pytest.mark.parametrize(("ago", "silent"), [(60, False), (290, False), (420, True)])
def test_silence_is_said(made: Room, ago: float, silent: bool) -> None:
    made.put(batch(0.1, at=NOW - ago))
    with made.browser() as client:
        assert ("Silence: no answer was scored" in client.get("/").text) is silent


def test_a_new_store_is_no_silence(made: Room) -> None:
    with made.browser() as client:
        assert "Silence" not in client.get("/").text


@pytest.mark.parametrize(("playbook", "blind"), [("monitoring-blind", True), ("drift", False)])
def test_what_is_blind_is_said(made: Room, playbook: str, blind: bool) -> None:
    made.put(incident(playbook, title="No outputs of bot"))
    with made.browser() as client:
        assert ("Blind: No outputs of bot" in client.get("/").text) is blind


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_whatever_a_title_holds_is_inert(made: Room, text: str) -> None:
    # Half a character is nothing that a message can hold.
    text = text.encode("utf-8", "replace").decode()
    made.put(incident("drift", title=text, assignee=text, acts=[]))
    with made.browser() as client:
        answer = client.get("/")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert problems(answer.text) == []


@pytest.mark.parametrize(
    ("stands", "said"),
    [
        (Progress({("o", 0): 5}, NOW - 70, {("o", 0): 5}, 30, 31), "Nothing was scored for 1 min"),
        (Progress({}, NOW - 70, {("o", 0): 79}), "No answer was scored"),
        (Progress({}, NOW - 10, {("o", 0): 79}), "lag unknown"),
        (Progress({("o", 0): 5}, NOW - 70, {("o", 0): 5}, 0, 1_401), "lag 1,401"),
    ],
)
def test_records_that_wait_are_said(made: Room, stands: Progress, said: str) -> None:
    made.standing = Standing(behind=0, progress=stands)
    with made.browser() as client:
        text = client.get("/").text
    assert said in text
    assert ('class="wrong"' in text) is bool(stands.stuck_s(NOW))
    assert ("Nothing is known to be open" in text) is bool(stands.stuck_s(NOW))
    assert ("Nothing is open" in text) is not bool(stands.stuck_s(NOW))


def test_kafka_away_is_no_calm(made: Room) -> None:
    made.standing = Standing(away_since=NOW - 300, why="no Kafka answers at b:9092")
    with made.browser() as client:
        text = client.get("/").text
    assert "Nothing was open at 2026-09-21 14:08:20 UTC" in text
    assert "Nothing is open" not in text


@pytest.mark.parametrize(
    ("fields", "unattended", "lately"),
    [
        ({"severity": "high", "acts": []}, True, False),
        ({"severity": "critical", "acts": [], "resolved_at": NOW - 90_000}, True, False),
        ({"severity": "low", "acts": []}, False, True),
        ({"severity": "low", "acts": [], "resolved_at": NOW - 90_000}, False, False),
        ({"severity": "high", "acts": [], "state": "withdrawn"}, False, True),
        ({"severity": "high", "acts": [], "replaced_by": "inc-2"}, False, False),
        ({"severity": "high", "acts": [], "merged_into": "inc-2"}, False, False),
        ({"severity": "high", "acts": [], "state": "open", "resolved_at": None}, False, False),
    ],
)
def test_what_is_over_is_not_forgotten(
    made: Room, fields: dict[str, Any], unattended: bool, lately: bool
) -> None:
    given: dict[str, Any] = {"state": "resolved", "resolved_at": NOW - 600} | fields
    made.put(incident("drift", title="A past one", **given))
    with made.browser() as client:
        text = client.get("/").text
    assert ("Over, and nobody acknowledged" in text) is unattended
    assert ("Over in the last 24 hours" in text) is lately


def test_what_nobody_looked_at_is_acknowledged_there(made: Room) -> None:
    made.put(incident("drift", state="resolved", resolved_at=NOW - 600, severity="high", acts=[]))
    with made.browser() as client:
        form = {"csrf": made.csrf(client), "incident": "inc-1"}
        form["revision"] = str(made.incident().revision)
        assert client.post("/acts/acknowledge", data=form).status_code == 200
        assert "nobody acknowledged" not in client.get("/").text


def test_a_rise_in_this_minute_is_drawn(made: Room) -> None:
    signal = incident("drift").rules[0].signal
    made.put(incident("drift"), batch(*[0.99] * 4, signal=signal, at=NOW - 1))
    with made.browser() as client:
        assert "4 above the limit in the last hour, 4 just now" in client.get("/").text
