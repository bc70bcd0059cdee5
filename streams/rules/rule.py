"""Rules: what must hold over a window of records for an incident to open."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec

from streams.config.yamlfile import MAX_BYTES, parse_yaml, read_yaml
from streams.errors import RulesError
from streams.records import Severity

ConditionKind = Literal["immediate", "count", "rate", "mean", "quantile", "users", "drift"]
GroupField = Literal["model_version", "tenant", "user"]

_MONOTONE = frozenset({"immediate", "count", "users"})


class Condition(msgspec.Struct, frozen=True):
    """What a window must fulfil, and the limit that its figure must exceed.

    `kind` says what is judged: "immediate" one record above, "count" records above, "rate"
    their share of the records judged, "mean" the mean score, "quantile" whether the
    `quantile` of the scores lies above `record_above`, "users" distinct users with a record
    above, "drift" the distance from the baseline. `threshold` is a number of records or
    users, or a share, mean or distance in [0, 1]; for "quantile" it is 1 - `quantile`.
    """

    kind: ConditionKind
    threshold: float
    quantile: float = 0.0

    @property
    def monotone(self) -> bool:
        """Whether more records can only fulfil it, never undo it."""
        return self.kind in _MONOTONE


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, complete: every default is filled in.

    A record counts when its `signal` (or one that the glob matches) was judged, and is
    "above" when its score exceeds `record_above`. `window`, `pane` and `hold` are seconds.
    `by` names what besides the deployment makes a group. `deployments` are globs.
    """

    id: str
    signal: str
    condition: Condition
    record_above: float
    window: float
    pane: float
    hold: float
    at_least: int
    severity: Severity
    title: str
    by: tuple[GroupField, ...] = ()
    playbook: str = ""
    deployments: tuple[str, ...] = ("*",)
    baseline_records: int = 500

    @property
    def panes(self) -> int:
        """Panes in a window, which one record is enough to judge for immediate rules."""
        return 1 if self.condition.kind == "immediate" else -int(-self.window // self.pane)

    @property
    def cause(self) -> str:
        """The playbook, or the rule's own id: rules of one cause share an incident."""
        return self.playbook or self.id

    @property
    def aggregate(self) -> str:
        """Stands for everything that decides what the rule's panes hold."""
        parts = (self.signal, self.record_above, self.window, self.pane, self.by)
        kind, drift = self.condition.kind, self.baseline_records
        users = self.condition.threshold if kind == "users" else None
        return _digest(repr((*parts, kind, drift if kind == "drift" else None, users)))

    @property
    def definition(self) -> str:
        """Stands for everything that decides which windows break the rule."""
        return _digest(repr((self.aggregate, self.condition, self.at_least, self.hold)))

    def covers(self, deployment: str) -> bool:
        """Whether the rule is meant for a deployment."""
        return any(fnmatchcase(deployment, glob) for glob in self.deployments)

    def hears(self, signal: str) -> bool:
        """Whether the rule judges a signal."""
        return signal == self.signal or fnmatchcase(signal, self.signal)


class RuleSet(msgspec.Struct, frozen=True):
    """The rules of one file, in its order, and what a person should know about them."""

    rules: tuple[Rule, ...]
    name: str = ""
    warnings: tuple[str, ...] = ()

    def covering(self, deployment: str) -> tuple[Rule, ...]:
        """The rules meant for a deployment."""
        return tuple(rule for rule in self.rules if rule.covers(deployment))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def load_rules(path: Path | str, known_signals: Collection[str] | None = None) -> RuleSet:
    """Reads a rules file. Raises `RulesError` naming the line, what is wrong and the remedy."""
    from streams.rules.reader import read_rules

    return read_rules(read_yaml(Path(path), RulesError), known_signals)


def parse_rules(
    text: str, name: str = "rules", known_signals: Collection[str] | None = None
) -> RuleSet:
    """Rules from YAML text; `name` stands for the file in errors.

    With `known_signals` a rule on an unknown signal is an error where its detector is known,
    and a warning of the set where the whole detector is unknown (it may not be installed
    here). Raises `RulesError`.
    """
    from streams.rules.reader import read_rules

    if len(text) > MAX_BYTES:
        problem = f"larger than {MAX_BYTES:,} bytes"
        raise RulesError(name, None, problem, "Split it, or remove what isn't rules.")
    return read_rules(parse_yaml(text, name, RulesError), known_signals)


@cache
def default_rules() -> RuleSet:
    """The rules that come with the package."""
    resource = files("streams.rules") / "default_rules.yaml"
    return parse_rules(resource.read_text("utf-8"), "default_rules.yaml")


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
