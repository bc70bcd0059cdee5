"""`outwatch replay`: the live pipeline over records from files."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, BinaryIO

import click
import msgspec
from rich.console import Console
from rich.text import Text

import detectors
from streams.cli._files import Lines
from streams.cli._progress import Doing
from streams.cli._say import say, say_json
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.incidents.render import render_text
from streams.inert import every, line
from streams.offline.replay import RATE, START, ReplayResult, replay
from streams.records import Incident
from streams.rules.load import corrected, default_rules, load_rules
from streams.scoring.pool import PoolBroken
from streams.scoring.signals import known_signals
from streams.suggest import listed_names
from streams.windows.baselines import load_baselines
from streams.words import count


def parse_start(text: str) -> float:
    """Seconds since the epoch from RFC 3339 text; UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--start: {text!r} is no time. Write 2026-01-01T00:00:00Z") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def choose_detectors(settings: Settings, names: str | None) -> Settings:
    """The settings with only the named detectors (`a,b`); all of them for None."""
    if names is None:
        return settings
    chosen = listed_names("--detectors", names, detectors.available(), "detector")
    return msgspec.structs.replace(settings, detectors=chosen)


@click.command("replay")
@click.argument("files", nargs=-1, required=True)
@click.option("--feedback", "feedback_files", multiple=True, help="Records of llm.feedback.")
@click.option("--acts", "acts_files", multiple=True,
              help="What people did: see `outwatch incident acts --json`.")  # fmt: skip
@click.option("--rules", help="A rules file, in place of the configured one.")
@click.option("--detectors", "names", help="Only these detectors, as in pii,secrets.")
@click.option("--processes", type=click.IntRange(0), help="Scoring processes; 0: this one alone.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=RATE, show_default=True,
              help="Records per second, for records without an event time.")  # fmt: skip
@click.option("--start", default=datetime.fromtimestamp(START, UTC).isoformat(),
              show_default=True, help="When the first of those was received.")  # fmt: skip
@click.option("--dead", type=click.File("wb"), help="Write dead letters there, as JSON lines.")
@click.option("--verdicts", type=click.File("wb"),
              help="Write verdicts there, as JSON lines: for backtest and postmortem.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text.")
@click.pass_obj
def command(
    settings: Settings,
    files: tuple[str, ...],
    feedback_files: tuple[str, ...],
    acts_files: tuple[str, ...],
    rules: str | None,
    names: str | None,
    processes: int | None,
    rate: float,
    start: str,
    dead: BinaryIO | None,
    verdicts: BinaryIO | None,
    as_json: bool,
) -> None:
    """Score records from FILES (JSON lines, also gzipped; - is standard input) and judge them.

    Lines may be in any format that a worker reads, and hold several records.

    Does what a worker does, without Kafka: the same scoring, windows and rules, so the same
    records end in the same incidents. Pointers name the file and the line, as in
    answers.jsonl:17; several files count as one, so give them in order of time. Lines that can't
    be read are dead letters, and counted; exit code 1 where that is all there is.

    With --processes 0 a record that kills or hangs its process ends the replay; otherwise it is
    a dead letter, as in a worker.

    With --acts, what people did is done again: the acts of `outwatch incident acts --json` where
    they were folded then, those of the topic by the time that they speak of.
    """
    settings = choose_detectors(settings, names)
    rules = rules or settings.rules
    ruleset = corrected(
        load_rules(rules, known_signals(settings), "the file of --rules")
        if rules
        else default_rules(),
        settings,
    )
    for warning in ruleset.warnings:
        say(f"outwatch: {line(warning)}", err=True)
    started = parse_start(start)
    with ExitStack() as stack:
        lines = stack.enter_context(Lines(files))
        feedback = stack.enter_context(Lines(feedback_files))
        acts = stack.enter_context(Lines(acts_files))
        show = _Show(as_json, lines)
        stack.enter_context(show.doing)
        if processes is None:
            processes = settings.pool.processes or os.cpu_count() or 1
        try:
            result = replay(
                lines,
                settings,
                ruleset,
                feedback=feedback,
                acts=acts,
                baselines=load_baselines(settings),
                start=started,
                rate=rate,
                processes=processes,
                on_changes=show.changes,
                on_dead=lambda letter: dead.write(letter + b"\n") if dead else None,
                on_verdicts=lambda one: verdicts.write(one + b"\n") if verdicts else None,
                on_progress=show.advance,
                where=lines.place,
                feedback_where=feedback.place,
            )
        except PoolBroken as broken:
            raise click.ClickException(str(broken)) from broken
    if as_json:
        say_json(document(result), indented=True)
    else:
        say(summary(result))
    if result.dead and not (result.scored or result.feedback or result.sampled):
        say("outwatch: nothing could be scored: every record is a dead letter", err=True)
        sys.exit(1)


def document(result: ReplayResult) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "records": {
            "read": result.read,
            "scored": result.scored,
            "feedback": result.feedback,
            "sampled": result.sampled,
            "skipped": dict(sorted(result.skipped.items())),
            "dead": dict(sorted(result.dead.items())),
            "blank_lines": result.blank,
            "partly_unread": result.unread,
        },
        "acts": dict(sorted(result.acts.items())),
        "incidents": result.incidents,
        "counts": result.counts,
    }


def summary(result: ReplayResult) -> str:
    """What came of a replay, in a few lines."""
    dead = result.dead.total()
    skipped = result.skipped.total()
    aside = f" + {skipped:,} skipped" if skipped else ""
    lines = [
        f"{count(result.read, 'record')} read = {result.scored:,} scored"
        f" + {result.feedback:,} feedback + {result.sampled:,} sampled out{aside}"
        f" + {dead:,} dead-lettered"
    ]
    lines += [f"  skipped, {line(why)}: {n:,}" for why, n in sorted(result.skipped.items())]
    lines += [f"  {line(reason)}: {n:,}" for reason, n in sorted(result.dead.items())]
    if result.unread:
        lines.append(f"  with a part that couldn't be read: {result.unread:,}")
    if result.acts:
        told = ", ".join(f"{number:,} {what}" for what, number in sorted(result.acts.items()))
        lines.append(f"{count(result.acts.total(), 'act')}: {told}")
    standing = [one for one in result.incidents if one.state != "withdrawn"]
    kept = every(standing, line)
    lines.append(count(len(kept), "incident") + (":" if kept else ""))
    lines += [f"  {i.id} {i.severity} {i.state}: {i.title}" for i in kept]
    return "\n".join(lines)


class _Show:
    """Progress on a terminal, and incidents as they change."""

    def __init__(self, as_json: bool, lines: Lines) -> None:
        self._quiet = as_json
        self._lines = lines
        # On one terminal the bar must know of the text; with the text in a pipe it is apart.
        self._console = Console(stderr=as_json or not sys.stdout.isatty(), highlight=False)
        self.doing = Doing("loading detectors", self._console)

    def changes(self, changes: list[Incident]) -> None:
        if self._quiet:
            return
        for incident in every(changes, line):
            if incident.change == "opened":
                self._print(render_text(incident) + "\n")
            elif incident.change in ("resolved", "withdrawn"):
                self._print(f"{incident.id} {incident.change}: {incident.title}\n")

    def _print(self, text: str) -> None:
        if self._console.stderr:
            say(text)
        else:
            self._console.print(Text(text), soft_wrap=True)

    def advance(self, result: ReplayResult) -> None:
        dead = result.dead.total()
        what = count(result.read, "record") + (f", {dead:,} dead-lettered" if dead else "")
        self.doing.update(what, self._lines.position_of(result.lines), self._lines.size)
