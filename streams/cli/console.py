"""`outwatch console`: incidents and traffic in a browser, and acts from there."""

from __future__ import annotations

import logging
from typing import get_args

import click

from streams.cli._actor import actor
from streams.cli._process import log_to_stderr, stopped_by_signals
from streams.cli._say import say
from streams.config.settings import Role, Settings
from streams.errors import UsageError
from streams.inert import line
from streams.installing import pip_install


@click.command("console")
@click.option("--token", metavar="NAME", help="Only make a token for somebody, and print it.")
@click.option(
    "--role",
    type=click.Choice(get_args(Role)),
    default="look",
    show_default=True,
    help="With --token: what they may do.",
)
@click.pass_obj
def command(settings: Settings, token: str | None, role: str) -> None:
    """Serve the console, until stopped.

    Without further settings it listens on 127.0.0.1 alone, and whoever uses this machine may do
    all there. Any other address needs a file of tokens (`console.tokens`) or a proxy that says
    who somebody is (`console.proxy_header`). It reads the topics as a member of no group, and
    keeps what it read in a file, so that a restart shows all at once.

    --token makes a token for NAME: it is for them alone, and the line for the file holds its hash.
    """
    if token is not None:
        _mint(token, role)
        return
    try:
        from streams.console.serve import Served
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] == "streams":
            raise
        raise UsageError(
            f"The console needs {missing.name}: {pip_install('outwatch[console]')}"
        ) from None
    log_to_stderr(settings)
    logging.getLogger("uvicorn").setLevel(max(logging.WARNING, logging.root.level))
    served = Served(settings, actor())
    say(f"The console is at {served.address}")
    served.run_until(stopped_by_signals())


def _mint(name: str, role: str) -> None:
    from streams.console.tokens import digest_of, mint

    if len(name.split()) != 1 or "#" in name:
        raise UsageError("--token takes a name of one word, without #")
    token = mint()
    say(f"token for {line(name)}, shown once:\n    {token}")
    say(f"line for the file that console.tokens names:\n    {line(name)} {role} {digest_of(token)}")
