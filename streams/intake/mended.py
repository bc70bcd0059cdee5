"""Native records as producers really write them, brought to the schema's form.

Serialisers write null for what isn't set, ids come from databases as numbers, and messages, tool
calls, documents and token counts are copied as a model's interface or a framework has them. None
of that is a reason to leave an answer unjudged:

- null is a field left out; `output` too, where there are tool calls (it then is empty);
- whole numbers as identifiers are taken as text;
- messages may have parts or null as content, and calls of tools;
- tool calls may have arguments as an object, or stand under `function`;
- documents may be LangChain's (`page_content`);
- counts of tokens that aren't whole numbers are left out.

All else stays as it is, and is refused by the schema with the name of the field.
"""

from __future__ import annotations

from typing import Any

from streams.errors import BadRecord
from streams.intake.messages import called, is_result, openai_tool_calls, read_content
from streams.intake.values import count_in, id_in, joined, text_in

_IDS = (
    *("record_id", "conversation_id", "deployment", "model", "model_version", "tenant", "user"),
    *("finish_reason", "trace_id", "span_id", "response_id"),
)
_DOCUMENT_TEXTS = ("text", "page_content", "pageContent", "content")


def mended(data: object) -> object:
    """The record in the schema's form, as far as it can be brought to it. Never raises."""
    if not isinstance(data, dict):
        return data
    record = {name: value for name, value in data.items() if value is not None}
    record |= {name: found for name in _IDS if (found := id_in(record, name)) is not None}
    if "output" in data and "output" not in record:
        record["output"] = "" if record.get("tool_calls") else None
    for name, mend in (("messages", _message), ("tool_calls", _call), ("context", _document)):
        if isinstance(record.get(name), list):
            record[name] = [mend(item) for item in record[name] if item is not None]
    if isinstance(record.get("kinds"), list):
        record["kinds"] = [kind for kind in record["kinds"] if kind is not None]
    if isinstance(usage := record.get("usage"), dict):
        counts = {name: count_in(usage, name) for name in usage}
        record["usage"] = {name: count for name, count in counts.items() if count is not None}
    return record


def _message(message: Any) -> Any:
    if not isinstance(message, dict):
        return message
    content = message.get("content", message.get("parts"))
    if isinstance(content, str) and "role" in message:
        return message
    try:
        found = read_content(content, "")
        calls = (*found.tool_calls, *openai_tool_calls(message, ""))
    except BadRecord:
        return message
    given_back = isinstance(content, list) and any(is_result(part) for part in content)
    said = joined([found.text, *(f"{call.name}({call.arguments})" for call in calls)], "\n")
    role = text_in(message, "role") or ("tool" if given_back else "user")
    return {"role": role, "content": said}


def _call(call: Any) -> Any:
    if not isinstance(call, dict):
        return call
    try:
        found = called(call, "")
    except BadRecord:
        return call
    return {"name": found[0].name, "arguments": found[0].arguments} if found else call


def _document(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    text = text_in(document, *_DOCUMENT_TEXTS)
    if text is None:
        return document
    own = id_in(document, "id") or id_in(document.get("metadata"), "id", "source")
    return {"text": text, "id": own}
