"""Rules that extend those that come with outwatch."""

from __future__ import annotations

import msgspec
import pytest

from streams.errors import RulesError
from streams.rules.conditions import Count, Immediate, Quantile, Rate
from streams.rules.load import default_rules, parse_rules
from streams.rules.rule import Rule

DEFAULT = {rule.id: rule for rule in default_rules().rules}
HEAD = "extends: default\n"


def extended(text: str) -> dict[str, Rule]:
    return {rule.id: rule for rule in parse_rules(HEAD + text, "mine.yaml", ["a.b"]).rules}


def test_nothing_changed_is_the_default() -> None:
    assert parse_rules(HEAD).rules == default_rules().rules
    assert parse_rules(HEAD).digest == default_rules().digest


def test_changes_removals_and_rules_of_ones_own() -> None:
    rules = extended(
        "changes:\n"
        "  refusals: {rate_above: 0.5, severity: low}\n"
        "remove: [form-verse, drift]\n"
        "rules:\n"
        "  - {id: mine, signal: a.b, immediate: true, severity: low}\n"
    )
    assert set(rules) == {*DEFAULT, "mine"} - {"form-verse", "drift"}
    refusals = DEFAULT["refusals"]
    expected = msgspec.structs.replace(refusals, condition=Rate(0.5), severity="low")
    assert rules["refusals"] == expected
    untouched = set(rules) - {"refusals", "mine"}
    assert all(rules[id_] == DEFAULT[id_] for id_ in untouched)
    assert list(rules)[-1] == "mine"


@pytest.mark.parametrize(
    ("id_", "change", "condition", "at_least"),
    [
        ("refusals", "{count_above: 3}", Count(3.0), 1),
        ("refusals", "{immediate: true}", Immediate(0.0), 1),
        ("refusals", "{quantile_above: {q: 0.9, value: 0.7}}", Quantile(0.1, 0.9), 50),
        ("secret-leaked", "{rate_above: 0.1}", Rate(0.1), 30),
        ("secret-leaked", "{rate_above: 0.1, at_least: 5}", Rate(0.1), 5),
        ("drift", "{rate_above: 0.1}", Rate(0.1), 100),
    ],
)
def test_another_condition_takes_the_place_of_the_rules_own(
    id_: str, change: str, condition: object, at_least: int
) -> None:
    rule = extended(f"changes:\n  {id_}: {change}\n")[id_]
    assert rule.condition == condition
    assert rule.at_least == at_least
    assert (rule.title, rule.playbook) == (DEFAULT[id_].title, DEFAULT[id_].playbook)


def test_a_rule_can_be_switched_off_and_one_removed_be_written_anew() -> None:
    assert "refusals" not in extended("changes:\n  refusals: {enabled: false}\n")
    text = "remove: [refusals]\nrules:\n  - {id: refusals, signal: a.b, immediate: true}\n"
    assert extended(text)["refusals"].condition == Immediate(0.0)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("extends: defaults\n", 1, "nothing to extend"),
        (HEAD + "change: {}\n", 2, "Did you mean 'changes'"),
        (HEAD + "changes: [refusals]\n", 2, "must be a mapping"),
        (HEAD + "changes:\n  refusal: {severity: low}\n", 3, "Did you mean 'refusals'"),
        (HEAD + "changes:\n  refusals: low\n", 3, "must be a mapping"),
        (HEAD + "changes:\n  refusals: {}\n", 3, "must be a mapping"),
        (HEAD + "changes:\n  refusals:\n    severity: lo\n", 4, "unknown severity"),
        (HEAD + "changes:\n  refusals:\n    severty: low\n", 4, "Did you mean 'severity'"),
        (HEAD + "changes:\n  refusals:\n    id: other\n", 4, "keeps its id"),
        (HEAD + "changes:\n  refusals:\n    pane: 1h\n", 4, "shorter than a pane"),
        (HEAD + "changes:\n  refusals:\n    window: 1s\n    pane: 5s\n", 5, "than a pane"),
        (HEAD + "changes:\n  refusals:\n    signal: a.bb\n", 4, "Did you mean 'a.b'"),
        (HEAD + "changes:\n  drift:\n    rate_above: 0.1\n    mean_above: 0.1\n", 5, "2 cond"),
        (HEAD + "remove: form-verse\n", 2, "must be a list"),
        (HEAD + "remove:\n  - drift\n  - form-vers\n", 4, "Did you mean 'form-verse'"),
        (HEAD + "changes:\n  drift: {severity: low}\nremove: [drift]\n", 4, "and removed"),
        (HEAD + "rules: {id: a}\n", 2, "must be a list"),
        (HEAD + "rules:\n  - {id: drift, signal: a.b, immediate: true}\n", 3, "come with"),
        (HEAD + "rules:\n  - {id: x, signal: a.c, immediate: true}\n", 3, "no detector"),
        (HEAD + "rules:\n  - 1\n", 3, "must be a mapping"),
        ("rules: []\n", 1, "say what it extends"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse_rules(text, "mine.yaml", ["a.b"])
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"mine.yaml:{line}: ")
    assert caught.value.remedy


def test_only_what_one_wrote_oneself_is_warned_of() -> None:
    text = HEAD + "changes:\n  refusals: {severity: low}\n  secret-leaked: {hold: 1h}\n"
    ruleset = parse_rules(text, "mine.yaml", ["a.b"])
    assert [warning.partition(": ")[0] for warning in ruleset.warnings] == [
        "mine.yaml:4",
        "mine.yaml:3",
    ]
