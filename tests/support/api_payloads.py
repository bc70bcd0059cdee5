"""What models' own interfaces give, after their documentation and SDKs; texts are our own."""

from __future__ import annotations

from typing import Any

from tests.support.gateway_payloads import (
    ANTHROPIC,
    ANTHROPIC_REQUEST,
    ANTHROPIC_STREAM,
    GEMINI,
)
from tests.support.odd_json import MARK

ANSWER = f"We have {MARK} at three pounds."
ERROR = {"type": "overloaded_error", "message": f"Overloaded {MARK}"}

ANTHROPIC_PAYLOADS: dict[str, Any] = {
    "exchange": {"deployment": "shop", "request": ANTHROPIC_REQUEST, "response": ANTHROPIC},
    "alone": ANTHROPIC,
    "stream": {"request": ANTHROPIC_REQUEST, "response": ANTHROPIC_STREAM},
    "batch-line": {"custom_id": "c-1", "result": {"type": "succeeded", "message": ANTHROPIC}},
    "batch-line-with-request": {
        "custom_id": "c-1",
        "request": {"custom_id": "c-1", "params": ANTHROPIC_REQUEST},
        "response": {"custom_id": "c-1", "result": {"type": "succeeded", "message": ANTHROPIC}},
    },
    "errored": {
        "custom_id": "c-1",
        "result": {"type": "errored", "error": {"type": "error", "error": ERROR}},
    },
    "error": {"type": "error", "error": ERROR, "request_id": "req_1"},
    "exchange-error": {
        "request": ANTHROPIC_REQUEST,
        "response": {"type": "error", "error": ERROR},
    },
    "event": ANTHROPIC_STREAM[5],
    "documents": {
        "request": {
            **ANTHROPIC_REQUEST,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "document",
                            "title": "Prices",
                            "source": {
                                "type": "text",
                                "media_type": "text/plain",
                                "data": f"{MARK}: three pounds.",
                            },
                        },
                        {
                            "type": "search_result",
                            "source": "https://example.org/hours",
                            "title": "Hours",
                            "content": [{"type": "text", "text": f"{MARK}: closed on Sunday."}],
                        },
                        {
                            "type": "tool_result",
                            "tool_use_id": "t",
                            "content": [
                                {
                                    "type": "search_result",
                                    "source": "s",
                                    "title": "Stock",
                                    "content": [{"type": "text", "text": f"12 bags of {MARK}"}],
                                }
                            ],
                        },
                        {"type": "text", "text": f"What of {MARK}?"},
                    ],
                }
            ],
        },
        "response": {
            **ANTHROPIC,
            "content": [
                {"type": "server_tool_use", "id": "s", "name": "web_fetch", "input": {"url": MARK}},
                {
                    "type": "web_fetch_tool_result",
                    "tool_use_id": "s",
                    "content": {
                        "type": "web_fetch_result",
                        "url": "https://example.org",
                        "content": {
                            "type": "document",
                            "title": "Page",
                            "source": {"type": "text", "data": f"{MARK} page"},
                        },
                    },
                },
                {"type": "text", "text": ANSWER},
            ],
        },
    },
}

GEMINI_REQUEST: dict[str, Any] = {
    "model": "gemini-2.5-flash",
    "systemInstruction": {"parts": [{"text": f"You sell {MARK} seed."}]},
    "contents": [
        {"role": "user", "parts": [{"text": f"Is {MARK} seed in stock?"}]},
        {"role": "model", "parts": [{"text": f"Yes, {MARK}."}]},
        {"parts": [{"text": f"And this {MARK}?"}]},
    ],
}
GEMINI_SNAKE: dict[str, Any] = {
    "sdk_http_response": {"headers": {"x": "y"}, "body": None},
    "candidates": [
        {
            "content": {
                "parts": [
                    {"text": f"Think of {MARK}", "thought": True, "function_call": None},
                    {"text": ANSWER, "thought": None, "function_call": None},
                    {
                        "text": None,
                        "function_call": {"id": None, "args": {"seed": MARK}, "name": "reserve"},
                    },
                ],
                "role": "model",
            },
            "citation_metadata": None,
            "finish_reason": "STOP",
            "grounding_metadata": {
                "grounding_chunks": [
                    {"retrieved_context": {"text": f"{MARK}: three.", "title": "Prices"}}
                ]
            },
            "index": 0,
        }
    ],
    "create_time": "2026-09-20T10:00:00.5Z",
    "model_version": "gemini-2.5-flash",
    "prompt_feedback": None,
    "response_id": "gem-2",
    "usage_metadata": {"candidates_token_count": 9, "prompt_token_count": 40},
    "automatic_function_calling_history": [],
    "parsed": None,
}


