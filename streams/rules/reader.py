"""Reads rules from YAML, with the line of every mistake and its remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, get_args

import detectors
from streams.builtin_signals import BUILT_IN_SIGNALS, FEEDBACK
from streams.config.yamlfile import Located
from streams.errors import RulesError
from streams.records import Severity
from streams.rules import conditions
from streams.rules.extend import extended
from streams.rules.rule import EVERY, Condition, GroupField, Rule, RuleSet
from streams.rules.values import Values, is_number, nearest, quoted
from streams.suggest import suggestion

_BEFORE = ("id", "signal", "record_above", "record_above_in")
_AFTER = (
    "window",
    "pane",
    "hold",
    "at_least",
    "by",
    "severity",
    "fixed_severity",
    "playbook",
    "deployments",
    "tenants",
    "models",
    "versions",
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


def read_rules(
    located: Located, known_signals: Collection[str] | None, defaults: Callable[[], Located]
) -> RuleSet:
    """Rules from what a YAML file holds; `defaults` are those that it may extend.

    Raises `RulesError`.
    """
    name = located.name
    mappings = _mappings(located, defaults)
    if len(mappings) > _MAX_RULES:
        raise RulesError(name, None, f"more than {_MAX_RULES} rules", "Remove or merge some.")
    rules: list[Rule] = []
    warnings: list[str] = []
    lines: dict[str, int | None] = {}
    for values, shipped in mappings:
        rule, enabled = _rule(values)
        if rule.id in lines:
            problem = f"this id was used already on line {lines[rule.id]}"
            raise RulesError(name, values.line("id"), problem, "Give each rule an id of its own.")
        lines[rule.id] = values.line("id")
        if known_signals is not None and not shipped:
            warning = _check_signal(values, rule.signal, known_signals)
            if warning:
                warnings.append(warning)
        if enabled:
            rules.append(rule)
    return RuleSet(tuple(rules), name, tuple(warnings))


def _mappings(located: Located, defaults: Callable[[], Located]) -> Sequence[tuple[Values, bool]]:
    """Each rule's mapping, and whether it is one that comes with outwatch, unchanged."""
    data = located.data
    if data is None:
        remedy = "Write a list of rules, or [] for none."
        raise RulesError(located.name, 1, "there are no rules", remedy)
    if isinstance(data, dict) and "extends" in data:
        return extended(located, defaults())
    if not isinstance(data, list):
        problem = "the file must be a list of rules, or say what it extends"
        remedy = 'Start each rule with "- id: …", or the file with "extends: default".'
        raise RulesError(located.name, located.line("$"), problem, remedy)
    return [(Values(located, f"$[{number}]", one), False) for number, one in enumerate(data)]


def _rule(values: Values) -> tuple[Rule, bool]:
    """The rule with its defaults filled in, and whether it is enabled."""
    known = (*_BEFORE, *(kind.key for kind in conditions.KINDS), *_AFTER)
    for key in values.given:
        if key not in known:
            problem = f"unknown key {quoted(key, known, '')}".rstrip()
            values.fail(key, problem, nearest(key, known))
    rule_id = values.name("id")
    signal = _signal(values)
    kind = _kind(values)
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
        playbook=values.name("playbook", rule_id),
        deployments=values.globs("deployments"),
        tenants=values.globs("tenants"),
        models=_models(values, signal),
        versions=values.globs("versions"),
        baseline_records=values.whole(
            "baseline_records", kind.baseline_records, 1_000_000, kind.fewest_records
        ),
        fixed_severity=values.flag("fixed_severity", False),
        record_above_in=_record_above_in(values, kind),
    )
    return rule, values.flag("enabled", True)


def _record_above_in(values: Values, kind: type[Condition[Any]]) -> tuple[tuple[str, float], ...]:
    given = values.given.get("record_above_in", {})
    if not isinstance(given, dict):
        remedy = "Write it like {support-bot: 0.7}."
        values.fail("record_above_in", "record_above_in must be a mapping", remedy)
    if given and kind.own_bar:
        remedy = "Remove it: the condition carries its own limit."
        values.fail("record_above_in", f"record_above_in means nothing for {kind.key}", remedy)
    for limit in given.values():
        if not is_number(limit) or not 0.0 <= limit <= 1.0:
            remedy = "Give each deployment a number, such as {support-bot: 0.7}."
            values.fail("record_above_in", "a limit must be a number in [0, 1]", remedy)
    return tuple(sorted((str(name), float(limit)) for name, limit in given.items()))


