"""`outwatch rules`: checks a rules file."""

from __future__ import annotations

from pathlib import Path

import click

from streams.cli._say import say, say_json
from streams.config.settings import Settings
from streams.inert import every, line


@click.group("rules")
def command() -> None:
    """Check a rules file."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def check(settings: Settings, file: Path | None, as_json: bool) -> None:
    """Check FILE: say what is wrong on which line, or list its rules.

    Without FILE it checks the rules file of the settings, or the rules that come with
    outwatch. Exit code 2 when the file would be refused.
    """
    from streams.rules.load import default_rules, load_rules
    from streams.scoring.signals import known_signals

    path = file or (Path(settings.rules) if settings.rules else None)
    rules = load_rules(path, known_signals(settings)) if path else default_rules()
    if as_json:
        listed = {"name": rules.name, "rules": rules.rules, "warnings": rules.warnings}
        say_json(listed)
        return
    rules = every(rules, line)
    width = max((len(rule.id) for rule in rules.rules), default=0)
    for rule in rules.rules:
        say(f"{rule.severity:<9} {rule.id:<{width}}  {rule.condition.describe(rule)}")
    for warning in rules.warnings:
        say(f"warning: {warning}", err=True)
    say(f"{path or 'the rules that come with outwatch'}: {len(rules.rules)} rules, good")
