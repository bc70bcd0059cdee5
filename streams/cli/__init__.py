"""The command `outwatch`. Each subcommand is a module here, imported only when it is asked for."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

import click

import detectors
from streams.cli._examples import epilog
from streams.config.settings import load_settings
from streams.errors import OutwatchError, UsageError
from streams.inert import LogFormatter, line, lines, trace

# Module of this package, and the line that `outwatch --help` shows without importing it.
_COMMANDS = {
    "worker": "Score outputs from Kafka and raise incidents.",
    "pager": "Tell people of incidents: PagerDuty, Alertmanager, Slack, webhooks, …",
    "results": "Publish verdicts as CloudEvents and OpenTelemetry events.",
    "demo": "See it work, with a broker of its own and sample traffic.",
    "replay": "Run files through the detectors, windows and rules, without Kafka.",
    "produce": "Put the records of files on the outputs topic.",
    "topics": "Create or list the topics.",
    "show": "Show one record by topic, partition and offset, masked.",
    "hash-user": "Print the hash by which verdicts and incidents know a user.",
    "rules": "Check a rules file.",
    "baseline": "Freeze a baseline that drift is measured against.",
    "evaluate": "Measure the detectors on labelled sets.",
    "export": "Write verdicts to Parquet, CSV or JSON lines for a warehouse.",
    "schema": "Print the JSON Schema of a topic's messages.",
    "doctor": "Say what is wrong in this environment, and how to mend it.",
    "completion": "Make a shell complete commands and options.",
}
# What must work, or has something to say, where the configuration is wrong.
_NEEDS_NO_SETTINGS = frozenset({"schema", "doctor", "completion"})
_HELP = "streams.cli.help"
CONFIG = "streams.cli.config"
"""Where `click.Context.meta` keeps the path of the configuration file, or None."""


class _Failure(click.ClickException):
    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def show(self, file: Any = None) -> None:
        click.echo(f"outwatch: {line(self.message)}", file=file or sys.stderr)


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"streams.cli.{cmd_name.replace('-', '_')}").command
        command.epilog = epilog(cmd_name)
        if isinstance(command, click.Group):
            for name, below in command.commands.items():
                below.epilog = epilog(f"{cmd_name} {name}")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_HELP] = not {"-h", "--help"}.isdisjoint(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Turns errors that a person can mend into one message and an exit code."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            error.message = lines(error.message)
            raise
        except (UsageError, detectors.UnknownDetector) as error:
            raise _Failure(str(error), 2) from error
        except OutwatchError as error:
            raise _Failure(str(error), 1) from error
        except Exception as error:
            message = _kafka_message(error, ctx)
            if message is None:
                raise
            raise _Failure(message, 1) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Configuration file (default: the variable OUTWATCH_CONFIG, or none).",
)
@click.version_option(detectors.__version__, prog_name="outwatch")
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """Watch the outputs of production language models.

    Settings come from one YAML file and from OUTWATCH_* variables, such as
    OUTWATCH_KAFKA_BROKERS. Exit codes: 0 done, 1 failed, 2 something to correct first, 130
    interrupted; a worker also 69 and 70. Colours appear on terminals only, and not with NO_COLOR.
    """
    # Without a handler Python prints a library's errors on stderr, beside our one message.
    for library in ("kafka", "aiokafka"):
        logging.getLogger(library).addHandler(logging.NullHandler())
    # What is logged before logging is set up, or without, is as inert as everything else.
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(LogFormatter())
    sys.excepthook = _crashed
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    ctx.meta[CONFIG] = config
    if ctx.invoked_subcommand not in _NEEDS_NO_SETTINGS and not ctx.meta[_HELP]:
        ctx.obj = load_settings(config)


def _crashed(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    """Prints what nobody expected, as Python does."""
    sys.stderr.write(trace("".join(traceback.format_exception(kind, error, where)).rstrip()) + "\n")


def _kafka_message(error: Exception, ctx: click.Context) -> str | None:
    """What a failure of a Kafka client means for a person; None for any other failure."""
    kinds = tuple(
        sys.modules[name].KafkaError
        for name in ("kafka.errors", "aiokafka.errors")
        if name in sys.modules
    )
    if not isinstance(error, kinds):
        return None
    if ctx.obj is None:
        return f"no Kafka answers ({type(error).__name__}). `outwatch doctor` looks closer"
    from streams.kafka.trouble import explain

    return f"{explain(ctx.obj, error)}; `outwatch doctor` looks closer"
