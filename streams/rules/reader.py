"""Reads rules from YAML, with the line of every mistake and its remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Any, NoReturn, TypeGuard, get_args

from streams.builtin_signals import BUILT_IN_SIGNALS
from streams.config.yamlfile import Located
from streams.errors import RulesError
from streams.records import Severity
from streams.rules.rule import Condition, GroupField, Rule, RuleSet
from streams.suggest import suggestion

_CONDITIONS = (
    "immediate",
    "count_above",
    "rate_above",
    "mean_above",
    "quantile_above",
    "distinct_users_above",
    "drift_above",
)
_KEYS = (
    "id",
    "signal",
    "record_above",
    *_CONDITIONS,
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

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_SIGNAL = re.compile(r"[A-Za-z0-9_*?][A-Za-z0-9_.*?-]{0,99}")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(s|m|h|d)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

_MAX_RULES = 1000
_LONGEST = 7 * 86400.0
_MAX_PANES = 2000
_MAX_USERS = 1000
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
        reader = _RuleReader(located, index)
        rule, enabled = reader.rule()
        if rule.id in lines:
            problem = f"the id {rule.id!r} was used already on line {lines[rule.id]}"
            raise RulesError(name, reader.line("id"), problem, "Give each rule an id of its own.")
        lines[rule.id] = reader.line("id")
        if known_signals is not None:
            warning = reader.check_signal(rule.signal, known_signals)
            if warning:
                warnings.append(warning)
        if enabled:
            rules.append(rule)
    return RuleSet(tuple(rules), name, tuple(warnings))


def seconds(text: object) -> float:
    """A duration such as 30s, 5m, 1h or 2d in seconds. Raises `ValueError`."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("not a duration")
    return float(match[1]) * _UNITS[match[2]]


