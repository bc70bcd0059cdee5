"""What a review says: precision and recall by signal, and how far reviewers agree."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import msgspec

from streams.labels.figures import Figures, figures
from streams.labels.label import Label, Scored
from streams.review.draw import Item, response


class SignalReport(msgspec.Struct, frozen=True):
    """One signal: how many items were drawn and judged, its limit and how that does."""

    signal: str
    drawn: int
    judged: int
    limit: float
    figures: Figures


class Contradiction(msgspec.Struct, frozen=True):
    """A record on which reviewers contradict each other."""

    place: str
    signal: str
    yes: tuple[str, ...]
    no: tuple[str, ...]


class Agreement(msgspec.Struct, frozen=True):
    """Two reviewers: how many records both judged, on how many they agree, and Cohen's kappa,
    None where both always say the same one thing."""

    first: str
    second: str
    both: int
    agree: int
    kappa: float | None


def signals(items: Sequence[Item], votes: Sequence[Label]) -> list[SignalReport]:
    """Precision and recall of each signal of a queue, at the limit that it was drawn for.

    Items that nobody judged yet are taken for as many others of their stratum as were judged.
    """
    said = _means(votes)
    judged = response(items, said.keys())
    found = []
    for name in dict.fromkeys(item.signal for item in items):
        mine = [item for item in items if item.signal == name]
        scored = [
            Scored(
                Label(
                    signal=name,
                    label=said[item.key],
                    place=item.place,
                    probability=item.probability * judged[name, item.stratum],
                    drawn=True,
                    copies=item.copies,
                ),
                item.score,
                item.deployment,
                item.event_time,
            )
            for item in mine
            if item.key in said
        ]
        limit = mine[0].limit
        found.append(SignalReport(name, len(mine), len(scored), limit, figures(scored, limit)))
    return found


def contradictions(votes: Sequence[Label]) -> list[Contradiction]:
    """The records on which reviewers don't agree."""
    found = []
    for (place, signal), by in _by_record(votes).items():
        yes = tuple(sorted(who for who, label in by.items() if label > 0.5))
        no = tuple(sorted(who for who, label in by.items() if label <= 0.5))
        if yes and no:
            found.append(Contradiction(place, signal, yes, no))
    return found


def agreements(votes: Sequence[Label]) -> list[Agreement]:
    """Every two reviewers who judged any record both."""
    records = _by_record(votes)
    names = sorted({who for by in records.values() for who in by})
    found = []
    for first, second in combinations(names, 2):
        pairs = [
            (by[first] > 0.5, by[second] > 0.5)
            for by in records.values()
            if first in by and second in by
        ]
        if pairs:
            agree = sum(one == other for one, other in pairs)
            found.append(Agreement(first, second, len(pairs), agree, kappa(pairs)))
    return found


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Cohen's kappa: agreement beyond what chance would give; 1 is whole, 0 none.

    >>> kappa([(True, True), (False, False), (True, False), (False, False)])
    0.5
    """
    n = len(pairs)
    one, other = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    by_chance = one * other + (1 - one) * (1 - other)
    if by_chance == 1.0:
        return None
    return (sum(a == b for a, b in pairs) / n - by_chance) / (1 - by_chance)


def _by_record(votes: Sequence[Label]) -> dict[tuple[str, str], dict[str, float]]:
    found: dict[tuple[str, str], dict[str, float]] = {}
    for vote in votes:
        found.setdefault((vote.place, vote.signal), {})[vote.reviewer] = vote.label
    return found


def _means(votes: Sequence[Label]) -> dict[tuple[str, str], float]:
    return {key: sum(by.values()) / len(by) for key, by in _by_record(votes).items()}
