"""`outwatch doctor`: what is wrong here, and how to mend it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.cli import CONFIG
from streams.cli._say import say, say_json
from streams.config.settings import NOT_SETTINGS, load_settings
from streams.errors import ConfigError
from streams.inert import every, line

if TYPE_CHECKING:
    from streams.doctor.check import Check

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.option("--quick", is_flag=True, help="Don't load the detectors' models.")
@click.pass_context
def command(ctx: click.Context, as_json: bool, quick: bool) -> None:
    """Look at everything outwatch needs, and say how to mend what is missing.

    Changes nothing. Exit code 0 when nothing failed (warnings allowed), 1 otherwise.
    """
    logging.disable(logging.CRITICAL)
    try:
        found = []
        for check in _checks(ctx.meta[CONFIG], load=not quick):
            found.append(check)
            if not as_json:
                _print(check)
    finally:
        logging.disable(logging.NOTSET)
    failed = sum(check.status == "fail" for check in found)
    warned = sum(check.status == "warn" for check in found)
    if as_json:
        say_json(found)
    else:
        say(f"\n{failed} failed, {warned} to look at, {len(found)} checked")
    sys.exit(1 if failed else 0)


def _checks(config: Path | None, load: bool) -> Iterator[Check]:
    from streams.doctor.check import Check, ok
    from streams.doctor.checks import examine
    from streams.doctor.machine import check_python

    yield from check_python()
    source = str(config or os.environ.get("OUTWATCH_CONFIG") or "defaults")
    variables = sum(
        name.startswith("OUTWATCH_") and name not in NOT_SETTINGS for name in os.environ
    )
    try:
        settings = load_settings(config)
    except ConfigError as error:
        remedy = f"{error.remedy}. The rest can't be checked before"
        yield Check("configuration", "fail", str(error).removesuffix(f" {error.remedy}"), remedy)
        return
    yield ok("configuration", f"{source}, and {variables} OUTWATCH_ variables")
    yield from examine(settings, load)


def _print(check: Check) -> None:
    check = every(check, line)
    say(f"{check.status:<5}", fg=_COLOURS[check.status], nl=False)
    say(f"{check.name:<22} {check.found}")
    if check.remedy:
        say(f"{'':<28}→ {check.remedy}")
