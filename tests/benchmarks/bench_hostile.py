"""How long hostile records take: `python tests/benchmarks/bench_hostile.py`.

Each record is scored alone and as long as an answer may be. Prints a table, the slowest first, with
the detectors that took most of it. Seconds are processor time, so that a busy machine changes
little; those of the second detector on are without what the first have worked out of the text.
"""

from __future__ import annotations

import argparse
import time

from detectors import Batch, Detector, available, create
from tests.support.hostile_records import SIZE, cases


def seconds(detector: Detector, batch: Batch) -> float:
    """Processor time of one detector."""
    started = time.process_time()
    detector.score(batch)
    return time.process_time() - started


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE, help="characters (default %(default)s)")
    parser.add_argument("--only", default="", help="names of cases, with commas between")
    parser.add_argument("--detectors", default="", help="these, with commas between")
    asked = parser.parse_args()
    names = [name for name in asked.detectors.split(",") if name] or list(available())
    wanted = {name for name in asked.only.split(",") if name}
    detectors = [create(name, None) for name in names]
    warm = Batch([make(2_000) for _, make in cases()][:3])
    for detector in detectors:
        detector.load()
        detector.score(warm)
    table = []
    for name, make in cases():
        if wanted and name not in wanted:
            continue
        batch = Batch([make(asked.size)])
        spent = {one.name: seconds(one, batch) for one in detectors}
        worst = sorted(spent, key=lambda one: -spent[one])[:4]
        told = ", ".join(f"{one} {spent[one]:.2f}" for one in worst)
        table.append((sum(spent.values()), name, told))
        print(f"{table[-1][0]:7.2f} s  {name:28} {told}", flush=True)
    table.sort(reverse=True)
    print(f"\n{len(table)} records of {asked.size:,} characters, the slowest first")
    for whole, name, told in table[:25]:
        print(f"{whole:7.2f} s  {name:28} {told}")
    print(f"over 2 s: {sum(one[0] > 2 for one in table)} of {len(table)}")


if __name__ == "__main__":
    main()
