"""A deployment whose incidents people act on: rows in, acts in, the newest of each incident out."""

from __future__ import annotations

from typing import Any

from streams.incidents.acts import drawn_up
from streams.records import Act, Incident
from streams.windows.windows import ActOutcome, Windows
from tests.support.window_helpers import START, Log, batch, row, rules

NOW = 1_790_000_000.0

ONE = "- {id: one, signal: a.x, immediate: true, window: 5s, pane: 5s, hold: 60s, playbook: p}"
RATE = """
- {id: rate, signal: a.x, rate_above: 0.1, window: 60s, pane: 5s, at_least: 3, hold: 60s, playbook: p}
"""


class Desk:
    """Windows in which people act. Times are in seconds after the start of the stream."""

    def __init__(self, text: str = ONE) -> None:
        self.rules = rules(text)
        self.windows = Windows(self.rules)
        self.log = Log()
        self.offset = 0
        self.newest = 0.0

    def bad(self, *times: float, **fields: Any) -> None:
        """Rows above the limit, judged one by one."""
        for at in times:
            self._row(at, {"a.x": 0.9}, **fields)

    def calm(self, *times: float, **fields: Any) -> None:
        """Rows within the limits."""
        for at in times:
            self._row(at, {}, **fields)

    def look(self) -> None:
        """Judges, once the second is over for which an opening waits."""
        for later in (0.0, 2.0):
            self.log.take(self.windows.evaluate(NOW + later))

    def restart(self) -> None:
        """Goes on from a snapshot, as after a kill."""
        snapshot = self.windows.snapshot("bot")
        self.windows = Windows(self.rules)
        self.windows.restore("bot", snapshot)
        self.look()

    @property
    def only(self) -> Incident:
        """The one incident."""
        (incident,) = (self.log.newest[id_] for id_ in self.log.standing)
        return incident

    def draw(self, kind: Any, actor: str = "ada", **fields: Any) -> Act:
        """An act on the one incident as it stands, by who has a clock that goes with the stream."""
        incident = fields.pop("incident", None) or self.only
        number = len(self.log.events)
        clock = incident.published_at + max(0.0, START + self.newest - incident.reached)
        return drawn_up(incident, kind, f"{actor}-{kind}-{number}", actor, clock, **fields)

    def take(self, act: Act) -> ActOutcome:
        """Folds an act, and looks."""
        self.look()
        outcome = self.windows.act(act, NOW, dict(self.log.newest))
        self.look()
        return outcome

    def do(self, kind: Any, actor: str = "ada", **fields: Any) -> Incident:
        """What an act makes of the one incident that there is. It must be applied."""
        act = self.draw(kind, actor, **fields)
        assert self.take(act) == "applied", self.log.newest[act.incident].acts[-1].why
        return self.log.newest[act.incident]

    def _row(self, at: float, scores: dict[str, float], **fields: Any) -> None:
        self.windows.fold(batch([row(self.offset, at, scores=scores, **fields)]))
        self.offset += 1
        self.newest = max(self.newest, at)
        self.look()


__all__ = ["NOW", "ONE", "RATE", "START", "Desk"]
