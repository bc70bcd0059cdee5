"""`outwatch produce`: records from files onto the topics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping

import click

from detectors import Suite
from streams.cli._files import Lines
from streams.cli._progress import Doing
from streams.cli._say import say, say_json
from streams.clock import SystemClock
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.kafka.send import NotSent, Sender, SendLine, feedback_line, merged, moved, output_line
from streams.scoring.scorer import Scorer, ScoringOptions, Source
from streams.words import count


@click.command("produce")
@click.argument("files", nargs=-1, required=True)
@click.option("--feedback", "feedback_files", multiple=True, help="Records for llm.feedback.")
@click.option("--rate", type=click.FloatRange(0), default=0.0, show_default=True,
              help="Messages per second; 0: as fast as the brokers take them.")  # fmt: skip
@click.option("--shift-to-now", is_flag=True,
              help="Move event times so that the first one is now.")  # fmt: skip
@click.option("--repeat", type=click.IntRange(1), default=1, show_default=True,
              help="How often to send the files.")  # fmt: skip
@click.option("--as-is/--checked", default=True, show_default=True,
              help="Send every line, or leave out those that can't be read.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def command(
    settings: Settings,
    files: tuple[str, ...],
    feedback_files: tuple[str, ...],
    rate: float,
    shift_to_now: bool,
    repeat: int,
    as_is: bool,
    as_json: bool,
) -> None:
    """Put records from FILES (JSON lines, also gzipped; - is standard input) on llm.outputs.

    The key is the conversation's id, or the record's, so that a conversation stays in order.
    Lines are sent as they are, even broken ones: what arrives broken is the worker's to
    dead-letter. Feedback is sent when its event time has come. Prints how many messages the
    brokers have confirmed; exits with 1 where that isn't all of them.
    """
    if repeat > 1 and "-" in (*files, *feedback_files):
        raise UsageError("Standard input can be sent once only. Name a file, or leave out --repeat")
    topics = settings.kafka.topics
    wanted = [topics.outputs, *([topics.feedback] if feedback_files else [])]
    lines = _rounds(files, feedback_files, shift_to_now, repeat)
    left_out = 0
    interrupted = False
    problem: NotSent | None = None
    # A wrong path is told at once, before the brokers are asked.
    with Lines((*files, *feedback_files)):
        pass
    try:
        sender = Sender(settings, wanted)
    except NotSent as failure:
        raise click.ClickException(str(failure)) from failure
    options = ScoringOptions(hash_key=b"", intake=settings.intake.sources)
    checker = Scorer(options, Suite(()))
    try:
        with sender, Doing("producing") as doing:
            sent = 0
            try:
                for is_feedback, line in _paced(lines, rate):
                    if not (as_is or is_feedback or _readable(line.value, topics.outputs, checker)):
                        left_out += 1
                        continue
                    topic = topics.feedback if is_feedback else topics.outputs
                    sender.send(topic, line.key, line.value)
                    sent += 1
                    doing.update(f"producing, {count(sent, 'message')}")
            except KeyboardInterrupt:
                interrupted = True
    except NotSent as failure:
        problem = failure
    _tell(sender.confirmed, left_out, as_json)
    if problem is not None:
        raise click.ClickException(str(problem))
    if interrupted:
        raise click.exceptions.Exit(130)


def _tell(confirmed: Mapping[str, int], left_out: int, as_json: bool) -> None:
    if as_json:
        told = {"confirmed": dict(confirmed), "left_out": left_out}
        say_json(told)
        return
    for topic, number in confirmed.items():
        say(f"{topic}: {number:,} confirmed")
    if left_out:
        say(f"left out, as unreadable: {count(left_out, 'line')}")


def _rounds(
    files: tuple[str, ...], feedback_files: tuple[str, ...], shift: bool, repeat: int
) -> Iterator[tuple[bool, SendLine]]:
    for _ in range(repeat):
        with Lines(files) as outputs, Lines(feedback_files) as feedback:
            both = merged(_read(outputs, output_line), _read(feedback, feedback_line))
            yield from _shifted(both) if shift else both


def _read(lines: Iterable[bytes], read: Callable[[bytes], SendLine]) -> Iterator[SendLine]:
    for line in lines:
        value = line.strip(b"\r\n")
        if value.strip():
            yield read(value)


def _shifted(lines: Iterable[tuple[bool, SendLine]]) -> Iterator[tuple[bool, SendLine]]:
    by: float | None = None
    for is_feedback, line in lines:
        if by is None and line.time is not None:
            by = SystemClock().now() - line.time
        yield is_feedback, moved(line, by or 0.0)


def _paced(lines: Iterable[tuple[bool, SendLine]], rate: float) -> Iterator[tuple[bool, SendLine]]:
    started = time.monotonic()
    for number, line in enumerate(lines):
        if rate:
            time.sleep(max(0.0, started + number / rate - time.monotonic()))
        yield line


def _readable(value: bytes, topic: str, checker: Scorer) -> bool:
    """Whether a message holds anything to score, or to leave alone for a good reason."""
    found = checker.score([Source(topic, 0, 0, checker.clock.now(), value)])
    return found.read > len(found.dead)
