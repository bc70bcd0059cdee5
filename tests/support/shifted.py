"""Made-up streams of scores, ordinary and moved, and when bets on them are won.

All are drawn: no detector has a part in them. The families differ in the shape of their scores; in
each, a moved answer scores higher than an ordinary one with a chance of 0.9 (their AUROC).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import msgspec
import numpy as np
import numpy.typing as npt

from streams.rules.bets import bets_on
from streams.rules.kept import SCALE
from streams.rules.levels import EDGES, LEVELS

ONCE_IN = 50_000
SHARE = 0.3
_PLENTY = 1e100

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int64]
Draw = Callable[[np.random.Generator, int], Floats]

_CENTRE = -3.0
_AUROC = NormalDist().inv_cdf(0.9)
_TREND = (1.81, 2.5, 3.2)


class Family(msgspec.Struct, frozen=True):
    """How ordinary answers score, and how those score that something is wrong with."""

    words: str
    ordinary: Draw
    moved: Draw


def _scores(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-logits))


def normal(centre: float = _CENTRE, spread: float = 1.0, zeros: float = 0.0) -> Draw:
    """Normal logits, and a share of answers with exactly 0."""

    def draw(rng: np.random.Generator, number: int) -> Floats:
        scores = _scores(rng.normal(centre, spread, number))
        return np.where(rng.random(number) < zeros, 0.0, scores)

    return draw


def _apart(spread: float) -> float:
    """So far is the centre of moved logits of a spread from that of ordinary ones."""
    return _AUROC * math.hypot(1.0, spread)


def _two_valued(high: float) -> Draw:
    return lambda rng, number: np.where(rng.random(number) < high, 0.4, 0.0)


FAMILIES = {
    "mixed": Family(
        "moved answers differ among themselves: spread 1.6 times that of ordinary ones",
        normal(),
        normal(_CENTRE + _apart(1.6), 1.6),
    ),
    "very mixed": Family("spread 2 times", normal(), normal(_CENTRE + _apart(2.0), 2.0)),
    "ties": Family(
        "82 % of ordinary answers score 0, and 4 % of moved ones",
        normal(zeros=0.82),
        normal(_CENTRE + _apart(1.6), 1.6, zeros=0.04),
    ),
    "even": Family("the same spread: the hardest", normal(), normal(_CENTRE + _apart(1.0))),
    "two-valued": Family("0.4 or 0: 3 % and 83 %", _two_valued(0.03), _two_valued(0.83)),
}


def levels_of(scores: Floats) -> Levels:
    """The levels of many scores, as `level_of` has them."""
    return np.searchsorted(EDGES, np.rint(scores * SCALE), side="right").astype(np.int64)


def counts_of(levels: Levels) -> tuple[int, ...]:
    """Records by level."""
    return tuple(np.bincount(levels, minlength=LEVELS).tolist())


def baseline(rng: np.random.Generator, family: Family, records: int) -> tuple[int, ...]:
    """A baseline of ordinary answers."""
    return counts_of(levels_of(family.ordinary(rng, records)))


class Table:
    """Bets against one baseline each on many streams, one answer of each at a time.

    As `streams.rules.bets.made` with an answer in each pane, without an end to how far back it
    looks: which only raises what is made.
    """

    def __init__(self, baselines: list[tuple[int, ...]], *, own: bool = True) -> None:
        self._pays = np.array([bets_on(one, own=own).pays for one in baselines]) / SCALE
        self._streams = np.arange(len(baselines))
        self._made = np.zeros((len(baselines), self._pays.shape[1]))

    def next(self, levels: Levels, counts: npt.NDArray[np.bool_] | None = None) -> Floats:
        """What was made on each stream with this answer, by which only those win that count."""
        pays = self._pays[self._streams, :, levels]
        if counts is not None:
            pays = np.where(counts[:, None], pays, np.minimum(pays, 0.0))
        paid = np.exp(pays)
        self._made = np.minimum((self._made + 1) * paid, _PLENTY)
        return self._made.mean(axis=1)

    def begin_anew(self, streams: npt.NDArray[np.bool_]) -> None:
        """Forgets what some streams made."""
        self._made[streams] = 0.0


class Evidence:
    """Which answers of many streams count: scores that 3 in 100 ordinary ones reach, each once.

    `affected` are those that 1 in 100 reach. A score counts once in the whole stream, where windows
    have it count once in each: so what is found with this is found by them.
    """

    def __init__(self, rng: np.random.Generator, family: Family, streams: int) -> None:
        self._floor, self._bar = np.quantile(family.ordinary(rng, 200_000), (0.97, 0.99))
        self._streams = np.arange(streams)
        self._seen = np.zeros((streams, SCALE + 1), dtype=np.bool_)
        self.affected = np.zeros(streams, dtype=np.int64)

    def next(self, scores: Floats) -> npt.NDArray[np.bool_]:
        """Whether each stream's answer counts."""
        exact = np.rint(scores * SCALE).astype(np.int64)
        fresh = ~self._seen[self._streams, exact] & (exact > 0)
        self._seen[self._streams, exact] = True
        self.affected += fresh & (scores >= self._bar)
        counts: npt.NDArray[np.bool_] = fresh & (scores >= self._floor)
        return counts


