"""Event times that are ahead of what Kafka knows, because a producer's clock is fast."""

from __future__ import annotations

from typing import Literal

Dated = Literal["appended", "created", ""]
"""Whose clock a message's Kafka time is: the broker's, the producer's, or (files) nobody's."""

MOST_AHEAD_S = 60.0
"""How far an event time may be ahead of its message's Kafka time, in seconds."""


def taken_back(
    event_time: float, arrival: float, now: float, dated: Dated, most_ahead_s: float = MOST_AHEAD_S
) -> tuple[float, float]:
    """The event time that counts, and by how many seconds it was taken back (0.0: it wasn't).

    `arrival` is the message's Kafka time and `now` the reader's clock, in seconds since the
    epoch. No record can be answered after Kafka got it, so what is more than `most_ahead_s`
    ahead of that is taken back to it. The broker's time is believed; a producer's only as far
    as the reader's clock, and without either the reader's clock is the bound.

    >>> taken_back(1_800_072_000.0, 1_800_000_000.0, 1_800_000_001.0, "appended")
    (1800000000.0, 72000.0)
    """
    if dated == "appended":
        bound = arrival
    elif dated == "created":
        bound = min(arrival, now)
    else:
        bound = now
    ahead = event_time - bound
    return (bound, ahead) if ahead > most_ahead_s else (event_time, 0.0)
