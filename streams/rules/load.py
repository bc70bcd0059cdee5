"""Rules from where they stand: a file, the package, or a text; and again when they change."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.resources import files
from pathlib import Path

from streams.config.settings import Settings
from streams.config.yamlfile import MAX_BYTES, parse_yaml, read_yaml
from streams.errors import RulesError
from streams.rules.reader import read_rules
from streams.rules.rule import RuleSet


def load_rules(path: Path | str, known_signals: Collection[str] | None = None) -> RuleSet:
    """Reads a rules file. Raises `RulesError` naming the line, what is wrong and the remedy."""
    return read_rules(read_yaml(Path(path), RulesError), known_signals)


def parse_rules(
    text: str, name: str = "rules", known_signals: Collection[str] | None = None
) -> RuleSet:
    """Rules from YAML text; `name` stands for the file in errors.

    With `known_signals` a rule on an unknown signal is an error where its detector is known,
    and a warning of the set where the whole detector is unknown (it may not be installed
    here). Raises `RulesError`.
    """
    if len(text) > MAX_BYTES:
        problem = f"larger than {MAX_BYTES:,} bytes"
        raise RulesError(name, None, problem, "Split it, or remove what isn't rules.")
    return read_rules(parse_yaml(text, name, RulesError), known_signals)


@cache
def default_rules() -> RuleSet:
    """The rules that come with the package."""
    resource = files("streams.rules") / "default_rules.yaml"
    return parse_rules(resource.read_text("utf-8"), "default_rules.yaml")


def configured_rules(settings: Settings) -> RuleSet:
    """The configured rules, or the default ones. Raises `RulesError`."""
    return load_rules(settings.rules) if settings.rules else default_rules()


def reload_if_changed(
    path: Path | str, last: RuleSet, known_signals: Collection[str] | None = None
) -> tuple[RuleSet | None, RulesError | None]:
    """What a rules file says now: (new rules, None), (None, error), or (None, None) if the same.

    On an error the rules in force stay in force.
    """
    try:
        rules = load_rules(path, known_signals)
    except RulesError as error:
        return None, error
    return (None, None) if rules == last else (rules, None)
