"""What holds for every format of a gateway or provider, whatever it is given."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import BadRecord
from streams.intake import (
    anthropic,
    bedrock,
    cohere,
    converse,
    gemini,
    kong,
    litellm,
    llamacpp,
    ollama,
    openai_chat,
    openai_responses,
    registry,
    tgi,
)
from streams.intake.decode import REASONS
from streams.records import Output
from tests.support.api_payloads import (
    ANTHROPIC_PAYLOADS,
    BEDROCK_BATCH_PAYLOADS,
    COHERE_PAYLOADS,
    CONVERSE_PAYLOADS,
    GEMINI_PAYLOADS,
    LLAMACPP_PAYLOADS,
    OLLAMA_PAYLOADS,
    TGI_PAYLOADS,
)
from tests.support.gateway_payloads import BEDROCK_PAYLOADS, KONG_PAYLOADS, LITELLM_PAYLOADS
from tests.support.odd_json import MARK, ODD, made_of_names, mutated
from tests.support.openai_payloads import CHAT_PAYLOADS, RESPONSES_PAYLOADS

FORMATS: dict[str, tuple[Any, dict[str, Any]]] = {
    "openai_chat": (openai_chat, CHAT_PAYLOADS),
    "openai_responses": (openai_responses, RESPONSES_PAYLOADS),
    "litellm": (litellm, LITELLM_PAYLOADS),
    "kong": (kong, KONG_PAYLOADS),
    "bedrock": (bedrock, {**BEDROCK_PAYLOADS, **BEDROCK_BATCH_PAYLOADS}),
    "anthropic": (anthropic, ANTHROPIC_PAYLOADS),
    "gemini": (gemini, GEMINI_PAYLOADS),
    "converse": (converse, CONVERSE_PAYLOADS),
    "ollama": (ollama, OLLAMA_PAYLOADS),
    "tgi": (tgi, TGI_PAYLOADS),
    "llamacpp": (llamacpp, LLAMACPP_PAYLOADS),
    "cohere": (cohere, COHERE_PAYLOADS),
}
PAYLOADS = [(name, case) for name, (_, payloads) in FORMATS.items() for case in payloads]


@pytest.mark.parametrize(("name", "case"), PAYLOADS, ids=[f"{n}-{c}" for n, c in PAYLOADS])
def test_each_payload_is_recognised_by_its_format_alone(name: str, case: str) -> None:
    payload = FORMATS[name][1][case]
    formats = {n: registry.json_format(n) for n in registry.BUILT_IN}
    assert [n for n, module in formats.items() if module and module.recognises(payload)] == [name]


@pytest.mark.parametrize("name", FORMATS)
def test_the_name_is_the_module(name: str) -> None:
    module = FORMATS[name][0]
    assert module.NAME == name == module.__name__.rsplit(".", 1)[1]


def read_whatever(module: Any, data: Any) -> None:
    assert module.recognises(data) in (True, False)
    try:
        parsed = module.parse(data)
    except BadRecord as bad:
        faults = [bad]
    else:
        faults = parsed.bad
        wire = msgspec.json.encode(parsed.outputs)
        assert msgspec.json.decode(wire, type=list[Output]) == parsed.outputs
        # Open, for the place to fill in, or an id; never the number of an answer alone.
        assert not any(output.record_id.startswith("#") for output in parsed.outputs)
        assert set(parsed.skipped) <= {"not_an_output", "no_output", "error"}
        assert parsed.outputs or parsed.bad or parsed.skipped
    for fault in faults:
        assert fault.reason in REASONS
        assert fault.detail.startswith(f"{module.NAME}: ")
        assert MARK not in fault.detail


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=100)
@given(data=st.data())
def test_payloads_with_broken_nodes_raise_nothing_else(name: str, data: st.DataObject) -> None:
    module, payloads = FORMATS[name]
    read_whatever(module, data.draw(mutated(list(payloads.values()))))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=100)
@given(data=st.data())
def test_any_json_raises_nothing_else(name: str, data: st.DataObject) -> None:
    module, payloads = FORMATS[name]
    read_whatever(module, data.draw(made_of_names(list(payloads.values())) | ODD))


@pytest.mark.parametrize("name", FORMATS)
def test_deep_nesting_raises_nothing_else(name: str) -> None:
    module, payloads = FORMATS[name]
    deep: Any = MARK
    for _ in range(900):
        deep = {"content": [deep], "type": "tool_result", "text": deep}
    for payload in payloads.values():
        for key in payload:
            read_whatever(module, {**payload, key: deep})


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=100)
@given(data=st.data())
def test_telling_pieces_raises_nothing(name: str, data: st.DataObject) -> None:
    _, payloads = FORMATS[name]
    if (ask := registry.piece_of(name)) is not None:
        ask(data.draw(mutated(list(payloads.values())) | made_of_names(list(payloads.values()))))
