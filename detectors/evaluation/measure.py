"""Scores a labelled file with the detector that its task belongs to, and works out the figures."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from detectors._tiers import Cascade, Tiered
from detectors.base import Detector, Finding
from detectors.discover import available, create
from detectors.evaluation import trained
from detectors.evaluation.baselines import Scored, baselines_of
from detectors.evaluation.drifting import TooFew, measure_drift
from detectors.evaluation.metrics import (
    Bin,
    Flags,
    Floats,
    at_threshold,
    auroc,
    average_precision,
    recall_at_fpr,
    reliability,
    span_characters,
    span_overlap,
)
from detectors.evaluation.rows import Row, Span, read_rows, sample_rows, set_name
from detectors.evaluation.tasks import TASKS, Task, identifies, label_of, record_of, same_type
from detectors.evaluation.tiering import TierFigures, compared, uses
from detectors.suite import Suite

BATCH = 64


class SetOptions(msgspec.Struct, frozen=True):
    """How to measure: rows of a set at most, only these tasks, detectors' keyword arguments.

    `audit_rows` of a set, at most, are judged by the last tier whatever the others say, to see what
    these lose.
    """

    limit: int | None = None
    tasks: tuple[str, ...] = ()
    detector_options: Mapping[str, Mapping[str, Any]] = {}
    baselines: bool = True
    audit_rows: int = 200
    seed: int = 0


class Class(msgspec.Struct, frozen=True):
    """A kind of rows, as `meta["class"]` names it: how many fire, in [0, 1], at the threshold."""

    name: str
    label: int
    rows: int
    fired: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What scores are worth on a set. None where a figure has no meaning.

    Yes-or-no figures are at the default threshold, with 95 % intervals from a bootstrap by group.
    Spans count where they overlap; `character_f1` is about where exactly they begin and end. For
    `pii`, `span_f1` counts gold spans of every type, `span_f1_type_strict` asks for the right one,
    and `span_f1_identifiers` leaves out what points at nobody by itself.
    """

    auroc: float | None = None
    average_precision: float | None = None
    precision: float | None = None
    precision_interval: tuple[float, float] | None = None
    recall: float | None = None
    recall_interval: tuple[float, float] | None = None
    f1: float | None = None
    f1_interval: tuple[float, float] | None = None
    recall_at_fpr_001: float | None = msgspec.field(default=None, name="recall_at_fpr_0.01")
    recall_at_fpr_005: float | None = msgspec.field(default=None, name="recall_at_fpr_0.05")
    span_f1: float | None = None
    span_f1_type_strict: float | None = None
    span_f1_identifiers: float | None = None
    character_f1: float | None = None
    records_per_second: float | None = None


class BaselineFigures(Figures, frozen=True, kw_only=True):
    """The same figures of a plain method."""

    name: str


class Measurement(Figures, frozen=True, kw_only=True):
    """One set and signal.

    `threshold` is None and `thresholds` has several where a task is judged by several signals;
    such a row fires when any of them is above its own. `alarms_per_1000` is how many of 1,000 rows
    labelled 0 fire. `absent` counts rows that the detector gave none of the signals, `errors`
    those it failed on: both count as score 0. `left_out` counts rows of a third class.
    `tiers` is None for a detector without tiers.
    `trained_on` says whether the shipped models learned from rows of this set, None where that
    isn't recorded: if so, its figures flatter, and `auroc_held_out` is what a card gives for models
    that hadn't seen them. `skipped` says why a set wasn't measured. `records_per_second` is by
    processor time of one core.
    """

    set: str
    task: str
    detector: str
    signal: str
    rows: int
    positives: int | None = None
    left_out: int = 0
    absent: int = 0
    errors: int = 0
    threshold: float | None = None
    thresholds: dict[str, float] = {}
    alarms_per_1000: float | None = None
    trained_on: bool | None = None
    auroc_held_out: float | None = None
    backend: str = ""
    reliability: list[Bin] | None = None
    classes: list[Class] = []
    baseline: list[BaselineFigures] = []
    baselines_missing: dict[str, str] = {}
    skipped: str | None = None
    window: int | None = None
    changes: int | None = None
    found: int | None = None
    median_delay: float | None = None
    false_alarms: int | None = None
    records: int | None = None
    missed: list[tuple[str, str]] | None = None
    tiers: TierFigures | None = None


def measure_file(path: Path | str, options: SetOptions = SetOptions()) -> list[Measurement]:  # noqa: B008
    """One measurement for each task in a file (for drift, one for each size of window).

    Raises `BrokenSet` for a file that can't be read or that holds a task nobody knows, and what
    `Detector.load` raises. A task whose detector isn't installed is told in `skipped`.
    """
    rows_by_task: dict[str, list[Row]] = {}
    for row in read_rows(path, TASKS):
        rows_by_task.setdefault(row.task, []).append(row)
    found: list[Measurement] = []
    for name, rows in rows_by_task.items():
        if options.tasks and name not in options.tasks:
            continue
        if options.limit is not None:
            rows = sample_rows(rows, options.limit, options.seed)
        found += measure_rows(set_name(path), name, rows, options)
    return found


