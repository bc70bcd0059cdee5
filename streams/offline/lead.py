"""What the rules in force saw of a deployment before anybody noticed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from streams.incidents.postmortem.tried import Before, Seen
from streams.place import row_place
from streams.records import VerdictBatch, VerdictRow
from streams.rules.rule import Rule

HOUR_S = 3600.0


class _Sight(msgspec.Struct):
    judged: int = 0
    above: int = 0
    earlier: int = 0
    earlier_above: int = 0
    first_at: float = float("inf")
    first_place: str = ""


class Lead:
    """Counts, by rule, the records from `start` (included) until somebody noticed, those of the
    hour before, and all those until it was over.

    With `by_id` records are told by their ids, where their places mean nothing.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        start: float,
        noticed: float,
        end: float,
        broken: Iterable[str],
        *,
        by_id: bool = False,
    ) -> None:
        self._by_id = by_id
        self._rules = {rule.id: rule for rule in rules}
        self._start = start
        self._noticed = noticed
        self._end = end
        self._broken = frozenset(broken)
        self._sights: dict[str, _Sight] = {}
        self._heard: dict[tuple[str, str], bool] = {}
        self._records = 0
        self.answers = 0

    def look(self, batch: VerdictBatch) -> None:
        """Takes the rows of a batch."""
        for row in batch.rows:
            if self._start <= row.event_time <= self._end:
                self.answers += 1
            if self._start - HOUR_S <= row.event_time < self._noticed:
                self._records += row.event_time >= self._start
                self._take(batch, row)

    def before(self) -> Before:
        """What was seen: only by rules that some record was above the limit of, the earliest
        first."""
        seen = [
            Seen(
                rule=id_,
                signal=self._rules[id_].signal,
                record_above=self._rules[id_].record_above,
                judged=sight.judged,
                above=sight.above,
                first_at=sight.first_at,
                first_place=sight.first_place,
                earlier=sight.earlier,
                earlier_above=sight.earlier_above,
                broke=id_ in self._broken,
            )
            for id_, sight in self._sights.items()
            if sight.above
        ]
        return Before(
            start=self._start,
            noticed=self._noticed,
            records=self._records,
            seen=tuple(sorted(seen, key=lambda one: (one.first_at, one.rule))),
        )

    def _take(self, batch: VerdictBatch, row: VerdictRow) -> None:
        judged = batch.judged[row.judged] if row.judged < len(batch.judged) else ()
        for id_, rule in self._rules.items():
            heard = [signal for signal in judged if self._hears(rule, signal)]
            if not heard or not rule.takes(row):
                continue
            sight = self._sights.setdefault(id_, _Sight())
            above = max(row.scores.get(signal, 0.0) for signal in heard) > rule.record_above
            if row.event_time < self._start:
                sight.earlier += 1
                sight.earlier_above += above
                continue
            sight.judged += 1
            sight.above += above
            if above and row.event_time < sight.first_at:
                place = row.record_id if self._by_id else row_place(batch, row)
                sight.first_at, sight.first_place = row.event_time, place

    def _hears(self, rule: Rule, signal: str) -> bool:
        key = rule.id, signal
        if key not in self._heard:
            # Distances from a baseline aren't scores: no record is above anything.
            self._heard[key] = rule.condition.needs != "values" and rule.hears(signal)
        return self._heard[key]
