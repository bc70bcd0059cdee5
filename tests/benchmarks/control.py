"""What ordinary answers open with the default rules: it should be nothing.

    python -m tests.benchmarks.control DATA [--records N] [--per-second N] [--deployments N …]

DATA is the folder of the labelled sets; the shipped ordinary sample is always among the answers.
Taken are answers that a production model may well give: those of the sets below with the labels
named there, each text once. Where there are fewer than `--records` the stream goes through them
again in another order, at other times and for other users; the report says how many are distinct.

Each answer is scored once, and what was scored is kept (`--cache`) for as long as neither the
detectors, nor how records are read and scored, nor the answers change. So rules can be tried again
in seconds. Answers come at random moments, so many a second on average; with several deployments
some have most of the traffic.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from detectors.evaluation.rows import Row, read_rows
from streams.config.settings import Settings
from streams.demo.samples import ORDINARY, sample_lines
from streams.offline.backtest import run
from streams.offline.replay import score_lines, verdicts_of
from streams.records import Evidence, Incident, VerdictBatch, VerdictRow
from streams.rules.load import default_rules, load_rules
from streams.rules.rule import RuleSet
from streams.words import shortened

ROOT = Path(__file__).parents[2]
START = 1_790_000_000.0
CHUNK = 64
USERS = 5_000
TENANTS = 20
# Each next deployment has this share of what is left.
FIRST_SHARE = 0.4

SETS: dict[str, tuple[int | None, str]] = {
    "hallucination_nocontext__halueval_general": (0, "ChatGPT to people's requests, no mistake"),
    "refusal__xstest_completions": (0, "models to harmless requests, answered"),
    "drift__alpacaeval_versions": (None, "ten models to instructions"),
    "behaviour_ads__webis_native_ads": (0, "a search assistant, no advertisement"),
    "groundedness__attributionbench": (0, "claims that their references bear out"),
    "groundedness__begin_dialogue": (0, "replies that their sources bear out"),
    "groundedness__halueval_qa_gen": (0, "right answers to questions"),
    "groundedness__mu_shroom_wiki7": (0, "answers without a mistake, seven languages"),
    "groundedness__qags": (0, "summaries that the articles bear out"),
    "groundedness__summedits": (0, "summaries that the texts bear out"),
    "groundedness__uhgeval_zh": (0, "Chinese news, as it went on"),
}
"""The sets, with the label of the answers that are taken (None: all), and what they are."""


class Scored(msgspec.Struct):
    """An answer's verdict, the signals that were judged, and the set that it comes from."""

    row: VerdictRow
    judged: list[str]
    origin: str


class Spread(msgspec.Struct, frozen=True):
    """How answers become a stream."""

    records: int
    per_second: float
    deployments: int
    seed: int


def answers(data: Path) -> list[dict[str, Any]]:
    """The ordinary answers as records, each text once, with the name of their set beside it."""
    found: dict[str, dict[str, Any]] = {}
    for line in sample_lines(ORDINARY):
        kept: dict[str, Any] = {
            key: line.data[key] for key in ("output", "prompt", "context") if key in line.data
        }
        found.setdefault(line.data["output"], {**kept, "origin": "sample"})
    for name, (label, _) in SETS.items():
        for row in read_rows(data / f"{name}.jsonl.gz"):
            if label is None or row.label == label:
                found.setdefault(row.output, {**_record(row), "origin": name})
    return [{"record_id": f"control-{n:05d}", **one} for n, one in enumerate(found.values())]


def _record(row: Row) -> dict[str, Any]:
    context = [row.context] if isinstance(row.context, str) else row.context
    given = {"output": row.output, "prompt": row.prompt, "context": context}
    return {key: value for key, value in given.items() if value}


def scored(records: Sequence[dict[str, Any]], cache: Path, processes: int) -> list[Scored]:
    """Each answer's verdict, from the cache where nothing that makes it has changed."""
    lines = [
        msgspec.json.encode({k: v for k, v in one.items() if k != "origin"} | {"event_time": START})
        for one in records
    ]
    path = cache / f"{_digest(lines)}.json"
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=list[Scored])
    origins = {one["record_id"]: one["origin"] for one in records}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(state_dir=folder, hash_key="control" * 6)
        for chunk in score_lines(lines, settings, processes=processes):
            if chunk.dead:
                raise SystemExit(f"{len(chunk.dead)} answers are dead letters: {chunk.dead[0][0]}")
            for batch in verdicts_of(chunk):
                found += [
                    Scored(row, batch.judged[row.judged], origins[row.record_id])
                    for row in batch.rows
                ]
    cache.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(found))
    return found


