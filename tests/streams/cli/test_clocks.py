"""Clocks on the command line: listed, shown with their source, and files checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import main
from tests.streams.incidents.clocks.test_reader import GOOD


def run(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(main, ["clocks", *arguments], env=env)


def test_all_are_listed_with_period_beginning_and_the_day_they_were_read() -> None:
    lines = run("list").output.splitlines()
    assert len(lines) == 1 + 15 + 1
    (gdpr,) = [line for line in lines if line.startswith("gdpr-33 ")]
    for words in ("GDPR", "Article 33(1)", "72 hours", "aware", "2026-11-29"):
        assert words in gdpr
    assert "not advice" in lines[-1]
    listed = json.loads(run("list", "--json").output)
    assert {one["id"] for one in listed} >= {"gdpr-33", "ai-act-73-3", "hipaa-408-c"}
    assert all(one["quote"] and one["url"] and one["read"] for one in listed)


def test_one_is_shown_in_the_words_of_the_law() -> None:
    shown = " ".join(run("show", "ai-act-73-3").output.split())
    assert "not later than two days after the provider" in shown
    assert "ai-act-73-2, ai-act-73-3, ai-act-73-4: the one that is due first runs" in shown
    assert "not advice" in shown
    assert json.loads(run("show", "ai-act-73-3", "--json").output)["period"] == "2d"


def test_one_that_is_not_known() -> None:
    refused = run("show", "gdrp-33")
    assert refused.exit_code == 2
    assert "Did you mean `gdpr-33`?" in refused.output


def test_a_folder_is_checked(tmp_path: Path) -> None:
    assert "15 clocks, good" in run("check").output
    (tmp_path / "ours.yaml").write_text(GOOD + "aside: {hipaa-404: we are no covered entity}\n")
    checked = run("check", str(tmp_path))
    assert checked.exit_code == 0
    assert "added      house-customers" in checked.output
    assert "set aside  hipaa-404" in checked.output
    assert "16 clocks, good" in checked.output
    told = json.loads(run("check", str(tmp_path), "--json").output)
    assert (told["added"], told["replaced"]) == (["house-customers"], [])
    assert "house-customers" in run("list", OUTWATCH_INCIDENTS_CLOCKS=str(tmp_path)).output


@pytest.mark.parametrize("arguments", [("list",), ("check",), ("show", "gdpr-33")])
def test_a_mistake_is_one_sentence_with_its_line(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "ours.yaml").write_text(GOOD.replace("12h", "13h"))
    refused = run(*arguments, OUTWATCH_INCIDENTS_CLOCKS=str(tmp_path))
    assert refused.exit_code == 2
    assert len(refused.output.splitlines()) == 1
    assert "ours.yaml:10: the quote doesn't name this period." in refused.output
