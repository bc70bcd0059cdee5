"""`outwatch evaluate`: how well the detectors do on labelled sets."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path

import click

from detectors.evaluation import TASKS, BrokenSet, Measurement, SetOptions, measure_file
from detectors.evaluation.tables import tiers_to_json, to_json, to_markdown, to_text
from streams.cli._progress import Doing
from streams.cli._say import say
from streams.clock import SystemClock
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.files import write_whole
from streams.inert import line
from streams.suggest import listed_names
from streams.words import count

Answer = list[Measurement] | str
"""The measurements of a file, or why there are none."""

_ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.xz")


@click.command("evaluate")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tasks", "names", help=f"Only these: {', '.join(TASKS)}.")
@click.option("--limit", type=click.IntRange(1), help="Rows of a set at most, drawn by group.")
@click.option("--baselines/--no-baselines", default=True, show_default=True,
              help="Also measure plain methods on the same rows.")  # fmt: skip
@click.option("--processes", type=click.IntRange(0),
              help="Files at a time (default: the cores); 0: in this process.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(dir_okay=False, allow_dash=True),
              help="Write all figures there as JSON; - is standard output.")  # fmt: skip
@click.option("--tiers", "tiers_file", type=click.Path(dir_okay=False, allow_dash=True),
              help="Write what tiers settle, cost and lose there as JSON.")  # fmt: skip
@click.option("--audit-rows", type=click.IntRange(0), default=200, show_default=True,
              help="Rows of a set that the last tier reads too, to see what is lost.")  # fmt: skip
@click.option("--markdown", "markdown_file", type=click.Path(dir_okay=False, allow_dash=True),
              help="Write all figures there as a document; - is standard output.")  # fmt: skip
@click.pass_obj
def command(
    settings: Settings,
    paths: tuple[Path, ...],
    names: str | None,
    limit: int | None,
    baselines: bool,
    processes: int | None,
    json_file: str | None,
    tiers_file: str | None,
    audit_rows: int,
    markdown_file: str | None,
) -> None:
    """Run the detectors over labelled sets in PATHS and print how well they do.

    A set is a file of JSON lines (also gzipped, or as xz) with `task`, `output` and `label` in
    each; a folder stands for all such files in it. Each task is judged by the detector that it
    belongs to, at its default thresholds and with the options of the configuration.

    Exit code 1 where a file can't be read or measured (the others are measured all the same), or
    where nothing could be.
    """
    files = _files(paths)
    options = SetOptions(
        limit=limit,
        tasks=_tasks(names),
        detector_options=settings.detector_options,
        baselines=baselines,
        audit_rows=audit_rows,
    )
    targets = (json_file, tiers_file, markdown_file)
    if targets.count("-") > 1:
        raise UsageError(
            "--json, --tiers and --markdown can't go to standard output together. Name a file"
        )
    for target in targets:
        _check_writable(target)
    if processes is None:
        processes = min(os.cpu_count() or 1, len(files))
    answers: dict[Path, Answer] = {}
    measured_bytes, total = 0, sum(_size(path) for path in files)
    with Doing("measuring") as doing:
        for path, answer in _answers(files, options, processes):
            answers[path] = answer
            measured_bytes += _size(path)
            what = f"{len(answers)} of {count(len(files), 'file')} measured"
            doing.update(what, measured_bytes, total)
    failures = [answer for path in files if isinstance(answer := answers[path], str)]
    found = [m for path in files if not isinstance(answer := answers[path], str) for m in answer]
    for failure in failures:
        say(f"outwatch: {line(failure)}", err=True)
    if json_file:
        _write(json_file, to_json(found))
    if tiers_file:
        _write(tiers_file, tiers_to_json(found))
    if markdown_file:
        now = datetime.fromtimestamp(SystemClock().now(), UTC)
        called = f"outwatch evaluate{f' --limit {limit}' if limit else ''} PATH… --markdown FILE"
        _write(markdown_file, to_markdown(found, now, called).encode())
    if "-" not in targets and found:
        say(to_text(found))
    measured = any(m.skipped is None for m in found)
    if not measured:
        say("outwatch: no set could be measured", err=True)
    sys.exit(0 if measured and not failures else 1)


def _files(paths: Sequence[Path]) -> list[Path]:
    """The files that paths stand for, each once, in the order given."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.name.endswith(_ENDINGS))
            if not inside:
                endings = ", ".join(_ENDINGS)
                raise UsageError(f"{path}: holds no file {endings}. Name another folder")
            files += inside
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def _tasks(names: str | None) -> tuple[str, ...]:
    if names is None:
        return ()
    return tuple(listed_names("--tasks", names, TASKS, "task"))


def _answers(
    files: Sequence[Path], options: SetOptions, processes: int
) -> Iterator[tuple[Path, Answer]]:
    """Each file with what came of it, as they get done."""
    if processes == 0:
        for path in files:
            yield path, _answer(path, options)
        return
    # Forked, a child would inherit the progress bar's thread and its locks half-way.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        # The largest first, so that no long one is left for the end.
        ranked = sorted(files, key=_size, reverse=True)
        running = {pool.submit(_answer, path, options): path for path in ranked}
        for done in as_completed(running):
            try:
                yield running[done], done.result()
            except BrokenProcessPool:
                why = "not measured, as a measuring process was killed; try --processes 1"
                yield running[done], f"{running[done]}: {why}"


def _answer(path: Path, options: SetOptions) -> Answer:
    try:
        return measure_file(path, options)
    except BrokenSet as broken:
        return str(broken)
    except Exception as error:
        # Never the error's own text: it may quote a row. A detector's reason to fail is in doctor.
        return f"{path}: can't be measured ({type(error).__name__}); see `outwatch doctor`"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _check_writable(target: str | None) -> None:
    """Raises `UsageError` for a file that could not be written after minutes of work."""
    if target is None or target == "-":
        return
    path = Path(target)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{target}: can't be written. Name another file, in a folder that exists")


def _write(target: str, data: bytes) -> None:
    if target == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        try:
            write_whole(Path(target), data)
        except OSError as failure:
            problem = failure.strerror or type(failure).__name__
            raise UsageError(
                f"{target}: can't be written ({problem}). Name another file"
            ) from failure
