"""Options before and after the verb, and verbs mistyped."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.cli._verbs import Verbs


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "outwatch.yaml"
    path.write_text("rules: " + str(tmp_path / "rules.yaml"))
    (tmp_path / "rules.yaml").write_text("- {id: one, signal: pii.any, immediate: true}")
    return str(path)


@pytest.mark.parametrize(
    "words",
    [
        "--config {} rules check --json",
        "rules --config {} check --json",
        "rules check --config {} --json",
        "rules check --json --config {}",
        "rules check --config={} --json",
        "--json --config {} rules check",
        "rules --json check --config {}",
        "--json rules --config {} check",
    ],
)
def test_options_stand_before_or_after_the_verb(words: str, config: str) -> None:
    done = CliRunner().invoke(main, [word.format(config) for word in words.split()])
    assert done.exit_code == 0, done.output
    assert '"id":"one"' in done.stdout


def top(given: dict[str, object]) -> Verbs:
    @click.group(cls=Verbs)
    @click.option("--config")
    @click.option("--quiet", is_flag=True)
    def group(**options: object) -> None:
        given.update(options)

    @group.command()
    @click.argument("files", nargs=-1)
    @click.option("--rate", type=float)
    @click.option("--loud", is_flag=True)
    def play(**options: object) -> None:
        given.update(options)

    assert isinstance(group, Verbs)
    return group


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("play a b --rate 2", {"files": ("a", "b"), "rate": 2.0}),
        ("--rate 2 play a b", {"files": ("a", "b"), "rate": 2.0}),
        ("--rate=2 play a", {"files": ("a",), "rate": 2.0}),
        ("--loud play a --quiet", {"files": ("a",), "loud": True, "quiet": True}),
        ("play a --config play", {"files": ("a",), "config": "play"}),
        ("--config play play play", {"files": ("play",), "config": "play"}),
        ("play -- --config x", {"files": ("--config", "x"), "config": None}),
        ("play --quiet -- --loud", {"files": ("--loud",), "quiet": True, "loud": False}),
    ],
)
def test_each_option_goes_where_it_belongs(words: str, expected: dict[str, object]) -> None:
    given: dict[str, object] = {}
    done = CliRunner().invoke(top(given), words.split())
    assert done.exit_code == 0, done.output
    assert expected.items() <= given.items()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("wrker", "there is no command 'wrker'. Did you mean `worker`?"),
        ("replya x.jsonl", "Did you mean `replay`?"),
        ("hash_user x", "Did you mean `hash-user`?"),
        ("topics lst", "there is no command 'lst'. Did you mean `list`?"),
        ("dead rtry", "Did you mean `retry`?"),
        ("rules chekc", "Did you mean `check`?"),
        ("rules xyzzy", "Known: check, exclude, show, signals"),
        ("xyzzy", "Known: worker, pager"),
        ("--jsn doctor", "No such option"),
        ("--config", "requires an argument"),
    ],
)
def test_a_verb_mistyped_is_told_with_the_nearest(words: str, told: str) -> None:
    done = CliRunner().invoke(main, words.split())
    assert done.exit_code == 2
    assert told in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--help", "Commands:"),
        ("rules --help", "signals"),
        ("rules check --help", "Check FILE"),
        ("--help rules", "Commands:"),
    ],
)
def test_help_is_that_of_what_stands_before_it(words: str, told: str) -> None:
    done = CliRunner().invoke(main, words.split())
    assert done.exit_code == 0
    assert told in done.output
