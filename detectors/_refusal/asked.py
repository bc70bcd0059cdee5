"""What was asked, and the plain numbers about a text that a model reads beside its words."""

from __future__ import annotations

from math import log1p

from detectors._refusal.linear import judged_part
from detectors.base import Record


def asked(record: Record) -> str | None:
    """The prompt, else the last message of a user; None where there is neither."""
    if record.prompt is not None and record.prompt.strip():
        return record.prompt
    for message in reversed(record.messages):
        if message.role == "user" and message.content.strip():
            return message.content
    return None


def length(text: str) -> float:
    """The logarithm of the number of words that are read, plus one."""
    return log1p(len(judged_part(text).split()))
