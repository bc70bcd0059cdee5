"""Words of the trade on the command line, for those who have to decide."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from streams.cli import main


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


def test_a_word_that_is_not_explained() -> None:
    refused = run("temprature")
    assert refused.exit_code == 2
    assert "Did you mean `temperature`?" in refused.output
    assert "`outwatch explain` lists all that is" in run("zzz").output
