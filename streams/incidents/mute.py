"""A false alarm keeps its group quiet until the figures double or its time is over."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from streams.records import Incident
from streams.words import count

_GROWTH = 2

Figures = Mapping[str, tuple[float, int]]
"""By rule, the value and the records above in its worst window."""


class Mute(msgspec.Struct, array_like=True, frozen=True):
    """Which incident was called a false alarm, with which figures, and until which event time
    its group is quiet."""

    incident: str
    until: float
    figures: dict[str, tuple[float, int]]

    def breach(self, end: float, figures: Figures) -> str:
        """Why trouble that lasts to `end` with these figures isn't muted; "" if it is."""
        if end > self.until:
            return "it goes on after the time for which the false alarm stood"
        for rule, (value, above) in sorted(figures.items()):
            before = self.figures.get(rule)
            if before is None:
                return f"rule {rule} is broken too, which wasn't when it was called a false alarm"
            if above >= _GROWTH * max(1, before[1]):
                most = count(above, "record")
                return f"figures doubled: {most} in a window, {before[1]:,} before ({rule})"
            if before[0] > 0 and value >= _GROWTH * before[0]:
                return f"figures doubled: {value:.4g}, {before[0]:.4g} before ({rule})"
        return ""

    def ended(self, at: float) -> Mute:
        """The same, but only until then: it holds for nothing that goes on after it."""
        return msgspec.structs.replace(self, until=min(self.until, at))


def figures_of(incident: Incident) -> dict[str, tuple[float, int]]:
    """An incident's figures, as a false alarm compares with them."""
    return {one.rule: (one.value, one.above) for one in incident.rules}
