"""Detoxify and the models that ship, measured on the same labelled texts.

    python -m detectors.evaluation.beside_detoxify --checkpoint FILE [--config FOLDER]
        [--jigsaw test.csv] [DATA…]

Prints, for each set and class, the AUROC, the recall and the share of false alarms at the default
threshold, what a text costs, and whether either has learned from the set. DATA are files of
labelled rows, or folders, of which the files named `toxicity…` are taken; when nothing is named,
the labelled sets that are kept with the sources. `--jigsaw` reads Jigsaw's own test set. Detoxify
is loaded as the detector loads it; where it can't be, nothing is measured and no figure is printed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from detectors.evaluation.jigsaw import jigsaw_set, read_jigsaw
from detectors.evaluation.metrics import Flags, Floats, auroc
from detectors.evaluation.regression import DATA
from detectors.evaluation.rows import BrokenSet, Row, read_rows, sample_rows, set_name
from detectors.evaluation.tasks import TASKS, label_of, record_of
from detectors.evaluation.trained import held_out, trained_on, training_table
from detectors.suite import Suite
from detectors.toxicity import ToxicityDetector
from detectors.toxicity.detoxify import FILES, NoDetoxify

TASK: Final = "toxicity"
_SIGNAL: Final = "toxicity.toxicity"
_AT_ONCE: Final = 64
_ENDINGS: Final = (".jsonl", ".jsonl.gz", ".jsonl.xz")
_JIGSAW: Final = "jigsaw__"
_PUBLIC: Final = ("train", "test", "jigsaw-toxic-comment-train")
"""Jigsaw's files by their public names; what is in others nobody can know."""


class LabelledSet(NamedTuple):
    """The rows of a set, all of which have the same labels."""

    name: str
    rows: list[Row]


class Judged(NamedTuple):
    """What a detector says of a set's rows: scores in [0, 1] by signal, those that it has.

    `failed` counts the rows that it failed on, which score 0.
    """

    scores: dict[str, Floats]
    failed: int
    milliseconds: float


class Found(NamedTuple):
    """Figures of one signal; None where they can't be had."""

    auroc: float | None
    recall: float | None
    false: float | None


def labelled_sets(paths: Iterable[Path], jigsaw: Iterable[Path] = ()) -> list[LabelledSet]:
    """The toxicity rows of labelled files and folders, and of files in Jigsaw's layout.

    Raises `BrokenSet` for a file that can't be read, or that has no such rows.
    """
    found = []
    for path in _files(paths):
        rows = [row for row in read_rows(path, TASKS) if row.task == TASK]
        rows = [row for row in rows if label_of(row) is not None]
        if not rows:
            raise BrokenSet(path, None, f"holds no labelled rows of the task {TASK}")
        found.append(LabelledSet(set_name(path), rows))
    return found + [LabelledSet(jigsaw_set(path), read_jigsaw(path)) for path in jigsaw]


