"""How many answers are found fault with that do what they were asked to do.

    python -m detectors.evaluation.asked FILE [DETECTOR …]

FILE holds JSON lines with `category`, `prompt`, `system_prompt` (either may be null) and `text`, an
answer that does what was asked for. By category prints the share of answers of which any signal is
above its threshold: as the detectors alone say, and after what was asked for is excused
(`detectors._meaning.excused`); then for each signal how many answers it is above in each way.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from detectors._meaning.excused import excused
from detectors.base import Batch, Record
from detectors.discover import available, create
from detectors.suite import Suite

JUDGED = frozenset(
    [
        "commitment",
        "form",
        "persona",
        "pii",
        "placement",
        "refusal",
        "secrets",
        "threat",
        "toxicity",
        "jailbreak",
    ]
)
"""Detectors that run unless some are named: those with signals that are excused, and those that say
what never is."""


class AskedRow(NamedTuple):
    """A row of the file."""

    category: str
    record: Record


class AskedFigures(NamedTuple):
    """Signals above their thresholds on each row, before and after the excusing."""

    before: list[frozenset[str]]
    after: list[frozenset[str]]


def read(path: Path) -> list[AskedRow]:
    """The rows of a file. Raises `ValueError` for one that is no such row, by its line."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            record = Record(
                record_id=str(number),
                output=row["text"],
                prompt=row.get("prompt") or None,
                system_prompt=row.get("system_prompt") or None,
            )
            rows.append(AskedRow(str(row["category"]), record))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{path.name}, line {number}: must be an object with category, prompt, "
                "system_prompt and text"
            ) from error
    return rows


def judged(rows: Sequence[AskedRow], suite: Suite) -> AskedFigures:
    """What a suite of loaded detectors finds, with what was asked for excused and without."""
    thresholds = {
        signal.name: signal.threshold
        for detector in suite.detectors
        for signal in detector.signals
        if not signal.feature
    }
    records = [row.record for row in rows]
    before: list[frozenset[str]] = []
    after: list[frozenset[str]] = []
    for record, verdict in zip(records, suite.unexcused(Batch(records)), strict=True):
        left = excused(record, verdict.scores, verdict.findings, thresholds).scores
        for scores, found in ((verdict.scores, before), (left, after)):
            found.append(
                frozenset(
                    name for name, score in scores.items() if score > thresholds.get(name, 1.0)
                )
                - {"jailbreak.attempt"}
            )
    return AskedFigures(before, after)


def tables(rows: Sequence[AskedRow], figures: AskedFigures) -> list[str]:
    """The tables, in Markdown."""
    lines = ["| category | rows | false before | after |", "| --- | --- | --- | --- |"]
    categories = [row.category for row in rows]
    for category in (*sorted(set(categories)), "all"):
        places = [n for n, one in enumerate(categories) if category in (one, "all")]
        shares = [
            sum(bool(found[place]) for place in places) / max(1, len(places)) for found in figures
        ]
        lines.append(f"| {category} | {len(places)} | {shares[0]:.1%} | {shares[1]:.1%} |")
    counts = [Counter(name for found in way for name in found) for way in figures]
    lines += ["", "| signal | answers before | after |", "| --- | --- | --- |"]
    lines += [f"| {name} | {counts[0][name]} | {counts[1][name]} |" for name in sorted(counts[0])]
    return lines


def main(given: Sequence[str]) -> None:
    """Prints the tables."""
    if not given:
        sys.exit("name the file of answers: python -m detectors.evaluation.asked FILE")
    path, names = Path(given[0]), list(given[1:]) or [n for n in available() if n in JUDGED]
    try:
        rows = read(path)
    except (OSError, ValueError) as error:
        sys.exit(f"{path} can't be read: {error}")
    loaded = []
    for name in names:
        detector = create(name)
        detector.load()
        loaded.append(detector)
    print("\n".join(tables(rows, judged(rows, Suite(loaded)))))


if __name__ == "__main__":
    main(sys.argv[1:])
