from __future__ import annotations

import pytest

from streams.errors import UsageError
from streams.offline.one_limit import Change, changed, fragment, limits_of, rewritten, value_now
from streams.rules.load import default_rules, parse_rules

RULES = default_rules()
CHANGES = [
    Change(rule.id, which, value / 2 if value > 1 or which == "record_above" else 0.5 + value / 4)
    for rule in RULES.rules
    for which, value in limits_of(rule).items()
]
OWN = """# ours
- id: rate  # a share
  signal: pii.any
  rate_above: 0.05
- {id: count, signal: pii.any, count_above: 5, window: 1h}
- {id: once, signal: pii.any, immediate: true, record_above_in: {bot: 0.2}}
- {id: most, signal: pii.any, quantile_above: {q: 0.9, value: 0.6}}
"""
EXTENDED = "extends: default\nremove: [refusals]\nchanges:\n  drift: {severity: low}\n"


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: f"{one.rule} {one.which}")
def test_what_is_written_reads_as_what_was_tried(change: Change) -> None:
    whole = RULES.rules[[one.id for one in RULES.rules].index(change.rule)]
    if whole.condition.kind in ("count", "users") and change.which == "condition":
        change = Change(change.rule, change.which, float(int(change.value) + 1))
    after = changed(RULES, change)
    assert parse_rules(fragment(RULES, change, "")).rules == after.rules
    assert value_now(after, change) == pytest.approx(change.value)
    others = [one for one in after.rules if one.id != change.rule]
    assert others == [one for one in RULES.rules if one.id != change.rule]


@pytest.mark.parametrize(
    ("text", "change", "line"),
    [
        (OWN, Change("rate", "condition", 0.2), "  rate_above: 0.2"),
        (OWN, Change("rate", "record_above", 0.7), "  record_above: 0.7"),
        (OWN, Change("count", "condition", 9), "count_above: 9"),
        (OWN, Change("once", "record_above", 0.4, "shop"), "shop: 0.4, bot: 0.2}"),
        (OWN, Change("once", "record_above", 0.4, "bot"), "{bot: 0.4}"),
        (OWN, Change("most", "record_above", 0.4), "{q: 0.9, value: 0.4}"),
        (EXTENDED, Change("hallucination-rate", "condition", 0.2), "{rate_above: 0.2}"),
        (f"{EXTENDED}rules: []\n", Change("toxicity-rate", "condition", 0.2), "{rate_above: 0.2}"),
    ],
)  # fmt: skip
def test_a_file_keeps_all_else(text: str, change: Change, line: str) -> None:
    rules = parse_rules(text)
    after = rewritten(text, rules, change)
    assert line in after
    assert parse_rules(after).rules == changed(rules, change).rules
    kept = [one for one in text.splitlines() if one in after.splitlines()]
    assert len(kept) >= len(text.splitlines()) - 1


def test_a_text_that_isn_t_of_the_rules_stands() -> None:
    for text in ("", "- {id: rate, signal: pii.any, rate_above: 0.5, title: Another}\n", "[", "3"):
        with pytest.raises(UsageError, match="by hand"):
            rewritten(text, parse_rules(OWN), Change("rate", "condition", 0.2))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Change("none", "condition", 1), "no such rule"),
        (Change("once", "condition", 1), "no such limit"),
        (Change("rate", "condition", 0.05), "0.05 already"),
        (Change("rate", "condition", float("inf")), "a number"),
        (Change("rate", "condition", 1.5), "rate_above must be"),
        (Change("count", "condition", 2.5), "count_above must be"),
        (Change("rate", "record_above", 1.1), "between 0 and 1"),
        (Change("rate", "condition", 0.2, "bot"), "can differ by deployment"),
        (Change("most", "record_above", 0.2, "bot"), "can differ by deployment"),
    ],
)
def test_what_can_t_be_is_refused(change: Change, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        changed(parse_rules(OWN), change)


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda one: one.id)
def test_what_compares_with_its_own_past_has_no_limit_to_try(rule: object) -> None:
    from streams.rules.rule import Rule

    assert isinstance(rule, Rule)
    compares = type(rule.condition).baseline
    assert bool(limits_of(rule)) != compares
