"""Whether a line is one of this command: parsed as click would, and never run."""

from __future__ import annotations

import click

from streams.inert import line


def command_problem(words: list[str]) -> str:
    """What is wrong with the words after `outwatch`; "" where they would run. It quotes nothing
    but names of commands and options that there are."""
    from streams.cli import main

    try:
        command: click.Command = main
        context = click.Context(main, info_name="outwatch")
        rest = list(words)
        while isinstance(command, click.Group):
            below = command.get_command(context, rest[0]) if rest else None
            if below is None:
                return "outwatch has no such command; its name comes first"
            name, *rest = rest
            if isinstance(below, click.Group):
                context = click.Context(below, info_name=name, parent=context)
            else:
                below.make_context(name, rest, parent=context)
            command = below
    except click.exceptions.Exit:
        return "the line only shows help"
    except click.UsageError as failure:
        return f"outwatch doesn't take it ({line(failure.format_message())})"
    return ""