def gemini_part(text: str, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """A part of a streamed reply."""
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    candidate |= {"finishReason": finish} if finish else {}
    return {"candidates": [candidate], "modelVersion": "gemini-2.5-flash", **fields}


GEMINI_STREAM = [
    gemini_part(f"We have {MARK}", responseId="gem-3"),
    gemini_part(" at three pounds.", responseId="gem-3"),
    gemini_part("", "STOP", responseId="gem-3", usageMetadata={"promptTokenCount": 40}),
]
GEMINI_PAYLOADS: dict[str, Any] = {
    "exchange": {"deployment": "shop", "request": GEMINI_REQUEST, "response": GEMINI},
    "alone": GEMINI,
    "sdk": {
        "request": {
            "model": "gemini-2.5-flash",
            "contents": f"And this {MARK}?",
            "config": {"system_instruction": f"You sell {MARK} seed."},
        },
        "response": GEMINI_SNAKE,
    },
    "stream": {"request": GEMINI_REQUEST, "response": GEMINI_STREAM},
    "blocked": {
        "request": GEMINI_REQUEST,
        "response": {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "gemini-2.5"},
    },
    "no-content": {"candidates": [{"finishReason": "MAX_TOKENS", "index": 0}], "responseId": "g"},
    "vertex-batch": {
        "status": "",
        "processed_time": "2026-09-20T10:00:00.500000+00:00",
        "request": GEMINI_REQUEST,
        "response": GEMINI,
    },
    "batch": {"key": "k-1", "response": GEMINI},
}

CONVERSE_REQUEST: dict[str, Any] = {
    "modelId": "arn:aws:bedrock:eu-central-1:1:inference-profile/eu.amazon.nova-lite-v1:0",
    "system": [{"text": f"You sell {MARK} seed."}],
    "messages": [
        {
            "role": "user",
            "content": [
                {
                    "document": {
                        "format": "txt",
                        "name": "Prices",
                        "source": {"text": f"{MARK}: three pounds."},
                    }
                },
                {"text": f"And this {MARK}?"},
            ],
        }
    ],
    "requestMetadata": {"tenant": "cobalt", "userId": f"{MARK}-3", "sessionId": "conv-7"},
}
CONVERSE: dict[str, Any] = {
    "ResponseMetadata": {
        "RequestId": "r-1",
        "HTTPStatusCode": 200,
        "HTTPHeaders": {"date": "Sun, 20 Sep 2026 10:00:00 GMT"},
        "RetryAttempts": 0,
    },
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": MARK, "signature": "x"}}},
                {"text": ANSWER},
                {"toolUse": {"toolUseId": "t", "name": "reserve", "input": {"seed": MARK}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": {"inputTokens": 40, "outputTokens": 9, "totalTokens": 49},
    "metrics": {"latencyMs": 812},
}
CONVERSE_STREAM: list[dict[str, Any]] = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"reasoningContent": {"text": MARK}}, "contentBlockIndex": 0}},
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"contentBlockDelta": {"delta": {"text": f"We have {MARK}"}, "contentBlockIndex": 1}},
    {"contentBlockDelta": {"delta": {"text": " at three pounds."}, "contentBlockIndex": 1}},
    {"contentBlockStop": {"contentBlockIndex": 1}},
    {
        "contentBlockStart": {
            "start": {"toolUse": {"toolUseId": "t", "name": "reserve"}},
            "contentBlockIndex": 2,
        }
    },
    {
        "contentBlockDelta": {
            "delta": {"toolUse": {"input": f'{{"seed": "{MARK}"}}'}},
            "contentBlockIndex": 2,
        }
    },
    {"contentBlockStop": {"contentBlockIndex": 2}},
    {"messageStop": {"stopReason": "tool_use"}},
    {"metadata": {"usage": {"inputTokens": 40, "outputTokens": 9}, "metrics": {"latencyMs": 812}}},
]
CONVERSE_PAYLOADS: dict[str, Any] = {
    "exchange": {"deployment": "shop", "request": CONVERSE_REQUEST, "response": CONVERSE},
    "alone": CONVERSE,
    "stream": {"request": CONVERSE_REQUEST, "response": CONVERSE_STREAM},
    "stream-in-its-response": {
        "request": CONVERSE_REQUEST,
        "response": {"ResponseMetadata": {"RequestId": "r-1"}, "stream": CONVERSE_STREAM},
    },
    "error": {
        "request": CONVERSE_REQUEST,
        "response": {
            "Error": {"Code": "ThrottlingException", "Message": MARK},
            "ResponseMetadata": {"RequestId": "r-1", "HTTPStatusCode": 429},
        },
    },
}
BEDROCK_BATCH_PAYLOADS: dict[str, Any] = {
    "batch-anthropic": {
        "recordId": "CALL1",
        "modelInput": ANTHROPIC_REQUEST,
        "modelOutput": ANTHROPIC,
    },
    "batch-converse": {
        "recordId": "CALL2",
        "modelInput": {"messages": CONVERSE_REQUEST["messages"]},
        "modelOutput": {k: v for k, v in CONVERSE.items() if k != "ResponseMetadata"},
    },
    "batch-error": {
        "recordId": "CALL3",
        "modelInput": ANTHROPIC_REQUEST,
        "error": {"errorCode": 400, "errorMessage": MARK},
    },
}

