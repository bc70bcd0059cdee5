"""What to say to somebody who wrote a name that isn't known."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from streams.errors import UsageError

_LONG = 8
"""Letters of a name in which two slips still leave it."""


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


def named(word: object, known: Collection[str], otherwise: str) -> str:
    """A word that somebody wrote where a name is expected, in backquotes, if it is like a name
    that is known; else `otherwise`: it may be a secret that was put into the wrong place.

    >>> named("broker", ["brokers"], "what stands there"), named("hunter2", ["brokers"], "that")
    ('`broker`', 'that')
    """
    return f"`{word}`" if is_slip(str(word), known) else otherwise


def is_slip(word: str, known: Collection[str]) -> bool:
    """Whether a word is a known one but for a letter, or for two in one that is long: one that
    only begins like it could hold anything.

    >>> is_slip("hash_kye", ["hash_key"]), is_slip("hash_key_hunter2", ["hash_key"])
    (True, False)
    """
    return any(_edits(word, one) <= (2 if len(one) >= _LONG else 1) for one in known)


def _edits(word: str, other: str) -> int:
    """How many letters were added, left out, changed or turned round; at most one over two."""
    if abs(len(word) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, one in enumerate(word, 1):
        last, before, row = before, row, [i]
        for j, two in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one != two))
            if last and j > 1 and one == other[j - 2] and word[i - 2] == two:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return min(row[-1], 3)


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
