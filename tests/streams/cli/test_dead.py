"""`outwatch dead`: letters are listed without their content, and sent again where they can be."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from streams.cli import main
from streams.config.settings import Kafka, Settings, Topics
from streams.dead_letters import dead_letter
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from streams.place import Place
from tests.support.kafka_broker import read_all, send

PURPOSES = ("outputs", "verdicts", "dead", "incidents", "windows", "feedback")
SECRET = "hunter" + "2-the-original"
GOOD = json.dumps({"record_id": "a", "conversation_id": "c", "output": SECRET}).encode()


def invoke(settings: Settings, *arguments: str) -> Result:
    topics = settings.kafka.topics
    environ = {"OUTWATCH_KAFKA_BROKERS": settings.kafka.brokers} | {
        f"OUTWATCH_KAFKA_TOPICS_{purpose.upper()}": getattr(topics, purpose) for purpose in PURPOSES
    }
    return CliRunner().invoke(main, ["dead", *arguments], env=environ)


@pytest.fixture(scope="module")
def filled(kafka: str) -> Settings:
    """Dead letters: 1 timed out and can be read, 2 can't, 3 was cut, 4 is a page; 5 is an hour old."""
    topics = Topics(**{purpose: f"dead.{purpose}" for purpose in PURPOSES})
    settings = Settings(kafka=Kafka(brokers=kafka, topics=topics))
    with admin_client(settings) as admin:
        create_topics(admin, settings)
    now = time.time()

    def letter(topic: str, offset: int, value: bytes, reason: str, **more: Any) -> bytes:
        given = {"failed_at": now, "most_bytes": 10_000} | more
        place = Place(topic, 1, offset)
        return msgspec.json.encode(dead_letter(place, value, reason, "at \x1b[2J line 1", **given))

    letters = [
        b"poison",
        letter(topics.outputs, 1, GOOD, "timed_out"),
        letter(topics.outputs, 2, b"{nope " + SECRET.encode(), "invalid_json"),
        letter(topics.outputs, 3, GOOD, "too_long", most_bytes=3),
        letter(topics.incidents, 4, b"{}", "page_undeliverable"),
        letter(topics.outputs, 5, GOOD, "timed_out", failed_at=now - 3600),
    ]
    send(kafka, topics.dead, letters)
    return settings


@pytest.mark.needs("kafka")
def test_list_tells_why_and_where_and_nothing_of_the_content(filled: Settings) -> None:
    result = invoke(filled, "list")
    assert result.exit_code == 0
    *told, total = result.stdout.splitlines()
    assert {row.split()[0] for row in told} == {
        "dead.outputs/1/1", "dead.outputs/1/2", "dead.outputs/1/3", "dead.incidents/1/4",
        "dead.outputs/1/5",
    }  # fmt: skip
    assert "timed_out: at " in result.stdout
    assert total.startswith("5 dead letters: 2 timed_out, ")
    assert SECRET not in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.needs("kafka")
@pytest.mark.parametrize(
    ("arguments", "offsets"),
    [
        (["--reason", "timed_out"], {1, 5}),
        (["--reason", "timed_out", "--reason", "too_long"], {1, 3, 5}),
        (["--reason", "timed_out", "--since", "30m"], {1}),
        (["--topic", "dead.incidents"], {4}),
        (["--reason", "nothing_like_it"], set()),
    ],
)
def test_filters(filled: Settings, arguments: list[str], offsets: set[int]) -> None:
    result = invoke(filled, "list", "--json", *arguments)
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert {int(row["place"].split("/")[-1]) for row in rows} == offsets
    assert all(row["letter"].startswith("dead.dead/") for row in rows)
    assert "payload" not in result.stdout


def sent(settings: Settings) -> list[tuple[Any, Any]]:
    topics = settings.kafka.topics
    return [(one.key, one.value) for one in read_all(settings.kafka.brokers, topics.outputs)]


@pytest.mark.needs("kafka")
def test_retry_sends_the_original_bytes_and_says_what_it_leaves(filled: Settings) -> None:
    before = len(sent(filled))
    dry = invoke(filled, "retry", "--all", "--since", "30m", "--dry-run")
    assert dry.exit_code == 1
    assert "1 message would be sent, 3 not" in dry.stdout
    assert len(sent(filled)) == before
    result = invoke(filled, "retry", "--all", "--since", "30m")
    assert result.exit_code == 1
    assert "1 message sent again, 3 not" in result.stdout
    assert sent(filled)[before:] == [(b"c", GOOD)]
    assert "dead.outputs/1/2  not sent: it still can't be read (invalid_json" in result.stderr
    assert "dead.outputs/1/3  not sent: the letter doesn't hold all of it" in result.stderr
    assert "dead.incidents/1/4  not sent: dead.incidents is no topic of records" in result.stderr
    assert SECRET not in result.output


@pytest.mark.needs("kafka")
def test_retry_of_one_place_and_of_a_mended_file(filled: Settings, tmp_path: Path) -> None:
    before = len(sent(filled))
    result = invoke(filled, "retry", "dead.outputs/1/5", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["sent"] == 1
    mended = tmp_path / "mended.json"
    mended.write_bytes(GOOD.replace(b'"a"', b'"b"'))
    result = invoke(filled, "retry", "dead.outputs/1/2", "--file", str(mended))
    assert result.exit_code == 0, result.output
    assert [value for _, value in sent(filled)[before:]] == [GOOD, mended.read_bytes()]
    mended.write_text("{still wrong")
    result = invoke(filled, "retry", "dead.outputs/1/2", "--file", str(mended))
    assert result.exit_code == 1
    assert "it still can't be read" in result.stderr


@pytest.mark.needs("kafka")
def test_a_place_without_a_letter(filled: Settings) -> None:
    result = invoke(filled, "retry", "dead.outputs/1/99")
    assert result.exit_code == 2
    assert "there is no dead letter of dead.outputs/1/99" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["retry"], "say which"),
        (["retry", "--all", "--file", "x"], "--file takes the place of one message"),
        (["retry", "a/0/1", "--file", "/no/where"], "can't be read"),
        (["retry", "--since", "soon"], "--since is no duration"),
        (["list", "--since", "-1h"], "--since is no duration"),
    ],
)
def test_what_must_be_corrected_is_told(arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(main, ["dead", *arguments])
    assert result.exit_code == 2
    assert told in result.output
