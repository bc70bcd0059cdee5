"""`outwatch actions`: which containment actions are configured, and whether their file is good."""

from __future__ import annotations

from pathlib import Path

import click

from streams.cli._say import say, say_json
from streams.cli._verbs import Verbs
from streams.config.settings import Settings
from streams.containment.action import Actions
from streams.containment.fit import action_line
from streams.containment.patience import impatient
from streams.containment.reader import configured_actions, read_actions
from streams.containment.secret_values import missing_secret
from streams.errors import OutwatchError, UsageError
from streams.inert import line
from streams.rules.load import configured_rules
from streams.words import count


@click.group("actions", cls=Verbs)
def command() -> None:
    """List the containment actions, and check their file.

    They are ordered by `outwatch incident contain ID --action NAME`, by a person, never by
    themselves.
    """


@command.command("list")
@click.option("--playbook", help="Those meant for incidents of this playbook.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.pass_obj
def list_actions(settings: Settings, playbook: str | None, as_json: bool) -> None:
    """List the configured actions: what each does, where, and whether it can be undone."""
    chosen = [
        one
        for one in configured_actions(settings).actions
        if playbook is None or not one.playbooks or playbook in one.playbooks
    ]
    if as_json:
        say_json(
            [
                {
                    "name": one.name,
                    "kind": one.kind,
                    "does": one.does,
                    "scope": one.scope,
                    "playbooks": one.playbooks,
                    "cap": one.cap,
                    "two_person": one.two_person,
                    "undo": one.undo is not None,
                    "missing": missing_secret(one),
                }
                for one in chosen
            ]
        )
        return
    width = max((len(one.name) for one in chosen), default=0)
    for one in chosen:
        say(f"{line(one.name):<{width}}  {line(action_line(one))}")
        if missing := missing_secret(one):
            say(f"{'':<{width}}  warning: it can't be called here: {line(missing)}")
    if not chosen:
        say("None." if settings.actions else "None: the setting `actions` names no file.")


@command.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--secrets/--no-secrets", default=True, help="Whether their secrets are there too.")
@click.pass_obj
def check(settings: Settings, file: Path | None, secrets: bool) -> None:
    """Check FILE, or the one of the settings: what is wrong on which line, or that it is good.

    Nothing is called. Exit code 2 when the file would be refused, 1 when a secret is missing.
    """
    if file is None and not settings.actions:
        raise UsageError("No file is named, neither here nor by the setting `actions`")
    actions: Actions = configured_actions(settings) if file is None else read_actions(file, "FILE")
    for warning in _impatient(settings, actions):
        say(f"warning: {line(warning)}", err=True)
    missing = 0
    for one in actions.actions if secrets else ():
        if lacking := missing_secret(one):
            missing += 1
            say(f"warning: {line(lacking)}", err=True)
    for one in actions.actions:
        say(f"{line(one.name)}  {line(action_line(one))}")
    checked = f"{line(actions.path)}: {count(len(actions.actions), 'action')}"
    if not missing:
        say(f"{checked}, good")
    else:
        lacking = f"{count(missing, 'action')} can't be called here, as a secret is missing"
        say(f"{checked}, well written; {lacking} (--no-secrets asks for none)")
        raise click.exceptions.Exit(1)


def _impatient(settings: Settings, actions: Actions) -> list[str]:
    """What is to be said of probes that end before a quiet signal can be told as fallen."""
    try:
        rules = configured_rules(settings).rules
    except OutwatchError:
        rules = ()
    return [why for one in actions.actions if (why := impatient(one, rules))]
