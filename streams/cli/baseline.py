"""`outwatch baseline`: freezes what a deployment's answers look like."""

from __future__ import annotations

from pathlib import Path

import click

from streams.cli._files import Lines
from streams.cli._say import say, say_json
from streams.cli.replay import choose_detectors
from streams.clock import SystemClock
from streams.config.settings import Settings
from streams.inert import line
from streams.offline.replay import score_lines, verdicts_of
from streams.scoring.pool import PoolBroken
from streams.windows.baselines import freeze, save_baseline
from streams.words import count


@click.command("baseline")
@click.argument("files", nargs=-1, required=True)
@click.option("--deployment", required=True, help="Whose records to take.")
@click.option("--model-version", help="Only this version's records.")
@click.option("--detectors", "names", help="Only these detectors, as in drift,toxicity.")
@click.option("--processes", type=click.IntRange(0), default=0, show_default=True,
              help="Scoring processes; 0: this one alone.")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True,
              help="The folder that the setting `baselines` names.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def command(
    settings: Settings,
    files: tuple[str, ...],
    deployment: str,
    model_version: str | None,
    names: str | None,
    processes: int,
    out: Path,
    as_json: bool,
) -> None:
    """Freeze a drift baseline from FILES of known-good records (JSON lines, also gzipped).

    Takes at least 100 records of one deployment and one model version; some hundred are better.
    Workers read the folder when they start.
    """
    settings = choose_detectors(settings, names)
    with Lines(files) as lines:
        chunks = score_lines(lines, settings, processes=processes)
        try:
            baseline = freeze(
                (batch for chunk in chunks for batch in verdicts_of(chunk)),
                deployment,
                SystemClock().now(),
                model_version,
            )
        except PoolBroken as broken:
            raise click.ClickException(str(broken)) from broken
    path = save_baseline(baseline, out)
    if as_json:
        told = {"path": path, "records": baseline.records, "signals": len(baseline.sketches)}
        say_json(told)
        return
    shown = line(str(path))
    say(f"{shown}: {count(baseline.records, 'record')}, {count(len(baseline.sketches), 'signal')}")
