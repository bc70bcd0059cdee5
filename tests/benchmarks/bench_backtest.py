"""How long `outwatch backtest` takes on a million rows, with the default rules, as it is run.

    python tests/benchmarks/bench_backtest.py [--rows 1000000] [--rate 50] [--bad 0.0]
        [--deployments 1] [--parquet] [--sweep N] [--alone]

The rows are those of `bench_windows.py`, 60 judged signals of which about 25 are above 0, as
messages in a file or as a Parquet export; `--rate` is of all deployments together. Two processes
share the work; with `--alone` one does it. Printed are wall time, and the processors' own, which
other work on the machine doesn't lengthen.
"""

from __future__ import annotations

import argparse
import heapq
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from detectors.evaluation.machine import processor
from streams.cli import _verdicts
from streams.config.settings import Settings
from streams.export.verdicts import Chosen
from streams.export.writers import write
from streams.offline.backtest import run
from streams.offline.stored import Stored
from streams.offline.sweep import swept
from streams.records import VerdictBatch
from streams.rules.load import default_rules
from tests.benchmarks.bench_windows import batches

_decoder = msgspec.json.Decoder(VerdictBatch)


def lines(rows: int, rate: float, bad: float, deployments: int) -> Iterator[bytes]:
    """Messages of some deployments, in the order of their first rows."""

    def of(number: int) -> Iterator[tuple[float, int, bytes]]:
        for line in batches(rows // deployments, 256, rate / deployments, bad):
            batch = _decoder.decode(line)
            batch.deployment = f"bot-{number}"
            yield batch.rows[0].event_time, number, msgspec.json.encode(batch)

    every = (of(number) for number in range(deployments))
    yield from (line + b"\n" for _, _, line in heapq.merge(*every))


def main() -> None:
    """Writes rows, reads them back, and prints how long that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=50.0, help="rows in a second of event time")
    parser.add_argument("--bad", type=float, default=0.0)
    parser.add_argument("--deployments", type=int, default=1)
    parser.add_argument("--parquet", action="store_true", help="read an export")
    parser.add_argument("--alone", action="store_true", help="use one process")
    parser.add_argument("--sweep", type=int, default=0, help="try one rule at so many limits")
    args = parser.parse_args()
    sets = [default_rules()]
    if args.sweep:
        sets = [one for _, one in swept(default_rules(), "refusals", 0.1, 0.6, args.sweep)[1]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("verdicts.parquet" if args.parquet else "verdicts.jsonl")
        made = lines(args.rows, args.rate, args.bad, args.deployments)
        if args.parquet:
            write(Chosen().rows(made), str(path), "parquet")
        else:
            with path.open("wb") as file:
                file.writelines(made)
        stored = Stored()
        wall, before = time.perf_counter(), os.times()
        if args.alone:
            read = _verdicts.verdict_lines(Settings(), (str(path),), None)
            trials = run(stored.batches(read), sets)
        else:
            trials = _verdicts.tried(Settings(), (str(path),), stored, sets)
        wall, after = time.perf_counter() - wall, os.times()
        own = after.user + after.system - before.user - before.system
        other = after.children_user + after.children_system
        opened = ", ".join(str(len(one.opened)) for one in trials)
        hours = ((stored.last or 0.0) - (stored.first or 0.0)) / 3600
        print(f"{stored.read:,} rows of {hours:.1f} h, {path.stat().st_size / 1e6:.0f} MB,"
              f" {processor()}")  # fmt: skip
        print(f"{wall:.1f} s; of processors {own:.1f} s, and {other:.1f} s of the other process")
        print(f"incidents opened: {opened}")


if __name__ == "__main__":
    main()
