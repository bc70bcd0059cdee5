"""Words of the trade on the command line, for those who have to decide."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner, Result

from streams.builtin_signals import BUILT_IN_SIGNALS
from streams.cli import main
from streams.incidents.statements.kinds import OTHER, kinds
from streams.rules.load import default_rules
from streams.rules.rule import Rule


def run(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments], env=env)


@pytest.mark.parametrize(
    "words",
    [
        ("hallucinating",),
        ("prompt", "injection"),
        ("adversarial",),
        ("drift",),
        ("leakage in embeddings",),
        ("Temperature",),
    ],
)
def test_what_a_word_means_what_to_ask_and_what_to_say(words: tuple[str, ...]) -> None:
    shown = run(*words)
    assert shown.exit_code == 0
    for label in ("it means", "for us", "ask", "say"):
        assert f"  {label} " in shown.output
    assert json.loads(run(*words, "--json").output)["term"]["means"]


@pytest.mark.parametrize(
    "words", ["falls in love", "threatens a user", "sells for $1", "becomes existential", "invents"]
)
def test_the_first_word_to_the_press_on_a_kind(words: str) -> None:
    shown = " ".join(run(words).output.split())
    assert "to the press We are checking whether " in shown
    assert "We will say more by [time]." in shown
    told = json.loads(run(words, "--json").output)
    assert told["term"] is None
    assert told["kind"]["holding"].startswith("We are checking")


def test_a_word_that_names_both() -> None:
    shown = run("jailbreak").output
    assert "  say " in shown
    assert "  to the press " in shown


def test_all_are_listed_even_where_the_settings_are_wrong() -> None:
    shown = run(OUTWATCH_WEB_PORT="x")
    assert shown.exit_code == 0
    assert "  temperature " in shown.output
    assert "  romance " in shown.output
    assert "temperature" in json.loads(run("--json").output)["terms"]


@pytest.mark.parametrize("name", BUILT_IN_SIGNALS)
def test_every_signal_besides_those_of_detectors_is_explained(name: str) -> None:
    shown = run(name)
    assert shown.exit_code == 0
    assert shown.output.startswith(f"{name}: ")


@pytest.mark.parametrize("rule", default_rules().rules, ids=lambda rule: rule.id)
def test_each_default_rule_is_told_of_its_signal_with_its_kind_and_playbook(rule: Rule) -> None:
    told = json.loads(run(rule.signal, "--json").output)
    assert told["signals"]
    for one in told["signals"]:
        assert one["meaning"]
        assert (one["limit"] is None) == one["signal"].startswith("drift.")
        (opens,) = (each for each in one["rules"] if each["rule"] == rule.id)
        assert opens["playbook"] == rule.playbook
        assert opens["kind"] in kinds()


@pytest.mark.parametrize(
    ("signal", "kind", "playbook"),
    [
        ("pii.any", "personal-data-leak", "personal-data-leak"),
        ("hallucination.citation", "invented-sources", "hallucination-rate"),
        ("persona.existential", "existential", "persona"),
        ("toxicity.threat", "threat", "threat"),
        ("monitor.unread", "monitoring-blind", "monitoring-blind"),
        ("form.truncated", "format-takeover", ""),
    ],
)
def test_a_signal_with_its_limit_kind_and_playbook(signal: str, kind: str, playbook: str) -> None:
    shown = " ".join(run(signal).output.split())
    assert "a record counts above 0." in shown
    assert f"kind of incident {kind}: {kinds()[kind].title}" in shown
    assert f"outwatch playbooks show {playbook}" in shown or "no default rule does" in shown


@pytest.mark.parametrize("name", [one for one in kinds() if one != OTHER])
def test_a_kind_leads_to_its_playbook(name: str) -> None:
    shown = " ".join(run(name).output.split())
    (playbook,) = re.findall(r"outwatch playbooks show (\S+)", shown)
    assert playbook == name or kinds()[name].of == playbook
    found = CliRunner().invoke(main, ["playbooks", "show", name])
    assert found.exit_code == 0
    assert found.stdout.startswith(f"{playbook}  (")
    assert bool(found.stderr) == (playbook != name)


def test_a_word_that_is_not_explained() -> None:
    refused = run("temprature")
    assert refused.exit_code == 2
    assert "Did you mean `temperature`?" in refused.output
    assert "Did you mean `pii.any`?" in run("pii.anny").output
    assert run("pii.anny").exit_code == 2
    assert "`outwatch explain` lists all that is" in run("zzz").output
