"""How well signals are found in texts that somebody else retold in their own words.

    python -m detectors.evaluation.retold [FILE]

FILE holds JSON lines with `signal`, `label` ("fires" or "quiet"), `language`, `prompt`
(may be null) and `text`; by default the tests' own, which no model learns from. For each signal,
English and the other languages apart, prints the AUROC, the recall and the share of false alarms at
the default thresholds: without what sentences mean, by the cheap heads alone, by all, and with the
encoder reading all as if there were no cheap heads. Then what a text costs.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from detectors._meaning.judge import ENCODER, OFF, STATIC
from detectors.base import Batch, Record
from detectors.discover import create
from detectors.evaluation.metrics import Flags, Floats, auroc

FILE: Final = Path(__file__).parents[2] / "tests/detectors/data/retold/signals.jsonl"
SIGNALS: Final = {
    "romance": ("persona", ("persona.romance",)),
    "manipulation": ("persona", ("persona.manipulation",)),
    "escape": ("persona", ("persona.escape",)),
    "existential": ("persona", ("persona.existential",)),
    "sassiness": ("persona", ("persona.sassiness",)),
    "aggression": ("persona", ("persona.aggression",)),
    "threat": ("threat", ("threat.violence", "threat.user", "threat.third_party")),
    "placement": ("placement", ("placement.brand",)),
    "commitment": ("commitment", ("commitment.unauthorised",)),
    "compliance": ("jailbreak", ("jailbreak.success",)),
    "refusal": ("refusal", ("refusal.full",)),
}
"""The detector that finds a signal of the file, and its names there, any of which may fire."""
WAYS: Final[dict[str, dict[str, Any]]] = {
    "without meaning": {"meaning": OFF},
    "cheap heads alone": {"meaning": STATIC},
    "all": {"meaning": ENCODER},
    "encoder reads all": {"meaning": ENCODER, "audit_share": 1.0},
}
MEANT: Final = frozenset({"persona", "threat", "placement", "commitment", "jailbreak", "refusal"})
_AT_ONCE: Final = 64
_LABELS: Final = {"fires": True, "quiet": False}


class Retold(NamedTuple):
    """A row of the file."""

    signal: str
    fires: bool
    language: str
    record: Record


class Found(NamedTuple):
    """Figures on some rows; None where they can't be had."""

    rows: int
    auroc: float | None
    recall: float | None
    false: float | None
    milliseconds: float


def read(path: Path) -> list[Retold]:
    """The rows of a file. Raises `ValueError` for one that is no such row, by its line."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            record = Record(record_id=str(number), output=row["text"], prompt=row["prompt"] or None)
            rows.append(Retold(row["signal"], _LABELS[row["label"]], row["language"], record))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path.name}, line {number}: is no row of retold texts") from error
    return rows


def measured(rows: Sequence[Retold], detector: Any, names: Sequence[str]) -> Found:
    """What a loaded detector finds of one signal's rows."""
    thresholds = {one.name: one.threshold for one in detector.signals}
    scores, fired = [], []
    started = time.process_time()
    for first in range(0, len(rows), _AT_ONCE):
        for answer in detector.score(Batch([row.record for row in rows[first : first + _AT_ONCE]])):
            given = {name: answer.scores.get(name, 0.0) for name in names}
            scores.append(max(given.values()))
            fired.append(any(score > thresholds[name] for name, score in given.items()))
    spent = time.process_time() - started
    labels: Flags = np.array([row.fires for row in rows], bool)
    values: Floats = np.array(scores)
    hit = np.array(fired, bool)
    return Found(
        len(rows),
        auroc(values, labels),
        float(hit[labels].mean()) if labels.any() else None,
        float(hit[~labels].mean()) if not labels.all() else None,
        1_000 * spent / max(1, len(rows)),
    )


def table(rows: Sequence[Retold]) -> list[str]:
    """The table, in Markdown."""
    lines = [
        "| signal | language | way | rows | AUROC | recall | false | ms a text |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for signal, (name, names) in SIGNALS.items():
        ways: dict[str, dict[str, Any]] = WAYS if name in MEANT else {"all": {}}
        for way, options in ways.items():
            detector = create(name, {"audit_share": 0.0, **options} if name in MEANT else options)
            detector.load()
            for language in ("English", "others"):
                some = [
                    row
                    for row in rows
                    if row.signal == signal and (row.language == "en") == (language == "English")
                ]
                if some:
                    found = measured(some, detector, names)
                    cells = [_figure(one) for one in (found.auroc, found.recall, found.false)]
                    lines.append(
                        f"| {signal} | {language} | {way} | {found.rows} | {' | '.join(cells)} "
                        f"| {found.milliseconds:.1f} |"
                    )
    return lines


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def main(given: Sequence[str]) -> None:
    """Prints the table."""
    path = Path(given[0]) if given else FILE
    try:
        rows = read(path)
    except (OSError, ValueError) as error:
        sys.exit(f"{path} can't be read: {error}")
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main(sys.argv[1:])
