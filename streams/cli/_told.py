"""What `outwatch incident` says of clocks and to audiences."""

from __future__ import annotations

import time
from collections.abc import Sequence

from streams.cli._say import say, say_json
from streams.cli.clocks import known_clock
from streams.config.settings import Settings
from streams.errors import ClocksError, UsageError
from streams.incidents.clocks.clock import Clocks
from streams.incidents.clocks.reader import configured, shipped
from streams.incidents.clocks.running import Reading, readings, unknown_clocks
from streams.incidents.clocks.told import brief_lines, clocks_text
from streams.incidents.statements.phase import Audience
from streams.inert import every, line
from streams.records import Incident
from streams.words import sentence


def say_statement(
    settings: Settings,
    incident: Incident,
    members: Sequence[Incident],
    audience: Audience,
    as_json: bool,
) -> None:
    """Prints what an audience may be told."""
    from streams.incidents.statements.statement import statement

    now = time.time()
    found = _readings(incident, members, clocks_of(settings), now)
    made = statement(incident, audience, now, members=members, clocks=found)
    if as_json:
        say_json(made, indented=True)
    else:
        say(made.text)


def say_clocks_briefly(settings: Settings, incident: Incident, members: Sequence[Incident]) -> None:
    """Prints the clocks that concern an incident, as the last of its fields."""
    now = time.time()
    found = _readings(incident, members, clocks_of(settings), now)
    for number, text in enumerate(brief_lines(found, now)):
        say(f"{'' if number else 'clocks':<11} {text}")


def say_clocks(
    settings: Settings, incident: Incident, members: Sequence[Incident], as_json: bool
) -> None:
    """Prints how the clocks stand, with their sources."""
    clocks = clocks_of(settings)
    now = time.time()
    found = _readings(incident, members, clocks, now)
    strange = unknown_clocks(incident, clocks)
    if as_json:
        told = {"incident": incident.id, "at": now, "clocks": found, "unknown": strange}
        say_json(told, indented=True)
        return
    say(f"{line(incident.id)}  {line(incident.title)}")
    say(clocks_text(incident, found, now))
    for one in strange:
        say(f"\n{line(one)}  an act names this clock, and no file here has it")
    steps = []
    for verb, states, what in (
        ("statement-sent", ("overdue", "running"), "TO-WHOM"),
        ("aware", ("may_apply",), "WHY"),
    ):
        ids = [one.clock for state in states for one in found if one.state == state]
        if ids:
            steps.append(
                f"outwatch incident {verb} {line(incident.id)} --clock {line(ids[0])} -m {what}"
            )
    if steps:
        say("\nyou can     " + "\n            ".join(steps))


def clock_named(settings: Settings, name: str | None) -> str:
    """The id of a clock that an act may name; "" where none is named.

    Raises `UsageError` for one that isn't known.
    """
    if name is None:
        return ""
    clocks = clocks_of(settings)
    try:
        return known_clock(name, clocks).id
    except UsageError as error:
        raise UsageError(f"Nothing was sent: {error}") from None


def clocks_of(settings: Settings) -> Clocks:
    """The clocks in force. Mistakes in files hide no incident and stop no act: then those that come
    with outwatch, and a warning on stderr."""
    try:
        return configured(settings)
    except ClocksError as error:
        say(f"warning: {sentence(line(str(error)))} Used are the clocks of outwatch", err=True)
        return shipped()


def _readings(
    incident: Incident, members: Sequence[Incident], clocks: Clocks, now: float
) -> list[Reading]:
    return [every(one, line) for one in readings(incident, clocks, now, members)]