def measure_rows(
    name: str, task_name: str, rows: Sequence[Row], options: SetOptions
) -> list[Measurement]:
    """The measurements of one set and task."""
    task = TASKS[task_name]

    def skipped(why: str) -> list[Measurement]:
        signal = " | ".join(task.signals) or f"{task.detector}.*"
        return [
            Measurement(
                set=name, task=task_name, detector=task.detector, signal=signal, rows=len(rows),
                skipped=why,
            )
        ]  # fmt: skip

    if task.detector not in available():
        return skipped(f"no detector named {task.detector} is installed")
    if task_name == "drift":
        try:
            return _drift(name, rows, options.seed)
        except TooFew as few:
            return skipped(str(few))
    suite = _loaded(task.detector, _Frozen(options.detector_options.get(task.detector, {})))
    thresholds = {
        signal.name: signal.threshold
        for signal in suite.detectors[0].signals
        if signal.name in (task.signals or (signal.name,)) and not signal.feature
    }
    lacking = set(task.signals) - thresholds.keys()
    if lacking or not thresholds:
        return skipped(f"the detector {task.detector} has no such signal")
    return [_measure(name, task_name, rows, suite, thresholds, options)]


def _measure(
    name: str,
    task_name: str,
    rows: Sequence[Row],
    suite: Suite,
    thresholds: dict[str, float],
    options: SetOptions,
) -> Measurement:
    task = TASKS[task_name]
    labelled = [(row, label) for row in rows if (label := label_of(row)) is not None]
    kept = [row for row, _ in labelled]
    labels = np.array([label for _, label in labelled], dtype=np.bool_)
    answers, tiers = _both_ways(name, task_name, kept, labels, suite, thresholds, options)
    baselines: list[BaselineFigures] = []
    missing: dict[str, str] = {}
    if options.baselines and kept:
        scored, missing = baselines_of(task_name, kept, labels, options.seed)
        baselines = [
            BaselineFigures(
                name=baseline.name,
                **_figures(kept, labels, baseline, is_pii=task_name == "pii", seed=options.seed),
            )
            for baseline in scored
        ]
    mine = Scored(task.detector, answers.scores, answers.fired, answers.spans)
    alone = len(thresholds) == 1
    return Measurement(
        set=name,
        task=task_name,
        detector=task.detector,
        signal=next(iter(thresholds)) if alone else f"max({', '.join(thresholds)})",
        rows=len(kept),
        positives=int(labels.sum()),
        left_out=len(rows) - len(kept),
        absent=answers.absent,
        errors=answers.errors,
        threshold=next(iter(thresholds.values())) if alone else None,
        thresholds=thresholds,
        alarms_per_1000=float(1000 * answers.fired[~labels].mean()) if (~labels).any() else None,
        trained_on=trained.trained_on(task.detector, name),
        auroc_held_out=trained.held_out(task.detector, name),
        backend=", ".join(sorted(answers.backends)),
        reliability=reliability(answers.scores, labels),
        classes=_classes(kept, labels, answers.fired),
        baseline=baselines,
        baselines_missing=missing,
        records_per_second=len(kept) / answers.seconds if answers.seconds else None,
        tiers=tiers,
        **_figures(kept, labels, mine, is_pii=task_name == "pii", seed=options.seed),
    )


def _both_ways(
    name: str,
    task_name: str,
    rows: Sequence[Row],
    labels: Flags,
    suite: Suite,
    thresholds: dict[str, float],
    options: SetOptions,
) -> tuple[_Answers, TierFigures | None]:
    """What the detector says of all rows, and what its tiers did and lost, if it has any.

    The rows that are judged again are a sample by group.
    """
    task = TASKS[task_name]
    suite.audit(0.0)
    suite.take_tiers()
    answers = _Answers(rows, task, suite, thresholds)
    counts = suite.take_tiers().get(task.detector)
    if counts is None:
        return answers, None
    figures: dict[str, int] = {}
    seconds_all = 0.0
    if options.audit_rows and rows:
        chosen = {id(row) for row in sample_rows(rows, options.audit_rows, options.seed)}
        places = [place for place, row in enumerate(rows) if id(row) in chosen]
        suite.audit(1.0)
        by_all = _Answers([rows[place] for place in places], task, suite, thresholds)
        figures = compared(labels[places], answers.fired[places], by_all.fired)
        dearest = {cascade.names[-1] for cascade in _cascades(suite)}
        taken = suite.take_tiers()[task.detector]
        seconds_all = sum(taken[tier].seconds for tier in dearest)
    return answers, TierFigures(
        detector=task.detector,
        set=name,
        task=task_name,
        rows=len(rows),
        tiers=uses(counts),
        seconds_all=seconds_all,
        **figures,
    )


