"""Quiet hours: when a person isn't told of what can wait, by the clock on their own wall."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from streams.records import Severity


class Quiet(msgspec.Struct, frozen=True):
    """From a time of day to another, perhaps past midnight, every day, in a time zone.

    Pages of the severities that it `holds` wait for its end.
    """

    start: time
    end: time
    zone: ZoneInfo
    holds: frozenset[Severity]

    def until(self, now: float) -> float | None:
        """When the quiet hours end in which `now` lies (seconds since the epoch); None outside.

        Where the clock is put back and a time of day comes twice, they begin and end at the
        first; where it is put forward and one doesn't come at all, an hour after it.
        """
        today = datetime.fromtimestamp(now, UTC).astimezone(self.zone).date()
        overnight = timedelta(days=1 if self.end <= self.start else 0)
        for day in (today - timedelta(days=1), today):
            begin = datetime.combine(day, self.start, self.zone).timestamp()
            end = datetime.combine(day + overnight, self.end, self.zone).timestamp()
            if begin <= now < end:
                return end
        return None
