"""Measurements as JSON, as a table for a terminal, and as the document of results."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec

import detectors
from detectors.evaluation.machine import processor
from detectors.evaluation.measure import Figures, Measurement
from detectors.evaluation.tiering import by_detector, tier_rows
from detectors.evaluation.trained import training_table

_NAMED_VERSIONS = ("numpy", "presidio-analyzer", "spacy", "detoxify", "scikit-learn")

Table = list[list[str]]


def to_json(measurements: Sequence[Measurement]) -> bytes:
    """A list with one object for each set and signal. What tiers did is in `tiers_to_json`."""
    objects = []
    for measurement in measurements:
        # Other programs read these keys: tiers have a file of their own.
        whole: dict[str, Any] = msgspec.to_builtins(measurement)
        del whole["tiers"]
        objects.append(whole)
    return msgspec.json.format(msgspec.json.encode(objects)) + b"\n"


def tiers_to_json(measurements: Sequence[Measurement]) -> bytes:
    """An object with the figures of tiers: `detectors`, added up, and `sets`, one by one."""
    figures = [m.tiers for m in measurements if m.tiers]
    found = {"detectors": by_detector(figures), "sets": figures}
    return msgspec.json.format(msgspec.json.encode(found)) + b"\n"


def to_text(measurements: Sequence[Measurement]) -> str:
    """The main figures in columns."""
    tables = (_main(measurements), _drift(measurements), _tiers(measurements))
    parts = [_aligned(table) for table in tables if table]
    parts += [f"skipped: {m.set} ({m.task}): {m.skipped}" for m in measurements if m.skipped]
    parts += [*_backends(measurements), *(note for m in measurements for note in _notes(m))]
    return "\n".join(parts)


def to_markdown(measurements: Sequence[Measurement], now: datetime, command: str) -> str:
    """The document of results: what was made with what, then all figures."""
    text = [
        "# How well the detectors do\n",
        f"Made by `{command}` on {now:%Y-%m-%d}, with {_versions()}, on {processor()}.\n",
        "## What was made with what\n",
        "Where the table of figures says *learned*, the shipped model saw rows of that very set, or"
        " rules were tuned on it: such a figure flatters, and shows only that what was learned is"
        " still there. *Held out* is then the AUROC of models that hadn't seen the rows they"
        " judged, where the cards in `detectors/models/` give it: that, or the figure of an"
        " *unseen* set, is what to expect of strangers' texts.\n",
        _markdown(_training(measurements)),
        "## Figures\n",
        "Precision, recall and F1 are at the default threshold, with 95 % intervals from a"
        " bootstrap by group. R@1 % and R@5 % are the recall where 1 % and 5 % of negatives fire."
        " Alarms are how many of 1,000 rows labelled 0 fire. Rows/s are by processor time of one"
        " core. In italics: plain methods on the same rows. TF-IDF is cross-validated on the set"
        " itself, so it is at home there, as no detector is with strangers' traffic; where length"
        " alone does well, a good figure says little.\n",
    ]
    if table := _main(measurements, markdown=True):
        text.append(_markdown(table))
    if table := _classes(measurements):
        text += [
            "## Kinds of rows\n",
            "Where a set tells kinds of rows apart: the share that fires at the threshold.\n",
            _markdown(table),
        ]
    if table := _spans(measurements):
        text += [
            "## Spans\n",
            "F1 of found against gold spans: any overlap, and character by character. For personal"
            " data the first counts gold spans of all types, names and places too, which the"
            " detector leaves alone on purpose; then overlap with the right type; then only spans"
            " that point at a person.\n",
            _markdown(table),
        ]
    if table := _drift(measurements):
        text += [
            "## Drift\n",
            "Each version's answers to one half of the instructions are a baseline; a stream of"
            " its answers to the other half goes over to another version's, for every pair. The"
            " newest records are judged every 20. Where a stream needs more answers than there"
            " are, it repeats them. Delay: records after the change, of those found.\n",
            _markdown(table),
            *(f"Missed with windows of {m.window} in {m.set}: {_pairs(m)}.\n" for m in measurements
              if m.missed),
        ]  # fmt: skip
    if table := _tiers(measurements):
        text += [
            "## Tiers\n",
            "Cheap tiers settle what they are certain of; the last reads the rest. *Sees* counts"
            " rows, *settles* is a share of all of the detector's rows; µs are of processor time:"
            " for each row that the tier sees, spread over all rows, and for a row where the last"
            " tier reads everything. That was done with a sample of each set: *recall lost* is the"
            " recall of the last tier alone less that of the tiers, and *lost* are the rows that"
            " fire only without tiers, of all that do.\n",
            _markdown(table),
        ]
    if table := _reliability(measurements):
        text += [
            "## Reliability\n",
            "For each tenth of the score's range: rows, and the share of them that is positive."
            " It depends on how many of a set are positive, which is far more than in traffic.\n",
            _markdown(table),
        ]
    if left := [m for m in measurements if m.skipped]:
        text += ["## Not measured\n", *(f"- {m.set} ({m.task}): {m.skipped}" for m in left), ""]
    if notes := [*_backends(measurements), *(note for m in measurements for note in _notes(m))]:
        text += ["## Notes\n", *(f"- {note}" for note in notes), ""]
    return "\n".join(text).rstrip() + "\n"


def _versions() -> str:
    found = [f"outwatch {detectors.__version__}", f"Python {platform.python_version()}"]
    for name in _NAMED_VERSIONS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


def _training(measurements: Iterable[Measurement]) -> Table:
    made = training_table()
    rows = [["detector", "how", "made with"]]
    for name in dict.fromkeys(m.detector for m in measurements if not m.skipped):
        how = made[name].how if name in made else "not recorded"
        sets = ", ".join(made[name].sets) if name in made else "not recorded"
        rows.append([name, how.strip(), sets or "no set"])
    return rows


def _main(measurements: Iterable[Measurement], *, markdown: bool = False) -> Table:
    head = ["set", "signal", "rows", "positive", "AUROC", "held out", "AP", "precision", "recall",
            "F1", "R@1 %", "R@5 %", "alarms", "rows/s"]  # fmt: skip
    rows = []
    for m in measurements:
        if m.skipped or m.task == "drift":
            continue
        signal = _threshold_of(m)
        alarms = "" if m.alarms_per_1000 is None else f"{m.alarms_per_1000:.0f}"
        speed = "" if m.records_per_second is None else f"{m.records_per_second:,.0f}"
        said = {True: " (learned)", False: " (unseen)", None: ""}[m.trained_on]
        cells = _cells(m, intervals=markdown)
        rows.append(
            [m.set + said, signal, f"{m.rows:,}", f"{m.positives:,}", *cells, alarms, speed]
        )
        for baseline in m.baseline:
            name = f"*{baseline.name}*" if markdown else f"  {baseline.name}"
            rows.append(["", name, "", "", *_cells(baseline, intervals=False), "", ""])
    return [head, *rows] if rows else []


def _threshold_of(m: Measurement) -> str:
    if m.threshold is not None:
        return f"{m.signal} > {m.threshold:g}"
    if len(set(m.thresholds.values())) == 1:
        return f"{m.signal} > {next(iter(m.thresholds.values())):g}"
    return f"{m.detector}: any of {len(m.thresholds)} signals"


def _cells(figures: Figures, *, intervals: bool) -> list[str]:
    def ranged(value: float | None, ends: tuple[float, float] | None) -> str:
        if value is None or ends is None or not intervals:
            return _number(value)
        return f"{value:.3f} ({ends[0]:.2f}–{ends[1]:.2f})"

    return [
        _number(figures.auroc),
        _number(figures.auroc_held_out if isinstance(figures, Measurement) else None),
        _number(figures.average_precision),
        ranged(figures.precision, figures.precision_interval),
        ranged(figures.recall, figures.recall_interval),
        ranged(figures.f1, figures.f1_interval),
        _number(figures.recall_at_fpr_001),
        _number(figures.recall_at_fpr_005),
    ]


def _classes(measurements: Iterable[Measurement]) -> Table:
    rows = [
        [m.set, kind.name, str(kind.label), f"{kind.rows:,}", f"{kind.fired:.1%}"]
        for m in measurements
        for kind in m.classes
    ]
    return [["set", "kind", "label", "rows", "fired"], *rows] if rows else []


def _spans(measurements: Iterable[Measurement]) -> Table:
    rows = []
    for m in measurements:
        named: list[tuple[str, Figures]] = [(m.signal, m)]
        named += [(f"*{baseline.name}*", baseline) for baseline in m.baseline]
        for number, (name, figures) in enumerate(named):
            if figures.span_f1 is not None:
                rows.append(
                    [
                        "" if number else m.set,
                        name,
                        _number(figures.span_f1),
                        _number(figures.character_f1),
                        _number(figures.span_f1_type_strict),
                        _number(figures.span_f1_identifiers),
                    ]
                )
    head = ["set", "signal", "overlap", "characters", "right type", "identifiers only"]
    return [head, *rows] if rows else []


def _drift(measurements: Iterable[Measurement]) -> Table:
    rows = [
        [
            m.set,
            str(m.window),
            f"{m.changes}",
            f"{m.found}",
            "" if m.median_delay is None else f"{m.median_delay:.0f}",
            f"{m.false_alarms}",
            f"{m.records:,}",
        ]
        for m in measurements
        if m.window is not None
    ]
    head = ["set", "window", "changes", "found", "median delay", "false alarms", "of records"]
    return [head, *rows] if rows else []


def _pairs(m: Measurement) -> str:
    return ", ".join(f"{old} → {new}" for old, new in m.missed or ())


def _tiers(measurements: Iterable[Measurement]) -> Table:
    return tier_rows(by_detector(m.tiers for m in measurements if m.tiers))


def _reliability(measurements: Iterable[Measurement]) -> Table:
    rows = []
    for m in measurements:
        if m.reliability:
            cells = [
                "" if part.positive is None else f"{part.records:,}: {part.positive:.0%}"
                for part in m.reliability
            ]
            rows.append([m.set, *cells])
    head = ["set", *(f"{part / 10:.1f}–{(part + 1) / 10:.1f}" for part in range(10))]
    return [head, *rows] if rows else []


def _notes(m: Measurement) -> list[str]:
    counted = (
        (m.absent, "rows without the signal count as score 0"),
        (m.errors, "rows that the detector failed on count as score 0"),
        (m.left_out, "rows of a third class were left out"),
    )
    notes = [f"{m.set} ({m.task}): {count:,} {what}" for count, what in counted if count]
    notes += [f"{m.set} ({m.task}): no {name}: {why}" for name, why in m.baselines_missing.items()]
    return notes


def _backends(measurements: Iterable[Measurement]) -> list[str]:
    answered = dict.fromkeys((m.detector, m.backend) for m in measurements if m.backend)
    return [f"{detector}: answered by {backend}" for detector, backend in answered]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _aligned(table: Table) -> str:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = []
    for row in table:
        cells = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def _markdown(table: Table) -> str:
    head, *rows = table
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines) + "\n"
