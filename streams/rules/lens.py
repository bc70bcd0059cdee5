"""How rules see the rows of a deployment: without what is excluded, and by its score maps.

The one place where both are applied: live, in replays and in backtests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from streams.labels.alike import words_of
from streams.records import VerdictBatch, VerdictRow
from streams.rules.exclusions import Exclusion
from streams.rules.score_maps import ScoreMap, ScoreMaps

_MOST_KNOWN = 1_000


class Seen(msgspec.Struct, frozen=True):
    """Rows as rules see them: `rows` by the maps; `own` by the detectors' own scores, for rules
    that compare with the deployment's own past. `excluded` counts scores left out, by exclusion."""

    rows: list[VerdictRow]
    own: list[VerdictRow]
    excluded: Mapping[str, int]


class Lens:
    """The exclusions and maps of one deployment."""

    def __init__(self, exclusions: Sequence[Exclusion], maps: Mapping[str, ScoreMap]) -> None:
        self._exclusions: dict[str, list[Exclusion]] = {}
        for one in exclusions:
            self._exclusions.setdefault(one.signal, []).append(one)
        self._maps = maps

    def look(self, rows: Sequence[VerdictRow]) -> Seen:
        """Rows as rules see them; those that nothing applies to are the same objects."""
        excluded: Counter[str] = Counter()
        own = [self._without(row, excluded) for row in rows] if self._exclusions else list(rows)
        seen = [self._mapped(row) for row in own] if self._maps else own
        return Seen(seen, own, excluded)

    def marks(self, row: VerdictRow) -> dict[str, str]:
        """By signal, the exclusion that leaves its score out."""
        found: dict[str, str] = {}
        words: frozenset[str] | None = None
        for signal in self._exclusions.keys() & row.scores.keys():
            for one in self._exclusions[signal]:
                if words is None:
                    words = words_of(row.excerpt)
                if one.covers(row, words):
                    found[signal] = one.id
                    break
        return found

    def _without(self, row: VerdictRow, excluded: Counter[str]) -> VerdictRow:
        marks = self.marks(row)
        if not marks:
            return row
        excluded.update(marks.values())
        scores = {name: score for name, score in row.scores.items() if name not in marks}
        return msgspec.structs.replace(row, scores=scores)

    def _mapped(self, row: VerdictRow) -> VerdictRow:
        if not (self._maps.keys() & row.scores.keys()):
            return row
        scores = {
            name: self._maps[name].of(score) if name in self._maps else score
            for name, score in row.scores.items()
        }
        return msgspec.structs.replace(row, scores={n: s for n, s in scores.items() if s})


class Lenses:
    """The lens of each deployment; None where nothing applies."""

    def __init__(self, exclusions: Sequence[Exclusion] = (), maps: ScoreMaps | None = None) -> None:
        self._exclusions = tuple(exclusions)
        self._maps = maps or ScoreMaps()
        self._known: dict[str, Lens | None] = {}

    def of(self, deployment: str, *, mapped: bool = True) -> Lens | None:
        """The lens of a deployment, without its maps where they aren't wanted."""
        if not self._exclusions and not self._maps.maps:
            return None
        key = deployment if mapped else f"\0{deployment}"
        if key not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            meant = [one for one in self._exclusions if one.meant(deployment)]
            maps = self._maps.of(deployment) if mapped else {}
            self._known[key] = Lens(meant, maps) if meant or maps else None
        return self._known[key]

    def seen(self, batch: VerdictBatch) -> VerdictBatch:
        """A batch as rules see it."""
        lens = self.of(batch.deployment)
        if lens is None:
            return batch
        return msgspec.structs.replace(batch, rows=lens.look(batch.rows).rows)