OLLAMA_REQUEST: dict[str, Any] = {
    "model": "llama3.2",
    "messages": [
        {"role": "system", "content": f"You sell {MARK} seed."},
        {"role": "user", "content": f"Is {MARK} seed in stock?"},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "look_up"}}]},
        {"role": "tool", "tool_name": "look_up", "content": f"{MARK}: 12 bags"},
        {"role": "user", "content": f"And this {MARK}?"},
    ],
    "stream": False,
}
OLLAMA: dict[str, Any] = {
    "model": "llama3.2",
    "created_at": "2026-09-20T10:00:00.406455493Z",
    "message": {
        "role": "assistant",
        "content": ANSWER,
        "thinking": MARK,
        "tool_calls": [{"function": {"name": "reserve", "arguments": {"seed": MARK}}}],
    },
    "done_reason": "stop",
    "done": True,
    "total_duration": 4_883_583_458,
    "load_duration": 1_334_875,
    "prompt_eval_count": 40,
    "prompt_eval_duration": 342_546_000,
    "eval_count": 9,
    "eval_duration": 4_535_599_000,
}


def ollama_piece(**message: Any) -> dict[str, Any]:
    """A piece of a streamed chat, other than the last."""
    return {
        "model": "llama3.2",
        "created_at": "2026-09-20T09:59:59.1Z",
        "message": {"role": "assistant", "content": "", **message},
        "done": False,
    }


OLLAMA_STREAM = [
    ollama_piece(thinking=MARK),
    ollama_piece(content=f"We have {MARK}"),
    ollama_piece(content=" at three pounds."),
    ollama_piece(tool_calls=OLLAMA["message"]["tool_calls"]),
    {**OLLAMA, "message": {"role": "assistant", "content": ""}},
]
OLLAMA_GENERATED: dict[str, Any] = {
    **{name: value for name, value in OLLAMA.items() if name != "message"},
    "response": ANSWER,
    "thinking": MARK,
    "context": [1, 2, 3],
}
OLLAMA_PAYLOADS: dict[str, Any] = {
    "exchange": {"deployment": "shop", "request": OLLAMA_REQUEST, "response": OLLAMA, "id": "x-1"},
    "alone": OLLAMA,
    "stream": {"request": OLLAMA_REQUEST, "response": OLLAMA_STREAM},
    "generate": {
        "request": {"model": "llama3.2", "system": f"{MARK}!", "prompt": f"And this {MARK}?"},
        "response": OLLAMA_GENERATED,
    },
    "generate-alone": OLLAMA_GENERATED,
    "generate-with-its-prompt": {**OLLAMA_GENERATED, "prompt": f"And this {MARK}?"},
    "piece": OLLAMA_STREAM[1],
    "loaded": {**OLLAMA_GENERATED, "response": "", "thinking": "", "done_reason": "load"},
    "embeddings": {"model": "m", "embeddings": [[0.1]], "total_duration": 1},
}

TGI_REQUEST: dict[str, Any] = {
    "inputs": f"And this {MARK}?",
    "parameters": {"max_new_tokens": 20, "details": True},
}
TGI: dict[str, Any] = {
    "generated_text": ANSWER,
    "details": {
        "finish_reason": "eos_token",
        "generated_tokens": 9,
        "seed": None,
        "prefill": [],
        "tokens": [],
    },
}


