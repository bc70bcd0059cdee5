"""A change of one limit of one rule: as a set of rules to try, and as YAML to put in force."""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec
import yaml

from streams.config.yamledit import NotThere, with_value
from streams.errors import UsageError
from streams.offline.sweep import Which
from streams.rules.conditions import Drift, Immediate, Quantile, Shift
from streams.rules.extend import DEFAULT
from streams.rules.load import parse_rules
from streams.rules.rule import Rule, RuleSet
from streams.rules.written import written
from streams.suggest import suggestion

_FEWEST_DIGITS = 6


class Change(msgspec.Struct, frozen=True):
    """Which limit of which rule is to be what. `which` is its condition's limit, or that above
    which a record counts, the latter in one `deployment` where that isn't ""."""

    rule: str
    which: Which
    value: float
    deployment: str = ""


def limits_of(rule: Rule) -> dict[Which, float]:
    """The limits that a rule has and their values. One that compares with the deployment's own past
    has none that a number says enough about."""
    condition = rule.condition
    found: dict[Which, float] = {}
    if not isinstance(condition, Immediate | Quantile | Shift | Drift):
        found["condition"] = condition.threshold
    if not type(condition).baseline:
        found["record_above"] = rule.record_above
    return found


def value_now(rules: RuleSet, change: Change) -> float:
    """What the limit of a change is in force. Raises `UsageError` where there is none."""
    rule = _rule(rules, change.rule)
    if change.deployment:
        if change.which != "record_above" or type(rule.condition).own_bar:
            raise UsageError("only the limit above which a record counts can differ by deployment")
        if not rule.covers(change.deployment):
            raise UsageError("the rule isn't meant for that deployment")
        return rule.within(change.deployment).record_above
    now = limits_of(rule).get(change.which)
    if now is None:
        raise UsageError(f"the rule {rule.id} has no such limit")
    return now


def changed(rules: RuleSet, change: Change) -> RuleSet:
    """The rules with it. Raises `UsageError`, with what the limit may be."""
    now, rule = value_now(rules, change), _rule(rules, change.rule)
    if not math.isfinite(change.value) or change.value < 0:
        raise UsageError("a limit is a number, 0 or more")
    if change.which == "record_above" and change.value > 1:
        raise UsageError("a score lies between 0 and 1, so its limit does too")
    if change.value == now:
        raise UsageError(f"the limit is {now:g} already. Give another to see what it would do")
    made = _changed(rule, change)
    # As it would be read from a file, which knows what a limit of its kind may be.
    read = parse_rules(yaml.safe_dump([written(made)]), "the rule with that limit").rules[0]
    after = rules.only(read if one.id == rule.id else one for one in rules.rules)
    if value_now(after, change) == now:
        raise UsageError("the limit would be the same. Give another to see what it would do")
    return after


def of_its_cause(rules: RuleSet, id_: str) -> RuleSet:
    """The rules that share incidents with a rule, itself among them."""
    cause = _rule(rules, id_).cause
    return rules.only(one for one in rules.rules if one.cause == cause)


def fragment(rules: RuleSet, change: Change, base: str) -> str:
    """What to write into a rules file for it; `base` is the text of the file in force, "" where
    the default rules are."""
    rule = _rule(changed(rules, change), change.rule)
    keys = _keys(rule, change)
    if _kind(base, rule.id) == "own":
        return str(yaml.safe_dump([{"id": rule.id, **keys}], sort_keys=False, allow_unicode=True))
    body = {"extends": DEFAULT, "changes": {rule.id: keys}}
    return str(yaml.safe_dump(body, sort_keys=False, allow_unicode=True))


def rewritten(text: str, rules: RuleSet, change: Change) -> str:
    """A rules file with the change, all else in it as it was. `rules` are those that the text says.

    Raises `UsageError` where the text is written so that this can't be: a person is to change it.
    """
    meant = changed(rules, change)
    rule = _rule(meant, change.rule)
    again = UsageError("the rules file is written so that it is to be changed by hand")
    try:
        if not text.strip():
            raise again
        for key, value in _keys(rule, change).items():
            place = [*_place(text, rule.id), key]
            if change.deployment:
                place, value = [*place, change.deployment], value[change.deployment]
            text = with_value(text, place, value)
    except (NotThere, yaml.YAMLError):
        raise again from None
    if parse_rules(text, "the rules file").rules != meant.rules:
        raise again
    return text


def _rule(rules: RuleSet, id_: str) -> Rule:
    found = next((one for one in rules.rules if one.id == id_), None)
    if found is None:
        known = [one.id for one in rules.rules]
        raise UsageError(f"there is no such rule. {suggestion(id_, known)}")
    return found


def _changed(rule: Rule, change: Change) -> Rule:
    replace = msgspec.structs.replace
    value = round(change.value, _FEWEST_DIGITS)
    if change.which == "condition":
        return replace(rule, condition=replace(rule.condition, threshold=value))
    if change.deployment:
        limits = dict(rule.record_above_in) | {change.deployment: value}
        return replace(rule, record_above_in=tuple(sorted(limits.items())))
    return replace(rule, record_above=value)


def _keys(rule: Rule, change: Change) -> dict[str, Any]:
    """The keys of a rule in YAML that the change is about."""
    if change.deployment:
        return {"record_above_in": dict(rule.record_above_in)}
    if change.which == "record_above" and not type(rule.condition).own_bar:
        return {"record_above": rule.record_above}
    return {type(rule.condition).key: rule.condition.written(rule)}


def _kind(text: str, id_: str) -> Literal["own", "changes"]:
    data = yaml.safe_load(text) if text.strip() else None
    listed = data if isinstance(data, list) else data.get("rules") if data else None
    return "own" if any(one.get("id") == id_ for one in listed or ()) else "changes"


def _place(text: str, id_: str) -> list[str | int]:
    """Where a rule stands in a rules file, or is to."""
    data = yaml.safe_load(text)
    if not isinstance(data, list | dict):
        raise NotThere
    before: list[str | int] = [] if isinstance(data, list) else ["rules"]
    listed = data if isinstance(data, list) else data.get("rules") or ()
    for number, one in enumerate(listed):
        if one.get("id") == id_:
            return [*before, number]
    return ["changes", id_]