def false_alarms(
    rng: np.random.Generator,
    family: Family,
    records: int,
    streams: int,
    answers: int,
    once_in: float = ONCE_IN,
) -> int:
    """Alarms on ordinary answers of many streams, each with a baseline of its own.

    All answers count: fewer only make fewer alarms.
    """
    table = Table([baseline(rng, family, records) for _ in range(streams)])
    pool = levels_of(family.ordinary(rng, 200_000))
    alarms = 0
    for _ in range(answers):
        won = table.next(pool[rng.integers(0, len(pool), streams)]) > once_in
        alarms += int(won.sum())
        table.begin_anew(won)
    return alarms


def answers_until(
    rng: np.random.Generator,
    family: Family,
    records: int,
    streams: int,
    share: float = SHARE,
    most: int = 400,
) -> npt.NDArray[np.int64]:
    """Of each stream, how many answers after the change it is found; more than `most` for none.

    What was made before the change counts too: a hundred ordinary answers are before it.
    """
    table = Table([baseline(rng, family, records) for _ in range(streams)])
    evidence = Evidence(rng, family, streams)
    for _ in range(100):
        scores = family.ordinary(rng, streams)
        table.next(levels_of(scores), evidence.next(scores))
    found = np.full(streams, most + 1)
    for answer in range(1, most + 1):
        hit = rng.random(streams) < share
        scores = np.where(hit, family.moved(rng, streams), family.ordinary(rng, streams))
        won = table.next(levels_of(scores), evidence.next(scores)) > ONCE_IN
        found[won & (evidence.affected >= 3) & (found > most)] = answer
    return found


def trend_until(rng: np.random.Generator, records: int, streams: int) -> npt.NDArray[np.int64]:
    """Of each stream, at which answer a slow trend is found: over 600 answers, the share of moved
    ones grows from none to all. In the first third they are sarcastic, which an AUROC of 0.9 tells
    from ordinary ones; then rude (0.96), then hostile (0.99)."""
    family = FAMILIES["even"]
    table = Table([baseline(rng, family, records) for _ in range(streams)])
    evidence = Evidence(rng, family, streams)
    found = np.full(streams, 601)
    for answer in range(1, 601):
        part = answer / 600
        moved = normal(_CENTRE + _TREND[(answer - 1) // 200])(rng, streams)
        hit = rng.random(streams) < part
        scores = np.where(hit, moved, family.ordinary(rng, streams))
        won = table.next(levels_of(scores), evidence.next(scores)) > ONCE_IN
        found[won & (evidence.affected >= 3) & (found > 600)] = answer
    return found


def best_until(rng: np.random.Generator, family: Family, streams: int) -> npt.NDArray[np.int64]:
    """The same as `answers_until`, of one who knows both distributions and the share: no test with
    as few false alarms is faster on average (Pollak 1985)."""
    known = 2_000_000
    ordinary = np.bincount(levels_of(family.ordinary(rng, known)), minlength=LEVELS) + 0.5
    moved = np.bincount(levels_of(family.moved(rng, known)), minlength=LEVELS) + 0.5
    ratio = 1 - SHARE + SHARE * moved / ordinary
    made, found = np.zeros(streams), np.full(streams, 401)
    for answer in range(1, 401):
        hit = rng.random(streams) < SHARE
        scores = np.where(hit, family.moved(rng, streams), family.ordinary(rng, streams))
        made = np.minimum((made + 1) * ratio[levels_of(scores)], _PLENTY)
        found[(made > ONCE_IN) & (found > 400)] = answer
    return found
