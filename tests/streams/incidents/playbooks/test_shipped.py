"""The playbooks that come with outwatch: whole, true to metrics and clocks, and short."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from streams.config.settings import Settings
from streams.incidents.clocks.reader import shipped as clocks
from streams.incidents.limits import kinds as limited
from streams.incidents.playbooks.fields import filled, of_incident, of_settings, said
from streams.incidents.playbooks.lines import problem
from streams.incidents.playbooks.playbook import EVERY, FALLBACK, Playbook, Step
from streams.incidents.playbooks.reader import shipped, shipped_checked
from streams.incidents.playbooks.told import commands_text, playbook_text
from streams.incidents.statements.kinds import kinds
from streams.rules.load import default_rules
from streams.worker.metric_docs import metric_families
from tests.support.kafka_broker import ROOT
from tests.support.reading import grade
from tests.support.told_incident import incident

NAMES = shipped().names()
VALUES = of_settings(Settings()) | of_incident(incident("jailbreak"))
# As if a rule had limits of all kinds, so that no step is left out.
VALUES |= {"share": "0.05", "count": "5", "users": "20", "odds": "once in 50,000"}


def of(name: str) -> Playbook:
    return shipped().of(name, "support-bot")


def steps(one: Playbook) -> list[Step]:
    return [*one.first, *one.contain, *one.diagnose, *one.over]


def test_each_rule_of_the_defaults_has_one_and_so_have_all_kinds_of_incidents() -> None:
    assert {rule.playbook for rule in default_rules().rules} <= set(NAMES)
    assert "existential" in NAMES
    assert set(limited()) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_people_are_told_of_it_is_written_for_the_same_kind(name: str) -> None:
    assert name in kinds()


@pytest.mark.parametrize("name", NAMES)
def test_it_has_what_somebody_needs_at_night(name: str) -> None:
    one = of(name)
    assert len(one.first) <= 8
    assert len([step for step in one.diagnose if step.promql]) >= 2
    assert len([step for step in one.diagnose if step.run]) >= 2
    assert all(step.expect and step.stop and step.next for step in one.diagnose)
    assert len(one.causes) >= 3
    assert {"on-call"} < {told.role for told in one.tell}
    pages = [said(step) for step in filled(one.first, VALUES)]
    assert all(len(text) <= 400 for text in pages)
    assert not any("{" in text for text in pages)


@pytest.mark.parametrize("name", NAMES)
def test_clocks_that_it_names_are_about_its_kind(name: str) -> None:
    named = {told.by for told in of(name).tell if told.by in clocks()}
    assert all(name in clocks()[id_].playbooks for id_ in named)


@pytest.mark.parametrize("name", NAMES)
def test_sentences_are_short_and_plain(name: str) -> None:
    one = of(name)
    sentences = [*one.recognise, *one.causes, *one.fixes, *(told.when for told in one.tell)]
    for step in steps(one):
        sentences += filter(None, (step.do, step.expect, step.stop))
    text = " ".join(f"{part.rstrip('.')}." for part in sentences)
    assert grade(text) <= 9
    # Nothing that a tired reader has to read twice.
    assert [part for part in re.split(r"(?<=[.?!])\s", text) if len(part.split()) > 28] == []


def test_nobody_attacked_where_atlas_is_empty() -> None:
    attacked = {name for name in NAMES if of(name).taxonomy.atlas}
    assert attacked == {
        "jailbreak",
        "personal-data-leak",
        "secret-leak",
        "training-data-leak",
        "system-prompt-leak",
        "monitoring-blind",
    }


EXPRESSIONS = sorted(
    {step.promql for name in NAMES for step in filled(steps(of(name)), VALUES) if step.promql}
)


@pytest.mark.needs("prometheus")
def test_promtool_accepts_every_expression(tmp_path: Path) -> None:
    rules = [{"record": f"one:{n}", "expr": one} for n, one in enumerate(EXPRESSIONS)]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "playbooks", "rules": rules}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", str(path)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(EXPRESSIONS)} rules found" in done.stdout


def test_expressions_ask_for_metrics_and_labels_that_there_are() -> None:
    there = {
        series: {*family.labels, "le"} for family in metric_families() for series in family.series
    }
    for expression in EXPRESSIONS:
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)
        for metric, labels in re.findall(r"(outwatch_\w+)(?:\{([^}]*)\})?", bare):
            assert metric in there, expression
            assert set(re.findall(r"(\w+)[=!]", labels)) <= there[metric], expression


def test_signals_in_expressions_are_those_of_detectors() -> None:
    known = (ROOT / "docs" / "signals.md").read_text("utf-8")
    for expression in EXPRESSIONS:
        for names in re.findall(r'signal=~?"([^"]*)"', expression):
            for name in names.replace("\\\\.", ".").split("|"):
                assert f"| `{name.partition('.')[0]}." in known, expression
                assert "*" in name or f"| `{name}` |" in known, expression


@pytest.mark.parametrize("name", NAMES)
def test_lines_to_type_can_be_typed(name: str) -> None:
    for step in filled(steps(of(name)), VALUES):
        if step.run:
            assert problem(step.run) == ""


def test_every_line_is_one_of_this_command() -> None:
    from streams.cli._typed import command_problem

    assert shipped_checked(command_problem).names() == NAMES


def test_as_text_a_playbook_says_all_of_it() -> None:
    text = playbook_text(of("personal-data-leak"))
    for words in (
        "First five minutes",
        "outwatch incident ack {id}",
        "critical from 50 users",
        "[ ] The model was fine-tuned on production data.",
        "legal, by the clock gdpr-33",
        "MITRE ATLAS: AML.T0057",
        "stop if: ",
        "next: privacy",
    ):
        assert words in text


def test_as_text_for_an_incident_nothing_is_left_to_fill_in() -> None:
    for name in NAMES:
        text = commands_text(of(name), VALUES)
        assert "Find out more" in text
        assert not re.search(r"\{[a-z_]+\}", text)


def test_a_kind_without_a_playbook_has_that_of_any_other() -> None:
    assert of("ours").playbook == FALLBACK
    assert EVERY not in NAMES
