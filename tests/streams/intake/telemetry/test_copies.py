"""What instrumentations put where an answer belongs: nothing, JSON of parts, or the whole reply."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.intake import recognise
from streams.records import Output

ANSWER = "Gate B."
IBAN = "DE89 3704 0044 0532 0130 00"


def value(given: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        pairs = [{"key": name, "value": value(one)} for name, one in given.items()]
        return {"kvlistValue": {"values": pairs}}
    if isinstance(given, list):
        return {"arrayValue": {"values": [value(one) for one in given]}}
    if isinstance(given, bool):
        return {"boolValue": given}
    return {} if given is None else {"stringValue": given}


def pairs(given: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value(one)} for name, one in given.items()]


PLACE = {"traceId": "5b" * 16, "spanId": "ee" * 8}


def span(attributes: dict[str, Any], *events: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    inside = [{"name": name, "attributes": pairs(given)} for name, given in events]
    one = {**PLACE, "attributes": pairs(attributes), "events": inside}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}


def log(*events: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    records = [{**PLACE, "eventName": name, "body": value(body)} for name, body in events]
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}


def choice(**body: Any) -> dict[str, Any]:
    return log(("gen_ai.choice", body))


def strands(message: Any, **attributes: Any) -> dict[str, Any]:
    operation = {"gen_ai.operation.name": "chat", **attributes}
    text = message if isinstance(message, str) else json.dumps(message)
    return span(operation, ("gen_ai.choice", {"message": text, "finish_reason": "end_turn"}))


def completion(text: Any, **attributes: Any) -> dict[str, Any]:
    text = text if isinstance(text, str) else json.dumps(text)
    return span({"gen_ai.operation.name": "chat", "gen_ai.completion": text, **attributes})


def phoenix(text: Any) -> dict[str, Any]:
    text = text if isinstance(text, str) else json.dumps(text)
    return span({"openinference.span.kind": "LLM", "output.value": text})


def langfuse(text: Any) -> dict[str, Any]:
    text = text if isinstance(text, str) else json.dumps(text)
    kind = {"langfuse.observation.type": "generation"}
    return span({**kind, "langfuse.observation.output": text})


def read(message: dict[str, Any]) -> list[Any]:
    return [part.what for part in recognise.read(json.dumps(message).encode())]


CALL = {"name": "pay", "args": {"to": IBAN}}
CALLED = f'pay({{"to": "{IBAN}"}})'
GENERATIONS = {"generations": [[{"text": ANSWER, "type": "ChatGeneration"}]]}
CHAT = {"object": "chat.completion", "choices": [{"message": {"content": ANSWER}}]}
MESSAGE = {"type": "message", "content": [{"type": "text", "text": ANSWER}]}
GEMINI = {"candidates": [{"content": {"parts": [{"text": ANSWER}], "role": "model"}}]}
RESPONSE = {
    "object": "response",
    "output": [{"type": "message", "content": [{"type": "output_text", "text": ANSWER}]}],
}
READ: dict[str, tuple[dict[str, Any], str]] = {
    "genai-content": (choice(content={"parts": [{"text": ANSWER}], "role": "model"}), ANSWER),
    "genai-nulls": (
        choice(content={"parts": [{"text": ANSWER, "function_call": None, "thought": None}]}),
        ANSWER,
    ),
    "genai-call": (choice(content={"parts": [{"function_call": CALL}]}), CALLED),
    "genai-call-camel": (choice(content={"parts": [{"functionCall": CALL}]}), CALLED),
    "genai-text-and-call": (
        choice(content={"parts": [{"text": ANSWER}, {"function_call": CALL}]}),
        f"{ANSWER}\n{CALLED}",
    ),
    "genai-thought": (
        choice(content={"parts": [{"text": "hm", "thought": True}, {"text": ANSWER}]}),
        ANSWER,
    ),
    "genai-message": (choice(message={"role": "model", "content": {"parts": [{"text": ANSWER}]}}), ANSWER),
    "genai-json": (choice(content=json.dumps({"parts": [{"text": ANSWER}], "role": "model"})), ANSWER),
    "strands-text": (strands([{"text": ANSWER}]), ANSWER),
    "strands-plain": (strands(ANSWER), ANSWER),
    "strands-call": (strands([{"toolUse": {"name": "pay", "input": {"to": IBAN}}}]), CALLED),
    "strands-cache": (strands([{"text": ANSWER}, {"cachePoint": {"type": "default"}}]), ANSWER),
    "strands-content": (
        span({}, ("gen_ai.choice", {"content": json.dumps([{"text": ANSWER}])})), ANSWER
    ),
    "spring": (completion([ANSWER], **{"gen_ai.prompt": '["Where?"]'}), ANSWER),
    "spring-nothing-asked": (completion([ANSWER]), ANSWER),
    "langsmith": (completion(GENERATIONS), ANSWER),
    "langsmith-flat": (completion({"generations": [{"text": ANSWER}]}), ANSWER),
    "langsmith-message": (
        completion(
            {"generations": [[{"text": "", "message": {"lc": 1, "kwargs": {"content": ANSWER}}}]]}
        ),
        ANSWER,
    ),
    "completion-chat": (completion(CHAT), ANSWER),
    "completion-anthropic": (completion(MESSAGE), ANSWER),
    "completion-gemini": (completion(GEMINI), ANSWER),
    "completion-responses": (completion(RESPONSE), ANSWER),
    "phoenix-generations": (phoenix(GENERATIONS), ANSWER),
    "phoenix-chat": (phoenix(CHAT), ANSWER),
    "phoenix-anthropic": (phoenix(MESSAGE), ANSWER),
    "phoenix-gemini": (phoenix(GEMINI), ANSWER),
    "langfuse-gemini": (langfuse(GEMINI), ANSWER),
    "langfuse-chat": (langfuse(CHAT), ANSWER),
    "langfuse-responses": (langfuse(RESPONSE), ANSWER),
}  # fmt: skip
JSON_OF_THE_MODEL: dict[str, Any] = {
    "object": {"iban": IBAN},
    "with-a-type": [{"type": "invoice", "iban": IBAN}],
    "with-a-part's-name": [{"document": IBAN}],
    "text-and-more": [{"text": "x", "iban": IBAN}],
    "candidates": {"candidates": [{"name": "Ana", "iban": IBAN}]},
    "choices": {"choices": [{"text": "A"}, {"text": IBAN}]},
    "error": {"error": {"message": IBAN, "code": 1}},
    "data": {"data": [{"url": IBAN}]},
    "generations": {"generations": [{"born": 1990, "iban": IBAN}]},
    "message": {"output": {"message": IBAN}},
    "broken-reply": {"object": "chat.completion", "choices": [{"message": {"content": {"a": IBAN}}}, 5]},
    "numbers": [1, 2],
    "texts": [IBAN, "b"],
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_the_answer_is_read_out_of_it(name: str) -> None:
    message, text = READ[name]
    (output,) = read(message)
    assert isinstance(output, Output)
    calls = [f"{call.name}({call.arguments})" for call in output.tool_calls]
    assert "\n".join([output.output] * bool(output.output) + calls) == text


@pytest.mark.parametrize("make", [completion, phoenix, langfuse, strands], ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", JSON_OF_THE_MODEL)
def test_json_that_the_model_wrote_stays_its_answer(make: Any, name: str) -> None:
    text = json.dumps(JSON_OF_THE_MODEL[name])
    (output,) = read(make(text))
    assert isinstance(output, Output)
    assert output.output == text


WITHHELD = {
    "choice": choice(content="<elided>", index="0"),
    "choice-message": choice(message={"role": "assistant", "content": "<elided>"}),
    "choice-parts": choice(content={"parts": [{"text": "<elided>"}], "role": "model"}),
    "choice-text": choice(message="<elided>"),
    "role-alone": choice(content={"role": "model"}),
    "null-parts": choice(content={"parts": None, "role": "model"}),
    "completion": completion("<elided>"),
    "numbered": span({"gen_ai.completion.0.content": "__REDACTED__"}),
    "messages": span(
        {"gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"<elided>"}]}]'}
    ),
    "phoenix": phoenix("__REDACTED__"),
    "phoenix-message": span(
        {
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message.content": "__REDACTED__",
        }
    ),
    "langfuse": langfuse("__REDACTED__"),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHHELD)
def test_what_is_withheld_is_no_answer(name: str) -> None:
    (skip,) = read(WITHHELD[name])
    assert skip in ("no_output", "not_an_output")


def test_what_is_withheld_of_the_question_is_no_prompt() -> None:
    asked = [("gen_ai.system.message", {"content": "<elided>"})]
    asked += [("gen_ai.user.message", {"content": "<elided>"})]
    (output,) = read(log(*asked, ("gen_ai.choice", {"content": ANSWER})))
    assert (output.output, output.prompt, output.system_prompt) == (ANSWER, None, None)


def test_a_word_about_what_is_withheld_is_an_answer() -> None:
    (output,) = read(choice(content="It says <elided> there."))
    assert output.output == "It says <elided> there."


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        pytest.param([("thinking", "hm"), ("assistant", ANSWER)], [(ANSWER, "hm")], id="one"),
        pytest.param(
            [("thinking", "a"), ("thinking", "b"), ("assistant", ANSWER)],
            [(ANSWER, "a\n\nb")],
            id="two-thoughts",
        ),
        pytest.param(
            [("thinking", "a"), ("assistant", "A"), ("thinking", "b"), ("assistant", "B")],
            [("A", "a"), ("B", "b")],
            id="two-answers",
        ),
        pytest.param([("thinking", "hm")], [("", "hm")], id="thought-alone"),
        pytest.param([("Reasoning", "hm"), ("assistant", ANSWER)], [(ANSWER, "hm")], id="other-name"),
        pytest.param([("assistant", ANSWER)], [(ANSWER, None)], id="none"),
    ],
)  # fmt: skip
def test_thinking_is_no_answer(entries: list[tuple[str, str]], found: list[Any]) -> None:
    flat: dict[str, Any] = {}
    for number, (role, text) in enumerate(entries):
        flat[f"gen_ai.completion.{number}.role"] = role
        flat[f"gen_ai.completion.{number}.content"] = text
    messages = json.dumps([{"role": role, "content": text} for role, text in entries])
    for message in (span(flat), span({"gen_ai.output.messages": messages})):
        outputs = read(message)
        assert [(output.output, output.reasoning) for output in outputs] == found
        ends = [output.record_id.partition("#")[2] for output in outputs]
        assert ends == ["", "1"][: len(outputs)]


def test_what_langchain_asked_is_the_prompt() -> None:
    said = [
        {"lc": 1, "type": "constructor", "kwargs": {"content": "Be brief.", "type": "system"}},
        {"lc": 1, "type": "constructor", "kwargs": {"content": "Where?", "type": "human"}},
    ]
    prompt = {"gen_ai.prompt": json.dumps({"messages": [said]})}
    (output,) = read(completion(GENERATIONS, **prompt))
    assert (output.prompt, output.system_prompt, output.output) == ("Where?", "Be brief.", ANSWER)
