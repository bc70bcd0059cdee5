"""Times as options give them."""

from __future__ import annotations

from datetime import UTC, datetime

from streams.errors import UsageError


def moment_of(option: str, text: str) -> float:
    """Seconds since the epoch from RFC 3339 text; UTC where it names no zone. Raises
    `UsageError`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no time. Write 2026-11-29T03:10:00Z") from None
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()


def since_or_span(option: str, text: str | None, now: float) -> float | None:
    """Seconds since the epoch from a time, or from a span back from now such as 24h; None for
    None. Raises `UsageError`."""
    if text is None:
        return None
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86_400}.get(text[-1:])
    if unit and text[:-1].isascii() and text[:-1].isdigit() and len(text) < 10:
        return now - int(text[:-1]) * unit
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option} {text}: no time. Give one such as 2026-11-23T15:00, or 24h for a day ago"
        ) from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
