"""Payloads of kinds that people reported of software like this, and what must be read in them.

Each line of `data/cases.jsonl` is one: `payload` (or its bytes), the `form` its topic is declared
as, `headers`, and `expect`, part by part.

`DECIDED` says, for the cases that could be read in more than one way, why they are read as they
are. What it says is in docs/sending/ too.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from streams.errors import BadRecord
from streams.intake import recognise
from streams.intake.native import to_record
from streams.records import Output

CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "cases.jsonl").read_text().splitlines()
]
KINDS = (
    *("wrong", "not read yet", "control", "your call"),
    "synthetic: no public payload of this kind found",
)
NOW = 1_793_100_000.0

DECIDED = {
    "H2-spring-attribute": "Spring AI writes a list of texts, whatever their number; a list of "
    "one is read as its text, one of several only beside a prompt that is a list, too",
    "I1-langsmith-generations": "the answer is in the run; the rest isn't the model's",
    "L4-azure-choice-without-message": "the filter kept the answer back: `error`, as with a "
    "message that is there and empty",
    "L6-azure-no-choices-only-prompt-filter": "a completion by its `object`, without an answer",
    "L7-choices-null": "as an empty list of choices",
    "M1-think-tags": "users are shown the answer; the thought is judged where so configured",
    "N3-realtime-text": "a response's `conversation_id` is a conversation, as `conversation.id`",
    "R5-usage-null-inside": "a count that isn't there is left out; the answer counts",
    "R6-usage-nested-details": "only whole numbers are counts; the answer counts",
    "R7-message-content-null": "a turn that only called tools has no text; its calls are told",
    "R8-message-content-parts": "parts are read as in the interfaces that have them",
    "R9-tool-call-args-object": "arguments are judged as JSON text, as everywhere",
    "R10-context-page_content": "a LangChain document is a document",
    "R11-user-number": "a whole number is an id, hashed as its text",
    "R12-record-id-number": "a whole number is an id, as its text",
    "S11-gzip-value": "nothing else that is read begins as gzip does",
    "Q-lower-case": "RFC 3339 allows it",
    "Q-leap-second": "RFC 3339 allows it; it counts as the second before it",
    "P4-gpt-oss-reasoning-tags": "as M1-think-tags",
    "T7-gemini-executable-code": "code to be run is a call, as in OpenAI's Responses; its result "
    "isn't the model's",
    "U2-openinference-only-output-value-json": "as I1-langsmith-generations",
    "U3-openinference-output-value-chatcompletion": "a copy of a reply is read as the reply",
}


def cases() -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["kind"] in KINDS]


def message(payload: Any) -> bytes | None:
    if payload is None:
        return None
    if isinstance(payload, dict) and payload.keys() == {"bytes_repr"}:
        value: bytes = ast.literal_eval(payload["bytes_repr"])
        return value
    return json.dumps(payload, ensure_ascii=False).encode()


def read(case: dict[str, Any]) -> list[dict[str, Any]]:
    headers = tuple((name, value.encode()) for name, value in case.get("headers", ()))
    try:
        parts = recognise.read(message(case["payload"]), headers, case["form"])
    except BadRecord as bad:
        return [{"dead": bad.reason}]
    return [told(part.what) for part in parts]


def told(what: Output | BadRecord | str) -> dict[str, Any]:
    if isinstance(what, str):
        return {"skip": what}
    try:
        if isinstance(what, BadRecord):
            raise what
        record, _ = to_record(what, received=NOW, now=NOW, hash_key=b"k", max_chars=10_000)
    except BadRecord as bad:
        return {"dead": bad.reason}
    names = ("record_id", "output", "prompt", "system_prompt", "conversation_id")
    return {name: getattr(record, name) for name in (*names, "model", "model_version")}


@pytest.mark.parametrize("case", cases())
def test_what_is_sent_is_read(case: dict[str, Any]) -> None:
    got = read(case)
    found = [
        {name: part.get(name) for name in expected}
        for part, expected in zip(got, case["expect"], strict=True)
    ]
    assert found == case["expect"]


def test_each_decision_has_its_reason() -> None:
    open_to_decide = {case["id"] for case in CASES if case["kind"] == "your call"}
    assert open_to_decide == DECIDED.keys()
    assert all(DECIDED.values())
