"""Chat completions and responses as openai-python's types describe them; texts are our own."""

from __future__ import annotations

import json
from typing import Any

from tests.support.odd_json import MARK

AT = 1_790_000_000

CHAT_REQUEST: dict[str, Any] = {
    "model": "gpt-4o",
    "messages": [
        {"role": "system", "content": f"You sell {MARK} seed."},
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": f"Is {MARK} seed in stock?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c0"}]},
        {"role": "tool", "tool_call_id": "c0", "content": f"{MARK}: 12 bags"},
        {"role": "assistant", "content": f"Twelve bags of {MARK}."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": f"And this {MARK}?"},
                {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
            ],
        },
    ],
    "user": f"{MARK}@example.org",
    "metadata": {"conversation_id": "conv-7", "tenant": "cobalt"},
}
CHAT: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": AT,
    "model": "gpt-4o-2024-08-06",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": f"We have {MARK} at three pounds.",
                "refusal": None,
                "annotations": [],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49},
    "service_tier": "default",
    "system_fingerprint": "fp_1",
}
CHAT_EXCHANGE = {"request": CHAT_REQUEST, "response": CHAT}


def chat(**message: Any) -> dict[str, Any]:
    """A completion with one choice of that message."""
    finish = message.pop("finish_reason", "stop")
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {**CHAT, "choices": [choice]}


