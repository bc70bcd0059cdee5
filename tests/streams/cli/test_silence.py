"""Silences on the command line: added, shown with what they hide, ended, and refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from streams.kafka.embedded import embedded_broker
from streams.records import RuleFigures
from tests.streams.cli.test_incident import Desk, incident, one_line

HOSTILE = "\x1b[31m‮ <b>@here</b>"


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with embedded_broker(["llm.incidents", "llm.acts", "llm.outputs.dead"]) as address:
        yield address


@pytest.fixture
def desk(broker: str, request: pytest.FixtureRequest) -> Desk:
    return Desk(broker, request.node.name.replace("[", "-").replace("]", ""))


def test_from_its_beginning_to_its_end(desk: Desk) -> None:
    figures = RuleFigures(
        rule="leaks", condition="", signal="a.x", value=1.0, threshold=0.0, records=1, above=1,
        window_start=0.0, window_end=1.0,
    )  # fmt: skip
    desk.publish(
        incident("inc-1", rules=[figures]),
        incident("inc-2", severity="critical"),
        incident("inc-3", state="resolved"),
    )
    assert desk.run("silence", "query").output == "Nothing is silenced.\n"
    added = desk.run("silence", "add", "kind=secret-leak", "-d", "2h", "-c", f"rollout {HOSTILE}")
    assert added.exit_code == 0, added.output
    id_, said, stays = added.output.splitlines()
    assert "doesn't hide inc-2, which is critical" in stays
    assert said.startswith('Silenced: kind="secret-leak", until ')
    assert "It hides 1 open incident: inc-1." in said
    assert added.stdout == f"{id_}\n"
    (row,) = json.loads(desk.run("silence", "query", "--json").output)
    assert (row["state"], row["hides"]) == ("active", ["inc-1"])
    assert row["silence"]["author"] == "ada"
    listed = desk.run("silence", "query").output
    assert f"{id_}" in listed
    assert 'kind="secret-leak"' in listed
    assert "1 (high)" in listed
    assert "\x1b" not in listed
    rows = {
        line.split()[0]: line for line in desk.run("list", "--state", "all").output.splitlines()
    }
    assert "open, silenced" in rows["inc-1"]
    assert "silenced" not in rows["inc-2"] + rows["inc-3"]
    shown = desk.run("show", "inc-1").output
    assert f"silenced    ({id_}) until " in shown
    assert "by ada: rollout" in shown
    assert "\x1b" not in shown
    ended = desk.run("silence", "expire", id_[:6])
    assert ended.output == f"{id_} is over. It hid 1 open incident: inc-1.\n"
    one_line(desk.run("silence", "expire", id_), "over already")
    assert desk.run("silence", "query").output == "Nothing is silenced.\n"
    (row,) = json.loads(desk.run("silence", "query", "--state", "expired", "--json").output)
    assert (row["state"], row["hides"], row["silence"]["ended_by"]) == ("expired", [], "ada")


def test_one_critical_incident_by_its_name(desk: Desk) -> None:
    desk.publish(incident("inc-1", severity="critical"), incident("inc-2", severity="critical"))
    by_name = ("silence", "add", "incident=inc-1", "-d", "1h", "-c", "exercise")
    assert "It hides no open incident" in desk.run(*by_name).output
    told = desk.run(*by_name, "--critical").output
    assert "It hides 1 open incident: inc-1." in told
    assert "Among them is what is critical: nobody is paged for it." in told


def test_an_incident_by_the_beginning_of_its_id(desk: Desk) -> None:
    desk.publish(
        incident("inc-8817"),
        incident("inc-4a", state="resolved", merged_into="inc-8817"),
        incident("inc-4b", state="resolved"),
        incident("inc-critical", severity="critical", page_key="inc-first"),
    )
    rest = ("-d", "1h", "-c", "exercise")
    for name, whole in (
        ("8817", "inc-8817"),
        ("inc-88", "inc-8817"),
        ("4a", "inc-8817"),
        ("inc-first", "inc-critical"),
    ):
        added = desk.run("silence", "add", f"incident={name}", "--critical", *rest, "--json")
        told = json.loads(added.stdout)
        assert told["silence"]["matchers"][0]["value"] == whole
        assert told["hides"] == [whole]
    over = desk.run("silence", "add", "incident=4b", *rest)
    assert "inc-4b is over" in over.stderr
    one_line(desk.run("silence", "add", "incident=9", *rest), "There is no incident 9")
    one_line(desk.run("silence", "add", "incident=4", *rest), "Several incidents begin with 4")
    assert len(json.loads(desk.run("silence", "query", "--json").output)) == 5


@pytest.mark.parametrize(
    ("matcher", "spared"),
    [("deployment=support-bot", True), ("incident=cc", True), ("deployment=other", False)],
)
def test_what_is_critical_and_stays_is_said(broker: str, matcher: str, spared: bool) -> None:
    desk = Desk(broker, f"spared-{matcher.replace('=', '-')}")
    desk.publish(
        incident("inc-cc", severity="critical"),
        incident("inc-ended", severity="critical", state="resolved"),
    )
    added = desk.run("silence", "add", matcher, "-d", "1h", "-c", "exercise")
    assert "It hides no open incident." in added.stderr
    assert ("It doesn't hide inc-cc, which is critical" in added.stderr) is spared
    assert ("add incident=inc-cc --critical" in added.stderr) is spared
    assert "inc-ended" not in added.output


def test_a_maintenance_window_that_is_yet_to_come(desk: Desk) -> None:
    soon, later = (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + hours * 3600))
        for hours in (1, 2)
    )
    desk.publish(incident("inc-1"))
    window = ("--start", soon, "--end", later, "-c", "maintenance")
    added = desk.run("silence", "add", "deployment=support-bot", *window)
    assert added.exit_code == 0, added.output
    assert 'deployment="support-bot", from ' in added.output
    (row,) = json.loads(desk.run("silence", "query", "--json").output)
    assert (row["state"], row["hides"]) == ("pending", [])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["add", "kind=drift", "-d", "2h"], 2, "--comment"),
        (["add", "kind=drift", "-c", "x"], 2, "Say until when"),
        (["add", "kind=drift", "-c", "x", "-d", "2h", "--end", "2030-01-01"], 2, "either"),
        (["add", "kind=drift", "-c", "x", "-d", "long"], 2, "not a duration"),
        (["add", "kind=drift", "-c", "x", "-d", "100d"], 2, "90 days"),
        (["add", "kind=drift", "-c", "x", "--end", "2020-01-01"], 2, "ends before it starts"),
        (["add", "kind=drift", "-c", "x", "-d", "1h", "--start", "2020-01-01"], 2, "over already"),
        (["add", "kind=drift", "-c", "x", "-d", "1h", "--critical"], 2, "by name only"),
        (["add", "knd=drift", "-c", "x", "-d", "1h"], 2, "Did you mean kind?"),
        (["add", "rule=~(", "-c", "x", "-d", "1h"], 2, "no regular expression"),
        (["add", "kind=~.*", "-c", "x", "-d", "1h"], 2, "hide everything"),
        (["add", "kind=drift", "-c", "mail jo@corp.example", "-d", "1h"], 2, "an e-mail address"),
        (["expire", "nowhere"], 1, "There is no silence nowhere"),
    ],
)
def test_what_makes_no_sense_is_not_sent(
    broker: str, arguments: list[str], code: int, said: str
) -> None:
    desk = Desk(broker, "senseless")
    result = desk.run("silence", *arguments)
    assert result.exit_code == code, result.output
    assert said in " ".join(result.output.split())
    assert "jo@corp" not in result.output
    assert desk.run("silence", "query", "--state", "all").output == "None.\n"


def test_a_broker_that_is_down_is_said() -> None:
    desk = Desk.__new__(Desk)
    desk.env = {"OUTWATCH_KAFKA_BROKERS": "127.0.0.1:1", "OUTWATCH_ACTOR": "ada"}
    result = desk.run("silence", "add", "kind=drift", "-d", "1h", "-c", "x")
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
