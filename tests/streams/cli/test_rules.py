"""`outwatch rules check`: lists good rules, names the line of a wrong one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli import main

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
    assert "nobody.here" in result.stderr


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