def _files(paths: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted(path.glob(f"{TASK}*"))
        if not (inside := [one for one in inside if one.name.endswith(_ENDINGS)]):
            raise BrokenSet(path, None, f"holds no file {TASK}*{', '.join(_ENDINGS)}")
        files += inside
    return list(dict.fromkeys(files))


def labels_of(rows: Sequence[Row]) -> dict[str, Flags]:
    """The labels of rows by the signal that judges them."""
    first: Mapping[str, int] = rows[0].meta.get("labels", {})
    if not first:
        return {_SIGNAL: np.array([label_of(row) for row in rows], dtype=np.bool_)}
    return {
        signal: np.array([row.meta["labels"][signal] for row in rows], dtype=np.bool_)
        for signal in first
    }


def judged(rows: Sequence[Row], detector: ToxicityDetector) -> Judged:
    """Scores of a loaded detector, and milliseconds a text, by processor time of all threads."""
    suite = Suite([detector])
    records = [record_of(row, TASKS[TASK], number) for number, row in enumerate(rows)]
    started = time.process_time()
    verdicts = [
        verdict
        for start in range(0, len(records), _AT_ONCE)
        for verdict in suite.score(records[start : start + _AT_ONCE])
    ]
    spent = time.process_time() - started
    names = dict.fromkeys(name for verdict in verdicts for name in verdict.scores)
    return Judged(
        {name: np.array([one.scores.get(name, 0.0) for one in verdicts]) for name in names},
        sum(bool(verdict.errors) for verdict in verdicts),
        1_000 * spent / max(1, len(rows)),
    )


def figures(scores: Floats, labels: Flags, threshold: float) -> Found:
    """What scores are worth; a row fires above the threshold."""
    fired = scores > threshold
    return Found(
        auroc(scores, labels),
        float(fired[labels].mean()) if labels.any() else None,
        float(fired[~labels].mean()) if not labels.all() else None,
    )


def learned(backend: str, name: str) -> bool | None:
    """Whether what answers has learned from a set; None where that isn't known.

    >>> learned("detoxify-multilingual", "jigsaw__test"), learned("detoxify-local", "jigsaw__test")
    (True, None)
    """
    if not backend.startswith("detoxify"):
        return trained_on(TASK, name)
    found = trained_on(backend, name)
    if name.startswith(_JIGSAW) and name.removeprefix(_JIGSAW) not in _PUBLIC:
        return found or None
    return found


def table(sets: Iterable[LabelledSet], two: Sequence[ToxicityDetector]) -> list[str]:
    """The table, in Markdown: of each set and signal a line for each of the loaded detectors."""
    lines = [
        "| set | signal | rows | toxic | answered by | learned | AUROC | held out | recall | false "
        "| ms a text |",
        f"|{' --- |' * 11}",
    ]
    for one in sets:
        answers = []
        for detector in two:
            print(f"{one.name}: {len(one.rows):,} texts, {detector.backend}", file=sys.stderr)
            answers.append(judged(one.rows, detector))
        for signal, labels in labels_of(one.rows).items():
            about = [one.name, signal, f"{len(labels):,}", f"{labels.sum():,}"]
            for detector, answer in zip(two, answers, strict=True):
                cells = _cells(one.name, signal, labels, detector, answer)
                lines.append(f"| {' | '.join([*about, *cells])} |")
                about = [""] * len(about)
    return lines


def _cells(
    name: str, signal: str, labels: Flags, detector: ToxicityDetector, answer: Judged
) -> list[str]:
    backend = detector.backend
    if signal not in answer.scores:
        return [backend, "doesn't judge this", "", "", "", "", ""]
    thresholds = {one.name: one.threshold for one in detector.signals}
    found = figures(answer.scores[signal], labels, thresholds[signal])
    said = {True: "yes", False: "no", None: "not known"}[learned(backend, name)]
    if answer.failed:
        said += f"; failed on {answer.failed:,}"
    ours = signal == _SIGNAL and not backend.startswith("detoxify")
    held = held_out(TASK, name) if ours else None
    numbers = (found.auroc, held, found.recall, found.false)
    return [backend, said, *map(_figure, numbers), f"{answer.milliseconds:.1f}"]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def notes(two: Sequence[ToxicityDetector]) -> list[str]:
    """What the columns mean, and what each of the detectors was made with."""
    said = [
        "Recall and false are shares of the toxic and of the other rows that fire, at the default "
        "threshold. Where a model has learned from a set, its figures flatter; held out is the "
        "AUROC of models that hadn't seen the rows they judged. Milliseconds are processor time.",
    ]
    made = training_table()
    for detector in two:
        key = detector.backend if detector.backend.startswith("detoxify") else TASK
        how = made[key].how.strip() if key in made else "what it learned from isn't known."
        said.append(f"{detector.backend}: {how}")
    return said


def both(options: argparse.Namespace) -> list[ToxicityDetector]:
    """Detoxify and the default without it, loaded, in this order. Raises `NoDetoxify`."""
    checkpoint: Path | None = options.checkpoint
    names = {file: model for model, file in FILES.items()}
    model = options.model or (names.get(checkpoint.name) if checkpoint else None)
    choices: dict[str, Any] = {
        "model": model,
        "checkpoint": str(checkpoint) if checkpoint else None,
        "config_path": str(options.config) if options.config else None,
        "sha256": options.sha256,
        "threads": options.threads,
    }
    # An audit has the encoder read what the linear model had settled: a cost of neither.
    two = [
        ToxicityDetector(backend="detoxify", **choices),
        ToxicityDetector(backend="linear", audit_share=0.0),
    ]
    for detector in two:
        detector.load()
    return two


def _options(given: Sequence[str]) -> argparse.Namespace:
    about = "Detoxify beside the models that ship, on the same labelled texts."
    parser = argparse.ArgumentParser("python -m detectors.evaluation.beside_detoxify", None, about)
    add = parser.add_argument
    add("data", nargs="*", type=Path, metavar="DATA", help="labelled files, or folders with them")
    add("--checkpoint", type=Path, help="Detoxify's weights; by default those in torch's cache")
    add("--model", choices=FILES, help="which model the checkpoint is, if its name doesn't say")
    add("--config", type=Path, help="folder with that model's configuration and tokenizer")
    add("--sha256", help="of the checkpoint, which is loaded only if it is the same")
    add("--threads", type=int, help="torch's threads")
    add("--jigsaw", type=Path, action="append", default=[], metavar="CSV",
        help="test.csv, with test_labels.csv beside it, or one file with the labels")  # fmt: skip
    add("--limit", type=int, help="rows of a set at most, drawn by group")
    options = parser.parse_args(given)
    if options.limit is not None and options.limit < 1:
        parser.error("--limit must be at least 1")
    if not options.data and not options.jigsaw:
        if not DATA.is_dir():
            parser.error("name labelled files, or --jigsaw")
        options.data = [DATA]
    return options


def main(given: Sequence[str]) -> None:
    """Prints the table and its notes."""
    options = _options(given)
    try:
        sets = labelled_sets(options.data, options.jigsaw)
        two = both(options)
    except BrokenSet as error:
        sys.exit(str(error))
    except (NoDetoxify, ValueError) as error:
        sys.exit(f"no figure is printed, as there is no Detoxify to measure: {error}")
    if options.limit is not None:
        sets = [LabelledSet(one.name, sample_rows(one.rows, options.limit)) for one in sets]
    print("\n".join([*table(sets, two), "", *notes(two)]))


if __name__ == "__main__":
    main(sys.argv[1:])
