"""Whether records are still being scored: what came since a verdict covered more than before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from streams.words import count, duration

Place = tuple[str, int]

LONGEST_S: Final = 60.0
"""Seconds without a verdict while records come, after which that is said."""


class Progress(msgspec.Struct, frozen=True):
    """What verdicts cover, by topic and partition, since when (seconds since the epoch) they cover
    no more, where the outputs ended then, and how many came since. `lag` are the records that no
    verdict covers, None where that isn't known."""

    reached: Mapping[Place, int]
    since: float
    ends: Mapping[Place, int]
    came: int = 0
    lag: int | None = None

    def stuck_s(self, now: float) -> float:
        """For how long nothing was scored that waits; 0 while all is well."""
        waits = self.came > 0 or (not self.reached and any(self.ends.values()))
        lasted = now - self.since
        return lasted if waits and lasted >= LONGEST_S else 0.0

    def wrong(self, now: float) -> str:
        """That in a sentence; "" while all is well."""
        lasted = self.stuck_s(now)
        if not lasted:
            return ""
        if not self.reached:
            return (
                "No answer was scored as far as the console has read, though there are records in"
                f" the topics of outputs{self._came(lasted)}. Is a worker running?"
            )
        waiting = "" if self.lag is None else f"; {count(self.lag, 'record')} waiting"
        return (
            f"Nothing was scored for {duration(lasted // 1)}, while {count(self.came, 'record')}"
            f" came{waiting}. Is a worker running?"
        )

    def _came(self, lasted: float) -> str:
        return f", {self.came} of them new within {duration(lasted // 1)}" if self.came else ""


def progress(
    before: Progress | None, reached: Mapping[Place, int], ends: Mapping[Place, int], now: float
) -> Progress:
    """How it stands now. `reached` has the offset after the last record that a verdict covers, and
    `ends` where the outputs end."""
    known = [max(0, end - reached[place]) for place, end in ends.items() if place in reached]
    unread = [place for place, end in ends.items() if end and place not in reached]
    lag = sum(known) if known or not any(ends.values()) else None
    if before is None or before.reached != reached or (lag == 0 and not unread):
        return Progress(reached, now, ends, 0, lag)
    came = sum(max(0, end - before.ends.get(place, 0)) for place, end in ends.items())
    return Progress(reached, before.since, before.ends, came, lag)
