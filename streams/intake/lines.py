"""Several JSON values in one message: a line each, one after the other, or server-sent events.

Log shippers put a line for each record (NDJSON) into one message, Firehose one object right after
the other, and what a model streamed is often kept as it came: as lines or as events. JSON text
sequences (RFC 7464) have a record separator before each value.
"""

from __future__ import annotations

import json
import re
from typing import Any

from streams.errors import BadRecord
from streams.intake.decode import without_surrogates

_EVENT_FIELDS = ("data:", "event:", "id:", "retry:", ":")
_DONE = "[DONE]"
_BETWEEN = re.compile(r"[\s\x1e]*")
_BEGINNINGS = '{["'
_MOST_UNREAD = 1_000
_decoder = json.JSONDecoder()


def several(value: bytes) -> list[Any] | None:
    """The values in bytes that aren't one JSON value, in their order; None where they are no
    values at all. What stands between them and can't be read is a `BadRecord`, so that one
    broken line doesn't take the others with it."""
    try:
        text = value.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return several_in(text)


def several_in(text: str) -> list[Any] | None:
    """The same of text."""
    # Protocol buffers may begin with what is a line's end in text, and hold JSON further on.
    start = text.lstrip(" \t")[:6]
    if start.startswith(_EVENT_FIELDS):
        found = [_event(data, number) for number, data in enumerate(events(text))]
    elif start[:1] and start[0] in '{["\x1e':
        found = _values(text)
    else:
        return None
    return found if any(isinstance(value, dict | list | str) for value in found) else None


def events(text: str) -> list[str]:
    """The data of server-sent events, without empty ones and OpenAI's mark of the end."""
    # https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    found: list[str] = []
    lines: list[str] = []
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
        elif not line and lines:
            found.append("\n".join(lines))
            lines = []
    return [data for data in found if data.strip() not in ("", _DONE)]


def is_json_text(text: str) -> bool:
    """Whether text that was JSON itself looks as if it held JSON once more."""
    return text.lstrip()[:1] in ("{", "[", '"') or text.lstrip()[:6].startswith(_EVENT_FIELDS[:2])


def _event(data: str, number: int) -> Any:
    try:
        return without_surrogates(json.loads(data))
    except (ValueError, RecursionError):
        return BadRecord("invalid_json", f"event {number + 1}: its data is not JSON")


def _values(text: str) -> list[Any]:
    found: list[Any] = []
    position, line, counted = 0, 1, 0
    broken, unread = False, 0
    while True:
        position = _skip(text, position)
        # To tell that a value is broken takes the longer, the further on it stands.
        if position >= len(text) or unread > _MOST_UNREAD:
            return found
        line += text.count("\n", counted, position)
        counted = position
        if broken and (text[position - 1 : position] != "\n" or text[position] not in "{["):
            # Still in what couldn't be read: only the beginning of a line is trusted again.
            position = _next_line(text, position)
            continue
        value, end = _value(text, position)
        broken = value is None
        if broken:
            unread += 1
            value, end = _unread(line, unread), _next_line(text, position)
        found.append(value)
        position = end


def _value(text: str, position: int) -> tuple[Any, int]:
    """The value that begins here and its end; None where there is none that ends as one does."""
    try:
        value, end = _decoder.raw_decode(text, position)
    except (ValueError, RecursionError):
        return None, position
    following = text[end : end + 1]
    ends = not following or following in _BEGINNINGS or _skip(text, end) > end
    if not ends or not (isinstance(value, dict | list) or _holds_json(value)):
        return None, position
    return without_surrogates(value), end


def _holds_json(value: object) -> bool:
    return isinstance(value, str) and is_json_text(value)


def _skip(text: str, position: int) -> int:
    match = _BETWEEN.match(text, position)
    return match.end() if match else position


def _next_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _unread(line: int, unread: int) -> BadRecord:
    over = f", as {_MOST_UNREAD:,} before it; what follows isn't read"
    return BadRecord(
        "invalid_json", f"line {line}: not JSON{over if unread > _MOST_UNREAD else ''}"
    )
