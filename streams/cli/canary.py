"""`outwatch canary`: made-up secrets that no answer should ever hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from detectors.leak.canary_file import Canary, named_well
from streams.canaries import (
    KINDS,
    NOT_THERE,
    STATES,
    Kind,
    add,
    minted,
    planted_text,
    registered,
    revoke,
    state,
)
from streams.cli._actor import actor
from streams.cli._say import say, say_json
from streams.cli._times import moment_of
from streams.cli._verbs import Verbs
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.incidents.acts_text import is_mailbox, private_kind
from streams.inert import line
from streams.words import count, moment

_DAY = 86_400.0
_MOST = 100


def _register(function: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The register. Default: detector_options.leak.canaries of the settings.",
    )
    return option(function)


_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


@click.group("canary", cls=Verbs)
def command() -> None:
    """Make canaries, say where they are planted, and take them back.

    A canary is a made-up secret that stands where nobody should read: in a system prompt, a
    document, a customer record that is no customer, a question that nobody asks. An answer that
    holds one, however written, is a leak (`leak.canary`), and the incident names the place.
    """


@command.command()
@click.option("--kind", type=click.Choice(KINDS), required=True, help="What it is planted in.")
@click.option("--where", required=True, help="The place, as people call it. Incidents name it.")
@click.option("--owner", help="Who answers for it. Default: who you are.")
@click.option("--expires", metavar="WHEN", help="Until when it counts: 90d, or 2027-03-01.")
@click.option("-n", "--number", type=click.IntRange(1, _MOST), default=1, show_default=True,
              help="How many, all for the same place.")  # fmt: skip
@_register
@_JSON
@click.pass_obj
def mint(
    settings: Settings,
    kind: Kind,
    where: str,
    owner: str | None,
    expires: str | None,
    number: int,
    file: Path | None,
    as_json: bool,
) -> None:
    """Make canaries of 128 bits, write them into the register, and print what to plant.

    Workers read the register within seconds.
    """
    path = _path(settings, file)
    who = actor() if owner is None else owner
    for option, text in (("--where", where), ("--owner", who)):
        if not named_well(text):
            raise UsageError(f"{option}: 80 letters, digits, blanks and . , : / @ _ - are the most")
        kind_of_it = private_kind(text)
        # Who acts may be named by an e-mail address, as in acts.
        if kind_of_it and not (option == "--owner" and owner is None and is_mailbox(text)):
            todo = "a login or a team" if option == "--owner" else "the place without it"
            raise UsageError(f"{option} holds what looks like {kind_of_it}; give {todo}")
    now = time.time()
    made = [minted(kind, where, who, now, _until(expires, now)) for _ in range(number)]
    add(path, made)
    if as_json:
        say_json([_row(one, now) | {"plant": planted_text(one)} for one in made])
        return
    for one in made:
        say(f"{line(one.id)}, for {line(one.where)}. Plant there:\n\n{planted_text(one)}\n")
    if settings.detector_options.get("leak", {}).get("canaries") is None:
        say("Workers don't look for it yet: set detector_options.leak.canaries to the register.")


@command.command("list")
@click.option("--state", "wanted", type=click.Choice((*STATES, "all")), default="all")
@_register
@_JSON
@click.pass_obj
def list_canaries(settings: Settings, wanted: str, file: Path | None, as_json: bool) -> None:
    """List canaries, without their tokens."""
    now = time.time()
    known = [one for one in registered(_path(settings, file)) if wanted in ("all", state(one, now))]
    if as_json:
        say_json([_row(one, now) for one in known])
        return
    rows = [
        (
            one.id,
            state(one, now),
            one.kind or "-",
            one.where or "-",
            one.owner or "-",
            f"until {moment(one.expires_at)}" if one.expires_at is not None else "",
        )
        for one in known
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say(line("  ".join(map(str.ljust, row, widths)).rstrip()))
    say(f"{count(len(known), 'canary', 'canaries')}")


@command.command("revoke")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@_register
@_JSON
@click.pass_obj
def revoke_canaries(
    settings: Settings, ids: tuple[str, ...], file: Path | None, as_json: bool
) -> None:
    """Look for canaries no more, such as one that was published on purpose."""
    now = time.time()
    gone = revoke(_path(settings, file), ids, now)
    if as_json:
        say_json([_row(one, now) for one in gone])
        return
    for one in gone:
        say(f"{line(one.id)} is revoked. Take it out of {line(one.where or 'where it stands')}.")


@command.command()
@click.argument("id_", metavar="ID")
@_register
@_JSON
@click.pass_obj
def plant(settings: Settings, id_: str, file: Path | None, as_json: bool) -> None:
    """Print again what to plant for a canary. It shows the token."""
    path = _path(settings, file)
    now = time.time()
    for one in registered(path):
        if one.id == id_:
            if as_json:
                say_json(_row(one, now) | {"plant": planted_text(one)})
            else:
                say(planted_text(one))
            return
    raise UsageError(NOT_THERE)


def _path(settings: Settings, file: Path | None) -> Path:
    path = file or settings.detector_options.get("leak", {}).get("canaries")
    if not path:
        raise UsageError(
            "name a register with --file, or set detector_options.leak.canaries to one"
        )
    return Path(path)


def _until(text: str | None, now: float) -> float | None:
    if text is None:
        return None
    if text[-1:] == "d" and text[:-1].isascii() and text[:-1].isdigit() and len(text) < 7:
        until = now + int(text[:-1]) * _DAY
    else:
        until = moment_of("--expires", text)
    if until <= now:
        raise UsageError(f"--expires {text}: that is over already")
    return until


def _row(canary: Canary, now: float) -> dict[str, object]:
    fields = msgspec.structs.asdict(canary)
    del fields["token"]
    return fields | {"state": state(canary, now)}
