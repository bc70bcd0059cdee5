"""Rules files: what is read, and how each mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.builtin_signals import BUILT_IN_SIGNALS
from streams.errors import RulesError
from streams.rules.conditions import (
    Condition,
    Count,
    Drift,
    Immediate,
    Mean,
    Quantile,
    Rate,
    Shift,
    Users,
)
from streams.rules.load import default_rules, load_rules, parse_rules, reload_if_changed
from streams.rules.rule import RuleSet

GOOD = "- id: one\n  signal: a.b\n  rate_above: 0.3\n"


def test_defaults_are_filled_in() -> None:
    (rule,) = parse_rules(GOOD).rules
    assert rule.condition == Rate(0.3)
    assert (rule.window, rule.pane, rule.hold, rule.at_least) == (300.0, 5.0, 600.0, 30)
    assert (rule.severity, rule.by, rule.playbook, rule.deployments) == ("high", (), "one", ("*",))
    assert rule.record_above == 0.5
    assert rule.title == "A: b"
    assert rule.cause == "one"


@pytest.mark.parametrize(
    ("line", "condition", "panes"),
    [
        ("immediate: true", Immediate(0.0), 1),
        ("count_above: 0", Count(0.0), 60),
        ("rate_above: 1", Rate(1.0), 60),
        ("mean_above: 0.7", Mean(0.7), 60),
        ("quantile_above: {q: 0.95, value: 0.8}", Quantile(0.05, 0.95), 60),
        ("distinct_users_above: 20", Users(20.0), 60),
        ("shift: {once_in: 10000}", Shift(4.0), 120),
        ("drift_above: 0.5", Drift(0.5), 10),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_condition(line: str, condition: Condition, panes: int) -> None:
    (rule,) = parse_rules(f"- id: one\n  signal: a.b\n  {line}\n").rules
    assert rule.condition == condition
    assert rule.panes == panes


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "no rules"),
        ("a: 1\n", 1, "list of rules"),
        ("- 1\n", 1, "a rule must be a mapping"),
        ("- id: one\n  signal: a.b\n  rate_abov: 0.3\n", 3, "Did you mean 'rate_above'"),
        ("- id: one\n  signal: a.b\n", 1, "no condition"),
        (GOOD + "  count_above: 3\n", 4, "2 conditions"),
        (GOOD + "  window: 5 minutes\n", 4, "not a duration"),
        (GOOD + "  window: 1:30\n", 4, "not a duration"),
        (GOOD + "  window: -5m\n", 4, "not a duration"),
        (GOOD + "  window: 0s\n", 4, "from 1s to 7d"),
        (GOOD + "  window: 8d\n", 4, "from 1s to 7d"),
        (GOOD + "  window: 10s\n  pane: 20s\n", 5, "shorter than a pane"),
        (GOOD + "  window: 1h\n  pane: 1s\n", 5, "more than 2000 panes"),
        (GOOD + GOOD, 4, "already on line 1"),
        ("- signal: a.b\n  rate_above: 0.3\n", 1, "no id"),
        ("- id: one\n  rate_above: 0.3\n", 1, "no signal"),
        ("- id: one\n  signal: 'a b'\n  rate_above: 0.3\n", 2, "isn't a valid signal"),
        ("- id: 'a b'\n  signal: a.b\n  rate_above: 0.3\n", 1, "isn't a valid id"),
        ("- id: one\n  signal: a.b\n  rate_above: 30\n", 3, "in [0, 1]"),
        ("- id: one\n  signal: a.b\n  rate_above: .nan\n", 3, "in [0, 1]"),
        ("- id: one\n  signal: a.b\n  rate_above: true\n", 3, "in [0, 1]"),
        ("- id: one\n  signal: a.b\n  rate_above: '0.3'\n", 3, "in [0, 1]"),
        (GOOD + "  record_above: -0.1\n", 4, "in [0, 1]"),
        ("- id: one\n  signal: a.b\n  count_above: 1.5\n", 3, "whole number"),
        ("- id: one\n  signal: a.b\n  count_above: -1\n", 3, "whole number"),
        ("- id: one\n  signal: a.b\n  immediate: false\n", 3, "can only be true"),
        ("- id: one\n  signal: a.b\n  immediate: 1\n", 3, "true or false"),
        ("- id: one\n  signal: a.b\n  quantile_above: 0.5\n", 3, "exactly q and value"),
        ("- id: one\n  signal: a.b\n  quantile_above: {q: 1, value: 0.5}\n", 3, "between 0 and 1"),
        ("- id: one\n  signal: a.b\n  count_above: 3\n  at_least: 5\n", 4, "means nothing"),
        ("- id: one\n  signal: d.*\n  drift_above: 0.5\n  by: [tenant]\n", 4, "can't be grouped"),
        ("- id: one\n  signal: d.*\n  drift_above: 0.5\n  record_above: 0.5\n", 4, "means nothing"),
        (GOOD + "  baseline_records: 10\n", 4, "only shift and drift rules"),
        (GOOD + "  at_least: 0\n", 4, "whole number"),
        (GOOD + "  by: [tenants]\n", 4, "Did you mean 'tenant'"),
        (GOOD + "  severity: urgent\n", 4, "unknown severity"),
        (GOOD + "  title: ''\n", 4, "one line of text"),
        (GOOD + "  title: [a]\n", 4, "one line of text"),
        (GOOD + "  enabled: maybe\n", 4, "true or false"),
        (GOOD + "  deployments: []\n", 4, "list of names"),
        (GOOD + "  tenants: {a: b}\n", 4, "list of names"),
        (GOOD + "  versions: ['']\n", 4, "list of names"),
        (GOOD + "  model: [a]\n", 4, "Did you mean 'models'"),
        (
            "- id: one\n  signal: feedback.complaint\n  immediate: true\n  models: [a]\n",
            4,
            "feedback doesn't say of which model",
        ),
        (GOOD + "  playbook:\n", 4, "isn't a valid playbook"),
        (GOOD + "  severity: low\n  severity: high\n", 5, "twice"),
        ("- id: one\n\tsignal: a.b\n", 2, "tabs"),
        ("- id: 'one\n", 2, "YAML"),
        ("- &x {id: one, signal: a.b, rate_above: 0.3}\n- *x\n", 2, "alias"),
        ("- !!python/object:os.system {}\n", 1, "no id"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse_rules(text, "rules.yaml")
    assert caught.value.line == line
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"rules.yaml:{line}: ")
    assert caught.value.remedy


@pytest.mark.parametrize(
    "text",
    ["[" * 1_000, "{" * 1_000, "- " * 1_000, "a" * 1_000_001, "\x00", "- a: \x07"],
    ids=["brackets", "braces", "dashes", "too-long", "null", "bell"],
)
def test_a_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(RulesError):
        parse_rules(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_rules(text)
    except RulesError as error:
        assert error.remedy


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="No such file"):
        load_rules(tmp_path / "none.yaml")
    with pytest.raises(RulesError, match="can't be read"):
        load_rules(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"- id: one\n  title: \xe9\n")
    with pytest.raises(RulesError, match=r"latin\.yaml:2: .*UTF-8"):
        load_rules(latin)


def test_disabled_rules_are_checked_and_left_out() -> None:
    assert parse_rules(GOOD + "  enabled: false\n").rules == ()
    assert parse_rules("[]").rules == ()
    with pytest.raises(RulesError):
        parse_rules(GOOD + "  enabled: false\n  window: x\n")


@pytest.mark.parametrize(
    ("signal", "outcome"),
    [
        ("a.b", "known"),
        ("a.*", "known"),
        ("feedback.complaint", "known"),
        ("monitor.detector_error", "known"),
        ("persona.sassiness", "warning"),
        ("persona.*", "warning"),
        ("a.bb", "error"),
        ("feedback.complaints", "error"),
        ("persona.sassines", "error"),
        ("secrts.any", "error"),
        ("of.our.own", "warning"),
    ],
)
def test_unknown_signals(signal: str, outcome: str) -> None:
    text = f"- id: one\n  signal: {signal}\n  immediate: true\n"
    if outcome == "error":
        with pytest.raises(RulesError, match="Did you mean") as caught:
            parse_rules(text, known_signals=["a.b"])
        assert caught.value.line == 2
        return
    ruleset = parse_rules(text, known_signals=["a.b"])
    assert len(ruleset.rules) == 1
    assert bool(ruleset.warnings) == (outcome == "warning")


def test_the_rule_set_is_a_value() -> None:
    assert parse_rules(GOOD) == parse_rules("# a comment\n" + GOOD)
    assert hash(parse_rules(GOOD)) == hash(parse_rules(GOOD))
    assert parse_rules(GOOD) != parse_rules(GOOD + "  hold: 1h\n")


def test_deployment_globs() -> None:
    ruleset = parse_rules(GOOD + "  deployments: [support-*, shop]\n")
    assert [bool(ruleset.covering(name)) for name in ("support-bot", "shop", "shop2")] == [
        True,
        True,
        False,
    ]


def test_what_changes_the_aggregate_and_what_only_the_limits() -> None:
    (rule,) = parse_rules(GOOD).rules

    def other(line: str) -> tuple[bool, bool]:
        (changed,) = parse_rules(GOOD + line).rules
        return changed.aggregate == rule.aggregate, changed.definition == rule.definition

    assert other("  severity: low\n") == (True, True)
    assert other("  at_least: 10\n") == (True, False)
    assert other("  record_above: 0.7\n") == (False, False)
    assert other("  by: [tenant]\n") == (False, False)
    assert other("  pane: 10s\n") == (False, False)


@pytest.mark.parametrize("field", ["tenants", "models", "versions"])
def test_limits_decide_what_panes_hold(field: str) -> None:
    (rule,) = parse_rules(GOOD).rules
    (limited,) = parse_rules(GOOD + f"  {field}: [acme]\n").rules
    (other,) = parse_rules(GOOD + f"  {field}: [acme, zeta]\n").rules
    assert len({rule.aggregate, limited.aggregate, other.aggregate}) == 3
    assert len({rule.definition, limited.definition, other.definition}) == 3


def test_numbers_are_names_of_versions() -> None:
    (rule,) = parse_rules(GOOD + "  versions: [2, 2.1, '3*']\n").rules
    assert rule.versions == ("2", "2.1", "3*")


def test_a_digest_stands_for_what_rules_say() -> None:
    digest = parse_rules(GOOD).digest
    assert digest == parse_rules("# a comment\n" + GOOD + "  playbook: one\n", "other").digest
    assert digest != parse_rules(GOOD + "  title: Another\n").digest
    assert digest != parse_rules(GOOD + "  tenants: [acme]\n").digest
    assert int(digest, 16) == float(int(digest, 16)) < 2**53


def test_reload(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD)
    last = load_rules(path)
    assert reload_if_changed(path, last) == (None, None)
    path.write_text(GOOD.replace("0.3", "0.4"))
    new, error = reload_if_changed(path, last)
    assert error is None
    assert new is not None
    assert new.rules[0].condition.threshold == 0.4
    path.write_text(GOOD.replace("0.3", "4"))
    new, error = reload_if_changed(path, last)
    assert new is None
    assert error is not None
    assert error.line == 3


def test_default_rules() -> None:
    rules = {rule.id: rule for rule in default_rules().rules}
    rate = rules["hallucination-rate"]
    assert (rate.condition, rate.record_above, rate.window, rate.at_least) == (
        Rate(0.30),
        0.5,
        300.0,
        30,
    )
    assert rules["complaints"].condition == Count(10.0)
    assert rules["complaints"].window == 3600.0
    assert [
        rules[f"persona-{one}"].record_above for one in ("sassiness", "aggression", "existential")
    ] == [
        0.7,
        0.7,
        0.93,
    ]
    assert all(rule.playbook for rule in rules.values())
    heard = {rule.signal for rule in rules.values()}
    assert heard >= {"feedback.complaint", "monitor.detector_error"}


def test_default_rules_load_where_no_detector_is_installed(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    source = Path(__file__).parents[3] / "streams" / "rules" / "default_rules.yaml"
    path.write_text(source.read_text("utf-8"), "utf-8")
    ruleset = load_rules(path, known_signals=[])
    assert ruleset.rules == default_rules().rules
    built_in = [rule for rule in ruleset.rules if rule.signal in BUILT_IN_SIGNALS]
    assert len(built_in) == 4
    assert len(ruleset.warnings) == len(ruleset.rules) - len(built_in)


def test_a_limit_of_one_deployment_holds_there_alone() -> None:
    (rule,) = parse_rules(
        "- {id: a, signal: pii.any, record_above: 0.4, count_above: 3,"
        " record_above_in: {bot: 0.7, 7: 1}}"
    ).rules
    assert rule.record_above_in == (("7", 1.0), ("bot", 0.7))
    rules = RuleSet((rule,))
    assert [rules.covering(name)[0].record_above for name in ("bot", "7", "x")] == [0.7, 1.0, 0.4]
    plain = parse_rules("- {id: a, signal: pii.any, record_above: 0.7, count_above: 3}")
    # Snapshots of where the limit is another are read as those of a rule that has it.
    assert rules.covering("bot")[0].definition == plain.covering("bot")[0].definition


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("count_above: 3, record_above_in: 0.7", "must be a mapping"),
        ("count_above: 3, record_above_in: {bot: 2}", "a number in [0, 1]"),
        ("count_above: 3, record_above_in: {bot: high}", "a number in [0, 1]"),
        (
            "quantile_above: {q: 0.9, value: 0.5}, record_above_in: {bot: 0.7}",
            "means nothing for quantile_above",
        ),
    ],
)
def test_a_wrong_limit_of_one_deployment_is_told(given: str, said: str) -> None:
    with pytest.raises(RulesError) as raised:
        parse_rules(f"- {{id: a, signal: pii.any, {given}}}")
    assert said in str(raised.value)
