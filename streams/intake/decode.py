"""What every format needs: bytes to structs with one kind of error, times, hashed users."""

from __future__ import annotations

import hashlib
import json
import math
import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from streams.errors import BadRecord

T = TypeVar("T")

REASONS = (
    "empty_message",
    "invalid_utf8",
    "invalid_json",
    "too_deep",
    "too_large",
    "invalid_field",
    "missing_field",
    "unknown_format",
    "unknown_schema",
    "too_many_parts",
    "event_time",
    "crashed_worker",
    "timed_out",
    "out_of_memory",
    "unexpected",
)
"""Every reason a record can be dead-lettered for; each is a metric label."""

MOST_ID_CHARS = 1_000
"""Identifiers longer than this are hashed, or cut: they are repeated in every verdict."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
LATEST_AHEAD = 86_400.0

_LEAP_SECOND = re.compile(r"(T\d\d:\d\d:)60(?!\d)")
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode_json(value: bytes | None, decoder: msgspec.json.Decoder[T], kind: type[T]) -> T:
    """One message. Raises `BadRecord`; never anything else, and never quoting the content.

    Lone surrogates, which JavaScript clients send when they cut a text inside an emoji,
    become U+FFFD: the rest of such a text still deserves a look.
    """
    if not value:
        raise BadRecord("empty_message", "the message has no value")
    try:
        return decoder.decode(value)
    except UnicodeDecodeError as failure:
        raise BadRecord("invalid_utf8", f"not UTF-8 at byte {failure.start}") from None
    except RecursionError:
        raise BadRecord("too_deep", "the JSON is nested too deeply") from None
    except msgspec.ValidationError as failure:
        raise _invalid(failure) from None
    except msgspec.DecodeError as failure:
        return from_json(_parse_leniently(value, str(failure)), kind)


def parse_json(value: bytes) -> Any:
    """Any JSON, as `json.loads` gives it. Raises `BadRecord`; never anything else.

    Lone surrogates become U+FFFD here too.
    """
    try:
        return msgspec.json.decode(value)
    except UnicodeDecodeError as failure:
        raise BadRecord("invalid_utf8", f"not UTF-8 at byte {failure.start}") from None
    except RecursionError:
        raise BadRecord("too_deep", "the JSON is nested too deeply") from None
    except msgspec.DecodeError as failure:
        return _parse_leniently(value, str(failure))


def from_json(data: object, kind: type[T]) -> T:
    """Parsed JSON as a struct. Raises `BadRecord`; never anything else."""
    try:
        return msgspec.convert(data, kind, strict=True)
    except RecursionError:
        raise BadRecord("too_deep", "the JSON is nested too deeply") from None
    except msgspec.ValidationError as failure:
        raise _invalid(failure) from None


def _parse_leniently(value: bytes, problem: str) -> Any:
    try:
        return without_surrogates(json.loads(value))
    except RecursionError:
        raise BadRecord("too_deep", "the JSON is nested too deeply") from None
    except ValueError:
        raise BadRecord("invalid_json", f"not JSON: {problem}") from None


def without_surrogates(data: object) -> object:
    """The value with U+FFFD for lone surrogates, in keys too."""
    if isinstance(data, str):
        return _SURROGATE.sub("\ufffd", data)
    if isinstance(data, list):
        return [without_surrogates(item) for item in data]
    if isinstance(data, dict):
        return {_SURROGATE.sub("\ufffd", k): without_surrogates(v) for k, v in data.items()}
    return data


def _invalid(failure: msgspec.ValidationError) -> BadRecord:
    problem, _, place = str(failure).partition(" - at ")
    if "missing required field" in problem:
        return BadRecord("missing_field", str(failure))
    if problem.startswith("Invalid "):
        problem = "Not one of the values allowed"
    return BadRecord("invalid_field", f"{problem} at {place or 'the top'}")


def event_seconds(value: float | str | None, received: float, now: float) -> float:
    """The event time in seconds since the epoch; `received` where the record has none ("" too).

    Raises `BadRecord` for what can't be a time of an output: one such time would move the
    windows of its whole deployment.
    """
    if value is None or value == "":
        seconds = received
    elif isinstance(value, str):
        # RFC 3339 allows lower case, and a leap second, which the clocks of computers know as
        # the second before it.
        text = _LEAP_SECOND.sub(r"\g<1>59", value.strip().upper())
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise BadRecord("event_time", "event_time is not an RFC 3339 time") from None
        seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    else:
        seconds = float(value)
    if not math.isfinite(seconds) or seconds < EARLIEST:
        raise BadRecord("event_time", "event_time is before the year 2000 (seconds, not ms?)")
    if seconds > now + LATEST_AHEAD:
        raise BadRecord(
            "event_time", "event_time is more than a day ahead of the clock (seconds, not ms?)"
        )
    return seconds


def hash_user(user: str | None, key: bytes) -> str | None:
    """A keyed hash of a user's id, 16 hexadecimal digits; the same id and key give the same."""
    if not user:
        return None
    digest = hashlib.blake2b(user.encode("utf-8", "replace"), key=key[:64], digest_size=8)
    return digest.hexdigest()


def shortened(text: str | None) -> str | None:
    """An identifier, not longer than `MOST_ID_CHARS`."""
    return text[:MOST_ID_CHARS] if text else text
