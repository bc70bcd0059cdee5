"""Rules from where they stand: a file, the package, or a text; and again when they change."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from streams.config.paths import shown_path
from streams.config.settings import Settings
from streams.config.yamlfile import MAX_BYTES, Located, parse_yaml, read_yaml
from streams.errors import RulesError
from streams.rules.exclusions import load_exclusions
from streams.rules.reader import read_rules
from streams.rules.rule import RuleSet
from streams.rules.score_maps import ScoreMaps, load_score_maps

_SETTING = "the file that `rules` (OUTWATCH_RULES) names"


def load_rules(
    path: Path | str, known_signals: Collection[str] | None = None, called: str = _SETTING
) -> RuleSet:
    """Reads a rules file. Raises `RulesError` naming the line, what is wrong and the remedy.

    `called` are words for a file that isn't there, whose name may be a secret in the wrong place.
    """
    name = shown_path(path, called)
    return read_rules(read_yaml(Path(path), RulesError, name), known_signals, _defaults)


def parse_rules(
    text: str, name: str = "rules", known_signals: Collection[str] | None = None
) -> RuleSet:
    """Rules from YAML text; `name` stands for the file in errors.

    With `known_signals`, those that are judged here, a rule on another is an error where that
    is a slip: its detector is known, or the name is nearly that of a known one. It is a warning
    of the set where the detector isn't asked for, or may be installed elsewhere. Raises
    `RulesError`.
    """
    if len(text) > MAX_BYTES:
        problem = f"larger than {MAX_BYTES:,} bytes"
        raise RulesError(name, None, problem, "Split it, or remove what isn't rules.")
    return read_rules(parse_yaml(text, name, RulesError), known_signals, _defaults)


@cache
def default_rules() -> RuleSet:
    """The rules that come with the package."""
    return read_rules(_defaults(), None, _defaults)


@cache
def _defaults() -> Located:
    resource = files("streams.rules") / "default_rules.yaml"
    return parse_yaml(resource.read_text("utf-8"), "default_rules.yaml", RulesError)


def configured_rules(settings: Settings, known_signals: Collection[str] | None = None) -> RuleSet:
    """The configured rules, or the default ones, with the exclusions and score maps of the
    settings. Raises `RulesError`."""
    rules = load_rules(settings.rules, known_signals) if settings.rules else default_rules()
    return corrected(rules, settings)


def corrected(rules: RuleSet, settings: Settings) -> RuleSet:
    """Rules with the exclusions and score maps of the settings. Raises `RulesError`."""
    return msgspec.structs.replace(
        rules,
        exclusions=load_exclusions(settings.exclusions) if settings.exclusions else (),
        maps=load_score_maps(settings.score_maps) if settings.score_maps else ScoreMaps(),
    )


def reload_if_changed(
    path: Path | str, last: RuleSet, known_signals: Collection[str] | None = None
) -> tuple[RuleSet | None, RulesError | None]:
    """What a rules file says now: (new rules, None), (None, error), or (None, None) if the same.

    On an error the rules in force stay in force; exclusions and score maps stay in any case.
    """
    try:
        rules = load_rules(path, known_signals)
    except RulesError as error:
        return None, error
    if rules.rules == last.rules:
        return None, None
    return msgspec.structs.replace(rules, exclusions=last.exclusions, maps=last.maps), None


def exclusions_if_changed(
    path: Path | str, last: RuleSet
) -> tuple[RuleSet | None, RulesError | None]:
    """The same for a file of exclusions: the rules in force with them."""
    try:
        fresh = load_exclusions(path)
    except RulesError as error:
        return None, error
    same = fresh == last.exclusions
    return (None if same else msgspec.structs.replace(last, exclusions=fresh)), None


def score_maps_if_changed(
    path: Path | str, last: RuleSet
) -> tuple[RuleSet | None, RulesError | None]:
    """The same for a file of score maps."""
    try:
        fresh = load_score_maps(path)
    except RulesError as error:
        return None, error
    return (None if fresh == last.maps else msgspec.structs.replace(last, maps=fresh)), None