def tgi_event(index: int, text: str, *, special: bool = False, **fields: Any) -> dict[str, Any]:
    """An event of `/generate_stream`."""
    token = {"id": index, "text": text, "logprob": -0.1, "special": special}
    event = {"index": index, "token": token, "generated_text": None, "details": None}
    return {**event, **fields}


TGI_STREAM = [
    tgi_event(1, f"We have {MARK}"),
    tgi_event(2, " at three pounds."),
    tgi_event(
        3,
        "</s>",
        special=True,
        generated_text=ANSWER,
        details={"finish_reason": "eos_token", "generated_tokens": 9, "input_length": 40},
    ),
]
TGI_PAYLOADS: dict[str, Any] = {
    "exchange": {"deployment": "shop", "request": TGI_REQUEST, "response": TGI, "id": "x-1"},
    "alone": TGI,
    "array": {"request": TGI_REQUEST, "response": [{"generated_text": ANSWER}]},
    "array-for-each-prompt": {
        "request": {"inputs": [f"One {MARK}?", f"Two {MARK}?"]},
        "response": [[{"generated_text": ANSWER}], [{"generated_text": "Two."}]],
    },
    "stream": {"request": TGI_REQUEST, "response": TGI_STREAM},
    "event": TGI_STREAM[0],
    "conversation": {
        "generated_text": [
            {"role": "user", "content": f"And this {MARK}?"},
            {"role": "assistant", "content": ANSWER},
        ]
    },
}

LLAMACPP_REQUEST: dict[str, Any] = {"prompt": f"And this {MARK}?", "n_predict": 20}
LLAMACPP: dict[str, Any] = {
    "index": 0,
    "content": ANSWER,
    "tokens": [],
    "id_slot": 0,
    "stop": True,
    "model": "q.gguf",
    "tokens_predicted": 9,
    "tokens_evaluated": 40,
    "generation_settings": {"seed": 1, "temperature": 0.8},
    "prompt": f"<s>And this {MARK}?",
    "has_new_line": False,
    "truncated": False,
    "stop_type": "eos",
    "stopping_word": "",
    "tokens_cached": 48,
    "timings": {"prompt_n": 40, "prompt_ms": 100.0, "predicted_n": 9, "predicted_ms": 400.0},
}


def llamacpp_piece(text: str, index: int = 0) -> dict[str, Any]:
    """A piece of a streamed completion, other than the last."""
    counts = {"id_slot": -1, "tokens_predicted": 1, "tokens_evaluated": 40}
    return {"index": index, "content": text, "tokens": [1], "stop": False, **counts}


LLAMACPP_STREAM = [
    llamacpp_piece(f"We have {MARK}"),
    llamacpp_piece(" at three pounds."),
    {**LLAMACPP, "content": ""},
]
LLAMACPP_PAYLOADS: dict[str, Any] = {
    "exchange": {
        "deployment": "shop",
        "request": LLAMACPP_REQUEST,
        "response": LLAMACPP,
        "id": "x-1",
    },
    "alone": LLAMACPP,
    "older": {
        "content": ANSWER,
        "stop": True,
        "slot_id": 0,
        "stopped_eos": False,
        "stopped_word": True,
        "stopped_limit": False,
        "tokens_predicted": 9,
    },
    "stream": {"request": LLAMACPP_REQUEST, "response": LLAMACPP_STREAM},
    "several": {
        "request": {"prompt": [f"One {MARK}?", f"Two {MARK}?"]},
        "response": [LLAMACPP, {**LLAMACPP, "index": 1, "content": "Two."}],
    },
    "piece": LLAMACPP_STREAM[0],
}

COHERE_REQUEST: dict[str, Any] = {
    "model": "command-a-03-2025",
    "messages": [
        {"role": "system", "content": f"You sell {MARK} seed."},
        {"role": "user", "content": f"And this {MARK}?"},
    ],
    "documents": [
        {"id": "d1", "data": {"title": "Prices", "snippet": f"{MARK}: three pounds."}},
        f"{MARK}: closed on Sunday.",
    ],
}
COHERE: dict[str, Any] = {
    "id": "co-1",
    "finish_reason": "COMPLETE",
    "message": {
        "role": "assistant",
        "tool_plan": MARK,
        "content": [
            {"type": "thinking", "thinking": f"Think of {MARK}"},
            {"type": "text", "text": ANSWER},
        ],
        "tool_calls": [
            {
                "id": "t",
                "type": "function",
                "function": {"name": "reserve", "arguments": f'{{"seed": "{MARK}"}}'},
            }
        ],
        "citations": [{"start": 0, "end": 2, "text": MARK, "sources": []}],
    },
    "usage": {
        "billed_units": {"input_tokens": 5, "output_tokens": 9},
        "tokens": {"input_tokens": 40, "output_tokens": 9},
    },
}


