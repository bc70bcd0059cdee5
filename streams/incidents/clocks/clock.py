"""One clock of the law: what its text says, and how its period is counted."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import msgspec

CHECKLIST = "A checklist, not advice: whether a duty applies is for people to decide."
"""What stands wherever clocks are shown."""

EARLIEST = (
    "Due is the start and the whole period, in UTC: the earliest reading. No time is added for"
    " nights, weekends or holidays."
)
"""How times are counted."""

_PERIOD = re.compile(r"([1-9]\d{0,3})(h|d|mo)")
_UNITS = {"h": "hour", "d": "day", "mo": "month"}
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Clock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A duty to tell somebody within a period.

    `quote` is the law's own text and `paragraph` where it stands; `url` is the page of the text,
    `read` the day on which it was read, and `read_in` in what. `period` is 72h, 15d or 1mo, and ""
    where the text has no number. It begins when it was `detected` or when a person says since
    when they are `aware`, and is counted from then or from the end of that calendar year. One
    that comes `after` another begins when that was told; one that is the `same_as` another is due
    with it. Of those that are `one_of` the same, the shortest runs.

    `who` has to tell `to` whom, `when` what is so. `playbooks` are the kinds of incidents to which
    it may apply. `aside` is the reason for which it is set aside for all incidents, and
    `aside_in` the file that says so.
    """

    id: str
    regime: str
    law: str
    paragraph: str
    quote: str
    url: str
    read: date
    read_in: str
    starts: Literal["detected", "aware"]
    who: str
    to: str
    when: str
    period: str = ""
    counted_from: Literal["start", "year_end"] = "start"
    after: str = ""
    same_as: str = ""
    one_of: str = ""
    playbooks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    aside: str = ""
    aside_in: str = ""


Clocks = Mapping[str, Clock]
"""Clocks by their ids, in the order in which they are shown."""


def is_period(text: str) -> bool:
    """Whether this is a period, such as 72h, 15d or 1mo."""
    return _PERIOD.fullmatch(text) is not None


def in_quote(period: str, quote: str) -> bool:
    """Whether a text names the period.

    >>> in_quote("2d", "not later than two days after"), in_quote("3d", "within 72 hours")
    (True, False)
    """
    found = _PERIOD.fullmatch(period)
    if found is None:
        return False
    number, unit = int(found[1]), _UNITS[found[2]]
    written = str(number) + (f"|{_WORDS[number - 1]}" if number <= len(_WORDS) else "")
    named = rf"(?<![\w.,-])(?:{written})(?: calendar)? {unit}s?\b"
    return re.search(named, quote, re.IGNORECASE) is not None


def period_words(clock: Clock, clocks: Clocks) -> str:
    """A period as a person reads it.

    >>> from streams.incidents.clocks.reader import shipped
    >>> [period_words(shipped()[one], shipped()) for one in ("gdpr-33", "gdpr-34", "hipaa-408-c")]
    ['72 hours', 'at once', '60 days after the end of the year']
    """
    if clock.same_as:
        return f"with {clock.same_as}, {period_words(clocks[clock.same_as], clocks)}"
    found = _PERIOD.fullmatch(clock.period)
    if found is None:
        return "at once"
    words = f"{found[1]} {_UNITS[found[2]]}{'' if found[1] == '1' else 's'}"
    if clock.counted_from == "year_end":
        return f"{words} after the end of the year"
    return f"{words} after {clock.after}" if clock.after else words


def due(clock: Clock, start: float, clocks: Clocks) -> float | None:
    """When it is due that began at `start`, both in seconds since the epoch; None where the text
    has no number. Hours and days are whole ones; a month ends on the same day of the next."""
    if clock.same_as:
        return due(clocks[clock.same_as], start, clocks)
    found = _PERIOD.fullmatch(clock.period)
    if found is None:
        return None
    at = datetime.fromtimestamp(start, UTC)
    if clock.counted_from == "year_end":
        at = datetime(at.year + 1, 1, 1, tzinfo=UTC)
    number = int(found[1])
    if found[2] == "mo":
        years, month = divmod(at.month - 1 + number, 12)
        year = at.year + years
        day = min(at.day, monthrange(year, month + 1)[1])
        return at.replace(year=year, month=month + 1, day=day).timestamp()
    length = timedelta(hours=number) if found[2] == "h" else timedelta(days=number)
    return (at + length).timestamp()
