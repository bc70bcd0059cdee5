"""Reads rules from YAML, with the line of every mistake and its remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Any, get_args

from streams.builtin_signals import BUILT_IN_SIGNALS
from streams.config.yamlfile import Located
from streams.errors import RulesError
from streams.records import Severity
from streams.rules import conditions
from streams.rules.rule import Condition, GroupField, Rule, RuleSet
from streams.rules.values import Values, nearest, short
from streams.suggest import suggestion

_BEFORE = ("id", "signal", "record_above")
_AFTER = (
    "window",
    "pane",
    "hold",
    "at_least",
    "by",
    "severity",
    "playbook",
    "deployments",
    "title",
    "enabled",
    "baseline_records",
)
_FIELDS = ("deployment", *get_args(GroupField))
_SEVERITIES: tuple[Severity, ...] = get_args(Severity)

_SIGNAL = re.compile(r"[A-Za-z0-9_*?][A-Za-z0-9_.*?-]{0,99}")

_MAX_RULES = 1000
_MAX_PANES = 2000
_SHORTEST_HOLD = 600.0


def read_rules(located: Located, known_signals: Collection[str] | None) -> RuleSet:
    """Rules from what a YAML file holds. Raises `RulesError`."""
    name, data = located.name, located.data
    if data is None:
        raise RulesError(name, 1, "there are no rules", "Write a list of rules, or [] for none.")
    if not isinstance(data, list):
        problem = "the file must be a list of rules"
        raise RulesError(name, located.line("$"), problem, 'Start each rule with "- id: …".')
    if len(data) > _MAX_RULES:
        raise RulesError(name, None, f"more than {_MAX_RULES} rules", "Remove or merge some.")
    rules: list[Rule] = []
    warnings: list[str] = []
    lines: dict[str, int | None] = {}
    for index in range(len(data)):
        values = Values(located, index)
        rule, enabled = _rule(values)
        if rule.id in lines:
            problem = f"the id {rule.id!r} was used already on line {lines[rule.id]}"
            raise RulesError(name, values.line("id"), problem, "Give each rule an id of its own.")
        lines[rule.id] = values.line("id")
        if known_signals is not None:
            warning = _check_signal(values, rule.signal, known_signals)
            if warning:
                warnings.append(warning)
        if enabled:
            rules.append(rule)
    return RuleSet(tuple(rules), name, tuple(warnings))


def _rule(values: Values) -> tuple[Rule, bool]:
    """The rule with its defaults filled in, and whether it is enabled."""
    known = (*_BEFORE, *(kind.key for kind in conditions.KINDS), *_AFTER)
    for key in values.given:
        if key not in known:
            values.fail(key, f"unknown key {short(key)}", nearest(key, known))
    rule_id = values.name("id")
    signal = _signal(values)
    kind = _kind(values, rule_id)
    record_above, condition = kind.bar(values), kind.read(values)
    window = values.duration("window", kind.window)
    pane = values.duration("pane", float(max(1, math.ceil(window / kind.steps))))
    if pane > window:
        remedy = "Make the pane shorter, or the window longer."
        values.fail("pane", "the window is shorter than a pane", remedy)
    if window / pane > _MAX_PANES:
        values.fail("pane", f"more than {_MAX_PANES} panes in a window", "Use a longer pane.")
    by = _by(values)
    if kind.baseline and by:
        remedy = "Leave `by` out: the baseline belongs to the deployment as a whole."
        values.fail("by", f"a {condition.kind} rule can't be grouped", remedy)
    if "baseline_records" in values.given and not kind.baseline:
        those = " and ".join(conditions.name_of(one) for one in conditions.KINDS if one.baseline)
        problem = f"only {those} rules have a baseline"
        values.fail("baseline_records", problem, "Remove this line.")
    if "at_least" in values.given and kind.at_once:
        remedy = "Remove this line: the limit itself says how many are needed."
        values.fail("at_least", f"at_least means nothing for {kind.key}", remedy)
    rule = Rule(
        id=rule_id,
        signal=signal,
        condition=condition,
        record_above=record_above,
        window=window,
        pane=pane,
        hold=values.duration("hold", max(window, _SHORTEST_HOLD)),
        at_least=values.whole("at_least", 1 if kind.at_once else kind.at_least, 1_000_000),
        severity=_severity(values),
        title=values.text("title", _title(signal), 120),
        by=by,
        playbook=values.name("playbook", ""),
        deployments=values.texts("deployments", "*"),
        baseline_records=values.whole("baseline_records", 500, 1_000_000),
    )
    return rule, values.flag("enabled", True)


def _kind(values: Values, rule_id: str) -> type[Condition[Any]]:
    by_key = {kind.key: kind for kind in conditions.KINDS}
    given = [key for key in values.given if key in by_key]
    if not given:
        remedy = f"Add exactly one of {', '.join(by_key)}."
        values.fail("", f"the rule {rule_id!r} has no condition", remedy)
    if len(given) > 1:
        problem = f"the rule {rule_id!r} has {len(given)} conditions: {', '.join(given)}"
        values.fail(given[1], problem, "Keep one, or split the rule.")
    kind = by_key[given[0]]
    if kind.own_bar and "record_above" in values.given:
        remedy = "Remove it: the condition carries its own limit."
        values.fail("record_above", f"record_above means nothing for {kind.key}", remedy)
    return kind


def _check_signal(values: Values, signal: str, known: Collection[str]) -> str:
    """A warning for a signal whose detector isn't known, "" for a known one."""
    signals = (*known, *BUILT_IN_SIGNALS)
    if any(fnmatchcase(one, signal) for one in signals):
        return ""
    detector = signal.partition(".")[0]
    if any(one.partition(".")[0] == detector for one in signals):
        remedy = suggestion(signal, signals, "Correct the name.", shown="{!r}", likeness=0.5)
        values.fail("signal", f"no detector gives the signal {signal!r}", remedy)
    where = f"{values.file}:{values.line('signal')}"
    return f"{where}: no installed detector gives {signal!r}; the rule stays silent."


def _by(values: Values) -> tuple[GroupField, ...]:
    given = values.texts("by", "deployment")
    for field in given:
        if field not in _FIELDS:
            values.fail("by", f"can't group by {short(field)}", nearest(field, _FIELDS))
    fields: tuple[GroupField, ...] = get_args(GroupField)
    return tuple(field for field in fields if field in given)


def _severity(values: Values) -> Severity:
    value = values.given.get("severity", "high")
    for severity in _SEVERITIES:
        if value == severity:
            return severity
    remedy = f"Choose one of {', '.join(_SEVERITIES)}."
    values.fail("severity", f"unknown severity {short(value)}", remedy)


def _signal(values: Values) -> str:
    remedy = "Name a detector's signal, such as toxicity.toxicity; * stands for anything."
    value = values.given.get("signal")
    if "signal" not in values.given:
        values.fail("", "the rule has no signal", remedy)
    if not isinstance(value, str) or _SIGNAL.fullmatch(value) is None:
        values.fail("signal", f"{short(value)} isn't a valid signal", remedy)
    return value


def _title(signal: str) -> str:
    words = signal.replace("_", " ").replace(".*", "").replace("*", "").replace(".", ": ")
    return words[:1].upper() + words[1:] or "Any signal"
