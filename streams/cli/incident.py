"""`outwatch incident`: what is wrong now, and what somebody does about it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import get_args

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.cli import _silence
from streams.cli._acts import ACTS
from streams.cli._found import followed, members, named, newest, read_incidents
from streams.cli._playbook import say_playbook
from streams.cli._report import command as report
from streams.cli._say import say, say_json
from streams.cli._silence import marked, silences_of
from streams.cli._told import say_clocks, say_clocks_briefly, say_statement
from streams.cli._verbs import Verbs
from streams.config.settings import Settings
from streams.errors import ActionsError
from streams.incidents.acts import told
from streams.incidents.ends import not_known_over, unattended
from streams.incidents.render import (
    began,
    last_of,
    one_record,
    render_text,
    unattended_words,
)
from streams.incidents.severity import across
from streams.incidents.statements.phase import AUDIENCES, Audience
from streams.incidents.states import CLOSED, OPEN, RANK, SEVERITIES
from streams.inert import every, indented, line
from streams.records import Act, ActResult, Incident, IncidentState
from streams.words import between, duration, moment

_WIDE = 1_000
_STATES = (*get_args(IncidentState), "merged", "all")


@click.group("incident", cls=Verbs)
def command() -> None:
    """List and show incidents, and say what you do about one.

    ID is an incident's id, or its beginning where only one begins so. The id of one that was
    merged, or goes on under another id, leads to that.

    Who acts is the variable OUTWATCH_ACTOR, or the login. An act waits for the worker that has
    the incident and says what came of it: exit code 0 applied, 1 refused, not sent or not
    answered yet, 2 something to correct first.
    """


for one in (_silence.command, report, *ACTS):
    command.add_command(one)


@command.command("list")
@click.option(
    "--state", type=click.Choice(_STATES), multiple=True, help="Default: not over, or not seen."
)
@click.option("--severity", type=click.Choice(SEVERITIES), multiple=True, help="Default: all.")
@click.option("--deployment", multiple=True, help="Default: all.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.pass_obj
def list_incidents(
    settings: Settings,
    state: tuple[str, ...],
    severity: tuple[str, ...],
    deployment: tuple[str, ...],
    as_json: bool,
) -> None:
    """List incidents, the worst first: those that aren't over, if you don't say which.

    With them stand those of severity critical or high that are over though nobody acknowledged
    them, until somebody does: `outwatch incident ack` or `resolve`.
    """
    chosen = [
        one
        for one in read_incidents(settings).values()
        if (
            "all" in state
            or one.state in (state or OPEN)
            or (not state and unattended(one))
            or ("merged" in state and one.merged_into)
        )
        and (not severity or one.severity in severity)
        and (not deployment or one.group.get("deployment") in deployment)
    ]
    chosen.sort(key=lambda one: (one.state in CLOSED, -RANK[one.severity], -one.last_seen, one.id))
    if as_json:
        say_json(chosen)
        return
    if not chosen:
        say("No incident is open." if not (state or severity or deployment) else "None.")
        return
    silences, now = silences_of(settings), time.time()
    table = Table(box=None, pad_edge=False)
    for column in ("id", "severity", "state", "last seen", "lasted", "assigned", "title"):
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    for one in every(chosen, line):
        shown = "merged" if one.merged_into else one.state.replace("_", " ")
        if unattended(one):
            shown = unattended_words(one)
        if one.state in OPEN and marked(one, silences, now):
            shown += ", silenced"
        cells = (
            one.id,
            one.severity,
            shown,
            moment(last_of(one)).removesuffix(" UTC"),
            duration(0 if one_record(one) else between(began(one), last_of(one))),
            one.assignee,
            one.title,
        )
        table.add_row(*map(Text, cells))
    # In a pipe whatever reads it wants whole lines.
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


@command.command()
@click.argument("id_", metavar="ID")
@click.option(
    "--for",
    "audience",
    type=click.Choice(AUDIENCES),
    help="What these people may be told of it, in plain sentences.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def show(settings: Settings, id_: str, audience: Audience | None, as_json: bool) -> None:
    """Show one incident: what, how bad, who is hurt, what to type, and who did what.

    The steps are those of its playbook, with lines that can be copied.

    With --for it is a statement for an audience: each claim is confirmed, suspected or being
    checked, and it says when people hear more. Executives and the press get no name, id or
    excerpt.
    """
    known = read_incidents(settings)
    incident, note = followed(known, named(known, id_))
    if audience is not None:
        say_statement(settings, incident, members(known, incident), audience, as_json)
        return
    if as_json:
        say_json(incident, indented=True)
        return
    if note:
        say(note)
    say(render_text(incident), nl=False)
    wide = across(known.values(), incident)
    if wide:
        say(f"elsewhere   {line(wide)}")
    silenced = marked(incident, silences_of(settings), time.time())
    if silenced and incident.state in OPEN:
        say(f"silenced    {line(silenced.removeprefix('silenced '))}")
    for member in incident.merged:
        one = newest(known, member)
        if one is not None:
            one = every(one, line)
            say(f"with it     {one.id}  {one.severity}  {one.title}")
    say_clocks_briefly(settings, incident, members(known, incident))
    say_playbook(settings, incident)
    say(_hints(every(incident, line)))
    _show_actions(settings, incident)


@command.command("clocks")
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def show_clocks(settings: Settings, id_: str, as_json: bool) -> None:
    """Show how the clocks of the law stand: running, due when, overdue, told, set aside.

    Shown are those that may apply to its kind, and those that somebody named. They are a
    checklist, not advice: whether a duty applies is for people to decide.
    """
    known = read_incidents(settings)
    incident, note = followed(known, named(known, id_))
    if note and not as_json:
        say(line(note))
    say_clocks(settings, incident, members(known, incident), as_json)


@command.command("acts")
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line, for `replay`.")
@click.pass_obj
def list_acts(settings: Settings, id_: str | None, as_json: bool) -> None:
    """List who did what, and what was refused: for one incident, or for all."""
    known = read_incidents(settings)
    chosen = known.values() if id_ is None else [followed(known, named(known, id_))[0]]
    # One that goes on under another id has left its acts there, and a replay knows that id alone.
    results = [
        msgspec.structs.replace(one, act=_by_newest_ids(known, incident, one.act))
        for incident in chosen
        if not incident.replaced_by
        for one in incident.acts
    ]
    for one in sorted(results, key=_order):
        if as_json:
            say_json(one)
        else:
            say(f"{moment(one.act.at)}  {line(one.act.incident)}  {indented(told(one))}")


def _by_newest_ids(known: dict[str, Incident], incident: Incident, act: Act) -> Act:
    into = newest(known, act.into)
    return msgspec.structs.replace(act, incident=incident.id, into=into.id if into else act.into)


def _order(result: ActResult) -> tuple[float, float, int, str]:
    return result.reached, result.act.at, result.revision, result.act.act_id


def _hints(incident: Incident) -> str:
    """What can be typed next."""
    at = f"{incident.id} --revision {incident.revision}"
    if incident.state in CLOSED:
        steps: Iterable[str] = (
            *([f"ack {at}"] if unattended(incident) else []),
            *([f"resolve {at} -m HOW"] if not_known_over(incident) else []),
            f"reopen {at}",
            f"note {incident.id} TEXT",
        )
    else:
        steps = (
            *([f"ack {at}"] if incident.state == "open" else []),
            *([f"contain {at} -m HOW"] if incident.state != "contained" else []),
            f"resolve {at} -m HOW",
            f"false-alarm {at} --reason limit-too-sensitive",
        )
    shown = [f"outwatch incident {step}" for step in steps]
    return "you can     " + "\n            ".join(shown)


def _show_actions(settings: Settings, incident: Incident) -> None:
    """The configured actions that are meant for it, as they are typed."""
    if not settings.actions or (incident.state in CLOSED and not incident.acts):
        return
    from streams.containment.fit import suited
    from streams.containment.reader import configured_actions
    from streams.containment.secret_values import missing_secret

    try:
        found = suited(configured_actions(settings).actions, incident)
    except ActionsError as wrong:
        say(f"warning: {line(str(wrong))}", err=True)
        return
    for action, undo in found:
        back = " --undo" if undo else ""
        do = f"--action {action.name}{back}"
        say(f"            outwatch incident contain {line(incident.id)} {do}")
        if missing := missing_secret(action):
            say(f"            (it can't be called here: {line(missing)})")
