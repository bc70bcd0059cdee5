"""The pipeline's health in one line: records a second, lag, dead letters, what is blind."""

from __future__ import annotations

import msgspec

from streams.console.desk import Desk
from streams.words import count, duration, moment, number

_LATELY_MIN = 5
_DEAD_MIN = 60
BLIND = "monitoring-blind"
"""The playbook of incidents about outwatch itself."""


class Health(msgspec.Struct, frozen=True):
    """The line in parts, and what is wrong, each a sentence; `away_since`: since when Kafka
    hasn't answered, in seconds since the epoch, so that nothing can be done."""

    parts: list[str]
    wrong: list[str]
    away_since: float | None

    @property
    def away(self) -> bool:
        """Whether Kafka doesn't answer."""
        return self.away_since is not None


def health(desk: Desk) -> Health:
    """How the pipeline stands now, as far as the store can tell."""
    now = desk.clock()
    minute = int(now // 60)
    standing = desk.standing()
    store = desk.store
    recent = store.value(
        "SELECT sum(records) FROM arrivals WHERE minute >= ? AND minute < ?",
        minute - _LATELY_MIN,
        minute,
    )
    rate = (recent or 0) / (_LATELY_MIN * 60)
    parts = [f"{rate:.3g} records/s over {_LATELY_MIN} min"]
    stands = standing.progress
    if stands is not None:
        parts.append("lag unknown" if stands.lag is None else f"lag {number(stands.lag)}")
    dead = store.value("SELECT sum(records) FROM dead WHERE minute > ?", minute - _DEAD_MIN) or 0
    parts.append(f"{count(dead, 'dead letter')} in the last hour" if dead else "no dead letters")
    wrong = []
    if standing.away_since is not None:
        wrong.append(
            f"Kafka hasn't answered since {moment(standing.away_since)}"
            f" ({duration(now - standing.away_since)}): {standing.why}. This is what was known"
            " then, and nothing can be done from here."
        )
    elif standing.behind is not None and standing.behind > 1_000:
        parts.append(f"{count(standing.behind, 'message')} still to be read")
    newest = store.value("SELECT max(minute) FROM arrivals")
    stuck = stands.wrong(now) if stands is not None and standing.away_since is None else ""
    if stuck:
        wrong.append(stuck)
    elif standing.away_since is None and newest is not None and newest < minute - _LATELY_MIN:
        wrong.append(
            f"Silence: no answer was scored for {duration((minute - newest) * 60)}, the last one at"
            f" {moment(newest * 60)}."
        )
    wrong += [
        f"Blind: {row['title']}"
        for row in store.rows(
            "SELECT title FROM incidents WHERE is_open = 1 AND playbook = ? ORDER BY last_seen DESC"
            " LIMIT 5",
            BLIND,
        )
    ]
    failing = store.rows(
        "SELECT detector, sum(records) AS records FROM failing WHERE minute >= ?"
        " GROUP BY detector ORDER BY records DESC LIMIT 5",
        minute - _LATELY_MIN,
    )
    wrong += [
        f"{row['detector']} failed on {count(row['records'], 'record')} within"
        f" {_LATELY_MIN} minutes"
        for row in failing
    ]
    return Health(parts, wrong, standing.away_since)
