"""`outwatch completion`: what makes a shell complete its commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from streams.cli._say import say

_VARIABLE = "_OUTWATCH_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what makes SHELL complete commands and options (bash from 4.4 on)."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"this version of click has no completion for {shell}")
    say(kind(ctx.find_root().command, {}, "outwatch", _VARIABLE).source())
