"""The one way in which commands print: inert, whatever a text holds.

Lines to copy begin with `outwatch`, or with what is typed in its place in this terminal.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from typing import Any

import click
import msgspec

from streams.config.settings import CALLED
from streams.inert import document, lines


def say(text: str, *, err: bool = False, nl: bool = True, fg: str | None = None) -> None:
    """Prints text, perhaps in a colour.

    A value from elsewhere that is to stay on its line goes through `streams.inert.line` first:
    here line ends are what the command means.
    """
    inert = lines(as_called(text))
    click.echo(click.style(inert, fg=fg) if fg else inert, err=err, nl=nl)


def say_json(value: Any, *, indented: bool = False) -> None:
    """Prints a value, which may hold paths, as a JSON document.

    Its strings are whole: what could steer a terminal is escaped.
    """
    encoded = msgspec.json.encode(value, enc_hook=os.fspath)
    if indented:
        encoded = msgspec.json.format(encoded)
    click.echo(document(encoded.decode()))


def say_original(text: str) -> None:
    """Prints text that was asked for as it is: into a pipe unchanged, on a terminal inert."""
    click.echo(lines(text) if sys.stdout.isatty() else text)


def as_called(text: str) -> str:
    """A text in which commands stand as they are typed in this terminal: by the variable
    `OUTWATCH_CALLED`, as they are where there is none."""
    called = os.environ.get(CALLED, "").strip()
    return _commands().sub(lambda _: called, text) if called else text


@cache
def _commands() -> re.Pattern[str]:
    """Finds `outwatch` before the name of a command: the word alone is the program's name."""
    from streams.cli import main

    names = "|".join(map(re.escape, main.list_commands(click.Context(main))))
    return re.compile(rf"(?<![\w/.-])outwatch(?= (?:{names})\b)")
