"""`outwatch calibrate`: limits proposed from labels, as a rules file that can be read."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaProducer

from streams.cli import main
from streams.kafka.embedded import API_VERSION, embedded_broker
from streams.rules.load import load_rules
from tests.support.worsening import batches, lines, rows


@pytest.fixture
def verdicts(tmp_path: Path) -> Path:
    """Refusals as before, those that aren't any being scored 0.7."""
    made = [
        msgspec.structs.replace(row, scores={"refusal.full": 0.7 if n % 3 else 0.9})
        if row.scores["refusal.full"] > 0.5
        else row
        for n, row in enumerate(rows())
    ]
    path = tmp_path / "verdicts.jsonl"
    path.write_bytes(b"\n".join(lines(batches(made))) + b"\n")
    return path


def labels() -> list[dict[str, object]]:
    return [
        {
            "record_id": row.record_id,
            "signal": "refusal.full",
            "label": int(n % 3 == 0 and row.scores["refusal.full"] > 0.5),
        }
        for n, row in enumerate(rows())
        if n >= 600
    ]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in labels()))
    return path


def run(*words: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["calibrate", *map(str, words)], env=env)


def test_a_limit_is_proposed_told_and_written(
    verdicts: Path, labelled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "rules.yaml"
    done = run(verdicts, "--labels", labelled, "-o", out)
    assert done.exit_code == 0, done.output
    first, second, third = done.stdout.splitlines()
    assert first.startswith("refusal.full in support-bot: 0.8 (")
    assert ", now 0.5; 400 labels, " in first
    assert second.startswith("  precision 100 % (")
    assert "misses 1" in third
    changed = next(one for one in load_rules(out).rules if one.id == "refusals")
    assert changed.record_above_in == (("support-bot", 0.8),)
    again = run(verdicts, "--labels", labelled, "--rules", out)
    assert ", now 0.8; " in again.stdout


def test_as_json_and_without_enough_labels(verdicts: Path, labelled: Path) -> None:
    told = json.loads(run(verdicts, "--labels", labelled, "--json").stdout)
    (one,) = told["proposed"]
    assert one["proposal"]["limit"] == 0.8
    done = run(verdicts, "--labels", labelled, "--at-least", "500")
    assert done.exit_code == 0
    assert "no proposal, fewer than 500 labels (400 labels, " in done.stdout


def test_labels_on_the_feedback_topic_count(verdicts: Path) -> None:
    with embedded_broker() as address:
        producer = KafkaProducer(bootstrap_servers=address, api_version=API_VERSION)
        for value in verdicts.read_bytes().splitlines():
            producer.send("llm.verdicts", value, partition=0).get(30)
        for number, one in enumerate(labels()):
            wire = {
                "feedback_id": str(number),
                "kind": "label",
                "record_id": one["record_id"],
                "signal": one["signal"],
                "value": one["label"],
            }
            producer.send("llm.feedback", json.dumps(wire).encode(), partition=0)
        producer.flush()
        producer.close()
        done = run(env={"OUTWATCH_KAFKA_BROKERS": address, "OUTWATCH_KAFKA_EMBEDDED": "true"})
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("refusal.full in support-bot: 0.8 (")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-"], "give files, not standard input"),
        (["{verdicts}"], "There are no labels"),
        (["{verdicts}", "--labels", "nowhere.csv"], "nowhere.csv"),
        (["{verdicts}", "--labels", "{labels}", "--since", "2030-01-01"], "There are no verdicts"),
    ],
)
def test_what_cant_be_done_is_a_sentence(
    verdicts: Path, labelled: Path, words: list[str], said: str
) -> None:
    done = run(*(one.format(verdicts=verdicts, labels=labelled) for one in words))
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["calibrate", "backtest"])
def test_a_label_that_would_stand_for_all_there_is_is_left_out(
    tmp_path: Path, command: str
) -> None:
    (tmp_path / "v.jsonl").write_bytes(b"\n".join(lines(batches(rows()))) + b"\n")
    said = [
        {"record_id": row.record_id, "signal": "refusal.full", "label": 1,
         "probability": 1e-300 if n == 1 else 0.5}
        for n, row in enumerate(rows()[:60])
    ]  # fmt: skip
    (tmp_path / "l.jsonl").write_text("\n".join(map(json.dumps, said)))
    done = CliRunner().invoke(
        main, [command, str(tmp_path / "v.jsonl"), "--labels", str(tmp_path / "l.jsonl")]
    )
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    assert "l.jsonl:2: by its probability" in done.stderr
    assert "left out" in done.stderr


@pytest.mark.parametrize("command", ["calibrate", "backtest"])
@pytest.mark.parametrize(
    ("signal", "deployment", "ids", "said"),
    [
        ("refusal.full", "", "", ""),
        (
            "refusal",
            "",
            "",
            "60 labels of refusal, and no record was judged for a signal of that name."
            " There are: refusal.full, refusal.partial",
        ),
        (
            "no.such",
            "",
            "",
            "60 labels of no.such, and no record was judged for a signal of that name."
            " Name one of docs/signals.md",
        ),
        ("refusal.full", "", "other-", "no verdict is here for 60 labels"),
        ("refusal", "other-bot", "", "no verdict is here for 60 labels"),
    ],
)
def test_why_a_label_has_no_score(
    tmp_path: Path, command: str, signal: str, deployment: str, ids: str, said: str
) -> None:
    (tmp_path / "v.jsonl").write_bytes(b"\n".join(lines(batches(rows()))) + b"\n")
    told = [
        {"record_id": f"{ids}{row.record_id}", "signal": signal, "label": 1}
        | ({"deployment": deployment} if deployment else {})
        for row in rows()[:60]
    ]
    (tmp_path / "l.jsonl").write_text("\n".join(map(json.dumps, told)))
    done = CliRunner().invoke(
        main, [command, str(tmp_path / "v.jsonl"), "--labels", str(tmp_path / "l.jsonl")]
    )
    assert [one for one in done.stderr.splitlines() if "label" in one] == (
        [f"outwatch: {said}"] if said else []
    )
