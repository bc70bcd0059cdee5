"""`outwatch playbooks`: what to do about each kind of incident, and whether a file is right."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.cli._say import say, say_json
from streams.cli._typed import command_problem
from streams.cli._verbs import Verbs
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.incidents.clocks.reader import configured as configured_clocks
from streams.incidents.playbooks.playbook import EVERY, Playbook
from streams.incidents.playbooks.reader import configured, read_folder, shipped, shipped_checked
from streams.incidents.playbooks.told import playbook_text
from streams.incidents.statements.kinds import OTHER, kinds
from streams.inert import line
from streams.suggest import named, suggestion
from streams.words import count

_WIDE = 1_000


@click.group("playbooks", cls=Verbs)
def command() -> None:
    """List and show playbooks, and check files of your own.

    A playbook says what to do about one kind of incident. Those that come with outwatch can be
    replaced, for all deployments or some, by a folder of your own, the setting
    incidents.playbooks. Filled in for an incident: outwatch incident show ID.
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.pass_obj
def list_playbooks(settings: Settings, as_json: bool) -> None:
    """List the playbooks that are known here."""
    known = [one for one in configured(settings, command_problem).known if one.playbook != EVERY]
    if as_json:
        say_json(known)
        return
    table = Table(box=None, pad_edge=False)
    for column in ("playbook", "about", "deployments", "file"):
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    for one in sorted(known, key=lambda one: one.playbook):
        about = kinds().get(one.playbook, kinds()[OTHER]).title
        cells = (one.playbook, about, ", ".join(one.deployments), one.source)
        table.add_row(*(Text(line(cell)) for cell in cells))
    # In a pipe whatever reads it wants whole lines.
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


@command.command()
@click.argument("name")
@click.option("--deployment", default="", help="As it holds for this deployment.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def show(settings: Settings, name: str, deployment: str, as_json: bool) -> None:
    """Show the playbook NAME, with what belongs to every one.

    NAME may also be a finer kind of incident, as `outwatch explain` lists them.

    Names in braces are filled in from an incident; a step that needs what isn't known of it is left
    out.
    """
    known = configured(settings, command_problem)
    finer = kinds().get(name)
    if name not in known.names() and finer is not None and finer.of:
        say(f"{name} ({finer.title}) is a kind of {finer.of}, whose playbook is:", err=True)
        name = finer.of
    if name not in known.names():
        what = named(name, known.names(), "that")
        raise UsageError(
            f"{what} is no playbook that is known here. {suggestion(name, known.names())}"
        )
    one = known.of(name, deployment)
    if as_json:
        say_json(one, indented=True)
        return
    say(playbook_text(one))


@command.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def check(settings: Settings, path: Path | None, as_json: bool) -> None:
    """Check PATH, a folder or a file of playbooks: say what is wrong on which line.

    Without PATH it checks the folder of the settings, or the playbooks that come with outwatch.
    Exit code 2 when it would be refused.
    """
    if path is not None:
        found = read_folder(path, command_problem, configured_clocks(settings), "PATH")
    elif settings.incidents.playbooks:
        found = configured(settings, command_problem)
    else:
        found = shipped_checked(command_problem)
    before = shipped().known
    own: list[Playbook] = [one for one in found.known if one not in before]
    names = {one.playbook for one in before}
    added = [one for one in own if one.playbook not in names]
    replaced = [one for one in own if one.playbook in names]
    if as_json:
        say_json({"playbooks": found.names(), "added": added, "replaced": replaced})
        return
    for what, ones in (("added", added), ("replaced", replaced)):
        for one in ones:
            where = "" if one.everywhere else f" for {', '.join(one.deployments)}"
            say(f"{what:<10} {line(one.playbook + where)}")
    of = path or settings.incidents.playbooks or "the playbooks that come with outwatch"
    say(f"{line(str(of))}: {count(len(found.names()), 'playbook')}, good")
