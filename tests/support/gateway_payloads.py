"""Entries of LiteLLM's, Kong's and Bedrock's logs, after their schemas; texts are our own."""

from __future__ import annotations

import json
from typing import Any

from tests.support.odd_json import MARK
from tests.support.openai_payloads import (
    AT,
    CHAT,
    CHAT_REQUEST,
    CHUNKS,
    EMBEDDINGS,
    RESPONSE,
)

REDACTED = "redacted-by-litellm"
LITELLM: dict[str, Any] = {
    "id": "chatcmpl-1",
    "litellm_call_id": "5282baec-d75b-4d88-af1b-af31f6e4ed7a",
    "trace_id": "be22460d-e57a-4999-b7bc-e5ed1e9c0e47",
    "session_id": "session-7",
    "call_type": "acompletion",
    "cache_hit": None,
    "stream": True,
    "status": "success",
    "custom_llm_provider": "openai",
    "saved_cache_cost": 0.0,
    "startTime": AT + 0.25,
    "endTime": AT + 1.5,
    "completionStartTime": AT + 0.75,
    "response_time": 0.5,
    "model": "gpt-4o",
    "model_group": "support-model",
    "model_id": "deployment-3",
    "metadata": {
        "user_api_key_alias": "key-1",
        "user_api_key_team_id": "team-cobalt",
        "user_api_key_org_id": "org-1",
        "user_api_key_user_id": "key-owner",
        "requester_metadata": None,
        "vector_store_request_metadata": [
            {
                "vector_store_id": "vs_1",
                "query": f"{MARK} price",
                "vector_store_search_response": {
                    "object": "vector_store.search_results.page",
                    "data": [
                        {
                            "file_id": "file-9",
                            "score": 0.9,
                            "content": [
                                {"type": "text", "text": f"{MARK}: three pounds."},
                                {"type": "text", "text": "Closed on Sunday."},
                            ],
                        }
                    ],
                },
            }
        ],
    },
    "response_cost": 0.0002,
    "total_tokens": 49,
    "prompt_tokens": 40,
    "completion_tokens": 9,
    "request_tags": [],
    "end_user": f"{MARK}@example.org",
    "messages": CHAT_REQUEST["messages"],
    "response": CHAT,
    "error_str": None,
    "model_parameters": {"temperature": 0.2},
    "hidden_params": {"litellm_model_name": "openai/gpt-4o"},
}


def litellm(**fields: Any) -> dict[str, Any]:
    """A payload with other fields."""
    return {**LITELLM, **fields}


ANTHROPIC_REQUEST: dict[str, Any] = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 300,
    "system": [{"type": "text", "text": f"You sell {MARK} seed."}],
    "messages": [
        {"role": "user", "content": f"Is {MARK} seed in stock?"},
        {"role": "assistant", "content": [{"type": "tool_use", "name": "look_up", "input": {}}]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": f"{MARK}: 12 bags"},
                {"type": "text", "text": f"And this {MARK}?"},
            ],
        },
    ],
    "metadata": {"user_id": f"{MARK}-user-3"},
}
ANTHROPIC: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [
        {"type": "thinking", "thinking": MARK, "signature": "x"},
        {"type": "text", "text": f"We have {MARK} at three pounds."},
        {"type": "tool_use", "id": "t1", "name": "reserve", "input": {"seed": MARK}},
    ],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 40, "output_tokens": 9},
}
ANTHROPIC_STREAM: list[dict[str, Any]] = [
    {"type": "message_start", "message": {**ANTHROPIC, "content": [], "usage": {"input_tokens": 40}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": MARK}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": f"We have {MARK}"}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": " at three pounds."}},
    {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "name": "reserve", "input": {}}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"seed": '}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": f'"{MARK}"}}'}},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"invocationLatency": 812}},
]  # fmt: skip
GEMINI: dict[str, Any] = {
    "candidates": [
        {
            "index": 0,
            "content": {
                "role": "model",
                "parts": [
                    {"text": f"Think of {MARK}", "thought": True},
                    {"text": f"We have {MARK} at three pounds."},
                    {"functionCall": {"name": "reserve", "args": {"seed": MARK}}},
                ],
            },
            "finishReason": "STOP",
        }
    ],
    "responseId": "gem-1",
    "modelVersion": "gemini-2.5-flash",
    "usageMetadata": {"promptTokenCount": 40, "candidatesTokenCount": 9, "totalTokenCount": 49},
}
LITELLM_PAYLOADS: dict[str, Any] = {
    "chat": LITELLM,
    "responses": litellm(call_type="aresponses", messages=f"And this {MARK}?", response=RESPONSE),
    "anthropic": litellm(call_type="anthropic_messages", response=ANTHROPIC),
    "gemini": litellm(call_type="agenerate_content", response=GEMINI),
    "failure": litellm(status="failure", response={}, error_str=f"boom {MARK}"),
    "redacted": litellm(
        messages=[{"role": "user", "content": REDACTED}],
        response={**CHAT, "choices": [{"index": 0, "message": {"content": REDACTED}}]},
    ),
    "embedding": litellm(call_type="aembedding", response=EMBEDDINGS),
    "text": litellm(call_type="pass_through_endpoint", response={"response": f"{MARK}!"}),
}

