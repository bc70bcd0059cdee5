"""How a person's act on an incident is sent, and what is said of what came of it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import click

from streams.cli._actor import actor
from streams.cli._found import members, named, read_incidents
from streams.cli._say import say, say_json
from streams.cli._told import clocks_of, say_clocks_briefly
from streams.config.settings import Settings
from streams.errors import OutwatchError
from streams.incidents.acts import acted_since, said, told
from streams.incidents.sending import counted, ready
from streams.incidents.states import state_words
from streams.inert import every, indented, line
from streams.records import Act, ActKind, ActResult, Incident
from streams.words import moment

_Function = Callable[..., Any]


def act_options(text: str) -> Callable[[_Function], _Function]:
    """What all acts have in common; `text` is what the message of this one is for."""

    def add(function: _Function) -> _Function:
        options = (
            click.option("-m", "--message", default="", help=text),
            click.option(
                "--revision",
                type=click.IntRange(1),
                help="The revision that you saw: refused if anybody acted since. Else the newest.",
            ),
            click.option(
                "--wait",
                type=click.FloatRange(0),
                default=15.0,
                show_default=True,
                help="Seconds to wait for the answer.",
            ),
            click.option("--id", "act_id", help="The id of an act to send again: it counts once."),
            click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
            click.pass_obj,
        )
        for option in reversed(options):
            function = option(function)
        return function

    return add


def send(
    settings: Settings, id_: str, kind: ActKind, common: dict[str, Any], **fields: Any
) -> None:
    """Sends an act and says what came of it; `common` are the `act_options`.

    Raises `OutwatchError` where it is refused or isn't answered.
    """
    from streams.kafka.acts import send_act

    known = read_incidents(settings)
    incident = named(known, id_)
    earlier = counted(known, common["act_id"], incident.id, kind)
    if earlier is not None:
        _say_counted(*earlier, as_json=common["as_json"])
        return
    if kind == "merge":
        fields["into"] = named(known, fields["into"]).id
    meant = ready(
        known,
        incident,
        kind,
        common["act_id"] or uuid.uuid4().hex,
        actor(),
        time.time(),
        common["revision"],
        clocks=lambda: clocks_of(settings),
        text=common["message"],
        **fields,
    )
    act, note = meant.act, meant.note
    if meant.why:
        raise OutwatchError(
            f"Nothing was sent, as {meant.incident.id} wouldn't take it:"
            f" {meant.why}{_next(meant.incident, act)}"
        )
    after, result = send_act(settings, act, common["wait"])
    if common["as_json"]:
        say_json({"incident": after, "result": result}, indented=True)
    elif result.outcome == "refused":
        raise OutwatchError(f"Refused by {after.id}: {result.why}{_next(after, act)}")
    else:
        shown = every(after, line)
        say(f"{line(note)}\n" if note else "", nl=False)
        say(f"{shown.id}: {line(act.actor)} {indented(said(act))}")
        if shown.merged_into:
            say(f"It goes on as {shown.merged_into}: outwatch incident show {shown.merged_into}")
        else:
            say(f"It is {state_words(shown.state)}, {shown.severity}, revision {shown.revision}.")
        if act.clock or kind == "aware":
            say_clocks_briefly(settings, after, members(known, after))
    if result.outcome == "refused":
        raise click.exceptions.Exit(1)


def _next(incident: Incident, act: Act) -> str:
    """What to do about an act that is refused as others acted since; "" for any other reason."""
    if not acted_since(incident.acts, act):
        return ""
    return (
        f". Look at it with `outwatch incident show {incident.id}`; if you still mean it, act again"
        f" with --revision {incident.revision}"
    )


def _say_counted(incident: Incident, result: ActResult, *, as_json: bool) -> None:
    """Prints what came of an act that was sent before. Raises `OutwatchError` where it was
    refused."""
    if as_json:
        say_json({"incident": incident, "result": result}, indented=True)
    if result.outcome != "refused":
        if not as_json:
            when = moment(result.act.at)
            say(f"{line(incident.id)}: it counted already, at {when}: {indented(told(result))}")
        return
    if as_json:
        raise click.exceptions.Exit(1)
    raise OutwatchError(f"Refused by {line(incident.id)} already: {result.why}")
