"""Rows per second through the windows, with the default rules: one core, ordinary traffic.

    python tests/benchmarks/bench_windows.py [--rows 200000] [--bad 0.01]

Rows carry 60 judged signals of which about 25 are above 0, as the detectors give them. Also
printed: how long one evaluation takes, and the size of the snapshot of a busy deployment.
"""

from __future__ import annotations

import argparse
import platform
import random
import time

import msgspec

from streams.builtin_signals import PREFIXES
from streams.records import VerdictBatch, VerdictRow
from streams.rules.load import default_rules
from streams.windows.windows import Windows

_START = 1_760_000_000.0


def signals() -> tuple[list[str], list[str]]:
    """The signals that the default rules hear, features and 60 in all."""
    heard = [rule.signal for rule in default_rules().rules if "*" not in rule.signal]
    judged = sorted({one for one in heard if not one.startswith(PREFIXES)})
    features = [f"drift.f{number:02}" for number in range(22)]
    others = [f"other.s{number:02}" for number in range(60 - len(judged) - len(features))]
    return judged, features + others


def batches(rows: int, per_batch: int, rate: float, bad: float) -> list[bytes]:
    """Batches of three source partitions as they lie on the topic."""
    rng = random.Random(1)
    judged, others = signals()
    features = [one for one in others if one.startswith("drift.")]
    made = []
    offsets = [0, 0, 0]
    at = _START
    for number in range(rows // per_batch):
        partition = number % 3
        chosen = []
        for _ in range(per_batch):
            at += 1 / rate
            scores = {one: round(rng.random(), 4) for one in features}
            for one in rng.sample(judged, 3):
                scores[one] = round(rng.random() * (1 if rng.random() < bad else 0.4), 4)
            chosen.append(
                VerdictRow(
                    offset=offsets[partition],
                    record_id=f"r{partition}-{offsets[partition]}",
                    event_time=at,
                    scores=scores,
                    user=f"{rng.getrandbits(48):012x}",
                    tenant=f"tenant-{rng.randrange(50)}",
                    model_version="2026-11-01",
                    excerpt="An excerpt of the answer, masked, of about eighty characters, as they are.",
                )
            )
            offsets[partition] += 1
        batch = VerdictBatch(
            deployment="support-bot",
            topic="llm.outputs",
            partition=partition,
            first_offset=chosen[0].offset,
            last_offset=chosen[-1].offset,
            rows=chosen,
            judged=[judged + others],
        )
        made.append(msgspec.json.encode(batch))
    return made


def main() -> None:
    """Prints rows per second, seconds per evaluation and bytes per snapshot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--rate", type=float, default=30.0, help="rows per second of event time")
    parser.add_argument("--bad", type=float, default=0.01, help="share of high scores")
    args = parser.parse_args()
    decoder = msgspec.json.Decoder(VerdictBatch)
    messages = batches(args.rows, args.batch, args.rate, args.bad)
    windows = Windows(default_rules())
    seconds = {"decode": 0.0, "fold": 0.0, "evaluate": 0.0, "snapshot": 0.0}
    largest = events = 0
    for number, message in enumerate(messages):
        marks = [time.process_time()]
        batch = decoder.decode(message)
        marks.append(time.process_time())
        windows.fold(batch)
        marks.append(time.process_time())
        events += len(windows.evaluate(number))
        marks.append(time.process_time())
        if number % 20 == 0:
            largest = max(largest, len(windows.snapshot("support-bot")))
        marks.append(time.process_time())
        for name, begin, end in zip(seconds, marks, marks[1:], strict=False):
            seconds[name] += end - begin
    total = len(messages) * args.batch
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"{total:,} rows in batches of {args.batch}, {args.rate:g} rows/s of event time")
    for name in ("decode", "fold", "evaluate"):
        print(f"  {name:<9} {total / seconds[name]:>12,.0f} rows/s")
    both = seconds["fold"] + seconds["evaluate"]
    print(f"  fold and evaluate {total / both:>4,.0f} rows/s")
    print(f"  evaluate  {seconds['evaluate'] / len(messages) * 1e3:>12.2f} ms each")
    print(f"  snapshot  {seconds['snapshot'] / (len(messages) / 20) * 1e3:>12.2f} ms each")
    print(f"  largest snapshot {largest / 1000:,.0f} kB; {events} incident events")


if __name__ == "__main__":
    main()
