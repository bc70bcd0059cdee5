"""Rules drafted after an incident, and tried on the verdicts that were kept.

A draft differs from the rule in force in one or two things, so that a person sees what changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import yaml

from streams.incidents.postmortem.tried import Tried, TriedRule
from streams.incidents.states import RANK
from streams.offline.backtest import Opened, Trial, overlaps
from streams.records import Incident
from streams.rules.conditions import Count, Immediate, Mean, Quantile, Rate, Shift, Users
from streams.rules.load import parse_rules
from streams.rules.rule import Rule, RuleSet
from streams.rules.written import written, written_yaml
from streams.words import duration

LEAD_S = 3600.0
"""What is found so long before an incident's first window isn't about that incident."""

WORTH_S = 60.0
"""A draft that isn't sooner by so many seconds isn't worth a rule more."""

_MOST_MORE_PER_WEEK = 1.0
_FEWEST = 5


def leading(incident: Incident, rules: RuleSet) -> Rule | None:
    """The rule in force that an incident is about most; None where none of its rules is."""
    known = {rule.id: rule for rule in rules.rules}
    found = [known[one.rule] for one in incident.rules if one.rule in known]
    return max(found, key=lambda rule: RANK[rule.severity], default=None)


def drafts(rule: Rule, incident: Incident) -> list[Rule]:
    """Rules that might have found the incident sooner than this one, by the kind of condition."""
    made: dict[str, Rule] = {}
    for suffix, changed in _changed(rule):
        for more, whole in ((suffix, changed), *_by_version(suffix, changed, incident)):
            if whole.pane <= whole.window and whole != rule:
                made.setdefault(more, _named(whole, rule, more))
    for more, whole in _by_version("", rule, incident):
        made.setdefault(more, _named(whole, rule, more))
    return list(made.values())


def alone(rule: Rule, deployment: str) -> RuleSet:
    """A set of one rule, for one deployment."""
    return RuleSet((msgspec.structs.replace(rule, deployments=("*",)),), name=rule.id)


def judged(
    incident: Incident,
    plain: Trial,
    tried: Sequence[Trial],
    in_force: Trial,
    span: tuple[float, float, int],
    own_file: str,
) -> Tried:
    """What came of the rule in force (`plain`), of drafts, and of all that is `in_force`.

    A draft is worth it that is sooner by a minute and opens at most one incident a week more than
    the rule in force. Of several, the one with the fewest more; of less than a week of data, a
    share before a bare number of records; then the soonest.
    """
    known = [one.incident for one in in_force.opened]
    plain_rule = plain.rules.rules[0]
    base = _result(plain, incident, known)
    start, end, records = span
    weeks = max((end - start) / 604_800, 1 / 604_800)
    results = [(_result(trial, incident, known), trial.rules.rules[0]) for trial in tried]

    def order(one: tuple[TriedRule, Rule]) -> tuple[object, ...]:
        result, rule = one
        sooner = _sooner(base, result)
        # So many records are few or many by the traffic, which another week may have more of.
        bare = isinstance(rule.condition, Count) and not isinstance(plain_rule.condition, Count)
        unsure = bare and end - start < 604_800
        return (not _worth(base, result, weeks), result.others, unsure, -sooner, rule.id)

    results.sort(key=order)
    chosen = bool(results) and _worth(base, results[0][0], weeks)
    return Tried(
        start=start,
        end=end,
        records=records,
        plain=base,
        drafts=tuple(result for result, _ in results),
        chosen=chosen,
        yaml=rules_file(results[0][1], extends=not own_file) if chosen else "",
        added_to=own_file,
    )


def rules_file(rule: Rule, *, extends: bool) -> str:
    """A rules file with a drafted rule: on top of the default ones, or alone, to be added to a
    file of one's own. It reads as that rule: what comes with outwatch isn't repeated."""
    if not extends:
        text = written_yaml([rule])
    else:
        body = {"extends": "default", "rules": [written(rule)]}
        text = str(yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=100))
    if rule not in parse_rules(text, "the drafted rule").rules:
        raise ValueError("a rule that was written doesn't read as itself")
    return text


def _changed(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """The rule with one thing made keener, and what that is called. Nothing makes a shift keener
    but more false alarms, which is for people to choose."""
    condition: Any = rule.condition
    replace = msgspec.structs.replace
    if isinstance(condition, Immediate):
        for bar in (0.7, 0.5, 0.3):
            if bar < rule.record_above:
                yield f"above-{bar:g}", replace(rule, record_above=bar)
        return
    if isinstance(condition, Shift):
        return
    if rule.record_above > 0.5 and not type(condition).own_bar:
        yield "above-0.5", replace(rule, record_above=0.5)
    if isinstance(condition, Count | Users):
        for part in (2, 4):
            limit = float(int(condition.threshold) // part)
            if limit < condition.threshold:
                keener = replace(condition, threshold=limit)
                yield f"over-{limit:g}", replace(rule, condition=keener)
        return
    for part in (2, 5):
        window = max(rule.window / part, 60.0)
        if window < rule.window:
            fewer = max(_FEWEST, math.ceil(rule.at_least / part))
            yield f"in-{_short(window)}", _in_window(rule, window, fewer)
    if rule.at_least > 2 * _FEWEST:
        yield f"of-{rule.at_least // 2}", replace(rule, at_least=rule.at_least // 2)
    if isinstance(condition, Rate | Mean):
        half = round(condition.threshold / 2, 4)
        yield "half", replace(rule, condition=replace(condition, threshold=half))
    if isinstance(condition, Rate | Quantile):
        for limit in (3, 10, 20):
            yield f"count-{limit}", replace(rule, condition=Count(float(limit)), at_least=1)


def _in_window(rule: Rule, window: float, at_least: int) -> Rule:
    pane = float(max(1, math.ceil(window / type(rule.condition).steps)))
    return msgspec.structs.replace(rule, window=window, pane=pane, at_least=at_least)


def _by_version(suffix: str, rule: Rule, incident: Incident) -> Iterator[tuple[str, Rule]]:
    """The rule by model version: a new one then has a window of its own, in which the answers of
    the one before don't thin out its share."""
    possible = incident.model_versions and not type(rule.condition).baseline
    if possible and "model_version" not in rule.by and not rule.condition.at_once:
        by = tuple(sorted({*rule.by, "model_version"}))
        name = f"{suffix}-by-version" if suffix else "by-version"
        yield name, msgspec.structs.replace(rule, by=by)


