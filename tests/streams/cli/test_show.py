"""`outwatch show`: the verdict on one record, masked; the original only when asked for."""

from __future__ import annotations

import json

import msgspec
import pytest
from click.testing import CliRunner, Result

from detectors import Finding
from streams.cli import main
from streams.cli.show import _ranking, _text
from streams.config.settings import Settings
from streams.kafka.connect import admin_client
from streams.kafka.lookup import Scored
from streams.kafka.topics import create_topics, topic_states
from streams.records import DeadLetter, VerdictBatch, VerdictRow
from tests.support.kafka_broker import send

SECRET = "hunter" + "2-the-original"


def invoke(settings: Settings, *arguments: str) -> Result:
    topics = settings.kafka.topics
    environ = {"OUTWATCH_KAFKA_BROKERS": settings.kafka.brokers} | {
        f"OUTWATCH_KAFKA_TOPICS_{purpose.upper()}": getattr(topics, purpose)
        for purpose in ("outputs", "verdicts", "dead")
    }
    return CliRunner().invoke(main, ["show", *arguments], env=environ)


@pytest.fixture(scope="module")
def filled(kafka: str) -> Settings:
    """Messages: 0 has no verdict, 1 and 2 have one, 3 has two, 4 is dead, 5 holds three records,
    of which the first is scored, the second dead and the third scored, 6 holds a test card."""
    from streams.config.settings import Kafka, Topics

    topics = Topics(
        outputs="show.outputs",
        verdicts="show.verdicts",
        dead="show.dead",
        incidents="show.incidents",
        windows="show.windows",
        feedback="show.feedback",
    )
    settings = Settings(kafka=Kafka(brokers=kafka, topics=topics))
    with admin_client(settings) as admin:
        create_topics(admin, settings)
    send(kafka, topics.outputs, [f'{{"output": "{SECRET} \x1b[2J"}}'.encode()] * 5, partition=1)

    several = json.dumps([{"record_id": name, "output": f"{SECRET} {name}"} for name in "abc"])
    send(kafka, topics.outputs, [several.encode()], partition=1)

    card = json.dumps({"record_id": "r6", "output": "Pay with 4242 4242 4242 4242."})
    send(kafka, topics.outputs, [card.encode()], partition=1)

    def batch(deployment: str, *rows: VerdictRow) -> bytes:
        return msgspec.json.encode(
            VerdictBatch(
                deployment=deployment,
                topic=topics.outputs,
                partition=1,
                first_offset=1,
                last_offset=max(row.offset for row in rows),
                rows=list(rows),
            )
        )

    def row(offset: int, excerpt: str, part: int = 0) -> VerdictRow:
        return VerdictRow(
            offset=offset,
            part=part,
            record_id=f"r{offset}",
            event_time=1_700_000_000.0,
            scores={"secrets.any": 0.93, "toxicity.insult": 0.01},
            findings=[Finding("secrets.any", "password", 3, 9, "looks like a password", 0.93)],
            excerpt=excerpt,
            user="u-hash",
            backends={"toxicity": "linear"},
            errors={"pii": "ValueError"},
        )

    letter = DeadLetter(
        topic=topics.outputs, partition=1, offset=4, reason="not_json", detail="at 0", failed_at=1.0
    )
    send(kafka, topics.verdicts, [b"poison", batch("one", row(1, "the [password]"))], key=b"one")
    send(kafka, topics.verdicts, [batch("two", row(2, "x"), row(3, "old"))], key=b"two")
    send(kafka, topics.verdicts, [batch("two", row(3, "new \x1b[2J"))], key=b"two")
    send(kafka, topics.verdicts, [batch("two", row(5, "first"))], key=b"two")
    send(kafka, topics.verdicts, [batch("two", row(5, "third", 2))], key=b"two")
    send(kafka, topics.verdicts, [batch("two", row(6, "pay with ▒"))], key=b"two")
    part = msgspec.structs.replace(letter, offset=5, part=1, detail="the second")
    letters = [b"poison", msgspec.json.encode(letter), msgspec.json.encode(part)]
    send(kafka, topics.dead, letters)
    return settings


@pytest.mark.needs("kafka")
def test_shows_scores_findings_and_masked_excerpt(filled: Settings) -> None:
    result = invoke(filled, "show.outputs/1/1")
    assert result.exit_code == 0
    for part in (
        "record r1",
        "2023-11-14 22:13:20 UTC",
        "deployment   one",
        "u-hash (hashed)",
        "0.930  secrets.any",
        "0.93  password (secrets.any) at characters 3 to 9: looks like a password",
        "pii failed on this record (ValueError)",
        "toxicity: linear",
        "masked: the [password]",
    ):
        assert part in result.output
    assert SECRET not in result.output


@pytest.mark.needs("kafka")
def test_newest_verdict_wins_and_steers_no_terminal(filled: Settings) -> None:
    result = invoke(filled, "show.outputs/1/3")
    assert "masked: new" in result.output
    assert "\x1b" not in result.output


@pytest.mark.needs("kafka")
def test_published_examples_are_told_where_they_raise_nothing(filled: Settings) -> None:
    result = invoke(filled, "show.outputs/1/6")
    assert result.output.endswith("left in peace, as published examples are: a test card number\n")
    assert "4242" not in result.output
    assert "left in peace" not in invoke(filled, "show.outputs/1/1").output


@pytest.mark.needs("kafka")
def test_json(filled: Settings) -> None:
    found = json.loads(invoke(filled, "show.outputs/1/2", "--json").output)
    assert found["deployment"] == "two"
    assert found["row"]["scores"]["secrets.any"] == 0.93


