"""Schemas of the messages: up to date, valid, and true of what is sent."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec
import pytest

from detectors import Finding
from streams import records, schema

FINDING = Finding("pii.email", "email", 3, 9, "an address", 0.9)
EVIDENCE = records.Evidence(
    topic="llm.outputs",
    partition=1,
    offset=7,
    record_id="r",
    event_time=1.0,
    signal="pii.any",
    score=0.9,
)
FIGURES = records.RuleFigures(
    rule="r",
    condition="rate above 0.3",
    signal="pii.any",
    value=0.4,
    threshold=0.3,
    records=30,
    above=12,
    window_start=0.0,
    window_end=300.0,
)
ACT = records.Act(
    act_id="a",
    kind="false_alarm",
    deployment="bot",
    incident="inc-1",
    actor="ada",
    at=1.0,
    revision=1,
    seen="",
    reason="expected",
    figures={"r": (0.4, 12)},
)
SAMPLES: dict[str, list[Any]] = {
    records.OUTPUTS: [
        records.Output(record_id="1", output=""),
        records.Output(
            record_id="1",
            output="text",
            messages=(records.WireMessage("user", "hello"),),
            context=("one", records.WireDocument("two", "id")),
            usage={"output_tokens": 3},
            event_time="2026-01-02T03:04:05Z",
            labels={"a": 1, "b": None, "c": True},
        ),
    ],
    records.VERDICTS: [
        records.VerdictBatch(
            deployment="bot",
            topic="llm.outputs",
            partition=0,
            first_offset=0,
            last_offset=1,
            rows=[
                records.VerdictRow(
                    offset=1,
                    record_id="r",
                    event_time=2.5,
                    scores={"pii.email": 0.9},
                    findings=[FINDING],
                    errors={"pii": "ValueError"},
                )
            ],
            judged=[["pii.email"]],
        )
    ],
    records.INCIDENTS: [
        records.Incident(
            id="inc-1",
            page_key="inc-1",
            revision=1,
            change="opened",
            state="open",
            severity="high",
            playbook="personal-data-leak",
            title="t",
            summary="s",
            group={"deployment": "bot"},
            first_seen=0.0,
            last_seen=1.0,
            window_seconds=300.0,
            rules=[FIGURES],
            started_by=EVIDENCE,
            evidence=[EVIDENCE],
            log=[records.LogEntry(at=1.0, what="opened")],
            acts=[records.ActResult(act=ACT, outcome="refused", revision=2, why="stale")],
        )
    ],
    records.FEEDBACK: [
        records.Feedback(feedback_id="f", kind="complaint"),
        records.Feedback(feedback_id="f", kind="label", signal="pii.any", value=1.0),
    ],
    records.ACTS: [
        ACT,
        records.Act(
            act_id="b",
            kind="note",
            deployment="bot",
            incident="inc-1",
            actor="ada",
            at=1.0,
            revision=1,
            text="seen",
        ),
    ],
    records.PAGES: [
        records.PageNote(kind="over", page_key="inc-1", incident="inc-1", at=1.0),
        records.PageNote(
            kind="told",
            page_key="inc-1",
            incident="inc-1",
            at=1.0,
            severity="critical",
            cycle="0.0.2",
            number=1,
            step=1,
            roles=["on-call"],
            receivers=["ada-phone"],
            receiver="ada-phone",
            action="resolve",
            outcome="undeliverable",
            why="HTTP 400",
        ),
    ],
    records.DEAD: [
        records.DeadLetter(
            topic="llm.outputs",
            partition=0,
            offset=3,
            reason="not_json",
            detail="at byte 0",
            failed_at=1.0,
            payload="AAA=",
            payload_bytes=2,
        )
    ],
}

SAMPLE_PARAMS = [
    pytest.param(topic, message, id=f"{topic}-{number}")
    for topic, messages in SAMPLES.items()
    for number, message in enumerate(messages)
]


def test_every_topic_has_a_sample() -> None:
    assert set(SAMPLES) == set(records.TOPICS)


@pytest.mark.parametrize("topic", records.TOPICS)
def test_checked_in_file_is_up_to_date(topic: str) -> None:
    assert schema.checked_in(topic) == schema.text(topic), (
        "run `outwatch schema --out streams/schemas`"
    )


@pytest.mark.parametrize("topic", records.TOPICS)
def test_schema_is_valid_and_says_what_it_describes(topic: str) -> None:
    described = schema.schema(topic)
    jsonschema.Draft202012Validator.check_schema(described)
    assert described["$id"] == f"urn:outwatch:schema:{topic}"
    assert topic in described["description"]
    assert "\n" not in described["description"]


@pytest.mark.parametrize(("topic", "message"), SAMPLE_PARAMS)
def test_message_validates(topic: str, message: Any) -> None:
    sent = json.loads(msgspec.json.encode(message))
    jsonschema.validate(sent, schema.schema(topic), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(("topic", "message"), SAMPLE_PARAMS)
def test_unknown_field_validates(topic: str, message: Any) -> None:
    sent = json.loads(msgspec.json.encode(message)) | {"added_later": 1}
    jsonschema.validate(sent, schema.schema(topic), jsonschema.Draft202012Validator)


@pytest.mark.parametrize("topic", records.TOPICS)
def test_message_without_required_fields_is_refused(topic: str) -> None:
    with pytest.raises(jsonschema.ValidationError, match="required property"):
        jsonschema.validate({}, schema.schema(topic), jsonschema.Draft202012Validator)


def test_topic_without_a_schema_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        schema.schema("llm.nothing")