def chunk(delta: dict[str, Any], finish: str | None = None, index: int = 0) -> dict[str, Any]:
    """One chunk of a streamed completion."""
    choice = {"index": index, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {
        "id": "chatcmpl-2",
        "object": "chat.completion.chunk",
        "created": AT,
        "model": "gpt-4o-2024-08-06",
        "choices": [choice],
        "usage": None,
    }


def call(index: int, name: str | None, arguments: str) -> dict[str, Any]:
    """The delta of a tool call."""
    return {"tool_calls": [{"index": index, "function": {"name": name, "arguments": arguments}}]}


AZURE_FIRST = {"id": "", "object": "", "created": 0, "model": "", "choices": []}
CHUNKS: list[dict[str, Any]] = [
    AZURE_FIRST,
    chunk({"role": "assistant", "content": ""}),
    chunk({"content": f"We have {MARK}"}),
    chunk({"content": "Sorry", "role": "assistant"}, index=1),
    chunk(call(0, "look_up", '{"seed": ')),
    chunk(call(1, "price", "{}")),
    chunk(call(0, None, f'"{MARK}"}}')),
    chunk({"content": " at three pounds."}),
    chunk({}, "stop"),
    chunk({"refusal": ", no."}, "stop", index=1),
    {**chunk({}), "choices": [], "usage": {"prompt_tokens": 40, "completion_tokens": 9}},
]
CHAT_STREAM = {"request": CHAT_REQUEST, "response": CHUNKS}
SSE = "".join(f"data: {json.dumps(part)}\n\n" for part in CHUNKS) + "data: [DONE]\n\n"
EMBEDDINGS = {"object": "list", "data": [{"object": "embedding", "embedding": [0.1]}]}
BATCH_LINE = {
    "id": "batch_req_1",
    "custom_id": "seed-1",
    "response": {"status_code": 200, "request_id": "req_1", "body": CHAT},
    "error": None,
}
CHAT_PAYLOADS: dict[str, Any] = {
    "with-request": CHAT_EXCHANGE,
    "alone": CHAT,
    "streamed": CHAT_STREAM,
    "server-sent-events": {"request": CHAT_REQUEST, "response": SSE},
    "batch-line": BATCH_LINE,
    "http-bodies": {
        "request": {"method": "POST", "body": json.dumps(CHAT_REQUEST)},
        "response": {"status": 200, "body": json.dumps(CHAT)},
    },
    "text-completion": {
        "request": {"model": "davinci-002", "prompt": f"{MARK}:"},
        "response": {
            "id": "cmpl-1",
            "object": "text_completion",
            "created": AT,
            "model": "davinci-002",
            "choices": [{"index": 0, "text": f" a {MARK}", "finish_reason": "length"}],
        },
    },
    "failed": {
        "request": {"body": CHAT_REQUEST},
        "response": {
            "status_code": 429,
            "body": {"error": {"message": f"Slow down, {MARK}", "type": "requests", "code": None}},
        },
    },
    "error": {"error": {"message": f"No such model: {MARK}", "type": "invalid", "code": "model"}},
    "embeddings": {"request": {"model": "text-embedding-3-small"}, "response": EMBEDDINGS},
}

RESPONSES_REQUEST: dict[str, Any] = {
    "model": "gpt-5",
    "input": [
        {"role": "user", "content": f"Is {MARK} seed in stock?"},
        {"type": "function_call", "call_id": "c0", "name": "look_up", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c0", "output": f"{MARK}: 12 bags"},
        {"type": "message", "role": "assistant", "content": [
            {"type": "output_text", "text": f"Twelve bags of {MARK}.", "annotations": []}
        ]},
        {"role": "user", "content": [
            {"type": "input_text", "text": f"And this {MARK}?"},
            {"type": "input_image", "image_url": "https://example.org/a.png"},
        ]},
    ],
    "safety_identifier": f"{MARK}-user-3",
}  # fmt: skip
ITEMS: list[dict[str, Any]] = [
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": MARK}]},
    {
        "type": "file_search_call",
        "id": "fs_1",
        "status": "completed",
        "queries": [f"{MARK} price"],
        "results": [{"file_id": "file-9", "text": f"{MARK} costs three pounds.", "score": 0.9}],
    },
    {"type": "function_call", "call_id": "c1", "name": "reserve", "arguments": f'{{"a":"{MARK}"}}'},
    {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "aGk="},
    {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [
            {"type": "output_text", "text": f"We have {MARK}", "annotations": []},
            {"type": "output_text", "text": " at three pounds.", "annotations": []},
        ],
    },
]
RESPONSE: dict[str, Any] = {
    "id": "resp_2",
    "object": "response",
    "created_at": AT,
    "completed_at": AT + 3,
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "instructions": f"You sell {MARK} seed.",
    "model": "gpt-5-2025-08-07",
    "output": ITEMS,
    "previous_response_id": "resp_1",
    "conversation": {"id": "conv_7"},
    "metadata": {"tenant": "cobalt"},
    "usage": {"input_tokens": 40, "output_tokens": 9, "total_tokens": 49},
}


def response(*items: Any, **fields: Any) -> dict[str, Any]:
    """A response with those items."""
    return {**RESPONSE, "output": list(items), **fields}


def message(*parts: Any) -> dict[str, Any]:
    """An output item with those parts."""
    return {"type": "message", "role": "assistant", "content": list(parts)}


_BEGUN = response(status="in_progress", completed_at=None)
BROKEN_STREAM: list[dict[str, Any]] = [
    {"type": "response.created", "sequence_number": 0, "response": _BEGUN},
    {"type": "response.output_item.added", "output_index": 0, "item": message()},
    {"type": "response.output_text.delta", "output_index": 0, "delta": f"We have {MARK}"},
    {"type": "response.output_text.delta", "output_index": 0, "delta": " at th"},
    {
        "type": "response.output_item.added",
        "output_index": 1,
        "item": {"type": "function_call", "name": "reserve", "arguments": ""},
    },
    {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": '{"a":'},
]
STREAM = [*BROKEN_STREAM, {"type": "response.completed", "response": RESPONSE}]
RESPONSES_PAYLOADS: dict[str, Any] = {
    "with-request": {"request": RESPONSES_REQUEST, "response": RESPONSE},
    "alone": RESPONSE,
    "streamed": {"request": RESPONSES_REQUEST, "response": STREAM},
    "broken-stream": {"request": RESPONSES_REQUEST, "response": BROKEN_STREAM},
    "last-event": STREAM[-1],
    "batch-line": {**BATCH_LINE, "response": {"status_code": 200, "body": RESPONSE}},
    "refused": {
        "request": {"model": "gpt-5", "input": f"Tell me of {MARK}"},
        "response": response(message({"type": "refusal", "refusal": f"No {MARK}."})),
    },
    "failed": {
        "request": RESPONSES_REQUEST,
        "response": response(status="failed", error={"code": "server_error", "message": MARK}),
    },
    "refused-by-http": {
        "request": RESPONSES_REQUEST,
        "response": {"status_code": 500, "body": "oops"},
    },
}
