"""How an incident's playbook is printed below it."""

from __future__ import annotations

from streams.cli._say import say
from streams.cli._typed import command_problem
from streams.config.settings import Settings
from streams.errors import FileError
from streams.incidents.planted import told_as
from streams.incidents.playbooks.fields import of_incident, of_rules, of_settings
from streams.incidents.playbooks.playbook import Playbook, Playbooks
from streams.incidents.playbooks.reader import configured, shipped
from streams.incidents.playbooks.told import commands_text
from streams.incidents.states import CLOSED
from streams.inert import line
from streams.records import Incident


def playbook_of(settings: Settings, incident: Incident) -> Playbook:
    """The playbook of an incident. Where the operator's own are wrong it is one that comes with
    outwatch, and that is said: nobody should have to mend a file first."""
    return _book(settings).of(told_as(incident), incident.group.get("deployment", ""))


def names_of(settings: Settings) -> tuple[str, ...]:
    """The kinds that have a playbook here, sorted. Where the operator's own are wrong, that is
    said, and they are those that come with outwatch."""
    return _book(settings).names()


def _book(settings: Settings) -> Playbooks:
    try:
        return configured(settings, command_problem)
    except FileError as failure:
        say(f"Your own playbooks aren't used: {line(str(failure))}", err=True)
        return shipped()


def say_playbook(settings: Settings, incident: Incident) -> None:
    """Prints what comes after the first steps, filled in; nothing of an incident that is over."""
    if incident.state in CLOSED:
        return
    one = playbook_of(settings, incident)
    values = of_settings(settings) | of_incident(incident)
    text = commands_text(one, values, of_rules(incident))
    if text:
        say(f"{text}\n")
    say(f"All of it: outwatch playbooks show {line(one.playbook)}")