def _named(rule: Rule, plain: Rule, suffix: str) -> Rule:
    longest = 64 - len(suffix)
    # Of the same kind as what it was drafted for, so both share an incident.
    return msgspec.structs.replace(rule, id=f"{plain.id[:longest]}-{suffix}", playbook=plain.cause)


def _short(window: float) -> str:
    return duration(window).replace(" ", "")


def _result(trial: Trial, incident: Incident, known: Sequence[Incident]) -> TriedRule:
    rule = trial.rules.rules[0]
    on_it, others = _parted(trial.opened, incident)
    unknown = [
        one
        for one in others
        if not any(overlaps(it, one.incident.first_seen, one.incident.last_seen) for it in known)
    ]
    return TriedRule(
        id=rule.id,
        words=_in_words(rule),
        found=min((one.found for one in on_it), default=None),
        others=len(others),
        unknown=len(unknown),
    )


def _parted(opened: Sequence[Opened], incident: Incident) -> tuple[list[Opened], list[Opened]]:
    """What was opened on the incident itself, and what on something else.

    What began long before it only goes on during it, and would have told nobody of it.
    """
    on_it = [
        one
        for one in opened
        if overlaps(one.incident, incident.first_seen, incident.last_seen)
        and one.found >= incident.first_seen - LEAD_S
        and all(
            one.incident.group.get(field, value) == value for field, value in incident.group.items()
        )
    ]
    return on_it, [one for one in opened if one not in on_it]


def _sooner(base: TriedRule, result: TriedRule) -> float:
    if result.found is None or base.found is None:
        return float("-inf")
    return base.found - result.found


def _worth(base: TriedRule, result: TriedRule, weeks: float) -> bool:
    if _sooner(base, result) < WORTH_S:
        return False
    more = result.others - base.others
    return more <= 0 or more / weeks <= _MOST_MORE_PER_WEEK


def _in_words(rule: Rule) -> str:
    by = f", by {' and '.join(rule.by).replace('_', ' ')}" if rule.by else ""
    least = f", of {rule.at_least} or more" if not type(rule.condition).at_once else ""
    return f"{rule.condition.describe(rule)}{least}{by}"
