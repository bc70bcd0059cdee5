"""`outwatch incident`: what people do about one, a command for each act."""

from __future__ import annotations

import time
from typing import Any

import click

from streams.cli._act import act_options, send
from streams.cli._contain import contain
from streams.cli._times import moment_of
from streams.cli._told import clock_named
from streams.config.settings import Settings
from streams.incidents.acts import REASONS
from streams.incidents.states import SEVERITIES

_BY_FIGURES = "by-figures"


@click.command()
@click.argument("id_", metavar="ID")
@act_options("What you are going to do.")
def ack(settings: Settings, id_: str, **common: Any) -> None:
    """Say that you are at it: nobody else is paged for it from now on."""
    send(settings, id_, "acknowledge", common)


@click.command()
@click.argument("id_", metavar="ID")
@act_options("What ended it.")
def resolve(settings: Settings, id_: str, **common: Any) -> None:
    """Say that it is over.

    It opens again by what comes after that alone, or by a newer model version.
    """
    send(settings, id_, "resolve", common)


@click.command()
@click.argument("id_", metavar="ID")
@act_options("Why it isn't over.")
def reopen(settings: Settings, id_: str, **common: Any) -> None:
    """Open one again that is over, was called a false alarm, or was merged.

    It stays open until somebody resolves it.
    """
    send(settings, id_, "reopen", common)


@click.command()
@click.argument("id_", metavar="ID")
@click.argument("who")
@act_options("Why.")
def assign(settings: Settings, id_: str, who: str, **common: Any) -> None:
    """Say WHO is to see to it."""
    send(settings, id_, "assign", common, assignee=who)


@click.command()
@click.argument("id_", metavar="ID")
@click.argument("text")
@act_options("More text.")
def note(settings: Settings, id_: str, text: str, **common: Any) -> None:
    """Add TEXT to what is known of it. Never write what was leaked."""
    common["message"] = "\n".join(filter(None, (text, common["message"])))
    send(settings, id_, "note", common)


@click.command()
@click.argument("id_", metavar="ID")
@click.argument("into", metavar="INTO")
@act_options("Why they are one.")
def merge(settings: Settings, id_: str, into: str, **common: Any) -> None:
    """Let it go on as another incident, INTO, of the same deployment.

    Its id leads there from now on. INTO is over when both are, has the severity of the worse
    one, and opens again where either goes on.
    """
    send(settings, id_, "merge", common, into=into)


@click.command("false-alarm")
@click.argument("id_", metavar="ID")
@click.option(
    "--reason",
    required=True,
    type=click.Choice([reason.replace("_", "-") for reason in REASONS]),
    help="Why it was none.",
)
@act_options("What made it look like one.")
def false_alarm(settings: Settings, id_: str, reason: str, **common: Any) -> None:
    """Call it a false alarm.

    Its group stays quiet until the figures double, and for seven days at most (the setting
    incidents.mute_s).
    """
    send(settings, id_, "false_alarm", common, reason=reason.replace("-", "_"))


@click.command()
@click.argument("id_", metavar="ID")
@click.argument("level", metavar="LEVEL", type=click.Choice((*SEVERITIES, _BY_FIGURES)))
@act_options("Why.")
def severity(settings: Settings, id_: str, level: str, **common: Any) -> None:
    """Give it another severity: critical, high or low. A higher one pages again.

    It holds whatever the figures say, until somebody gives another or `by-figures`, which leaves
    the severity to the figures again.
    """
    chosen = {"computed": True} if level == _BY_FIGURES else {"severity": level}
    send(settings, id_, "severity", common, **chosen)


@click.command()
@click.argument("id_", metavar="ID")
@click.option(
    "--clock", help="The clock that begins, such as gdpr-33. Default: all that may apply to it."
)
@click.option("--at", "at", help="When, as 2026-11-29T03:10:00Z. Default: now.")
@act_options("What made it reasonably certain.")
def aware(settings: Settings, id_: str, clock: str | None, at: str | None, **common: Any) -> None:
    """Say since when you know that it is real: legal clocks begin there, not at the alert.

    `outwatch clocks list` has the clocks, `outwatch incident clocks ID` says how they stand.
    """
    since = time.time() if at is None else moment_of("--at", at)
    named = clock_named(settings, clock)
    send(settings, id_, "aware", common, clock=named, aware_at=since)


@click.command("set-aside")
@click.argument("id_", metavar="ID")
@click.option("--clock", required=True, help="The clock that doesn't apply, such as gdpr-34.")
@act_options("Why it doesn't apply. Needed.")
def set_aside(settings: Settings, id_: str, clock: str, **common: Any) -> None:
    """Set a clock of the law aside, with a reason.

    It stays listed with the reason, and begins again when somebody says `aware` for it.
    """
    send(settings, id_, "set_aside", common, clock=clock_named(settings, clock))


@click.command("statement-sent")
@click.argument("id_", metavar="ID")
@click.option("--clock", help="The clock for which it was sent, such as gdpr-33.")
@act_options("What was sent, and to whom.")
def statement_sent(settings: Settings, id_: str, clock: str | None, **common: Any) -> None:
    """Say that people were told of it."""
    send(settings, id_, "statement_sent", common, clock=clock_named(settings, clock))


ACTS = (
    ack,
    contain,
    resolve,
    reopen,
    assign,
    note,
    merge,
    false_alarm,
    severity,
    aware,
    set_aside,
    statement_sent,
)
"""All of them."""
