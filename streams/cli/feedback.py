"""`outwatch feedback`: takes what people say of answers over HTTP."""

from __future__ import annotations

import sys

import click

from streams.cli._process import log_to_stderr, stopped_by_signals
from streams.cli._say import say, say_json
from streams.cli._verbs import Verbs
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.inert import every, line

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


@click.group("feedback", cls=Verbs)
def command() -> None:
    """Take complaints, ratings and labels over HTTP, and make the tokens for it."""


@command.command()
@click.option("--check", is_flag=True, help="Only check the tokens and the settings.")
@click.pass_obj
def serve(settings: Settings, check: bool) -> None:
    """Take `POST /feedback` and put it on the feedback topic, until stopped.

    A body is JSON as `outwatch schema llm.feedback` says, with a token of the file that
    `feedback.tokens` names. It is answered once Kafka has it; while Kafka is away with 503 and when
    to come again. Serves /metrics, /ready and /live on another port.
    """
    from streams.feedback.serve import run, tokens_path
    from streams.worker.leaving import LEAVE_S

    tokens_path(settings)
    if check:
        _check(settings)
        return

    log_to_stderr(settings)
    run(settings, stopped_by_signals(LEAVE_S))


def _check(settings: Settings) -> None:
    from streams.doctor.feedback import check_feedback

    found = list(check_feedback(settings))
    for one in every(found, line):
        say(f"{one.status:<5}{one.name:<28} {one.found}")
        if one.remedy:
            say(f"{'':<34}→ {one.remedy}")
    if any(one.status == "fail" for one in found):
        sys.exit(1)


@command.command()
@click.argument("name")
@click.option("--deployment", "deployments", multiple=True,
              help="Where the token counts (may be repeated). Default: everywhere.")  # fmt: skip
@_JSON
def token(name: str, deployments: tuple[str, ...], as_json: bool) -> None:
    """Make a token for an application, and print it with its entry for the file of tokens.

    The entry holds a hash of the token, which is shown this once.
    """
    from streams.feedback.tokens import minted, named_well

    if not named_well(name):
        raise UsageError("NAME: up to 64 letters, digits and . _ - are a token's name")
    made, entry = minted(name, deployments)
    if as_json:
        say_json({"name": name, "token": made, "entry": entry})
        return
    say(f"The token, for the application alone: {made}\n", err=True)
    say(entry.rstrip("\n"))
