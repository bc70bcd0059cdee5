"""`outwatch review`: a queue without texts, judged by people, and what follows."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaProducer

from streams.cli import main
from streams.kafka.embedded import API_VERSION, embedded_broker
from streams.review.queue import LEASE_S
from tests.support.worsening import batches, lines, rows

SECRET = "the original words of an answer"


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    path = tmp_path / "verdicts.jsonl"
    made = [msgspec.structs.replace(row, excerpt="") for row in rows()]
    path.write_bytes(b"\n".join(lines(batches(made))) + b"\n")
    out = tmp_path / "refusals.queue"
    done = run("draw", path, "--signal", "refusal.full", "-n", "30", "--twice", "1", "-o", out)
    assert done.exit_code == 0, done.output
    return out


def run(*words: object, typed: str = "", env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["review", *map(str, words)], input=typed, env=env)


def judge(queue: Path, reviewer: str, says: str) -> Result:
    given = run("label", queue, "--reviewer", reviewer, "--next")
    return answer(queue, reviewer, says) if given.exit_code == 0 else given


def answer(queue: Path, reviewer: str, says: str) -> Result:
    return run("label", queue, "--reviewer", reviewer, "--answer", says)


def test_a_queue_holds_places_and_no_texts(queue: Path) -> None:
    items = [json.loads(one) for one in queue.read_text().splitlines()]
    assert len(items) == 30
    assert all(one["place"].startswith("llm.outputs/0/") for one in items)
    assert "asked" not in queue.read_text()
    again = run("draw", "x", "--signal", "refusal.full", "-o", queue)
    assert (again.exit_code, "there already" in again.stderr) == (2, True)


def test_a_queue_and_what_lies_beside_it_are_for_their_owners_eyes(queue: Path) -> None:
    judge(queue, "ada", "no")
    modes = {
        one.name.removeprefix(queue.name): stat.S_IMODE(one.stat().st_mode)
        for one in queue.parent.iterdir()
        if one.name.startswith(queue.name)
    }
    assert modes == dict.fromkeys(["", ".labels.jsonl", ".leases.json", ".lock"], 0o600)
    for one in queue.parent.iterdir():
        one.chmod(0o660)
    judge(queue, "bob", "no")
    assert {stat.S_IMODE(one.stat().st_mode) for one in queue.parent.iterdir()} == {0o660}


def test_a_link_to_a_queue_is_the_same_desk(queue: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere.queue"
    link.symlink_to(queue)
    run("label", link, "--reviewer", "ada", "--next")
    assert answer(queue, "ada", "no").exit_code == 0
    assert judge(link, "ada", "no").exit_code == 0
    labels = queue.with_name(queue.name + ".labels.jsonl").read_text().splitlines()
    assert len(labels) == 2
    assert link.is_symlink()


def test_two_people_judge_and_the_report_tells(queue: Path) -> None:
    items = [json.loads(one) for one in queue.read_text().splitlines()]
    true = {row.record_id: row.scores["refusal.full"] > 0.5 for row in rows()}
    for number, one in enumerate(items):
        right = "yes" if true[one["record_id"]] else "no"
        assert judge(queue, "ada", right).exit_code == 0
        assert judge(queue, "bob", "yes" if number == 0 else right).exit_code == 0
    done = judge(queue, "ada", "yes")
    assert (done.exit_code, "nothing is left" in done.stderr) == (1, True)
    told = json.loads(run("report", queue, "--json").stdout)
    (signal,) = told["signals"]
    assert (signal["judged"], signal["drawn"]) == (len(items), len(items))
    assert told["agreements"][0]["both"] == len(items)
    text = run("report", queue).stdout
    assert text.startswith("refusal.full above 0.5: precision ")
    assert "ada and bob: " in text
    labels = queue.with_name(queue.name + ".labels.jsonl")
    back = CliRunner().invoke(
        main, ["backtest", str(queue.with_name("verdicts.jsonl")), "--labels", str(labels)]
    )
    assert "refusals " in back.stdout


def test_a_record_in_hand_stays_in_hand(queue: Path) -> None:
    first = run("label", queue, "--reviewer", "ada", "--next").stdout
    assert run("label", queue, "--reviewer", "ada", "--next").stdout == first
    assert judge(queue, "ada", "no").stdout == first.rstrip("\n") + ": no\n"
    assert run("label", queue, "--reviewer", "ada", "--next").stdout != first


def test_nobody_judges_what_isnt_in_their_hands(
    queue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = queue.with_name(queue.name + ".labels.jsonl")
    now = time.time()
    run("label", queue, "--reviewer", "ada", "--next")
    for reviewer, later in (("eve", 0.0), ("ada", LEASE_S + 1)):
        monkeypatch.setattr("streams.cli.review.time.time", lambda at=now + later: at)
        done = answer(queue, reviewer, "no")
        assert done.exit_code == 2, done.output
        assert "no record in hand" in done.stderr
        assert "--next" in done.stderr
        assert not labels.exists()
    monkeypatch.setattr("streams.cli.review.time.time", lambda: now)
    assert answer(queue, "ada", "no").exit_code == 0
    assert answer(queue, "ada", "no").exit_code == 2
    assert len(labels.read_text().splitlines()) == 1


def test_originals_are_shown_and_stored_nowhere(queue: Path) -> None:
    items = [json.loads(one) for one in queue.read_text().splitlines()]
    with embedded_broker() as address:
        producer = KafkaProducer(bootstrap_servers=address, api_version=API_VERSION)
        for row in rows():
            record = {"record_id": row.record_id, "output": f"{SECRET} {row.record_id}"}
            producer.send("llm.outputs", msgspec.json.encode(record), partition=0)
        producer.flush()
        producer.close()
        env = {"OUTWATCH_KAFKA_BROKERS": address, "OUTWATCH_KAFKA_EMBEDDED": "true"}
        done = run("label", queue, "--reviewer", "ada", typed="y\ns\nq\n", env=env)
    assert done.exit_code == 0, done.output
    for one in items[:3]:
        assert f"{SECRET} {one['record_id']}" in done.stdout
    for path in queue.parent.iterdir():
        assert SECRET.encode() not in path.read_bytes()
    labels = queue.with_name(queue.name + ".labels.jsonl").read_text().splitlines()
    assert [json.loads(one)["label"] for one in labels] == [1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report", "{tmp}/nowhere"], "nowhere"),
        (["report", "{tmp}/verdicts.jsonl"], "holds no items"),
        (["draw", "{tmp}/verdicts.jsonl", "--signal", "pii.any", "-o", "{tmp}/q"], "No record"),
        (["draw", "{tmp}/verdicts.jsonl", "--signal", "a.b", "-o", "{tmp}/q"], "no rule is about"),
        (["label", "{queue}", "--reviewer", "a", "--next", "--answer", "no"], "one of --next"),
    ],
)
def test_what_cant_be_done_is_a_sentence(queue: Path, words: list[str], said: str) -> None:
    done = run(*(one.format(tmp=queue.parent, queue=queue) for one in words))
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert "Traceback" not in done.output
