"""Numbers, times and lists as a person reads them; the same text for the same values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def percent(share: float) -> str:
    """A share of 1 in percent, rounded down so that "at least" stays true.

    >>> percent(0.4167), percent(0.0042), percent(1.0)
    ('41 %', '0.4 %', '100 %')
    """
    whole = share * 100 + 1e-9
    return f"{math.floor(whole)} %" if whole >= 10 else f"{math.floor(whole * 10) / 10:g} %"


def rounded(share: float) -> str:
    """A share of 1 in percent, rounded as usual; but what isn't all or none never looks so.

    >>> rounded(13 / 15), rounded(0.0429), rounded(0.998), rounded(0.0001), rounded(0.0)
    ('87 %', '4.3 %', '99 %', '0.1 %', '0 %')
    """
    if share >= 1.0 or share <= 0.0:
        return percent(share)
    tenths = max(1, math.floor(share * 1000 + 0.5))
    whole = min(99, math.floor(share * 100 + 0.5))
    return f"{whole} %" if tenths >= 100 else f"{tenths / 10:g} %"


def score(value: float) -> str:
    """A score or limit in [0, 1], rounded down to two digits.

    >>> score(0.70999), score(0.5)
    ('0.70', '0.50')
    """
    return f"{math.floor(value * 100 + 1e-9) / 100:.2f}"


def number(value: int) -> str:
    """A whole number with thin groups.

    >>> number(12345)
    '12,345'
    """
    return f"{value:,}"


def count(value: int, one: str, many: str = "") -> str:
    """A number and its noun.

    >>> count(1, "answer"), count(1200, "answer"), count(2, "reply", "replies")
    ('1 answer', '1,200 answers', '2 replies')
    """
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


# No incident lasts a millennium; an infinite time can't be told in units.
_LONGEST = 3.2e10


def duration(seconds: float) -> str:
    """A duration in its two largest units.

    >>> duration(300), duration(3900), duration(40.4), duration(0.2)
    ('5 min', '1 h 5 min', '40 s', '0 s')
    """
    rest = round(min(max(0.0, seconds), _LONGEST))
    parts = []
    for size, unit in _UNITS:
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount} {unit}")
    return " ".join(parts[:2]) or "0 s"


def between(start: float, end: float) -> float:
    """Seconds from one time to another, as both are shown: to the second.

    >>> between(10.9, 45.2), duration(between(10.2, 44.9))
    (35, '34 s')
    """
    if not (math.isfinite(start) and math.isfinite(end)):
        return end - start
    return math.floor(end) - math.floor(start)


def moment(at: float) -> str:
    """A time in UTC, to the second.

    >>> moment(1700000000.9)
    '2023-11-14 22:13:20 UTC'
    """
    return f"{_utc(at):%Y-%m-%d %H:%M:%S} UTC"


def clock(at: float) -> str:
    """A time of day in UTC, to the second.

    >>> clock(1700000000.9)
    '22:13:20'
    """
    return f"{_utc(at):%H:%M:%S}"


def _utc(at: float) -> datetime:
    try:
        return datetime.fromtimestamp(math.floor(at), UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)


def sentence(text: str) -> str:
    """The text with a full stop, unless it ends as a sentence does.

    >>> sentence("It is wrong"), sentence("Did you mean `b`?")
    ('It is wrong.', 'Did you mean `b`?')
    """
    return text if text.endswith((".", "?", "!")) else f"{text}."


def listing(names: Sequence[str], most: int = 3) -> str:
    """Names in a row, the first few.

    >>> listing(["a", "b"]), listing(["a", "b", "c", "d", "e"])
    ('a and b', 'a, b, c and 2 more')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def group_words(group: Mapping[str, str]) -> str:
    """A group as part of a title.

    >>> group_words({"deployment": "support-bot", "tenant": "acme"})
    'support-bot (tenant acme)'
    """
    others = [
        f"{field.replace('_', ' ')} {shortened(value) if value else 'unknown'}"
        for field, value in group.items()
        if field != "deployment"
    ]
    deployment = group.get("deployment", "")
    return f"{deployment} ({', '.join(others)})" if others else deployment


def shown_id(text: str) -> str:
    """An id that others gave, as people read it: of a long one the beginning.

    >>> shown_id("r-1"), len(shown_id("r" * 5000))
    ('r-1', 64)
    """
    return shortened(text, 64)


def shortened(text: str, longest: int = 24) -> str:
    """A text cut with an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
