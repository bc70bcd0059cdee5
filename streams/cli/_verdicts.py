"""Verdicts that a command reads: the topic as it is now, or files."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from streams.cli._files import Lines
from streams.cli._progress import Doing
from streams.config.settings import Settings
from streams.offline.backtest import Trial, run, run_in_two
from streams.offline.stored import Stored, is_parquet, parquet_lines
from streams.records import VerdictBatch
from streams.rules.rule import RuleSet
from streams.windows.baselines import load_baselines

_WORTH_SHARING = 20_000_000
"""Files of fewer bytes are tried sooner by one process than two are started."""


def verdict_lines(
    settings: Settings,
    files: tuple[str, ...],
    since: float | None,
    moved: Callable[[int, int | None], None] = lambda done, total: None,
) -> Generator[bytes | VerdictBatch, None, None]:
    """Messages of verdicts, or rows of an export, as JSON lines or read already: out of files where
    there are any, else from Kafka, those published since a time, in order of event time over all
    partitions.

    Partition by partition, a deployment's first records would be judged when those of others
    are read to their end already. Raises `UsageError`.
    """
    if not files:
        from streams.export.verdicts import from_kafka

        # The embedded broker doesn't find messages by their time.
        began = None if settings.kafka.embedded else since
        yield from from_kafka(settings, began, moved, by_time=True)
        return
    for path in files:
        if is_parquet(path):
            yield from parquet_lines(path)
            continue
        with Lines((path,)) as lines:
            for line in lines:
                yield line
                moved(lines.position, lines.size)


def tried(
    settings: Settings,
    files: tuple[str, ...],
    stored: Stored,
    sets: Sequence[RuleSet],
    look: Callable[[VerdictBatch], object] = lambda batch: None,
) -> list[Trial]:
    """Sets of rules on verdicts, and what `look` sees of them; large files by two processes, where
    there are two processors. Raises `UsageError`."""
    baselines = load_baselines(settings)
    with Doing("reading verdicts") as doing:

        def moved(done: int, total: int | None) -> None:
            doing.update("reading verdicts", done, total)

        with closing(verdict_lines(settings, files, stored.since, moved)) as lines:
            batches = stored.batches(lines)
            if not _worth_sharing(files):
                return run(batches, sets, baselines, look)
            again = partial(_again, files, stored.deployment, stored.since, stored.until)
            return run_in_two(batches, again, sets, baselines, look)


def _worth_sharing(files: Sequence[str]) -> bool:
    sizes = [Path(path).stat().st_size * (5 if _packed(path) else 1)
             for path in files if path != "-" and Path(path).is_file()]  # fmt: skip
    whole = bool(sizes) and len(sizes) == len(files)
    return whole and sum(sizes) >= _WORTH_SHARING and (os.cpu_count() or 1) > 1


def _packed(path: str) -> bool:
    return is_parquet(path) or path.lower().endswith(".gz")


def _again(
    files: tuple[str, ...], deployment: str | None, since: float | None, until: float | None
) -> Iterator[VerdictBatch]:
    yield from Stored(deployment, since, until).batches(verdict_lines(Settings(), files, since))