@pytest.mark.needs("kafka")
def test_raw_prints_the_original_after_a_warning(filled: Settings) -> None:
    result = invoke(filled, "show.outputs/1/2", "--raw")
    assert result.exit_code == 0
    assert SECRET in result.stdout
    assert "unmasked" in result.stderr
    assert SECRET not in result.stderr


@pytest.mark.needs("kafka")
def test_dead_letter_says_why(filled: Settings) -> None:
    result = invoke(filled, "show.outputs/1/4")
    assert result.exit_code == 0
    assert "not_json: at 0" in result.output
    assert "show.outputs/1/4" in result.output
    assert "given up at 1970-01-01 00:00:01 UTC" in result.output


@pytest.mark.needs("kafka")
def test_a_place_on_the_dead_letter_topic_says_what_died_and_why(filled: Settings) -> None:
    with admin_client(filled) as admin:
        ends = {state.purpose: state.end_offsets for state in topic_states(admin, filled)}["dead"]
    places = [f"show.dead/{n}/{offset}" for n, end in enumerate(ends) for offset in range(end)]
    found = [invoke(filled, place) for place in places]
    told = [result.output for result in found if result.exit_code == 0]
    assert len(told) == 2
    assert any("show.outputs/1/4  dead letter, never scored\nnot_json: at 0" in one for one in told)
    (other,) = [result for result in found if result.exit_code == 1]
    assert "is no dead letter" in other.stderr
    assert "not scored yet" not in "".join(result.output for result in found)


@pytest.mark.needs("kafka")
@pytest.mark.parametrize("topic", ["verdicts", "incidents", "windows"])
def test_topics_without_records_are_told_apart(filled: Settings, topic: str) -> None:
    environ = {f"OUTWATCH_KAFKA_TOPICS_{topic.upper()}": f"show.{topic}"}
    result = CliRunner().invoke(main, ["show", f"show.{topic}/0/0"], env=environ)
    assert result.exit_code == 2
    assert "holds no records" in result.output


@pytest.mark.needs("kafka")
@pytest.mark.parametrize(
    ("place", "told"),
    [
        pytest.param("show.outputs/1/5", "masked: first", id="first"),
        pytest.param("show.outputs/1/5#1", "not_json: the second", id="dead"),
        pytest.param("show.outputs/1/5#2", "masked: third", id="third"),
    ],
)
def test_a_part_of_a_message_has_a_place_of_its_own(
    filled: Settings, place: str, told: str
) -> None:
    result = invoke(filled, place)
    assert result.exit_code == 0
    assert told in result.output


@pytest.mark.needs("kafka")
def test_raw_prints_only_the_part_that_was_asked_for(filled: Settings) -> None:
    result = invoke(filled, "show.outputs/1/5#2", "--raw")
    assert json.loads(result.stdout)["output"] == f"{SECRET} c"
    assert json.loads(invoke(filled, "show.outputs/1/5", "--raw").stdout)[2]["record_id"] == "c"


@pytest.mark.needs("kafka")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["show.outputs/1/0"], "has no verdict", id="not scored"),
        pytest.param(["show.outputs/1/99"], "it never was there", id="beyond the end"),
        pytest.param(["show.nothing/1/0"], "no topic show.nothing", id="no such topic"),
        pytest.param(["show.outputs/77/0"], "no partition 77", id="no such partition"),
        pytest.param(["show.outputs/1/99", "--raw"], "isn't on its topic", id="raw"),
        pytest.param(["show.outputs/77/0", "--raw"], "no partition 77", id="raw of no partition"),
    ],
)
def test_nothing_to_show_is_exit_code_1(filled: Settings, arguments: list[str], told: str) -> None:
    result = invoke(filled, *arguments)
    assert result.exit_code == 1
    assert told in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "place", ["llm.outputs", "a/b/c", "a/1", "a/1/2/3", "a/-1/2", "a/1/2x", "a/1/2#"]
)
def test_wrong_place_is_exit_code_2(place: str) -> None:
    result = CliRunner().invoke(main, ["show", "--", place])
    assert result.exit_code == 2
    assert "TOPIC/PARTITION/OFFSET" in result.output


def test_a_line_of_a_file_is_told_apart() -> None:
    result = CliRunner().invoke(main, ["show", "answers.jsonl:17"])
    assert result.exit_code == 2
    assert "a line of a file" in result.output


@pytest.mark.parametrize(
    ("scores", "first"),
    [
        ({"form.haiku": 1.0, "secrets.any": 0.9}, ["secrets.any", "form.haiku"]),
        ({"persona.sassiness": 1.0, "form.verse": 0.99, "refusal.full": 0.6, "secrets.any": 0.81},
         ["secrets.any", "refusal.full", "persona.sassiness", "form.verse"]),
        ({"drift.length": 1.0, "pii.any": 0.51}, ["pii.any", "drift.length"]),
        ({"secrets.any": 0.1, "form.haiku": 0.9}, ["form.haiku", "secrets.any"]),
        ({"toxicity.toxicity": 0.3, "pii.any": 0.4}, ["pii.any", "toxicity.toxicity"]),
    ],
)  # fmt: skip
def test_what_rules_are_about_comes_first_and_the_severest_before_the_rest(
    scores: dict[str, float], first: list[str]
) -> None:
    findings = [Finding(name, "x", 0, 1, "", score) for name, score in scores.items()]
    row = VerdictRow(offset=0, record_id="r", event_time=0.0, scores=scores, findings=findings)
    text = _text("p/0/0", Scored("bot", row), _ranking(Settings()))
    listed = [one.split()[1] for one in text.splitlines() if one.startswith("  ")]
    assert listed[: len(scores)] == first
    found = [
        one.partition("(")[2].partition(")")[0] for one in text.splitlines() if " at char" in one
    ]
    assert found == first
