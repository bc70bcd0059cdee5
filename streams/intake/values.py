"""Reading a parsed JSON value whose shape somebody else decides.

What matters is demanded: `invalid` makes the error that names the place and the wrong type. What
doesn't matter is taken when it has the right type and ignored when it hasn't (`text_in`,
`number_in`, …). Nothing here quotes a value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from streams.errors import BadRecord

EPOCH_2000 = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_YEAR_5138 = 1e11  # a larger number of seconds is taken for milliseconds
_LARGEST_COUNT = 2**53

JsonObject = dict[str, Any]


def json_type(value: object) -> str:
    """What JSON calls a value, with an article: `null`, `a number`, `text`, `a list`, …"""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "an object"


def invalid(place: str, value: object, expected: str) -> BadRecord:
    """The error for a value of the wrong type: ``litellm: response is a number, not …``."""
    return BadRecord("invalid_field", f"{place} is {json_type(value)}, not {expected}")


def at(place: str, name: str) -> str:
    """The place of a field: ``litellm: response.choices`` or, at the top, ``litellm: id``."""
    return f"{place}{name}" if place.endswith(" ") else f"{place}.{name}"


def object_in(data: object, name: str) -> JsonObject:
    """The object under a name; an empty one where there is none."""
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


def list_in(data: object, name: str) -> list[Any]:
    """The list under a name; an empty one where there is none."""
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, list) else []


def text_in(data: object, *names: str) -> str | None:
    """The first of the names that holds text other than the empty one."""
    for name in names:
        value = data.get(name) if isinstance(data, dict) else None
        if isinstance(value, str) and value:
            return value
    return None


def id_in(data: object, *names: str) -> str | None:
    """The first of the names that holds an identifier: text, or a whole number as text."""
    for name in names:
        value = data.get(name) if isinstance(data, dict) else None
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
            return str(value)
    return None


def number_in(data: object, *names: str) -> float | None:
    """The first of the names that holds a finite number."""
    for name in names:
        value = data.get(name) if isinstance(data, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        try:
            number = float(value)
        except OverflowError:
            continue
        if math.isfinite(number):
            return number
    return None


def count_in(data: object, *names: str) -> int | None:
    """The first of the names that holds a count: a whole number from 0 to 2⁵³."""
    for name in names:
        number = number_in({name: data.get(name)} if isinstance(data, dict) else None, name)
        if number is not None and number == int(number) and 0 <= number <= _LARGEST_COUNT:
            return int(number)
    return None


def seconds_in(data: object, *names: str) -> float | None:
    """The first of the names that holds a time since the epoch, in seconds; milliseconds are
    told by their size. What lies before 2000 (some servers send 0) counts as none."""
    for name in names:
        number = number_in({name: data.get(name)} if isinstance(data, dict) else None, name)
        if number is None:
            continue
        seconds = number / 1000 if number > _YEAR_5138 else number
        if seconds >= EPOCH_2000:
            return seconds
    return None


def time_in(data: object, *names: str) -> float | str | None:
    """The first of the names that holds a time: since the epoch, or RFC 3339 text."""
    for name in names:
        found = seconds_in(data, name) or text_in(data, name)
        if found is not None:
            return found
    return None


def moment_in(data: object, *names: str) -> float | None:
    """The first of the names that holds a time, since the epoch or as RFC 3339 text, in seconds
    since the epoch. Text that can't be read as one counts as none."""
    for name in names:
        found = seconds_in(data, name) or _moment(text_in(data, name) or "")
        if found is not None:
            return found
    return None


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.strip().upper())
        seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if seconds >= EPOCH_2000 else None


def usage_in(data: object) -> dict[str, int] | None:
    """Tokens under one set of names: `input_tokens`, `output_tokens`, `total_tokens`.

    Reads the names of OpenAI's two interfaces, Anthropic's, Bedrock's, Kong's and Gemini's.
    """
    counts = {
        "input_tokens": count_in(
            *(data, "prompt_tokens", "input_tokens", "inputTokens", "prompt_token"),
            *("inputTokenCount", "promptTokenCount", "prompt_token_count"),
        ),
        "output_tokens": count_in(
            *(data, "completion_tokens", "output_tokens", "outputTokens", "completion_token"),
            *("outputTokenCount", "candidatesTokenCount", "candidates_token_count"),
        ),
        "total_tokens": count_in(
            data, "total_tokens", "totalTokens", "totalTokenCount", "total_token_count"
        ),
    }
    return {name: count for name, count in counts.items() if count is not None} or None


def as_json(value: object, place: str) -> str:
    """A value as JSON text. Raises `BadRecord` where it is nested too deeply for that."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        raise BadRecord("too_deep", f"{place} is nested too deeply") from None


def fragment(value: object, place: str) -> str:
    """A piece of a call's arguments as it is streamed: text as it is, "" for null, and JSON for
    servers that send the object they stand for. Raises `BadRecord` as `as_json` does."""
    if value is None:
        return ""
    return value if isinstance(value, str) else as_json(value, place)


def from_json(text: str, place: str) -> Any:
    """A value out of JSON text in JSON. Raises `BadRecord` where it is none."""
    try:
        return json.loads(text)
    except RecursionError:
        raise BadRecord("too_deep", f"{place} is nested too deeply") from None
    except ValueError:
        raise BadRecord("invalid_field", f"{place} is text that is not JSON") from None


def joined(texts: Iterable[str], between: str = "\n\n") -> str:
    """Texts that aren't empty, with something between them."""
    return between.join(text for text in texts if text)