class _RuleReader:
    """Reads one rule's mapping; every mistake is raised with its line."""

    def __init__(self, located: Located, index: int) -> None:
        self._located = located
        self._path = f"$[{index}]"
        data = located.data[index]
        if not isinstance(data, dict):
            self._fail("", "a rule must be a mapping", 'Start each rule with "- id: …".')
        self._values: dict[str, Any] = data
        for key in data:
            if key not in _KEYS:
                self._fail(key, f"unknown key {_short(key)}", _nearest(key, _KEYS))

    def line(self, key: str) -> int | None:
        """The line of a key, or of the rule's beginning."""
        return self._located.line(f"{self._path}.{key}" if key else self._path)

    def rule(self) -> tuple[Rule, bool]:
        """The rule with its defaults filled in, and whether it is enabled."""
        rule_id = self._name("id")
        signal = self._signal()
        condition, record_above = self._condition(rule_id)
        drift, monotone = condition.kind == "drift", condition.monotone
        window = self._duration("window", 600.0 if drift else 300.0)
        # Sketches are dear to keep and to merge, so drift is judged in coarser steps.
        pane = self._duration("pane", float(max(1, math.ceil(window / (10 if drift else 60)))))
        if pane > window:
            remedy = "Make the pane shorter, or the window longer."
            self._fail("pane", "the window is shorter than a pane", remedy)
        if window / pane > _MAX_PANES:
            self._fail("pane", f"more than {_MAX_PANES} panes in a window", "Use a longer pane.")
        by = self._by()
        if drift and by:
            remedy = "Leave `by` out: the baseline belongs to the deployment as a whole."
            self._fail("by", "a drift rule can't be grouped", remedy)
        if "baseline_records" in self._values and not drift:
            self._fail("baseline_records", "only drift rules have a baseline", "Remove this line.")
        if "at_least" in self._values and monotone:
            remedy = "Remove this line: the limit itself says how many are needed."
            self._fail("at_least", f"at_least means nothing for {_key_of(condition)}", remedy)
        rule = Rule(
            id=rule_id,
            signal=signal,
            condition=condition,
            record_above=record_above,
            window=window,
            pane=pane,
            hold=self._duration("hold", max(window, _SHORTEST_HOLD)),
            at_least=self._whole("at_least", 1 if monotone else 100 if drift else 30, 1_000_000),
            severity=self._severity(),
            title=self._text("title", _title(signal), 120),
            by=by,
            playbook=self._name("playbook", ""),
            deployments=self._texts("deployments", "*"),
            baseline_records=self._whole("baseline_records", 500, 1_000_000),
        )
        return rule, self._flag("enabled", True)

    def check_signal(self, signal: str, known: Collection[str]) -> str:
        """A warning for a signal whose detector isn't known, "" for a known one."""
        signals = (*known, *BUILT_IN_SIGNALS)
        if any(fnmatchcase(one, signal) for one in signals):
            return ""
        detector = signal.partition(".")[0]
        if any(one.partition(".")[0] == detector for one in signals):
            remedy = suggestion(signal, signals, "Correct the name.", shown="{!r}", likeness=0.5)
            self._fail("signal", f"no detector gives the signal {signal!r}", remedy)
        where = f"{self._located.name}:{self.line('signal')}"
        return f"{where}: no installed detector gives {signal!r}; the rule stays silent."

    def _fail(self, key: str, problem: str, remedy: str) -> NoReturn:
        raise RulesError(self._located.name, self.line(key), problem, remedy)

    def _condition(self, rule_id: str) -> tuple[Condition, float]:
        given = [key for key in self._values if key in _CONDITIONS]
        if not given:
            remedy = f"Add exactly one of {', '.join(_CONDITIONS)}."
            self._fail("", f"the rule {rule_id!r} has no condition", remedy)
        if len(given) > 1:
            problem = f"the rule {rule_id!r} has {len(given)} conditions: {', '.join(given)}"
            self._fail(given[1], problem, "Keep one, or split the rule.")
        key = given[0]
        if key in ("drift_above", "quantile_above") and "record_above" in self._values:
            remedy = "Remove it: the condition carries its own limit."
            self._fail("record_above", f"record_above means nothing for {key}", remedy)
        record_above = self._share("record_above", 0.5)
        match key:
            case "immediate":
                if not self._flag(key, True):
                    self._fail(key, "immediate can only be true", "Choose another condition.")
                return Condition("immediate", 0.0), record_above
            case "count_above":
                return Condition("count", float(self._whole(key, 0, 1_000_000, 0))), record_above
            case "distinct_users_above":
                return Condition("users", float(self._whole(key, 0, _MAX_USERS, 0))), record_above
            case "quantile_above":
                quantile, value = self._quantile()
                return Condition("quantile", round(1 - quantile, 9), quantile), value
            case "rate_above":
                return Condition("rate", self._share(key, 0.0)), record_above
            case "mean_above":
                return Condition("mean", self._share(key, 0.0)), record_above
            case _:
                return Condition("drift", self._share(key, 0.5)), 1.0

    def _quantile(self) -> tuple[float, float]:
        key, remedy = "quantile_above", "Write it like {q: 0.95, value: 0.8}."
        given = self._values[key]
        if not isinstance(given, dict) or set(given) != {"q", "value"}:
            self._fail(key, f"{key} must have exactly q and value", remedy)
        if not _is_number(given["q"]) or not 0.0 < given["q"] < 1.0:
            self._fail(key, "q must be a number between 0 and 1", remedy)
        if not _is_number(given["value"]) or not 0.0 <= given["value"] <= 1.0:
            self._fail(key, "value must be a number in [0, 1]", remedy)
        return float(given["q"]), float(given["value"])

    def _share(self, key: str, default: float) -> float:
        value = self._values.get(key, default)
        if not _is_number(value) or not 0.0 <= value <= 1.0:
            remedy = "Give a number between 0 and 1, such as 0.3 for 30 %."
            self._fail(key, f"{key} must be a number in [0, 1]", remedy)
        return float(value)

    def _whole(self, key: str, default: int, most: int, least: int = 1) -> int:
        value = self._values.get(key, default)
        if not _is_number(value) or value != int(value) or not least <= value <= most:
            remedy = f"Give a whole number from {least} to {most}."
            self._fail(key, f"{key} must be a whole number", remedy)
        return int(value)

    def _duration(self, key: str, default: float) -> float:
        if key not in self._values:
            return default
        value = self._values[key]
        remedy = "Write it like 30s, 5m, 1h or 1d."
        try:
            duration = seconds(value)
        except ValueError:
            self._fail(key, f"{_short(value)} is not a duration", remedy)
        if not (0.0 if key == "hold" else 1.0) <= duration <= _LONGEST:
            self._fail(key, f"{key} must be from 1s to 7d", "Choose a duration in that range.")
        return duration

    def _flag(self, key: str, default: bool) -> bool:
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            self._fail(key, f"{key} must be true or false", "Write true or false.")
        return value

    def _text(self, key: str, default: str, longest: int) -> str:
        value = self._values.get(key, default)
        if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
            remedy = f"Write one line of 1 to {longest} characters."
            self._fail(key, f"{key} must be one line of text", remedy)
        return value

    def _texts(self, key: str, default: str) -> tuple[str, ...]:
        value = self._values.get(key, default)
        items = value if isinstance(value, list) else [value]
        if not items or not all(isinstance(item, str) and item for item in items):
            self._fail(key, f"{key} must be a list of texts", f"Write it like [{default!r}].")
        return tuple(items)

    def _by(self) -> tuple[GroupField, ...]:
        given = self._texts("by", "deployment")
        for field in given:
            if field not in _FIELDS:
                self._fail("by", f"can't group by {_short(field)}", _nearest(field, _FIELDS))
        fields: tuple[GroupField, ...] = get_args(GroupField)
        return tuple(field for field in fields if field in given)

    def _severity(self) -> Severity:
        value = self._values.get("severity", "high")
        for severity in _SEVERITIES:
            if value == severity:
                return severity
        remedy = f"Choose one of {', '.join(_SEVERITIES)}."
        self._fail("severity", f"unknown severity {_short(value)}", remedy)

    def _name(self, key: str, default: str | None = None) -> str:
        remedy = "Use letters, digits, dots, hyphens and underscores."
        if key not in self._values:
            if default is None:
                self._fail("", f"the rule has no {key}", f"Add one. {remedy}")
            return default
        value = self._values[key]
        if not isinstance(value, str) or _NAME.fullmatch(value) is None:
            self._fail(key, f"{_short(value)} isn't a valid {key}", remedy)
        return value

    def _signal(self) -> str:
        remedy = "Name a detector's signal, such as toxicity.toxicity; * stands for anything."
        value = self._values.get("signal")
        if "signal" not in self._values:
            self._fail("", "the rule has no signal", remedy)
        if not isinstance(value, str) or _SIGNAL.fullmatch(value) is None:
            self._fail("signal", f"{_short(value)} isn't a valid signal", remedy)
        return value


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _key_of(condition: Condition) -> str:
    names = {"immediate": "immediate", "count": "count_above", "users": "distinct_users_above"}
    return names[condition.kind]


def _nearest(word: str, known: tuple[str, ...]) -> str:
    return suggestion(word, known, f"Known: {', '.join(known)}.", shown="{!r}")


def _short(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _title(signal: str) -> str:
    words = signal.replace("_", " ").replace(".*", "").replace("*", "").replace(".", ": ")
    return words[:1].upper() + words[1:] or "Any signal"
