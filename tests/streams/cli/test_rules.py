"""`outwatch rules`: good rules are listed, a wrong one told with its line, those in force shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.builtin_signals import BUILT_IN_SIGNALS
from streams.cli import main
from streams.rules.load import load_rules

GOOD = """\
- id: insults
  signal: toxicity.insult
  record_above: 0.5
  count_above: 3
  window: 5m
  severity: high
- id: elsewhere
  signal: nobody.here
  record_above: 0.5
  immediate: true
  severity: low
"""


def test_good_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD)
    result = CliRunner().invoke(main, ["rules", "check", str(path)])
    assert result.exit_code == 0
    assert "more than 3 records above 0.5 on toxicity.insult in 300 s" in result.stdout
    assert "2 rules, good" in result.stdout
    assert "rules.yaml:8: no installed detector gives the rule's signal" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "blamed"),
    [
        ("rules check FILE", "FILE: can't be read"),
        ("rules show lost.txt", "FILE: can't be read"),
        ("backtest --rules FILE", "the file of --rules: can't be read"),
    ],
)
def test_a_file_that_isnt_there_is_blamed_on_who_named_it(
    arguments: str, blamed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, arguments.split())
    assert result.exit_code == 2
    assert blamed in result.stderr
    assert "OUTWATCH_RULES" not in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        pytest.param("count_above: 3", "count_abov: 3", 4, id="unknown key"),
        pytest.param("toxicity.insult", "toxicity.insul", 2, id="unknown signal"),
        pytest.param("window: 5m", "window: soon", 5, id="bad duration"),
    ],
)
def test_wrong_file_names_the_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD.replace(old, new))
    result = CliRunner().invoke(main, ["rules", "check", str(path)])
    assert result.exit_code == 2
    assert f"{path}:{line}:" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_without_a_file_it_checks_what_would_be_used(tmp_path: Path) -> None:
    packaged = CliRunner().invoke(main, ["rules", "check", "--json"])
    assert json.loads(packaged.output)["name"] == "default_rules.yaml"
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    mine = CliRunner().invoke(main, ["rules", "check", "--json"], env={"OUTWATCH_RULES": str(path)})
    assert [rule["id"] for rule in json.loads(mine.stdout)["rules"]] == ["insults", "elsewhere"]


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        pytest.param("OUTWATCH_DETECTORS", "[nobody]", "`detectors`", id="unknown detector"),
        pytest.param(
            "OUTWATCH_DETECTOR_OPTIONS",
            "{toxicity: {backend: magic}}",
            "`detector_options.toxicity`",
            id="wrong option",
        ),
    ],
)
def test_detectors_that_cant_be_made(tmp_path: Path, variable: str, value: str, told: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD)
    result = CliRunner().invoke(main, ["rules", "check", str(path)], env={variable: value})
    assert result.exit_code == 2
    assert told in result.stderr


def test_show_prints_what_is_in_force(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: default\nchanges:\n  refusals: {rate_above: 0.5}\n")
    shown = CliRunner().invoke(main, ["rules", "show", str(path)])
    assert shown.exit_code == 0, shown.output
    saved = tmp_path / "saved.yaml"
    saved.write_text(shown.stdout)
    assert load_rules(saved).rules == load_rules(path).rules
    again = CliRunner().invoke(main, ["rules", "show", str(saved)])
    digest = load_rules(path).digest
    assert f"digest {digest} ({int(digest, 16)})" in shown.stdout.splitlines()[0]
    assert again.stdout.partition("digest")[2] == shown.stdout.partition("digest")[2]


def test_show_chooses(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD + "  deployments: [shop]\n")

    def ids(*options: str) -> list[str]:
        result = CliRunner().invoke(main, ["rules", "show", str(path), "--json", *options])
        assert result.exit_code == 0, result.output
        return [rule["id"] for rule in json.loads(result.stdout)["rules"]]

    assert ids() == ["insults", "elsewhere"]
    assert ids("--only", "elsewhere") == ["elsewhere"]
    assert ids("--deployment", "support-bot") == ["insults"]
    one = CliRunner().invoke(main, ["rules", "show", str(path), "--only", "insults"])
    assert "1 rule of 2, digest" in one.stdout
    wrong = CliRunner().invoke(main, ["rules", "show", str(path), "--only", "insult"])
    assert wrong.exit_code == 2
    assert "Did you mean `insults`?" in wrong.stderr


def test_signals_are_those_that_a_rule_can_be_about() -> None:
    environ = {"OUTWATCH_DETECTORS": "[secrets, drift]"}
    result = CliRunner().invoke(main, ["rules", "signals", "--json"], env=environ)
    listed = {one["signal"]: one for one in json.loads(result.stdout)}
    assert {*BUILT_IN_SIGNALS, "secrets.any"} <= listed.keys()
    assert {name.partition(".")[0] for name in listed} == {
        "secrets", "drift", "feedback", "monitor"
    }  # fmt: skip
    text = CliRunner().invoke(main, ["rules", "signals"], env=environ)
    assert [row.split()[0] for row in text.stdout.splitlines()] == list(listed)
    assert listed["secrets.any"]["threshold"] == 0.5


def test_one_rule_is_one_rule(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("- {id: one, signal: secrets.any, immediate: true}\n")
    result = CliRunner().invoke(main, ["rules", "check", str(path)])
    assert result.stdout.endswith("1 rule, good\n")
