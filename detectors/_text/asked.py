"""What was asked of the model."""

from __future__ import annotations

from detectors.base import Record


def asked(record: Record) -> str | None:
    """The prompt, else the last message of a user; None where there is neither."""
    if record.prompt is not None and record.prompt.strip():
        return record.prompt
    for message in reversed(record.messages):
        if message.role == "user" and message.content.strip():
            return message.content
    return None
