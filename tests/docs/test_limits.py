"""The limits of the default rules that the documentation tells are those of the rules."""

from __future__ import annotations

import re

import pytest

from streams.rules.load import default_rules
from tests.support.kafka_broker import ROOT

RULES = {rule.id: rule for rule in default_rules().rules}


@pytest.mark.parametrize(
    ("page", "said", "rule"),
    [
        ("rules.md", r"threats over (0\.\d+)", "threat"),
        ("rules.md", r"promises over (0\.\d+)", "commitment"),
        ("detectors.md", r"\| threats above (0\.\d+);", "threat"),
        ("detectors.md", r"\| severe toxicity above (0\.\d+);", "toxicity-severe"),
        ("detectors.md", r"below the (0\.\d+) of the rules that page", "personal-data-card"),
        ("detectors.md", r"below the (0\.\d+) of the rules that page", "personal-data-iban"),
        ("detectors.md", r"below the (0\.\d+) of the rules that page", "personal-data-ssn"),
        ("detectors.md", r"above the (0\.\d+) of those that count", "personal-data-rate"),
        ("detectors.md", r"above the (0\.\d+) of those that count", "personal-data-users"),
    ],
)
def test_a_limit_is_told_as_the_rule_has_it(page: str, said: str, rule: str) -> None:
    text = " ".join((ROOT / "docs" / page).read_text(encoding="utf-8").split())
    told = re.findall(said, text)
    assert [float(one) for one in told] == [RULES[rule].record_above]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (r"personal data shown to more than (\d+) users", "personal-data-users"),
        (r"likely secrets in more than (\d+) answers", "secrets-repeated"),
        (r"more than (\d+) complaints", "complaints"),
    ],
)
def test_a_count_is_told_as_the_rule_has_it(said: str, rule: str) -> None:
    text = " ".join((ROOT / "docs" / "rules.md").read_text(encoding="utf-8").split())
    [told] = re.findall(said, text)
    assert float(told) == RULES[rule].condition.threshold