def _kind(values: Values) -> type[Condition[Any]]:
    by_key = {kind.key: kind for kind in conditions.KINDS}
    given = [key for key in values.given if key in by_key]
    if not given:
        remedy = f"Add exactly one of {', '.join(by_key)}."
        values.fail("", "the rule has no condition", remedy)
    if len(given) > 1:
        problem = f"the rule has {len(given)} conditions: {', '.join(given)}"
        values.fail(given[1], problem, "Keep one, or split the rule.")
    kind = by_key[given[0]]
    if kind.own_bar and "record_above" in values.given:
        remedy = "Remove it: the condition carries its own limit."
        values.fail("record_above", f"record_above means nothing for {kind.key}", remedy)
    return kind


def _models(values: Values, signal: str) -> tuple[str, ...]:
    models = values.globs("models")
    if models != EVERY and any(one.name == signal for one in FEEDBACK.values()):
        remedy = "Limit it by `versions`, `tenants` or `deployments`."
        values.fail("models", "feedback doesn't say of which model it is", remedy)
    return models


def _check_signal(values: Values, signal: str, known: Collection[str]) -> str:
    """A warning for a signal that isn't judged here though its name may be right: of a detector
    that isn't asked for, or that may be installed elsewhere; "" for a known one."""
    signals = (*known, *BUILT_IN_SIGNALS)
    if _heard(signal, signals):
        return ""
    idle = _installed_signals() - set(signals)
    where = f"{values.file}:{values.line('signal')}"
    if _heard(signal, idle):
        what = quoted(signal, idle, "the rule's signal")
        return f"{where}: `detectors` leaves out what gives {what}; the rule stays silent."
    everything = sorted({*signals, *idle})
    detector = signal.partition(".")[0]
    theirs = any(one.partition(".")[0] == detector for one in everything)
    # Of what may be somebody's own detector, only what is nearly the name of another is a slip.
    likeness = 0.5 if theirs else 0.8
    remedy = suggestion(signal, everything, " ", shown="{!r}", likeness=likeness).strip()
    if theirs or remedy:
        remedy = remedy or "Correct the name; `outwatch rules signals` lists all."
        what = quoted(signal, everything, "that stands there")
        values.fail("signal", f"no detector gives the signal {what}", remedy)
    return f"{where}: no installed detector gives the rule's signal; the rule stays silent."


def _heard(signal: str, names: Collection[str]) -> bool:
    return any(fnmatchcase(one, signal) for one in names)


@cache
def _installed_signals() -> frozenset[str]:
    """Signals of all detectors that are installed here, asked for or not."""
    names = set()
    for name in detectors.available():
        # One of somebody's own that can't be made without options tells nothing of its signals.
        with suppress(Exception):
            names |= {signal.name for signal in detectors.create(name).signals}
    return frozenset(names)


def _by(values: Values) -> tuple[GroupField, ...]:
    given = values.texts("by", "deployment")
    for field in given:
        if field not in _FIELDS:
            values.fail("by", f"can't group by {quoted(field, _FIELDS)}", nearest(field, _FIELDS))
    fields: tuple[GroupField, ...] = get_args(GroupField)
    return tuple(field for field in fields if field in given)


def _severity(values: Values) -> Severity:
    value = values.given.get("severity", "high")
    for severity in _SEVERITIES:
        if value == severity:
            return severity
    remedy = f"Choose one of {', '.join(_SEVERITIES)}."
    problem = f"unknown severity {quoted(value, _SEVERITIES, '')}".rstrip()
    values.fail("severity", problem, remedy)


def _signal(values: Values) -> str:
    remedy = "Name a detector's signal, such as toxicity.toxicity; * stands for anything."
    value = values.given.get("signal")
    if "signal" not in values.given:
        values.fail("", "the rule has no signal", remedy)
    if not isinstance(value, str) or _SIGNAL.fullmatch(value) is None:
        values.fail("signal", "what stands there isn't a valid signal", remedy)
    return value


def _title(signal: str) -> str:
    words = signal.replace("_", " ").replace(".*", "").replace("*", "").replace(".", ": ")
    return words[:1].upper() + words[1:] or "Any signal"