KONG: dict[str, Any] = {
    "request": {
        "id": "9ec9264afbbbad5fe5c64877d92eeb04",
        "uri": "/chat",
        "method": "POST",
        "headers": {"user-agent": "curl"},
        "size": 323,
    },
    "response": {"status": 200, "size": 900, "headers": {}},
    "started_at": AT * 1000,
    "latencies": {"request": 1500, "proxy": 1450, "kong": 50},
    "route": {"id": "r", "name": "support-bot"},
    "service": {"id": "s", "name": "llm"},
    "consumer": {"id": "c-1", "username": "cobalt", "custom_id": "77"},
    "client_ip": "192.0.2.1",
    "workspace_name": "default",
    "ai": {
        "proxy": {
            "payload": {"request": json.dumps(CHAT_REQUEST), "response": json.dumps(CHAT)},
            "usage": {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49, "cost": 0},
            "meta": {
                "plugin_id": "546c3856-24b3-469a-bd6c-f6083babd2cd",
                "provider_name": "openai",
                "request_model": "gpt-4o",
                "response_model": "gpt-4o-2024-08-06",
                "llm_latency": 1400,
            },
        }
    },
}


def kong(ai: Any, **fields: Any) -> dict[str, Any]:
    """An entry with another part for AI plugins."""
    return {**KONG, "ai": ai, **fields}


KONG_META = KONG["ai"]["proxy"]["meta"]
# What Kong puts together itself from a streamed answer: no id, and the text once more.
KONG_STREAMED = {
    "object": "chat.completion",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "logprobs": None,
            "message": {"role": "assistant", "content": f"We have {MARK} at three pounds."},
        }
    ],
    "response": f"We have {MARK} at three pounds.",
    "usage": {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49},
}
KONG_PAYLOADS: dict[str, Any] = {
    "3.9": KONG,
    "3.8": kong(
        {
            "payload": {"request": json.dumps(CHAT_REQUEST)},
            "ai-proxy": {
                "payload": {"response": json.dumps(CHAT)},
                "usage": {"prompt_token": 40, "completion_token": 9, "total_tokens": 49},
                "meta": KONG_META,
            },
        }
    ),
    "request-beside": kong(
        {
            "payload": {"request": json.dumps(CHAT_REQUEST)},
            "proxy": {"payload": {"response": json.dumps(CHAT)}, "meta": KONG_META},
        }
    ),
    "flat": kong(
        {
            "payload": {"request": json.dumps(CHAT_REQUEST), "response": json.dumps(CHAT)},
            "meta": KONG_META,
        }
    ),
    "streamed": kong({"proxy": {"payload": {"response": json.dumps(KONG_STREAMED)}}}),
    "raw-stream": kong(
        {"proxy": {"payload": {"response": "".join(f"data: {json.dumps(x)}\n\n" for x in CHUNKS)}}}
    ),
    "anthropic": kong(
        {
            "proxy": {
                "payload": {
                    "request": json.dumps(ANTHROPIC_REQUEST),
                    "response": json.dumps(ANTHROPIC),
                }
            }
        }
    ),
    "without-payload": kong({"proxy": {"meta": KONG_META}}),
    "refused": kong({"proxy": {"meta": KONG_META}}, response={"status": 429}),
    "mcp": kong({"mcp": {"rpc": [{"method": "tools/call", "payload": {"response": MARK}}]}}),
}

