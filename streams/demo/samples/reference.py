"""How ordinary answers score: `python -m streams.demo.samples.reference [FILE …]`.

Scores the ordinary sample, and what files of records are named, and writes
`streams/rules/reference.json`. All the records have to be ordinary ones. Deployments differ, so at
each level of score the one counts of which most answers reach it. To be run anew whenever detectors
score otherwise.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import click

from streams.config.settings import Settings
from streams.demo.samples import ORDINARY, START, sample_lines
from streams.files import write_whole
from streams.offline.replay import score_lines, verdicts_of
from streams.records import VerdictBatch
from streams.rules import reference
from streams.rules.levels import LEVELS, level_of
from streams.words import count

FEWEST = 100
"""A deployment with fewer answers on a signal says too little about what is rare there."""

_SKIPPED = ("drift.", "feedback.", "monitor.", "jailbreak.")
"""Of drift no record is high; people and monitoring judge no answers; how attacks score, and what
complies with them, depends on what is asked, in which deployments differ too much."""


def counted(batches: Iterable[VerdictBatch]) -> dict[str, dict[str, list[int]]]:
    """By signal and deployment, how many records have which level of score."""
    found: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for batch in batches:
        for row in batch.rows:
            for signal in batch.judged[row.judged]:
                if not signal.startswith(_SKIPPED):
                    levels = found[signal].setdefault(batch.deployment, [0] * LEVELS)
                    levels[level_of(row.scores.get(signal, 0.0))] += 1
    return found


def highest(deployments: Iterable[list[int]], records: int) -> list[int]:
    """So many records by level, of which as many reach each level as of the deployment of which
    most do; [] where there are too few answers."""
    enough = [one for one in deployments if sum(one) >= FEWEST]
    if not enough:
        return []
    reach = [
        round(records * max(sum(one[level:]) / sum(one) for one in enough))
        for level in range(LEVELS)
    ]
    return [here - above for here, above in zip(reach, [*reach[1:], 0], strict=True)]


def written(made: reference.Reference) -> str:
    """The file: a line for each signal."""
    rows = [f"  {json.dumps(name)}: {levels}" for name, levels in made.signals.items()]
    body = ",\n".join(rows)
    return f'{{\n "source": {json.dumps(made.source)},\n "signals": {{\n{body}\n }}\n}}\n'


@click.command()
@click.argument("more", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(more: tuple[Path, ...]) -> None:
    """Write the reference."""
    settings = Settings(hash_key="reference")
    lines = [one.line(START) for one in sample_lines(ORDINARY)]
    for path in more:
        data = path.read_bytes()
        lines += (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()
    chunks = score_lines(lines, settings)
    found = counted(batch for chunk in chunks for batch in verdicts_of(chunk))
    signals = {name: highest(found[name].values(), reference.RECORDS) for name in sorted(found)}
    names = ", ".join([ORDINARY.name, *(path.name for path in more)])
    made = reference.Reference(
        source=f"{count(len(lines), 'ordinary answer')}: {names}",
        signals={name: levels for name, levels in signals.items() if levels},
    )
    path = Path(reference.__file__).with_name(reference.FILE)
    write_whole(path, written(made).encode())
    click.echo(f"{path.name}: {count(len(made.signals), 'signal')}, {made.source}")


if __name__ == "__main__":
    main()
