"""The command itself: quick help, one message per error, exit codes."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.cli._examples import epilog, examples
from tests.support.kafka_broker import free_ports


def outwatch(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", *arguments],
        env=inherited | environ,
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_help_imports_nothing_heavy() -> None:
    heavy = ("faust", "spacy", "kafka", "torch", "numpy", "presidio_analyzer")
    program = (
        "import sys\nfrom streams.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print('heavy:', [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.rstrip().endswith("heavy: []"), done.stdout


def test_help_lists_every_command() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    folder = Path(sys.modules["streams.cli"].__file__ or "").parent
    modules = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    for name in modules:
        assert f"\n  {name.replace('_', '-')} " in listed


def test_version() -> None:
    import detectors

    assert CliRunner().invoke(main, ["--version"]).output.split()[-1] == detectors.__version__


@pytest.mark.parametrize(
    ("arguments", "environ", "told"),
    [
        pytest.param(
            ["topics", "list"],
            {"OUTWATCH_KAFKA_BROKRS": "x:1"},
            "Did you mean OUTWATCH_KAFKA_BROKERS?",
            id="misspelt variable",
        ),
        pytest.param(
            ["--config", "/nowhere/outwatch.yaml", "topics", "list"],
            {},
            "/nowhere/outwatch.yaml: can't be read",
            id="missing file",
        ),
    ],
)
def test_wrong_configuration_is_one_line_and_exit_code_2(
    arguments: list[str], environ: dict[str, str], told: str
) -> None:
    done = outwatch(*arguments, **environ)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_unreachable_kafka_is_one_line_and_exit_code_1() -> None:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    done = outwatch("topics", "list", OUTWATCH_KAFKA_BROKERS=address)
    assert done.returncode == 1
    assert f"no Kafka answers at {address}" in done.stderr
    assert "OUTWATCH_KAFKA_BROKERS" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_unknown_command_is_exit_code_2() -> None:
    assert CliRunner().invoke(main, ["wrker"]).exit_code == 2


def test_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    from streams.cli import schema as command_module

    def broken(_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(command_module.schema, "text", broken)
    result = CliRunner().invoke(main, ["schema", "llm.outputs"])
    assert isinstance(result.exception, ZeroDivisionError)


def commands() -> list[str]:
    """All commands as they are typed, those of groups too."""
    found = []
    with click.Context(main) as ctx:
        for name in main.list_commands(ctx):
            command = main.get_command(ctx, name)
            found.append(name)
            if isinstance(command, click.Group):
                found += [f"{name} {below}" for below in command.commands]
    return found


@pytest.mark.parametrize("name", commands())
def test_every_command_has_examples_that_parse(name: str) -> None:
    helped = CliRunner().invoke(main, [*name.split(), "--help"]).output
    for example in examples(name):
        assert example.split()[-1] in helped
        words = shlex.split(example.split("$(")[-1].split(")")[0].split("|")[-1].split(">")[0])
        words = [word for word in words if not word.startswith("OUTWATCH_")]
        assert words[0] == "outwatch"
        with main.make_context("outwatch", words[1:]) as ctx:
            command, rest = main.get_command(ctx, ctx._protected_args[0]), ctx.args
            assert command is not None
            if isinstance(command, click.Group):
                command, rest = command.commands[rest[0]], rest[1:]
            command.make_context(name, list(rest), parent=ctx)


def test_unknown_command_has_no_examples() -> None:
    assert epilog("wrker") is None


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_comes_whatever_is_wrong_with_the_configuration(flag: str) -> None:
    done = outwatch("replay", flag, OUTWATCH_CONFIG="/nowhere/outwatch.yaml")
    assert done.returncode == 0
    assert "Usage: outwatch replay" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_names_the_command(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert "_OUTWATCH_COMPLETE" in result.output


def test_bash_completes_commands_and_options() -> None:
    folder = Path(sys.executable).parent
    program = f"""
        export PATH={shlex.quote(str(folder))}:$PATH
        eval "$(outwatch completion bash)"
        COMP_WORDS=(outwatch rep) COMP_CWORD=1; _outwatch_completion outwatch
        printf '%s\n' "${{COMPREPLY[@]}}"
        COMPREPLY=()
        COMP_WORDS=(outwatch replay --ra) COMP_CWORD=2; _outwatch_completion outwatch
        printf '%s\n' "${{COMPREPLY[@]}}"
    """
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run([bash, "-c", program], capture_output=True, text=True, timeout=240)
    assert done.stdout.split() == ["replay", "--rate"], done.stderr
