"""`outwatch topics` and `outwatch schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams import schema
from streams.cli import main
from streams.cli.topics import kept
from streams.config.settings import Settings
from streams.records import TOPICS


def invoke(settings: Settings, *arguments: str) -> Result:
    topics = settings.kafka.topics
    environ = {"OUTWATCH_KAFKA_BROKERS": settings.kafka.brokers} | {
        f"OUTWATCH_KAFKA_TOPICS_{purpose.upper()}": getattr(topics, purpose)
        for purpose in (
            "outputs",
            "verdicts",
            "incidents",
            "windows",
            "feedback",
            "acts",
            "pages",
            "dead",
        )
    }
    return CliRunner().invoke(main, arguments, env=environ)


@pytest.mark.parametrize(
    ("configs", "words"),
    [
        ({"cleanup.policy": "compact"}, "newest of each key"),
        ({"cleanup.policy": "delete", "retention.ms": "86400000"}, "1 day"),
        ({"cleanup.policy": "delete", "retention.ms": "604800000"}, "7 days"),
        ({"cleanup.policy": "delete", "retention.ms": "3600000"}, "1 hour"),
        ({"cleanup.policy": "delete", "retention.ms": "5400000"}, "1.5 hours"),
        ({"cleanup.policy": "delete", "retention.ms": "-1"}, "for ever"),
        ({"cleanup.policy": "delete"}, "?"),
    ],
)
def test_how_long_a_topic_keeps_its_records(configs: dict[str, str], words: str) -> None:
    assert kept(configs) == words


@pytest.mark.needs("kafka")
def test_create_then_list(kafka_settings: Settings) -> None:
    missing = invoke(kafka_settings, "topics", "list")
    made = invoke(kafka_settings, "topics", "create")
    again = invoke(kafka_settings, "topics", "create", "--json")
    listed = invoke(kafka_settings, "topics", "list", "--json")
    table = invoke(kafka_settings, "topics", "list")
    assert "missing: outwatch topics create" in " ".join(missing.output.split())
    assert made.output.count("created ") == 8
    assert {row["result"] for row in json.loads(again.output)} == {"present"}
    rows = {row["purpose"]: row for row in json.loads(listed.output)}
    assert rows["outputs"]["end_offsets"] == [0, 0, 0, 0]
    assert rows["incidents"]["configs"]["cleanup.policy"] == "compact"
    assert "newest of each key" in table.output
    assert "30 days" in table.output
    assert {r.exit_code for r in (missing, made, again, listed, table)} == {0}


@pytest.mark.needs("kafka")
def test_create_that_fails_is_exit_code_1(kafka_settings: Settings) -> None:
    result = CliRunner().invoke(
        main,
        ["topics", "create"],
        env={
            "OUTWATCH_KAFKA_BROKERS": kafka_settings.kafka.brokers,
            "OUTWATCH_KAFKA_TOPICS_OUTPUTS": kafka_settings.kafka.topics.outputs,
            "OUTWATCH_KAFKA_TOPICS_REPLICATION": "3",
        },
    )
    assert result.exit_code == 1
    assert f"failed   {kafka_settings.kafka.topics.outputs}" in result.output


def test_schema_of_one_topic_and_of_all() -> None:
    one = CliRunner().invoke(main, ["schema", "llm.feedback"])
    all_of_them = CliRunner().invoke(main, ["schema"])
    assert json.loads(one.output) == schema.schema("llm.feedback")
    assert json.loads(all_of_them.output) == {
        topic: json.loads(schema.text(topic)) for topic in TOPICS
    }


def test_schema_works_with_a_wrong_configuration() -> None:
    result = CliRunner().invoke(main, ["schema", "llm.feedback"], env={"OUTWATCH_NONSENSE": "1"})
    assert result.exit_code == 0


def test_schema_writes_what_check_accepts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = CliRunner().invoke(main, ["schema", "--out", str(tmp_path / "new")])
    assert written.exit_code == 0
    assert CliRunner().invoke(main, ["schema", "--check"]).exit_code == 0
    monkeypatch.setattr(schema, "checked_in", lambda topic: "{}")
    stale = CliRunner().invoke(main, ["schema", "--check"])
    assert stale.exit_code == 1
    assert "outwatch schema --out" in stale.output
    assert {path.name for path in (tmp_path / "new").iterdir()} == {f"{t}.json" for t in TOPICS}
