"""What to say to somebody who wrote a name that isn't known."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from streams.errors import UsageError


def suggestion(
    word: str,
    known: Collection[str],
    otherwise: str = "",
    *,
    shown: str = "`{}`",
    likeness: float = 0.6,
) -> str:
    """Asks whether the nearest known name was meant; where none is near, `otherwise`, or which
    names are known.

    `shown` is how a name is written, and `likeness` in [0, 1] how like one must be.

    >>> suggestion("broker", ["brokers", "group"]), suggestion("x", ["brokers", "group"])
    ('Did you mean `brokers`?', 'Known: brokers, group')
    """
    near = get_close_matches(word, known, 1, likeness)
    if near:
        return f"Did you mean {shown.format(near[0])}?"
    return otherwise or f"Known: {', '.join(known)}"


def listed_names(option: str, text: str, known: Collection[str], what: str) -> list[str]:
    """The names in a list such as `a,b`. Raises `UsageError` for an unknown one, or for none."""
    chosen = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in known]
    if unknown or not chosen:
        raise UsageError(
            f"{option}: {', '.join(unknown) or 'nothing'} is not a {what}. There are:"
            f" {', '.join(known)}"
        )
    return chosen
