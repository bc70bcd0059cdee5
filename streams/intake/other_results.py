"""What comes back from an API of models and is no answer: errors, and results that aren't text.

They are told by their shape alone, so that whoever asks must know that a model's API was called.

Shapes: the references of OpenAI, Anthropic, Gemini, Cohere, Ollama, Bedrock and Hugging Face's
servers, for embeddings, counts of tokens, rankings, classes, moderations and images.
"""

from __future__ import annotations

from streams.intake.values import JsonObject, list_in, text_in

ERROR_FIELDS = frozenset(
    {
        *("error", "type", "error_type", "message", "code", "status", "status_code"),
        *("request_id", "requestId", "detail", "details"),
    }
)
"""What stands in the body of an error, and beside its `error`."""

_OF_A_BARE_ERROR = ERROR_FIELDS | {"id", "object", "param", "__type", "Message"}
_VECTORS = ("embedding", "embeddings", "embeddingsByType")
_LISTS = ("data", "results", "predictions", "classifications")
_COUNTS = frozenset(
    {
        *("input_tokens", "inputTokens", "totalTokens", "total_tokens", "token_count"),
        *("tokens", "tokensInfo", "tokens_info"),
    }
)
_BESIDE_COUNTS = frozenset(
    {
        *("totalBillableCharacters", "total_billable_characters", "cachedContentTokenCount"),
        *("cached_content_token_count", "promptTokensDetails", "prompt_tokens_details"),
        *("cacheTokensDetails", "cache_tokens_details", "context_management", "object", "model"),
        *("token_strings", "token_strs", "count", "max_model_len", "meta", "id"),
        *("sdk_http_response", "sdkHttpResponse"),
    }
)
_MARKS = frozenset(
    {
        *("relevance_score", "relevanceScore", "flagged", "category_scores"),
        *("b64_json", "url", "bytesBase64Encoded"),
    }
)
_RANKED = ({"index", "score"}, {"label", "score"}, {"label", "probs"}, {"input", "prediction"})
_TOKEN = {"id", "start", "stop"}
_IMAGES = ("images", "artifacts", "generatedImages", "generated_images")
_TEXTS = (
    *("text", "output_text", "generated_text", "completion", "generation", "outputText"),
    *("content", "message", "response", "answer", "output"),
)
_DEEPEST = 4


def is_error(body: object) -> bool:
    """Whether it is the body of an error, or a streamed reply that holds nothing else.

    `error` says so, a name that ends in `Exception`, or, in a body that isn't in several pieces, a
    text under `message` or `detail`, with nothing beside it but what stands in errors.
    """
    if isinstance(body, list):
        if len(body) == 1 and isinstance(body[0], dict):
            return is_error(body[0])
        return bool(body) and all(_says_error(one) for one in body)
    if not isinstance(body, dict):
        return False
    said = text_in(body, "message", "detail", "Message") or list_in(body, "detail")
    return _says_error(body) or (bool(said) and body.keys() <= _OF_A_BARE_ERROR)


def _says_error(one: object) -> bool:
    if not isinstance(one, dict) or "choices" in one:
        return False
    if one.get("error") or "error" in (one.get("type"), one.get("object")):
        return True
    return len(one) == 1 and next(iter(one)).endswith("Exception")


def is_other_result(body: object) -> bool:
    """Whether it is what a model's API gives that is no text: embeddings, a count of tokens, a
    ranking, classes, the result of a moderation, or images."""
    if isinstance(body, list):
        return _is_vector(body) or _are_entries(body, nested=True)
    if not isinstance(body, dict) or text_in(body, *_TEXTS):
        return False
    return (
        any(_is_vector(body.get(name)) for name in _VECTORS)
        or any(list_in(body, name) for name in _IMAGES)
        or any(_are_entries(body.get(name)) for name in _LISTS)
        or _is_count(body)
    )


def _is_vector(value: object, depth: int = 0) -> bool:
    """Whether it is a vector, several, or an object of them by their types."""
    if depth > _DEEPEST:
        return False
    if isinstance(value, dict):
        return any(_is_vector(inner, depth + 1) for inner in value.values())
    if not isinstance(value, list) or not value:
        return False
    first = value[0]
    number = isinstance(first, int | float) and not isinstance(first, bool)
    return number or (isinstance(first, list | dict) and _is_vector(first, depth + 1))


def _are_entries(value: object, *, nested: bool = False) -> bool:
    """Whether it is a list of results; `nested`, one of several inputs may have one each."""
    if not isinstance(value, list) or not value:
        return False
    return all(_is_entry(one) or (nested and _are_entries(one)) for one in value[:3])


def _is_entry(one: object) -> bool:
    if not isinstance(one, dict):
        return False
    return (
        one.get("object") in ("embedding", "score", "pooling")
        or "embedding" in one
        or any(_is_vector(one.get(name)) for name in (*_VECTORS, "values"))
        or bool(_MARKS & one.keys())
        or any(names <= one.keys() for names in (*_RANKED, _TOKEN))
    )


def _is_count(body: JsonObject) -> bool:
    counts = _COUNTS & body.keys()
    return (
        bool(counts)
        and body.keys() <= _COUNTS | _BESIDE_COUNTS
        and all(isinstance(body[name], int | list) for name in counts)
    )
