"""`outwatch rules`: checks a rules file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.cli._say import say, say_json
from streams.config.settings import Settings
from streams.inert import every, line

if TYPE_CHECKING:
    from streams.rules.rule import Rule


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
    from streams.rules.rule import default_rules, load_rules
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
        say(f"{rule.severity:<9} {rule.id:<{width}}  {_condition(rule)}")
    for warning in rules.warnings:
        say(f"warning: {warning}", err=True)
    say(f"{path or 'the rules that come with outwatch'}: {len(rules.rules)} rules, good")


def _condition(rule: Rule) -> str:
    limit = f"{rule.condition.threshold:g}"
    kinds = {
        "immediate": "one record",
        "count": f"more than {limit} records",
        "rate": f"more than {rule.condition.threshold:.0%} of records",
        "mean": f"mean above {limit}",
        "quantile": f"{rule.condition.quantile:g} quantile",
        "users": f"more than {limit} users",
        "drift": f"drift above {limit}",
    }
    above = "" if rule.condition.kind in ("mean", "drift") else f" above {rule.record_above:g}"
    within = "" if rule.condition.kind == "immediate" else f" in {rule.window:g} s"
    return f"{kinds[rule.condition.kind]}{above} on {rule.signal}{within}"
