"""Compares the `pii` detector with plain Presidio on the same configuration, in one run.

    python tests/benchmarks/bench_pii.py --texts answers.jsonl.gz --equal set1.jsonl.gz …

`--texts` is timed; over the rows of `--equal` the findings of both ways are compared, and
where the rows have span labels, precision, recall and F1 are printed. Rows are JSON objects
with `output` and, for the latter, `label` or `spans` as lists of `start`, `end`, `type`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import psutil

from detectors.base import Batch, Finding, Record
from detectors.pii import PiiDetector
from detectors.pii.entities import DESCRIPTIONS

Row = dict[str, Any]


def rows_of(path: Path) -> list[Row]:
    """The rows of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def rate(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """Texts per second of processor time."""
    started = time.process_time()
    for text in texts:
        work(text)
    return len(texts) / (time.process_time() - started)


def overlap_f1(rows: Iterable[Row], found: Iterable[Sequence[Finding]]) -> tuple[float, ...]:
    """Precision, recall and F1 of spans, where any overlap with any gold span counts."""
    gold_hit = gold = right = reported = 0
    for row, findings in zip(rows, found, strict=True):
        spans = row["label"]
        gold += len(spans)
        reported += len(findings)
        gold_hit += sum(
            any(f.start < s["end"] and s["start"] < f.end for f in findings) for s in spans
        )
        right += sum(
            any(f.start < s["end"] and s["start"] < f.end for s in spans) for f in findings
        )
    precision, recall = right / max(1, reported), gold_hit / max(1, gold)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, help="ordinary answers, to be timed")
    parser.add_argument("--equal", type=Path, nargs="*", default=[], help="rows to compare on")
    parser.add_argument(
        "--plain-sample", type=int, default=200, help="answers Presidio is timed on"
    )
    arguments = parser.parse_args()

    started = time.perf_counter()
    detector = PiiDetector()
    detector.load()
    megabytes = psutil.Process().memory_info().rss / 2**20
    print(f"load: {time.perf_counter() - started:.1f} s, {megabytes:.0f} MB resident")

    if arguments.texts:
        rows = rows_of(arguments.texts)
        texts = [row["output"] for row in rows]
        answers = [detector.score(Batch([Record(record_id="", output=text)]))[0] for text in texts]
        pages = sum(answer.scores["pii.any"] > 0.5 for answer in answers)
        print(f"{pages} of {len(texts)} would page: {1000 * pages / len(texts):.1f} per 1,000")
        fast = rate(detector.hits, texts)
        plain = rate(detector.plain, texts[: arguments.plain_sample])
        print(f"fast {fast:,.0f}/s, plain {plain:,.1f}/s, ratio {fast / plain:,.0f}")
        print(f"after: {psutil.Process().memory_info().rss / 2**20:.0f} MB resident")

    everything = PiiDetector(entities=tuple(DESCRIPTIONS), names="always")
    everything.load()
    for path in arguments.equal:
        rows = rows_of(path)
        differing = sum(
            detector.hits(row["output"]) != detector.plain(row["output"]) for row in rows
        )
        print(f"{path.name}: {differing} of {len(rows)} texts differ")
        if all(isinstance(row["label"], list) for row in rows):
            for name, judge in (("default", detector), ("all entities", everything)):
                batch = Batch([Record(record_id="", output=row["output"]) for row in rows])
                figures = overlap_f1(rows, [answer.findings for answer in judge.score(batch)])
                print(f"  {name}: " + "precision {:.3f} recall {:.3f} F1 {:.3f}".format(*figures))


if __name__ == "__main__":
    main()
