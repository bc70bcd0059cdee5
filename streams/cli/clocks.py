"""`outwatch clocks`: which legal clocks are known, what each says, and whether a file is right."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.cli._say import say, say_json
from streams.cli._verbs import Verbs
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.incidents.clocks.clock import CHECKLIST, Clock, Clocks, period_words
from streams.incidents.clocks.reader import configured, read_folder, shipped
from streams.incidents.clocks.told import clock_text
from streams.inert import every, line
from streams.suggest import named, suggestion
from streams.words import count

_WIDE = 1_000


@click.group("clocks", cls=Verbs)
def command() -> None:
    """List and show the clocks of the law, and check files of your own.

    They are a checklist, not advice. Those that come with outwatch can be replaced, added to and
    set aside by a folder of your own, the setting incidents.clocks. How they stand for an
    incident: outwatch incident clocks ID.
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.pass_obj
def list_clocks(settings: Settings, as_json: bool) -> None:
    """List the clocks that are known here."""
    clocks = configured(settings)
    if as_json:
        say_json(list(clocks.values()))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("clock", "regime", "paragraph", "period", "begins", "tells", "read"):
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    for one in every(list(clocks.values()), line):
        cells = (
            one.id,
            one.regime,
            one.paragraph,
            "set aside" if one.aside else period_words(one, clocks),
            one.starts,
            one.to,
            one.read.isoformat(),
        )
        table.add_row(*map(Text, cells))
    # In a pipe whatever reads it wants whole lines.
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)
    say(CHECKLIST)


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Show the clock NAME: the law's own words, where and when they were read, the period."""
    clocks = configured(settings)
    one = known_clock(name, clocks)
    if as_json:
        say_json(one, indented=True)
        return
    say(clock_text(every(one, line), clocks))


@command.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def check(settings: Settings, path: Path | None, as_json: bool) -> None:
    """Check PATH, a folder or a file of clocks: say what is wrong on which line.

    Without PATH it checks the folder of the settings, or the clocks that come with outwatch. Exit
    code 2 when it would be refused.
    """
    clocks = configured(settings) if path is None else read_folder(path, "PATH")
    before = shipped()
    added = [id_ for id_ in clocks if id_ not in before]
    changed = [id_ for id_ in before if _without_aside(clocks[id_]) != before[id_]]
    aside = [id_ for id_, one in clocks.items() if one.aside]
    if as_json:
        say_json({"clocks": list(clocks), "added": added, "replaced": changed, "set_aside": aside})
        return
    for what, ids in (("added", added), ("replaced", changed), ("set aside", aside)):
        if ids:
            say(f"{what:<10} {line(', '.join(ids))}")
    of = path or settings.incidents.clocks or "the clocks that come with outwatch"
    say(f"{line(str(of))}: {count(len(clocks), 'clock')}, good")


def known_clock(name: str, clocks: Clocks) -> Clock:
    """The clock of a name. Raises `UsageError`, with the nearest name, for an unknown one, which
    isn't repeated: it may have been pasted."""
    if name not in clocks:
        what = named(name, clocks, "that")
        raise UsageError(f"{what} is no clock that is known here. {suggestion(name, clocks)}")
    return clocks[name]


def _without_aside(clock: Clock) -> Clock:
    return msgspec.structs.replace(clock, aside="", aside_in="")
