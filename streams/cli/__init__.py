"""The command `outwatch`. Each subcommand is a module here, imported only when it is asked for."""

from __future__ import annotations

import errno
import logging
import os
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

import click

import detectors
from streams.cli._examples import epilog
from streams.cli._say import as_called
from streams.cli._verbs import Verbs
from streams.config.settings import load_settings
from streams.errors import OutwatchError, UsageError
from streams.inert import LogFormatter, line, lines, trace

# Module of this package, and the line that `outwatch --help` shows without importing it.
_COMMANDS = {
    "worker": "Score outputs from Kafka and raise incidents.",
    "pager": "Tell people of incidents: PagerDuty, Alertmanager, Slack, webhooks, …",
    "console": "Show incidents and traffic in a browser, and take acts from there.",
    "results": "Publish verdicts as CloudEvents and OpenTelemetry events.",
    "feedback": "Take complaints, ratings and labels over HTTP.",
    "demo": "See it work, with a broker of its own and sample traffic.",
    "replay": "Run files through the detectors, windows and rules, without Kafka.",
    "produce": "Put the records of files on the outputs topic.",
    "topics": "Create or list the topics.",
    "incident": "List and show incidents, and say what you do about one.",
    "actions": "List and check the containment actions that are configured.",
    "evidence": "Seal what is known of an incident for legal, and open what was sealed.",
    "postmortem": "Write what happened as Markdown, draft a rule, and keep the actions.",
    "explain": "Say what a word of the trade means, and what to tell people.",
    "playbooks": "List and show what to do about each kind of incident, and check your own.",
    "clocks": "List the clocks of the law, and check your own.",
    "triage": "Judge a human's report, and open an incident of it.",
    "contacts": "Check the contacts file: who is on call, now and next.",
    "canary": "Make made-up secrets to plant, and list and revoke them.",
    "museum": "Keep confirmed attacks, so that they are known again; export them.",
    "show": "Show one record by topic, partition and offset, masked.",
    "dead": "List what couldn't be read, scored or told, and send it again.",
    "hash-user": "Print the hash by which verdicts and incidents know a user.",
    "rules": "Check rules, show those in force, list what they can be about.",
    "backtest": "Try rules on stored verdicts: what they would have opened, and when.",
    "review": "Draw records for people to judge, judge them, and see what follows.",
    "calibrate": "Propose limits, or learn score maps, from labels and false alarms.",
    "maps": "Show score maps, and put former ones back.",
    "baseline": "Freeze a baseline that drift is measured against.",
    "evaluate": "Measure the detectors on labelled sets.",
    "export": "Write verdicts to Parquet, CSV or JSON lines for a warehouse.",
    "schema": "Print the JSON Schema of a topic's messages.",
    "doctor": "Say what is wrong in this environment, and how to mend it.",
    "completion": "Make a shell complete commands and options.",
}
_ALIASES = {"incidents": "incident"}
"""Other names of commands, which no list shows."""

# What must work, or has something to say, where the configuration is wrong.
_NEEDS_NO_SETTINGS = frozenset({"schema", "doctor", "completion", "explain"})
_HELP = "streams.cli.help"
CONFIG = "streams.cli.config"
"""Where `click.Context.meta` keeps the path of the configuration file, or None."""


class _Failure(click.ClickException):
    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def show(self, file: Any = None) -> None:
        click.echo(f"outwatch: {line(as_called(self.message))}", file=file or sys.stderr)


def _add_examples(name: str, command: click.Command) -> None:
    command.epilog = epilog(name)
    if isinstance(command, click.Group):
        for verb, below in command.commands.items():
            _add_examples(f"{name} {verb}", below)


class _Commands(Verbs):
    aliases = _ALIASES

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        cmd_name = _ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"streams.cli.{cmd_name.replace('-', '_')}").command
        _add_examples(cmd_name, command)
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
            try:
                return super().invoke(ctx)
            finally:
                # Here, since at the interpreter's end it is too late for a sentence.
                sys.stdout.flush()
        except click.ClickException as error:
            error.message = lines(as_called(error.message))
            raise
        except (UsageError, detectors.UnknownDetector) as error:
            raise _Failure(str(error), 2) from error
        except OutwatchError as error:
            raise _Failure(str(error), 1) from error
        except Exception as error:
            message = _kafka_message(error, ctx) or _system_message(error)
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


def _system_message(error: Exception) -> str | None:
    """What the system refused, for a person; None for any other failure, and for a reader of our
    output that has left, which click deals with."""
    if not isinstance(error, OSError) or error.errno in (None, errno.EPIPE):
        return None
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}. Check the path, its permissions and the disk"
    if error.errno not in (errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EDQUOT):
        return None
    # What is still in the buffer would be tried once more, and fail, when the process ends.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return f"the output can't be written: {error.strerror}. Free some space, or write elsewhere"


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