def _digest(lines: Sequence[bytes]) -> str:
    """Of the answers, and of all files that have a part in scoring them."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    for room in ("detectors", "streams/intake", "streams/scoring"):
        for path in sorted((ROOT / room).rglob("*")):
            if path.is_file() and path.suffix != ".pyc" and "evaluation" not in path.parts:
                digest.update(path.relative_to(ROOT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def stream(known: Sequence[Scored], spread: Spread) -> Iterator[VerdictBatch]:
    """The answers' verdicts as if they had come one after another, again and again."""
    rng = random.Random(spread.seed)
    names = [f"bot-{n + 1}" for n in range(spread.deployments)]
    weights = [(1 - FIRST_SHARE) ** n for n in range(spread.deployments)]
    at, order = START, list[int]()
    for first in range(0, spread.records, CHUNK):
        rows: dict[str, list[VerdictRow]] = defaultdict(list)
        judged: dict[str, list[list[str]]] = defaultdict(list)
        last = min(first + CHUNK, spread.records) - 1
        for offset in range(first, last + 1):
            at += rng.expovariate(spread.per_second)
            order = order or rng.sample(range(len(known)), len(known))
            one = known[order.pop()]
            (name,) = rng.choices(names, weights)
            if one.judged not in judged[name]:
                judged[name].append(one.judged)
            rows[name].append(
                msgspec.structs.replace(
                    one.row,
                    offset=offset,
                    event_time=round(at, 3),
                    judged=judged[name].index(one.judged),
                    # Few ask often, and many seldom.
                    user=f"user-{int(rng.paretovariate(1.2) * 50) % USERS}",
                    tenant=f"tenant-{rng.randrange(TENANTS)}",
                    model="model",
                    model_version="model-2026-09",
                )
            )
        for name, mine in rows.items():
            yield VerdictBatch(
                deployment=name,
                topic="llm.outputs",
                partition=0,
                first_offset=first,
                last_offset=last,
                rows=mine,
                judged=judged[name],
            )


def report(known: Sequence[Scored], opened: Sequence[Incident], spread: Spread) -> list[str]:
    """What opened, by rule. No text of an answer is in it."""
    answers_by_id = {one.row.record_id: one for one in known}
    hours = spread.records / spread.per_second / 3600
    lines = [
        f"{spread.records:,} answers on {spread.deployments} deployment(s), {spread.per_second:g} a"
        f" second ({hours:.1f} h): {len(opened)} incident(s)"
    ]
    by_rule: dict[str, list[Incident]] = defaultdict(list)
    for one in opened:
        by_rule[one.rules[0].rule if one.rules else one.playbook].append(one)
    for rule, incidents in sorted(by_rule.items(), key=lambda item: -len(item[1])):
        severities = Counter(one.severity for one in incidents)
        shown = ", ".join(f"{count} {name}" for name, count in severities.items())
        lines.append(f"  {len(incidents):>4}  {rule}  ({shown})")
        why = Counter(
            _why(one, answers_by_id[one.record_id])
            for incident in incidents
            for one in incident.evidence
        )
        lines += [f"          {count:>4} x {reason}" for reason, count in why.most_common(8)]
        if not why:
            lines += [f"               {incidents[0].severity_why}"]
    return lines


def _why(one: Evidence, answer: Scored) -> str:
    """Which answer it was and what was found in it, as the detector words it: without the match."""
    detector = one.signal.partition(".")[0]
    findings = [each for each in answer.row.findings if each.signal.partition(".")[0] == detector]
    kinds = ", ".join(f"{kind} x{n}" for kind, n in Counter(e.kind for e in findings).items())
    reason = shortened(findings[0].reason if findings else one.reason, 70)
    found = " ".join(filter(None, (one.signal, f"{one.score:.2f}", kinds, reason)))
    return f"{one.record_id} of {answer.origin}: {found}"


def above(known: Sequence[Scored], rules: RuleSet) -> list[str]:
    """How many distinct answers are above the limit of a record of a rule, by rule and set."""
    lines = []
    for rule in rules.rules:
        if rule.condition.needs == "values":
            continue
        hits = Counter(
            one.origin
            for one in known
            if any(rule.hears(name) and score > rule.record_above
                   for name, score in one.row.scores.items())
        )  # fmt: skip
        if hits:
            sets = ", ".join(f"{name} {count}" for name, count in hits.most_common(4))
            lines.append(f"  {hits.total():>5}  {rule.id:<28} {sets}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the report; the exit code is 1 where anything opened."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder of the labelled sets")
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--per-second", type=float, default=10.0)
    parser.add_argument("--deployments", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rules", type=Path, help="a rules file instead of the default rules")
    parser.add_argument("--processes", type=int, default=0, help="0: score in this process")
    cache = Path(tempfile.gettempdir()) / "outwatch-control"
    parser.add_argument("--cache", type=Path, default=cache)
    given = parser.parse_args(arguments)
    records = answers(given.data)
    known = scored(records, given.cache, given.processes)
    rules = load_rules(given.rules) if given.rules else default_rules()
    print(f"{len(known):,} distinct ordinary answers, by set:")
    for name, count in Counter(one.origin for one in known).most_common():
        print(f"  {count:>5}  {name}: {SETS[name][1] if name in SETS else 'the shipped sample'}")
    passes = given.records / len(known)
    print(f"{given.records:,} records are {passes:.1f} times through them.\n")
    print("Distinct answers above a rule's limit of a record, which alone opens nothing:")
    print("\n".join(above(known, rules)) or "  none", end="\n\n", flush=True)
    found = 0
    for deployments in given.deployments:
        spread = Spread(given.records, given.per_second, deployments, given.seed)
        (trial,) = run(stream(known, spread), [rules])
        opened = [one.incident for one in trial.opened]
        found += len(opened)
        print("\n".join(report(known, opened, spread)), end="\n\n", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