CONVERSE_REQUEST: dict[str, Any] = {
    "system": [{"text": f"You sell {MARK} seed."}],
    "messages": [
        {"role": "user", "content": [{"text": f"Is {MARK} seed in stock?"}]},
        {"role": "assistant", "content": [{"toolUse": {"name": "look_up", "input": {}}}]},
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "t", "content": [{"text": f"{MARK}: 12 bags"}]}},
                {"text": f"And this {MARK}?"},
                {"image": {"format": "png", "source": {}}},
            ],
        },
    ],
    "inferenceConfig": {"maxTokens": 512},
}
CONVERSE: dict[str, Any] = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": MARK}}},
                {"text": f"We have {MARK} at three pounds."},
                {"toolUse": {"toolUseId": "t1", "name": "reserve", "input": {"seed": MARK}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "metrics": {"latencyMs": 302},
    "usage": {"inputTokens": 40, "outputTokens": 9, "totalTokens": 49},
}
CONVERSE_STREAM: list[dict[str, Any]] = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"reasoningContent": {"text": MARK}}, "contentBlockIndex": 0}},
    {"contentBlockDelta": {"delta": {"text": f"We have {MARK}"}, "contentBlockIndex": 1}},
    {"contentBlockDelta": {"delta": {"text": " at three pounds."}, "contentBlockIndex": 1}},
    {"contentBlockStop": {"contentBlockIndex": 1}},
    {"contentBlockStart": {"start": {"toolUse": {"name": "reserve"}}, "contentBlockIndex": 2}},
    {"contentBlockDelta": {"delta": {"toolUse": {"input": '{"seed": '}}, "contentBlockIndex": 2}},
    {"contentBlockDelta": {"delta": {"toolUse": {"input": f'"{MARK}"}}'}}, "contentBlockIndex": 2}},
    {"messageStop": {"stopReason": "tool_use"}},
    {"metadata": {"usage": {"inputTokens": 40, "outputTokens": 9}, "metrics": {"latencyMs": 302}}},
]
ROLE = "arn:aws:sts::123456789012:assumed-role/support-bot/i-0abc"
ANSWER = f"We have {MARK} at three pounds."


def bedrock(model: str, asked: Any, answered: Any, **fields: Any) -> dict[str, Any]:
    """An entry of the log for one call."""
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-09-21T12:00:00Z",
        "accountId": "123456789012",
        "identity": {"arn": ROLE},
        "region": "us-east-1",
        "requestId": "ff4b6c63-5561-4431-93b8-06a817275900",
        "operation": "InvokeModel",
        "modelId": model,
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": asked,
            "inputTokenCount": 40,
        },
        "output": {
            "outputContentType": "application/json",
            "outputBodyJson": answered,
            "outputTokenCount": 9,
        },
        **fields,
    }


