"""Incidents on the command line: found, shown, acted on, and refused in one sentence."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaConsumer, KafkaProducer

from streams.cli import _actor, main
from streams.cli.incident import _hints
from streams.incidents.acts import answer, drawn_up
from streams.kafka.embedded import API_VERSION, embedded_broker
from streams.records import Act, ActResult, Evidence, Incident
from tests.streams.paging.conftest import build

HOSTILE = "\x1b[31m‮ <b>@here</b>\nCRITICAL"


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with embedded_broker(["llm.incidents", "llm.acts", "llm.outputs.dead"]) as address:
        yield address


class Desk:
    """The command, and what stands on the topics of a broker."""

    def __init__(self, broker: str, prefix: str) -> None:
        self.env = {
            "OUTWATCH_KAFKA_BROKERS": broker,
            "OUTWATCH_KAFKA_EMBEDDED": "true",
            "OUTWATCH_KAFKA_TOPICS_INCIDENTS": f"{prefix}.incidents",
            "OUTWATCH_KAFKA_TOPICS_ACTS": f"{prefix}.acts",
            "OUTWATCH_KAFKA_TOPICS_DEAD": f"{prefix}.dead",
            "OUTWATCH_ACTOR": "ada",
        }
        self.prefix = prefix
        self.broker = broker
        self.producer = KafkaProducer(bootstrap_servers=broker, api_version=API_VERSION)

    def publish(self, *incidents: Incident) -> None:
        for one in incidents:
            value = msgspec.json.encode(one)
            self.producer.send(f"{self.prefix}.incidents", value, one.id.encode()).get(30)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["incident", *arguments], env=self.env)

    def worker(self, incident: Incident, skip: int = 0) -> threading.Thread:
        """Answers the next act, after some that were answered, as a worker would that has this
        incident."""
        consumer = KafkaConsumer(
            f"{self.prefix}.acts",
            bootstrap_servers=self.broker,
            api_version=API_VERSION,
            auto_offset_reset="earliest",
        )

        def work() -> None:
            for _ in range(skip):
                next(consumer)
            act = msgspec.json.decode(next(consumer).value, type=Act)
            self.publish(answer(incident, act, act.through, act.at))
            consumer.close()

        thread = threading.Thread(target=work)
        thread.start()
        return thread


@pytest.fixture
def desk(broker: str, request: pytest.FixtureRequest) -> Desk:
    return Desk(broker, request.node.name.replace("[", "-").replace("]", ""))


def incident(id_: str = "inc-aaaa", **changes: Any) -> Incident:
    return build(id=id_, published_at=200.0, reached=160.0, **changes)


def one_line(result: Result, *said: str) -> None:
    assert result.exit_code in (1, 2)
    assert len(result.output.splitlines()) == 1, result.output
    assert "Traceback" not in result.output
    for words in said:
        assert words in result.output


@pytest.mark.parametrize(
    ("changes", "acknowledged"),
    [
        ({"state": "open"}, True),
        ({"state": "acknowledged"}, False),
        ({"state": "resolved", "resolved_at": 150.0, "severity": "critical"}, True),
        ({"state": "resolved", "resolved_at": 150.0, "severity": "low"}, False),
        ({"state": "withdrawn"}, False),
    ],
)
def test_what_nobody_looked_at_can_be_acknowledged(
    changes: dict[str, Any], acknowledged: bool
) -> None:
    assert ("outwatch incident ack inc-aaaa" in _hints(incident(**changes))) is acknowledged


def test_listed_are_those_that_are_not_over_the_worst_first(desk: Desk) -> None:
    desk.publish(
        incident("inc-low", severity="low"),
        incident("inc-over", state="resolved"),
        incident("inc-critical", severity="critical", assignee="bob"),
    )
    lines = desk.run("list").output.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["inc-critical", "inc-low"]
    assert "bob" in lines[1]
    ids = [one["id"] for one in json.loads(desk.run("list", "--state", "all", "--json").output)]
    assert ids == ["inc-critical", "inc-low", "inc-over"]
    assert desk.run("list", "--deployment", "none").output == "None.\n"


def test_a_bad_one_that_nobody_looked_at_stays_in_the_list_until_somebody_does(desk: Desk) -> None:
    over = {"state": "resolved", "change": "resolved", "resolved_at": time.time() - 60}
    desk.publish(
        incident("inc-unseen", severity="critical", **over),
        incident("inc-low", severity="low", **over),
    )
    (line,) = desk.run("list").output.splitlines()[1:]
    assert line.split()[0] == "inc-unseen"
    assert "over, nobody acknowledged" in line
    unseen = incident("inc-unseen", severity="critical", **over)
    act = drawn_up(unseen, "acknowledge", "a", "ada", time.time())
    desk.publish(answer(unseen, act, act.through, act.at))
    assert "inc-unseen" not in desk.run("list").output


def test_those_that_were_merged_are_listed_by_that_word(desk: Desk) -> None:
    desk.publish(
        incident("inc-open"),
        incident("inc-over", state="resolved"),
        incident("inc-joined", state="resolved", merged_into="inc-open"),
    )
    for words, ids in (
        ("--state merged", ["inc-joined"]),
        ("--state merged --state open", ["inc-joined", "inc-open"]),
        ("--state open", ["inc-open"]),
    ):
        found = json.loads(desk.run("list", *words.split(), "--json").output)
        assert sorted(one["id"] for one in found) == ids


def test_no_statement_for_a_clock_that_is_set_aside(desk: Desk) -> None:
    leak = incident(playbook="personal-data-leak")
    act = drawn_up(leak, "set_aside", "x1", "ada", 1.0, clock="gdpr-34", text="no high risk")
    aside = [ActResult(act=act, outcome="applied", revision=2)]
    desk.publish(msgspec.structs.replace(leak, acts=aside, revision=2))
    sent = ("statement-sent", "aaaa", "-m", "x", "--wait", "0")
    one_line(desk.run(*sent, "--clock", "gdpr-34"), "is set aside", "aware inc-aaaa --clock")
    assert "no worker has answered" in desk.run(*sent, "--clock", "gdpr-33").output
    assert "no worker has answered" in desk.run(*sent).output


def test_shown_by_the_beginning_of_its_id_or_one_that_it_had(desk: Desk) -> None:
    desk.publish(
        incident("inc-1111"),
        incident("inc-2222", state="withdrawn", replaced_by="inc-3333"),
        incident("inc-3333", state="resolved", merged_into="inc-1111"),
    )
    for name in ("1111", "inc-11", "inc-2222", "3333"):
        assert "\ninc-1111, open, revision 1\n" in desk.run("show", name).output
    assert "inc-2222 goes on as inc-3333." in desk.run("show", "2222").output
    assert "inc-3333 was merged into inc-1111." in desk.run("show", "2222").output
    one_line(desk.run("show", "inc-"), "Several incidents begin with inc-")
    one_line(desk.run("show", "inc-9999"), "There is no incident inc-9999")


def test_it_says_what_came_of_an_act(desk: Desk) -> None:
    desk.publish(incident())
    worker = desk.worker(incident())
    done = desk.run("ack", "aaaa", "-m", "on it")
    worker.join()
    assert done.exit_code == 0, done.output
    assert done.output == (
        "inc-aaaa: ada acknowledged it: on it\nIt is acknowledged, high, revision 2.\n"
    )
    shown = desk.run("show", "aaaa").output
    assert "acknowledged by ada at" in shown
    assert "outwatch incident contain inc-aaaa --revision 2" in shown


def test_one_that_is_refused_on_the_way(desk: Desk) -> None:
    desk.publish(incident())
    taken = answer(incident(), drawn_up(incident(), "acknowledge", "b", "bob", 300.0), 160.0, 300.0)
    worker = desk.worker(taken)
    refused = desk.run("ack", "aaaa")
    worker.join()
    one_line(refused, "Refused by inc-aaaa: since revision 1, bob acknowledged it")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ack", "aaaa"], 1, "acknowledged already by bob"),
        (["reopen", "aaaa"], 1, "it isn't over"),
        (
            ["contain", "aaaa", "-m", "x", "--revision", "1"],
            1,
            "since revision 1, bob acknowledged",
        ),
        (["contain", "aaaa", "-m", "x", "--revision", "1"], 1, "outwatch incident show inc-aaaa"),
        (["contain", "aaaa", "-m", "x", "--revision", "1"], 1, "--revision 2"),
        (["contain", "aaaa", "-m", "x", "--revision", "9"], 2, "has no revision 9 yet"),
        (["contain", "aaaa"], 2, "say with -m how it was contained"),
        (["contain", "aaaa", "-m", "  "], 2, "or name a configured action with --action"),
        (["contain", "aaaa", "--reason", ""], 2, "say with -m how it was contained"),
        (["ack", "over"], 1, "it is over"),
        (["note", "aaaa", "  "], 2, "a note needs text"),
        (["note", "aaaa", "x" * 2001], 2, "2,000 are the most"),
        (["merge", "aaaa", "aaaa"], 2, "itself"),
        (["merge", "aaaa", "nowhere"], 1, "There is no incident nowhere"),
        (["aware", "aaaa", "--at", "yesterday"], 2, "is no time"),
        (["ack", "nowhere"], 1, "There is no incident nowhere"),
        (["ack", ""], 2, "The id of the incident is empty"),
        (["show", " "], 2, "The id of the incident is empty"),
        (["merge", "aaaa", ""], 2, "The id of the incident is empty"),
    ],
)
def test_what_makes_no_sense_is_not_even_sent(
    broker: str, arguments: list[str], code: int, said: str
) -> None:
    desk = Desk(broker, "senseless")
    act = drawn_up(incident(), "acknowledge", "b", "bob", time.time())
    desk.publish(answer(incident(), act, 160.0, 300.0), incident("inc-over", state="resolved"))
    result = desk.run(*arguments)
    one_line(result, said)
    assert result.exit_code == code


@pytest.mark.parametrize(
    "arguments",
    [
        ["note", "aaaa", "it showed {}"],
        ["note", "aaaa", "seen", "-m", "it showed {}"],
        ["ack", "aaaa", "-m", "{}"],
        ["contain", "aaaa", "-m", "{}"],
        ["resolve", "aaaa", "-m", "{}"],
        ["severity", "aaaa", "low", "-m", "{}"],
        ["false-alarm", "aaaa", "--reason", "expected", "-m", "{}"],
        ["assign", "aaaa", "{}"],
        ["assign", "aaaa", "bob", "-m", "{}"],
        ["merge", "aaaa", "bbbb", "-m", "{}"],
        ["aware", "aaaa", "--clock", "gdpr-33", "-m", "{}"],
        ["set-aside", "aaaa", "--clock", "gdpr-33", "-m", "{}"],
        ["statement-sent", "aaaa", "-m", "{}"],
        ["ack", "aaaa", "--id", "{}"],
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_what_leaked_is_not_sent(broker: str, arguments: list[str]) -> None:
    desk = Desk(broker, "leaked")
    desk.publish(incident(), incident("inc-bbbb"))
    account = "DE89370400440532013000"
    result = desk.run(*[one.format(account) for one in arguments], "--wait", "0.5")
    one_line(result, "Nothing was sent", "holds what looks like a bank account number")
    assert account not in result.output
    assert result.exit_code == 2


COUNTED: list[tuple[list[str], int, str]] = [
    (["note", "aaaa", "rotated", "--id", "x1"], 0, "it counted already"),
    (["note", "aaaa", "other words", "--id", "x1"], 0, "ada noted: rotated"),
    (["ack", "aaaa", "--id", "x1"], 2, "another one"),
    (["note", "bbbb", "rotated", "--id", "x1"], 2, "another one"),
    (["ack", "aaaa", "--id", "x2"], 1, "Refused by inc-aaaa already: too late"),
    (["note", "old", "rotated", "--id", "x1"], 0, "it counted already"),
]


def test_an_act_that_counted_is_answered_at_once(desk: Desk) -> None:
    one = incident()
    made = [
        ActResult(act=drawn_up(one, kind, id_, "ada", 1.0, text=text), outcome=came, why=why,
                  revision=2)
        for kind, id_, text, came, why in (
            ("note", "x1", "rotated", "applied", ""),
            ("acknowledge", "x2", "", "refused", "too late"),
        )
    ]  # fmt: skip
    old = incident("inc-old", state="withdrawn", replaced_by="inc-aaaa", acts=made[:1])
    desk.publish(old, msgspec.structs.replace(one, acts=made, revision=3), incident("inc-bbbb"))
    for arguments, code, said in COUNTED:
        # A wait that would be noticed, and no worker.
        result = desk.run(*arguments, "--wait", "600")
        assert result.exit_code == code, result.output
        assert said in result.output
        assert len(result.output.splitlines()) == 1
    consumer = KafkaConsumer(bootstrap_servers=desk.broker, api_version=API_VERSION)
    assert not consumer.partitions_for_topic(f"{desk.prefix}.acts")
    consumer.close()


def test_a_merge_that_counted_is_answered_from_the_one_that_it_ended(desk: Desk) -> None:
    one = incident()
    act = drawn_up(one, "merge", "x1", "ada", 1.0, into="inc-bbbb")
    merged = msgspec.structs.replace(
        one,
        state="resolved",
        merged_into="inc-bbbb",
        acts=[ActResult(act=act, outcome="applied", revision=2)],
    )
    desk.publish(merged, incident("inc-bbbb", merged=["inc-aaaa"]))
    done = desk.run("merge", "aaaa", "bbbb", "--id", "x1", "--wait", "600", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["result"]["act"]["into"] == "inc-bbbb"


def test_nobody_knows_of_it_years_before_it_began(desk: Desk) -> None:
    now = time.time()
    desk.publish(incident(first_seen=now - 60, last_seen=now, started_by=None))
    slip = desk.run("aware", "aaaa", "--at", "2020-01-01T00:00:00Z", "-m", "x")
    one_line(slip, "Nothing was sent", "is more than 90 d before", "give the time with --at")


@pytest.mark.parametrize("verb", ["aware", "set-aside", "statement-sent"])
def test_only_clocks_that_are_known(desk: Desk, verb: str) -> None:
    slip = desk.run(verb, "aaaa", "--clock", "gdrp-33", "-m", "x")
    one_line(slip, "Nothing was sent", "`gdrp-33` is no clock", "Did you mean `gdpr-33`?")
    assert slip.exit_code == 2
    pasted = desk.run(verb, "aaaa", "--clock", "DE89370400440532013000", "-m", "x")
    one_line(pasted, "Nothing was sent", "Known: ai-act-26-5, ")
    assert "DE89" not in pasted.output


def test_clocks_begin_are_told_and_set_aside(desk: Desk) -> None:
    leak = incident(playbook="personal-data-leak")
    desk.publish(leak)
    shown = desk.run("clocks", "aaaa").output
    assert "aware: nobody has said so yet" in shown
    assert "outwatch incident aware inc-aaaa --clock" in shown
    for number, (arguments, state) in enumerate(
        (
            (("aware", "aaaa", "--clock", "gdpr-33", "--at", "2020-01-01T00:00:00Z"), "overdue"),
            (("statement-sent", "aaaa", "--clock", "gdpr-33", "-m", "first report"), "told"),
            (("set-aside", "aaaa", "--clock", "gdpr-33", "-m", "no real data"), "set_aside"),
        )
    ):
        worker = desk.worker(leak, skip=number)
        done = desk.run(*arguments)
        assert done.exit_code == 0
        assert "clocks      " in done.output
        assert "gdpr-33 (GDPR, Article 33(1)): " in done.output
        worker.join()
        found = json.loads(desk.run("clocks", "aaaa", "--json").output)
        leak = msgspec.convert(json.loads(desk.run("show", "aaaa", "--json").output), Incident)
        (clock,) = [one for one in found["clocks"] if one["clock"] == "gdpr-33"]
        assert clock["state"] == state
        next_step = "incident statement-sent inc-aaaa --clock gdpr-33"
        assert (next_step in desk.run("clocks", "aaaa").output) is (state == "overdue")
    assert "gdpr-33 (GDPR, Article 33(1)): set aside by ada: no real data" in (
        desk.run("show", "aaaa").output
    )
    assert "A checklist, not advice" in desk.run("clocks", "aaaa").output


def test_a_clock_is_set_aside_with_a_reason_only(desk: Desk) -> None:
    desk.publish(incident())
    one_line(desk.run("set-aside", "aaaa", "--clock", "gdpr-33"), "with a reason only")
    assert desk.run("set-aside", "aaaa", "-m", "x").exit_code == 2


def test_a_broken_file_of_clocks_hides_no_incident(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("clocks: [")
    desk.env["OUTWATCH_INCIDENTS_CLOCKS"] = str(tmp_path)
    desk.publish(incident(playbook="personal-data-leak"))
    shown = desk.run("show", "aaaa")
    assert shown.exit_code == 0
    assert "ours.yaml:1: isn't valid YAML" in shown.output
    assert "may apply, once somebody says since when they know: " in shown.output
    assert "gdpr-33" in shown.output
    listed = desk.run("clocks", "aaaa")
    assert (listed.exit_code, "ours.yaml:1" in listed.stderr) == (0, True)
    assert "gdpr-33" in listed.stdout


def test_a_broken_file_of_clocks_stops_no_act(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("clocks: [")
    desk.publish(incident(playbook="personal-data-leak"))
    for folder in (tmp_path, tmp_path / "lost"):
        desk.env["OUTWATCH_INCIDENTS_CLOCKS"] = str(folder)
        for verb in ("aware", "set-aside", "statement-sent"):
            said = ("-m", "x", "--wait", "0")
            sent = desk.run(verb, "aaaa", "--clock", "gdpr-33", *said)
            assert "no worker has answered" in sent.stderr, sent.output
            assert "Used are the clocks of outwatch" in sent.stderr
            slip = desk.run(verb, "aaaa", "--clock", "gdrp-33", *said)
            assert (slip.exit_code, "is no clock" in slip.stderr) == (2, True)


@pytest.mark.parametrize("audience", ["executive", "engineer", "legal", "support", "press"])
def test_a_statement_for_an_audience(desk: Desk, audience: str) -> None:
    desk.publish(incident(title=HOSTILE, tenants=[HOSTILE, "acme"], records_above=3, users=2))
    shown = desk.run("show", "aaaa", "--for", audience)
    assert shown.exit_code == 0
    assert "\x1b" not in shown.output
    assert "a key or a password" in shown.output
    assert "UTC" in shown.output
    whole = json.loads(desk.run("show", "aaaa", "--for", audience, "--json").output)
    assert (whole["audience"], whole["phase"], whole["kind"]) == (
        audience,
        "investigating",
        "secret-leak",
    )
    assert whole["claims"][0]["status"] == "suspected"
    assert whole["next_update"] > whole["at"]


def test_an_audience_that_is_none(desk: Desk) -> None:
    refused = desk.run("show", "aaaa", "--for", "everybody")
    assert refused.exit_code == 2
    assert "executive" in refused.output


@pytest.mark.parametrize(
    ("verb", "meant"), [("akc", "ack"), ("sevrity", "severity"), ("false_alarm", "false-alarm")]
)
def test_a_verb_mistyped(desk: Desk, verb: str, meant: str) -> None:
    refused = desk.run(verb, "aaaa")
    assert refused.exit_code == 2
    assert f"Did you mean `{meant}`?" in refused.output


def test_a_false_alarm_is_said_to_be_one(desk: Desk) -> None:
    desk.publish(incident())
    worker = desk.worker(incident())
    done = desk.run("false-alarm", "aaaa", "--reason", "expected")
    worker.join()
    assert "It is a false alarm, high, revision 2.\n" in done.output
    one_line(desk.run("ack", "aaaa"), "it was called a false alarm already by ada at")


def test_the_lines_of_a_note_stay_lines(desk: Desk) -> None:
    act = drawn_up(incident(), "note", "n", "ada", 300.0, text="one\r\n\nHIGH\x1b two\nthree")
    desk.publish(answer(incident(), act, 160.0, 300.0))
    shown = desk.run("show", "aaaa").output
    inner = " " * 14 + "| "
    assert f"ada noted: one\n{inner}HIGH\ufffd two\n{inner}three\n" in shown
    assert "ada noted: one\n    | HIGH\ufffd two\n    | three\n" in desk.run("acts", "aaaa").output


def test_a_single_record_lasts_no_time(desk: Desk) -> None:
    first = Evidence(
        topic="llm.outputs",
        partition=0,
        offset=1,
        record_id="r",
        event_time=104.0,
        signal="pii.any",
        score=1.0,
    )
    alone = incident("inc-1", started_by=first, records_above=1, first_seen=100.0, last_seen=104.0)
    desk.publish(
        alone,
        msgspec.structs.replace(alone, id="inc-2", state="resolved", resolved_at=160.0),
        msgspec.structs.replace(
            alone, id="inc-3", records_above=2, last_seen=360.0, last_record=109.0
        ),
        msgspec.structs.replace(alone, id="inc-4", started_by=None, records_above=2),
    )
    times = [
        next(
            one.removeprefix("when").strip()
            for one in desk.run("show", f"inc-{number}").output.splitlines()
            if one.startswith("when ")
        )
        for number in (1, 2, 3, 4)
    ]
    assert times == [
        "at 1970-01-01 00:01:44 UTC",
        "at 1970-01-01 00:01:44 UTC, resolved 1970-01-01 00:02:40 UTC",
        "1970-01-01 00:01:44 UTC, last seen 1970-01-01 00:01:49 UTC (lasted 5 s)",
        # Only the end of the window is known.
        "1970-01-01 00:01:40 UTC, last seen in the window until 1970-01-01 00:01:44",
    ]


def test_without_a_worker_it_says_that_it_will_count(desk: Desk) -> None:
    desk.publish(incident())
    one_line(desk.run("ack", "aaaa", "--wait", "0.5"), "no worker has answered within 0.5 s")


def test_without_a_broker(desk: Desk) -> None:
    desk.env["OUTWATCH_KAFKA_BROKERS"] = "127.0.0.1:9"
    desk.env["OUTWATCH_KAFKA_EMBEDDED"] = "false"
    one_line(desk.run("ack", "aaaa"), "127.0.0.1:9")


def test_texts_are_inert(desk: Desk) -> None:
    noted = drawn_up(incident(), "note", HOSTILE, HOSTILE, 300.0, text=HOSTILE, assignee=HOSTILE)
    given = answer(incident(title=HOSTILE, assignee=HOSTILE), noted, 160.0, 300.0)
    desk.publish(given)
    for arguments in (["list"], ["show", "aaaa"], ["acts"], ["acts", "--json"], ["list", "--json"]):
        output = desk.run(*arguments).output
        assert "\x1b" not in output
        assert "‮" not in output
        assert "\nCRITICAL" not in output


def test_acts_name_the_incident_as_it_is_called_now(desk: Desk) -> None:
    act = drawn_up(incident("inc-old"), "note", "n", "ada", 300.0, text="seen")
    before = answer(incident("inc-old"), act, 160.0, 300.0)
    gone = msgspec.structs.replace(before, state="withdrawn", replaced_by="inc-new")
    desk.publish(gone, msgspec.structs.replace(before, id="inc-new"))
    lines = desk.run("acts", "--json").output.splitlines()
    assert [json.loads(line)["act"]["incident"] for line in lines] == ["inc-new"]


@pytest.mark.parametrize(("named", "actor"), [("eve", "eve"), ("", None)])
def test_who_acts(
    named: str, actor: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OUTWATCH_ACTOR", named)
    monkeypatch.setattr("getpass.getuser", lambda: "login")
    assert _actor.actor() == (actor or "login")
