"""`outwatch contacts`: who is told, and whether anybody is."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from streams.cli._say import say, say_json
from streams.cli._times import moment_of
from streams.cli._verbs import Verbs
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.inert import every, line
from streams.words import count, moment

_MOST_SHIFTS = 20


@click.group("contacts", cls=Verbs)
def command() -> None:
    """Check the contacts file, and see who is on call."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--at", "at", help="As of then, as 2026-11-29T03:10:00Z. Default: now.")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=14,
    show_default=True,
    help="How far to look ahead.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def check(settings: Settings, file: Path | None, at: str | None, days: int, as_json: bool) -> None:
    """Check FILE: say what is wrong on which line, or who is on call now and next.

    Without FILE it checks the contacts file of the settings. It names gaps in the schedules, and
    receivers that can't be told. Needs no Kafka. Exit code 2 when the file would be refused, 1
    when a receiver can't be told.
    """
    from streams.paging.configured import examined, receiver_names
    from streams.paging.duty.load import load_contacts
    from streams.paging.duty.report import report

    configured = settings.pager.contacts
    path = file or (Path(configured) if isinstance(configured, str) and configured else None)
    if path is None:
        raise UsageError("There is no contacts file: name one, or set `pager.contacts` to its path")
    named = receiver_names(settings.pager)
    contacts = load_contacts(path, named, "FILE") if file else load_contacts(path, named)
    found = report(contacts, time.time() if at is None else moment_of("--at", at), days)
    refused = {
        name: str(made)
        for name, made in examined(settings.pager)
        if isinstance(made, UsageError) and name in contacts.receivers
    }
    if as_json:
        say_json({"report": found, "refused_receivers": refused}, indented=True)
        sys.exit(1 if refused else 0)
    found = every(found, line)
    width = max(len(one.role) for one in found.roles)
    say(f"on call at {moment(found.at)}")
    for one in found.roles:
        by = f"  ({', '.join(one.receivers)})" if one.receivers else ""
        say(f"  {one.role:<{width}}  {', '.join(one.on_call) or 'nobody'}{by}")
    say(f"\nuntil {moment(found.until)}")
    for one in found.roles:
        rows = [(shift.start, shift.end, ", ".join(shift.who)) for shift in one.shifts]
        rows += [(begin, end, "NOBODY") for begin, end in one.gaps]
        rows.sort()
        for begin, end, who in rows[:_MOST_SHIFTS]:
            say(f"  {one.role:<{width}}  {_short(begin)} to {_short(end)}  {who}")
        if len(rows) > _MOST_SHIFTS:
            say(f"  {one.role:<{width}}  and {len(rows) - _MOST_SHIFTS} more")
    say("")
    for warning in found.warnings:
        say(f"warning: {warning}", err=True)
    for name, why in refused.items():
        say(f"error: receiver {line(name)}: {line(why)}", err=True)
    people, roles = f"{len(contacts.people):,} who can be on call", len(contacts.roles)
    verdict = "it can't tell all of them" if refused else "good"
    say(f"{line(str(path))}: {people}, {count(roles, 'role')}, {verdict}")
    sys.exit(1 if refused else 0)


def _short(at: float) -> str:
    return moment(at).removesuffix(" UTC").removesuffix(":00")
