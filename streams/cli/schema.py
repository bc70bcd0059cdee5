"""`outwatch schema`: prints, writes and checks the JSON Schema of the topics."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from streams import schema
from streams.cli._say import say
from streams.errors import UsageError
from streams.records import TOPICS
from streams.words import count


@click.command("schema")
@click.argument("topic", required=False, type=click.Choice(list(TOPICS)))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write files into this folder."
)
@click.option(
    "--check", is_flag=True, help="Compare with the checked-in files; exit code 1 if stale."
)
def command(topic: str | None, out: Path | None, check: bool) -> None:
    """Print the JSON Schema of TOPIC's messages, or of all topics as one JSON object.

    TOPIC is the default name, whatever the topic is called in your settings.
    """
    chosen = [topic] if topic else list(TOPICS)
    if check:
        sys.exit(_check(chosen))
    if out is not None:
        for name in chosen:
            try:
                say(str(schema.write(name, out)))
            except OSError as failure:
                raise UsageError(
                    f"{out} can't be written ({failure.strerror}). Give another folder to --out"
                ) from failure
    elif topic:
        say(schema.text(topic), nl=False)
    else:
        inner = ",\n".join(f'"{name}": {schema.text(name).rstrip()}' for name in chosen)
        say(f"{{\n{inner}\n}}")


def _check(topics: list[str]) -> int:
    stale = []
    for name in topics:
        try:
            fresh = schema.checked_in(name) == schema.text(name)
        except FileNotFoundError:
            fresh = False
        if not fresh:
            stale.append(schema.file_name(name))
    if stale:
        say(f"stale: {', '.join(stale)}. Run `outwatch schema --out streams/schemas`", err=True)
    else:
        say(f"{count(len(topics), 'schema is', 'schemas are')} up to date")
    return 1 if stale else 0
