"""What is private in a record comes out nowhere: not on a topic, a page, an export or in a log.

Values of over seventy kinds are planted in every field and format. Of those that a detector found
none may show, of the others at most three in a thousand; ids are looked at by themselves.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.config.settings import Kafka, Pool, Settings, Web
from streams.export.columns import rows
from streams.incidents.render import render_text
from streams.kafka.embedded import API_VERSION, embedded_broker
from streams.offline.replay import replay, verdicts_of
from streams.records import DEAD, INCIDENTS, TOPICS, VERDICTS, WINDOWS, DeadLetter, VerdictBatch
from streams.records import FEEDBACK as FEEDBACK_TOPIC
from streams.results import cloudevents, otel
from streams.results.signals import Judging
from streams.rules.load import default_rules
from streams.scoring.scorer import ChunkResult, Scorer, ScoringOptions, Source
from tests.support.private_values import KINDS, Private, Searched, draw

SEED = 20_261
DETECTORS = ["pii", "secrets", "leak", "toxicity", "refusal"]
PRIVATE_SIGNALS = ("pii.", "secrets.", "leak.")
AT = 1_767_225_600.0
WISH = "You are a vile idiot, and I hate you."


def native(**fields: Any) -> dict[str, Any]:
    return {"record_id": "r", "output": f"{WISH} Ask again later.", "deployment": "bot", **fields}


def answered(text: str) -> str:
    """The sentence within an answer that gets an excerpt whatever is planted."""
    return f"{WISH} {text} Then all is well."


def halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {
        "object": "chat.completion",
        "id": "c",
        "model": "m",
        "created": AT,
        "choices": [choice],
    }


def bedrock(text: str, private: str, **metadata: str) -> dict[str, Any]:
    """An entry of the model invocation log."""
    asked = {"messages": [{"role": "user", "content": [{"text": private}]}]}
    said = {"message": {"role": "assistant", "content": [{"text": text}]}}
    return {
        "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "requestId": "c",
        "timestamp": "2026-01-01T00:00:00Z", "operation": "Converse", "modelId": "m",
        "accountId": "123456789012", "identity": {"arn": private}, "requestMetadata": metadata,
        "input": {"inputContentType": "application/json", "inputBodyJson": asked},
        "output": {"outputContentType": "application/json",
                   "outputBodyJson": {"output": said, "stopReason": "end_turn"}},
    }  # fmt: skip


def kong(text: str, private: str, name: str = "bot") -> dict[str, Any]:
    """An entry of a gateway's log."""
    asked = {"model": "m", "messages": [{"role": "user", "content": private}]}
    return {
        "request": {"id": "c", "method": "POST", "headers": {"authorization": private}},
        "response": {"status": 200}, "started_at": AT * 1000, "client_ip": private,
        "route": {"name": name}, "service": {"name": name},
        "consumer": {"username": name, "custom_id": private}, "latencies": {"request": 1},
        "ai": {"proxy": {
            "meta": {"request_model": "m", "response_model": name, "provider_name": "openai"},
            "usage": {"prompt_tokens": 1},
            "payload": {"request": json.dumps(asked), "response": json.dumps(completion(text))}}},
    }  # fmt: skip


def litellm(text: str, private: str, name: str = "bot") -> dict[str, Any]:
    """What the proxy logs of a call."""
    return {
        "id": "c", "trace_id": "t", "call_type": "acompletion", "status": "success", "model": name,
        "model_group": name, "custom_llm_provider": "openai", "response": completion(text),
        "messages": [{"role": "user", "content": private}], "startTime": AT, "endTime": AT + 1,
        "end_user": private, "request_tags": [private], "requester_ip_address": private,
        "metadata": {"user_api_key_team_id": name, "user_api_key_alias": private,
                     "user_api_key_user_email": private},
        "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "response_cost": 0.1,
    }  # fmt: skip


