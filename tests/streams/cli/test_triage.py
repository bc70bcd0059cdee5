"""`outwatch triage`: a report judged on the command line, and an incident opened of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaConsumer, KafkaProducer

from streams.cli import main
from streams.incidents.by_hand import opened, opening
from streams.kafka.embedded import API_VERSION, embedded_broker
from streams.records import Act

THREAT = "The bot threatened a user."


def run(*arguments: str, stdin: str | None = None, **env: str) -> Result:
    return CliRunner().invoke(main, ["triage", *arguments], input=stdin, env=env)


def test_it_says_how_bad_and_why() -> None:
    result = run(THREAT)
    assert result.exit_code == 0
    assert result.output == "CRITICAL  page everybody: it tells of a threat (sentence 1).\n"
    calm = run("Nobody was threatened.")
    assert calm.output == "FALSE ALARM  tell nobody: a threat is denied (sentence 1).\n"


@pytest.mark.parametrize(
    ("report", "code"),
    [(THREAT, 12), ("12 complaints about the bot", 11), ("the bot is weird", 10), ("Hello!", 0)],
)
def test_a_script_may_ask_for_the_verdict_as_exit_code(report: str, code: int) -> None:
    assert run(report, "--exit-code").exit_code == code


def test_a_file_or_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text(THREAT, "utf-8")
    for result in (run(str(path), "--json"), run("-", "--json", stdin=THREAT)):
        found = json.loads(result.output)["judgement"]
        assert (found["verdict"], found["playbook"]) == ("critical", "threat")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "standard input holds no words"),
        ([THREAT, "--open"], "--deployment NAME"),
        ([THREAT, "--severity", "low"], "belong to --open"),
        (["Hello!", "--open", "--deployment", "bot"], "judged a false alarm"),
        ([THREAT, "--open", "--deployment", "bot", "-m", "jo@corp.example"], "an e-mail address"),
        (["..."], "holds no words"),
    ],
)
def test_what_is_wrong_is_one_sentence(arguments: list[str], said: str) -> None:
    result = run(*arguments, stdin="")
    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.splitlines()) == 1
    assert "corp.example" not in result.output


@pytest.mark.parametrize(
    "report", ["lost.txt", "./lost.txt", "reports/threat", "/lost/zebulon.MD", "..\\lost", "./"]
)
def test_a_file_that_isnt_there_is_never_judged(
    report: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in ([report], [report, "--exit-code"], [report, "--json"]):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "no file is there" in result.stderr
        assert "zebulon" not in result.stderr


@pytest.mark.parametrize(
    "report", ["The bot sent notes.txt", "he/she was weird", "weird", "the bot said a/b and died."]
)
def test_a_text_with_a_slash_in_it_is_judged(report: str) -> None:
    assert run(report).exit_code == 0
    assert run("-", stdin="weird/odd").exit_code == 0


def test_a_report_that_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_bytes(b"word " * 300_000)
    result = run(str(path))
    assert (result.exit_code, "more than 1,000,000 bytes" in result.output) == (2, True)


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with embedded_broker(["llm.incidents", "llm.acts", "llm.outputs.dead"]) as address:
        yield address


def test_it_opens_an_incident_that_says_nothing_of_the_report(broker: str) -> None:
    acts: list[Act] = []
    consumer = KafkaConsumer(
        "llm.acts", bootstrap_servers=broker, api_version=API_VERSION, auto_offset_reset="earliest"
    )

    def work() -> None:
        """Opens as a worker would."""
        message = next(consumer)
        acts.append(msgspec.json.decode(message.value, type=Act))
        known = opened(acts[0], acts[0].at, acts[0].at)
        value = msgspec.json.encode(known.incident)
        producer = KafkaProducer(bootstrap_servers=broker, api_version=API_VERSION)
        producer.send("llm.incidents", value, known.incident.id.encode()).get(30)
        producer.close()
        consumer.close()
        assert message.key == b"support-bot"

    worker = threading.Thread(target=work)
    worker.start()
    result = run(
        "The bot threatened Zebulon.",
        *("--open", "--deployment", "support-bot", "-m", "from a ticket\n\nnumber 88"),
        OUTWATCH_KAFKA_BROKERS=broker,
        OUTWATCH_KAFKA_EMBEDDED="true",
        OUTWATCH_ACTOR="ada",
    )
    worker.join(30)
    assert result.exit_code == 0, result.output
    assert "is open, critical: Reported by hand: threat on support-bot" in result.output
    (act,) = acts
    assert (act.kind, act.actor, act.severity, act.playbook) == (
        "open",
        "ada",
        "critical",
        "threat",
    )
    assert act.text == "it tells of a threat (sentence 1); from a ticket; number 88"
    assert b"Zebulon" not in msgspec.json.encode(act)


def test_an_opening_that_counted_is_answered_at_once(broker: str) -> None:
    known = opened(opening("other-bot", "threat", "critical", "t1", "ada", 9.0, "x"), 9.0, 9.0)
    producer = KafkaProducer(bootstrap_servers=broker, api_version=API_VERSION)
    value = msgspec.json.encode(known.incident)
    producer.send("llm.incidents", value, known.incident.id.encode()).get(30)
    producer.close()
    result = run(
        THREAT,
        *("--open", "--deployment", "other-bot", "--id", "t1", "--wait", "600"),
        OUTWATCH_KAFKA_BROKERS=broker,
        OUTWATCH_KAFKA_EMBEDDED="true",
        OUTWATCH_ACTOR="ada",
    )
    assert result.exit_code == 0, result.output
    assert f"It counted already. {known.incident.id} is open, critical" in result.output
