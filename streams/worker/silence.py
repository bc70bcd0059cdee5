"""Topics of which nothing can be judged: nobody may believe that they are watched when they aren't.

Each message of a topic is judged in part at least, or not: because it can't be read, has no
content, tells of a failed call, or because it is something else. What is counted here is what
came since the last message of which something was judged. From some messages and minutes on, the
topic is silent: each further one is told as a row of a verdict, under a deployment named after the
topic, by the signals `monitor.unread` and `monitor.no_outputs`, so that rules open an incident.
Silence is of what this worker reads of the topic, by its own clock; a topic that is idle isn't
silent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from detectors import Finding
from streams.builtin_signals import NO_OUTPUTS, TOPIC_PREFIX, UNREAD
from streams.intake.formats import SKIPS
from streams.place import Place
from streams.records import VerdictBatch, VerdictRow

OUTCOMES = ("judged", "unread", "other")
"""What a message comes to: something in it can be judged; it should, and nothing can; or it holds
nothing that is an output."""

UNREAD_MESSAGES, UNREAD_S = 5, 120.0
"""So many messages that can't be judged, the first of them so long ago, make a topic silent."""

OTHER_MESSAGES, OTHER_S = 100, 600.0
"""The same where some or all of them are something else than outputs."""

_NOTHING_TO_JUDGE = frozenset(SKIPS) - {"no_output", "error"}


def outcome(why: str) -> str:
    """One of `OUTCOMES`, by why nothing in a message can be judged ("": something can)."""
    if not why:
        return "judged"
    return "other" if why in _NOTHING_TO_JUDGE else "unread"


class Told(msgspec.Struct, frozen=True):
    """A message that is told of: its place, the signal and why."""

    place: Place
    signal: str
    why: str


class _Run:
    """What came of a topic since something was judged."""

    __slots__ = ("all_since", "last", "others", "told", "unread", "unread_since")

    def __init__(self) -> None:
        self.unread = 0
        self.others = 0
        self.unread_since = float("inf")
        self.all_since = float("inf")
        self.last: tuple[Place, str] | None = None
        self.told: dict[str, Place] = {}

    def signals(self, now: float) -> Sequence[str]:
        """By which signals the topic is silent."""
        found = []
        if self.unread >= UNREAD_MESSAGES and now - self.unread_since >= UNREAD_S:
            found.append(UNREAD)
        if self.unread + self.others >= OTHER_MESSAGES and now - self.all_since >= OTHER_S:
            found.append(NO_OUTPUTS)
        return found


class Silence:
    """Watches topics for silence. `now` is a clock that only goes forward, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._runs: dict[str, _Run] = {}

    def note(self, topic: str, partition: int, seen: Iterable[tuple[int, str]]) -> list[Told]:
        """Takes messages: the offset of each, and why nothing in it can be judged. Gives those
        that are to be told of."""
        now = self._now()
        told: list[Told] = []
        for offset, why in seen:
            if not why:
                self._runs.pop(topic, None)
                told = []
                continue
            run = self._runs.setdefault(topic, _Run())
            if outcome(why) == "unread":
                run.unread += 1
                run.unread_since = min(run.unread_since, now)
            else:
                run.others += 1
            run.all_since = min(run.all_since, now)
            run.last = Place(topic, partition, offset), why
            told += self._tell(run, now)
        return told

    def due(self) -> list[Told]:
        """Those of topics that became silent when no message came any more."""
        now = self._now()
        return [one for run in self._runs.values() if not run.told for one in self._tell(run, now)]

    def forget(self) -> None:
        """Begins anew: other partitions are read from now on."""
        self._runs.clear()

    @staticmethod
    def _tell(run: _Run, now: float) -> list[Told]:
        if run.last is None:
            return []
        place, why = run.last
        # One row a message, as windows count it: by the graver of the signals.
        for signal in run.signals(now)[:1]:
            if run.told.get(signal) != place:
                run.told[signal] = place
                return [Told(place, signal, why)]
        return []


def batches(
    told: Iterable[Told], now: float, worker: str, topic_ids: Mapping[str, str]
) -> list[VerdictBatch]:
    """What is told as verdicts, those of one source partition together, in their order.

    `now` is the time in seconds since the epoch, which is the rows' event time.
    """
    by_source: dict[tuple[str, int], list[Told]] = {}
    for one in told:
        by_source.setdefault((one.place.topic, one.place.partition), []).append(one)
    return [
        VerdictBatch(
            deployment=f"{TOPIC_PREFIX}{topic}",
            topic=topic,
            partition=partition,
            first_offset=ones[0].place.offset,
            last_offset=ones[-1].place.offset,
            rows=[_row(one, now) for one in ones],
            judged=[[UNREAD], [NO_OUTPUTS]],
            scored_at=now,
            worker=worker,
            topic_id=topic_ids.get(topic, ""),
        )
        for (topic, partition), ones in by_source.items()
    ]


def _row(one: Told, now: float) -> VerdictRow:
    skipped = one.why in SKIPS
    reason = f"{'skipped' if skipped else 'dead letter'}: {one.why}"
    return VerdictRow(
        offset=one.place.offset,
        record_id=str(one.place),
        event_time=now,
        judged=int(one.signal == NO_OUTPUTS),
        scores={one.signal: 1.0},
        findings=[
            Finding(signal=one.signal, kind=one.why, start=0, end=0, score=1.0, reason=reason)
        ],
    )