class _Answers:
    """What the detector says of each row."""

    def __init__(
        self, rows: Sequence[Row], task: Task, suite: Suite, thresholds: Mapping[str, float]
    ) -> None:
        self.scores: Floats = np.zeros(len(rows))
        self.fired: Flags = np.zeros(len(rows), dtype=np.bool_)
        self.spans: list[list[Finding]] = []
        self.absent = self.errors = 0
        self.backends: set[str] = set()
        # pii.any and secrets.any have no findings of their own: all of the detector's are theirs.
        every = any(signal.endswith(".any") for signal in thresholds)
        records = [record_of(row, task, number) for number, row in enumerate(rows)]
        started = time.process_time()
        verdicts = [
            verdict
            for start in range(0, len(records), BATCH)
            for verdict in suite.score(records[start : start + BATCH])
        ]
        self.seconds = time.process_time() - started
        for place, verdict in enumerate(verdicts):
            given = {name: verdict.scores[name] for name in thresholds if name in verdict.scores}
            self.errors += bool(verdict.errors)
            self.absent += not given and not verdict.errors
            self.scores[place] = max(given.values(), default=0.0)
            self.fired[place] = any(score > thresholds[name] for name, score in given.items())
            self.backends.update(verdict.backends.values())
            self.spans.append([f for f in verdict.findings if every or f.signal in thresholds])


def _figures(
    rows: Sequence[Row], labels: Flags, scored: Scored, *, is_pii: bool, seed: int
) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "auroc": auroc(scored.scores, labels),
        "average_precision": average_precision(scored.scores, labels),
        "recall_at_fpr_001": recall_at_fpr(scored.scores, labels, 0.01),
        "recall_at_fpr_005": recall_at_fpr(scored.scores, labels, 0.05),
    }
    if scored.fired is not None:
        groups = [row.group or number for number, row in enumerate(rows)]
        for name, interval in at_threshold(scored.fired, labels, groups, seed)._asdict().items():
            figures |= {name: interval.value, f"{name}_interval": interval.ends}
    if scored.spans is not None and any(row.gold is not None for row in rows):
        figures |= _span_figures(rows, scored.spans, is_pii=is_pii)
    return figures


def _classes(rows: Sequence[Row], labels: Flags, fired: Flags) -> list[Class]:
    kinds: dict[tuple[int, str], list[int]] = {}
    for place, row in enumerate(rows):
        if isinstance(name := row.meta.get("class"), str):
            kinds.setdefault((int(labels[place]), name), []).append(place)
    return [
        Class(name, label, len(places), float(fired[places].mean()))
        for (label, name), places in sorted(kinds.items())
    ]


def _span_figures(
    rows: Sequence[Row], spans: Sequence[Sequence[Span | Finding]], *, is_pii: bool
) -> dict[str, Any]:
    # A row without a list of spans isn't known to have none.
    known = [place for place, row in enumerate(rows) if row.gold is not None]
    gold = [rows[place].gold or [] for place in known]
    found = [spans[place] for place in known]
    everything = span_overlap(gold, found)
    characters = span_characters(gold, found)
    figures = {
        "span_f1": everything.f1 if everything else None,
        "character_f1": characters.f1 if characters else None,
    }
    if is_pii:
        strict = span_overlap(gold, found, lambda g, f: same_type(g.type, _type_of(f)))
        pointing = [[span for span in here if identifies(span.type)] for here in gold]
        others = [[span for span in here if not identifies(span.type)] for here in gold]
        judged = [
            [f for f in here if not any(o.start < f.end and f.start < o.end for o in beside)]
            for here, beside in zip(found, others, strict=True)
        ]
        identifiers = span_overlap(pointing, judged)
        figures["span_f1_type_strict"] = strict.f1 if strict else None
        figures["span_f1_identifiers"] = identifiers.f1 if identifiers else None
    return figures


def _type_of(found: Span | Finding) -> str:
    return found.type if isinstance(found, Span) else found.kind


def _drift(name: str, rows: Sequence[Row], seed: int) -> list[Measurement]:
    return [
        Measurement(
            set=name, task="drift", detector="drift", signal="drift", rows=len(rows),
            trained_on=trained.trained_on("drift", name), window=figures.window,
            changes=figures.changes, found=figures.found, median_delay=figures.median_delay,
            false_alarms=figures.false_alarms, records=figures.records, missed=figures.missed,
        )
        for figures in measure_drift(rows, seed)
    ]  # fmt: skip


class _Frozen:
    """Keyword arguments that a cache can tell apart."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = dict(options)
        self._key = msgspec.json.encode(self.options, order="sorted")

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and self._key == other._key


@cache
def _loaded(name: str, options: _Frozen) -> Suite:
    """The detector, loaded once per process."""
    detector: Detector = create(name, options.options)
    detector.load()
    suite = Suite([detector])
    for cascade in _cascades(suite):
        cascade.clock = time.process_time
    return suite


def _cascades(suite: Suite) -> list[Cascade[Any, Any]]:
    tiered = [detector for detector in suite.detectors if isinstance(detector, Tiered)]
    return [cascade for detector in tiered for cascade in detector.cascades]
