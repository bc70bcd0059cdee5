"""Drift between the versions in a set: how soon it is found, how often it is seen without cause.

For each pair of labels, one version's answers to half of the instructions are the baseline; a
stream of its answers to the other half goes over to the other version's. Windows of the newest
records are judged every `STEP` records.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import cycle, islice, permutations

import msgspec

from detectors.drift.measure import Style, drifted
from detectors.drift.style import style_of
from detectors.evaluation.rows import Row

WINDOWS = (100, 200)
STEP = 20
FEWEST_INSTRUCTIONS = 60
AFTER = 2
"""The stream after a change lasts this many windows; a change not found by then is missed."""


class TooFew(ValueError):
    """The set holds too few instructions, or versions, to measure drift between them."""


class DriftFigures(msgspec.Struct, frozen=True):
    """For one size of window: what became of changes, and of streams without one.

    `median_delay` is in records after the change, over those found, None where none was.
    `records` counts the records of unchanged streams, `false_alarms` the windows among them that
    were taken for a change. `missed` names changes that weren't found, from and to.
    """

    window: int
    changes: int
    found: int
    median_delay: float | None
    false_alarms: int
    records: int
    missed: list[tuple[str, str]]


def measure_drift(rows: Sequence[Row], seed: int = 0) -> list[DriftFigures]:
    """Figures for each of `WINDOWS`. Raises `TooFew`.

    Where a stream needs more records than there are instructions, it goes through them again in
    the same order: that adds the certainty that new answers would add, but no new answers.
    """
    answers: dict[str, dict[str, Style]] = {}
    for row in rows:
        key = f"{row.group} {row.prompt}"
        answers.setdefault(str(row.label), {})[key] = style_of(row.output)
    shared = sorted(set.intersection(*(set(styles) for styles in answers.values())))
    if len(answers) < 2 or len(shared) < FEWEST_INSTRUCTIONS:
        raise TooFew(
            f"{len(answers)} versions and {len(shared)} instructions that all of them answered:"
            f" drift takes 2 and {FEWEST_INSTRUCTIONS}"
        )
    random.Random(seed).shuffle(shared)
    half = len(shared) // 2
    before, fresh = shared[:half], shared[half:]
    return [_figures(answers, before, fresh, window) for window in WINDOWS]


def _figures(
    answers: dict[str, dict[str, Style]], before: list[str], fresh: list[str], window: int
) -> DriftFigures:
    versions = sorted(answers)
    baselines = {name: [answers[name][key] for key in before] for name in versions}
    unchanged = (1 + AFTER) * window
    alarms = 0
    for name in versions:
        stream = _stream(answers[name], fresh, unchanged)
        alarms += sum(
            drifted(baselines[name], stream[end - window : end])
            for end in range(window, unchanged + 1, STEP)
        )
    delays = []
    missed = []
    for old, new in permutations(versions, 2):
        stream = [
            *_stream(answers[old], fresh, window),
            *_stream(answers[new], fresh, AFTER * window),
        ]
        seen = (
            end - window
            for end in range(window + STEP, len(stream) + 1, STEP)
            if drifted(baselines[old], stream[end - window : end])
        )
        delay = next(seen, None)
        if delay is None:
            missed.append((old, new))
        else:
            delays.append(delay)
    return DriftFigures(
        window=window,
        changes=len(delays) + len(missed),
        found=len(delays),
        median_delay=_median(delays),
        false_alarms=alarms,
        records=unchanged * len(versions),
        missed=missed,
    )


def _stream(styles: dict[str, Style], keys: Sequence[str], size: int) -> list[Style]:
    return [styles[key] for key in islice(cycle(keys), size)]


def _median(values: Sequence[int]) -> float | None:
    if not values:
        return None
    ranked = sorted(values)
    middle = len(ranked) // 2
    return (ranked[middle] + ranked[-middle - 1]) / 2