PLACES: dict[str, Callable[[Private], Any]] = {
    "output": lambda p: native(output=answered(p.sentence)),
    "first in output": lambda p: native(output=f"{p.sentence} {WISH}"),
    "twice": lambda p: native(output=f"{answered(p.sentence)} {p.value.lower()} {p.value.upper()}"),
    "lines": lambda p: native(output=f"{WISH}\n\n- {p.sentence}\n- {p.value}\n"),
    "prompt": lambda p: native(prompt=p.sentence),
    "message": lambda p: native(messages=[{"role": "user", "content": p.sentence}]),
    "context": lambda p: native(context=[p.sentence, {"id": p.value, "text": p.sentence}]),
    "system": lambda p: native(system_prompt=p.sentence),
    "tool call": lambda p: native(tool_calls=[{"name": "send", "arguments": json.dumps({"q": p.value})}]),
    "reasoning": lambda p: native(reasoning=p.sentence),
    "user": lambda p: native(user=p.value),
    "label": lambda p: native(labels={"note": p.value, p.value: "x"}),
    "strange field": lambda p: native(**{p.value: p.value}),
    "wrong type": lambda p: native(event_time=p.value),
    "wrong key": lambda p: native(usage={p.value: p.value}),
    "unknown": lambda p: {p.value: p.sentence},
    "openai": lambda p: {
        "object": "chat.completion", "id": "c", "model": "m", "created": AT,
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": answered(p.sentence)}}]},
    "responses": lambda p: {
        "object": "response", "id": "c", "model": "m", "created_at": AT, "status": "completed",
        "output": [{"type": "message", "role": "assistant", "id": "m", "status": "completed",
                    "content": [{"type": "output_text", "text": answered(p.sentence)}]}]},
    "anthropic": lambda p: {
        "type": "message", "id": "c", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": answered(p.sentence)}]},
    "gemini": lambda p: {
        "modelVersion": "m", "responseId": "c",
        "candidates": [{"content": {"role": "model", "parts": [{"text": answered(p.sentence)}]}}]},
    "bedrock": lambda p: bedrock(answered(p.sentence), p.value),
    "converse": lambda p: {
        "deployment": "bot", "request": {"modelId": "m", "system": [{"text": p.sentence}],
                                         "messages": [{"role": "user", "content": [{"text": p.value}]}]},
        "response": {"ResponseMetadata": {"RequestId": "c", "HTTPHeaders": {"x-for": p.value}},
                     "output": {"message": {"role": "assistant",
                                            "content": [{"text": answered(p.sentence)}]}},
                     "stopReason": "end_turn"}},
    "kong": lambda p: kong(answered(p.sentence), p.value),
    "litellm": lambda p: litellm(answered(p.sentence), p.value),
    "cohere": lambda p: {
        "request": {"model": "m", "messages": [{"role": "user", "content": p.value}]},
        "response": {"id": "c", "finish_reason": "COMPLETE", "message": {
            "role": "assistant", "content": [{"type": "text", "text": answered(p.sentence)}]}}},
    "ollama": lambda p: {
        "request": {"model": "m", "messages": [{"role": "user", "content": p.value}]},
        "response": {"model": "m", "created_at": "2026-01-01T00:00:00Z", "done": True,
                     "message": {"role": "assistant", "content": answered(p.sentence)}}},
    "tgi": lambda p: {"request": {"inputs": p.value}, "response": {
        "generated_text": answered(p.sentence), "details": {"finish_reason": "eos_token"}}},
    "event": lambda p: {
        "specversion": "1.0", "type": p.value, "source": "/s", "id": "1", "subject": p.value,
        "data": {"deployment": "bot", "output": answered(p.sentence)}},
    "streamed": lambda p: {"deployment": "bot", "request": {"model": "m", "user": p.value}, "response": [
        {"id": "c", "object": "chat.completion.chunk", "created": AT, "model": "m",
         "choices": [{"index": 0, "delta": {"content": part}, "finish_reason": None}]}
        for part in halves(answered(p.sentence))]},
    "table": lambda p: native(output=f"{WISH}\n\n| who | what |\n| --- | --- |\n| {p.value} | open |\n"),
    "code": lambda p: native(output=f'{WISH} So:\n```\nclient = connect("{p.value}")\n```\nThat is all.'),
    "tool result": lambda p: native(messages=[{"role": "tool", "content": p.sentence}]),
    "otlp": lambda p: {"resourceSpans": [{"resource": {"attributes": [
        {"key": p.value, "value": {p.value[:9] + "Value": 1}}]}, "scopeSpans": [{"spans": []}]}]},
}  # fmt: skip
FEEDBACK: dict[str, Callable[[Private], dict[str, Any]]] = {
    "comment": lambda p: {"kind": "complaint", "comment": p.sentence, "user": p.value, p.value: 1},
    "kind": lambda p: {"kind": p.value, "signal": p.value},
    "value": lambda p: {"kind": "rating", "value": p.value},
    "signal": lambda p: {"kind": "label", "signal": p.value, "value": 1},
    "incident": lambda p: {"kind": "complaint", "incident_id": p.value},
    "time": lambda p: {"kind": "complaint", "event_time": p.value},
}
ID_PAYLOADS: dict[str, Callable[[str], Any]] = {
    "bedrock": lambda v: bedrock(WISH, "", deployment=v, tenant=v, user=v, conversation_id=v),
    "kong": lambda v: kong(WISH, "", v),
    "litellm": lambda v: litellm(WISH, "", v),
    "event": lambda v: {
        "specversion": "1.0",
        "type": "t",
        "source": v,
        "id": v,
        "data": {"deployment": "bot", "output": WISH},
    },
}
ID_PLACES = ("record_id", "conversation_id", "tenant", "deployment", "model", "model_version")


def planted(each: int) -> Iterator[tuple[str, Private, bytes]]:
    """Values and the messages that hold them; every kind in `each` places, in turn."""
    places = list(PLACES.items())
    for number, private in enumerate(draw(SEED, each)):
        place, message = places[(number * 7 + number // each) % len(places)]
        data = message(private)
        if place == "output" or "output" in data:
            data = {"event_time": AT + number / 10, **data} | {"record_id": f"r{number}"}
        value = json.dumps(data, ensure_ascii=number % 2 == 0).encode()
        yield place, private, value[:-1] if number % 41 == 40 else value


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    options = ScoringOptions.from_settings(settings())
    return Scorer(options)


def settings(**fields: Any) -> Settings:
    return Settings(detectors=DETECTORS, hash_key="a key of sixteen", **fields)


def found_in(batches: list[VerdictBatch], planted_at: dict[int, Private]) -> set[int]:
    """The offsets of records in whose answer a detector found something private."""
    return {
        row.offset
        for batch in batches
        for row in batch.rows
        if any(f.signal.startswith(PRIVATE_SIGNALS) for f in row.findings)
    } & planted_at.keys()


def texts_in(value: Any) -> Iterator[str]:
    """All texts in a message, its keys too; numbers are looked for only where they are texts."""
    if isinstance(value, str):
        # OpenTelemetry writes nanoseconds as text.
        yield "" if len(value) == 19 and value.isdigit() else value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(key)
            yield from texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)


def by_record(name: str, messages: Iterable[Any], told: dict[tuple[str, int], str]) -> None:
    """Adds what messages say of each record (an offset), and −1 for what they say of all.

    A common word that one record holds as a secret may stand in another's excerpt.
    """
    for message in messages:
        rest = []
        for part in _parts(msgspec.to_builtins(message)):
            offset = part.get("offset") if isinstance(part, dict) else None
            if isinstance(offset, int):
                told[name, offset] = told.get((name, offset), "") + "\n".join(texts_in(part))
            else:
                rest += texts_in(part)
        told[name, -1] = told.get((name, -1), "") + "\n".join(rest)


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict) and "offset" not in value:
        for key, inner in value.items():
            yield key
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)
    else:
        yield value


def shown_of(
    told: dict[tuple[str, int], str], values: dict[int, Private], found: set[int]
) -> tuple[list[str], list[str]]:
    """What shows of what was found, and of the rest."""
    shown: tuple[list[str], list[str]] = ([], [])
    searched = {place: Searched(text) for place, text in told.items()}
    for (surface, offset), text in searched.items():
        for number in values if offset < 0 else values.keys() & {offset}:
            form = text.shows(values[number].value)
            if form is not None:
                line = f"{surface}: {values[number].kind}, {form}, #{number}"
                shown[number not in found].append(line)
    return shown


def check(
    name: str, told: dict[tuple[str, int], str], values: dict[int, Private], found: set[int]
) -> None:
    """Prints the figures, and holds them to the aims."""
    of_found, of_others = shown_of(told, values, found)
    others = {line.rpartition("#")[2] for line in of_others}
    print(
        f"{name}: {len(values)} values of {len(KINDS)} kinds; of {len(found)} in records with "
        f"findings {len(of_found)} show, of {len(values) - len(found)} others {len(others)}"
    )
    assert of_found == []
    assert len(others) <= 3 * (len(values) - len(found)) / 1000, of_others


def test_there_are_kinds_enough() -> None:
    assert len(KINDS) >= 75


def test_the_search_finds_what_is_there() -> None:
    value = "Kowalczyk 4556737586899855"
    shown = ("a Kowalczyk 4556737586899855 b", "KOWALCZYK 4556737586899855", "Kowalczyk 455")
    assert [Searched(text).shows(value) for text in shown] == ["whole", "whole", "half"]
    assert Searched("4556 7375-8689 9855").shows("4556737586899855") == "folded"
    assert Searched("no 4556 7375-8689 9855").shows("card 4556737586899855") == "digits"
    assert Searched("IEtvd2FsY3p5aw== S293YWxjenlr").shows("Kowalczyk") == "base64"
    assert Searched("LUtvd2FsY3p5ay4=").shows("Kowalczyk") == "base64"
    assert Searched("radoslaw gora-kowal").shows("Radoslaw Góra Kowal") == "folded"
    assert Searched("nothing of it").shows(value) is None


def test_replay_shows_nothing(
    scorer: Scorer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    messages = list(planted(5))
    values = {number: private for number, (_, private, _) in enumerate(messages)}
    batches: list[VerdictBatch] = []
    incidents: list[Any] = []
    dead: list[DeadLetter] = []
    score = scorer.score

    def scored(*arguments: Any, **named: Any) -> ChunkResult:
        result = score(*arguments, **named)
        batches.extend(verdicts_of(result))
        return result

    scorer.score = scored  # type: ignore[method-assign]
    with caplog.at_level(logging.DEBUG):
        result = replay(
            [value for _, _, value in messages],
            settings(),
            default_rules(),
            scorer=scorer,
            on_changes=incidents.extend,
            on_dead=lambda letter: dead.append(msgspec.json.decode(letter, type=DeadLetter)),
        )
    del scorer.score  # type: ignore[method-assign]
    assert result.incidents
    assert result.dead
    judging = Judging({})
    told: dict[tuple[str, int], str] = {}
    by_record("verdicts", batches, told)
    by_record("incidents", incidents, told)
    for batch in batches:
        for row, exported in zip(batch.rows, rows(batch), strict=True):
            told["export", row.offset] = "\n".join(texts_in(exported))
            told["events", row.offset] = cloudevents.event(batch, row, judging).decode()
        by_record(
            "otel", map(msgspec.json.decode, otel.messages(batch, judging, "otlp_json")), told
        )
    told["dead", -1] = "\n".join(f"{one.reason} {one.detail}" for one in dead)
    told["log", -1] = caplog.text + "".join(capsys.readouterr())
    check("replay", told, values, found_in(batches, values))
    # Pages say nothing that the incident doesn't.
    bare = [msgspec.structs.replace(one, evidence=[], started_by=None) for one in incidents]
    by_page = {("pages", -1): "\n".join(map(render_text, bare))}
    assert shown_of(by_page, values, set()) == ([], [])


LOOK_PRIVATE = (
    *(
        "e-mail",
        "phone",
        "us phone",
        "card",
        "spaced card",
        "iban",
        "iban in pieces",
        "ssn",
        "ip",
        "mac",
    ),
    *(
        "github",
        "aws",
        "openai",
        "slack",
        "jwt",
        "dsn",
        "odbc",
        "wallet",
        "bitcoin",
        "totp",
        "address",
    ),
    *("coordinates", "cookie", "licence key", "imei", "car", "handle", "reset link", "file link"),
    *("us street", "street", "fact", "seed phrase", "card in words", "private key", "environment"),
    *("chinese name", "polish name", "licence", "fingerprint"),
)
"""Kinds of which each value has the form of an identity or a secret."""


def test_ids_that_are_private_show_as_hashes(scorer: Scorer) -> None:
    values = [private for private in draw(SEED + 1, 4) if private.kind in LOOK_PRIVATE]
    assert len({private.kind for private in values}) == len(LOOK_PRIVATE)
    messages: list[Any] = [
        native(**{"record_id": f"r{n}", name: private.value, "event_time": AT})
        for n, (private, name) in enumerate((p, name) for p in values for name in ID_PLACES)
    ]
    messages += [make(private.value) for private in values for make in ID_PAYLOADS.values()]
    lines = [json.dumps(message).encode() for message in messages]
    batches: list[VerdictBatch] = []
    for at in range(0, len(lines), 40):
        sources = [
            Source("llm.outputs", 0, at + n, AT, line) for n, line in enumerate(lines[at : at + 40])
        ]
        batches += verdicts_of(scorer.score(sources))
    shown = Searched(as_text(batches))
    assert sum(len(batch.rows) for batch in batches) == len(lines)
    kept = [private for private in values if shown.shows(private.value)]
    print(
        f"ids: {len(values)} values of {len(LOOK_PRIVATE)} kinds that look private; {len(kept)} show"
    )
    assert kept == []


def test_feedback_shows_nothing(scorer: Scorer, caplog: pytest.LogCaptureFixture) -> None:
    values = list(draw(SEED + 2, 2))
    makers = list(FEEDBACK.values())
    lines = [
        json.dumps(
            {
                "feedback_id": f"f{n}",
                "deployment": "bot",
                "event_time": AT,
                **makers[n % len(makers)](p),
            }
        ).encode()[: -1 if n % 17 == 16 else None]
        for n, p in enumerate(values)
    ]
    dead: list[DeadLetter] = []
    with caplog.at_level(logging.DEBUG):
        result = replay(
            [json.dumps(native(event_time=AT)).encode()],
            settings(),
            default_rules(),
            feedback=lines,
            scorer=scorer,
            on_dead=lambda letter: dead.append(msgspec.json.decode(letter, type=DeadLetter)),
        )
    batches: list[VerdictBatch] = []
    for n, line in enumerate(lines):
        batches += verdicts_of(scorer.score([Source(FEEDBACK_TOPIC, 0, n, AT, line)]))
    assert dead
    assert batches
    told = Searched(
        "\n".join(
            [
                *(f"{one.reason} {one.detail}" for one in dead),
                as_text(result.incidents),
                caplog.text,
            ]
        )
        + as_text([list(batch.rows) for batch in batches])
    )
    assert [(p.kind, p.value) for p in values if told.shows(p.value)] == []


@pytest.mark.needs("embedded")
@pytest.mark.timeout(600)
def test_the_pipeline_shows_nothing(tmp_path: Path) -> None:
    from kafka import KafkaProducer

    from tests.faults.cluster import WorkerProcess, wait_for
    from tests.support.kafka_broker import read_all

    messages = list(planted(2))
    values = {number: private for number, (_, private, _) in enumerate(messages)}
    with embedded_broker([*TOPICS, WINDOWS]) as address:
        made = settings(
            kafka=Kafka(brokers=address, embedded=True),
            pool=Pool(processes=1),
            web=Web(port=0),
            state_dir=str(tmp_path),
        )
        producer = KafkaProducer(bootstrap_servers=address, api_version=API_VERSION, acks="all")
        for _, _, value in messages:
            producer.send("llm.outputs", value, partition=0)
        producer.flush()
        producer.close()
        with WorkerProcess(made, tmp_path) as worker:
            # Verdicts are folded, and their windows kept, a little after the records were read.
            wait_for(
                "all records and their windows",
                lambda: (
                    worker.metric("outwatch_records_read_total") >= len(messages)
                    and worker.metric("outwatch_snapshots_total") >= 1
                ),
            )
            page = worker.page("/metrics")[1] + worker.page("/ready")[1]
            assert worker.stop() == 0
            log = worker.log.read_text(errors="replace")
        read = [
            (topic, message.key or b"", message.value or b"")
            for topic in (VERDICTS, INCIDENTS, WINDOWS, DEAD)
            for message in read_all(address, topic, api_version=API_VERSION)
        ]
    told = {("metrics", -1): page, ("log", -1): log}
    batches = []
    for topic, key, value in read:
        message = msgspec.json.decode(value) if value else {}
        if topic == DEAD:
            message.pop("payload")
        by_record(topic, [key.decode("utf-8", "replace"), message], told)
        if topic == VERDICTS:
            batches.append(msgspec.json.decode(value, type=VerdictBatch))
    assert {place for place, _ in told} >= {VERDICTS, DEAD, WINDOWS}
    check("pipeline", told, values, found_in(batches, values))


def as_text(messages: list[Any]) -> str:
    """As it stands on a topic, and with characters rather than escapes."""
    return msgspec.json.encode(messages).decode()
