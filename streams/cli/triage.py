"""`outwatch triage`: how bad is what a human reports, and why."""

from __future__ import annotations

import sys
import time
import uuid
from pathlib import Path

import click

from streams.cli._actor import actor
from streams.cli._found import read_incidents
from streams.cli._say import say, say_json
from streams.config.settings import Settings
from streams.errors import OutwatchError, UsageError
from streams.incidents.acts import problem
from streams.incidents.acts_text import private_kind, private_text
from streams.incidents.by_hand import opening
from streams.incidents.sending import counted
from streams.incidents.states import SEVERITIES, state_words
from streams.inert import every, line
from streams.records import Act, ActResult, Incident, Severity
from streams.triage.judge import Judgement, judge

_MOST_BYTES = 1_000_000
_EXIT = {"false_alarm": 0, "low": 10, "high": 11, "critical": 12}
_TOLD = {
    "critical": "page everybody",
    "high": "wake the on-call",
    "low": "for the morning stand-up",
    "false_alarm": "tell nobody",
}
_DEFAULT_KIND = "user-complaints"
_TEXT_FILES = (".txt", ".text", ".md", ".log", ".eml", ".json", ".jsonl", ".csv", ".html", ".rst")


@click.command("triage")
@click.argument("report", metavar="REPORT")
@click.option("--open", "open_", is_flag=True, help="Open an incident of it; needs --deployment.")
@click.option("--deployment", default="", help="The deployment that it is about.")
@click.option(
    "--severity", type=click.Choice(SEVERITIES), help="With --open: yours, whatever it is judged."
)
@click.option("-m", "--message", default="", help="With --open: more text for the incident.")
@click.option(
    "--wait",
    type=click.FloatRange(0),
    default=15.0,
    show_default=True,
    help="With --open: seconds to wait for the worker.",
)
@click.option("--id", "act_id", help="The id of an opening to send again: it counts once.")
@click.option(
    "--exit-code",
    is_flag=True,
    help="Leave with 12 for critical, 11 for high, 10 for low, 0 for a false alarm.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    settings: Settings,
    report: str,
    open_: bool,
    deployment: str,
    severity: Severity | None,
    message: str,
    wait: float,
    act_id: str | None,
    exit_code: bool,
    as_json: bool,
) -> None:
    """Judge a human's report: critical, high, low, or a false alarm, and why.

    REPORT is the text itself, the path of a file, or - for standard input. A path has to be there:
    what is written like one, without a space, is never judged as a text. Threats, harm, crime and
    what is private of others are critical; more than ten complaints, and promises that bind, are
    high; odd behaviour and doubts are low; all else is a false alarm. What is denied, only asked
    about, over, a test or a story doesn't count. What it prints repeats nothing of the report.

    With --open an incident is opened by the worker that has the deployment, and lives as any other:
    `outwatch incident` acknowledges, merges and resolves it.

    Exit code 0 judged (and opened), 1 not sent, refused or not answered yet, 2 something to correct
    first.
    """
    if not open_ and (severity or message or act_id):
        raise UsageError("--severity, --message and --id belong to --open")
    if open_ and not deployment.strip():
        raise UsageError("An incident belongs to a deployment: add --deployment NAME")
    if kind := private_kind(deployment):
        raise UsageError(
            f"Nothing was opened: the deployment's name holds what looks like {kind}. Give it as"
            " outwatch shows it"
        )
    found = judge(_text(report))
    act = _opening(found, deployment, severity, message, act_id) if open_ else None
    opened, before = None, ""
    if act is not None:
        opened, result, before = _sent(settings, act, wait, again=act_id is not None)
        if result.outcome == "refused":
            raise OutwatchError(f"Refused by {opened.id}: {result.why}")
    if as_json:
        say_json({"judgement": found, **({"incident": opened} if opened else {})}, indented=True)
    else:
        say(f"{found.verdict.replace('_', ' ').upper()}  {_TOLD[found.verdict]}: {found.why}.")
        if opened is not None:
            shown = every(opened, line)
            say(
                f"{before}{shown.id} is {state_words(shown.state)}, {shown.severity}: {shown.title}"
            )
            say(f"outwatch incident show {shown.id}")
    if exit_code:
        raise click.exceptions.Exit(_EXIT[found.verdict])


def _sent(
    settings: Settings, act: Act, wait: float, *, again: bool
) -> tuple[Incident, ActResult, str]:
    """What came of the act, and words to begin with where it was sent before."""
    if again:
        earlier = counted(read_incidents(settings), act.act_id, act.incident, act.kind)
        if earlier is not None:
            return *earlier, "It counted already. "
    from streams.kafka.acts import send_act

    return *send_act(settings, act, wait), ""


def _opening(
    found: Judgement, deployment: str, severity: Severity | None, message: str, act_id: str | None
) -> Act:
    """The act that opens an incident. Raises `UsageError` where it can't be."""
    if found.verdict == "false_alarm" and severity is None:
        raise UsageError(
            f"Nothing was opened, as it is judged a false alarm: {found.why}. Add --severity to"
            " open it all the same"
        )
    chosen = severity or (found.verdict if found.verdict != "false_alarm" else "low")
    act = opening(
        deployment.strip(),
        found.playbook or _DEFAULT_KIND,
        chosen,
        act_id or uuid.uuid4().hex,
        actor(),
        time.time(),
        # On one line: it becomes a sentence of the summary.
        "; ".join(filter(None, (found.why, *map(str.strip, message.splitlines())))),
    )
    wrong = problem(act) or private_text(act)
    if wrong:
        raise UsageError(f"Nothing was opened: {wrong}")
    return act


def _text(report: str) -> str:
    """The report. Raises `UsageError` where there is none, or it can't be read."""
    if report == "-":
        raw, where = sys.stdin.buffer.read(_MOST_BYTES + 1), "standard input"
    elif _is_file(report):
        where = report
        try:
            with Path(report).open("rb") as file:
                raw = file.read(_MOST_BYTES + 1)
        except OSError as failure:
            why = failure.strerror or type(failure).__name__
            raise UsageError(
                f"{line(report)} can't be read ({why}). Check its permissions"
            ) from None
    elif _is_path(report):
        # Not quoted: it may be a report all the same.
        raise UsageError(
            "REPORT is written like a path, and no file is there. Check the path; a text that only"
            " looks like one goes through standard input, with -"
        )
    else:
        raw, where = report.encode("utf-8", "replace"), "the report"
    if len(raw) > _MOST_BYTES:
        raise UsageError(
            f"{line(where)} has more than {_MOST_BYTES:,} bytes. Give what somebody wrote, no log"
        )
    text = raw.decode("utf-8", "replace")
    if not any(char.isalnum() for char in text):
        raise UsageError(
            f"{line(where)} holds no words. Give a text, a file, or - for standard input"
        )
    return text


def _is_file(report: str) -> bool:
    if "\n" in report or len(report) > 1_000:
        return False
    try:
        return Path(report).is_file()
    except (OSError, ValueError):
        return False


def _is_path(report: str) -> bool:
    """Whether somebody means a file by it, be it there or not. Its name is no report to judge."""
    if any(char.isspace() for char in report):
        return False
    return "/" in report or "\\" in report or report.lower().endswith(_TEXT_FILES)
