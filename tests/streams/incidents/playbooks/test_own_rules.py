"""Playbooks that come with outwatch, against each default rule that names them: what they let
people read is about that rule, and is held against its limit."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
import pytest

from streams.config.settings import Settings
from streams.incidents.playbooks.fields import filled, of_incident, of_rules, of_settings
from streams.incidents.playbooks.playbook import Step
from streams.incidents.playbooks.reader import shipped
from streams.records import Incident, RuleFigures
from streams.rules.load import default_rules
from streams.rules.rule import Rule
from tests.support.told_incident import NOW, incident

RULES = {rule.id: rule for rule in default_rules().rules}
NAMES = shipped().names()
BY_LIMIT = ("rate", "count", "immediate", "users", "shift")
"""Kinds of conditions whose rules count records above."""


def of_rule(rule: Rule) -> Incident:
    """An incident that a rule alone has opened."""
    figures = RuleFigures(
        rule=rule.id,
        condition=rule.condition.kind,
        signal=rule.signal,
        value=rule.condition.threshold + 1,
        threshold=rule.condition.threshold,
        records=100,
        above=50,
        window_start=NOW - 600,
        window_end=NOW,
    )
    return incident(rule.playbook, signal=rule.signal, rules=[figures])


def steps_of(rule: Rule, part: str) -> list[Step]:
    """A part of its playbook, filled in."""
    book = shipped().of(rule.playbook, "support-bot")
    one = of_rule(rule)
    values = of_settings(Settings()) | of_incident(one)
    return filled(getattr(book, part), values, of_rules(one))


def patterns(step: Step) -> list[re.Pattern[str]]:
    """What an expression asks signals for."""
    found = re.findall(r'signal(=~?)"([^"]*)"', step.promql)
    return [
        re.compile(text.replace("\\\\", "\\") if op == "=~" else re.escape(text))
        for op, text in found
    ]


def asks(step: Step, rule: Rule) -> bool:
    """Whether each signal that an expression asks for takes in all that a rule is about."""
    return all(one.fullmatch(rule.signal.replace("*", "any")) for one in patterns(step))


def of_its_rule(steps: Iterable[Step], rule: Rule) -> list[Step]:
    """The steps that look at how often a rule is broken."""
    return [one for one in steps if f'rule="{rule.id}"' in one.promql]


@pytest.mark.parametrize("id_", RULES)
def test_the_first_signal_that_is_looked_at_is_the_rule_s_own(id_: str) -> None:
    rule = RULES[id_]
    first = next((one for one in steps_of(rule, "diagnose") if patterns(one)), None)
    # Features of style are never above anything.
    assert first is None or rule.condition.kind == "drift" or asks(first, rule)


@pytest.mark.parametrize("id_", RULES)
def test_how_often_it_comes_is_held_against_the_limit_of_the_rule(id_: str) -> None:
    rule = RULES[id_]
    known = of_incident(of_rule(rule))
    if rule.condition.kind not in BY_LIMIT:
        assert of_its_rule(steps_of(rule, "diagnose"), rule) == []
        assert of_its_rule(steps_of(rule, "over"), rule) == []
        return
    (found,) = of_its_rule(steps_of(rule, "diagnose"), rule)
    assert known["limit"] in found.expect
    (over,) = of_its_rule(steps_of(rule, "over"), rule)
    assert known["limit"] in over.expect
    if rule.condition.kind == "rate":
        assert found.stop == f"It has been below {rule.condition.threshold:.2f} for two windows."


def test_of_several_rules_each_is_held_against_its_own_limit_in_its_own_window() -> None:
    both = [RULES["hallucination-rate"], RULES["hallucination-citations"]]
    (first,), (second,) = (of_rule(rule).rules for rule in both)
    first = msgspec.structs.replace(first, window_start=NOW - 300)
    one = incident("hallucination-rate", rules=[first, second])
    book = shipped().of("hallucination-rate", "support-bot")
    values = of_settings(Settings()) | of_incident(one)
    for part in (book.diagnose, book.over):
        found = filled(part, values, of_rules(one))
        for rule, limit, window in zip(both, ("0.30", "0.15"), ("300s", "600s"), strict=True):
            (step,) = of_its_rule(found, rule)
            assert limit in step.expect
            assert f"[{window}]" in step.promql
        dos = [step.do for step in found]
        assert len(dos) == len(set(dos))


def test_a_rule_on_citations_is_not_told_by_answers_that_documents_do_not_bear_out() -> None:
    steps = steps_of(RULES["hallucination-citations"], "diagnose")
    assert not any("ungrounded" in one.promql for one in steps)
    assert any("Above 0.15" in one.expect for one in steps)
    assert not any("0.30" in f"{one.expect} {one.stop}" for one in steps)


@pytest.mark.parametrize("name", NAMES)
def test_no_limit_of_a_rule_is_written_into_a_playbook(name: str) -> None:
    book = shipped().of(name, "support-bot")
    for step in (*book.first, *book.contain, *book.diagnose, *book.over):
        for text in (step.do, step.expect, step.stop):
            assert not re.search(r"\d[.,]\d|\d ?%", text)
