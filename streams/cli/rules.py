"""`outwatch rules`: checks a rules file, shows the rules in force, lists what they can be about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.cli import _exclude
from streams.cli._say import say, say_json
from streams.cli._verbs import Verbs
from streams.clock import SystemClock
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.inert import every, line
from streams.rules.exclusion_risks import risks
from streams.rules.exclusions import in_words
from streams.suggest import suggestion
from streams.words import count, moment

if TYPE_CHECKING:
    from streams.rules.rule import RuleSet


@click.group("rules", cls=Verbs)
def command() -> None:
    """Check rules, show them, list the signals that they can be about, and exclude false alarms."""


command.add_command(_exclude.command)


@command.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def check(settings: Settings, file: Path | None, as_json: bool) -> None:
    """Check FILE: say what is wrong on which line, or list its rules.

    Without FILE it checks the rules file of the settings, or the rules that come with
    outwatch. Exit code 2 when the file would be refused.
    """
    rules, path = _rules(settings, file)
    if as_json:
        listed = {
            "name": rules.name,
            "rules": rules.rules,
            "warnings": rules.warnings,
            "exclusions": rules.exclusions,
            "score_maps": rules.maps.version,
        }
        say_json(listed)
        return
    rules = every(rules, line)
    exclusions, maps = rules.exclusions, rules.maps
    width = max((len(rule.id) for rule in rules.rules), default=0)
    for rule in rules.rules:
        say(f"{rule.severity:<9} {rule.id:<{width}}  {rule.condition.describe(rule)}")
    now = SystemClock().now()
    for one in exclusions:
        over = one.expired(now)
        until = f"until {moment(one.expires)}" if not over else f"since {moment(one.expires)}"
        kind = "expired" if over else "excluded"
        say(f"{kind:<9} {one.id}  {in_words(one)}; {until}, {one.owner}")
    for one in exclusions:
        if one.expired(now):
            say(f"warning: the exclusion {one.id} expired on {moment(one.expires)}, so what it left"
                " out counts again: renew it or take it out", err=True)  # fmt: skip
            continue
        for why in risks(one, rules.rules):
            say(f"warning: the exclusion {one.id} may hide a real case: {why}", err=True)
    _warn(rules)
    of = path or "the rules that come with outwatch"
    some = f", {count(len(exclusions), 'exclusion')}" if exclusions else ""
    ended = sum(one.expired(now) for one in exclusions)
    some += f" of which {ended} expired" if ended else ""
    mapped = f", score maps of version {maps.version}" if maps.version else ""
    say(f"{of}: {count(len(rules.rules), 'rule')}{some}{mapped}, good")


@command.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--only", multiple=True, metavar="ID", help="This rule (may be repeated).")
@click.option("--deployment", help="The rules meant for this deployment.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def show(
    settings: Settings,
    file: Path | None,
    only: tuple[str, ...],
    deployment: str | None,
    as_json: bool,
) -> None:
    """Print the rules in force, whole: with every default, and with what they extend.

    They are those of FILE, of the rules file of the settings, or those that come with outwatch;
    rules that are switched off are left out. The text is a rules file that says the same. The
    digest on its first line is the same wherever the same rules are in force; a worker shows it,
    as a decimal number, in the metric outwatch_rules_digest.
    """
    from streams.rules.written import written, written_yaml

    rules, path = _rules(settings, file)
    known = [rule.id for rule in rules.rules]
    for name in only:
        if name not in known:
            raise UsageError(f"--only: no rule in force has this id. {suggestion(name, known)}")
    chosen = [
        rule
        for rule in (rules.rules if deployment is None else rules.covering(deployment))
        if not only or rule.id in only
    ]
    if as_json:
        listed = [written(rule) for rule in chosen]
        say_json({"name": rules.name, "digest": rules.digest, "rules": listed})
        return
    of = line(str(path)) if path else "the rules that come with outwatch"
    number = count(len(chosen), "rule")
    some = f" of {len(rules.rules)}" if len(chosen) < len(rules.rules) else ""
    say(f"# {of}: {number}{some}, digest {rules.digest} ({int(rules.digest, 16)})")
    say(written_yaml(chosen), nl=False)
    _warn(rules)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.pass_obj
def signals(settings: Settings, as_json: bool) -> None:
    """List the signals that rules can be about here.

    They are those of the detectors that the settings ask for, of people's feedback, and of
    monitoring itself. The number is the threshold above which a record counts as positive by
    default; features, whose distributions alone mean anything, have none.
    """
    from streams.builtin_signals import BUILT_IN
    from streams.scoring.signals import chosen_detectors, create_detector

    names = chosen_detectors(settings)
    found = [signal for name in names for signal in create_detector(settings, name).signals]
    found += BUILT_IN
    if as_json:
        say_json(
            [
                {
                    "signal": one.name,
                    "meaning": one.meaning,
                    "threshold": None if one.feature else one.threshold,
                }
                for one in found
            ]
        )
        return
    width = max(len(one.name) for one in found)
    for one in found:
        threshold = "" if one.feature else f"{one.threshold:g}"
        say(f"{line(one.name):<{width}}  {threshold:<5} {line(one.meaning)}")


def _rules(settings: Settings, file: Path | None) -> tuple[RuleSet, Path | None]:
    """The rules of a file, of the settings or of the package, and the file."""
    from streams.rules.load import corrected, default_rules, load_rules
    from streams.scoring.signals import known_signals

    if file is not None:
        return corrected(load_rules(file, known_signals(settings), "FILE"), settings), file
    path = Path(settings.rules) if settings.rules else None
    rules = load_rules(path, known_signals(settings)) if path else default_rules()
    return corrected(rules, settings), path


def _warn(rules: RuleSet) -> None:
    for warning in rules.warnings:
        say(f"warning: {line(warning)}", err=True)
