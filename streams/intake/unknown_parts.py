"""Parts of an answer whose type nobody knows yet: what of them can be read, and what can't.

Interfaces get new parts, and gateways write their own. What such a part says in words is read, so
that it is judged; one that says nothing in words is told, and never passes in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from streams.errors import BadRecord

UNREAD: Final = "unread"
"""The kind of a part that couldn't be read."""

# Names that say nothing of what is under them, which is shown without its name.
_PLAIN: Final = frozenset(
    {
        *("text", "content", "markdown", "md", "html", "code", "value", "message", "body"),
        *("output", "output_text", "answer", "response", "parts", "items", "children", "blocks"),
        *("richText", "rich_text", "plain_text", "plainText", "refusal", "transcript", "summary"),
    }
)
# Names of what is no word of an answer's: marks, addresses, data.
_OPAQUE = re.compile(
    r"(?:type|kind|role|id|index|status|state|format|lang|language|modality|encoding|detail|version"
    r"|signature|bytes|blob|base64|b64_json|ur[il]|mime_?type|media_?type|cache_?control"
    r"|encrypted\w*|\w+(?:_id|Id|_ur[il]|Ur[il]|_type|Type|_signature|Signature))"
)
_DATA = re.compile(r"data:[\w./+-]*[;,].*|[A-Za-z0-9+/_-]{512,}={0,2}", re.DOTALL)
_LIKE_DATA = re.compile(r"[A-Za-z0-9+/_-]{4,}={0,2}")
_NO_TEXT = re.compile(
    r"[a-z_]*(?:image|audio|video|document|thinking|reasoning|thought)[a-z_]*"
    r"|(?:input_|output_)?files?|file_(?:data|uri|id|search\w*)|container_upload|blob|uri|binary"
    # Calls of tools and what they gave back, in spellings of their own.
    r"|[a-z_]*tools?(?:_[a-z_]+)?|[a-z_]*_calls?(?:_chunk)?|input_json\w*|executable_code"
    r"|[a-z_]*(?:tool|search|fetch|execution|call|function|code|editor)_(?:result|output|response)s?"
    r"|[a-z_]*function|code_execution|computer_use"
    # What stands beside an answer: where it came from, and marks of its course.
    r"|sources?(?:_url|_document)?|[a-z_]*citations?|grounding\w*|resource(?:_link)?|embedding"
    r"|cache_(?:point|control)|(?:step_)?(?:start|finish)|step|compaction|context_compaction"
    r"|item_reference|mcp_list_tools|mcp_approval_\w+|fallback|container|usage|metadata|ping"
)
_DEEPEST: Final = 16


def is_no_text(kind: str) -> bool:
    """Whether a type of part is known to hold no words of an answer's.

    >>> is_no_text("source-url"), is_no_text("markdown")
    (True, False)
    """
    return _NO_TEXT.fullmatch(re.sub(r"[-. ]", "_", kind.lower())) is not None


def in_words(part: Any) -> str | None:
    """What a part says in words, a line for each; None where it has none and no place for any.

    >>> in_words({"type": "note", "body": {"title": "Hi", "rows": ["a", 2]}})
    'title: Hi\\nrows: a\\nrows: 2'
    >>> in_words({"type": "hologram", "url": "https://x.example/1"}) is None
    True
    """
    lines = list(_lines(part, "", 0))
    if not any(isinstance(said, str) for _, said in lines):
        return None
    return "\n".join(f"{name}: {said}" if name else str(said) for name, said in lines if said != "")


def _lines(value: Any, name: str, depth: int) -> Iterator[tuple[str, str | int | float]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for inner, given in value.items():
            if not isinstance(inner, str) or _OPAQUE.fullmatch(inner):
                continue
            yield from _lines(given, "" if inner in _PLAIN else inner, depth + 1)
    elif isinstance(value, list):
        for given in value:
            yield from _lines(given, name, depth + 1)
    elif isinstance(value, str):
        data = name and (_DATA.fullmatch(value) or (name == "data" and _LIKE_DATA.fullmatch(value)))
        if not data and (value or not name):
            yield name, value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def unread(place: str) -> BadRecord:
    """The error for an answer of which nothing can be read, by the place of what couldn't be."""
    return BadRecord("invalid_field", f"{place} is of a type that isn't known, and holds no text")
