"""What was only thought is kept apart from the answer, in every format, and judged if told to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.intake import recognise
from streams.intake.reasoning import apart
from streams.records import Output

ANSWER = "Ana has them."
APART = {
    "think": (f"<think>They mean Ana.</think>\n\n{ANSWER}", ANSWER, "They mean Ana."),
    "nothing-thought": (f"<think>\n\n</think>\n\n{ANSWER}", ANSWER, ""),
    "thinking": (f"<thinking>Hm.</thinking>{ANSWER}", ANSWER, "Hm."),
    "reasoning": (f"<reasoning>Hm.</reasoning>{ANSWER}", ANSWER, "Hm."),
    "thought": (f"<thought>Hm.</thought>{ANSWER}", ANSWER, "Hm."),
    "upper-case": (f"<THINK>Hm.</Think>{ANSWER}", ANSWER, "Hm."),
    "kimi": (f"◁think▷Hm.◁/think▷{ANSWER}", ANSWER, "Hm."),
    "magistral": (f"[THINK]Hm.[/THINK]{ANSWER}", ANSWER, "Hm."),
    "seed": (f"<seed:think>Hm.</seed:think>{ANSWER}", ANSWER, "Hm."),
    "cohere": (
        f"<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>{ANSWER}<|END_RESPONSE|>",
        ANSWER,
        "Hm.",
    ),
    "gpt-oss": (
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>"
        + f"{ANSWER}<|return|>",
        ANSWER,
        "Hm.",
    ),
    "never-closed": ("<think>They mean Ana, who", "", "They mean Ana, who"),
    "never-closed-later": (f"{ANSWER}\n<think>Or Ben", ANSWER, "Or Ben"),
    "never-opened": (f"They mean Ana.\n</think>\n\n{ANSWER}", ANSWER, "They mean Ana."),
    "never-opened-one-line": (f"They mean Ana.</think>{ANSWER}", ANSWER, "They mean Ana."),
    "never-opened-kimi": (f"Hm.◁/think▷{ANSWER}", ANSWER, "Hm."),
    "several": ("<think>a</think>One.\n<think>b</think>\nTwo.", "One.\nTwo.", "a\n\nb"),
    "in-the-middle": ("Well, <think>hm</think> yes.", "Well, yes.", "hm"),
    "code-in-a-thought": (f"<think>```py\n`x\n</think>{ANSWER}", ANSWER, "```py\n`x"),
    "a-tag-in-a-thought": (f"<think>Use <think>?</think>{ANSWER}", ANSWER, "Use <think>?"),
    "in-a-thought": (f"<think>a<think>b</think>c</think>{ANSWER}", ANSWER, "a<think>b\n\nc"),
}
SPOKEN_OF = {
    "no-tags": ANSWER,
    "backticks": "Put it between `<think>` and `</think>`.",
    "one-backtick-span": "Write `<think>plan</think>` first.",
    "quotes": 'It ends with "</think>", always.',
    "fence": "```xml\n<think>plan</think>\n```\nThat is how.",
    "prose": "Everything between <think> and </think> is dropped.",
    "closing-in-prose": "The </think> tag ends it.",
    "opening-in-prose": "Begin with a <think> tag in your template.",
    "other-tag": "<thinker>Rodin</thinker>",
    "comparison": "1 <think 2",
    "html": "<p>We open at nine.</p>",
}


@pytest.mark.parametrize("name", APART)
def test_what_was_thought_is_apart(name: str) -> None:
    text, answer, thought = APART[name]
    assert apart(text) == (answer, thought)


@pytest.mark.parametrize("name", SPOKEN_OF)
def test_a_tag_that_is_spoken_of_stays(name: str) -> None:
    assert apart(SPOKEN_OF[name]) == (SPOKEN_OF[name], "")


PIECES = st.sampled_from(
    ["<think>", "</think>", "◁think▷", "◁/think▷", "[THINK]", "`", "```\n", "\n", " ", "a.", "b"]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_word_is_lost(text: str) -> None:
    answer, thought = apart(text)
    assert sum(map((answer + thought).count, "ab")) == sum(map(text.count, "ab"))


def chat(message: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "r", "object": "chat.completion", "choices": [choice]}


def chunks(*deltas: dict[str, Any]) -> dict[str, Any]:
    parts = [
        {"id": "r", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}
        for delta in deltas
    ]
    return {"response": parts}


def litellm(response: Any) -> dict[str, Any]:
    return {
        **{"id": "r", "call_type": "acompletion", "status": "success", "model_group": "g"},
        **{"custom_llm_provider": "x", "startTime": 1.793e9, "endTime": 1.793e9},
        "response": response,
    }


def bedrock(body: Any) -> dict[str, Any]:
    entry = {"schemaType": "ModelInvocationLog", "requestId": "r", "modelId": "m"}
    return {**entry, "output": {"outputBodyJson": body}}


def span(**attributes: Any) -> dict[str, Any]:
    pairs = [
        {"key": k.replace("__", "."), "value": {"stringValue": v}} for k, v in attributes.items()
    ]
    one = {"traceId": "5b" * 16, "spanId": "ee" * 8, "attributes": pairs}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}


INLINE = f"<think>They mean Ana.</think>\n{ANSWER}"
THOUGHT = "They mean Ana."
GEMINI = {
    "candidates": [{"content": {"parts": [{"text": THOUGHT, "thought": True}, {"text": ANSWER}]}}]
}
CONVERSE = [{"reasoningContent": {"reasoningText": {"text": THOUGHT}}}, {"text": ANSWER}]
ANTHROPIC = [{"type": "thinking", "thinking": THOUGHT}, {"type": "text", "text": ANSWER}]
FORMATS: dict[str, dict[str, Any]] = {
    "native-inline": {"record_id": "r", "output": INLINE},
    "native-apart": {
        "record_id": "r", "output": ANSWER, "reasoning": THOUGHT, "kinds": ["reasoning"]
    },
    "chat-inline": chat({"content": INLINE}),
    "chat-deepseek": chat({"content": ANSWER, "reasoning_content": THOUGHT}),
    "chat-openrouter": chat({"content": ANSWER, "reasoning": THOUGHT}),
    "chat-litellm": chat({"content": ANSWER, "thinking_blocks": [ANTHROPIC[0]]}),
    "chat-magistral": chat(
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}, ANSWER]}
    ),
    "chunks-inline": chunks(*[{"content": text} for text in (INLINE[:9], INLINE[9:20], INLINE[20:])]),
    "chunks-apart": chunks(
        {"reasoning_content": THOUGHT[:5]}, {"reasoning_content": THOUGHT[5:]}, {"content": ANSWER}
    ),
    "responses": {
        **{"object": "response", "id": "r", "status": "completed"},
        "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": THOUGHT}]},
            {"type": "message", "content": [{"type": "output_text", "text": ANSWER}]},
        ],
    },
    "litellm-text": litellm(INLINE),
    "litellm-anthropic": litellm({"type": "message", "content": ANTHROPIC}),
    "litellm-gemini": litellm(GEMINI),
    "bedrock-converse": bedrock({"output": {"message": {"content": CONVERSE}}}),
    "bedrock-stream": bedrock(
        [
            {"type": "message_start", "message": {"id": "m"}},
            {"type": "content_block_delta", "index": 0, "delta": {"thinking": THOUGHT[:4]}},
            {"type": "content_block_delta", "index": 0, "delta": {"thinking": THOUGHT[4:]}},
            {"type": "content_block_delta", "index": 1, "delta": {"text": ANSWER}},
        ]
    ),
    "bedrock-deepseek": bedrock({"choices": [{"text": f"{THOUGHT}\n</think>\n\n{ANSWER}"}]}),
    "bedrock-llama": bedrock({"generation": INLINE}),
    "genai": span(
        gen_ai__output__messages=json.dumps(
            [
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "reasoning", "content": THOUGHT},
                        {"type": "text", "content": ANSWER},
                    ],
                }
            ]
        )
    ),
    "openllmetry": span(
        **{
            "gen_ai.completion.0.role": "thinking",
            "gen_ai.completion.0.content": THOUGHT,
            "gen_ai.completion.1.role": "assistant",
            "gen_ai.completion.1.content": ANSWER,
        }
    ),
    "openllmetry-inline": span(**{"gen_ai.completion.0.content": INLINE}),
    "langfuse": span(
        **{
            "langfuse.observation.type": "generation",
            "langfuse.observation.output": json.dumps({"role": "assistant", "content": ANTHROPIC}),
        }
    ),
    "openinference": span(
        **{
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message.contents.0.message_content.type": "reasoning",
            "llm.output_messages.0.message.contents.0.message_content.text": THOUGHT,
            "llm.output_messages.0.message.contents.1.message_content.type": "text",
            "llm.output_messages.0.message.contents.1.message_content.text": ANSWER,
        }
    ),
    "cloudevent": {
        **{"specversion": "1.0", "id": "e", "source": "s", "type": "t"},
        "data": {"output": INLINE},
    },
}  # fmt: skip


def outputs(message: dict[str, Any], **options: Any) -> list[Output]:
    found = [part.what for part in recognise.read(json.dumps(message).encode(), **options)]
    assert all(isinstance(what, Output) for what in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_keeps_it_apart(name: str) -> None:
    (output,) = outputs(FORMATS[name])
    assert (output.output, output.reasoning) == (ANSWER, THOUGHT)
    assert output.kinds == ("reasoning",)


@pytest.mark.parametrize("name", FORMATS)
def test_it_is_an_output_of_its_own_where_it_is_to_be_judged(name: str) -> None:
    (plain,) = outputs(FORMATS[name])
    answer, thought = outputs(FORMATS[name], reasoning=True)
    assert answer == plain
    assert (thought.output, thought.kinds, thought.reasoning) == (THOUGHT, ("reasoning",), None)
    assert thought.record_id == f"{plain.record_id}#reasoning"
    assert (thought.deployment, thought.model) == (plain.deployment, plain.model)
    assert thought.tool_calls == ()


def test_the_parts_of_a_message_keep_their_numbers() -> None:
    batch = [{"record_id": name, "output": INLINE} for name in "ab"]
    value = json.dumps([*batch, {"x": 1}, {"record_id": "c", "output": "no thought"}]).encode()
    dropped, judged = recognise.read(value), recognise.read(value, reasoning=True)
    assert list(map(str, judged[: len(dropped)])) == list(map(str, dropped))
    assert [(p.what.record_id, p.thought_for) for p in judged[len(dropped) :]] == [  # type: ignore[union-attr]
        ("a#reasoning", 0), ("b#reasoning", 1),
    ]  # fmt: skip
