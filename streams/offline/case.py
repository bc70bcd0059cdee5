"""A regression case: the masked records of an incident, so that a rule can be tried on them again.

What is kept of a record is when it came, where its original stands, the scores that the rules
concerned listen to, and numbers in the place of users and tenants. Nothing of what it said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from streams.incidents.postmortem.asked import QUIET, asked
from streams.place import IN_A_FILE, pointer, row_place
from streams.records import Incident, VerdictBatch, VerdictRow
from streams.rules.rule import EVERY, Rule

MOST_RECORDS = 20_000
"""Records of a case; of more, the newest."""

MOST_PLACES = 200
"""Originals that are named, the earliest first."""


class CaseRows:
    """Collects the records of a stretch of event time, slimmed and masked: what `rules` hear of
    them, and the places of those above the limit of one that was `broken`, of all by default."""

    def __init__(
        self,
        rules: Sequence[Rule],
        start: float,
        end: float,
        broken: Sequence[Rule] | None = None,
    ) -> None:
        self._rules = list(rules)
        self._broken = self._rules if broken is None else list(broken)
        self._start = start
        self._end = end
        self._tenants = any(rule.tenants != EVERY for rule in rules)
        self._users: dict[str, str] = {}
        self._tenant_names: dict[str, str] = {}
        self._heard: dict[str, bool] = {}
        self._kept: deque[tuple[VerdictBatch, VerdictRow]] = deque(maxlen=MOST_RECORDS)
        self._places: dict[str, None] = {}

    @property
    def places(self) -> list[str]:
        """Where the originals of the records above stand, but for what is harmless by itself: what
        was asked for or is excluded."""
        return list(self._places)[:MOST_PLACES]

    @property
    def records(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def look(self, batch: VerdictBatch) -> None:
        """Takes those rows of a batch that are of the stretch."""
        for row in batch.rows:
            if self._start <= row.event_time <= self._end:
                self._take(batch, row)

    def batches(self) -> list[VerdictBatch]:
        """What is kept, as messages of `llm.verdicts`."""
        found: list[VerdictBatch] = []
        for batch, row in self._kept:
            last = found[-1] if found else None
            if (
                last is None
                or (last.topic, last.partition) != (batch.topic, batch.partition)
                or last.judged != batch.judged
                or len(last.rows) >= 64
            ):
                found.append(msgspec.structs.replace(batch, rows=[row], first_offset=row.offset))
                last = found[-1]
            else:
                last.rows.append(row)
            last.last_offset, last.last_part = row.offset, row.part
        return found

    def lines(self) -> Iterable[bytes]:
        """The same as JSON lines."""
        return (msgspec.json.encode(batch) + b"\n" for batch in self.batches())

    def _take(self, batch: VerdictBatch, row: VerdictRow) -> None:
        judged = batch.judged[row.judged] if row.judged < len(batch.judged) else []
        heard = [signal for signal in judged if self._hears(signal)]
        scores = {name: row.scores[name] for name in heard if name in row.scores}
        slim = VerdictRow(
            offset=row.offset,
            part=row.part,
            record_id=row.record_id,
            event_time=row.event_time,
            scores=scores,
            tenant=row.tenant if self._tenants else _number(self._tenant_names, row.tenant, "t"),
            user=_number(self._users, row.user, "u"),
            model=row.model,
            model_version=row.model_version,
        )
        head = VerdictBatch(
            deployment=batch.deployment,
            topic=batch.topic,
            partition=batch.partition,
            first_offset=row.offset,
            last_offset=row.offset,
            rows=[],
            judged=[heard],
            loose=batch.loose,
        )
        self._kept.append((head, slim))
        above = any(
            rule.takes(row) and score > rule.record_above and rule.hears(name)
            for rule in self._broken
            for name, score in scores.items()
            if name not in row.excluded and not _quiet(row, name, score)
        )
        if above:
            self._places[row_place(batch, row)] = None

    def _hears(self, signal: str) -> bool:
        if signal not in self._heard:
            self._heard[signal] = any(rule.hears(signal) for rule in self._rules)
        return self._heard[signal]


def _quiet(row: VerdictRow, signal: str, score: float) -> bool:
    """Whether a score says no more than what was asked for. A signal that stands for several, as
    one for any personal data does, has no findings of its own: then those of its detector."""
    if score > QUIET:
        return False
    detector = signal.partition(".")[0]
    own = [one for one in row.findings if one.signal == signal]
    near = own or [one for one in row.findings if one.signal.partition(".")[0] == detector]
    return any(asked(one.reason) for one in near)


def originals(incident: Incident, rows: CaseRows | None) -> list[str]:
    """Where the originals of an incident stand: of a replay its own pointers, as verdicts of a
    replay number the lines of all files together."""
    if rows is not None and not in_files(incident):
        return rows.places or _pointers(incident)
    return _pointers(incident)


def in_files(incident: Incident) -> bool:
    """Whether an incident's records stand in files, as those of a replay do."""
    shown = [one for one in (incident.started_by, *incident.evidence) if one is not None]
    return any(one.partition == IN_A_FILE for one in shown)


def _pointers(incident: Incident) -> list[str]:
    shown = [one for one in (incident.started_by, *incident.evidence) if one is not None]
    shown = [one for one in shown if one.score > QUIET or not asked(one.reason)] or shown
    return list(dict.fromkeys(map(pointer, sorted(shown, key=lambda one: one.event_time))))


def _number(known: dict[str, str], name: str | None, letter: str) -> str | None:
    if name is None:
        return None
    return known.setdefault(name, f"{letter}{len(known) + 1}")