_PROMPT = {"prompt": f"And this {MARK}?", "max_tokens": 300}
_HALVES = [f"We have {MARK}", " at three pounds."]
_DONE = {"amazon-bedrock-invocationMetrics": {"invocationLatency": 765}}
BEDROCK_PAYLOADS: dict[str, Any] = {
    "converse": bedrock("amazon.nova-lite-v1:0", CONVERSE_REQUEST, CONVERSE, operation="Converse"),
    "converse-stream": bedrock(
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0",
        CONVERSE_REQUEST,
        CONVERSE_STREAM,
        operation="ConverseStream",
    ),
    "anthropic": bedrock("anthropic.claude-sonnet-4-5", ANTHROPIC_REQUEST, ANTHROPIC),
    "anthropic-stream": bedrock("anthropic.claude-sonnet-4-5", ANTHROPIC_REQUEST, ANTHROPIC_STREAM),
    "claude-2": bedrock("anthropic.claude-v2", _PROMPT, {"completion": ANSWER, "stop_reason": "stop_sequence"}),
    "claude-2-stream": bedrock("anthropic.claude-v2", _PROMPT, [
        *({"completion": half, "stop_reason": None, "stop": None} for half in _HALVES),
        {"completion": "", "stop_reason": "stop_sequence", **_DONE},
    ]),
    "titan": bedrock("amazon.titan-text-lite-v1", {"inputText": f"And this {MARK}?"}, {
        "inputTextTokenCount": 40,
        "results": [{"tokenCount": 9, "outputText": ANSWER, "completionReason": "FINISH"}],
    }),
    "titan-stream": bedrock("amazon.titan-text-lite-v1", {"inputText": f"And this {MARK}?"}, [
        {"outputText": _HALVES[0], "index": 0, "completionReason": None},
        {"outputText": _HALVES[1], "index": 0, "completionReason": "FINISH", **_DONE},
    ]),
    "llama": bedrock("meta.llama3-8b-instruct-v1:0", _PROMPT, {
        "generation": ANSWER, "prompt_token_count": 40, "generation_token_count": 9, "stop_reason": "stop",
    }),
    "llama-stream": bedrock("meta.llama3-8b-instruct-v1:0", _PROMPT, [
        {"generation": _HALVES[0], "stop_reason": None}, {"generation": _HALVES[1], "stop_reason": "stop"},
    ]),
    "mistral": bedrock("mistral.mistral-7b-instruct-v0:2", _PROMPT, {"outputs": [{"text": ANSWER, "stop_reason": "stop"}]}),
    "mistral-stream": bedrock("mistral.mistral-7b-instruct-v0:2", _PROMPT, [
        {"outputs": [{"text": half, "stop_reason": None}]} for half in _HALVES
    ]),
    "mistral-chat": bedrock("mistral.mistral-large-2407-v1:0", CHAT_REQUEST, {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": ANSWER}, "stop_reason": "stop"}],
    }),
    "mistral-chat-stream": bedrock("mistral.mistral-large-2407-v1:0", CHAT_REQUEST, [
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": half}, "stop_reason": None}]}
        for half in _HALVES
    ]),
    "cohere": bedrock("cohere.command-text-v14", _PROMPT, {
        "id": "g", "generations": [{"id": "g-1", "text": ANSWER, "finish_reason": "COMPLETE"}], "prompt": MARK,
    }),
    "cohere-stream": bedrock("cohere.command-text-v14", _PROMPT, [
        *({"text": half, "is_finished": False} for half in _HALVES),
        {"is_finished": True, "finish_reason": "COMPLETE"},
    ]),
    "command-r": bedrock("cohere.command-r-v1:0", {
        "message": f"And this {MARK}?",
        "chat_history": [{"role": "USER", "message": f"Is {MARK} in?"}, {"role": "CHATBOT", "message": "Yes."}],
        "documents": [{"title": "prices", "snippet": f"{MARK}: three pounds."}],
        "preamble": f"You sell {MARK} seed.",
    }, {
        "response_id": "r-1", "generation_id": "g-1", "text": ANSWER, "finish_reason": "COMPLETE",
        "tool_calls": [{"name": "reserve", "parameters": {"seed": MARK}}],
    }),
    "command-r-stream": bedrock("cohere.command-r-v1:0", {"message": f"And this {MARK}?"}, [
        {"event_type": "text-generation", "is_finished": False, "text": _HALVES[0]},
        {"event_type": "text-generation", "is_finished": False, "text": _HALVES[1]},
        {"event_type": "stream-end", "is_finished": True, "finish_reason": "COMPLETE",
         "response": {"response_id": "r-1", "text": ANSWER, "finish_reason": "COMPLETE"}},
    ]),
    "jurassic": bedrock("ai21.j2-mid-v1", _PROMPT, {
        "id": 1234, "prompt": {"text": MARK},
        "completions": [{"data": {"text": ANSWER}, "finishReason": {"reason": "endoftext"}}],
    }),
    "jamba": bedrock("ai21.jamba-1-5-mini-v1:0", CHAT_REQUEST, CHAT),
    "jamba-stream": bedrock("ai21.jamba-1-5-mini-v1:0", CHAT_REQUEST, [
        {"id": "j", "choices": [{"index": 0, "delta": {"content": half}}]} for half in _HALVES
    ]),
    "deepseek": bedrock("deepseek.r1-v1:0", _PROMPT, {"choices": [{"text": ANSWER, "stop_reason": "stop"}]}),
    "text-body": bedrock("anthropic.claude-sonnet-4-5", json.dumps(ANTHROPIC_REQUEST), json.dumps(ANTHROPIC)),
    "in-s3": bedrock("anthropic.claude-sonnet-4-5", None, None, output={"outputBodyS3Path": "s3://b/k"}),
    "failed": bedrock("anthropic.claude-sonnet-4-5", ANTHROPIC_REQUEST, None, errorCode="ThrottlingException"),
    "embedding": bedrock("amazon.titan-embed-text-v2:0", {"inputText": MARK}, {"embedding": [0.1], "inputTextTokenCount": 3}),
    "image": bedrock("amazon.titan-image-generator-v2:0", {"taskType": "TEXT_IMAGE"}, {"images": ["aGk="]}),
}  # fmt: skip
BEDROCK_PAYLOADS["cloudwatch"] = {
    "messageType": "DATA_MESSAGE",
    "owner": "123456789012",
    "logGroup": "bedrock",
    "logStream": "aws/bedrock/modelinvocations",
    "subscriptionFilters": ["all"],
    "logEvents": [
        {"id": "1", "timestamp": AT * 1000, "message": json.dumps(BEDROCK_PAYLOADS["converse"])},
        {"id": "2", "timestamp": AT * 1000, "message": "Permissions are correctly set"},
        {"id": "3", "timestamp": AT * 1000, "message": json.dumps(BEDROCK_PAYLOADS["failed"])},
    ],
}
