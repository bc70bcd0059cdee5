"""Lines to copy stand as they are typed in this terminal."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.cli._say import as_called, say
from streams.errors import OutwatchError, UsageError

CALLED = "'/tmp/the demo/outwatch'"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("outwatch show a/1/2", f"{CALLED} show a/1/2"),
        ("  1. See it: outwatch incident ack ID", f"  1. See it: {CALLED} incident ack ID"),
        ("(`outwatch hash-user NAME`)", f"(`{CALLED} hash-user NAME`)"),
        ("outwatch show a && outwatch dead list", f"{CALLED} show a && {CALLED} dead list"),
        ("outwatch answers to that", None),
        ("outwatch: nothing is there", None),
        ("outwatch showed it", None),
        ("/opt/outwatch show a/1/2", None),
        ("my-outwatch show a/1/2", None),
        ("streams.outwatch show", None),
    ],
)
def test_commands_begin_with_what_is_typed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    shown: str | None,
) -> None:
    monkeypatch.delenv("OUTWATCH_CALLED", raising=False)
    assert as_called(text) == text
    monkeypatch.setenv("OUTWATCH_CALLED", CALLED)
    say(text)
    assert capsys.readouterr().out == f"{text if shown is None else shown}\n"


def test_what_is_typed_can_steer_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OUTWATCH_CALLED", "\x1b[31mred")
    say("outwatch show a/1/2")
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("kind", [OutwatchError, UsageError, click.ClickException])
def test_errors_name_commands_so_too(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise kind("it is away; `outwatch doctor` looks closer")

    monkeypatch.setattr("streams.cli.load_settings", fail)
    result = CliRunner().invoke(main, ["rules", "show"], env={"OUTWATCH_CALLED": CALLED})
    assert f"it is away; `{CALLED} doctor` looks closer" in result.output