def cohere_event(kind: str, index: int | None = None, **message: Any) -> dict[str, Any]:
    """An event of a streamed reply, with a part of its message."""
    event: dict[str, Any] = {"type": kind, "delta": {"message": message}}
    return event | ({} if index is None else {"index": index})


COHERE_STREAM: list[dict[str, Any]] = [
    {"type": "message-start", "id": "co-1", "delta": {"message": {"role": "assistant"}}},
    cohere_event("tool-plan-delta", tool_plan=MARK),
    cohere_event("content-start", 0, content={"type": "thinking", "thinking": ""}),
    cohere_event("content-delta", 0, content={"thinking": f"Think of {MARK}"}),
    {"type": "content-end", "index": 0},
    cohere_event("content-start", 1, content={"type": "text", "text": ""}),
    cohere_event("content-delta", 1, content={"text": f"We have {MARK}"}),
    cohere_event("content-delta", 1, content={"text": " at three pounds."}),
    {"type": "content-end", "index": 1},
    cohere_event(
        "tool-call-start",
        0,
        tool_calls={
            "id": "t",
            "type": "function",
            "function": {"name": "reserve", "arguments": ""},
        },
    ),
    cohere_event("tool-call-delta", 0, tool_calls={"function": {"arguments": '{"seed": '}}),
    cohere_event("tool-call-delta", 0, tool_calls={"function": {"arguments": f'"{MARK}"}}'}}),
    {"type": "tool-call-end", "index": 0},
    {
        "type": "message-end",
        "delta": {"finish_reason": "COMPLETE", "usage": COHERE["usage"]},
    },
]
COHERE_V1_REQUEST: dict[str, Any] = {
    "model": "command-r-plus",
    "preamble": f"You sell {MARK} seed.",
    "chat_history": [
        {"role": "USER", "message": f"Is {MARK} seed in stock?"},
        {"role": "CHATBOT", "message": f"Yes, {MARK}."},
    ],
    "message": f"And this {MARK}?",
    "conversation_id": "conv-7",
    "documents": [{"title": "Prices", "snippet": f"{MARK}: three pounds."}],
}
COHERE_V1: dict[str, Any] = {
    "response_id": "co-0",
    "generation_id": "gen-0",
    "text": ANSWER,
    "chat_history": [{"role": "USER", "message": f"And this {MARK}?"}],
    "finish_reason": "COMPLETE",
    "meta": {
        "api_version": {"version": "1"},
        "billed_units": {"input_tokens": 5, "output_tokens": 9},
        "tokens": {"input_tokens": 40, "output_tokens": 9},
    },
}
COHERE_V1_STREAM: list[dict[str, Any]] = [
    {"is_finished": False, "event_type": "stream-start", "generation_id": "gen-0"},
    {"is_finished": False, "event_type": "text-generation", "text": f"We have {MARK}"},
    {"is_finished": False, "event_type": "text-generation", "text": " at three pounds."},
    {
        "is_finished": True,
        "event_type": "stream-end",
        "finish_reason": "COMPLETE",
        "response": COHERE_V1,
    },
]
COHERE_PAYLOADS: dict[str, Any] = {
    "exchange": {"deployment": "shop", "request": COHERE_REQUEST, "response": COHERE},
    "alone": COHERE,
    "stream": {"request": COHERE_REQUEST, "response": COHERE_STREAM},
    "event": COHERE_STREAM[6],
    "first": {"request": COHERE_V1_REQUEST, "response": COHERE_V1},
    "first-stream": {"request": COHERE_V1_REQUEST, "response": COHERE_V1_STREAM},
    "generate": {
        "id": "co-g",
        "generations": [{"id": "g", "text": ANSWER, "finish_reason": "COMPLETE"}],
        "prompt": f"And this {MARK}?",
        "meta": {"api_version": {"version": "1"}},
    },
    "embeddings": {"id": "e", "embeddings": {"float": [[0.1]]}, "texts": [MARK], "meta": {}},
}
